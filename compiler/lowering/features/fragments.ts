/** The feature that warns of rules which lose packets that look like fragments. It owns no table. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { DraftedRule } from "../encode/draft.ts";
import { fragmentWarnings } from "../encode/fragments.ts";
import { portZeroWarnings } from "../encode/port-zero.ts";
import type { LowerContext } from "../pipeline/options.ts";
import type { Feature } from "./feature.ts";

export class FragmentsFeature implements Feature {
  readonly owns = [] as const;
  readonly #context: LowerContext;
  /** The number of rules that each statement has. */
  readonly #all = new Map<string, number>();
  /** The rules that need a warning. */
  readonly #rules = new Set<DraftedRule>();

  constructor(context: LowerContext) {
    this.#context = context;
  }

  enter(_key: string, drafted: DraftedRule): void {
    this.#count(drafted, 1);
    if (this.#about([drafted.rule]).length > 0) this.#rules.add(drafted);
  }

  leave(_key: string, drafted: DraftedRule): void {
    this.#count(drafted, -1);
    this.#rules.delete(drafted);
  }

  warnings(): readonly Diagnostic[] {
    return this.#about(
      [...this.#rules].map(({ rule }) => rule),
      (statement) => this.#all.get(statement) ?? 0,
    );
  }

  /** By default as if a statement had these rules alone. */
  #about(rules: readonly DerivedRule[], all: (statement: string) => number = () => 0): readonly Diagnostic[] {
    return [...portZeroWarnings(rules, this.#context, all), ...fragmentWarnings(rules, this.#context)];
  }

  #count({ rule: { statement } }: DraftedRule, by: 1 | -1): void {
    const count = (this.#all.get(statement) ?? 0) + by;
    if (count > 0) this.#all.set(statement, count);
    else this.#all.delete(statement);
  }
}
