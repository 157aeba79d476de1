/** The feature that warns of rules which lose packets that look like fragments. It owns no table. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { DraftedRule } from "../encode/draft.ts";
import { isPassedByFragments, fragmentWarnings } from "../encode/fragments.ts";
import { portZeroWarnings, warnsOfPortZero } from "../encode/port-zero.ts";
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
    const { rule } = drafted;
    if (warnsOfPortZero(rule, this.#context) || isPassedByFragments(rule, this.#context)) this.#rules.add(drafted);
  }

  leave(_key: string, drafted: DraftedRule): void {
    this.#count(drafted, -1);
    this.#rules.delete(drafted);
  }

  warnings(): readonly Diagnostic[] {
    if (this.#rules.size === 0) return [];
    const rules = [...this.#rules].map(({ rule }) => rule);
    const all = (statement: string): number => this.#all.get(statement) ?? 0;
    return [...portZeroWarnings(rules, this.#context, all), ...fragmentWarnings(rules, this.#context)];
  }

  #count({ rule: { statement } }: DraftedRule, by: 1 | -1): void {
    const count = (this.#all.get(statement) ?? 0) + by;
    if (count > 0) this.#all.set(statement, count);
    else this.#all.delete(statement);
  }
}
