/** The feature of Track and Commit: rules with a `direction` match a packet after connection tracking has seen it. */
import { bitOf } from "../../flowgroup/cubes.ts";
import { OPENING } from "../../table/conntrack.ts";
import type { Action } from "../../table/entry.ts";
import { canonicalMatch, exact } from "../../table/match.ts";
import { tableIdentity, type FixedEntry } from "../contributions/fixed-entry.ts";
import type { DraftedRule } from "../encode/draft.ts";
import { prepend } from "../pipeline/instructions.ts";
import type { Layout, StageName } from "../pipeline/pipeline.ts";
import type { Feature } from "./feature.ts";

const DIRECTED = bitOf("direction");
const IP_TYPES = [0x0800, 0x86dd];

export class TrackingFeature implements Feature {
  readonly owns = ["Track", "Commit"] as const;
  /** The number of rules with a direction. */
  #directed = 0;

  needs(): readonly StageName[] {
    return this.#directed > 0 ? this.owns : [];
  }

  enter(_key: string, { rule }: DraftedRule): void {
    if (rule.cube.mask & DIRECTED) this.#directed++;
  }

  leave(_key: string, { rule }: DraftedRule): void {
    if (rule.cube.mask & DIRECTED) this.#directed--;
  }

  /**
   * Sends IP to connection tracking, which returns it with `ct_state`; commits admitted packets that open a connection.
   */
  fixed(_switchName: string | undefined, layout: Layout): readonly FixedEntry[] {
    if (!layout.has("Track")) return [];
    const track: Action = { kind: "ct", commit: false, table: layout.number(layout.judging) };
    const commit = prepend({ kind: "ct", commit: true }, layout.after("Commit"));
    return IP_TYPES.flatMap((type): FixedEntry[] => {
      const isIp = exact("eth_type", type);
      const instructions = [{ kind: "apply" as const, actions: [track] }];
      return [
        { stage: "Track", priority: 1, match: [isIp], instructions, statement: tableIdentity("Track") },
        {
          stage: "Commit",
          priority: 1,
          match: canonicalMatch([isIp, OPENING]),
          instructions: commit,
          statement: tableIdentity("Commit"),
        },
      ];
    });
  }
}
