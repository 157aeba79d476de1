/**
 * Which cubes hold a flow (SEMANTICS, "Which flows exist"). An IP flow has a source, a destination, a protocol and
 * a DSCP, every flow has users, and ports come in pairs. The fields of a cube are independent of each other, so cuts and
 * intersections can leave cubes without flows, such as "an IPv4 packet without a destination". Every check that flows
 * are left must use these functions.
 */
import type { Cube, FieldSet } from "./cube.ts";
import { bitOf, constraint, constraintsOf, cubesOverlap, intersectCubes, type Constraints } from "./cubes.ts";
import type { Field } from "./fields.ts";
import { ICMP, ingressAlternatives, IPV4, IPV6, LENGTH, SCTP, TCP, UDP } from "./prerequisites.ts";
import { hasValues, negation, numbers, setHolds, setOverlaps } from "./sets.ts";

const NOT_IP = numbers("ethType", [LENGTH, IPV4 - 1], [IPV4 + 1, IPV6 - 1], [IPV6 + 1, 0xffff]);
const WITH_PORTS = [TCP, UDP, SCTP] as const;
const WITHOUT_PORTS_OR_TYPE = negation("transport", numbers("transport", ICMP, TCP, UDP, SCTP))!;

const HOSTS = ["srcHost", "dstHost"] as const;
const PORTS = ["srcPort", "dstPort"] as const;
const ICMP_FIELDS = ["icmpType", "icmpCode"] as const;
/** Fields that every flow has: users (perhaps the unknown one), the MAC addresses of its frames, an ingress port. */
const ALWAYS = ["user", "dstUser", "srcEth", "dstEth", "inPort"] as const;
/** Whether every flow has a value of this field. */
export const isOnAll = (field: Field): boolean => ALWAYS.some((one) => one === field);
const OF_IP: readonly Field[] = [...HOSTS, "transport", "dscp", "direction", ...PORTS, ...ICMP_FIELDS];

const bitsOf = (fields: readonly Field[]): number => fields.reduce((mask, field) => mask | bitOf(field), 0);
/** A cube that constrains none of these fields surely holds a flow. */
const DEPENDENT = bitsOf([...OF_IP, ...ALWAYS, "ethType", "srcAP"]);
/** A cube that constrains none of these holds frames that are not IP, if it holds values of what each frame has. */
const BESIDE_IP = bitsOf([...OF_IP, "ethType", "srcAP"]);
const TYPE_OR_INGRESS = bitsOf(["ethType", "srcAP"]);

/** Whether a flow of this cube exists. */
export function possible(of: Cube): boolean {
  if ((of.mask & DEPENDENT) === 0) return true;
  if (!ALWAYS.every((field) => mayHave(constraint(of, field)))) return false;
  // Nothing stands against a frame that is not IP.
  if ((of.mask & BESIDE_IP) === 0) return true;
  const sets = constraintsOf(of);
  return (
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
 * Whether an overlap with this cube may lack flows. The overlap of two cubes that have their prerequisites, hold no
 * absent value, and are of IP or without a type, always holds a flow. Most cubes of policies are like this, and this
 * check is cheap.
 */
function isDoubtful({ mask, sets }: Cube): boolean {
  if ((mask & DEPENDENT) === 0) return false;
  if ((mask & TYPE_OR_INGRESS) !== 0) {
    if ((mask & bitOf("srcAP")) !== 0) return true;
    const type = sets[indexIn(mask, "ethType")]!;
    if (type.kind !== "number" || !type.ranges.every((value) => value === IPV4 || value === IPV6)) return true;
  }
  return sets.some((set) => set.absent);
}

/** The place of a field's set among the sets of a cube. */
const indexIn = (mask: number, field: Field): number => {
  let before = 0;
  for (let rest = mask & (bitOf(field) - 1); rest !== 0; rest &= rest - 1) before++;
  return before;
};

/** Whether packets without the field are in the set. */
const mayLack = (set: FieldSet | undefined): boolean => set === undefined || set.absent;

/** Whether packets with the field are in the set. */
const mayHave = (set: FieldSet | undefined): boolean => set === undefined || hasValues(set);

/** Whether frames that are not IP are in the cube; they lack all fields of IP. */
function isWithoutIp(sets: Constraints): boolean {
  return (
    OF_IP.every((field) => mayLack(sets[field])) && (sets.ethType === undefined || setOverlaps(sets.ethType, NOT_IP))
  );
}

/** Whether IP packets of this family are in the cube. */
function isOfFamily(sets: Constraints, family: 4 | 6): boolean {
  const hasAddress = (set: FieldSet | undefined): boolean =>
    set === undefined || (set.kind === "ip" && (family === 4 ? set.v4 : set.v6).length > 0);
  if (sets.ethType !== undefined && !setHolds(sets.ethType, family === 4 ? IPV4 : IPV6)) return false;
  return HOSTS.every((field) => hasAddress(sets[field])) && mayHave(sets.dscp) && hasTransport(sets);
}

/** Whether IP packets fit by protocol and its fields. What shows none of these, as a fragment, is of a flow that has them. */
function hasTransport(sets: Constraints): boolean {
  const { transport } = sets;
  const lacks = (fields: readonly Field[]): boolean => fields.every((field) => mayLack(sets[field]));
  const has = (fields: readonly Field[]): boolean => fields.every((field) => mayHave(sets[field]));
  const may = (value: number): boolean => transport === undefined || setHolds(transport, value);
  if (WITH_PORTS.some(may) && lacks(ICMP_FIELDS) && has(PORTS)) return true;
  if (may(ICMP) && lacks(PORTS) && has(ICMP_FIELDS)) return true;
  const isOther = transport === undefined || setOverlaps(transport, WITHOUT_PORTS_OR_TYPE);
  return isOther && lacks(PORTS) && lacks(ICMP_FIELDS);
}
