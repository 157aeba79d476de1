/** Some fields of a packet → where it may come from and go to: the hosts of the directory that fit, the likeliest first. */
import { constraint, setHolds, type Cube, type FieldSet, type Flow, type Value } from "../flowgroup/index.ts";
import type { Directory, Host } from "../model/model.ts";
import type { Ip } from "../net/index.ts";
import type { UserIndex } from "../lowering/encode/user-index.ts";

/** One end of a packet. */
export interface End {
  readonly host?: Host;
  readonly ip?: Ip;
  /** The address that an ARP frame speaks of. */
  readonly asks?: Ip | undefined;
}

const FIELDS = {
  source: { user: "user", address: "srcHost", mac: "srcEth" },
  destination: { user: "dstUser", address: "dstHost", mac: "dstEth" },
} as const;

/** The search tries at most this many of the hosts that fit. */
const TRIED = 8;

const same = (a: Ip, b: Ip): boolean => a.family === b.family && a.value === b.value;

/**
 * The ends that fit a cube; the last is a host that the directory does not know. `plain` is the cube's own witness, `asks`
 * the address that an ARP frame speaks of.
 */
export function endsOf(
  side: keyof typeof FIELDS,
  cube: Cube,
  plain: Flow,
  directory: Directory,
  userIndex: UserIndex,
  asks: Ip | undefined,
): readonly End[] {
  const fields = FIELDS[side];
  const [users, addresses, macs] = [fields.user, fields.address, fields.mac].map((field) => constraint(cube, field));
  const points = side === "source" ? constraint(cube, "srcAP") : undefined;
  const port = side === "source" ? (plain.inPort as number | undefined) : undefined;
  const own = plain[fields.address] as Ip | undefined;
  const unknown: End = { ...(own && { ip: own }), asks };
  const stands = ({ at }: Host): boolean =>
    at !== undefined &&
    (points === undefined || setHolds(points, `${at.switch}:${at.port}`)) &&
    (port === undefined || port === at.port);
  /** Whether the fields say where it stands. */
  const isPlaced = points !== undefined || port !== undefined;
  /** Whether they say which host it is; else nothing is taken from the directory. */
  const isNamed = [users, addresses, macs].some((set) => set !== undefined && !set.absent) || asks !== undefined;
  if (!isNamed && !isPlaced) return [unknown];
  const fitting = (host: Host): readonly End[] => {
    if (!isNamed && !stands(host)) return [];
    if (asks && !host.addresses.some((ip) => same(ip, asks))) return [];
    const mac = host.macs.find((one) => macs === undefined || setHolds(macs, one));
    if (macs !== undefined && !macs.absent && mac === undefined) {
      // A host of which no MAC is known may have any.
      if (host.macs.length > 0 || addresses === undefined) return [];
    }
    const ips = host.addresses.filter((ip) => addresses === undefined || setHolds(addresses, ip));
    if (addresses !== undefined && !addresses.absent && ips.length === 0) return [];
    const ends: End[] = ips.length > 0 ? ips.map((ip) => ({ host, ip, asks })) : [{ host, asks }];
    return ends.filter(({ ip }) => {
      if (users === undefined) return true;
      return userIndex
        .usersOf(ip, mac ?? -1, side === "source" ? host?.at : undefined)
        .some((user) => setHolds(users, user));
    });
  };
  const ends = [...directory.hosts.values()].flatMap(fitting);
  // A packet with a host's address or MAC, though the host does not fit, enters where that host stands.
  const claimed = [...directory.hosts.values()].filter(
    (host) => isAmong(addresses, host.addresses) || isAmong(macs, host.macs),
  );
  const atHome = isPlaced ? ends.filter(({ host }) => stands(host!)) : [];
  return [
    ...atHome.slice(0, TRIED),
    ...ends.slice(0, TRIED),
    ...claimed.slice(0, TRIED).map((host) => ({ ...unknown, host })),
    // What comes in at the port of a known host comes from that host, whatever address it shows.
    ...(isPlaced ? [...directory.hosts.values()].filter(stands).slice(0, TRIED) : []).map((host) => ({
      ...unknown,
      host,
    })),
    unknown,
  ];
}

const isAmong = (set: FieldSet | undefined, values: readonly Value[]): boolean =>
  set !== undefined && !set.absent && values.some((value) => setHolds(set, value));

/** A MAC that no host has: locally administered (IEEE 802, section 8.4). It is `from`, or follows it by steps of two. */
export function freeMac(directory: Directory, from: number): number {
  const taken = new Set([...directory.hosts.values()].flatMap(({ macs }) => macs));
  let mac = 0x02_00_00_00_00_00 + from;
  while (taken.has(mac)) mac += 2;
  return mac;
}

/** A port of a switch at which no host stands and no link ends: there an unknown host may be. */
export function freePort(
  directory: Directory,
  switchName: string | undefined,
  allowed: (port: number) => boolean,
): number {
  const taken = new Set<number>();
  for (const { at } of directory.hosts.values()) if (at !== undefined && at.switch === switchName) taken.add(at.port);
  for (const { from, fromPort, to, toPort } of directory.links) {
    if (from === switchName) taken.add(fromPort);
    if (to === switchName) taken.add(toPort);
  }
  for (const at of directory.disputedPorts ?? []) if (at.switch === switchName) taken.add(at.port);
  for (let port = 1; port <= taken.size + 1; port++) if (!taken.has(port) && allowed(port)) return port;
  return taken.size + 1;
}
