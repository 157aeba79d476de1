/** Where a packet may come from and go to: the hosts of the directory that fit what is said of it, the likeliest first. */
import { constraint, setHolds, type Cube, type FieldSet, type Flow, type Value } from "../flowgroup/index.ts";
import type { Directory, Host } from "../model/model.ts";
import type { Ip } from "../net/index.ts";
import type { UserIndex } from "../lowering/encode/directory-sets.ts";

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

/** So many hosts are tried: they all fit what is said of this end. */
const TRIED = 8;

const same = (a: Ip, b: Ip): boolean => a.family === b.family && a.value === b.value;

/** The ends that fit a cube; the last is nobody that the directory knows. `plain` is the cube's own witness. */
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
  const nobody: End = { ...(own && { ip: own }), asks };
  const stands = ({ at }: Host): boolean =>
    at !== undefined &&
    (points === undefined || setHolds(points, `${at.switch}:${at.port}`)) &&
    (port === undefined || port === at.port);
  const isPlaced = points !== undefined || port !== undefined;
  // Of somebody of whom nothing is said, nothing is taken from the directory.
  const isSaid = [users, addresses, macs].some((set) => set !== undefined && !set.absent) || asks !== undefined;
  if (!isSaid && !isPlaced) return [nobody];
  const fitting = (host: Host): readonly End[] => {
    if (!isSaid && !stands(host)) return [];
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
      const user = userIndex.userOf(ip, mac ?? -1);
      return user !== undefined && setHolds(users, user);
    });
  };
  const ends = [...directory.hosts.values()].flatMap(fitting);
  // Who claims another's address or MAC stands where that host does, unless something else is said.
  const claims = [...directory.hosts.values()].filter(
    (host) => isAmong(addresses, host.addresses) || isAmong(macs, host.macs),
  );
  const atHome = isPlaced ? ends.filter(({ host }) => stands(host!)) : [];
  return [
    ...atHome.slice(0, TRIED),
    ...ends.slice(0, TRIED),
    ...claims.slice(0, TRIED).map((host) => ({ ...nobody, host })),
    nobody,
  ];
}

const isAmong = (set: FieldSet | undefined, values: readonly Value[]): boolean =>
  set !== undefined && !set.absent && values.some((value) => setHolds(set, value));

/** A MAC of nobody's: locally administered (IEEE 802, section 8.4). */
export function freeMac(directory: Directory, from: number): number {
  const taken = new Set([...directory.hosts.values()].flatMap(({ macs }) => macs));
  let mac = 0x02_00_00_00_00_00 + from;
  while (taken.has(mac)) mac += 2;
  return mac;
}

/** A port of a switch that is neither a host's nor a link's: whoever nobody knows cannot be at another's place. */
export function freePort(directory: Directory, on: string | undefined, allowed: (port: number) => boolean): number {
  const taken = new Set<number>();
  for (const { at } of directory.hosts.values()) if (at !== undefined && at.switch === on) taken.add(at.port);
  for (const { from, fromPort, to, toPort } of directory.links) {
    if (from === on) taken.add(fromPort);
    if (to === on) taken.add(toPort);
  }
  for (let port = 1; port <= taken.size + 1; port++) if (!taken.has(port) && allowed(port)) return port;
  return taken.size + 1;
}
