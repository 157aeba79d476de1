/**
 * Which flows exist (SEMANTICS, "Which flows exist"): an IP flow has a source, a destination and a protocol, a flow has
 * users, ports come in pairs. Sets of fields say nothing of this, so cuts and intersections can leave cubes that no flow
 * is in, such as "an IPv4 packet without a destination". Every question whose answer is "a flow is left" asks here.
 */
import type { Cube, FieldSet } from "./cube.ts";
import { bitOf, constraintsOf, cubesOverlap, intersectCubes, type Constraints } from "./cubes.ts";
import type { Field } from "./fields.ts";
import { ICMP, ingressAlternatives, IPV4, IPV6, SCTP, TCP, UDP } from "./prerequisites.ts";
import { negation, numbers, setHolds, setOverlaps } from "./sets.ts";

/** The type that a frame shows which carries a length in the place of one: the greatest length that there could be. */
const LENGTH = 0x05ff;
const ofNoIp = numbers("ethType", [LENGTH, IPV4 - 1], [IPV4 + 1, IPV6 - 1], [IPV6 + 1, 0xffff]);
const withPorts = [TCP, UDP, SCTP] as const;
const withNeither = negation("transport", numbers("transport", ICMP, TCP, UDP, SCTP))!;

const HOSTS = ["srcHost", "dstHost"] as const;
const PORTS = ["srcPort", "dstPort"] as const;
const ICMP_FIELDS = ["icmpType", "icmpCode"] as const;
/** What every flow has: users, if only unknown ones, addresses of its frames and a port where it enters. */
const ALWAYS = ["user", "dstUser", "srcEth", "dstEth", "inPort"] as const;
const OF_IP: readonly Field[] = [...HOSTS, "transport", "dscp", ...PORTS, ...ICMP_FIELDS];

const bitsOf = (fields: readonly Field[]): number => fields.reduce((mask, field) => mask | bitOf(field), 0);
const JUDGED = bitsOf([...OF_IP, ...ALWAYS, "ethType", "srcAP"]);
const TYPE_OR_INGRESS = bitsOf(["ethType", "srcAP"]);

/** Whether a flow of this cube exists. */
export function possible(of: Cube): boolean {
  if ((of.mask & JUDGED) === 0) return true;
  const sets = constraintsOf(of);
  return (
    ALWAYS.every((field) => mayHave(sets[field])) &&
    !("clash" in ingressAlternatives(sets)) &&
    (isWithoutIp(sets) || ([4, 6] as const).some((family) => isOfFamily(sets, family)))
  );
}

/** Whether two cubes have a flow in common. */
export function shareFlow(a: Cube, b: Cube): boolean {
  if (!cubesOverlap(a, b)) return false;
  return !(isDoubtful(a) || isDoubtful(b)) || possible(intersectCubes(a, b)!);
}

/** The flows that two cubes have in common; undefined: none. */
export function flowsInBoth(a: Cube, b: Cube): Cube | undefined {
  const both = intersectCubes(a, b);
  return both === undefined || !(isDoubtful(a) || isDoubtful(b)) || possible(both) ? both : undefined;
}

/**
 * Cubes with all prerequisites that hold no absent value, of IP or without a type, are possible together where they
 * overlap; that is most of what policies write, and is seen at a glance.
 */
function isDoubtful({ mask, sets }: Cube): boolean {
  if ((mask & JUDGED) === 0) return false;
  if ((mask & TYPE_OR_INGRESS) !== 0) {
    if ((mask & bitOf("srcAP")) !== 0) return true;
    const type = sets[at(mask, "ethType")]!;
    if (type.kind !== "number" || !type.ranges.every((value) => value === IPV4 || value === IPV6)) return true;
  }
  return sets.some((set) => set.absent);
}

const at = (mask: number, field: Field): number => {
  let before = 0;
  for (let rest = mask & (bitOf(field) - 1); rest !== 0; rest &= rest - 1) before++;
  return before;
};

const mayLack = (set: FieldSet | undefined): boolean => set === undefined || set.absent;

const mayHave = (set: FieldSet | undefined): boolean => {
  switch (set?.kind) {
    case undefined:
      return true;
    case "number":
      return set.ranges.length > 0;
    case "ip":
      return set.v4.length + set.v6.length > 0;
    case "name":
      return set.not || set.names.length > 0;
  }
};

/** A frame of another type than IP has none of the fields of IP. */
function isWithoutIp(sets: Constraints): boolean {
  return (
    OF_IP.every((field) => mayLack(sets[field])) && (sets.ethType === undefined || setOverlaps(sets.ethType, ofNoIp))
  );
}

function isOfFamily(sets: Constraints, family: 4 | 6): boolean {
  const hasAddress = (set: FieldSet | undefined): boolean =>
    set === undefined || (set.kind === "ip" && (family === 4 ? set.v4 : set.v6).length > 0);
  if (sets.ethType !== undefined && !setHolds(sets.ethType, family === 4 ? IPV4 : IPV6)) return false;
  return HOSTS.every((field) => hasAddress(sets[field])) && hasTransport(sets);
}

/** Later fragments are flows of their protocol without ports, and without type and code. */
function hasTransport(sets: Constraints): boolean {
  const { transport } = sets;
  const isPart = (fields: readonly Field[]): boolean => fields.every((field) => mayLack(sets[field]));
  const isWholeOrPart = (fields: readonly Field[]): boolean =>
    fields.every((field) => mayHave(sets[field])) || isPart(fields);
  const may = (value: number): boolean => transport === undefined || setHolds(transport, value);
  if (withPorts.some(may) && isPart(ICMP_FIELDS) && isWholeOrPart(PORTS)) return true;
  if (may(ICMP) && isPart(PORTS) && isWholeOrPart(ICMP_FIELDS)) return true;
  const isOther = transport === undefined || setOverlaps(transport, withNeither);
  return isOther && isPart(PORTS) && isPart(ICMP_FIELDS);
}
