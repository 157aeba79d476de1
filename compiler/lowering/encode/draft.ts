/** One derived rule → drafts of entries for one switch: applies the directory, makes shapes, and encodes each. */
import {
  constraint,
  cubeKey,
  IPV4,
  IPV6,
  numbers,
  numberSet,
  setHolds,
  setIntersect,
  withConstraint,
  type Cube,
} from "../../flowgroup/index.ts";
import { steers, type DerivedRule } from "../../derived/rule.ts";
import { hash32After } from "../../table/cookie.ts";
import type { TagUse } from "./alternatives.ts";
import { choose, type Draft } from "./choose.ts";
import { byText } from "../../net/order.ts";
import { MOST_ENTRIES } from "../../table/entry.ts";
import { targetOf, type LowerContext } from "../pipeline/options.ts";
import { holdsFragments, RESTRICTIONS } from "./fragments.ts";
import { seenBy } from "./directory-sets.ts";
import { UNKNOWN } from "./whereabouts.ts";
import { type UserIndex } from "./user-index.ts";
import type { LoweringRefusal } from "../pipeline/refusal.ts";
import type { Shape, UndirectedRule } from "./shape.ts";
import { shapesOf } from "./shapes.ts";
import { append } from "../../net/lists.ts";

export interface Drafted {
  readonly drafts: readonly Draft[];
  readonly refusal?: LoweringRefusal;
}

/** A rule with its drafts on each switch. */
export interface DraftedRule {
  readonly rule: DerivedRule;
  /** The drafts on each switch, in order of the switches' names. */
  readonly drafts: readonly (readonly Draft[])[];
  /** The tags of its drafts. If all switches share one list of drafts, its tags are here once. */
  readonly tags: readonly TagUse[];
  readonly refusal?: LoweringRefusal | undefined;
  /** The same as a wider rule with exceptions, where that costs less. */
  readonly excepted?: ExceptedRule | undefined;
}

/** The form of a rule as a wider one with exceptions. */
export interface ExceptedRule {
  readonly whole: readonly Draft[];
  readonly exceptions: readonly Draft[];
  readonly tags: readonly TagUse[];
  /** The flows of the wider form, and of the exceptions. The rule is the one without the other. */
  readonly wide: Cube;
  readonly holes: Cube;
}

export interface DraftOptions {
  /** False: the entries use no tags. */
  readonly tags?: boolean;
  /** `beside`: fragments are held as the kind of rule asks; `apart`: no entries for fragments; `only`: nothing else. */
  readonly fragments?: "beside" | "apart" | "only";
  /** The same choice for packets that show no direction: what tracking calls invalid, and fragments. */
  readonly undirected?: "beside" | "apart" | "only";
  /** `refused`: what steers and would hold frames that no address tells apart is refused, and not left without these. */
  readonly shared?: "refused" | undefined;
  /** Whether flows come back from a waypoint on this switch, at another port than that of their sender. */
  readonly comesBack?: boolean;
}

/** The drafts of a rule on one switch; none if none of its flows can be there. */
export function draft(
  rule: DerivedRule,
  context: LowerContext,
  userIndex: UserIndex,
  switchName: string | undefined,
  options: DraftOptions = {},
): Drafted {
  const { tags = true, fragments = "beside", undirected = "beside", shared, comesBack = false } = options;
  const target = targetOf(context);
  const seen = seenBy(rule.cube, userIndex, target, switchName, {
    switches: context.directory.switches.size,
    // Behind the tables that tag, each exception would cost entries of its own.
    exact: tags,
    could: RESTRICTIONS.has(rule.effect),
    guarded: rule.stage === "admission" || rule.stage === "guard",
    everywhere: comesBack || rule.stage === "reserve" || rule.effect === "waypoint" || rule.effect === "avoid",
  });
  if (seen.refusal !== undefined) return { drafts: [], refusal: seen.refusal };
  const held = holdsFragments(rule.effect, context.defaults.fragments);
  const apart = rule.stage !== "admission" && rule.stage !== "guard";
  const permits = !RESTRICTIONS.has(rule.effect);
  const fragmented = { held, apart, permits, ...(fragments === "only" && { only: true as const }) };
  const none: UndirectedRule = { invalid: false, fragments: false };
  const shown: UndirectedRule = { invalid: RESTRICTIONS.has(rule.effect), fragments: held };
  const hidden = undirected === "apart" ? none : undirected === "only" ? { ...shown, only: true as const } : shown;
  const marked = rule.stage === "reserve" && target.marks;
  const drafts: Draft[] = [];
  const isDrafted = (cube: Cube): boolean =>
    draft({ ...rule, cube }, context, userIndex, switchName, { ...options, shared: "refused" }).refusal === undefined;
  const cubes = seen.cubes.flatMap((one) =>
    (marked ? ipOnly(one) : [one]).map((cube) => ({ cube, isSeated: seen.seated.has(one) })),
  );
  const draftsOf = (
    cube: Cube,
    isSeated: boolean,
    variant: number,
  ): readonly Draft[] | Extract<LoweringRefusal, { kind: "entries" }> => {
    const found: Draft[] = [];
    for (const shape of shapesOf(cube, fragmented, target, hidden)) {
      if (shape.fragment && fragments === "apart") continue;
      const identity = (): number =>
        hashAfter(rule.statement, ["", rule.stage, cubeKey(rule.cube), variant, shape.name].join("|"));
      const chosen = choose(tags ? shape : untagged(shape), target, context.limit ?? MOST_ENTRIES, identity);
      if ("kind" in chosen) return chosen;
      const typed = marked ? chosen.map((one) => withType(one, shape)) : chosen;
      const hides = shape.fragment ?? shape.undirected;
      const kind = { ...(hides && { fragment: true as const }), ...(isSeated && { seat: true as const }) };
      append(found, hides || isSeated ? typed.map((one) => ({ ...one, ...kind })) : typed);
    }
    return found;
  };
  for (const [variant, { cube, isSeated }] of cubes.entries()) {
    const whole = draftsOf(cube, isSeated, variant);
    if (!("kind" in whole)) {
      append(drafts, whole);
      continue;
    }
    const at = constraint(cube, "inPort");
    const ports = isSeated && !tags ? sharedPorts(rule.cube, context, switchName) : [];
    const here = ports.filter(({ port }) => at !== undefined && setHolds(at, port));
    const isOpen = shared === undefined && steers(rule);
    const told = isOpen ? toldApart(rule.cube) : undefined;
    const isByType = here.length === 0 && told !== undefined && told !== rule.cube && isDrafted(told);
    if (here.length === 0)
      return { drafts: [], refusal: isByType ? { kind: "otherTypes", limit: whole.limit } : whole };
    // Only of this place nothing tells the rest: of other hosts of these users their MACs do.
    const part = isOpen ? toldApart(cube) : undefined;
    const some = part === undefined || part === cube ? whole : draftsOf(part, isSeated, variant);
    const hosts = here.flatMap((one) => one.hosts);
    if ("kind" in some) return { drafts: [], refusal: { kind: "sharedPort", limit: whole.limit, hosts } };
    append(drafts, some);
  }
  // Kept as long as the rule stands, so without the room that a list that grows has.
  return { drafts: drafts.slice() };
}

/** The statement that was hashed last: its rules follow each other, and its text may be long. */
let hashed = { statement: "", after: hash32After("") };

/** `hash32` of a statement and what follows it. */
function hashAfter(statement: string, rest: string): number {
  if (hashed.statement !== statement) hashed = { statement, after: hash32After(statement) };
  return hashed.after(rest);
}

/**
 * The IPv4 and IPv6 parts of a cube: only IP packets have a DSCP mark, and the action requires a match on the family.
 */
function ipOnly(cube: Cube): readonly Cube[] {
  return [IPV4, IPV6].flatMap((type) => {
    const only = numbers("ethType", type);
    const had = constraint(cube, "ethType");
    const both = had === undefined ? only : setIntersect(had, only);
    return both === undefined ? [] : [withConstraint(cube, "ethType", both)];
  });
}

/** Adds the Ethernet type to the match of a conjunction's verdict, as its action requires. */
function withType(one: Draft, { fixed, conditions }: Shape): Draft {
  const [first] = one.match;
  if (first?.field !== "conj_id") return one;
  const type = [
    ...fixed,
    ...conditions.flatMap((condition) => (condition.count === 1 ? condition.alternatives()[0]! : [])),
  ].filter(({ field }) => field === "eth_type");
  return { ...one, match: [first, ...type] };
}

const ARP = 0x0806;
/** The types of frames that may show whose they are, by an address. */
export const SHOWS_ADDRESS = numberSet("ethType", [IPV4, ARP, IPV6])!;

/** The part of a cube that shows an address; undefined: nothing of it. */
export function toldApart(of: Cube): Cube | undefined {
  const had = constraint(of, "ethType");
  const both = had === undefined ? SHOWS_ADDRESS : setIntersect(had, SHOWS_ADDRESS);
  return both && withConstraint(of, "ethType", both);
}

/** A port at which several hosts without a stated MAC stand. */
export interface SharedPort {
  readonly port: number;
  /** All of them but one: with their MACs stated, what shows none of these is of the last. */
  readonly hosts: readonly string[];
}

/** The ports of this switch where several hosts without stated MACs stand, and one is of the users of a cube. */
export function sharedPorts(
  of: Cube,
  { directory: { hosts, userHosts } }: LowerContext,
  switchName: string | undefined,
): readonly SharedPort[] {
  const users = constraint(of, "user");
  if (users === undefined) return [];
  const bare = [...hosts.values()].filter(({ at, macs }) => at?.switch === switchName && macs.length === 0);
  const usersOn = Map.groupBy(userHosts, ({ host }) => host);
  const isOf = (name: string): boolean =>
    usersOn.get(name)?.some(({ user }) => setHolds(users, user)) ?? setHolds(users, UNKNOWN);
  return [...Map.groupBy(bare, ({ at }) => at!.port)].flatMap(([port, some]): readonly SharedPort[] => {
    // The last one keeps its frames by the port.
    const sorted = some.map(({ name }) => name).toSorted((a, b) => Number(isOf(b)) - Number(isOf(a)) || byText(a, b));
    return sorted.length > 1 && sorted.some(isOf) ? [{ port, hosts: sorted.slice(0, -1) }] : [];
  });
}

/** A shape without tags, for tables before or beside those that tag. */
function untagged(shape: Shape): Shape {
  return { ...shape, conditions: shape.conditions.map(({ count, alternatives }) => ({ count, alternatives })) };
}
