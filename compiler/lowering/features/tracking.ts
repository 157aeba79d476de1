/** The feature of Track and Commit: rules with a `direction` match a packet after connection tracking has seen it. */
import { by } from "../../net/order.ts";
import * as codes from "../../diagnostics/codes/table.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { bitOf } from "../../flowgroup/cubes.ts";
import { SCTP } from "../../flowgroup/prerequisites.ts";
import { OPENING, zoneOf } from "../../table/conntrack.ts";
import type { Action } from "../../table/entry.ts";
import { canonicalMatch, exact } from "../../table/match.ts";
import { tableIdentity, type FixedEntry } from "../contributions/fixed-entry.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { DraftedRule } from "../encode/draft.ts";
import { holdsFragments, RESTRICTIONS } from "../encode/fragments.ts";
import { WHOLE } from "../encode/transport-shapes.ts";
import { prepend } from "../pipeline/instructions.ts";
import type { LowerContext } from "../pipeline/options.ts";
import type { Layout, StageName } from "../pipeline/pipeline.ts";
import type { Feature } from "./feature.ts";

const DIRECTED = bitOf("direction");
const TAGGED = bitOf("vlan");
const IP_TYPES = [0x0800, 0x86dd];

/** Measured with frames (`runtime/lab/tracking.test.ts`). */
const LARGE =
  "what is too large for one frame comes in fragments, and these are dropped where nothing else allows them: an allow of both hosts and the transport, both ways and with no direction and no ports, holds them, and all else of that transport between these hosts; over IPv6 a later fragment hides its transport, so there it names 44 as well (`transport={UDP, 44}`) or no transport";

/** Measured with frames (`runtime/lab/hosts-alone.test.ts`). */
const SHARED =
  "keep the addresses of different VLANs apart: where two have equal ones, what is asked for in one lets the other's answers pass as responses, and hides there what would be a request";

type Note = typeof codes.directionOfFragments | typeof codes.directionAcrossVlans;

export class TrackingFeature implements Feature {
  readonly owns = ["Track", "Commit"] as const;
  readonly #context: LowerContext;
  /** The number of rules with a direction. */
  #directed = 0;
  /** Of these, permissions: they hold no fragment, since it shows no direction. */
  readonly #losing = new Set<DraftedRule>();
  /** Those that name a VLAN: a connection of another with equal addresses is theirs. */
  readonly #tagged = new Set<DraftedRule>();

  constructor(context: LowerContext) {
    this.#context = context;
  }

  needs(): readonly StageName[] {
    return this.#directed > 0 ? this.owns : [];
  }

  enter(_key: string, drafted: DraftedRule): void {
    if (!(drafted.rule.cube.mask & DIRECTED)) return;
    this.#directed++;
    if (this.#losesFragments(drafted.rule)) this.#losing.add(drafted);
    if (drafted.rule.cube.mask & TAGGED) this.#tagged.add(drafted);
  }

  leave(_key: string, drafted: DraftedRule): void {
    if (!(drafted.rule.cube.mask & DIRECTED)) return;
    this.#directed--;
    this.#losing.delete(drafted);
    this.#tagged.delete(drafted);
  }

  #losesFragments({ effect }: DerivedRule): boolean {
    return !RESTRICTIONS.has(effect) && !holdsFragments(effect, this.#context.defaults.fragments);
  }

  /** A note for each statement that lets whole packets pass and no fragment of the same flows, and for each of a VLAN. */
  warnings(): readonly Diagnostic[] {
    const of = (rules: ReadonlySet<DraftedRule>, code: Note, help: string): readonly Diagnostic[] =>
      [...new Set([...rules].map(({ rule }) => rule.statement))]
        .toSorted(by((statement) => statement))
        .map((statement) => code({ statement }, { span: this.#context.spanOf?.(statement), help }));
    return [
      ...of(this.#losing, codes.directionOfFragments, LARGE),
      ...of(this.#tagged, codes.directionAcrossVlans, SHARED),
    ];
  }

  /**
   * Sends whole packets of IP to connection tracking, which returns them with `ct_state`; commits admitted packets that open
   * a connection. Fragments go on: tracking would hold them back until all others come, and lose them if one does not. So
   * does SCTP, of which tracking knows the two hosts alone: whatever else is between them would seem to be of one connection.
   */
  fixed(switchName: string | undefined, layout: Layout): readonly FixedEntry[] {
    if (!layout.has("Track")) return [];
    const known = switchName === undefined ? undefined : this.#context.directory.switches.get(switchName);
    const zone = known === undefined ? {} : { zone: zoneOf(known.dpid) };
    const track: Action = { kind: "ct", commit: false, table: layout.number(layout.judging), ...zone };
    const commit = prepend({ kind: "ct", commit: true, ...zone }, layout.after("Commit"));
    return IP_TYPES.flatMap((type): FixedEntry[] => {
      const isIp = exact("eth_type", type);
      const instructions = [{ kind: "apply" as const, actions: [track] }];
      return [
        {
          stage: "Track",
          priority: 2,
          match: canonicalMatch([isIp, exact("ip_proto", SCTP)]),
          instructions: layout.after("Track"),
          statement: tableIdentity("Track"),
        },
        {
          stage: "Track",
          priority: 1,
          match: canonicalMatch([isIp, WHOLE]),
          instructions,
          statement: tableIdentity("Track"),
        },
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
