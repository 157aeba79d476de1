/**
 * The reference evaluator: the verdict on one flow at one instant, computed from the accepted requests as the law says
 * it (SEMANTICS, "The network's verdict"). It is small, naive and obviously right; every fast path is compared with it.
 */
import type { Flow, Flowgroup } from "../flowgroup/cube.ts";
import type { Cascade, Policy, PolicyRule } from "../model/model.ts";
import type { Interval } from "../net/interval.ts";
import { isIn } from "./points.ts";

/** An accepted allow or deny, with the pieces that were granted. */
export interface ReferenceRequest {
  readonly id: string;
  readonly kind: string;
  readonly share: string;
  readonly pieces: readonly { readonly flows: Flowgroup; readonly interval: Interval }[];
}

/** Share → its parent; the root has none. */
export type ReferenceShares = ReadonlyMap<string, string | undefined>;

export interface ReferencePolicies {
  readonly policies: readonly Policy[];
  readonly cascades: readonly Cascade[];
}

export const NO_POLICIES: ReferencePolicies = { policies: [], cascades: [] };

export type NetworkVerdict = "allow" | "deny" | "default";

/** A rule of a policy or a request of the share that holds the flow, with its cascade level. */
interface Decider {
  readonly id: string;
  readonly verdict: "allow" | "deny";
  readonly level: number;
}

/** The network's verdict on a flow at an instant, by the closed form. The guard decides before it. */
export function verdictOf(
  accepted: readonly ReferenceRequest[],
  shares: ReferenceShares,
  policies: ReferencePolicies,
  flow: Flow,
  instant: number,
): NetworkVerdict {
  if (isGuarded(policies, flow, instant)) return "deny";
  // "denied iff some active deny holds it and no active allow in a proper descendant of that deny's share does;
  // otherwise allowed iff any active request holds it; otherwise the default."
  const own = new Map([...shares.keys()].map((share) => [share, ownVerdict(accepted, policies, share, flow, instant)]));
  const deciding = [...own].filter(([, verdict]) => verdict !== undefined);
  const isBelow = (lower: string, upper: string): boolean => {
    for (let at = shares.get(lower); at !== undefined; at = shares.get(at)) if (at === upper) return true;
    return false;
  };
  const denied = deciding.some(
    ([share, verdict]) =>
      verdict === "deny" && !deciding.some(([below, other]) => other === "allow" && isBelow(below, share)),
  );
  if (denied) return "deny";
  return deciding.length > 0 ? "allow" : "default";
}

/**
 * The same verdict by recursion over the tree: children override their parent, and among children, as within a share,
 * deny overrides allow.
 */
export function verdictByRecursion(
  accepted: readonly ReferenceRequest[],
  shares: ReferenceShares,
  policies: ReferencePolicies,
  flow: Flow,
  instant: number,
): NetworkVerdict {
  if (isGuarded(policies, flow, instant)) return "deny";
  const decide = (share: string): "allow" | "deny" | undefined => {
    const children = [...shares].filter(([, parent]) => parent === share).map(([child]) => decide(child));
    if (children.includes("deny")) return "deny";
    if (children.includes("allow")) return "allow";
    return ownVerdict(accepted, policies, share, flow, instant);
  };
  const root = [...shares].find(([, parent]) => parent === undefined)![0];
  return decide(root) ?? "default";
}

function isGuarded({ policies }: ReferencePolicies, flow: Flow, instant: number): boolean {
  return policies.some((policy) => policy.guard && policy.rules.some((rule) => holdsRule(rule, flow, instant)));
}

/** The verdict of a share alone, by its first level that decides the flow. Within a level deny overrides allow. */
function ownVerdict(
  accepted: readonly ReferenceRequest[],
  policies: ReferencePolicies,
  share: string,
  flow: Flow,
  instant: number,
): "allow" | "deny" | undefined {
  const deciders = decidersOf(accepted, policies, share, flow, instant);
  const first = deciders.filter(({ level }) => level === Math.min(...deciders.map((one) => one.level)));
  if (first.some(({ verdict }) => verdict === "deny")) return "deny";
  return first.length > 0 ? "allow" : undefined;
}

function decidersOf(
  accepted: readonly ReferenceRequest[],
  { policies, cascades }: ReferencePolicies,
  share: string,
  flow: Flow,
  instant: number,
): Decider[] {
  const own = policies.filter((policy) => policy.share === share && !policy.guard);
  const written = cascades.find((cascade) => cascade.share === share)?.levels ?? [[]];
  // Policies that no cascade names, and requests if it does not name them, have the last level.
  const named = new Set(written.flat());
  const rest = ["requests", ...own.map(({ name }) => name)].filter((name) => !named.has(name));
  const levels = written.map((names, at) => (at === written.length - 1 ? [...names, ...rest] : names));
  const deciders: Decider[] = [];
  let level = 0;
  for (const names of levels) {
    const members = own.filter(({ name }) => names.includes(name));
    // An ordered policy is a cascade of its rules. Other members of its level have the level of its last rule.
    const length = Math.max(1, ...members.map(({ ordered, rules }) => (ordered ? rules.length : 1)));
    for (const policy of members) {
      for (const rule of effectiveRules(policy, flow, instant)) {
        const verdict = rule.effect.kind;
        if (verdict !== "allow" && verdict !== "deny") continue;
        const at = policy.ordered ? level + policy.rules.indexOf(rule) : level + length - 1;
        deciders.push({ id: rule.id, verdict, level: at });
      }
    }
    if (names.includes("requests")) {
      for (const { id, kind, share: where, pieces } of accepted) {
        if (where !== share || (kind !== "allow" && kind !== "deny")) continue;
        if (!pieces.some(({ flows, interval }) => isIn(flows, flow) && isDuring(interval, instant))) continue;
        deciders.push({ id, verdict: kind, level: level + length - 1 });
      }
    }
    level += length;
  }
  return deciders;
}

/** The rules of a policy that hold the flow and are not behind a `pass`, which hands it on to the next level. */
function effectiveRules(policy: Policy, flow: Flow, instant: number): readonly PolicyRule[] {
  const holding = policy.rules.filter((rule) => holdsRule(rule, flow, instant));
  const pass = holding.findIndex((rule) => rule.effect.kind === "pass");
  if (pass < 0) return holding;
  return policy.ordered ? holding.slice(0, pass) : [];
}

function holdsRule(rule: PolicyRule, flow: Flow, instant: number): boolean {
  return isDuring(rule.interval, instant) && isIn({ cubes: rule.cubes.map(({ cube }) => cube) }, flow);
}

const isDuring = ({ start, end }: Interval, instant: number): boolean => start <= instant && instant < end;
