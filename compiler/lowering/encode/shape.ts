/**
 * A cube on the wire: the kinds of packet that it holds (other frames, IPv4, IPv6; TCP, UDP, SCTP, ICMP, the rest;
 * fragments), each with the fields that are fixed and those that can be met in several ways. Prerequisites are
 * written out, so no entry asks for a field that its packets lack; what is held as *absent* becomes a kind of its own.
 */
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { constraintsOf, type Constraints } from "../../flowgroup/cubes.ts";
import type { Field } from "../../flowgroup/fields.ts";
import { inRanges, intersectRanges, subtractRanges, unionRanges, type Ranges } from "../../flowgroup/ranges.ts";
import type { IpSet, NumberSet } from "../../flowgroup/sets.ts";
import {
  addressDim,
  addressTag,
  exactDim,
  maskedDim,
  numberTag,
  size,
  tagOf,
  values,
  vlanDim,
  type Dim,
  type TagBlock,
} from "./alternatives.ts";
import type { FieldMatch, MatchField } from "../../table/entry.ts";
import { exact } from "../../table/match.ts";
import type { Target } from "../pipeline/pipeline.ts";
import { directionIs } from "../../table/conntrack.ts";

/** One kind of packet: `fixed` and one alternative of each dim. */
export interface Shape {
  /** Short and stable: part of a conjunction's identity. */
  readonly name: string;
  readonly fixed: readonly FieldMatch[];
  readonly dims: readonly Dim[];
  /** It holds fragments alone. */
  readonly fragment?: true;
}

/**
 * How a rule treats fragments where it names ports or ICMP fields. A later fragment does not carry them, and Open
 * vSwitch reads them as 0 in the first one too (`set-frags normal`, its default; found by `ofproto/trace`).
 */
export interface FragmentRule {
  /** True: it holds every fragment that it could hold; false: only those that it must hold. */
  readonly held: boolean;
  /** Fragments are held by entries of their own. */
  readonly apart?: boolean;
  /** Nothing but fragments: of a cube that asks for transports that hide something, and for none of what they hide. */
  readonly only?: true;
}

type Family = 4 | 6;
const ETH = { 4: 0x0800, 6: 0x86dd } as const;
const NON_IP: Ranges<number> = subtractRanges([0, 0xffff], [ETH[4], ETH[4], ETH[6], ETH[6]]);
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
const PORTED = [6, 17, 132] as const;
const PORT_NAMES = { 6: "tcp", 17: "udp", 132: "sctp" } as const;
const ICMP = 1;
/** As what Open vSwitch reads a later fragment over IPv6, whatever it carries; the first one shows its transport. */
export const LATER = 44;

const may = (set: FieldSet | undefined): boolean => set === undefined || set.absent;

/** The kinds of packet that a cube of physical fields holds; their union is the cube. */
export function shapesOf(of: Cube, fragments: FragmentRule, target: Target): readonly Shape[] {
  const sets = constraintsOf(of);
  const link = linkDims(sets);
  const asked = IP_FIELDS.filter((field) => sets[field] !== undefined);
  const types = (sets.ethType as NumberSet | undefined)?.ranges;
  if (asked.length === 0) {
    return [{ name: "any", fixed: [], dims: types === undefined ? link : [...link, typeDim(types)] }];
  }
  if (types === undefined && asked.every((field) => isSide(field) && sets[field]!.absent)) {
    // Everything but some addresses: a tag of the holes says it at once for IPv4, IPv6 and all other frames.
    const dims = asked.map((field) => tagged(addressTag(sets[field] as IpSet, field === "srcHost" ? "src" : "dst")));
    return [{ name: "any", fixed: [], dims: [...link, ...dims] }];
  }
  const shapes: Shape[] = [];
  const other = intersectRanges(types ?? NON_IP, NON_IP);
  if (other.length > 0 && asked.every((field) => sets[field]!.absent)) {
    shapes.push({ name: "other", fixed: [], dims: [...link, typeDim(other)] });
  }
  for (const family of [4, 6] as const) {
    if (types !== undefined && !inRanges(types, ETH[family])) continue;
    const network = networkDims(sets, family);
    if (network === undefined) continue;
    for (const { name, fixed, dims, fragment } of transportShapes(sets, family, fragments, target)) {
      shapes.push({
        name: `v${family}${name}`,
        fixed: [exact("eth_type", ETH[family]), ...fixed],
        dims: [...link, ...network, ...dims],
        ...(fragment && { fragment }),
      });
    }
  }
  return shapes;
}

const isSide = (field: Field): boolean => field === "srcHost" || field === "dstHost";

/** A dim that only a tag can meet. */
function tagged(tag: Dim["tag"] & object): Dim {
  return { count: Infinity, alternatives: () => [], tag };
}

function linkDims(sets: Constraints): Dim[] {
  const dims: Dim[] = [];
  for (const [field, match, dimension] of [
    ["srcEth", "eth_src", "SourceMac"],
    ["dstEth", "eth_dst", "DestinationMac"],
  ] as const) {
    const set = sets[field] as NumberSet | undefined;
    if (set === undefined || isWhole(set.ranges, 2 ** 48 - 1)) continue;
    dims.push({ ...maskedDim(match, set.ranges, 48), tag: numberTag(dimension, set.ranges, 48) });
  }
  if (sets.vlan !== undefined) dims.push(vlanDim(sets.vlan as NumberSet));
  const port = sets.inPort as NumberSet | undefined;
  if (port !== undefined && !isWhole(port.ranges, 2 ** 32 - 1)) {
    dims.push({ ...exactDim("in_port", port.ranges), tag: numberTag("Port", port.ranges, 32) });
  }
  return dims;
}

const isWhole = (ranges: Ranges<number>, max: number): boolean => ranges[0] === 0 && ranges[1] === max;

/** EtherTypes take no mask: a large set of them is told by tagging the few that are not in it. */
function typeDim(ranges: Ranges<number>): Dim {
  const holes = subtractRanges([0, 0xffff], ranges);
  const dim = exactDim("eth_type", ranges);
  if (size(holes) >= size(ranges)) return dim;
  const block = (type: number): TagBlock => ({ space: "kind", value: BigInt(type) << 8n, length: 16 });
  return { ...dim, tag: tagOf("Kind", size(holes), () => values(holes).map(block), true) };
}

/** Addresses and DSCP within one family; undefined: nothing of the family is held. */
function networkDims(sets: Constraints, family: Family): Dim[] | undefined {
  const dims: Dim[] = [];
  for (const [field, side] of [
    ["srcHost", "src"],
    ["dstHost", "dst"],
  ] as const) {
    const set = sets[field] as IpSet | undefined;
    if (set === undefined) continue;
    if ((family === 4 ? set.v4 : set.v6).length === 0) return undefined;
    const dim = addressDim(set, side, family);
    if (dim.count > 1 || dim.alternatives()[0]!.length > 0) dims.push(dim);
  }
  const dscp = sets.dscp as NumberSet | undefined;
  if (dscp?.ranges.length === 0) return undefined;
  if (dscp !== undefined && !isWhole(dscp.ranges, 63)) dims.push(exactDim("ip_dscp", dscp.ranges));
  const direction = sets.direction as NumberSet | undefined;
  if (direction?.ranges.length === 0) return undefined;
  if (direction !== undefined && !isWhole(direction.ranges, 1)) {
    dims.push({ count: 1, alternatives: () => [[directionIs(direction.ranges[0]!)]] });
  }
  return dims;
}

/** What a transport asks of the fields that its packets carry; absent ones must be held as absent. */
function transportShapes(sets: Constraints, family: Family, fragments: FragmentRule, target: Target): readonly Shape[] {
  const transport = (sets.transport as NumberSet | undefined)?.ranges ?? [0, 255];
  if (fragments.only) return fragmentShapes(transport, family, target);
  const { srcPort, dstPort, icmpType, icmpCode } = sets as Readonly<Record<string, NumberSet | undefined>>;
  const ports = srcPort !== undefined || dstPort !== undefined;
  const icmp = icmpType !== undefined || icmpCode !== undefined;
  const shapes: Shape[] = [];
  if (ports && may(icmpType) && may(icmpCode)) {
    for (const protocol of PORTED) {
      if (!inRanges(transport, protocol)) continue;
      const name = PORT_NAMES[protocol];
      shapes.push(...portShapes(name, protocol, srcPort, dstPort, fragments, target));
    }
  }
  if (icmp && may(srcPort) && may(dstPort) && inRanges(transport, ICMP)) {
    shapes.push(...icmpShapes(family, icmpType, icmpCode, fragments, target));
  }
  const bare = may(srcPort) && may(dstPort) && may(icmpType) && may(icmpCode);
  const special = [...(icmp ? [ICMP] : []), ...(ports ? PORTED : [])];
  const rest = bare
    ? subtractRanges(
        transport,
        special.flatMap((p) => [p, p]),
      )
    : [];
  if (family === 4 || isWhole(rest, 255)) return rest.length === 0 ? shapes : [...shapes, restShape(rest, family)];
  if (rest.length === 0 && shapes.length === 0) return [];
  const seen = withLater(rest, fragments);
  if (seen.length > 0) shapes.push(restShape(seen, family));
  return fragments.held && fragments.apart ? [...shapes, laterFragment] : shapes;
}

const restShape = (rest: Ranges<number>, family: Family): Shape => ({
  name: "",
  fixed: [],
  dims: protocolDims(rest, family),
});

/**
 * Later fragments over IPv6 hide which transport they are of. Who holds what could be his holds them beside his
 * transports; who must not, only where he names them: a range around their number does not mean them.
 */
function withLater(rest: Ranges<number>, { held, apart }: FragmentRule): Ranges<number> {
  if (held && !apart) return unionRanges(rest, [LATER, LATER]);
  const isNamed = rest.some((low, i) => i % 2 === 0 && low === LATER && rest[i + 1] === LATER);
  return !held && isNamed ? rest : subtractRanges(rest, [LATER, LATER]);
}

/** The wire's IP protocol of a transport: ICMP is 1 over IPv4 and 58 over IPv6, and the other way about (`fields.ts`). */
function wireProtocol(transport: number, family: Family): number {
  return family === 6 && (transport === 1 || transport === 58) ? 59 - transport : transport;
}

function protocolDims(ranges: Ranges<number>, family: Family): Dim[] {
  if (isWhole(ranges, 255)) return [];
  const match = (transport: number): FieldMatch => exact("ip_proto", wireProtocol(transport, family));
  const holes = values(subtractRanges([0, 255], ranges));
  const dim: Dim = { count: size(ranges), alternatives: () => values(ranges).map((transport) => [match(transport)]) };
  if (holes.length >= dim.count) return [dim];
  const type = BigInt(ETH[family]) << 8n;
  const blocks = holes
    .map((transport) => wireProtocol(transport, family))
    .sort((a, b) => a - b)
    .map((protocol): TagBlock => ({ space: "kind", value: type | BigInt(protocol), length: 24 }));
  return [{ ...dim, tag: tagOf("Kind", blocks.length, () => blocks, true) }];
}

/** The present part of a set: undefined where it is everything, and then nothing is asked. */
function presentPart(set: NumberSet | undefined, max: number): Ranges<number> | undefined {
  return set === undefined || isWhole(set.ranges, max) ? undefined : set.ranges;
}

function portShapes(
  name: "tcp" | "udp" | "sctp",
  protocol: (typeof PORTED)[number],
  srcPort: NumberSet | undefined,
  dstPort: NumberSet | undefined,
  fragments: FragmentRule,
  target: Target,
): readonly Shape[] {
  const asked: [MatchField, Ranges<number>][] = [];
  for (const [field, set] of [
    [`${name}_src`, srcPort],
    [`${name}_dst`, dstPort],
  ] as const) {
    const ranges = presentPart(set, 0xffff);
    if (ranges?.length === 0) return [];
    if (ranges !== undefined) asked.push([field, ranges]);
  }
  const fixed = [exact("ip_proto", protocol)];
  if (asked.length === 0) return [{ name, fixed, dims: [] }];
  const dim = (field: MatchField, ranges: Ranges<number>): Dim =>
    target.portMasks ? maskedDim(field, ranges, 16) : exactDim(field, ranges);
  if (fragments.held) {
    return [{ name, fixed, dims: asked.map(([field, ranges]) => dim(field, ranges)) }, portFragment(protocol, target)];
  }
  // A match that covers port 0 would hold fragments, too.
  if (!asked.every(([, ranges]) => ranges[0] === 0)) {
    return [{ name, fixed, dims: asked.map(([field, ranges]) => dim(field, ranges)) }];
  }
  if (target.fragmentField) {
    return [{ name, fixed: [...fixed, WHOLE], dims: asked.map(([field, ranges]) => dim(field, ranges)) }];
  }
  const [first, ...others] = asked;
  const carved = subtractRanges(first![1], [0, 0]);
  if (carved.length === 0) return [];
  return [{ name, fixed, dims: [dim(first![0], carved), ...others.map(([field, ranges]) => dim(field, ranges))] }];
}

/** All fragments of some transports that hide something. */
function fragmentShapes(transport: Ranges<number>, family: Family, target: Target): readonly Shape[] {
  const ported = PORTED.filter((protocol) => inRanges(transport, protocol));
  const shapes = ported.map((protocol) => portFragment(protocol, target));
  if (inRanges(transport, LATER)) return [laterFragment];
  return inRanges(transport, ICMP) && target.fragmentField ? [...shapes, icmpFragment(family)] : shapes;
}

/** A target without a field for fragments reads their ports as 0. */
function portFragment(protocol: (typeof PORTED)[number], target: Target): Shape {
  const name = PORT_NAMES[protocol];
  const seen = target.fragmentField ? [FRAGMENT] : [exact(`${name}_src`, 0), exact(`${name}_dst`, 0)];
  return { name: `${name}fragment`, fixed: [exact("ip_proto", protocol), ...seen], dims: [], fragment: true };
}

function icmpFragment(family: Family): Shape {
  const fixed = [exact("ip_proto", wireProtocol(ICMP, family)), FRAGMENT];
  return { name: "icmpfragment", fixed, dims: [], fragment: true };
}

const laterFragment: Shape = { name: "later", fixed: [exact("ip_proto", LATER)], dims: [], fragment: true };

/** Open vSwitch's fragment bits: 1 any fragment, 2 a later one. */
const FRAGMENT: FieldMatch = { field: "ip_frag", value: 1n, mask: 1n };
const WHOLE: FieldMatch = { field: "ip_frag", value: 0n };

/**
 * On a target without a fragment field a fragment of ICMP looks like an echo reply (type 0, code 0), so it is
 * treated as one: dropping it would drop every answer to a ping.
 */
function icmpShapes(
  family: Family,
  type: NumberSet | undefined,
  code: NumberSet | undefined,
  fragments: FragmentRule,
  target: Target,
): readonly Shape[] {
  const asked: [MatchField, Ranges<number>][] = [];
  for (const [field, set] of [
    [family === 4 ? "icmpv4_type" : "icmpv6_type", type],
    [family === 4 ? "icmpv4_code" : "icmpv6_code", code],
  ] as const) {
    const ranges = presentPart(set, 0xff);
    if (ranges?.length === 0) return [];
    if (ranges !== undefined) asked.push([field, ranges]);
  }
  const fixed = [exact("ip_proto", wireProtocol(ICMP, family))];
  const name = "icmp";
  const dims = asked.map(([field, ranges]) => exactDim(field, ranges));
  if (asked.length === 0 || !target.fragmentField) return [{ name, fixed, dims }];
  if (fragments.held) return [{ name, fixed, dims }, icmpFragment(family)];
  const guard = asked.every(([, ranges]) => ranges[0] === 0) ? [WHOLE] : [];
  return [{ name, fixed: [...fixed, ...guard], dims }];
}
