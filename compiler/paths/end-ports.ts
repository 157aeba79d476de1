/**
 * A cube → the ports where its traffic enters and leaves the network, if the cube says so: by access point, by switch
 * and port, by known addresses or MACs, or by users on known hosts.
 */
import type { Cube, Flowgroup } from "../flowgroup/cube.ts";
import { constraint, type FieldSet, type IpSet, type NumberSet } from "../flowgroup/index.ts";
import { setHolds } from "../flowgroup/sets.ts";
import { printIp, type Ip } from "../net/index.ts";
import { byText } from "../net/order.ts";
import { hostsAtPorts, portKey, type Port, type AttachedHost, type Topology } from "./topology.ts";

/** The ports where a cube's traffic enters and leaves, in order, each once; undefined: it could be anywhere. */
export interface EndPorts {
  readonly sources: readonly Port[] | undefined;
  readonly destinations: readonly Port[] | undefined;
}

/** A set with more members than this counts as "anywhere". */
const MOST_MEMBERS = 1024;

/** The ends of each cube of a flowgroup. */
export const endPortsOf = (topology: Topology, flows: Flowgroup): readonly EndPorts[] =>
  flows.cubes.map((cube) => ({
    sources: portsOf(topology, cube, SOURCE),
    destinations: portsOf(topology, cube, DESTINATION),
  }));

/** The fields that say where flows come in. */
export const INGRESS = ["switch", "inPort", "srcAP"] as const;

/** Whether what a cube says of where its flows come in holds a port. */
export function comesInAt(cube: Cube, port: Port): boolean {
  const values = { switch: port.switch, inPort: port.port, srcAP: portKey(port) };
  return INGRESS.every((field) => {
    const set = constraint(cube, field);
    return set === undefined || setHolds(set, values[field]);
  });
}

/** Whether what a cube says of where its flows leave holds a port. */
export function leavesAt(cube: Cube, port: Port): boolean {
  const set = constraint(cube, "dstAP");
  return set === undefined || setHolds(set, portKey(port));
}

/** Whether a cube names the ports where its flows leave. */
export function namesEnds(cube: Cube): boolean {
  const goesTo = constraint(cube, "dstAP");
  return goesTo?.kind === "name" && !goesTo.not;
}

/** Whether hosts at a port may send flows of the users that a cube names. What comes from a known place is its user's. */
export function isOfUsersAt(topology: Topology, cube: Cube, port: Port): boolean {
  const users = constraint(cube, "user");
  const here = users === undefined ? [] : hostsAtPorts(topology, [port]);
  if (users === undefined || here.length === 0) return true;
  const names = new Set(here.map(({ name }) => name));
  const known = topology.userHosts.filter(({ host }) => names.has(host));
  const isNobodys = new Set(known.map(({ host }) => host)).size < names.size;
  return known.some(({ user }) => setHolds(users, user)) || (isNobodys && setHolds(users, UNKNOWN_USER));
}

/**
 * Whether flows of a cube may come in at a port: it holds the port, and facts put its users, and all of its addresses and MACs,
 * not elsewhere alone. What comes from a known place with those of another the spoof guard drops (NETWORK, "Spoof").
 */
export function maySendAt(topology: Topology, cube: Cube, port: Port): boolean {
  if (!comesInAt(cube, port) || !isOfUsersAt(topology, cube, port)) return false;
  const isElsewhere = [addressPorts(topology, cube, SOURCE), macPorts(topology, cube, SOURCE)].some(
    (ports) => ports?.has(portKey(port)) === false,
  );
  return !isElsewhere;
}

/** The same topology with only the hosts that may send flows of the users that a cube names. */
export function withSenders(topology: Topology, cube: Cube): Topology {
  const users = constraint(cube, "user");
  if (users === undefined) return topology;
  const byHost = Map.groupBy(topology.userHosts, ({ host }) => host);
  const isSender = (name: string): boolean =>
    byHost.get(name)?.some(({ user }) => setHolds(users, user)) ?? setHolds(users, UNKNOWN_USER);
  return { ...topology, hosts: new Map([...topology.hosts].filter(([name]) => isSender(name))) };
}

/** Whether a cube holds what is of no known user. Another's packets may look like it: no fact states all addresses. */
export function holdsUnknown(cube: Cube): boolean {
  const users = constraint(cube, "user");
  return users !== undefined && (users.absent || setHolds(users, UNKNOWN_USER));
}

/** The user of a host on which nobody is known. */
const UNKNOWN_USER = "unknown";

/** The switches where flows may enter, in order of the topology; all switches if the sources are unknown. */
export function ingressSwitchesOf(topology: Topology, flows: Flowgroup): readonly string[] {
  const all = [...topology.trunks.keys()];
  const ends = endPortsOf(topology, flows);
  if (ends.some(({ sources }) => sources === undefined)) return all;
  const entered = new Set(ends.flatMap(({ sources }) => sources!.map((port) => port.switch)));
  return all.filter((name) => entered.has(name));
}

/** Whether a cube lists its sources one by one. Facts then decide where its flows enter. */
export function namesSources(cube: Cube): boolean {
  const sets = [SOURCE.ap, SOURCE.host, SOURCE.mac, SOURCE.user, "switch"] as const;
  return sets.some((field) => {
    const set = constraint(cube, field);
    if (set === undefined || set.absent) return false;
    if (set.kind === "ip") return addressesOf(set) !== undefined;
    return (set.kind === "name" ? namesOf(set) : membersOf(set)) !== undefined;
  });
}

const SOURCE = { host: "srcHost", mac: "srcEth", user: "user", ap: "srcAP" } as const;
const DESTINATION = { host: "dstHost", mac: "dstEth", user: "dstUser", ap: "dstAP" } as const;

/**
 * The ports that agree with every field of this end; undefined if no field says a port, or no port agrees with all. What
 * says the place itself counts where it disagrees with whose flows they are: what leaves at `dstAP` with an address of
 * another place is sent to a router there.
 */
function portsOf(topology: Topology, cube: Cube, side: Side): readonly Port[] | undefined {
  const places = [
    portsWhere(constraint(cube, side.ap), (set) => namesOf(set)?.map((name) => accessPoint(topology, name))),
    side === SOURCE ? ingressPorts(topology, cube) : undefined,
  ].filter((ports) => ports !== undefined);
  const portsByField = [
    ...places,
    addressPorts(topology, cube, side),
    macPorts(topology, cube, side),
    portsWhere(constraint(cube, side.user), (set) => namesOf(set)?.map((user) => indexOf(topology).users.get(user))),
  ].filter((ports) => ports !== undefined);
  const common = [portsByField, places].map(shared).find((ports) => ports.size > 0);
  if (common === undefined) return undefined;
  return [...common.values()].toSorted((a, b) => byText(a.switch, b.switch) || a.port - b.port);
}

type Ports = ReadonlyMap<string, Port>;
type Side = typeof SOURCE | typeof DESTINATION;

/** The ports of the hosts with the addresses that a cube names. */
const addressPorts = (topology: Topology, cube: Cube, side: Side): Ports | undefined =>
  portsWhere(constraint(cube, side.host), (set) =>
    addressesOf(set as IpSet)?.map((ip) => indexOf(topology).addresses.get(printIp(ip))),
  );

/** The ports of the hosts with the MACs that it names. */
const macPorts = (topology: Topology, cube: Cube, side: Side): Ports | undefined =>
  portsWhere(constraint(cube, side.mac), (set) =>
    membersOf(set as NumberSet)?.map((mac) => indexOf(topology).macs.get(mac)),
  );

/** The ports that all have. */
const shared = ([first = new Map(), ...others]: readonly Ports[]): Ports =>
  new Map([...first].filter(([key]) => others.every((ports) => ports.has(key))));

/** The ports of all members of a set; undefined unless every member has a known port. */
function portsWhere(
  set: FieldSet | undefined,
  members: (set: FieldSet) => readonly (readonly Port[] | undefined)[] | undefined,
): Ports | undefined {
  if (set === undefined || set.absent) return undefined;
  const found = new Map<string, Port>();
  for (const ports of members(set) ?? [undefined]) {
    if (ports === undefined) return undefined;
    for (const port of ports) found.set(portKey(port), port);
  }
  return found;
}

/** The ports that `switch=s1, inPort=3` names. */
function ingressPorts(topology: Topology, cube: Cube): Ports | undefined {
  const ports = constraint(cube, "inPort");
  if (ports === undefined) return undefined;
  const numbers = membersOf(ports as NumberSet);
  return portsWhere(constraint(cube, "switch"), (set) =>
    namesOf(set)?.map((name) =>
      topology.trunks.has(name) ? numbers?.map((port) => ({ switch: name, port })) : undefined,
    ),
  );
}

/** The port of an access point such as `s1:3`. */
function accessPoint({ trunks }: Topology, name: string): readonly Port[] | undefined {
  const at = name.lastIndexOf(":");
  const [switchName, port] = [name.slice(0, at), Number(name.slice(at + 1))];
  return trunks.has(switchName) && Number.isInteger(port) ? [{ switch: switchName, port }] : undefined;
}

// ---------------------------------------------------------------- finite sets

const namesOf = (set: FieldSet): readonly string[] | undefined =>
  set.kind === "name" && !set.not ? set.names : undefined;

function membersOf(set: NumberSet): readonly number[] | undefined {
  return enumerate(
    set.ranges,
    (a, b) => a - b,
    (a, n) => a + n,
  );
}

function addressesOf(set: IpSet): readonly Ip[] | undefined {
  const v4 = enumerate(
    set.v4,
    (a, b) => a - b,
    (a, n) => a + n,
  );
  const v6 = enumerate(
    set.v6,
    (a, b) => Number(a - b),
    (a, n) => a + BigInt(n),
  );
  return (
    v4 &&
    v6 && [...v4.map((value) => ({ family: 4, value }) as const), ...v6.map((value) => ({ family: 6, value }) as const)]
  );
}

function enumerate<N>(
  ranges: readonly N[],
  span: (high: N, low: N) => number,
  plus: (low: N, n: number) => N,
): N[] | undefined {
  const all: N[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    const [low, high] = [ranges[i]!, ranges[i + 1]!];
    const more = span(high, low) + 1;
    if (all.length + more > MOST_MEMBERS) return undefined;
    for (let n = 0; n < more; n++) all.push(plus(low, n));
  }
  return all;
}

// ---------------------------------------------------------------- where hosts and users are

interface Index {
  readonly addresses: ReadonlyMap<string, readonly Port[]>;
  readonly macs: ReadonlyMap<number, readonly Port[]>;
  readonly users: ReadonlyMap<string, readonly Port[]>;
}

const indexes = new WeakMap<Topology, Index>();

function indexOf(topology: Topology): Index {
  let index = indexes.get(topology);
  if (index === undefined) indexes.set(topology, (index = makeIndex(topology)));
  return index;
}

function makeIndex({ hosts, userHosts }: Topology): Index {
  const addresses = new Map<string, Port[]>();
  const macs = new Map<number, Port[]>();
  for (const { addresses: ips, macs: own, at } of hosts.values()) {
    for (const ip of ips) push(addresses, printIp(ip), at);
    for (const mac of own) push(macs, mac, at);
  }
  return { addresses, macs, users: usersAt(hosts, userHosts) };
}

/**
 * User → the ports of the user's hosts. A host with two users counts for both (NETWORK, "Addresses, users, hosts").
 * A user with a host at no known port could be anywhere, and is absent.
 */
function usersAt(hosts: Topology["hosts"], userHosts: Topology["userHosts"]): ReadonlyMap<string, readonly Port[]> {
  const found = new Map<string, Port[]>();
  const unplaced = new Set<string>();
  for (const [name, entries] of Map.groupBy(userHosts, ({ host }) => host)) {
    const users = new Set(entries.map(({ user }) => user));
    const host: AttachedHost | undefined = hosts.get(name);
    for (const user of users) {
      if (host === undefined) unplaced.add(user);
      else push(found, user, host.at);
    }
  }
  for (const user of unplaced) found.delete(user);
  return found;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
