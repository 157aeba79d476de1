/**
 * The constraints of a cube on one family's transports → shapes: TCP, UDP and SCTP with ports, ICMP with type and code,
 * the other transports together, and fragments as far as the target distinguishes them. Packets that are held because a
 * field is *absent* are a separate shape.
 */
import type { FieldSet } from "../../flowgroup/cube.ts";
import type { Constraints } from "../../flowgroup/cubes.ts";
import { LATER, SCTP } from "../../flowgroup/prerequisites.ts";
import { inRanges, subtractRanges, unionRanges, type Ranges } from "../../flowgroup/ranges.ts";
import type { NumberSet } from "../../flowgroup/sets.ts";
import type { FieldMatch, MatchField } from "../../table/entry.ts";
import { exact } from "../../table/match.ts";
import type { Target } from "../pipeline/pipeline.ts";
import { exactCondition, maskedCondition, size, tagOf, values, type Condition, type TagBlock } from "./alternatives.ts";
import { PORT_NAMES, PORTED_TRANSPORTS, portless, SHOWS_PORTS } from "./portless.ts";
import { ETHER_TYPE, isFullRange, type Family, type FragmentRule, type TransportShape } from "./shape.ts";
import { append } from "../../net/lists.ts";

const ICMP = 1;

/** Whether packets without the field are held. */
const holdsAbsent = (set: FieldSet | undefined): boolean => set === undefined || set.absent;

/** The shapes of one family. Fields that a transport's packets lack must be held as absent. */
export function transportShapes(
  sets: Constraints,
  family: Family,
  fragments: FragmentRule,
  target: Target,
): readonly TransportShape[] {
  const transport = (sets.transport as NumberSet | undefined)?.ranges ?? [0, 255];
  if (fragments.only) return fragmentShapes(transport, family, target);
  const { srcPort, dstPort, icmpType, icmpCode } = sets as Readonly<Record<string, NumberSet | undefined>>;
  const ports = srcPort !== undefined || dstPort !== undefined;
  const icmp = icmpType !== undefined || icmpCode !== undefined;
  const shapes: TransportShape[] = [];
  if (ports && holdsAbsent(icmpType) && holdsAbsent(icmpCode)) {
    for (const protocol of PORTED_TRANSPORTS) {
      if (!inRanges(transport, protocol)) continue;
      const name = PORT_NAMES[protocol];
      append(shapes, portShapes(name, protocol, srcPort, dstPort, fragments, target));
    }
  }
  if (icmp && holdsAbsent(srcPort) && holdsAbsent(dstPort) && inRanges(transport, ICMP)) {
    append(shapes, icmpShapes(family, icmpType, icmpCode, fragments, target));
  }
  const bare = holdsAbsent(srcPort) && holdsAbsent(dstPort) && holdsAbsent(icmpType) && holdsAbsent(icmpCode);
  const special = [...(icmp ? [ICMP] : []), ...(ports ? PORTED_TRANSPORTS : [])];
  const rest = bare
    ? subtractRanges(
        transport,
        special.flatMap((p) => [p, p]),
      )
    : [];
  if (family === 4 || isFullRange(rest, 255)) return rest.length === 0 ? shapes : [...shapes, restShape(rest, family)];
  if (rest.length === 0 && shapes.length === 0) return [];
  const seen = withLater(rest, transport, fragments);
  if (seen.length > 0) shapes.push(restShape(seen, family));
  return fragments.held && fragments.apart ? [...shapes, laterFragment] : shapes;
}

const restShape = (rest: Ranges<number>, family: Family): TransportShape => ({
  name: "",
  fixed: [],
  conditions: protocolConditions(rest, family),
  ...(inRanges(rest, SCTP) && { sctp: true }),
});

/**
 * The transports with or without the number of later IPv6 fragments, which hide their own transport. A rule that holds
 * every fragment that could be of its flows holds them beside its transports. A rule that does not holds them only if
 * it names them: of all transports it asks for their number alone.
 */
function withLater(rest: Ranges<number>, transport: Ranges<number>, { held, apart }: FragmentRule): Ranges<number> {
  if (held && !apart) return unionRanges(rest, [LATER, LATER]);
  const isNamed = transport.length === 2 && transport.every((one) => one === LATER);
  return !held && isNamed ? rest : subtractRanges(rest, [LATER, LATER]);
}

/** The IP protocol on the wire of a transport: over IPv6 the numbers 1 and 58 are exchanged (`fields.ts`). */
function wireProtocol(transport: number, family: Family): number {
  return family === 6 && (transport === 1 || transport === 58) ? 59 - transport : transport;
}

function protocolConditions(ranges: Ranges<number>, family: Family): Condition[] {
  if (isFullRange(ranges, 255)) return [];
  const match = (transport: number): FieldMatch => exact("ip_proto", wireProtocol(transport, family));
  const holes = values(subtractRanges([0, 255], ranges));
  const condition: Condition = {
    count: size(ranges),
    alternatives: () => values(ranges).map((transport) => [match(transport)]),
  };
  if (holes.length >= condition.count) return [condition];
  const type = BigInt(ETHER_TYPE[family]) << 8n;
  const blocks = holes
    .map((transport) => wireProtocol(transport, family))
    .sort((a, b) => a - b)
    .map((protocol): TagBlock => ({ space: "kind", value: type | BigInt(protocol), length: 24 }));
  return [{ ...condition, tag: tagOf("Kind", blocks.length, () => blocks, true) }];
}

/** The present values of a set; undefined if they are all values, so that they do not constrain. */
function presentPart(set: NumberSet | undefined, max: number): Ranges<number> | undefined {
  return set === undefined || isFullRange(set.ranges, max) ? undefined : set.ranges;
}

function portShapes(
  name: "tcp" | "udp" | "sctp",
  protocol: (typeof PORTED_TRANSPORTS)[number],
  srcPort: NumberSet | undefined,
  dstPort: NumberSet | undefined,
  fragments: FragmentRule,
  target: Target,
): readonly TransportShape[] {
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
  const seen = protocol === SCTP ? ({ sctp: true, tracked: "none" } as const) : {};
  if (asked.length === 0) return [{ name, fixed, conditions: [], ...seen }];
  const condition = (field: MatchField, ranges: Ranges<number>): Condition =>
    target.portMasks ? maskedCondition(field, ranges, 16) : exactCondition(field, ranges);
  const conditions = asked.map(([field, ranges]) => condition(field, ranges));
  // A match that covers port 0 on both sides also matches what shows no ports.
  const isZero = asked.every(([, ranges]) => ranges[0] === 0);
  const { held, permits } = fragments;
  const shown = isZero && permits && target.fragmentField ? [...conditions, SHOWS_PORTS] : conditions;
  if (held)
    return [{ name, fixed, conditions: shown, tracked: "all", ...seen }, fragmentOf(protocol, fragments, target)];
  if (!isZero || shown !== conditions) return [{ name, fixed, conditions: shown, ...seen }];
  if (target.fragmentField) return [{ name, fixed: [...fixed, WHOLE], conditions, ...seen }];
  const [first, ...others] = asked;
  const carved = subtractRanges(first![1], [0, 0]);
  if (carved.length === 0) return [];
  return [
    {
      name,
      fixed,
      conditions: [condition(first![0], carved), ...others.map(([field, ranges]) => condition(field, ranges))],
      ...seen,
    },
  ];
}

/** All fragments of some transports whose fragments hide fields. */
function fragmentShapes(transport: Ranges<number>, family: Family, target: Target): readonly TransportShape[] {
  const ported = PORTED_TRANSPORTS.filter((protocol) => inRanges(transport, protocol));
  const shapes = ported.map(portFragment);
  if (inRanges(transport, LATER)) return [laterFragment];
  return inRanges(transport, ICMP) && target.fragmentField ? [...shapes, icmpFragment(family)] : shapes;
}

/** A field for fragments would miss a header that is cut short, which a restriction holds as it holds them. */
const portFragment = (protocol: (typeof PORTED_TRANSPORTS)[number]): TransportShape => PORT_FRAGMENTS[protocol];

/** The fragments that a rule could hold; if it is no permission, what else shows no ports is among them. */
function fragmentOf(
  protocol: (typeof PORTED_TRANSPORTS)[number],
  { permits }: FragmentRule,
  { fragmentField }: Target,
): TransportShape {
  const one = portFragment(protocol);
  return permits && fragmentField ? { ...one, fixed: [exact("ip_proto", protocol), FRAGMENT] } : one;
}

/** The rules of 100,000 statements share them. */
const PORT_FRAGMENTS = Object.fromEntries(
  PORTED_TRANSPORTS.map((protocol) => [
    protocol,
    {
      name: `${PORT_NAMES[protocol]}fragment`,
      fixed: portless(protocol),
      conditions: [],
      fragment: true,
      ...(protocol === SCTP && { tracked: "none" }),
    },
  ]),
) as unknown as Readonly<Record<(typeof PORTED_TRANSPORTS)[number], TransportShape>>;

function icmpFragment(family: Family): TransportShape {
  const fixed = [exact("ip_proto", wireProtocol(ICMP, family)), FRAGMENT];
  return { name: "icmpfragment", fixed, conditions: [], fragment: true, tracked: "none" };
}

const laterFragment: TransportShape = {
  name: "later",
  fixed: [exact("ip_proto", LATER)],
  conditions: [],
  fragment: true,
  tracked: "none",
};

/** Open vSwitch's fragment bits: 1 any fragment, 2 a later one. */
export const FRAGMENT: FieldMatch = { field: "ip_frag", value: 1n, mask: 1n };
/** What is not a fragment. */
export const WHOLE: FieldMatch = { field: "ip_frag", value: 0n };

/**
 * The shapes of ICMP. On a target without a field for fragments a fragment looks like an echo reply (type 0, code 0)
 * and is treated as one: dropping it would drop every answer to a ping.
 */
function icmpShapes(
  family: Family,
  type: NumberSet | undefined,
  code: NumberSet | undefined,
  fragments: FragmentRule,
  target: Target,
): readonly TransportShape[] {
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
  const conditions = asked.map(([field, ranges]) => exactCondition(field, ranges));
  if (asked.length === 0 || !target.fragmentField) return [{ name, fixed, conditions }];
  if (fragments.held) return [{ name, fixed, conditions, tracked: "all" }, icmpFragment(family)];
  const guard = asked.every(([, ranges]) => ranges[0] === 0) ? [WHOLE] : [];
  return [{ name, fixed: [...fixed, ...guard], conditions }];
}
