/**
 * A cube with users, access points and switches × the directory → cubes that one switch can match, by address, MAC and
 * port (NETWORK, "Addresses, users, hosts"). No other file applies the directory.
 *
 * The user of a packet is the user of the host that has its address, or its MAC if the host has no address. It is
 * `unknown` for an address without a known user. It is absent for a host with two users (a shared host) and for a frame
 * without an address. So `unknown` and `user != X` are complements of address sets.
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

/** The user of an address without a known user. */
export const UNKNOWN = "unknown";

/** Addresses and MACs that recognize packets of a set of users; an absent set does not constrain. */
interface Trait {
  readonly ip?: IpSet | undefined;
  readonly eth?: NumberSet | undefined;
}

/** The addresses that identify a user, and the MACs of hosts that have no address. */
interface Identifiers {
  readonly addresses: readonly Ip[];
  readonly macs: readonly number[];
}

/** Users ↔ the addresses and MACs that identify them. */
export class UserIndex {
  /** User → the identifiers of that user alone. */
  readonly #sole = new Map<string, { addresses: Ip[]; macs: number[] }>();
  /** The identifiers that two or more users share. */
  readonly #shared: { addresses: Ip[]; macs: number[] } = { addresses: [], macs: [] };
  readonly #users = new Map<string, string | undefined>();

  constructor(directory: Directory) {
    const usersOf = new Map<string, Set<string>>();
    for (const { user, host } of directory.userHosts) {
      let users = usersOf.get(host);
      if (users === undefined) usersOf.set(host, (users = new Set()));
      users.add(user);
    }
    const byAddress = new Map<string, { ip: Ip; users: Set<string> }>();
    const byMac = new Map<number, Set<string>>();
    for (const host of directory.hosts.values()) {
      const users = usersOf.get(host.name) ?? [];
      for (const ip of host.addresses) {
        const key = `${ip.family}:${ip.value}`;
        const known = byAddress.get(key) ?? { ip, users: new Set<string>() };
        byAddress.set(key, known);
        for (const user of users) known.users.add(user);
      }
      if (host.addresses.length > 0) continue;
      for (const mac of host.macs) {
        const known = byMac.get(mac) ?? new Set<string>();
        byMac.set(mac, known);
        for (const user of users) known.add(user);
      }
    }
    for (const [key, { ip, users }] of byAddress) this.#mark(key, users)?.addresses.push(ip);
    for (const [mac, users] of byMac) this.#mark(`mac:${mac}`, users)?.macs.push(mac);
  }

  #mark(key: string, users: ReadonlySet<string>): { addresses: Ip[]; macs: number[] } | undefined {
    if (users.size === 0) return undefined;
    const user = users.size === 1 ? [...users][0] : undefined;
    this.#users.set(key, user);
    if (user === undefined) return this.#shared;
    let marks = this.#sole.get(user);
    if (marks === undefined) this.#sole.set(user, (marks = { addresses: [], macs: [] }));
    return marks;
  }

  /** The user of a packet with this address, or without one, and this MAC; `undefined` if the field is absent. */
  userOf(ip: Ip | undefined, mac: number): string | undefined {
    for (const key of ip === undefined ? [`mac:${mac}`] : [`${ip.family}:${ip.value}`, `mac:${mac}`]) {
      if (this.#users.has(key)) return this.#users.get(key);
    }
    return ip === undefined ? undefined : UNKNOWN;
  }

  /** The traits that recognize packets of these users; none if no such user is on any host. */
  traits(users: NameSet): readonly Trait[] {
    const open = users.absent || setHolds(users, UNKNOWN);
    const held: Identifiers[] = [];
    const others: Identifiers[] = [];
    if (open || users.not) {
      for (const [user, marks] of this.#sole) (setHolds(users, user) ? held : others).push(marks);
    } else {
      for (const user of users.names) {
        const marks = this.#sole.get(user);
        if (marks !== undefined) held.push(marks);
      }
    }
    (users.absent ? held : others).push(this.#shared);
    const macs = held.flatMap((marks) => marks.macs);
    const found: Trait[] = macs.length > 0 ? [{ eth: macSet(macs) }] : [];
    const ip = setHolds(users, UNKNOWN)
      ? allBut(
          others.flatMap((marks) => marks.addresses),
          users.absent,
        )
      : addressSet(
          held.flatMap((marks) => marks.addresses),
          users.absent,
        );
    if (ip === undefined) return found;
    const not = open ? others.flatMap((marks) => marks.macs) : [];
    return [{ ip: ip === "all" ? undefined : ip, eth: not.length > 0 ? macSetBut(not) : undefined }, ...found];
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
  switches = 1,
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
  for (const [field, ip, eth] of SIDES) {
    const users = constraint(rest, field) as NameSet | undefined;
    if (users === undefined) continue;
    const traits = userIndex.traits(users);
    cubes = cubes.flatMap((one) => {
      const bare = withConstraint(one, field, undefined);
      return traits.flatMap((trait) => {
        const half = trait.ip === undefined ? bare : narrow(bare, ip, trait.ip);
        const whole = half === undefined || trait.eth === undefined ? half : narrow(half, eth, trait.eth);
        return whole === undefined ? [] : [whole];
      });
    });
  }
  return { cubes };
}

const SIDES = [
  ["user", "srcHost", "srcEth"],
  ["dstUser", "dstHost", "dstEth"],
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

function macSet(macs: readonly number[]): NumberSet {
  return { kind: "number", absent: false, ranges: toRanges(macs.map((mac) => [mac, mac] as const)) };
}

function macSetBut(macs: readonly number[]): NumberSet {
  return { kind: "number", absent: false, ranges: subtractRanges([0, 2 ** 48 - 1], macSet(macs).ranges) };
}
