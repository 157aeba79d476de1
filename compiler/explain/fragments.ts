/**
 * Which statements hold a packet that does not show all that its flow has: a fragment, or one whose header is cut short
 * (NETWORK, "Fragments"). A restriction holds it if it holds some datagram that the packet could belong to, a permission
 * only if it holds every one.
 */
import type { Cube, FieldSet, Flow } from "../flowgroup/cube.ts";
import type { Field } from "../flowgroup/fields.ts";
import { constrainedFields, constraint, cubeHolds, setHolds } from "../flowgroup/index.ts";
import { ICMP, SCTP, TCP, UDP } from "../flowgroup/prerequisites.ts";

type Kind = "allow" | "deny" | "limit" | "reserve" | "waypoint" | "avoid";

/** Whether a cube of a statement of some kind holds a packet that is read as this flow. */
export type Holds = (kind: Kind, cube: Cube, flow: Flow) => boolean;

/** Of a packet that shows everything. */
export const holdsWhole: Holds = (_, cube, flow) => cubeHolds(cube, flow);

/** For a packet that hides these fields; `said` is the policy's `default fragments`, which is `deny` unless stated. */
export function holdsHiding(hidden: readonly Field[], said: "allow" | "deny"): Holds {
  if (hidden.length === 0) return holdsWhole;
  return (kind, cube, flow) => {
    const some = kind !== "reserve" && (kind === "allow") === (said === "allow");
    // Ports that are both 0 are none, and still ports that a permission may name.
    if (!some && flow.srcPort !== undefined) return cubeHolds(cube, flow);
    const shown = constrainedFields(cube).filter((field) => !hidden.includes(field));
    if (!shown.every((field) => setHolds(constraint(cube, field)!, flow[field]))) return false;
    const isHeld = (transport: number): boolean => hidden.every((field) => holdsOf(cube, field, transport, some));
    if (!hidden.includes("transport")) return isHeld(flow["transport"] as number);
    if (some) return TRANSPORTS.some(isHeld);
    return TRANSPORTS.every(isHeld) || (kind !== "limit" && namesLater(cube) && isHeld(LATER));
  };
}

/** Whether a cube holds some, or each, value of a hidden field that datagrams of a transport have. */
function holdsOf(cube: Cube, field: Field, transport: number, some: boolean): boolean {
  const set = constraint(cube, field);
  if (set === undefined) return true;
  if (field === "transport") return setHolds(set, transport);
  const carriers = field.startsWith("icmp") ? [ICMP] : [TCP, UDP, SCTP];
  if (!carriers.includes(transport)) return set.absent;
  const [low, high] = rangesOf(set);
  return some ? low !== undefined : low === 0 && high === (field.startsWith("icmp") ? 255 : 65_535);
}

/** What later IPv6 fragments show in place of their transport: a set of this value alone means them. */
const LATER = 44;
function namesLater(cube: Cube): boolean {
  const ranges = rangesOf(constraint(cube, "transport"));
  return ranges.some((low, i) => i % 2 === 0 && low === LATER && ranges[i + 1] === LATER);
}

const TRANSPORTS = Array.from({ length: 256 }, (_, transport) => transport);
const rangesOf = (set: FieldSet | undefined): readonly number[] => (set?.kind === "number" ? set.ranges : []);
