/**
 * Whether a statement holds a packet that hides some fields of its flow: a fragment, or a packet whose header is cut
 * short (NETWORK, "Fragments"), or one that may be of several users (NETWORK, "Addresses, users, hosts"). A restriction
 * holds it if it holds some flow that the packet could belong to. A permission holds it only if it holds every such flow.
 */
import type { Cube, FieldSet, Flow } from "../flowgroup/cube.ts";
import type { Field } from "../flowgroup/fields.ts";
import { constrainedFields, constraint, cubeHolds, setHolds, withConstraint } from "../flowgroup/index.ts";
import { ICMP, LATER, namesLater, SCTP, TCP, UDP } from "../flowgroup/prerequisites.ts";

type Kind = "allow" | "deny" | "limit" | "reserve" | "waypoint" | "avoid";

/** Whether a cube of a statement of this kind holds a packet that reads as this flow. */
export type Holds = (kind: Kind, cube: Cube, flow: Flow) => boolean;

/** The rule for a packet that hides nothing. */
export const holdsWhole: Holds = (_, cube, flow) => cubeHolds(cube, flow);

/** The users that a packet may be of, on each side where it does not show which. */
export type AmongUsers = Readonly<Partial<Record<"user" | "dstUser", readonly string[]>>>;

/** The rule for a packet that may be of several users and else is held by `holds`. */
export function holdsAmong(among: AmongUsers, holds: Holds): Holds {
  const fields = (["user", "dstUser"] as const).flatMap((field) => {
    const users = among[field];
    return users === undefined ? [] : [{ field, users }];
  });
  if (fields.length === 0) return holds;
  return (kind, cube, flow) => {
    const permits = kind === "allow" || kind === "reserve";
    let rest = cube;
    for (const { field, users } of fields) {
      const set = constraint(cube, field);
      if (set === undefined) continue;
      const isHeld = (user: string): boolean => setHolds(set, user);
      if (permits ? !users.every(isHeld) : !users.some(isHeld)) return false;
      rest = withConstraint(rest, field, undefined);
    }
    return holds(kind, rest, flow);
  };
}

/**
 * The rule for a whole packet without a direction, which else is held by `holds`: a restriction of a direction holds it,
 * a permission does not (NETWORK, "Track").
 */
export function holdsUndirected(holds: Holds): Holds {
  return (kind, cube, flow) => {
    if (constraint(cube, "direction") === undefined) return holds(kind, cube, flow);
    return restricts(kind) && holds(kind, withConstraint(cube, "direction", undefined), flow);
  };
}

/** The rule for a packet that hides these fields. `verdict` is the policy's `default fragments`. */
export function holdsHiding(hidden: readonly Field[], verdict: "allow" | "deny"): Holds {
  if (hidden.length === 0) return holdsWhole;
  return (kind, cube, flow) => {
    const isWhole = flow.srcPort !== undefined;
    // `default fragments allow` speaks of fragments: another packet without ports reads as ports that are both 0.
    if (isWhole && restricts(kind) && verdict === "allow") return cubeHolds(cube, flow);
    const some = restricts(kind) ? verdict === "deny" : kind === "allow" && verdict === "allow" && !isWhole;
    const shown = constrainedFields(cube).filter((field) => !hidden.includes(field));
    if (!shown.every((field) => setHolds(constraint(cube, field)!, flow[field]))) return false;
    const isHeld = (transport: number): boolean =>
      hidden.every((field) => holdsOf(cube, field, { kind, transport, some }));
    if (!hidden.includes("transport")) return isHeld(flow["transport"] as number);
    if (some) return TRANSPORTS.some(isHeld);
    return TRANSPORTS.every(isHeld) || (kind !== "limit" && namesLater(cube) && isHeld(LATER));
  };
}

interface Hidden {
  readonly kind: Kind;
  readonly transport: number;
  readonly some: boolean;
}

/**
 * Whether a cube holds some value (`some`), or else every value, that datagrams of a transport have in a hidden field.
 */
function holdsOf(cube: Cube, field: Field, { kind, transport, some }: Hidden): boolean {
  const set = constraint(cube, field);
  if (set === undefined) return true;
  if (field === "transport") return setHolds(set, transport);
  if (field === "direction") return some ? rangesOf(set).length > 0 : restricts(kind) && isEither(set);
  const carriers = field.startsWith("icmp") ? [ICMP] : [TCP, UDP, SCTP];
  if (!carriers.includes(transport)) return set.absent;
  const [low, high] = rangesOf(set);
  return some ? low !== undefined : low === 0 && high === (field.startsWith("icmp") ? 255 : 65_535);
}

/** Beside both directions there are packets without any, which only restrictions hold (NETWORK, "Track"). */
const isEither = (set: FieldSet): boolean => setHolds(set, 0) && setHolds(set, 1);
const restricts = (kind: Kind): boolean => kind !== "allow" && kind !== "reserve";

const TRANSPORTS = Array.from({ length: 256 }, (_, transport) => transport);
const rangesOf = (set: FieldSet | undefined): readonly number[] => (set?.kind === "number" ? set.ranges : []);
