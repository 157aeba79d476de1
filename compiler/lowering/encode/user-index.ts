/**
 * The directory → the users of a packet, and what the packets of users show: addresses, MACs and ports (NETWORK,
 * "Addresses, users, hosts").
 *
 * A known place identifies its sender first. Packets from a bound MAC, or from a port of hosts without known MACs,
 * belong to the user there, with or without an IP address. All other packets belong to the user of the host with the
 * packet's address, and to that of a host without an address that has the packet's MAC. These may be two users, and so
 * may those of one host. A restriction holds a packet that could be of its users, a permission one that can be of no
 * other. The user is `unknown` for an address without a known user, and absent for a frame without an address. The
 * destination's user follows from the address and such a MAC alone. So `unknown` and `user != X` are complements of
 * sets of addresses, MACs and ports.
 */
import { MAX_V4, MAX_V6, type Ip } from "../../net/address.ts";
import type { FieldSet } from "../../flowgroup/cube.ts";
import { subtractRanges, toRanges } from "../../flowgroup/ranges.ts";
import { nameSet, setHolds, type IpSet, type NameSet, type NumberSet } from "../../flowgroup/sets.ts";
import type { Directory } from "../../model/model.ts";
import { isOn, seatTraits, setOf, type UserTrait } from "./seats.ts";
import { seatKey, UNKNOWN, Whereabouts, type Marks } from "./whereabouts.ts";

/** For which packets, and how exactly, a set of users is described. */
interface Asking {
  readonly side: "source" | "destination";
  /** Whether packets that could be of these users are meant, or only those that can be of no other user. */
  readonly could: boolean;
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

  /** Whether a packet may be of several users at once. */
  get mayBlur(): boolean {
    return this.#where.mayBlur;
  }

  /**
   * The users that a packet with this address (undefined if it has none), MAC and, for a sender, place may be of; none
   * if the field is absent.
   */
  usersOf(
    ip: Ip | undefined,
    mac: number,
    place?: { readonly switch: string | undefined; readonly port: number },
  ): readonly string[] {
    const { users } = this.#where;
    const seats = place === undefined ? [] : [seatKey(place, mac), seatKey(place)];
    const seat = seats.find((key) => users.has(key));
    if (seat !== undefined) return users.get(seat)!;
    const byAddress = ip && users.get(`${ip.family}:${ip.value}`);
    const byMac = users.get(`mac:${mac}`);
    if (byAddress === undefined || byMac === undefined)
      return byAddress ?? byMac ?? (ip === undefined ? [] : [UNKNOWN]);
    return [...new Set([...byAddress, ...byMac])].sort();
  }

  /** The user of such a packet; undefined if it is of none, or may be of several. */
  userOf(ip: Ip | undefined, mac: number, place?: Parameters<UserIndex["usersOf"]>[2]): string | undefined {
    const users = this.usersOf(ip, mac, place);
    return users.length === 1 ? users[0] : undefined;
  }

  /** The traits of the packets of these users; none if none of the users is on a host. */
  traits(users: NameSet, { side, could, switchName, exact, everywhere }: Asking): readonly UserTrait[] {
    const { sole, shared, lax, ports, byMac } = this.#where;
    const open = users.absent || setHolds(users, UNKNOWN);
    /** Whether the set holds what may be of each of these users. */
    const isHeld = (some: readonly string[]): boolean =>
      could ? some.some((one) => setHolds(users, one)) : some.every((one) => setHolds(users, one));
    const held: Marks[] = [];
    const others: Marks[] = [];
    const sort = (marks: Marks): void => void (isHeld(marks.users) ? held : others).push(marks);
    const addressesOf = (all: readonly Marks[]): readonly Ip[] => all.flatMap(({ addresses }) => addresses);
    const isSource = side === "source";
    const lists = open || users.not;
    if (lists) for (const marks of sole.values()) sort(marks);
    else
      for (const user of users.names) {
        const marks = sole.get(user);
        if (marks !== undefined) held.push(marks);
      }
    for (const marks of shared.values()) sort(marks);
    const seats = isSource ? held.flatMap((marks) => marks.seats) : [];
    const macsOf = (marks: Marks): readonly number[] =>
      isSource && exact && marks.bound.length > 0 ? marks.macs.filter((one) => !marks.bound.includes(one)) : marks.macs;
    const macs = held.flatMap(macsOf);
    // A packet that comes in at another user's port is that user's, whatever its MAC.
    const away = isSource && exact && macs.length > 0 ? ports : [];
    const foreign = away.flatMap(({ at, users: owners }) => (isOn(at, switchName) && !isHeld(owners) ? [at.port] : []));
    // A permission holds no packet of whose two users it holds only one.
    const strict = exact && !could;
    const othersAddresses = (): readonly Ip[] =>
      lists
        ? addressesOf(others)
        : addressesOf([...sole.values(), ...shared.values()].filter((marks) => !isHeld(marks.users)));
    const own = strict && macs.length > 0 ? othersAddresses() : [];
    const othersMacs = strict ? byMac.flatMap((marks) => (isHeld(marks.users) ? [] : macsOf(marks))) : [];
    const found: UserTrait[] = [
      ...(macs.length > 0
        ? [
            {
              eth: setOf(macs),
              ...(foreign.length > 0 && { port: setBut(foreign, 2 ** 32 - 1) }),
              ...(own.length > 0 && { ip: allBut(own, true) as IpSet }),
            },
          ]
        : []),
      ...seatTraits(seats, switchName, everywhere),
    ];
    if (open) {
      const ip = setHolds(users, UNKNOWN)
        ? allBut(addressesOf(others), users.absent)
        : addressSet(addressesOf(held), users.absent);
      const apart = isSource && exact ? others.flatMap((marks) => marks.seats) : [];
      const bare = others.flatMap(macsOf);
      const not = [...bare, ...apart.flatMap(({ mac }) => mac ?? [])];
      const closed = apart.flatMap(({ at, mac }) => (mac === undefined && isOn(at, switchName) ? [at.port] : []));
      const at = closed.length > 0 ? setBut(closed, 2 ** 32 - 1) : undefined;
      const main = {
        ip: ip === "all" ? undefined : ip,
        eth: not.length > 0 ? setBut(not, 2 ** 48 - 1) : undefined,
        port: at,
      };
      // What has the address of a held user could be that user's, whatever user has its MAC.
      const beside =
        could && bare.length > 0 ? this.#byAddress(held, othersMacs, isHeld, { side, switchName, exact, lax }) : [];
      return [main, ...beside, ...found];
    }
    return [...this.#byAddress(held, othersMacs, isHeld, { side, switchName, exact, lax }), ...found];
  }

  /** What may show that a packet could be of these users. */
  marks(
    users: NameSet,
    side: Asking["side"],
  ): readonly (Pick<UserTrait, "ip" | "eth"> & { readonly at?: FieldSet | undefined })[] {
    const asking = { side, could: true, switchName: undefined, exact: false, everywhere: false };
    const { sole, shared } = this.#where;
    const all = [...sole.values(), ...shared.values()].filter((marks) =>
      marks.users.some((one) => setHolds(users, one)),
    );
    const seats = side === "source" ? all.flatMap((marks) => marks.seats) : [];
    return [
      ...this.traits(users, asking),
      ...seats.map(({ at, mac }) => ({
        at: nameSet([`${at.switch}:${at.port}`]),
        eth: mac === undefined ? undefined : setOf([mac]),
      })),
    ];
  }

  /** What has an address of held users, and none of some MACs. */
  #byAddress(
    held: readonly Marks[],
    othersMacs: readonly number[],
    isHeld: (users: readonly string[]) => boolean,
    { side, switchName, exact, lax }: Pick<Asking, "side" | "switchName" | "exact"> & Pick<Whereabouts, "lax">,
  ): readonly UserTrait[] {
    const all = held.flatMap(({ addresses }) => addresses);
    if (all.length === 0) return [];
    const eth = othersMacs.length > 0 ? { eth: setBut(othersMacs, 2 ** 48 - 1) } : {};
    if (side === "destination" || !exact || lax.length === 0) return [{ ip: addressSet(all, false), ...eth }];
    // An address that is bound nowhere may be used by a host with a known place and unknown addresses. There it is not theirs.
    const loose = held.flatMap((marks) => marks.loose);
    const bound = addressSet(
      all.filter((ip) => !loose.includes(ip)),
      false,
    );
    const strangers = lax.filter(({ users }) => !isHeld(users));
    const apart = ([4, 6] as const).flatMap((family): UserTrait[] => {
      const ip = addressSet(
        loose.filter((one) => one.family === family),
        false,
      );
      if (ip === undefined) return [];
      const there = strangers.filter(({ lacks }) => lacks.includes(family));
      const not = [...othersMacs, ...there.flatMap((one) => one.macs)];
      const closed = there.flatMap(({ port }) => (port !== undefined && isOn(port, switchName) ? [port.port] : []));
      return [
        {
          ip,
          ...(not.length > 0 && { eth: setBut(not, 2 ** 48 - 1) }),
          ...(closed.length > 0 && { port: setBut(closed, 2 ** 32 - 1) }),
        },
      ];
    });
    return [...(bound ? [{ ip: bound, ...eth }] : []), ...apart];
  }
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
