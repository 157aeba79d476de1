/**
 * Where users are, and what packets show of their hosts → why a statement holds no flow of a user (NETWORK, "Addresses,
 * users, hosts"): none of her hosts shows anything, all are elsewhere, or a permission leaves out who shares them.
 */
import {
  IPV4,
  IPV6,
  addressSet,
  constraint,
  setDifference,
  setHolds,
  setOverlaps,
  type Cube,
  type FieldSet,
} from "../flowgroup/index.ts";
import type { Directory, Host } from "../model/model.ts";
import { printIp, printMac, type Ip } from "../net/index.ts";

/** The user of every host whose user is not known. */
export const UNNAMED = "unknown";

export type UserField = "user" | "dstUser";

/** A user of whom no flow is held, or none on one host, and why. */
export interface Lost {
  readonly who: string;
  /** Absent: the user is on no host. */
  readonly why?: string;
  /** Because other users are on the same hosts. */
  readonly shared: boolean;
}

/** The fields that tell a side's user, its address and its MAC. */
const SIDES = [
  ["user", "srcHost", "srcEth"],
  ["dstUser", "dstHost", "dstEth"],
] as const;
type SideMarks = readonly ["srcHost", "srcEth"] | readonly ["dstHost", "dstEth"];

/** A field by which a statement holds nothing of a host → what is said of the host. */
const BARRED = {
  srcHost: "with no address of this `srcHost`",
  dstHost: "with no address of this `dstHost`",
  srcEth: "with no MAC of this `srcEth`",
  dstEth: "with no MAC of this `dstEth`",
  srcAP: "at no port of this `srcAP`",
  inPort: "at no port of this `inPort`",
  switch: "at another `switch`",
} as const;

const NOWHERE = { 4: { family: 4, value: 0 }, 6: { family: 6, value: 0n } } as const;

/** All addresses of a family. */
const EVERY = {
  4: addressSet([{ address: NOWHERE[4], length: 0 }])!,
  6: addressSet([{ address: NOWHERE[6], length: 0 }])!,
} as const;

/** What hosts send from that have no address yet, or look for their neighbours. */
const FROM_NOWHERE = addressSet([
  { address: NOWHERE[4], length: 32 },
  { address: NOWHERE[6], length: 128 },
  { address: { family: 6, value: 0xfe80n << 112n }, length: 10 },
])!;

/** A statement that holds what may be of several users only if it names them all. */
interface Permission {
  /** The users that it names. */
  readonly users: Pick<ReadonlySet<string>, "has">;
  /** As a text names it. */
  readonly permits: string;
}

/** The hosts of each user, and the users who share a host. */
export class UserPlaces {
  readonly hosts: Directory["hosts"];
  readonly of = new Map<string, string[]>();
  /** The users on each host. */
  readonly #usersOn = new Map<string, Set<string>>();
  /** What packets show of hosts (`marks`, `seats`) → the hosts of which they may be. */
  readonly #byMark = new Map<string, Host[]>();
  /** Host → the users with whom it is shared; of those that were asked for. */
  readonly #shared = new Map<string, readonly (readonly string[])[]>();
  readonly #known: { user?: FieldSet | "none"; dstUser?: FieldSet | "none" } = {};

  constructor({ userHosts, hosts }: Directory) {
    this.hosts = hosts;
    for (const { user, host } of userHosts) {
      const at = this.of.get(user);
      if (at) at.push(host);
      else this.of.set(user, [host]);
      const users = this.#usersOn.get(host);
      if (users) users.add(user);
      else this.#usersOn.set(host, new Set([user]));
    }
    for (const host of hosts.values()) {
      for (const mark of [...marks(host), ...seats(host)]) {
        const some = this.#byMark.get(mark);
        if (some) some.push(host);
        else this.#byMark.set(mark, [host]);
      }
    }
  }

  /** Why no flow of a user is held, for each place where that is so; once for all where it is so everywhere. */
  lost(user: string, fields: readonly UserField[], permission: Permission | undefined): Lost[] {
    const places = this.of.get(user);
    if (places === undefined) return [{ who: `\`${user}\``, shared: false }];
    const found = places.flatMap((host) => {
      const each = fields.map((field) => this.lostOn(user, host, field, permission));
      return each.includes(undefined) ? [] : each[0]!;
    });
    if (found.length < places.length) return found;
    const why = found.map((one) => one.why).join(" and ");
    return [{ who: `\`${user}\``, why, shared: found.some(({ shared }) => shared) }];
  }

  /**
   * The users of cubes that hold nothing because the addresses beside the users are all of other hosts. Empty where one
   * cube holds something: a group may well reach beyond the addresses that a rule names.
   */
  elsewhere(cubes: readonly Cube[]): Lost[] {
    const found = new Map<string, Lost>();
    for (const one of cubes) {
      if (this.#isMute(one)) {
        for (const user of this.#namesIn(one, "dstUser")) {
          const why = `whom a packet is for shows by its address, and frames of this \`ethType\` show none of theirs`;
          found.set(user, { who: `\`${user}\``, why, shared: false });
        }
        continue;
      }
      const side = SIDES.find(([user, ...marks]) => this.#isElsewhere(one, user, marks));
      if (side === undefined) return [];
      const [field, ...marks] = side;
      for (const user of this.#namesIn(one, field)) {
        const why = this.of
          .get(user)
          ?.map((name) => `\`${user}\` is on \`${name}\`, ${BARRED[this.#barredBy(name, one, marks)!]}`)
          .join(" and ");
        const nobodys = `whatever has an address of this \`${marks[0]}\` is a host of a known user`;
        found.set(user, { who: `\`${user}\``, why: why ?? nobodys, shared: false });
      }
    }
    return [...found.values()];
  }

  /** The users that one field of a cube names, `unknown` too, also by excluding all others; none where it leaves others. */
  #namesIn(one: Cube, field: "user" | "dstUser"): readonly string[] {
    const set = constraint(one, field);
    if (set?.kind !== "name") return [];
    if (!set.not) return set.names;
    return !set.names.includes(UNNAMED) && [...this.of.keys()].every((user) => set.names.includes(user))
      ? [UNNAMED]
      : [];
  }

  /**
   * The addresses that only hosts of known users have: what shows one of them is of no unknown user. A host of nobody
   * whose addresses of a family are not stated may send from any of them, as far as anybody knows.
   */
  #usersAddresses(field: "user" | "dstUser"): FieldSet | undefined {
    const used = new Set([...this.of.values()].flat());
    const [own, others] = [[], []] as [Host[], Host[]];
    for (const host of this.hosts.values()) (used.has(host.name) ? own : others).push(host);
    const taken = new Set(others.flatMap(({ addresses }) => addresses.map(printIp)));
    const isClosed = ([4, 6] as const).map(
      (family) => field === "dstUser" || others.every(({ addresses }) => addresses.some((ip) => ip.family === family)),
    );
    const all = own.flatMap(({ addresses }) => addresses);
    return addressSet(all.filter((ip) => isClosed[ip.family === 4 ? 0 : 1]! && !taken.has(printIp(ip))));
  }

  /** Whether frames of the cube's types show no address of its receivers, who are known by nothing else. */
  #isMute(one: Cube): boolean {
    const types = constraint(one, "ethType");
    const users = this.#namesIn(one, "dstUser");
    if (types === undefined || types.absent || users.includes(UNNAMED)) return false;
    const places = users.flatMap((user) => this.of.get(user) ?? []).map((name) => this.hosts.get(name)!);
    const isShown = ({ family }: Ip): boolean => setHolds(types, family === 4 ? IPV4 : IPV6);
    return places.length > 0 && places.every(({ addresses }) => addresses.length > 0 && !addresses.some(isShown));
  }

  /** Whether the cube names users of one side who are all elsewhere, or have other addresses or MACs than it names of this side. */
  #isElsewhere(one: Cube, field: "user" | "dstUser", marks: SideMarks): boolean {
    const users = this.#namesIn(one, field);
    return (
      users.length > 0 &&
      users.every((user) => {
        if (user === UNNAMED) return this.#isOfUsers(one, field, marks[0]);
        const places = this.of.get(user) ?? [];
        return places.length > 0 && places.every((name) => this.#barredBy(name, one, marks) !== undefined);
      })
    );
  }

  /** Whether all addresses that a cube names of one side are of hosts of known users alone. */
  #isOfUsers(one: Cube, field: "user" | "dstUser", host: SideMarks[0]): boolean {
    const addresses = constraint(one, host);
    if (addresses === undefined || addresses.absent) return false;
    const known = this.#known[field] ?? this.#usersAddresses(field) ?? "none";
    this.#known[field] = known;
    return known !== "none" && setDifference(addresses, known) === undefined;
  }

  /** The field by which a cube holds nothing that a host sends, or that is for it; undefined: there may be something. */
  #barredBy(name: string, one: Cube, [host, eth]: SideMarks): keyof typeof BARRED | undefined {
    const place = this.hosts.get(name)!;
    const { at, addresses, macs } = place;
    const isSource = host === "srcHost";
    const named = constraint(one, host);
    if (named !== undefined && !named.absent && addresses.length > 0) {
      const isTold = !isSource || this.#tells(place, named);
      if (isTold && !addresses.some((ip) => setHolds(named, ip))) return host;
    }
    // What a host sends whose place is known comes from there alone.
    if (isSource && at !== undefined) {
      const shown = { srcAP: `${at.switch}:${at.port}`, inPort: at.port, switch: at.switch } as const;
      for (const field of ["srcAP", "inPort", "switch"] as const) {
        const set = constraint(one, field);
        if (set !== undefined && !setHolds(set, shown[field])) return field;
      }
    }
    const frames = constraint(one, eth);
    const isByMac = macs.length > 0 && (addresses.length === 0 || (isSource && at !== undefined));
    return frames !== undefined && isByMac && !macs.some((mac) => setHolds(frames, mac)) ? eth : undefined;
  }

  /**
   * Whether a sender with one of these addresses is told by it alone. What enters at a host's port is its user's from
   * whatever address, but the spoof guard passes there only the stated ones of a family, and what asks for one.
   */
  #tells({ name, at, macs }: Host, addresses: FieldSet): boolean {
    if (at === undefined) return true;
    const here = [...this.hosts.values()].filter(
      (one) =>
        one.name === name ||
        (macs.length === 0 && one.macs.length === 0 && one.at?.switch === at.switch && one.at.port === at.port),
    );
    const stated = here.flatMap((one) => one.addresses.map(({ family }) => family));
    const reachesBeyond = [
      FROM_NOWHERE,
      ...([4, 6] as const).flatMap((family) => (stated.includes(family) ? [] : EVERY[family])),
    ];
    return !reachesBeyond.some((some) => setOverlaps(addresses, some));
  }

  lostOn(user: string, name: string, field: UserField, permission: Permission | undefined): Lost | undefined {
    const who = `\`${user}\` on \`${name}\``;
    const host = this.hosts.get(name)!;
    const sharing = this.#sharing(host, field === "user" && host.at !== undefined ? "seats" : "marks");
    if (sharing.length === 0) return { who, why: `\`${name}\` has neither an address nor a MAC`, shared: false };
    if (permission === undefined) return undefined;
    const others = sharing.map((users) => users.filter((one) => !permission.users.has(one)));
    if (others.some((some) => some.length === 0)) return undefined;
    const [other, ...rest] = [...new Set(others.flat())].toSorted();
    const more = rest.length === 0 ? "" : ` and ${rest.length} more`;
    const why = `\`${user}\` shares \`${name}\` with \`${other}\`${more}, and ${permission.permits} holds the flows of a shared host only if it names all its users`;
    return { who, why, shared: true };
  }

  /** The users of whom a packet may be that shows one thing or another of a host: each list once. */
  #sharing(host: Host, by: "marks" | "seats"): readonly (readonly string[])[] {
    const key = `${by} ${host.name}`;
    let sharing = this.#shared.get(key);
    if (sharing === undefined) {
      const hosts = (by === "seats" ? seats : marks)(host).map((mark) => this.#byMark.get(mark)!);
      const alike = new Map(hosts.map((some) => [some.map(({ name }) => name).join(" "), some]));
      sharing = [...alike.values()].map((some) =>
        some.flatMap(({ name }) => [...(this.#usersOn.get(name) ?? [UNNAMED])]),
      );
      this.#shared.set(key, sharing);
    }
    return sharing;
  }
}

/** What shows that a packet is of a host, where its place is not known: its addresses, or its MACs if it has none. */
const marks = ({ addresses, macs }: Host): readonly string[] =>
  addresses.length > 0 ? addresses.map(printIp) : macs.map(printMac);

/** What shows it where the place is known: each MAC there, or else the port, and an address that tells between hosts there. */
function seats({ at, macs, addresses }: Host): readonly string[] {
  if (at === undefined) return [];
  const port = `${at.switch}:${at.port}`;
  return macs.length > 0
    ? macs.map((mac) => `${port} ${printMac(mac)}`)
    : [port, ...addresses.map((ip) => `${port} ${printIp(ip)}`)];
}
