/**
 * Two policies in force → the statements whose traffic changes, each with the flows that are treated in another way.
 * Where no host or user moves, flows are compared by name, as if the spoof guard let all of them on: it is the same
 * before and after. Where one moves, packets are compared switch by switch, and what the guard drops counts too.
 */
import type { Cube } from "../flowgroup/cube.ts";
import { names } from "../flowgroup/sets.ts";
import { cube as cubeOf } from "../flowgroup/cubes.ts";
import { flowsInBoth } from "../flowgroup/universe.ts";
import type { Directory } from "../model/model.ts";
import { byText } from "../net/order.ts";
import { switchesOf } from "../lowering/index.ts";
import { steers, type DerivedRule } from "../derived/rule.ts";
import { beyondFlows, fragmentRules, hidesInFragments } from "./fragments.ts";
import { allowedParts, claimChanges } from "./claims.ts";
import { Deciders, type SplitBudget } from "./deciders.ts";
import { flipsOf, type Flip, type RuleDifference } from "./flips.ts";
import { GuardCubes, guardChange, type GuardChange, type GuardFlip } from "./spoof-guard.ts";
import { packetRules, samePlaces } from "./packet-rules.ts";
import { seenChanges } from "./seen-users.ts";
import { changesByStatement, type TreatmentChange, type TrafficChange } from "./changes-by-statement.ts";

/** What decides and treats traffic at one instant. */
export interface PolicyInForce {
  /** Those of flows that a waypoint or an avoid leaves no path among them, as denies (`withoutPath`). */
  readonly rules: readonly DerivedRule[];
  /** Statement and effect → what each switch keeps of its rate at least, in bit/s. */
  readonly kept?: ReadonlyMap<string, number>;
  readonly defaults: { readonly verdict: "allow" | "deny"; readonly fragments: "allow" | "deny" };
  readonly directory: Directory;
}

/** The most steps of splitting in one comparison. */
const MOST_STEPS = 1_000_000;

/** The changes between two states, grouped by statement; changes of the guard and of the default for fragments last. */
export function trafficChanges(old: PolicyInForce, next: PolicyInForce): readonly TrafficChange[] {
  const moved = samePlaces(old.directory, next.directory) ? undefined : guardsOf(old, next);
  const changes = changesByStatement(moved ? changesAfterMoves(old, next, moved) : changesInPlace(old, next));
  const { fragments } = next.defaults;
  const isTurned = old.defaults.fragments !== fragments && [...old.rules, ...next.rules].some(hidesInFragments);
  const ofDefault: readonly TrafficChange[] = isTurned
    ? [{ change: "begins", statement: "default fragments", effect: fragments, flows: FRAGMENTS, atMost: true }]
    : [];
  return [...changes, ...discoveryChanges(moved ?? []), ...ofDefault];
}

/** The changes of flows between two states, cube by cube. */
export function flowChanges(old: PolicyInForce, next: PolicyInForce): readonly TreatmentChange[] {
  return samePlaces(old.directory, next.directory)
    ? changesOf(differenceOf(old, next, old.rules, next.rules), { left: MOST_STEPS })
    : changesAfterMoves(old, next, guardsOf(old, next));
}

/** The changes of flows where no host or user moves, and those of verdicts on fragments that they do not tell. */
function changesInPlace(old: PolicyInForce, next: PolicyInForce): readonly TreatmentChange[] {
  const flows = differenceOf(old, next, old.rules, next.rules);
  const before = fragmentRules(old.rules, old.defaults.fragments);
  const fragments = differenceOf(old, next, before, fragmentRules(next.rules, next.defaults.fragments));
  const ofFragments = flipsOf(fragments, { left: MOST_STEPS });
  const budget = { left: MOST_STEPS };
  const ofFlows = flipsOf(flows, budget);
  const beyond = beyondFlows(ofFragments, ofFlows);
  const changes = [
    ...ofFlows.map(wholeOf),
    ...claimChanges(flows, budget),
    ...beyond.map((one) => ({ ...wholeOf(one), fragments: true as const })),
  ];
  return seenChanges(changes, next.directory);
}

const wholeOf = ({ cube, ...rest }: Flip): TreatmentChange => ({ ...rest, cubes: [cube] });

const FRAGMENTS = "fragments that hide what a statement names, such as its ports";

/** The changes by rules that come and go while defaults and directory stay the same, grouped by statement. */
export const changesOfRules = (change: RuleDifference, directory: Directory): readonly TrafficChange[] =>
  changesByStatement(seenChanges(changesOf(change, { left: MOST_STEPS }), directory));

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
    kept: (key) => ({ was: old.kept?.get(key), rate: next.kept?.get(key) }),
  };
}

const changesOf = (change: RuleDifference, budget: SplitBudget): readonly TreatmentChange[] => [
  ...flipsOf(change, budget).map(wholeOf),
  ...claimChanges(change, budget),
];

/** What moves change at the spoof guard of each switch. */
interface SwitchGuard extends GuardChange {
  readonly name: string | undefined;
}

function guardsOf(old: PolicyInForce, next: PolicyInForce): readonly SwitchGuard[] {
  const budget = { left: MOST_STEPS };
  const known = new GuardCubes();
  return switchesOfBoth(old, next).map((name) => ({
    name,
    ...guardChange(old.directory, next.directory, name, budget, known),
  }));
}

/** A change that the spoof guard cuts into more pieces is reported whole, as an upper bound (`atMost`). */
const MOST_PIECES = 30;

/** The changes where hosts or users move. Names mean other packets then, so packets are compared, switch by switch. */
function changesAfterMoves(
  old: PolicyInForce,
  next: PolicyInForce,
  guards: readonly SwitchGuard[],
): readonly TreatmentChange[] {
  const budget = { left: MOST_STEPS };
  return guards.flatMap(({ name, flips, reachingPolicy }) => {
    const before = packetRules(old.rules, old.directory, name);
    const after = packetRules(next.rules, next.directory, name);
    const change = differenceOf(old, next, before, after);
    const ofPolicy = changesOf(change, budget).map((one): TreatmentChange => {
      const cubes = one.cubes.map(reachingPolicy);
      const isShort = cubes.every((some) => some !== undefined) && cubes.flat().length <= MOST_PIECES;
      return isShort ? { ...one, cubes: cubes.flatMap((some) => some ?? []) } : { ...one, atMost: true };
    });
    const found = [
      ...ofPolicy.filter(({ cubes }) => cubes.length > 0),
      ...flips.flatMap((flip) => guardChanges(flip, change, budget)),
    ];
    if (guards.length === 1 || name === undefined) return found;
    const here = cubeOf({ switch: names(name) });
    return found.map((one) => ({ ...one, cubes: one.cubes.flatMap((cube) => flowsInBoth(cube, here) ?? []) }));
  });
}

const switchesOfBoth = (old: PolicyInForce, next: PolicyInForce): readonly (string | undefined)[] =>
  [...new Set([...switchesOf(old.directory), ...switchesOf(next.directory)])].toSorted((a, b) =>
    byText(a ?? "", b ?? ""),
  );

/** Changes of the spoof guard that cubes cannot express: one for each host whose ARP or neighbour discovery changes. */
function discoveryChanges(guards: readonly SwitchGuard[]): readonly TrafficChange[] {
  const flows = guards.every(({ isExact }) => isExact) ? DISCOVERY : ALL_TRAFFIC;
  return [...new Set(guards.flatMap(({ discoveryHosts }) => discoveryHosts))]
    .toSorted(byText)
    .map((statement) => ({ change: "moves", statement, effect: "allow", flows }));
}

const DISCOVERY = "ARP and neighbour discovery";
/** Stands for the flows of a host where the budget ended. */
const ALL_TRAFFIC = "what it sends";

/**
 * A change of the spoof guard as changes of traffic. The policy still decides frames that the guard hands on (`next`).
 * Frames from a link (`trust`) pass, since an earlier switch decided them.
 */
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

/**
 * Changes of paths alone: steering statements that are the same, but whose entries a plan changes. `touched` has the
 * statements of these entries; what `changes` tell of them by the same effect is already reported. Which of the flows of a
 * statement go another way is not known, so they are an upper bound.
 */
export function detours(
  old: PolicyInForce,
  next: PolicyInForce,
  touched: ReadonlySet<string>,
  changes: readonly TrafficChange[],
): readonly TrafficChange[] {
  if (samePlaces(old.directory, next.directory)) return [];
  const known = new Set(changes.map(({ statement, effect }) => `${statement} ${effect}`));
  const moved = next.rules.filter(
    (rule) => steers(rule) && touched.has(rule.statement) && !known.has(`${rule.statement} ${rule.effect}`),
  );
  if (moved.length === 0) return [];
  const budget = { left: MOST_STEPS };
  const [before, after] = [old, next].map(({ rules, defaults }) => new Deciders(rules, defaults.verdict));
  return changesByStatement(
    moved.flatMap(({ statement, effect, cube }): TreatmentChange[] => {
      const cubes = allowedParts(allowedParts([cube], before!, budget), after!, budget);
      return cubes.length === 0 ? [] : [{ change: "moves", statement, effect, cubes, atMost: true }];
    }),
  );
}
