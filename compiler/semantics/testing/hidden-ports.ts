/**
 * Random policies of nested shares, and what passes under them, by brute force. A packet is the list of the datagrams to
 * which it may belong. Of the compiler only the shape of a packet is used.
 */
import fc from "fast-check";
import {
  all,
  groups,
  hosts,
  ICMP,
  LATER,
  laterOf,
  PLACES,
  POINTS,
  term,
  TRANSPORTS,
  type Datagram,
  type Group,
  type Holds,
  type Kind,
} from "./hidden-groups.ts";
import { parseIp, type Ip } from "../../net/address.ts";
import type { Packet } from "../../trace/packet.ts";

interface Statement {
  readonly kind: Kind;
  readonly holds: (one: Datagram, hour: number) => boolean;
  readonly names?: (host: number, hour: number) => boolean;
  readonly share: number;
  /** Its place in an `ordered` policy. */
  readonly place?: number;
}

export interface HiddenStory {
  readonly text: string;
  /** The hours between which nothing begins or ends. */
  readonly hours: readonly number[];
  readonly verdict: Kind;
  readonly fragments: Kind;
  readonly parents: readonly number[];
  readonly statements: readonly Statement[];
  /** Whether the first share lies truly below the second. */
  readonly isBelow: (below: string, above: string) => boolean;
}

/** The parents of the shares 1, 2, …; 0 is the root. They stand up to three deep, in several branches. */
const TREES = [
  [0, 1, 0],
  [0, 1, 2, 0],
  [0, 1, 2, 0, 4],
  [0, 0, 2, 3, 1],
  [0, 1, 1, 0],
];
const nameOf = (share: number): string => (share === 0 ? "rootShare" : `n${share}`);

/** Statements begin and end at these hours; the last one stands for ever. */
const HOURS = [0, 1, 2];

interface Said {
  readonly kind: Kind;
  readonly from: number;
  /** The hours for which it stands, if it ends at all. */
  readonly lasts: number;
  readonly group: Group;
  readonly share: number;
  readonly isPartial: boolean;
}

/** A rule of an `ordered` policy. */
type Listed = readonly [kind: string, group: Group];
const rule: fc.Arbitrary<Listed> = fc.tuple(
  fc.constantFrom("allow", "deny", "pass"),
  fc.oneof({ arbitrary: term, weight: 5 }, { arbitrary: fc.constantFrom(...LATER), weight: 1 }),
);

/** What is cut by an earlier statement of another branch for a part of its time. */
const cut = fc
  .record({
    kind: fc.constantFrom<Kind>("allow", "deny"),
    wide: fc.oneof(fc.constant(all([])), fc.constantFrom(...PLACES, ...TRANSPORTS)),
    hole: term,
    from: fc.nat(2),
    lasts: fc.constantFrom(1, 2, Infinity),
  })
  .map(({ kind, wide, hole, ...time }): readonly Said[] => [
    { kind: kind === "allow" ? "deny" : "allow", group: hole, share: 1, isPartial: false, ...time },
    { kind, group: wide, share: 3, isPartial: true, from: 0, lasts: Infinity },
  ]);

const drawn = fc.record({
  verdict: fc.constantFrom<Kind>("allow", "deny"),
  fragments: fc.constantFrom<Kind>("deny", "deny", "allow"),
  above: fc.constantFrom(...TREES),
  said: fc.array(
    fc.record({
      kind: fc.constantFrom<Kind>("allow", "deny"),
      group: groups,
      share: fc.nat(5),
      isPartial: fc.boolean(),
      from: fc.constantFrom(0, 0, 0, 1, 2),
      lasts: fc.constantFrom(1, 2, ...Array.from({ length: 4 }, () => Infinity)),
    }),
    { minLength: 2, maxLength: 6 },
  ),
  list: fc.oneof(fc.constant<Listed[]>([]), fc.array<Listed>(rule, { minLength: 2, maxLength: 4 })),
  listShare: fc.nat(5),
  timed: fc.oneof(fc.constant<readonly Said[]>([]), cut),
});

export const hiddenStories: fc.Arbitrary<HiddenStory> = drawn.map(
  ({ verdict, fragments, above, said: others, list: rules, listShare, timed }): HiddenStory => {
    const said = [...timed, ...others.slice(timed.length)];
    const list = timed.length > 0 ? [] : rules;
    const parents = [-1, ...above];
    const isBelow = (below: number, top: number): boolean => {
      for (let at = parents[below]!; at >= 0; at = parents[at]!) if (at === top) return true;
      return false;
    };
    const home = listShare % parents.length;
    const statements = orderedOf(list, home);
    const lines = parents
      .slice(1)
      .map((parent, i) => `NewShare ${nameOf(i + 1)} for (*) [allow=True, deny=True] on ${nameOf(parent)}.`);
    if (statements.length > 0) {
      const written = list.map(([kind, { text }]) => `${kind} <= ${text === "*" ? "true" : bodyOf(text)}.`).join(" ");
      lines.push(`policy p on share ${nameOf(home)} as root ordered { ${written} }`);
    }
    for (const [i, one] of said.entries()) {
      const share = one.share % parents.length;
      if (statements.length > 0 && share === home) continue;
      const stated = acceptedOf(
        { ...one, share, isPartial: one.isPartial && list.length === 0 },
        { before: statements, isBelow, fragments },
      );
      if (stated === undefined) continue;
      statements.push(stated);
      const mode = one.isPartial && list.length === 0 ? " partial" : "";
      const start = one.from === 0 ? "" : ` from +${one.from}h`;
      const end = one.lasts === Infinity ? "" : ` to +${one.from + one.lasts}h`;
      lines.push(`@q${i} ${one.kind}(${one.group.text})${mode} on ${nameOf(share)}${start}${end}.`);
    }
    const head = `default ${verdict}. ${fragments === "allow" ? "default fragments allow." : ""}`;
    return {
      text: [head, ...lines].join("\n"),
      hours: lines.some((line) => line.includes("+")) ? HOURS : [0],
      verdict,
      fragments,
      parents,
      statements,
      isBelow: (below, top) => isBelow(numberOf(below), numberOf(top)),
    };
  },
);

const numberOf = (name: string): number => (name === "rootShare" ? 0 : Number(name.slice(1)));
const bodyOf = (text: string): string =>
  text
    .replaceAll("transport!=UDP", "transport!=udp")
    .toLowerCase()
    .replaceAll(/(dstport|srcport|srchost|ethtype|icmptype)/g, (field) => FML[field]!);
const FML: Readonly<Record<string, string>> = {
  dstport: "dstPort",
  srcport: "srcPort",
  srchost: "srcHost",
  ethtype: "ethType",
  icmptype: "icmpType",
};

/** What an earlier rule passes is no later rule's. */
function orderedOf(list: readonly Listed[], share: number): Statement[] {
  return list.flatMap(([kind, { holds, names }], place): Statement[] => {
    if (kind === "pass") return [];
    const passed = list.slice(0, place).filter(([one]) => one === "pass");
    const own: Holds = (one) => holds(one) && !passed.some(([, before]) => before.holds(one));
    const named = (host: number): boolean => names?.(host) === true && own(laterOf(host));
    return [{ kind: kind as Kind, share, place, holds: own, names: named }];
  });
}

interface Beside {
  readonly before: readonly Statement[];
  readonly isBelow: (below: number, above: number) => boolean;
  readonly fragments: Kind;
}

/**
 * A request as it is granted beside earlier statements; undefined: not at all (SEMANTICS, "allow / deny"). No later fragment
 * is of an allow and a deny either, where one of them names it: so what could be of a named one is taken, too.
 */
function acceptedOf(
  { kind, group, share, isPartial, from, lasts }: Said,
  { before, isBelow, fragments }: Beside,
): Statement | undefined {
  const blockers = before.filter(
    (one) => one.kind !== kind && !isBelow(share, one.share) && !(kind === "deny" && one.share === share),
  );
  const isNow = (hour: number): boolean => from <= hour && hour < from + lasts;
  const asked: Statement["holds"] = (one, hour) => isNow(hour) && group.holds(one);
  const named = (host: number, hour: number): boolean => isNow(hour) && group.names?.(host) === true;
  // Of two opposite statements one holds what could be of its flows: the kind of `default fragments`.
  const isBlocked: Statement["holds"] = (one, hour) =>
    blockers.some(
      ({ holds, names }) =>
        holds(one, hour) || (kind === fragments && one.family === 6 && names?.(one.host, hour) === true),
    );
  const isTaken = (host: number, hour: number): boolean =>
    blockers.some(
      ({ holds, names }) =>
        holds(laterOf(host), hour) ||
        names?.(host, hour) === true ||
        (kind !== fragments && POINTS.some((one) => one.family === 6 && one.host === host && holds(one, hour))),
    );
  const some = (holds: Statement["holds"], names: (host: number, hour: number) => boolean): boolean =>
    HOURS.some((hour) => POINTS.some((one) => holds(one, hour)) || hosts.some((host) => names(host, hour)));
  const clashes = some(
    (one, hour) => asked(one, hour) && isBlocked(one, hour),
    (host, hour) =>
      (named(host, hour) && isTaken(host, hour)) || (asked(laterOf(host), hour) && isBlocked(laterOf(host), hour)),
  );
  if (!isPartial) return clashes ? undefined : { holds: asked, names: named, kind, share };
  const holds: Statement["holds"] = (one, hour) => asked(one, hour) && !isBlocked(one, hour);
  const names = (host: number, hour: number): boolean => named(host, hour) && !isTaken(host, hour);
  return some(holds, names) ? { holds, names, kind, share } : undefined;
}

const addressOf = (family: 4 | 6, host: number): Ip => {
  const parsed = parseIp(family === 4 ? `10.0.0.${host}` : `2001:db8::${host}`);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
};

const wire = (family: 4 | 6, transport: number): number => (family === 6 && transport === ICMP ? 58 : transport);

function packetOf(
  { family, host, transport, srcPort, dstPort, icmpType }: Datagram,
  cut: "no" | "first" | "later",
): Packet {
  return {
    inPort: 1,
    ethSrc: 2,
    ethDst: 3,
    ethType: family === 4 ? 0x0800 : 0x86dd,
    ip: {
      src: addressOf(family, host),
      dst: addressOf(family, 9),
      protocol: wire(family, transport),
      dscp: 0,
      fragment: cut,
    },
    ...(srcPort !== undefined && cut !== "later" && { ports: { src: srcPort, dst: dstPort! } }),
    ...(icmpType !== undefined && cut !== "later" && { icmp: { type: icmpType, code: 0 } }),
  };
}

/** Whole packets of every kind, those without ports among them, and fragments. */
export const KINDS_OF_PACKETS: readonly Packet[] = POINTS.flatMap((one) => [
  packetOf(one, "no"),
  ...((one.dstPort ?? 50) === 50 && (one.srcPort ?? 7) === 7 && (one.icmpType ?? 8) === 8
    ? [packetOf(one, "first"), packetOf(one, "later")]
    : []),
]);

/** The datagrams to which a packet may belong. What names later fragments names them beside these. */
function datagramsOf({ ip, ports: shown, icmp }: Packet): readonly Datagram[] {
  const family = ip!.src.family;
  return POINTS.filter((one) => {
    if (one.family !== family || BigInt(one.host) !== (BigInt(ip!.src.value) & 0xffn)) return false;
    if (ip!.fragment === "later" && family === 6) return true;
    if (wire(family, one.transport) !== ip!.protocol) return false;
    if (ip!.fragment !== "no") return true;
    if (shown !== undefined && (shown.src !== 0 || shown.dst !== 0))
      return one.srcPort === shown.src && one.dstPort === shown.dst;
    return one.icmpType === icmp?.type;
  });
}

/** What becomes of a packet in an hour. */
export function judged({ verdict, fragments, parents, statements }: HiddenStory, packet: Packet, hour: number): Kind {
  const among = datagramsOf(packet);
  const isWhole = packet.ip!.fragment === "no";
  const isLater = packet.ip!.fragment === "later" && packet.ip!.src.family === 6;
  const host = Number(BigInt(packet.ip!.src.value) & 0xffn);
  const isHeld = ({ kind, holds: holdsAt, names }: Statement): boolean => {
    if (isLater && names?.(host, hour) === true) return true;
    // Who leaves out the number that they show leaves out what is only surely of its flows.
    const isSure = kind !== fragments;
    const datagrams = isLater && isSure ? [...among, laterOf(host)] : among;
    const holds = (one: Datagram): boolean => holdsAt(one, hour);
    if (kind === "allow") return !isWhole && fragments === "allow" ? datagrams.some(holds) : datagrams.every(holds);
    if (fragments === "deny") return datagrams.some(holds);
    // What is whole and shows no ports is then what it says that it is.
    return isWhole
      ? datagrams.filter(({ srcPort, dstPort }) => isRead(packet, srcPort, dstPort)).some(holds)
      : datagrams.every(holds);
  };
  const held = statements.filter(isHeld);
  const own = (share: number): Kind | undefined => {
    const mine = held.filter((one) => one.share === share);
    if (mine.some(({ place }) => place !== undefined)) return mine[0]!.kind;
    return mine.some(({ kind }) => kind === "deny") ? "deny" : mine[0]?.kind;
  };
  const said = (share: number): Kind | undefined => {
    const below = parents.flatMap((parent, child) => (parent === share ? [said(child)] : []));
    if (below.includes("deny")) return "deny";
    return below.includes("allow") ? "allow" : own(share);
  };
  return said(0) ?? verdict;
}

const isRead = ({ ports: shown }: Packet, srcPort: number | undefined, dstPort: number | undefined): boolean =>
  shown === undefined || (shown.src === srcPort && shown.dst === dstPort);
