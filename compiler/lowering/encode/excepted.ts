/**
 * A verdict over addresses with holes → the drafts of a wider verdict, and of exceptions from it that stand above:
 * `10.0.0.0/8` but one host is two entries. An exception does what the packet would get without the rule, so whether it
 * may be used depends on the rules around (`features/exceptions.ts`).
 */
import type { DerivedRule } from "../../derived/rule.ts";
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { bitOf, constraint, withConstraint } from "../../flowgroup/cubes.ts";
import type { Field } from "../../flowgroup/fields.ts";
import type { LowerContext } from "../pipeline/options.ts";
import type { Draft } from "./choose.ts";
import { draft, type Drafted, type ExceptedRule } from "./draft.ts";
import { holed } from "./holes.ts";
import type { UserIndex } from "./user-index.ts";

/** Fields that mean the same on every switch, whatever the directory says. */
const PLAIN = [
  "srcHost",
  "dstHost",
  "ethType",
  "transport",
  "srcPort",
  "dstPort",
  "icmpType",
  "icmpCode",
  "dscp",
] as const;
const PLAIN_BITS = PLAIN.reduce((bits, field) => bits | bitOf(field), 0);

/** The wider form of a rule that is drafted already, if it has one that costs less. */
export function exceptedRule(
  rule: DerivedRule,
  drafted: Drafted,
  context: LowerContext,
  userIndex: UserIndex,
  switchName: string | undefined,
): ExceptedRule | undefined {
  // What leaves the switch by itself must not leave its exceptions, nor stay behind them.
  if (rule.stage !== "admission" || rule.observed || Number.isFinite(rule.end) || rule.levels !== 1) return undefined;
  if (rule.effect === context.defaults.verdict || rule.cube.mask & ~PLAIN_BITS || drafted.drafts.length === 0)
    return undefined;
  let best: ExceptedRule | undefined;
  const usesTags = drafted.drafts.some(({ tags }) => tags.length > 0);
  let least = costOf(drafted.drafts);
  for (const field of ["srcHost", "dstHost"] as const) {
    const found = holesOf(rule.cube, field);
    if (found === undefined) continue;
    const whole = draft({ ...rule, cube: found.whole }, context, userIndex, switchName);
    const exceptions = draft({ ...rule, cube: found.holes }, context, userIndex, switchName);
    const all = [...whole.drafts, ...exceptions.drafts];
    if (whole.refusal ?? exceptions.refusal ?? all.find(({ clause }) => clause !== undefined)) continue;
    const cost = costOf(all);
    // Of equals, entries alone are better than a table that tags.
    if (cost > least || (cost === least && !usesTags)) continue;
    least = cost;
    const tags = all.flatMap((one) => one.tags);
    best = { whole: whole.drafts, exceptions: exceptions.drafts, tags, wide: found.whole, holes: found.holes };
  }
  return best;
}

function holesOf(of: Cube, field: Field): { readonly whole: Cube; readonly holes: Cube } | undefined {
  const set: FieldSet | undefined = constraint(of, field);
  const found = set?.kind === "ip" ? holed(set) : undefined;
  if (found === undefined) return undefined;
  return { whole: withConstraint(of, field, found.whole), holes: withConstraint(of, field, found.holes) };
}

/** The entries of drafts, those of their tags with them. */
function costOf(drafts: readonly Draft[]): number {
  const tags = new Map<string, number>();
  for (const draft of drafts) for (const { stage, key, count } of draft.tags) tags.set(`${stage}|${key}`, count);
  return drafts.length + [...tags.values()].reduce((sum, count) => sum + count, 0);
}
