/**
 * A cube of physical fields → its shapes. Frames that are not IP, IPv4 packets and IPv6 packets are separate shapes if
 * the cube constrains fields that only some of them have.
 */
import { constrainedFields, constraintsOf, type Constraints } from "../../flowgroup/cubes.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import type { Field } from "../../flowgroup/fields.ts";
import { inRanges, intersectRanges, subtractRanges, type Ranges } from "../../flowgroup/ranges.ts";
import type { IpSet, NumberSet } from "../../flowgroup/sets.ts";
import { directionIs, INVALID, UNTRACKED, VALID } from "../../table/conntrack.ts";
import type { FieldMatch } from "../../table/entry.ts";
import { exact } from "../../table/match.ts";
import type { Target } from "../pipeline/pipeline.ts";
import {
  addressCondition,
  addressTag,
  exactCondition,
  maskedCondition,
  numberTag,
  size,
  tagOf,
  values,
  vlanCondition,
  type Condition,
  type TagBlock,
} from "./alternatives.ts";
import { ETHER_TYPE, isFullRange, type Family, type FragmentRule, type Shape, type UndirectedRule } from "./shape.ts";
import { FRAGMENT, transportShapes, WHOLE } from "./transport-shapes.ts";

const NON_IP: Ranges<number> = subtractRanges(
  [0, 0xffff],
  [ETHER_TYPE[4], ETHER_TYPE[4], ETHER_TYPE[6], ETHER_TYPE[6]],
);
const IP_FIELDS = [
  "srcHost",
  "dstHost",
  "transport",
  "srcPort",
  "dstPort",
  "icmpType",
  "icmpCode",
  "dscp",
  "direction",
] as const;

/** The fields that every frame has. A set of frames without one of them is empty. */
const ALWAYS = ["srcEth", "dstEth", "ethType", "inPort"] as const;

/** The shapes of a cube of physical fields; their union is the cube. */
export function shapesOf(
  of: Cube,
  fragments: FragmentRule,
  target: Target,
  undirected: UndirectedRule,
): readonly Shape[] {
  const sets = constraintsOf(of);
  if (ALWAYS.some((field) => (sets[field] as NumberSet | undefined)?.ranges.length === 0)) return [];
  const link = linkConditions(sets);
  const asked = IP_FIELDS.filter((field) => sets[field] !== undefined);
  const types = (sets.ethType as NumberSet | undefined)?.ranges;
  const rules = { fragments, undirected, target };
  const tracked = trackingsOf(sets.direction as NumberSet | undefined, undirected);
  if (undirected.only) return ipShapes(of, sets, link, rules, tracked);
  if (asked.length === 0) {
    return [{ name: "any", fixed: [], conditions: types === undefined ? link : [...link, typeCondition(types)] }];
  }
  if (types === undefined && asked.every((field) => isSide(field) && sets[field]!.absent)) {
    // Everything but some addresses: one tag by the holes covers IPv4, IPv6 and all other frames.
    const conditions = asked.map((field) =>
      tagged(addressTag(sets[field] as IpSet, field === "srcHost" ? "src" : "dst")),
    );
    return [{ name: "any", fixed: [], conditions: [...link, ...conditions] }];
  }
  const shapes: Shape[] = [];
  const other = intersectRanges(types ?? NON_IP, NON_IP);
  if (other.length > 0 && asked.every((field) => sets[field]!.absent)) {
    shapes.push({ name: "other", fixed: [], conditions: [...link, typeCondition(other)] });
  }
  const ip = ipShapes(of, sets, link, rules, tracked);
  return shapes.length === 0 ? ip : [...shapes, ...ip];
}

/** What of shapes depends on the rule alone, and not on its cube. */
interface ShapeRules {
  readonly fragments: FragmentRule;
  readonly undirected: UndirectedRule;
  readonly target: Target;
}

function ipShapes(
  of: Cube,
  sets: Constraints,
  link: readonly Condition[],
  rules: ShapeRules,
  tracked: readonly Tracked[],
): readonly Shape[] {
  const shapes: Shape[] = [];
  const patterns = patternsOf(of, rules);
  for (const family of [4, 6] as const) {
    const network = networkConditions(sets, family);
    if (network === undefined) continue;
    const before = link.length === 0 ? network : [...link, ...network];
    for (const pattern of (patterns[family] ??= familyPatterns(sets, family, rules, tracked)))
      shapes.push({ ...pattern, conditions: before.concat(pattern.conditions) });
  }
  return shapes;
}

/** The shapes of one family without what is asked of addresses, DSCP and the link. */
function familyPatterns(
  sets: Constraints,
  family: Family,
  { fragments, target }: ShapeRules,
  tracked: readonly Tracked[],
): readonly Shape[] {
  const types = (sets.ethType as NumberSet | undefined)?.ranges;
  if (types !== undefined && !inRanges(types, ETHER_TYPE[family])) return [];
  return transportShapes(sets, family, fragments, target).flatMap((shape) =>
    tracked
      .filter(({ seen }) => seen === undefined || shape.tracked !== (seen ? "none" : "all"))
      .flatMap(({ states, seen, undirected, sctp }): Shape[] => {
        const matched = both(shape.fixed, states);
        if (matched === undefined || (sctp && !shape.sctp)) return [];
        const unseen = sctp ? "unseen" : "untracked";
        return [
          {
            name: `v${family}${shape.name}${!undirected ? "" : seen ? "invalid" : unseen}`,
            fixed: [exact("eth_type", ETHER_TYPE[family]), ...matched],
            conditions: shape.conditions,
            ...(shape.fragment && { fragment: true }),
            ...(undirected && { undirected }),
          },
        ];
      }),
  );
}

/** The matches of a shape and of tracking together; undefined: one is of fragments and one of whole packets. */
function both(fixed: readonly FieldMatch[], states: readonly FieldMatch[]): readonly FieldMatch[] | undefined {
  const [cut, other] = [fixed, states].map((some) => some.find(({ field }) => field === "ip_frag"));
  if (cut === undefined || other === undefined) return [...fixed, ...states];
  return cut.value === other.value ? [...fixed, ...states.filter((one) => one !== other)] : undefined;
}

/** By family, as far as they were asked for. */
type Patterns = Partial<Record<Family, readonly Shape[]>>;

/** Those of the last cube: requests that follow each other often differ in their addresses alone. */
let last: { readonly of: Cube; readonly rules: ShapeRules; readonly patterns: Patterns } | undefined;

function patternsOf(of: Cube, rules: ShapeRules): Patterns {
  if (last === undefined || !sameRules(last.rules, rules) || !differInAddresses(last.of, of))
    last = { of, rules, patterns: {} };
  return last.patterns;
}

const sameRules = (a: ShapeRules, b: ShapeRules): boolean =>
  a.target === b.target &&
  a.fragments.held === b.fragments.held &&
  a.fragments.apart === b.fragments.apart &&
  a.fragments.only === b.fragments.only &&
  a.undirected.invalid === b.undirected.invalid &&
  a.undirected.fragments === b.undirected.fragments &&
  a.undirected.only === b.undirected.only;

/** Whether two cubes have the same sets but for addresses; sets that are equal and not the same count as different. */
function differInAddresses(a: Cube, b: Cube): boolean {
  if (a.mask !== b.mask) return false;
  const fields = constrainedFields(a);
  for (let at = 0; at < fields.length; at++) if (a.sets[at] !== b.sets[at] && !isSide(fields[at]!)) return false;
  return true;
}

/** A match on `ct_state`. */
interface Tracked {
  readonly states: readonly FieldMatch[];
  /** Whether tracking has seen the packets; absent: they may be of either kind. */
  readonly seen?: boolean;
  /** They show no direction. */
  readonly undirected?: true;
  /** They are of SCTP. */
  readonly sctp?: true;
}

const BROKEN: Tracked = { states: [INVALID], seen: true, undirected: true };
/** Of IP, tracking sees neither fragments nor SCTP. */
const UNSEEN: Tracked = { states: [UNTRACKED], seen: false, undirected: true };
const PIECES: Tracked = { states: [UNTRACKED, FRAGMENT], seen: false, undirected: true };
const UNSEEN_WHOLE: Tracked = { states: [UNTRACKED, WHOLE], seen: false, undirected: true, sctp: true };

/** The matches of a set of directions. What tracking calls invalid, and what it does not see, has neither direction. */
function trackingsOf(direction: NumberSet | undefined, rule: UndirectedRule): readonly Tracked[] {
  const whole = rule.fragments ? UNSEEN : UNSEEN_WHOLE;
  const held = rule.invalid ? [BROKEN, whole] : rule.fragments ? [PIECES] : [];
  if (rule.only) return held;
  if (direction === undefined) return [{ states: [] }];
  // Only the absence of a direction is asked for. What tracking calls invalid and SCTP have none; a fragment's is hidden.
  if (direction.ranges.length === 0) return rule.invalid ? [BROKEN, UNSEEN_WHOLE] : [];
  const isEither = isFullRange(direction.ranges, 1);
  // What holds packets of both directions and of none holds all of them.
  if (isEither && rule.invalid) return [{ states: [] }];
  return [{ states: [isEither ? VALID : directionIs(direction.ranges[0]!)], seen: true }, ...held];
}

const isSide = (field: Field): boolean => field === "srcHost" || field === "dstHost";

/** A condition that only a tag can meet. */
function tagged(tag: Condition["tag"] & object): Condition {
  return { count: Infinity, alternatives: () => [], tag };
}

function linkConditions(sets: Constraints): Condition[] {
  const conditions: Condition[] = [];
  for (const [field, match, stage] of [
    ["srcEth", "eth_src", "SourceMac"],
    ["dstEth", "eth_dst", "DestinationMac"],
  ] as const) {
    const set = sets[field] as NumberSet | undefined;
    if (set === undefined || isFullRange(set.ranges, 2 ** 48 - 1)) continue;
    conditions.push({ ...maskedCondition(match, set.ranges, 48), tag: numberTag(stage, set.ranges, 48) });
  }
  if (sets.vlan !== undefined) conditions.push(vlanCondition(sets.vlan as NumberSet));
  const port = sets.inPort as NumberSet | undefined;
  if (port !== undefined && !isFullRange(port.ranges, 2 ** 32 - 1)) {
    conditions.push({ ...exactCondition("in_port", port.ranges), tag: numberTag("Port", port.ranges, 32) });
  }
  return conditions;
}

/** EtherTypes take no mask, so a large set of them is a tag by the few that are not in it. */
function typeCondition(ranges: Ranges<number>): Condition {
  const holes = subtractRanges([0, 0xffff], ranges);
  const condition = exactCondition("eth_type", ranges);
  if (size(holes) >= size(ranges)) return condition;
  const block = (type: number): TagBlock => ({ space: "kind", value: BigInt(type) << 8n, length: 16 });
  return { ...condition, tag: tagOf("Kind", size(holes), () => values(holes).map(block), true) };
}

/** The conditions on addresses, DSCP and direction within one family; undefined if the cube holds nothing of it. */
function networkConditions(sets: Constraints, family: Family): Condition[] | undefined {
  const conditions: Condition[] = [];
  for (const [field, side] of [
    ["srcHost", "src"],
    ["dstHost", "dst"],
  ] as const) {
    const set = sets[field] as IpSet | undefined;
    if (set === undefined) continue;
    if ((family === 4 ? set.v4 : set.v6).length === 0) return undefined;
    const condition = addressCondition(set, side, family);
    if (condition.count > 1 || condition.alternatives()[0]!.length > 0) conditions.push(condition);
  }
  const dscp = sets.dscp as NumberSet | undefined;
  if (dscp?.ranges.length === 0) return undefined;
  if (dscp !== undefined && !isFullRange(dscp.ranges, 63)) conditions.push(exactCondition("ip_dscp", dscp.ranges));
  return conditions;
}
