/**
 * Two sets of derived rules, their defaults and directories → the statements whose traffic changes, and which: each flow
 * that is treated in another way, and no other. Where hosts stay where they are, this is said of what the spoof guard lets on.
 */
import type { Cube } from "../flowgroup/cube.ts";
import { names } from "../flowgroup/sets.ts";
import { cube as cubeOf } from "../flowgroup/cubes.ts";
import { flowsInBoth } from "../flowgroup/universe.ts";
import type { Directory } from "../model/model.ts";
import { byText } from "../net/order.ts";
import { switchesOf } from "../lowering/index.ts";
import { steers, type DerivedRule } from "../derived/rule.ts";
import { claimChanges } from "./claims.ts";
import { Deciders, type SplitBudget } from "./deciders.ts";
import { flipsOf, type RuleDifference } from "./flips.ts";
import { guardChange, type GuardFlip } from "./guarded.ts";
import { placed, samePlaces } from "./placed.ts";
import { told, type TreatmentChange, type TrafficChange } from "./told.ts";

/** A policy in force. */
export interface PolicyInForce {
  readonly rules: readonly DerivedRule[];
  readonly defaults: { readonly verdict: "allow" | "deny"; readonly fragments: "allow" | "deny" };
  readonly directory: Directory;
}

/** The most steps of splitting for one comparison. */
const MOST_STEPS = 1_000_000;

/** The changes between two states, each statement once. */
export function trafficChanges(old: PolicyInForce, next: PolicyInForce): readonly TrafficChange[] {
  const changes = told(flowChanges(old, next));
  const { fragments } = next.defaults;
  const ofFragments: readonly TrafficChange[] =
    old.defaults.fragments === fragments
      ? []
      : [{ change: "begins", statement: "default fragments", effect: fragments, flows: FRAGMENTS }];
  return [...changes, ...talkChanges(old, next), ...ofFragments];
}

/** The same, cube by cube. */
export function flowChanges(old: PolicyInForce, next: PolicyInForce): readonly TreatmentChange[] {
  const budget = { left: MOST_STEPS };
  return samePlaces(old.directory, next.directory)
    ? changesOf(differenceOf(old, next, old.rules, next.rules), budget)
    : movedChanges(old, next, budget);
}

const FRAGMENTS = "later fragments that no statement decides";

/** The changes that some rules bring about where nothing else changes; `old` and `next` are the rules before and after. */
export const changesOfRules = (change: RuleDifference): readonly TrafficChange[] =>
  told(changesOf(change, { left: MOST_STEPS }));

function differenceOf(
  old: PolicyInForce,
  next: PolicyInForce,
  before: readonly DerivedRule[],
  after: readonly DerivedRule[],
): RuleDifference {
  return {
    old: new Deciders(before, old.defaults.verdict),
    next: new Deciders(after, next.defaults.verdict),
    removed: before,
    added: after,
  };
}

const changesOf = (change: RuleDifference, budget: SplitBudget): readonly TreatmentChange[] => [
  ...flipsOf(change, budget).map(({ cube, ...rest }) => ({ ...rest, cubes: [cube] })),
  ...claimChanges(change, budget),
];

/** What the spoof guard cuts into more pieces is told whole. */
const MOST_PIECES = 30;

/** Switch by switch, in packets: people and hosts are somewhere else. */
function movedChanges(old: PolicyInForce, next: PolicyInForce, budget: SplitBudget): readonly TreatmentChange[] {
  const all = switchesOfBoth(old, next);
  return all.flatMap((name) => {
    const before = placed(old.rules, old.directory, name);
    const after = placed(next.rules, next.directory, name);
    const change = differenceOf(old, next, before, after);
    const { flips, judged } = guardChange(old.directory, next.directory, name, budget);
    const ofPolicy = changesOf(change, budget).map((one): TreatmentChange => {
      const cubes = one.cubes.map(judged);
      const isFew = cubes.every((some) => some !== undefined) && cubes.flat().length <= MOST_PIECES;
      return isFew ? { ...one, cubes: cubes.flatMap((some) => some ?? []) } : { ...one, atMost: true };
    });
    const found = [
      ...ofPolicy.filter(({ cubes }) => cubes.length > 0),
      ...flips.flatMap((flip) => guardChanges(flip, change, budget)),
    ];
    if (all.length === 1 || name === undefined) return found;
    const here = cubeOf({ switch: names(name) });
    return found.map((one) => ({ ...one, cubes: one.cubes.flatMap((cube) => flowsInBoth(cube, here) ?? []) }));
  });
}

const switchesOfBoth = (old: PolicyInForce, next: PolicyInForce): readonly (string | undefined)[] =>
  [...new Set([...switchesOf(old.directory), ...switchesOf(next.directory)])].toSorted((a, b) =>
    byText(a ?? "", b ?? ""),
  );

/** What the spoof guard lets a host say that no field of a flow tells. */
function talkChanges(old: PolicyInForce, next: PolicyInForce): readonly TrafficChange[] {
  if (samePlaces(old.directory, next.directory)) return [];
  const changes = switchesOfBoth(old, next).map((name) =>
    guardChange(old.directory, next.directory, name, { left: MOST_STEPS }),
  );
  const flows = changes.every(({ isExact }) => isExact) ? TALK : WHOLE;
  return [...new Set(changes.flatMap(({ talk }) => talk))]
    .toSorted(byText)
    .map((statement) => ({ change: "moves", statement, effect: "allow", flows }));
}

const TALK = "ARP and neighbour discovery";
const WHOLE = "what it sends";

/** What the spoof guard lets on the policy still decides; what comes over a link was decided before. */
function guardChanges(
  { cube, was, is, statement }: GuardFlip,
  { old, next }: RuleDifference,
  budget: SplitBudget,
): readonly TreatmentChange[] {
  const passes = (fate: GuardFlip["was"], piece: Cube, deciders: Deciders): readonly (readonly [Cube, boolean])[] => {
    if (fate !== "next") return [[piece, fate === "trust"]];
    const decisions = deciders.decide(piece, budget);
    return decisions?.map((one) => [one.cube, deciders.verdictOf(one.by) === "allow"] as const) ?? [[piece, true]];
  };
  return passes(is, cube, next).flatMap(([piece, after]) =>
    passes(was, piece, old).flatMap(([part, before]): TreatmentChange[] =>
      before === after ? [] : [{ change: after ? "begins" : "ends", statement, effect: "allow", cubes: [part] }],
    ),
  );
}

/** Statements that steer flows and did not change, of which a plan changes entries: their flows go another way. */
export function detours(
  old: PolicyInForce,
  { rules, directory }: PolicyInForce,
  touched: ReadonlySet<string>,
  changes: readonly TrafficChange[],
): readonly TrafficChange[] {
  if (samePlaces(old.directory, directory)) return [];
  const known = new Set(changes.map(({ statement }) => statement));
  const moved = rules.filter((rule) => steers(rule) && touched.has(rule.statement) && !known.has(rule.statement));
  return told(
    moved.map(({ statement, effect, rate, cube }) => ({
      change: "moves",
      statement,
      effect,
      cubes: [cube],
      ...(rate !== undefined && { rate }),
    })),
  );
}
