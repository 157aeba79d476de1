/**
 * One derived rule → drafts of entries for every switch. They are the same unless the rule names where flows come in. And the
 * plans of all switches.
 */
import { bitOf } from "../flowgroup/cubes.ts";
import type { Topology } from "../paths/index.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { LowerContext } from "./pipeline/options.ts";
import { draft, type Drafted, type DraftedRule } from "./encode/draft.ts";
import { exceptedRule } from "./encode/excepted.ts";
import type { UserIndex } from "./encode/user-index.ts";
import { tellingHosts } from "./encode/telling-hosts.ts";
import { cubesJudgedOn, MOST_RETURN_STEPS, type Returned } from "./steering/returning.ts";
import { diffEntries } from "../plan/index.ts";
import type { Plan } from "../plan/plan.ts";
import type { Table } from "../table/entry.ts";

/** Fields whose meaning differs from switch to switch. */
const PLACED = bitOf("switch") | bitOf("srcAP") | bitOf("dstAP");
/** The meaning of users differs too if ports identify some of them. */
const USER = bitOf("user");

const NONE: readonly [] = [];

/** A rule with its drafts on each switch; one list, if they do not differ. */
export function draftPerSwitch(
  switches: readonly (string | undefined)[],
  rule: DerivedRule,
  returns: readonly Returned[],
  topology: Topology,
  context: LowerContext,
  userIndex: UserIndex,
): DraftedRule {
  const placed = userIndex.namesPorts ? PLACED | USER : PLACED;
  if (returns.length === 0 && !(rule.cube.mask & placed)) {
    const drafted = draft(rule, context, userIndex, switches[0]);
    const { drafts, refusal } = drafted;
    const excepted = exceptedRule(rule, drafted, context, userIndex, switches[0]);
    const tags = drafts.every((one) => one.tags.length === 0) ? NONE : drafts.flatMap((one) => one.tags);
    return { rule, drafts: switches.map(() => drafts), tags, refusal, excepted };
  }
  const each: (readonly Drafted[])[] = [];
  for (const switchName of switches) {
    const cubes = cubesJudgedOn(rule.cube, switchName, returns, tellingHosts(topology).topology);
    if (cubes === undefined) {
      const refusal = { kind: "returns", steps: MOST_RETURN_STEPS } as const;
      return { rule, drafts: switches.map(() => []), tags: [], refusal };
    }
    // What comes back is its sender's, by the MAC that the spoof guard lets come back from there.
    const comesBack = returns.some(({ at }) => at.switch === switchName);
    each.push(cubes.map((cube) => draft({ ...rule, cube }, context, userIndex, switchName, { comesBack })));
  }
  const refusal = each.flat().find((one) => one.refusal !== undefined)?.refusal;
  const drafts = each.map((some) => some.flatMap((one) => one.drafts));
  return { rule, drafts, tags: drafts.flat().flatMap(({ tags }) => tags), refusal };
}

/** The plan of each switch whose entries differ. */
export function plansBetween(
  old: ReadonlyMap<string, Table>,
  next: ReadonlyMap<string, Table>,
): ReadonlyMap<string, Plan> {
  const plans = [...next].map(([name, table]): [string, Plan] => [
    name,
    diffEntries(old.get(name)!.entries, table.entries),
  ]);
  return new Map(plans.filter(([, plan]) => plan.stages.length > 0));
}
