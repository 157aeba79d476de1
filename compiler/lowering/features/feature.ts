/**
 * A feature of lowering owns tables of the pipeline. It says when they are there, where the entries of its rules stand in
 * them, what these entries do, and what has to be reported. The live table walks the list of features (`features.ts`):
 * a new table is a row in `pipeline.ts`, a feature in a file of its own here, and a line in that list.
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
  /** The rows of the pipeline that are this feature's. Every row has exactly one owner (`features.test.ts`). */
  readonly owns: readonly RowName[];

  /** The tables that must be there for what stands now, its own or others'; of a row that repeats, the last one. */
  needs?(): readonly StageName[];

  /**
   * Before new rules are drafted. A feature on which drafts of other rules depend may add rules that stand to both sides
   * of the change: they are drafted anew. True where what it shares between rules (`shared`) is different afterwards.
   */
  prepare?(change: RuleChange, standing: ReadonlyMap<string, DraftedRule>): boolean;
  /** A rule comes. The rules of a change come before others go. */
  enter?(key: string, drafted: DraftedRule): void;
  leave?(key: string, drafted: DraftedRule): void;
  /** After a change: the keys of rules that may have another position now. */
  settle?(): Iterable<string>;

  /** Whether rules that have not changed need other priorities or tags: then all are placed anew. */
  isRenumbered?(): boolean;
  /** Takes on the new priorities or tags. */
  renumber?(): void;

  /** Where the entries of a rule stand; undefined for rules of other features, and where it cannot be kept. */
  position?(rule: DerivedRule): EntryPosition | undefined;
  /** What several rules ask for together, switch by switch. */
  shared?(layout: Layout, tagging: Tagging): readonly SwitchContribution[];
  /** Entries that no rule asked for; in any table. */
  fixed?(switchName: string | undefined, layout: Layout): readonly FixedEntry[];

  /** What an entry in one of its tables does with a packet. By default it lets it on to the next table. */
  instructions?(settled: Settled, layout: Layout): readonly Instruction[];
  /** What one of its tables does with a packet that no entry matches, where the pipeline does not say it. */
  miss?(stage: StageName, layout: Layout): readonly Instruction[] | undefined;

  /** Rules that cannot be lowered, besides those that cannot be drafted. */
  refusals?(): readonly RefusedRule[];
  /** What this target or network cannot keep. */
  faults?(standing: Snapshot): readonly Diagnostic[];
  /** What is kept, but may not be what the author meant. */
  warnings?(standing: Snapshot): readonly Diagnostic[];
  /** Instants (Unix seconds) at which something has to be sent although no entry ends. */
  ends?(): readonly number[];
}

/** A change of the rules, by their keys. */
export interface RuleChange {
  readonly gone: Set<string>;
  readonly come: Map<string, DerivedRule>;
}

export type SwitchContribution = readonly [switchName: string, contribution: Contribution];

export interface RefusedRule {
  readonly rule: DerivedRule;
  readonly refusal: LoweringRefusal;
}

/** All that stands, for reports about the whole. */
export interface Snapshot {
  readonly layout: Layout;
  readonly rules: () => readonly DerivedRule[];
  readonly settled: (switchName: string | undefined) => readonly Settled[];
}
