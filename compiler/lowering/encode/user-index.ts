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
import type { Ip } from "../../net/address.ts";
import type { FieldSet } from "../../flowgroup/cube.ts";
import { nameSet, setHolds, type IpSet, type NameSet } from "../../flowgroup/sets.ts";
import type { Directory } from "../../model/model.ts";
import {
  addressesIn,
  allBut,
  isOn,
  isTold,
  MAX_MAC,
  MAX_PORT,
  mayShow,
  seatTraits,
  setBut,
  setOf,
  type UserTrait,
} from "./seats.ts";
import { addressKey, seatKey, UNKNOWN, Whereabouts, type Marks, type Sharer, type UserSeat } from "./whereabouts.ts";

/** For which packets, and how exactly, a set of users is described. */
export interface Asking {
  readonly side: "source" | "destination";
  /** Whether packets that could be of these users are meant, or only those that can be of no other user. */
  readonly could: boolean;
  /** The switch whose ports may be named. */
  readonly switchName: string | undefined;
  /** Whether frames from other switches count too. These no longer show the port where they entered. */
  readonly everywhere: boolean;
  /** Whether exceptions may be listed. If not, packets that others send in a user's name count as that user's. */
  readonly exact: boolean;
  /**
   * The spoof guard stands before, so what it drops may be left out; undefined: it does not. `shown`: all packets have an
   * address, or the set holds those without. `told`: all are IP, and none asks for an address or for neighbours.
   */
  readonly guarded?: "shown" | "told" | undefined;
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
    if (place !== undefined) {
      const seat = users.get(seatKey(place, mac)) ?? this.#where.atPort(place, ip);
      if (seat !== undefined) return seat;
    }
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
  traits(users: NameSet, { side, could, switchName, exact, everywhere, guarded }: Asking): readonly UserTrait[] {
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
    const isForeign = (owners: readonly string[]): boolean => !isHeld(owners);
    const foreign = away.filter(
      ({ at, users: owners, alone }) => isOn(at, switchName) && (isForeign(owners) || alone.some(isForeign)),
    );
    // A permission holds no packet of whose two users it holds only one.
    const strict = exact && !could;
    const othersAddresses = (): readonly Ip[] =>
      lists
        ? addressesOf(others)
        : addressesOf([...sole.values(), ...shared.values()].filter((marks) => !isHeld(marks.users)));
    const own = strict && macs.length > 0 ? othersAddresses() : [];
    const othersMacs = strict ? byMac.flatMap((marks) => (isHeld(marks.users) ? [] : macsOf(marks))) : [];
    const bare = open ? others.flatMap(macsOf) : [];
    const apart = open && isSource && exact ? others.flatMap((marks) => marks.seats) : [];
    const theirMacs = [...bare, ...apart.flatMap(({ mac }) => mac ?? [])];
    // What is of nobody else: it holds most of what shows the MACs and the places of these users.
    const isMain = guarded !== undefined && !everywhere && setHolds(users, UNKNOWN);
    const isByMac = macs.length > 0 && !(isMain && (strict || others.every(({ addresses }) => addresses.length === 0)));
    const theirs = { macs: new Set(theirMacs), bare, loose: others.flatMap(({ loose }) => loose) };
    const shown = isMain ? seats.filter((seat) => mayShow(seat, theirs)) : seats;
    // Where others' MACs are left out elsewhere, a port without a known MAC tells whatever the MAC.
    const leavesMacs = isSource && exact && (othersMacs.length > 0 || bare.length > 0);
    const found: UserTrait[] = [
      ...(isByMac
        ? [
            {
              eth: setOf(macs),
              ...(foreign.length > 0 && { port: setBut(portsOf(foreign), MAX_PORT) }),
              ...(own.length > 0 && { ip: allBut(own, true) as IpSet }),
            },
          ]
        : []),
      ...seatTraits(leavesMacs ? shown.map(byPlace) : shown, switchName, everywhere),
      // So does an address that tells at its port.
      ...(leavesMacs ? toldTraits(held, switchName) : []),
    ];
    if (open) {
      const ip = setHolds(users, UNKNOWN)
        ? allBut(addressesOf(others), users.absent)
        : addressesIn(addressesOf(held), users.absent);
      const all = ip === "all" ? undefined : ip;
      const isTelling = isMain && guarded === "told";
      const main = mainTraits(all, bare, apart, switchName, isTelling);
      // What has the address of a held user could be that user's, whatever user has its MAC.
      const beside =
        could && bare.length > 0 ? this.#byAddress(held, othersMacs, isHeld, { side, switchName, exact, lax }) : [];
      return [...main, ...beside, ...found];
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
    const eth = othersMacs.length > 0 ? { eth: setBut(othersMacs, MAX_MAC) } : {};
    const { sharers } = this.#where;
    if (side === "destination" || !exact || (lax.length === 0 && sharers.size === 0))
      return [{ ip: addressesIn(all, false), ...eth }];
    // From the place of another host with such an address it is that host's.
    const theirs = (ip: Ip): readonly Sharer[] =>
      (sharers.get(addressKey(ip)) ?? []).filter(({ users }) => !isHeld(users));
    const common = sharers.size === 0 ? [] : all.filter((ip) => theirs(ip).length > 0);
    const isCommon = new Set(common.map(addressKey));
    // An address that is bound nowhere may be used by a host with a known place and unknown addresses. There it is not theirs.
    const loose = held.flatMap((marks) => marks.loose);
    const bound = addressesIn(
      all.filter((ip) => !loose.includes(ip) && !isCommon.has(addressKey(ip))),
      false,
    );
    const strangers = lax.filter(({ users }) => !isHeld(users));
    const apart = ([4, 6] as const).flatMap((family): UserTrait[] => {
      const ip = addressesIn(
        loose.filter((one) => one.family === family && !isCommon.has(addressKey(one))),
        false,
      );
      if (ip === undefined) return [];
      const there = strangers.filter(({ lacks }) => lacks.includes(family));
      const not = [...othersMacs, ...there.flatMap((one) => one.macs)];
      const closed = there.flatMap(({ port }) => (port !== undefined && isOn(port, switchName) ? [port.port] : []));
      return [
        {
          ip,
          ...(not.length > 0 && { eth: setBut(not, MAX_MAC) }),
          ...(closed.length > 0 && { port: setBut(closed, MAX_PORT) }),
        },
      ];
    });
    const besides = common.map((ip): UserTrait => {
      const there = theirs(ip);
      const not = [...othersMacs, ...there.flatMap(({ mac }) => mac ?? [])];
      const closed = there.flatMap(({ at, mac }) => (mac === undefined && isOn(at, switchName) ? [at.port] : []));
      return {
        ip: addressesIn([ip], false),
        ...(not.length > 0 && { eth: setBut(not, MAX_MAC) }),
        ...(closed.length > 0 && { port: setBut(closed, MAX_PORT) }),
      };
    });
    return [...(bound ? [{ ip: bound, ...eth }] : []), ...apart, ...besides];
  }
}

/** The addresses of users that tell at a port, port by port. */
function toldTraits(held: readonly Marks[], switchName: string | undefined): readonly UserTrait[] {
  const here = held.flatMap(({ tells }) => tells.filter(({ at }) => isOn(at, switchName)));
  return [...Map.groupBy(here, ({ at }) => at.port)].map(([port, some]) => ({
    ip: addressesIn(
      some.map(({ ip }) => ip),
      false,
    ),
    port: setOf([port]),
  }));
}

/** A port without a known MAC holds all that comes from there, and not only what its addresses do not tell. */
const byPlace = (seat: UserSeat): UserSeat => (seat.mac === undefined ? { ...seat, lacks: [4, 6] } : seat);

const portsOf = (some: readonly { readonly at: UserSeat["at"] }[]): readonly number[] => some.map(({ at }) => at.port);

/**
 * The traits of what is of no others: it has none of their addresses, which `ip` leaves out, none of the MACs that show
 * them anywhere (`bare`), and is from no place of theirs. `isTelling`: where the addresses of a family tell all that comes
 * from a place, it needs no mention.
 */
function mainTraits(
  ip: IpSet | undefined,
  bare: readonly number[],
  apart: readonly UserSeat[],
  switchName: string | undefined,
  isTelling: boolean,
): readonly UserTrait[] {
  const besides = (from: IpSet | undefined, seats: readonly UserSeat[]): readonly UserTrait[] => {
    const not = [...bare, ...seats.flatMap(({ mac }) => mac ?? [])];
    const closed = seats.filter(({ at, mac }) => mac === undefined && isOn(at, switchName));
    const main = {
      ip: from,
      eth: not.length > 0 ? setBut(not, MAX_MAC) : undefined,
      port: closed.length > 0 ? setBut(portsOf(closed), MAX_PORT) : undefined,
    };
    return [main, ...closed.flatMap((seat) => identifiedAt(seat, main, not))];
  };
  if (!isTelling || ip === undefined) return besides(ip, apart);
  const [in4, in6] = ([4, 6] as const).map((family) => apart.filter((seat) => !isTold(seat, family)));
  if (in4!.length === in6!.length && in4!.every((seat, i) => seat === in6![i])) return besides(ip, in4!);
  const families = [besides({ ...ip, absent: false, v6: [] }, in4!), besides({ ...ip, absent: false, v4: [] }, in6!)];
  return families.flat();
}

/** The part of a trait at a port of others that belongs to no host without a known MAC there, or shows its address. */
function identifiedAt(
  { at, told = [], beside = [] }: UserSeat,
  { ip, eth }: UserTrait,
  not: readonly number[],
): readonly UserTrait[] {
  const port = setOf([at.port]);
  const held = addressesIn(
    told.filter((one) => ip === undefined || setHolds(ip, one)),
    false,
  );
  const macs = beside.filter((mac) => !not.includes(mac));
  return [...(held ? [{ ip: held, eth, port }] : []), ...(macs.length > 0 ? [{ ip, eth: setOf(macs), port }] : [])];
}
