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
}
type Place = UserSeat["at"];

/** What identifies a user. */
export interface Marks {
  readonly addresses: readonly Ip[];
  /** The addresses without a known port. */
  readonly loose: readonly Ip[];
  /** MACs of hosts without an address. */
  readonly macs: readonly number[];
  readonly seats: readonly UserSeat[];
}

/** A host with a known place that lacks an address of some family, so that the spoof guard passes any address there. */
interface Lax {
  /** Undefined if the host has several users. */
  readonly user: string | undefined;
  readonly lacks: readonly (4 | 6)[];
  readonly macs: readonly number[];
  readonly port?: Place;
}

type Writable = { -readonly [K in keyof Marks]: Marks[K][number][] };
const nothing = (): Writable => ({ addresses: [], loose: [], macs: [], seats: [] });

/** What identifies each user, and which user each identifier means. */
export class Whereabouts {
  /** User → what identifies that user alone. The entry of `unknown` has the places of hosts without users. */
  readonly sole = new Map<string, Writable>();
  /** The identifiers that two or more users share. */
  readonly shared: Writable = nothing();
  /** Key of an identifier (`seatKey`, `mac:…`, an address) → its user; undefined if two or more share it. */
  readonly users = new Map<string, string | undefined>();
  readonly lax: Lax[] = [];
  /** The ports whose hosts have no known MAC, with their user; undefined if they have several. */
  readonly ports: readonly { readonly at: Place; readonly user: string | undefined }[];
  /** Whether some host's port is known. */
  readonly isSeated: boolean;

  constructor({ userHosts, hosts }: Directory) {
    const usersOn = new Map<string, Set<string>>();
    for (const { user, host } of userHosts) usersOn.set(host, (usersOn.get(host) ?? new Set()).add(user));
    const found = new Map<string, { readonly users: Set<string>; readonly note: (marks: Writable) => void }>();
    const see = (key: string, users: Iterable<string>, note: (marks: Writable) => void): void => {
      const known = found.get(key) ?? { users: new Set<string>(), note };
      for (const user of users) known.users.add(user);
      found.set(key, known);
    };
    const placed = new Set([...hosts.values()].flatMap((host) => (host.at ? host.addresses.map(keyOf) : [])));
    for (const host of hosts.values()) {
      const users = usersOn.get(host.name) ?? [];
      for (const ip of host.addresses) {
        see(keyOf(ip), users, ({ addresses, loose }) => {
          addresses.push(ip);
          if (!placed.has(keyOf(ip))) loose.push(ip);
        });
      }
      if (host.addresses.length === 0)
        for (const mac of host.macs) see(`mac:${mac}`, users, ({ macs }) => void macs.push(mac));
      if (host.at === undefined) continue;
      const owners = usersOn.get(host.name) ?? [UNKNOWN];
      const seat = { at: host.at, lacks: lackedBy([host]) };
      for (const mac of host.macs) see(seatKey(host.at, mac), owners, ({ seats }) => void seats.push({ ...seat, mac }));
    }
    const portOf = portOwners(hosts.values(), (name) => usersOn.get(name));
    for (const [key, { at, users, lacks }] of portOf) see(key, users, ({ seats }) => void seats.push({ at, lacks }));
    for (const [key, { users, note }] of found) {
      if (users.size === 0) continue;
      const user = users.size === 1 ? [...users][0] : undefined;
      this.users.set(key, user);
      note(user === undefined ? this.shared : this.#marksOf(user));
    }
    this.ports = [...portOf].map(([key, { at }]) => ({ at, user: this.users.get(key) }));
    this.isSeated = [...hosts.values()].some(({ at }) => at !== undefined);
    for (const host of hosts.values()) this.#noteLax(host, portOf);
  }

  #marksOf(user: string): Writable {
    let marks = this.sole.get(user);
    if (marks === undefined) this.sole.set(user, (marks = nothing()));
    return marks;
  }

  #noteLax({ at, macs, addresses }: Host, portOf: ReadonlyMap<string, unknown>): void {
    if (at === undefined) return;
    const lacks = lackedBy([{ addresses }]);
    const port = seatKey(at);
    const key = seatKey(at, macs[0]);
    if (lacks.length === 0 || (macs.length === 0 && !portOf.has(port))) return;
    this.lax.push({ user: this.users.get(key), lacks, macs, ...(macs.length === 0 && { port: at }) });
  }
}

const keyOf = ({ family, value }: Ip): string => `${family}:${value}`;

/** The key of a place. `mac` is absent where the port alone identifies the sender. */
export const seatKey = (at: { readonly switch: string | undefined; readonly port: number }, mac?: number): string =>
  `at:${at.switch ?? ""}:${at.port}${mac === undefined ? "" : `:${mac}`}`;

/** The families of which none of these hosts has an address. */
const lackedBy = (hosts: readonly Pick<Host, "addresses">[]): readonly (4 | 6)[] =>
  ([4, 6] as const).filter((family) => !hosts.some(({ addresses }) => addresses.some((ip) => ip.family === family)));

type PortOwner = Pick<UserSeat, "at" | "lacks"> & { readonly users: ReadonlySet<string> };

/**
 * The ports without known MACs that belong to one user, or to a single host without a user. Everything that comes in
 * there is that user's. At other ports the address identifies the user.
 */
function portOwners(
  hosts: Iterable<Host>,
  usersOn: (host: string) => ReadonlySet<string> | undefined,
): ReadonlyMap<string, PortOwner> {
  const placed = [...hosts].filter((host) => host.at !== undefined);
  const found = new Map<string, PortOwner>();
  for (const [key, here] of Map.groupBy(placed, ({ at }) => seatKey(at!))) {
    if (here.some(({ macs }) => macs.length > 0)) continue;
    const users = here.map(({ name }) => usersOn(name) ?? new Set([UNKNOWN]));
    const all = new Set(users.flatMap((some) => [...some]));
    if (here.length > 1 && all.size > 1) continue;
    found.set(key, { at: here[0]!.at!, users: all, lacks: lackedBy(here) });
  }
  return found;
}
