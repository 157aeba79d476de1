/**
 * A cube with users, access points and switches × the directory → cubes that one switch can match, by address, MAC and
 * port (NETWORK, "Addresses, users, hosts"). No other file applies the directory.
 *
 * A known place identifies its sender first. Packets from a bound MAC, or from a port of hosts without known MACs,
 * belong to the user there, with or without an IP address. For all other packets the user is that of the host with the
 * packet's address, or with its MAC if the host has no address. The user is `unknown` for an address without a known
 * user. It is absent for a shared host and for a frame without an address. The destination's user follows from the
 * address alone. So `unknown` and `user != X` are complements of sets of addresses, MACs and ports.
 */
import { MAX_V4, MAX_V6, type Ip } from "../../net/address.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { constraint, withConstraint } from "../../flowgroup/cubes.ts";
import { subtractRanges, toRanges } from "../../flowgroup/ranges.ts";
import { setHolds, type IpSet, type NameSet, type NumberSet } from "../../flowgroup/sets.ts";
import type { Directory } from "../../model/model.ts";
import { narrow } from "./endpoints.ts";
import type { Target } from "../pipeline/pipeline.ts";
import type { LoweringRefusal } from "../pipeline/refusal.ts";
import { beyondAddresses, isOn, seatTraits, setOf, type UserTrait } from "./seats.ts";
import { seatKey, UNKNOWN, Whereabouts, type Marks } from "./whereabouts.ts";

/** For which packets, and how exactly, a set of users is described. */
interface Asking {
  readonly side: "source" | "destination";
  /** The switch whose ports may be named. */
  readonly switchName: string | undefined;
  /** Whether frames from other switches count too. These no longer show the port where they entered. */
  readonly everywhere: boolean;
  /** Whether exceptions may be listed. If not, packets that others send in a user's name count as that user's. */
  readonly exact: boolean;
}

/** Finds the user of a packet, and the traits of the packets of users. */
export class UserIndex {
  readonly #where: Whereabouts;

  constructor(directory: Directory) {
    this.#where = new Whereabouts(directory);
  }

  /** Whether ports of switches identify some users. */
  get namesPorts(): boolean {
    return this.#where.isSeated;
  }

  /**
   * The user of a packet with this address (undefined if it has none), MAC and, for a sender, place; undefined if the
   * field is absent.
   */
  userOf(
    ip: Ip | undefined,
    mac: number,
    place?: { readonly switch: string | undefined; readonly port: number },
  ): string | undefined {
    const seats = place === undefined ? [] : [seatKey(place, mac), seatKey(place)];
    for (const key of [...seats, ...(ip === undefined ? [] : [`${ip.family}:${ip.value}`]), `mac:${mac}`]) {
      if (this.#where.users.has(key)) return this.#where.users.get(key);
    }
    return ip === undefined ? undefined : UNKNOWN;
  }

  /** The traits of the packets of these users; none if none of the users is on a host. */
  traits(users: NameSet, { side, switchName, exact, everywhere }: Asking): readonly UserTrait[] {
    const { sole, shared, lax, ports } = this.#where;
    const open = users.absent || setHolds(users, UNKNOWN);
    const held: Marks[] = [];
    const others: Marks[] = [];
    if (open || users.not) {
      for (const [user, marks] of sole) (setHolds(users, user) ? held : others).push(marks);
    } else {
      for (const user of users.names) {
        const marks = sole.get(user);
        if (marks !== undefined) held.push(marks);
      }
    }
    (users.absent ? held : others).push(shared);
    const isSource = side === "source";
    const seats = isSource ? held.flatMap((marks) => marks.seats) : [];
    const macs = held.flatMap((marks) => marks.macs);
    // A packet that comes in at another user's port is that user's, whatever its MAC.
    const away = isSource && exact && macs.length > 0 ? ports : [];
    const foreign = away.flatMap(({ at, user }) =>
      isOn(at, switchName) && (user === undefined || !setHolds(users, user)) ? [at.port] : [],
    );
    const found: UserTrait[] = [
      ...(macs.length > 0
        ? [{ eth: setOf(macs), ...(foreign.length > 0 && { port: setBut(foreign, 2 ** 32 - 1) }) }]
        : []),
      ...seatTraits(seats, switchName, everywhere),
    ];
    const addressesOf = (all: readonly Marks[]): readonly Ip[] => all.flatMap(({ addresses }) => addresses);
    if (open) {
      const ip = setHolds(users, UNKNOWN)
        ? allBut(addressesOf(others), users.absent)
        : addressSet(addressesOf(held), users.absent);
      const apart = isSource && exact ? others.flatMap((marks) => marks.seats) : [];
      const not = [...others.flatMap((marks) => marks.macs), ...apart.flatMap(({ mac }) => mac ?? [])];
      const closed = apart.flatMap(({ at, mac }) => (mac === undefined && isOn(at, switchName) ? [at.port] : []));
      const at = closed.length > 0 ? setBut(closed, 2 ** 32 - 1) : undefined;
      return [
        { ip: ip === "all" ? undefined : ip, eth: not.length > 0 ? setBut(not, 2 ** 48 - 1) : undefined, port: at },
        ...found,
      ];
    }
    const all = addressesOf(held);
    if (all.length === 0) return found;
    if (!isSource || !exact || lax.length === 0) return [{ ip: addressSet(all, false) }, ...found];
    // An address that is bound nowhere may be used by a host with a known place and unknown addresses. There it is not theirs.
    const loose = held.flatMap((marks) => marks.loose);
    const bound = addressSet(
      all.filter((ip) => !loose.includes(ip)),
      false,
    );
    const strangers = lax.filter(({ user }) => user === undefined || !setHolds(users, user));
    const apart = ([4, 6] as const).flatMap((family): UserTrait[] => {
      const ip = addressSet(
        loose.filter((one) => one.family === family),
        false,
      );
      if (ip === undefined) return [];
      const there = strangers.filter(({ lacks }) => lacks.includes(family));
      const not = there.flatMap((one) => one.macs);
      const closed = there.flatMap(({ port }) => (port !== undefined && isOn(port, switchName) ? [port.port] : []));
      return [
        {
          ip,
          ...(not.length > 0 && { eth: setBut(not, 2 ** 48 - 1) }),
          ...(closed.length > 0 && { port: setBut(closed, 2 ** 32 - 1) }),
        },
      ];
    });
    return [...(bound ? [{ ip: bound }] : []), ...apart, ...found];
  }
}

/**
 * A cube as one switch (undefined: the only one) can match it, without users, switches and access points: a union of
 * cubes.
 */
export function seenBy(
  of: Cube,
  userIndex: UserIndex,
  target: Pick<Target, "name" | "conntrack">,
  switchName: string | undefined,
  {
    switches = 1,
    exact = true,
    everywhere = false,
  }: { readonly switches?: number; readonly exact?: boolean; readonly everywhere?: boolean } = {},
): { readonly cubes: readonly Cube[]; readonly refusal?: LoweringRefusal } {
  if (constraint(of, "dstAP") !== undefined) return { cubes: [], refusal: { kind: "dstAP" } };
  if (constraint(of, "direction") !== undefined && (!target.conntrack || switches > 1)) {
    return { cubes: [], refusal: { kind: "direction", target, switches } };
  }
  const here = constraint(of, "switch");
  if (here !== undefined && !setHolds(here, switchName)) return { cubes: [] };
  let rest = withConstraint(of, "switch", undefined);
  const port = constraint(of, "srcAP") as NameSet | undefined;
  if (port !== undefined) {
    const seen = accessPorts(port, switchName);
    if (seen === "none") return { cubes: [] };
    if ("kind" in seen && seen.kind === "port") return { cubes: [], refusal: seen };
    const narrowed = seen === ANY ? rest : narrow(rest, "inPort", seen as NumberSet);
    if (narrowed === undefined) return { cubes: [] };
    rest = withConstraint(narrowed, "srcAP", undefined);
  }
  let cubes: readonly Cube[] = [rest];
  for (const [field, side, ip, eth] of SIDES) {
    const users = constraint(rest, field) as NameSet | undefined;
    if (users === undefined) continue;
    const traits = userIndex.traits(users, { side, switchName, exact, everywhere });
    cubes = cubes.flatMap((one) => {
      const bare = withConstraint(one, field, undefined);
      return traits.flatMap((trait) => {
        const parts = [[ip, trait.ip] as const, [eth, trait.eth] as const, ["inPort", trait.port] as const];
        const whole = parts.reduce<Cube | undefined>(
          (some, [by, set]) => (some === undefined || set === undefined ? some : narrow(some, by, set)),
          bare,
        );
        const left = whole && trait.beyond ? beyondAddresses(whole, trait.beyond) : whole;
        return left === undefined ? [] : [left];
      });
    });
  }
  return { cubes };
}

const SIDES = [
  ["user", "source", "srcHost", "srcEth"],
  ["dstUser", "destination", "dstHost", "dstEth"],
] as const;

const ANY: NumberSet = { kind: "number", absent: true, ranges: [0, 2 ** 32 - 1] };

/** The ports of this switch among access points. A switch without a name has no access points: the field is absent. */
function accessPorts(
  set: NameSet,
  switchName: string | undefined,
): NumberSet | "none" | Extract<LoweringRefusal, { kind: "port" }> {
  if (switchName === undefined) return set.absent ? ANY : "none";
  const ports: number[] = [];
  for (const name of set.names) {
    const colon = name.lastIndexOf(":");
    if (name.slice(0, colon) !== switchName) continue;
    const port = name.slice(colon + 1);
    if (!/^\d+$/.test(port)) return { kind: "port", port, switch: switchName };
    ports.push(Number(port));
  }
  const listed = toRanges(ports.map((p) => [p, p] as const));
  const ranges = set.not ? subtractRanges([0, 2 ** 32 - 1], listed) : listed;
  return ranges.length === 0 ? "none" : { kind: "number", absent: false, ranges };
}

function families(ips: readonly Ip[]): { v4: readonly number[]; v6: readonly bigint[] } {
  const v4 = ips.flatMap((ip) => (ip.family === 4 ? [[ip.value, ip.value] as const] : []));
  const v6 = ips.flatMap((ip) => (ip.family === 6 ? [[ip.value, ip.value] as const] : []));
  return { v4: toRanges(v4), v6: toRanges(v6) };
}

function addressSet(ips: readonly Ip[], absent: boolean): IpSet | undefined {
  return ips.length === 0 && !absent ? undefined : { kind: "ip", absent, ...families(ips) };
}

function allBut(ips: readonly Ip[], absent: boolean): IpSet | "all" {
  if (ips.length === 0 && absent) return "all";
  const { v4, v6 } = families(ips);
  return { kind: "ip", absent, v4: subtractRanges([0, MAX_V4], v4), v6: subtractRanges([0n, MAX_V6], v6) };
}

const setBut = (values: readonly number[], max: number): NumberSet => ({
  kind: "number",
  absent: false,
  ranges: subtractRanges([0, max], setOf(values).ranges),
});
