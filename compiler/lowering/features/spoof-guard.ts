/**
 * The feature of Spoof, Sender and Neighbour, the spoof guard: a frame whose source is not bound to its port is dropped before
 * the policy decides. Frames from other switches were judged where they entered, and only get their queue and their
 * path. A trial run does not change the spoof guard.
 */
import type { Instruction } from "../../table/entry.ts";
import type { Settled } from "../contributions/contribution.ts";
import type { FixedEntry } from "../contributions/fixed-entry.ts";
import { switchesOf, targetOf, type LowerContext } from "../pipeline/options.ts";
import type { Layout, StageName } from "../pipeline/pipeline.ts";
import { KEEPS_MARK, TRUSTED } from "../pipeline/priority.ts";
import { spoofEntries } from "../spoof/spoof-entries.ts";
import type { SpoofEntry } from "../spoof/claims.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { boundBoxes } from "../spoof/bound-boxes.ts";
import type { Feature, Snapshot } from "./feature.ts";

const OWN = ["Spoof", "Sender", "Neighbour"] as const;

export class SpoofGuardFeature implements Feature {
  readonly owns = OWN;
  readonly #directory: LowerContext["directory"];
  readonly #marks: boolean;
  readonly #entries: ReadonlyMap<string | undefined, readonly SpoofEntry[]>;
  readonly #needs: readonly StageName[];

  constructor(context: LowerContext) {
    const { directory } = context;
    this.#directory = directory;
    this.#marks = targetOf(context).marks;
    this.#entries = new Map(switchesOf(directory).map((name) => [name, spoofEntries(directory, name)]));
    this.#needs = [...new Set([...this.#entries.values()].flat().map(({ stage }) => stage))];
  }

  needs(): readonly StageName[] {
    return this.#needs;
  }

  fixed(switchName: string | undefined, layout: Layout): readonly FixedEntry[] {
    return this.#entries.get(switchName)!.flatMap((entry) => this.#written(entry, layout));
  }

  warnings({ rules }: Snapshot): readonly Diagnostic[] {
    return boundBoxes(this.#directory, rules);
  }

  /** The entries that steering puts here (`steering/`): flows without a known ingress are dropped, and what comes back is let in. */
  instructions({ stage, effect }: Settled, layout: Layout): readonly Instruction[] {
    if (effect === "check") return layout.enter("Sender");
    return effect === "deny" ? [] : layout.after(stage);
  }

  #written({ stage, priority, match, statement, does }: SpoofEntry, layout: Layout): readonly FixedEntry[] {
    const entry = { stage, priority, match, statement };
    switch (does) {
      case "check":
        return [{ ...entry, instructions: layout.enter("Sender") }];
      case "ask":
        return [{ ...entry, instructions: layout.enter("Neighbour") }];
      case "drop":
        return [{ ...entry, instructions: [] }];
      case "next":
        return [{ ...entry, instructions: layout.after("Spoof") }];
      case "trust":
        return this.#trusted(entry, layout);
    }
  }

  /**
   * A trusted frame keeps its mark. If its queue may depend on tags, it passes the tables that tag and skips on behind
   * them.
   */
  #trusted(entry: Omit<FixedEntry, "instructions">, layout: Layout): readonly FixedEntry[] {
    const found: FixedEntry[] = [];
    if (this.#marks && layout.has("Reserve")) {
      found.push({ ...entry, stage: "Reserve", priority: KEEPS_MARK, instructions: layout.after("Reserve") });
    }
    const toQueue = layout.enter("Reserve");
    if (!mayNeedTags(layout)) return [...found, { ...entry, instructions: toQueue }];
    return [
      ...found,
      { ...entry, instructions: layout.after("Spoof") },
      { ...entry, stage: layout.judging, priority: TRUSTED, instructions: toQueue },
    ];
  }
}

/** Whether there are queues, and tables between the spoof guard and Admission on which they may depend. */
function mayNeedTags(layout: Layout): boolean {
  return layout.has("Reserve") && layout.number(layout.judging) > OWN.filter((name) => layout.has(name)).length;
}
