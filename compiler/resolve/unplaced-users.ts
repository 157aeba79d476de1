/**
 * Users that statements name and of whom they hold no flow (NETWORK, "Addresses, users, hosts"): users on no host, so that
 * a deny of them closes nothing; users beside addresses that none of their hosts has; and of a permission those who share
 * a host with users that it does not name. That may be meant, since people come and go, but it is always reported.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { shortened } from "../diagnostics/text.ts";
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
import { printIp, printMac, type Ip } from "../net/index.ts";
import { RESTRICTS } from "../fml/policy/emptiness.ts";
import type { Span } from "../source.ts";
import type { Directory, Effect, Host, Model } from "../model/model.ts";

/** More users than this are counted, not listed. */
const MOST_NAMES = 3;

/** The user of every host whose user is not known. */
const UNKNOWN = "unknown";

/** Effects for users that do nothing for a user on no host. */
const REPORTED: ReadonlySet<Effect["kind"]> = new Set([...RESTRICTS, "reserve"]);

/** Effects that hold what may be of several users only if they name them all, as a text names them. */
const PERMITS: ReadonlyMap<Effect["kind"], string> = new Map([
  ["allow", "an allow"],
  ["reserve", "a reservation"],
]);

/**
 * One finding for each request and each rule that names such users: a warning where it restricts. An allow loses
 * nothing by users on no host; that a host is shared is noted even there.
 */
export function checkUsers(
  { directory, statements, policies }: Pick<Model, "directory" | "statements" | "policies">,
  reported: readonly Diagnostic[] = [],
): readonly Diagnostic[] {
  const awaited = reported.filter(({ code }) => code === codes.awaitedUser.code);
  /** Whether it is said within the statement that no login names the user: what follows from that is left out. */
  const isAwaited = ({ who }: Lost, { source, start, end }: Span): boolean =>
    awaited.some(
      ({ span, message }) =>
        span?.source === source && start <= span.start && span.end <= end && message.startsWith(who),
    );
  const whereabouts = new Whereabouts(directory);
  const found: Diagnostic[] = [];
  const check = (cubes: readonly Cube[], effect: Effect["kind"], span: Span): void => {
    const users = named(cubes);
    const permits = PERMITS.get(effect);
    const lost = [...users]
      .toSorted()
      .flatMap((user) => whereabouts.lost(user, permits === undefined ? undefined : { users, permits }))
      .filter(({ shared }) => shared || REPORTED.has(effect));
    const all = lost.length > 0 ? lost : whereabouts.elsewhere(cubes);
    const untold = all.filter((one) => one.why !== undefined || !isAwaited(one, span));
    if (untold.length > 0) found.push(report(untold, effect, span));
  };
  for (const { demand, span } of statements) {
    if (demand.kind === "request") check(demand.flows.cubes, demand.action, span);
  }
  for (const { effect, cubes, span } of policies.flatMap(({ rules }) => rules)) {
    check(
      cubes.map(({ cube }) => cube),
      effect.kind,
      span,
    );
  }
  return found;
}

/** The users that cubes name, as senders or receivers. A set that excludes users names none. */
function named(cubes: readonly Cube[]): Set<string> {
  const users = new Set<string>();
  for (const one of cubes) {
    for (const field of ["user", "dstUser"] as const) {
      const set = constraint(one, field);
      if (set?.kind === "name" && !set.not) for (const name of set.names) users.add(name);
    }
  }
  users.delete(UNKNOWN);
  return users;
}

/** A user of whom no flow is held, or none on one host, and why. */
interface Lost {
  readonly who: string;
  /** Absent: the user is on no host. */
  readonly why?: string;
  /** Because other users are on the same hosts. */
  readonly shared: boolean;
}

function report(lost: readonly Lost[], effect: Effect["kind"], span: Span): Diagnostic {
  const absent = lost.filter(({ why }) => why === undefined).map(({ who }) => who);
  const whys = [
    ...lost.flatMap(({ why }) => why ?? []).slice(0, MOST_NAMES),
    ...(absent.length > 0 ? [`${list(absent)} ${absent.length === 1 ? "is" : "are"} on no host in the directory`] : []),
  ];
  const words = { effect, users: list(lost.map(({ who }) => who)) };
  const code = RESTRICTS.has(effect) ? codes.closesNobody : codes.opensNobody;
  return code(words, { span, help: whys.map(shortened).join("; ") });
}

function list(of: readonly string[]): string {
  const more = of.length - MOST_NAMES;
  return more > 0 ? `${of.slice(0, MOST_NAMES).join(", ")} and ${more} more` : of.join(", ");
}

/** The fields that tell a side's user and its address. */
const SIDES = [
  ["user", "srcHost"],
  ["dstUser", "dstHost"],
] as const;

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
  readonly users: ReadonlySet<string>;
  /** As a text names it. */
  readonly permits: string;
}

/** The hosts of each user, and the users who share a host. */
class Whereabouts {
  readonly hosts: Directory["hosts"];
  readonly of = new Map<string, string[]>();
  /** The users on each host. */
  readonly #usersOn = new Map<string, Set<string>>();
  /** Hosts by what packets show of them: their addresses, or their MACs where they have none. */
  readonly #byMark = new Map<string, string[]>();
  /** Host → the users of it and of all hosts that share a mark with it, in order; of those that were asked for. */
  readonly #sharing = new Map<string, readonly string[]>();
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
    for (const name of this.#usersOn.keys()) {
      for (const mark of marks(hosts.get(name)!)) {
        const names = this.#byMark.get(mark);
        if (names) names.push(name);
        else this.#byMark.set(mark, [name]);
      }
    }
  }

  /** Why no flow of a user is held, for each place where that is so; once for all where it is so everywhere. */
  lost(user: string, permission: Permission | undefined): Lost[] {
    const places = this.of.get(user);
    if (places === undefined) return [{ who: `\`${user}\``, shared: false }];
    const found = places.flatMap((host) => this.lostOn(user, host, permission) ?? []);
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
      const side = SIDES.find(([user, host]) => this.#isElsewhere(one, user, host));
      if (side === undefined) return [];
      const [field, host] = side;
      for (const user of this.#namesIn(one, field)) {
        const places = this.of.get(user)?.map((name) => `\`${name}\``);
        const why =
          places === undefined
            ? `whatever has an address of this \`${host}\` is a host of a known user`
            : `\`${user}\` is on ${places.join(" and ")}, with no address of this \`${host}\``;
        found.set(user, { who: `\`${user}\``, why, shared: false });
      }
    }
    return [...found.values()];
  }

  /** The users that one field of a cube names, `unknown` too, also by excluding all others; none where it leaves others. */
  #namesIn(one: Cube, field: "user" | "dstUser"): readonly string[] {
    const set = constraint(one, field);
    if (set?.kind !== "name") return [];
    if (!set.not) return set.names;
    return !set.names.includes(UNKNOWN) && [...this.of.keys()].every((user) => set.names.includes(user))
      ? [UNKNOWN]
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
    if (types === undefined || types.absent || users.includes(UNKNOWN)) return false;
    const places = users.flatMap((user) => this.of.get(user) ?? []).map((name) => this.hosts.get(name)!);
    const isShown = ({ family }: Ip): boolean => setHolds(types, family === 4 ? IPV4 : IPV6);
    return places.length > 0 && places.every(({ addresses }) => addresses.length > 0 && !addresses.some(isShown));
  }

  /** Whether the cube names users of one side who all have other addresses than it names of this side. */
  #isElsewhere(one: Cube, field: "user" | "dstUser", host: "srcHost" | "dstHost"): boolean {
    const addresses = constraint(one, host);
    const users = this.#namesIn(one, field);
    if (users.length === 0 || addresses === undefined || addresses.absent) return false;
    return users.every((user) => {
      if (user === UNKNOWN) {
        const known = this.#known[field] ?? this.#usersAddresses(field) ?? "none";
        this.#known[field] = known;
        return known !== "none" && setDifference(addresses, known) === undefined;
      }
      const places = this.of.get(user)?.map((name) => this.hosts.get(name)!) ?? [];
      const isByAddress = places.every(
        (at) => at.addresses.length > 0 && (field === "dstUser" || this.#tells(at, addresses)),
      );
      return (
        places.length > 0 && isByAddress && !places.some((at) => at.addresses.some((ip) => setHolds(addresses, ip)))
      );
    });
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

  lostOn(user: string, name: string, permission: Permission | undefined): Lost | undefined {
    const who = `\`${user}\` on \`${name}\``;
    const { addresses, macs } = this.hosts.get(name)!;
    if (addresses.length + macs.length === 0)
      return { who, why: `\`${name}\` has neither an address nor a MAC`, shared: false };
    if (permission === undefined) return undefined;
    const sharing = this.#sharingWith(name);
    const other = sharing.find((one) => !permission.users.has(one));
    if (other === undefined) return undefined;
    const more = sharing.length - 1 - sharing.filter((one) => permission.users.has(one)).length;
    const rest = more === 0 ? "" : ` and ${more} more`;
    const why = `\`${user}\` shares \`${name}\` with \`${other}\`${rest}, and ${permission.permits} holds the flows of a shared host only if it names all its users`;
    return { who, why, shared: true };
  }

  #sharingWith(name: string): readonly string[] {
    let sharing = this.#sharing.get(name);
    if (sharing === undefined) {
      const hosts = new Set(marks(this.hosts.get(name)!).flatMap((mark) => this.#byMark.get(mark) ?? []));
      const users = new Set([...hosts].flatMap((host) => [...this.#usersOn.get(host)!]));
      this.#sharing.set(name, (sharing = [...users].toSorted()));
    }
    return sharing;
  }
}

const marks = ({ addresses, macs }: Host): readonly string[] =>
  addresses.length > 0 ? addresses.map(printIp) : macs.map(printMac);
