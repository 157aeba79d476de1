/**
 * The feature of Forward: admitted packets go towards their host if links are known, else as the switch itself
 * switches. Frames to a reserved group, which are meant for the neighbour on the wire alone, are dropped.
 */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Topology } from "../../paths/index.ts";
import type { Instruction } from "../../table/entry.ts";
import type { Settled } from "../contributions/contribution.ts";
import { RESERVED_GROUPS } from "../../table/reserved-groups.ts";
import { tableIdentity, type FixedEntry } from "../contributions/fixed-entry.ts";
import { output } from "../pipeline/instructions.ts";
import type { Layout, StageName } from "../pipeline/pipeline.ts";
import { TRUSTED } from "../pipeline/priority.ts";
import { floodWarnings, forwardEntries, isWired } from "../steering/forwarding.ts";
import type { Feature } from "./feature.ts";

/** The drops of reserved groups. They stand above all steered flows. */
const RESERVED = RESERVED_GROUPS.map((one): FixedEntry => ({
  stage: "Forward",
  priority: TRUSTED,
  match: [one],
  statement: tableIdentity("Forward"),
  instructions: [],
}));

export class ForwardingFeature implements Feature {
  readonly owns = ["Forward"] as const;
  readonly #topology: Topology;
  readonly #isWired: boolean;
  readonly #entries = new Map<string | undefined, readonly FixedEntry[]>();

  constructor(topology: Topology) {
    this.#topology = topology;
    this.#isWired = isWired(topology);
  }

  needs(): readonly StageName[] {
    return this.#isWired ? this.owns : [];
  }

  fixed(switchName: string | undefined, layout: Layout): readonly FixedEntry[] {
    return layout.has("Forward") ? [...RESERVED, ...this.#entriesOf(switchName)] : [];
  }

  /** Remembered, but not made where no flow is steered and no link is known. */
  #entriesOf(switchName: string | undefined): readonly FixedEntry[] {
    let found = this.#entries.get(switchName);
    if (found === undefined) this.#entries.set(switchName, (found = forwardEntries(this.#topology, switchName)));
    return found;
  }

  /** Flows without a path are dropped, in a trial run too. */
  instructions({ effect, port }: Settled): readonly Instruction[] {
    return effect === "send" ? output(port!) : [];
  }

  /** With known links the miss floods; else it is the switch's own switching. */
  miss(): readonly Instruction[] | undefined {
    return this.#isWired ? output("ALL") : undefined;
  }

  warnings(): readonly Diagnostic[] {
    return floodWarnings(this.#topology);
  }
}
