/**
 * What identifies each user: addresses, MACs, and bound places. The spoof guard keeps all other hosts from sending with
 * them (NETWORK, "Addresses, users, hosts").
 */
import type { Directory, Host } from "../../model/model.ts";
import type { Ip } from "../../net/address.ts";

/** The user of an address without a known user. */
export const UNKNOWN = "unknown";

/** A place that identifies a user: the port of a host and, if it is known, the host's MAC. */
export interface UserSeat {
  readonly at: { readonly switch: string; readonly port: number };
  readonly mac?: number;
  /** The families without a known address there. The spoof guard passes every address of these. */
  readonly lacks: readonly (4 | 6)[];
  /** Of a port where several users have hosts without known MACs: their addresses. These identify the sender. */
  readonly told?: readonly Ip[] | undefined;
  /** Of a port without `mac`: the MACs bound there. These identify the sender. */
  readonly beside?: readonly number[] | undefined;
  /** Whether a host there has an address or a MAC that another host has, too. So only the place says whose a packet is. */
  readonly isShared?: true;
  /** The one address that identifies the sender there, where others elsewhere have it, too. */
  readonly only?: Ip | undefined;
}
type Place = UserSeat["at"];

/** What identifies the packets of a user, or of several who share it. */
export interface Marks {
  /** One user, or in alphabetical order those who share these marks. */
  readonly users: readonly string[];
  readonly addresses: readonly Ip[];
  /** The addresses without a known port. */
  readonly loose: readonly Ip[];
  /** MACs of hosts without an address. */
  readonly macs: readonly number[];
  /** Those of them that are bound to the place of another host. What comes from there is that host's. */
  readonly bound: readonly number[];
  readonly seats: readonly UserSeat[];
  /** Addresses that no other host has, and that tell whose a packet is at a port of several users, whatever its MAC. */
  readonly tells: readonly { readonly at: Place; readonly ip: Ip }[];
}

/** A host with a known place that lacks an address of some family, so that the spoof guard passes any address there. */
interface Lax {
  readonly users: readonly string[];
  readonly lacks: readonly (4 | 6)[];
  readonly macs: readonly number[];
  readonly port?: Place;
}

/** A place from which an address is sent that another host has, too. What comes from there is of these users. */
export interface Sharer {
  readonly users: readonly string[];
  readonly at: Place;
  /** Absent: a host there without a known MAC sends it. */
  readonly mac: number | undefined;
}

type Writable = { -readonly [K in Exclude<keyof Marks, "users">]: Marks[K][number][] } & Pick<Marks, "users">;

/** The users whom an identifier may mean, and how it joins their marks. */
interface Seen {
  users: ReadonlySet<string>;
  /** The same users in a set of its own, if several hosts have this identifier. */
  own?: Set<string>;
  readonly note: (marks: Writable) => void;
}

const NOBODY: ReadonlySet<string> = new Set();
const SOMEBODY: ReadonlySet<string> = new Set([UNKNOWN]);

/** What identifies each user, and which users each identifier may mean. */
export class Whereabouts {
  /** User → what identifies that user alone. The entry of `unknown` has the places of hosts without users. */
  readonly sole = new Map<string, Writable>();
  /** Users → the identifiers that these two or more share. */
  readonly shared = new Map<string, Writable>();
  /** Key of an identifier (`seatKey`, `mac:…`, an address) → its users. */
  readonly users = new Map<string, readonly string[]>();
  readonly lax: Lax[] = [];
  /** Key of an address that several hosts have → the places from which these send. */
  readonly sharers = new Map<string, Sharer[]>();
  /** The ports with hosts without a known MAC, with the users of these; `alone`: with the users of single addresses there. */
  readonly ports: readonly {
    readonly at: Place;
    readonly users: readonly string[];
    readonly alone: readonly (readonly string[])[];
  }[];
  /** Key of a port → the keys of the addresses that identify the sender there. */
  readonly #told = new Map<string, ReadonlySet<string>>();
  /** The identifiers with MACs of hosts without an address. */
  readonly byMac: readonly Marks[];
  /** Whether a packet may be of several users at once. */
  readonly mayBlur: boolean;
  /** Whether some host's port is known. */
  readonly isSeated: boolean;

  constructor({ userHosts, hosts }: Directory) {
    const usersOn = new Map<string, Set<string>>();
    for (const { user, host } of userHosts) usersOn.set(host, (usersOn.get(host) ?? new Set()).add(user));
    const found = new Map<string, Seen>();
    const see = (key: string, users: ReadonlySet<string>, note: Seen["note"]): void => {
      const known = found.get(key);
      if (known === undefined) found.set(key, { users, note });
      else if (known.users !== users) {
        known.own ??= new Set(known.users);
        for (const user of users) known.own.add(user);
        known.users = known.own;
      }
    };
    const placed = new Set([...hosts.values()].flatMap((host) => (host.at ? host.addresses.map(addressKey) : [])));
    const binders = new Map<number, Host[]>();
    for (const host of hosts.values())
      for (const mac of host.at ? host.macs : []) binders.set(mac, [...(binders.get(mac) ?? []), host]);
    const several = sharedAddresses(hosts.values());
    const shared = sharedPlaces(hosts.values(), several);
    const named = [...hosts.values()].filter(({ name }) => usersOn.has(name));
    const ofUsers = new Set(named.flatMap(({ addresses }) => addresses.map(addressKey)));
    const bare = [...hosts.values()].filter(({ addresses }) => addresses.length === 0);
    const bareMacs = Map.groupBy(
      bare.flatMap(({ macs }) => macs),
      (mac) => mac,
    );
    for (const host of hosts.values()) {
      const users = usersOn.get(host.name);
      for (const ip of host.addresses) {
        // Nobody's address is `unknown` without a mark. One that a user's host has, too, may be of either.
        const theirs = users ?? (ofUsers.has(addressKey(ip)) ? SOMEBODY : NOBODY);
        see(addressKey(ip), theirs, ({ addresses, loose }) => {
          addresses.push(ip);
          if (!placed.has(addressKey(ip))) loose.push(ip);
        });
      }
      if (host.addresses.length === 0)
        for (const mac of host.macs) {
          see(`mac:${mac}`, usersOn.get(host.name) ?? SOMEBODY, ({ macs, bound }) => {
            macs.push(mac);
            // The note of the first host speaks for all that have this MAC.
            const isBound = bareMacs.get(mac)!.length > 1 ? binders.has(mac) : hasOther(binders.get(mac), host);
            if (isBound) bound.push(mac);
          });
        }
      if (host.at === undefined) continue;
      const owners = usersOn.get(host.name) ?? SOMEBODY;
      const seat = { at: host.at, lacks: lackedBy([host]), ...(shared.has(seatKey(host.at)) && IS_SHARED) };
      for (const mac of host.macs) see(seatKey(host.at, mac), owners, ({ seats }) => void seats.push({ ...seat, mac }));
    }
    const portOf = portOwners(hosts.values(), (name) => usersOn.get(name));
    for (const [key, { users, bare, ...owned }] of portOf) {
      const seat = { ...owned, ...(shared.has(key) && IS_SHARED) };
      see(key, users, ({ seats }) => void seats.push(seat));
      this.#told.set(key, new Set(seat.told.map(addressKey)));
      const common = Map.groupBy(
        seat.told.length === 0 ? [] : bare.flatMap((host) => host.addresses.map((ip) => ({ host, ip }))),
        ({ ip }) => addressKey(ip),
      );
      // What shows one of these there is of its host alone, wherever the others are left out.
      const alone = seat.told.filter((ip) => !several.has(addressKey(ip)));
      for (const [address, some] of common) {
        const theirs = new Set(some.flatMap(({ host }) => [...(usersOn.get(host.name) ?? SOMEBODY)]));
        const [{ ip }] = some as [(typeof some)[number]];
        const only = { ...seat, lacks: [], told: alone, only: ip };
        see(`${key} ${address}`, theirs, ({ seats, tells }) => {
          if (several.has(address)) seats.push(only);
          else tells.push({ at: seat.at, ip });
        });
      }
    }
    // All addresses of a host have the same set of users, which may be long.
    const marksOf = new Map<ReadonlySet<string>, Writable>();
    for (const [key, { users, note }] of found) {
      if (users.size === 0) continue;
      let marks = marksOf.get(users);
      if (marks === undefined) marksOf.set(users, (marks = this.#marksOf([...users].sort())));
      this.users.set(key, marks.users);
      note(marks);
    }
    this.ports = [...portOf].map(([key, { at, told }]) => {
      const alone = new Set(told.map((ip) => this.users.get(`${key} ${addressKey(ip)}`)!));
      return { at, users: this.users.get(key)!, alone: [...alone] };
    });
    const marks = [...this.sole.values(), ...this.shared.values()];
    this.byMac = marks.filter(({ macs }) => macs.length > 0);
    this.mayBlur =
      this.shared.size > 0 ||
      this.byMac.some((one) => marks.some((other) => other !== one && other.addresses.length > 0));
    this.isSeated = [...hosts.values()].some(({ at }) => at !== undefined);
    for (const host of hosts.values()) {
      this.#noteLax(host, portOf);
      this.#noteSharers(host, usersOn.get(host.name)?.size ?? 1, several);
    }
  }

  /** The users at a port to which a packet from there belongs; undefined: no host without a known MAC stands there. */
  atPort(
    place: { readonly switch: string | undefined; readonly port: number },
    ip: Ip | undefined,
  ): readonly string[] | undefined {
    const key = seatKey(place);
    if (ip === undefined || this.#told.get(key)?.has(addressKey(ip)) !== true) return this.users.get(key);
    return this.users.get(`${key} ${addressKey(ip)}`);
  }

  #marksOf(users: readonly string[]): Writable {
    const [all, key] = users.length === 1 ? [this.sole, users[0]!] : [this.shared, JSON.stringify(users)];
    let marks = all.get(key);
    if (marks === undefined)
      all.set(key, (marks = { users, addresses: [], loose: [], macs: [], bound: [], seats: [], tells: [] }));
    return marks;
  }

  /** Notes the places from which another user may send with the addresses of a host: one that shares these, or the place. */
  #noteSharers({ at, macs, addresses }: Host, owners: number, several: ReadonlySet<string>): void {
    if (at === undefined) return;
    const note = (ip: Ip, seat: string, mac?: number): void => {
      const address = addressKey(ip);
      const users = this.users.get(seat) ?? [];
      if (!several.has(address) && users.length <= owners) return;
      const known = this.sharers.get(address) ?? [];
      known.push({ users, at, mac });
      this.sharers.set(address, known);
    };
    for (const ip of addresses) {
      for (const mac of macs) note(ip, seatKey(at, mac), mac);
      const port = seatKey(at);
      const told = `${port} ${addressKey(ip)}`;
      if (macs.length > 0) continue;
      if (this.users.has(told)) note(ip, told);
      // Where it is this host's alone, it tells from the others at the port.
      else if (this.#told.get(port)?.has(addressKey(ip)) !== true) note(ip, port);
    }
  }

  #noteLax({ at, macs, addresses }: Host, portOf: ReadonlyMap<string, unknown>): void {
    if (at === undefined) return;
    const lacks = lackedBy([{ addresses }]);
    const port = seatKey(at);
    const key = seatKey(at, macs[0]);
    if (lacks.length === 0 || (macs.length === 0 && !portOf.has(port))) return;
    this.lax.push({ users: this.users.get(key) ?? [], lacks, macs, ...(macs.length === 0 && { port: at }) });
  }
}

const hasOther = (some: readonly Host[] | undefined, host: Host): boolean => some?.some((one) => one !== host) ?? false;

export const addressKey = ({ family, value }: Ip): string => `${family}:${value}`;

/** The key of a place. `mac` is absent where the port alone identifies the sender. */
export const seatKey = (at: { readonly switch: string | undefined; readonly port: number }, mac?: number): string =>
  `at:${at.switch ?? ""}:${at.port}${mac === undefined ? "" : `:${mac}`}`;

/** The families of which none of these hosts has an address. */
const lackedBy = (hosts: readonly Pick<Host, "addresses">[]): readonly (4 | 6)[] =>
  ([4, 6] as const).filter((family) => !hosts.some(({ addresses }) => addresses.some((ip) => ip.family === family)));

const IS_SHARED = { isShared: true } as const;

/** The keys of the addresses that several hosts have. */
function sharedAddresses(hosts: Iterable<Host>): ReadonlySet<string> {
  const once = new Set<string>();
  const found = new Set<string>();
  for (const { addresses } of hosts)
    for (const key of new Set(addresses.map(addressKey))) (once.has(key) ? found : once).add(key);
  return found;
}

/** The keys of the ports at which a host has an address or a MAC that another host has, too. */
function sharedPlaces(hosts: Iterable<Host>, several: ReadonlySet<string>): ReadonlySet<string> {
  const owners = new Map<number, Host>();
  const found = new Set<string>();
  for (const host of hosts) {
    if (host.at !== undefined && host.addresses.some((ip) => several.has(addressKey(ip)))) found.add(seatKey(host.at));
    for (const mac of host.macs) {
      const other = owners.get(mac);
      if (other === undefined) owners.set(mac, host);
      else if (other !== host) for (const one of [other, host]) if (one.at !== undefined) found.add(seatKey(one.at));
    }
  }
  return found;
}

interface PortOwner extends UserSeat {
  readonly bare: readonly Host[];
  readonly users: ReadonlySet<string>;
  readonly told: readonly Ip[];
}

/**
 * The ports with hosts without known MACs. What comes in there from no bound MAC belongs to the users of these hosts.
 * Where these are several users, an address of theirs identifies the sender; all else may be of each of them.
 */
function portOwners(
  hosts: Iterable<Host>,
  usersOn: (host: string) => ReadonlySet<string> | undefined,
): ReadonlyMap<string, PortOwner> {
  const placed = [...hosts].filter((host) => host.at !== undefined);
  const found = new Map<string, PortOwner>();
  for (const [key, here] of Map.groupBy(placed, ({ at }) => seatKey(at!))) {
    const bare = here.filter(({ macs }) => macs.length === 0);
    if (bare.length === 0) continue;
    const users = new Set(bare.flatMap(({ name }) => [...(usersOn(name) ?? [UNKNOWN])]));
    const told = bare.length > 1 && users.size > 1 ? bare.flatMap(({ addresses }) => addresses) : [];
    const beside = here.flatMap(({ macs }) => macs);
    found.set(key, { at: bare[0]!.at!, bare, users, lacks: lackedBy(bare), told, beside });
  }
  return found;
}
