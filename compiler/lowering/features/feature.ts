/**
 * The interface of a feature, which owns tables of the pipeline. A feature says when its tables are there, at which
 * position the entries of its rules stand, what they do, and what has to be reported. The live table walks the list of
 * features (`features.ts`): a new table is a row in `pipeline.ts`, a feature in a file here, and a line in that list.
 */
import type { DerivedRule } from "../../derived/rule.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Instruction } from "../../table/entry.ts";
import type { Contribution, EntryPosition, Settled } from "../contributions/contribution.ts";
import type { FixedEntry } from "../contributions/fixed-entry.ts";
import type { DraftedRule } from "../encode/draft.ts";
import type { Tagging } from "../encode/tag.ts";
import type { Layout, RowName, StageName } from "../pipeline/pipeline.ts";
import type { LoweringRefusal } from "../pipeline/refusal.ts";

export interface Feature {
  /** The rows of the pipeline that the feature owns. Every row has exactly one owner (`features.test.ts`). */
  readonly owns: readonly RowName[];

  /** The tables that the standing rules need, owned or not; of a row that repeats, the last one. */
  needs?(): readonly StageName[];

  /**
   * Called before the rules of a change are drafted. If drafts of standing rules depend on the feature, it may add such
   * rules to both sides of the change, so that they are drafted anew. Returns whether `shared` has changed.
   */
  prepare?(change: RuleChange, standing: ReadonlyMap<string, DraftedRule>): boolean;
  /** A rule is added. Of a change, rules are added before others are removed. */
  enter?(key: string, drafted: DraftedRule): void;
  /** A rule is removed. */
  leave?(key: string, drafted: DraftedRule): void;
  /** Called after a change; returns the keys of rules that may have another position now. */
  settle?(): Iterable<string>;

  /** Whether unchanged rules need other priorities or tags. Then all rules are placed anew. */
  isRenumbered?(): boolean;
  /** Applies the new priorities or tags. */
  renumber?(): void;

  /** The position of a rule's entries; undefined for rules of other features, and for a rule that cannot be kept. */
  position?(rule: DerivedRule): EntryPosition | undefined;
  /** The contributions that several rules make together, to each switch. */
  shared?(layout: Layout, tagging: Tagging): readonly SwitchContribution[];
  /** Entries that belong to no rule; in any table. */
  fixed?(switchName: string | undefined, layout: Layout): readonly FixedEntry[];

  /** The instructions of an entry in one of its tables; by default those that pass a packet to the next table. */
  instructions?(settled: Settled, layout: Layout): readonly Instruction[];
  /** The instructions of the miss of one of its tables; undefined: as the pipeline declares it. */
  miss?(stage: StageName, layout: Layout): readonly Instruction[] | undefined;

  /** The rules that cannot be lowered, besides those that cannot be drafted. */
  refusals?(): readonly RefusedRule[];
  /** Errors about what this target or network cannot keep. */
  faults?(standing: Snapshot): readonly Diagnostic[];
  /** Warnings about what is kept but may not be what the author meant. */
  warnings?(standing: Snapshot): readonly Diagnostic[];
  /** Instants in Unix seconds at which something has to be sent although no entry ends. */
  ends?(): readonly number[];
}

/** The rules that are removed and added, by their keys. */
export interface RuleChange {
  readonly gone: Set<string>;
  readonly come: Map<string, DerivedRule>;
}

export type SwitchContribution = readonly [switchName: string, contribution: Contribution];

export interface RefusedRule {
  readonly rule: DerivedRule;
  readonly refusal: LoweringRefusal;
}

/** All that stands, for diagnostics about the whole. */
export interface Snapshot {
  readonly layout: Layout;
  readonly rules: () => readonly DerivedRule[];
  readonly settled: (switchName: string | undefined) => readonly Settled[];
}
