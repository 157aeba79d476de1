/** A rule that stands in the tables, and what becomes of rules that found no room there (`draft-budget.ts`). */
import { keyOf } from "../derived/rule-key.ts";
import { steers, type DerivedRule } from "../derived/rule.ts";
import { countContributions, type Contribution, type HoleForm } from "./contributions/contribution.ts";
import type { DraftBudget } from "./draft-budget.ts";
import type { Draft } from "./encode/choose.ts";
import type { DraftedRule } from "./encode/draft.ts";
import type { Tagging } from "./encode/tag.ts";
import type { RuleChange } from "./features/feature.ts";

/** A rule that stands, with its contributions to each switch. */
export interface StandingRule extends DraftedRule {
  refusal?: DraftedRule["refusal"];
  contributions: readonly (readonly Contribution[])[];
}

const NOTHING: readonly [] = [];

/** A rule without entries, on so many switches. */
export const undrafted = (rule: DerivedRule, switches: number, refusal: DraftedRule["refusal"]): StandingRule => ({
  rule,
  drafts: Array.from({ length: switches }, () => NOTHING),
  tags: NOTHING,
  refusal,
  contributions: NOTHING,
});

/** Gives back what the rules took that leave. Those that found no room before come once more. */
export function giveBack(
  { gone, come }: RuleChange,
  standing: ReadonlyMap<string, StandingRule>,
  budget: DraftBudget,
): void {
  if (budget.refusal !== undefined && gone.size > 0) {
    const without = [...standing.values()].filter(({ refusal }) => refusal?.kind === "together");
    for (const { rule } of without) {
      const key = keyOf(rule);
      if (gone.has(key)) continue;
      gone.add(key);
      come.set(key, rule);
    }
    budget.retry();
  }
  budget.give([...gone].map((key) => standing.get(key)!));
}

/** How many contributions a rule makes on each switch, where exceptions from it have a form; equal drafts have one size. */
export function sizesOf(
  { drafts, excepted }: StandingRule,
  holes: HoleForm | undefined,
  tagging: Tagging,
): readonly { readonly length: number }[] {
  const count = (some: readonly Draft[]): number => countContributions(some, tagging);
  const sizeOf = (mine: readonly Draft[]): { readonly length: number } => ({
    length:
      holes === undefined ? count(mine) : count(excepted!.whole) + (holes === "none" ? 0 : count(excepted!.exceptions)),
  });
  const first = drafts[0] && sizeOf(drafts[0]);
  return drafts.map((mine) => (mine === drafts[0] ? first! : sizeOf(mine)));
}

/** Takes all entries of rules back, since no table of them is sent. Returns those that are refused by that. */
export function withdraw(standing: Iterable<StandingRule>, budget: DraftBudget): readonly StandingRule[] {
  const refused: StandingRule[] = [];
  for (const one of standing) {
    one.contributions = NOTHING;
    if (steers(one.rule)) continue;
    one.refusal ??= budget.refusal;
    refused.push(one);
  }
  budget.clear();
  return refused;
}
