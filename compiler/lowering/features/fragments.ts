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
  /** The rules that need a warning. */
  readonly #rules = new Set<DraftedRule>();

  constructor(context: LowerContext) {
    this.#context = context;
  }

  enter(_key: string, drafted: DraftedRule): void {
    if (this.#about([drafted.rule]).length > 0) this.#rules.add(drafted);
  }

  leave(_key: string, drafted: DraftedRule): void {
    this.#rules.delete(drafted);
  }

  warnings(): readonly Diagnostic[] {
    return this.#about([...this.#rules].map(({ rule }) => rule));
  }

  #about(rules: readonly DerivedRule[]): readonly Diagnostic[] {
    return [...portZeroWarnings(rules, this.#context), ...fragmentWarnings(rules, this.#context)];
  }
}
