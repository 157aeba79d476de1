/**
 * The rules of one policy → warnings about rules that do less than a reader expects (SEMANTICS, "Policies"): a `deny`
 * beside a `pass` of the same flows, a rule whose flows are all decided before it, in an `ordered` policy or by a policy
 * that the cascade puts first, an `allow` whose flows are all denied beside it, and limits that look like alternatives.
 * The same of requests: an `allow` whose flows others deny on its own share.
 */
import * as codes from "../../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { OverlapIndex } from "../../flowgroup/overlap-index.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { cubeSubset } from "../../flowgroup/cubes.ts";
import { subset } from "../../flowgroup/subset.ts";
import { shareFlow } from "../../flowgroup/universe.ts";
import type { Policy, PolicyRule } from "../../model/model.ts";
import { isAllTaken } from "../../certificates/remainder.ts";
import { list } from "../../certificates/text.ts";
import { printName } from "../../syntax/print.ts";
import { contains, overlap, type Interval } from "../../net/interval.ts";
import type { Piece } from "../../certificates/verdict.ts";
import type { Span } from "../../source.ts";

/** The most other rules that are compared with one rule together. */
const MOST_RULES = 32;
/** The comparisons by which other rules are looked for, for each rule and question. */
const COMPARISONS = 128;
/** The steps of one containment check. */
const SUBSET_STEPS = 500;

/** The warnings for one policy. `isLast`: no level of a cascade follows, so `pass` hands its flows to none. */
export function silentRules(policy: Policy, isLast: boolean): readonly Diagnostic[] {
  return policy.ordered ? [...warnShadowed(policy), ...warnOverlappingLimits(policy)] : warnPassed(policy, isLast);
}

const kindOf = ({ effect }: PolicyRule): string => effect.kind;
const isVerdict = (rule: PolicyRule): boolean => ["allow", "deny", "pass"].includes(kindOf(rule));
const flowsOf = ({ cubes }: PolicyRule): { readonly cubes: readonly PolicyRule["cubes"][number]["cube"][] } => ({
  cubes: cubes.map(({ cube }) => cube),
});

function indexOf(rules: readonly PolicyRule[]): OverlapIndex<PolicyRule> {
  const index = new OverlapIndex<PolicyRule>();
  for (const rule of rules) for (const { cube } of rule.cubes) index.insert(cube, rule);
  return index;
}

/** The indexed rules that share a flow with a rule, each once. */
const overlappingRules = (index: OverlapIndex<PolicyRule>, rule: PolicyRule): readonly PolicyRule[] => [
  ...new Set(rule.cubes.flatMap(({ cube }) => index.overlapping(cube, shareFlow))),
];

/**
 * Warns of denies under a `pass`, and of allows of which it leaves nothing: in a policy without an order, `pass` takes its
 * flows out of all rules.
 */
function warnPassed({ rules }: Policy, isLast: boolean): readonly Diagnostic[] {
  const passes = rules.filter((rule) => kindOf(rule) === "pass");
  if (passes.length === 0) return [];
  const index = indexOf(passes);
  return rules.flatMap((rule) => {
    const kind = kindOf(rule);
    if (kind !== "deny" && kind !== "allow") return [];
    const [pass, ...more] = overlappingRules(index, rule).filter((one) => overlap(one.interval, rule.interval));
    if (pass === undefined) return [];
    const all = [pass, ...more].filter((one) => contains(one.interval, rule.interval)).slice(0, MOST_RULES);
    const isWhole = subset(flowsOf(rule), { cubes: all.flatMap((one) => flowsOf(one).cubes) }, SUBSET_STEPS) === true;
    if (!isWhole && (!isLast || kind === "allow")) return [];
    const related = [{ span: pass.span, message: "this passes them on" }];
    const help = "in an `ordered` policy the rule that is written first decides";
    const extras = { span: rule.span, related, help };
    return [
      isWhole ? codes.passesWhole({ kind, pass: pass.id }, extras) : codes.passesSomeDenied({ pass: pass.id }, extras),
    ];
  });
}

/** Warns of rules that never decide: earlier rules hold all their flows during all their time. */
function warnShadowed(policy: Policy): readonly Diagnostic[] {
  const before = new RuleCover();
  return warnDecided(
    policy.rules.filter(isVerdict).map((rule) => ({ policy, rule })),
    before,
    (rule) => before.add(rule, flowsOf(rule).cubes),
  );
}

/** A rule with its policy. */
interface RuleIn {
  readonly policy: Policy;
  readonly rule: PolicyRule;
}

/** Warns of rules that never decide, since those before them hold all of their flows. `then`: after each of them. */
export function warnDecided(
  rules: readonly RuleIn[],
  before: RuleCover,
  then?: (rule: PolicyRule) => void,
): readonly Diagnostic[] {
  const found = rules.flatMap(({ policy, rule }) => {
    const holding = before.holdingAll(rule.interval, flowsOf(rule).cubes);
    then?.(rule);
    return holding.length === 0 ? [] : [{ id: rule.id, span: rule.span, beside: policy.name, holding }];
  });
  return byHolders(found).map((group) => {
    const { holding } = group[0]!;
    const words = { earlier: list(holding.map(({ id }) => id)), hold: holding.length === 1 ? "holds" : "hold" };
    if (group.length === 1)
      return codes.neverDecides(
        { rules: "this rule never decides", it: "it", its: "its", ...words },
        { span: group[0]!.span, related: spansOf(holding, "this decides before it") },
      );
    const names = list(group.map(({ id }) => id));
    return codes.neverDecides(
      { rules: `${names} never decide`, it: "them", its: "their", ...words },
      { span: holding[0]!.span, related: spansOf(group.slice(0, 3), "this never decides"), help: OUT },
    );
  });
}

const OUT = "take them out, or move them before it";

/** Warns of allows without an effect: beside each other, in policies of one level, deny overrides. */
export function warnOverridden(
  decided: readonly (RuleIn & { readonly pieces: readonly Piece[] })[],
  joined: (first: string, second: string) => string,
): readonly Diagnostic[] {
  const denies = new RuleCover();
  const policies = new Map<string, string>();
  for (const { policy, rule, pieces } of decided) {
    if (kindOf(rule) !== "deny") continue;
    policies.set(rule.id, policy.name);
    denies.add(
      rule,
      pieces.flatMap(({ flows }) => flows.cubes),
    );
  }
  const found = decided.flatMap(({ policy, rule }) => {
    if (kindOf(rule) !== "allow") return [];
    const holding = denies.holdingAll(rule.interval, flowsOf(rule).cubes);
    if (holding.length === 0) return [];
    const own = holding.filter(({ id }) => policies.get(id) === policy.name);
    const other = holding.map(({ id }) => policies.get(id)!).find((name) => name !== policy.name);
    const help = [
      ...(own.length > 0 ? [inOrder(policy.name, rule, own)] : []),
      ...(other === undefined ? [] : [joined(policy.name, other)]),
    ].join("; ");
    return [{ id: rule.id, span: rule.span, beside: policy.name, holding, help }];
  });
  return byHolders(found).map(overriddenBy);
}

/** How an allow gets before denies of its own policy: there, where one rule comes first, the order of the text decides. */
function inOrder(policy: string, { span }: PolicyRule, denies: readonly Decider[]): string {
  const earlier = denies.filter((deny) => deny.span.source === span.source && deny.span.start < span.start);
  const ordered = `\`policy ${printName({ text: policy })} ordered\`: there the rule that is written first decides`;
  return earlier.length === 0
    ? `write ${ordered}`
    : `write it before ${list(earlier.map(({ id }) => id))}, and ${ordered}`;
}

/** What others leave without effect. */
interface Held {
  readonly id: string;
  readonly span: Span;
  /** The policy or the share in which it stands. */
  readonly beside: string;
  readonly holding: readonly Decider[];
  readonly help?: string;
}

/** Those that the same others hold, together: one wide rule is told once, however many it holds. */
const byHolders = <T extends Held>(found: readonly T[]): readonly T[][] => [
  ...Map.groupBy(found, ({ beside, holding, help }) =>
    JSON.stringify([beside, holding.map(({ id }) => id), help]),
  ).values(),
];

const spansOf = (some: readonly Pick<Held, "span">[], message: string): { span: Span; message: string }[] =>
  some.slice(0, 8).map(({ span }) => ({ span, message }));

function overriddenBy(group: readonly Held[]): Diagnostic {
  const { holding, help, span } = group[0]!;
  const words = { names: list(holding.map(({ id }) => id)), hold: holding.length === 1 ? "holds" : "hold" };
  const more = help === undefined ? {} : { help };
  if (group.length === 1)
    return codes.overridden(
      { allows: "this allow has", its: "its", ...words },
      { span, related: spansOf(holding, "this denies them"), ...more },
    );
  const allows = `${list(group.map(({ id }) => id))} have`;
  return codes.overridden(
    { allows, its: "their", ...words },
    { span: holding[0]!.span, related: spansOf(group.slice(0, 3), "this allow has no effect"), ...more },
  );
}

/** What is asked of an accepted request that others on its share may leave without effect. */
interface OnShare {
  readonly id: string;
  readonly span: Span;
  readonly share: object;
  readonly pieces: readonly Piece[];
  /** Absent: it is no rule of a policy. */
  readonly rule?: unknown;
}

/** Warns of requests to allow without an effect: within a share a deny overrides what was allowed before it. */
export function warnDeniedRequests(allows: Iterable<OnShare>, denies: Iterable<OnShare>): readonly Diagnostic[] {
  const covers = new Map<object, RuleCover>();
  for (const { id, span, share, pieces, rule } of denies) {
    if (rule !== undefined) continue;
    let cover = covers.get(share);
    if (cover === undefined) covers.set(share, (cover = new RuleCover()));
    for (const { flows, interval } of pieces) cover.add({ id, span, interval }, flows.cubes);
  }
  const help = "within a share a deny overrides what was allowed before: take out the one that is not meant";
  const shares = [...covers.keys()];
  const found = [...allows].flatMap(({ id, span, share, pieces, rule }) => {
    const cover = rule === undefined ? covers.get(share) : undefined;
    if (cover === undefined) return [];
    const holding = pieces.map(({ flows, interval }) => cover.holdingAll(interval, flows.cubes));
    if (holding.some(({ length }) => length === 0)) return [];
    const each = new Map(holding.flat().map((one) => [one.id, one]));
    return [{ id, span, beside: String(shares.indexOf(share)), holding: [...each.values()], help }];
  });
  return byHolders(found).map(overriddenBy);
}

/** What is asked of a rule that others may leave nothing to decide. */
interface Decider {
  readonly id: string;
  readonly span: Span;
  readonly interval: Interval;
  readonly cubes: readonly Cube[];
}

/** Rules that decide before another one, or over it, by their flows. */
export class RuleCover {
  private readonly index = new OverlapIndex<Decider>();

  add({ id, span, interval }: Omit<Decider, "cubes">, cubes: readonly Cube[]): void {
    const one: Decider = { id, span, interval, cubes };
    for (const cube of cubes) this.index.insert(cube, one);
  }

  /** Those that together hold all these flows all the time: one, or a few. Empty if there are none, or the budget ends. */
  holdingAll(interval: Interval, cubes: readonly Cube[]): readonly Decider[] {
    const [first, ...others] = cubes;
    if (first === undefined) return [];
    const lasts = (one: Decider): boolean => contains(one.interval, interval);
    const isIn = (one: Decider, of: Cube): boolean => one.cubes.some((cube) => cubeSubset(of, cube));
    const single = this.index
      .someContaining(COMPARISONS, first)
      .find((one) => lasts(one) && others.every((other) => isIn(one, other)));
    if (single !== undefined) return [single];
    const before = this.fewOverlapping(cubes);
    if (before === undefined) return [];
    const lasting = before.filter(lasts);
    const together = { cubes: lasting.flatMap((one) => one.cubes) };
    if (lasting.length > 0 && subset({ cubes }, together, SUBSET_STEPS) === true) return lasting;
    // One after the other they may hold them as well.
    const inTurn = before.filter((one) => overlap(one.interval, interval));
    if (inTurn.length === lasting.length) return [];
    const pieces = inTurn.map((one) => ({ flows: { cubes: one.cubes }, interval: one.interval }));
    return isAllTaken({ cubes }, interval, pieces) === true ? inTurn : [];
  }

  /** Those that share a flow with these cubes, if they are few and soon found. */
  private fewOverlapping(cubes: readonly Cube[]): readonly Decider[] | undefined {
    const found = new Set<Decider>();
    const each = Math.ceil(COMPARISONS / cubes.length);
    for (const cube of cubes) {
      const some = this.index.overlappingWithin(each, cube, shareFlow);
      if (some === undefined || some.length > MOST_RULES) return undefined;
      for (const one of some) found.add(one);
    }
    return found.size > MOST_RULES ? undefined : [...found];
  }
}

/** Warns of overlapping limits: `ordered` orders only verdicts, and a packet passes both limits. */
function warnOverlappingLimits({ rules }: Policy): readonly Diagnostic[] {
  const index = new OverlapIndex<PolicyRule>();
  return rules.flatMap((rule) => {
    if (kindOf(rule) !== "limit") return [];
    const other = overlappingRules(index, rule).find((one) => overlap(one.interval, rule.interval));
    for (const { cube } of rule.cubes) index.insert(cube, rule);
    if (other === undefined) return [];
    const related = [{ span: other.span, message: "the other limit" }];
    return [codes.limitsBoth({ other: other.id }, { span: rule.span, related })];
  });
}
