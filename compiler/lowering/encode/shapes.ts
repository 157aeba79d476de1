/**
 * A cube of physical fields → its shapes. Frames that are not IP, IPv4 packets and IPv6 packets are separate shapes if
 * the cube constrains fields that only some of them have.
 */
import { constraintsOf, type Constraints } from "../../flowgroup/cubes.ts";
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
import { transportShapes } from "./transport-shapes.ts";

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
  const tracked = trackingsOf(sets.direction as NumberSet | undefined, undirected);
  if (undirected.only) return ipShapes(sets, link, fragments, target, tracked);
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
  return [...shapes, ...ipShapes(sets, link, fragments, target, tracked)];
}

function ipShapes(
  sets: Constraints,
  link: readonly Condition[],
  fragments: FragmentRule,
  target: Target,
  tracked: readonly Tracked[],
): readonly Shape[] {
  const types = (sets.ethType as NumberSet | undefined)?.ranges;
  return ([4, 6] as const).flatMap((family) => {
    if (types !== undefined && !inRanges(types, ETHER_TYPE[family])) return [];
    const network = networkConditions(sets, family);
    if (network === undefined) return [];
    return transportShapes(sets, family, fragments, target).flatMap((shape) =>
      tracked
        .filter(({ seen }) => seen === undefined || shape.tracked !== (seen ? "none" : "all"))
        .map(({ states, seen, undirected }): Shape => ({
          name: `v${family}${shape.name}${!undirected ? "" : seen ? "invalid" : "untracked"}`,
          fixed: [exact("eth_type", ETHER_TYPE[family]), ...shape.fixed, ...states],
          conditions: [...link, ...network, ...shape.conditions],
          ...(shape.fragment && { fragment: true }),
          ...(undirected && { undirected }),
        })),
    );
  });
}

/** A match on `ct_state`. */
interface Tracked {
  readonly states: readonly FieldMatch[];
  /** Whether tracking has seen the packets; absent: they may be of either kind. */
  readonly seen?: boolean;
  /** They show no direction. */
  readonly undirected?: true;
}

const BROKEN: Tracked = { states: [INVALID], seen: true, undirected: true };
const PIECES: Tracked = { states: [UNTRACKED], seen: false, undirected: true };

/** The matches of a set of directions. What tracking calls invalid, and what it does not see, has neither direction. */
function trackingsOf(direction: NumberSet | undefined, rule: UndirectedRule): readonly Tracked[] {
  const held = [...(rule.invalid ? [BROKEN] : []), ...(rule.fragments ? [PIECES] : [])];
  if (rule.only) return held;
  if (direction === undefined) return [{ states: [] }];
  // Only the absence of a direction is asked for. What tracking calls invalid has none; a fragment's is hidden.
  if (direction.ranges.length === 0) return rule.invalid ? [BROKEN] : [];
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
