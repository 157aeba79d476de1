/** Flowgroups in which what hides its ports matters: their texts, and what they hold by brute force. */
import fc from "fast-check";

export interface Datagram {
  readonly family: 4 | 6;
  readonly host: number;
  /** As policies number it: ICMP is 1 over both families. */
  readonly transport: number;
  readonly srcPort?: number;
  readonly dstPort?: number;
  readonly icmpType?: number;
}

export type Holds = (one: Datagram) => boolean;
export type Kind = "allow" | "deny";

/** Whether later IPv6 fragments of a host are named (`transport=44`), whatever they are of. */
type Names = (host: number) => boolean;

export interface Group {
  readonly text: string;
  readonly holds: Holds;
  readonly names?: Names;
}

const PORTS = [0, 50, 80, 90, 443, 500];
const SOURCES = [0, 7, 9];
const PORTED = [6, 17, 132];
export const ICMP = 1;

export const families = [4, 6] as const;
export const hosts = [2, 3];

/** A datagram of each kind that policies tell apart. */
export const POINTS: readonly Datagram[] = families.flatMap((family) =>
  hosts.flatMap((host): Datagram[] => [
    ...PORTED.flatMap((transport) =>
      SOURCES.flatMap((srcPort) => PORTS.map((dstPort) => ({ family, host, transport, srcPort, dstPort }))),
    ),
    ...[0, 8, 200].map((icmpType) => ({ family, host, transport: ICMP, icmpType })),
    { family, host, transport: 253 },
    { family, host, transport: 45 },
    ...(family === 4 ? [{ family, host, transport: 44 } as const] : []),
  ]),
);

/** The number that later IPv6 fragments show. No datagram has it, but statements hold it or leave it out. */
export const laterOf = (host: number): Datagram => ({ family: 6, host, transport: 44 });

const within = (text: string, field: "srcPort" | "dstPort", low: number, high: number): Group => ({
  text: `${field}=${text}`,
  holds: (one) => one[field] !== undefined && one[field] >= low && one[field] <= high,
});
const ofTransport = (text: string, transport: number): Group => ({
  text: `transport=${text}`,
  holds: (one) => one.transport === transport,
});

const NUMBERS: readonly Group[] = [
  within("443", "dstPort", 443, 443),
  within("80", "dstPort", 80, 80),
  within("0", "dstPort", 0, 0),
  within("0-100", "dstPort", 0, 100),
  within("0-79", "dstPort", 0, 79),
  within("80-65535", "dstPort", 80, 65_535),
  within("0-65535", "dstPort", 0, 65_535),
  { text: "dstPort!=443", holds: ({ dstPort }) => dstPort !== undefined && dstPort !== 443 },
  within("7", "srcPort", 7, 7),
  within("0-7", "srcPort", 0, 7),
  { text: "srcPort!=7", holds: ({ srcPort }) => srcPort !== undefined && srcPort !== 7 },
];
export const TRANSPORTS: readonly Group[] = [
  ofTransport("TCP", 6),
  ofTransport("TCP", 6),
  ofTransport("UDP", 17),
  ofTransport("SCTP", 132),
  { text: "transport!=UDP", holds: ({ transport }) => transport !== 17 },
];
export const PLACES: readonly Group[] = [
  { text: "ethType=IPv4", holds: ({ family }) => family === 4 },
  { text: "ethType=IPv6", holds: ({ family }) => family === 6 },
  { text: "srcHost=10.0.0.2", holds: ({ family, host }) => family === 4 && host === 2 },
  { text: "srcHost=2001:db8::2", holds: ({ family, host }) => family === 6 && host === 2 },
];
const TYPES: readonly Group[] = [
  { text: "icmpType=0", holds: ({ icmpType }) => icmpType === 0 },
  { text: "icmpType=8", holds: ({ icmpType }) => icmpType === 8 },
  { text: "icmpType!=8", holds: ({ icmpType }) => icmpType !== undefined && icmpType !== 8 },
];

const maybe = (some: readonly Group[]): fc.Arbitrary<readonly Group[]> =>
  fc.oneof(
    fc.constant([]),
    fc.constantFrom(...some).map((one) => [one]),
  );
export const all = (some: readonly Group[]): Group => ({
  text: some.length === 0 ? "*" : some.map(({ text }) => text).join(", "),
  holds: (one) => some.every(({ holds }) => holds(one)),
});
const fieldOf = ({ text }: Group): string => text.split(/!?=/)[0]!;
const ports = fc.uniqueArray(fc.constantFrom(...NUMBERS), { maxLength: 2, selector: fieldOf });
const terms: fc.Arbitrary<Group> = fc.oneof(
  { arbitrary: fc.tuple(maybe(TRANSPORTS), ports, maybe(PLACES)).map((parts) => all(parts.flat())), weight: 6 },
  {
    arbitrary: fc.tuple(fc.constantFrom(...TYPES), maybe(PLACES)).map(([type, more]) => all([type, ...more])),
    weight: 1,
  },
);
const tcpOverIpv6: Holds = ({ family, transport }) => family === 6 && transport === 6;
/** Later fragments by name alone. */
export const LATER: readonly Group[] = [
  {
    text: "ethType=IPv6, transport=44",
    holds: ({ family, transport }) => family === 6 && transport === 44,
    names: () => true,
  },
  {
    text: "srcHost=2001:db8::2, transport=44",
    holds: ({ family, host, transport }) => family === 6 && host === 2 && transport === 44,
    names: (host) => host === 2,
  },
  { text: "transport=44", holds: ({ transport }) => transport === 44, names: () => true },
];
/** Later fragments by name, or by a number that does not name them, alone or beside datagrams. */
const NAMED: readonly Group[] = [
  ...LATER,
  {
    text: "ethType=IPv6, transport={UDP, 44}",
    holds: ({ family, transport }) => family === 6 && [17, 44].includes(transport),
    names: () => true,
  },
  {
    text: "ethType=IPv6, transport={44, 45}",
    holds: ({ family, transport }) => family === 6 && [44, 45].includes(transport),
    names: () => true,
  },
  {
    text: "ethType=IPv6, transport={40-43, 44, 45-50}",
    holds: ({ family, transport }) => family === 6 && [44, 45].includes(transport),
    names: () => true,
  },
  { text: "transport={TCP, 44, 45}", holds: ({ transport }) => [6, 44, 45].includes(transport), names: () => true },
  {
    text: "(ethType=IPv6, transport={TCP, 44}) or (transport=40-50)",
    holds: (one) => tcpOverIpv6(one) || [44, 45].includes(one.transport),
    names: () => true,
  },
  {
    text: "(transport!=UDP) or (srcHost=2001:db8::2, transport=44)",
    holds: ({ transport }) => transport !== 17,
    names: (host) => host === 2,
  },
  {
    text: "(transport={TCP, 44}) except (transport=TCP)",
    holds: ({ transport }) => transport === 44,
    names: () => true,
  },
  // A range names nothing, and nor does what an exception leaves.
  { text: "transport=6-50", holds: ({ transport }) => [6, 17, 44, 45].includes(transport) },
  { text: "transport=44-50", holds: ({ transport }) => [44, 45].includes(transport) },
  { text: "transport!=44", holds: ({ transport }) => transport !== 44 },
  { text: "ethType=IPv6, transport!=44", holds: ({ family, transport }) => family === 6 && transport !== 44 },
  { text: "transport!={45, 253}", holds: ({ transport }) => ![45, 253].includes(transport) },
  {
    text: "(ethType=IPv6) except (transport={42-43, 45, 253})",
    holds: ({ family, transport }) => family === 6 && ![45, 253].includes(transport),
  },
  { text: "(transport={TCP, 44, 45}) except (transport=44-50)", holds: ({ transport }) => transport === 6 },
];
/** What occurs at all: a group without a flow is refused. */
const possible = ({ holds, names }: Group): boolean => POINTS.some(holds) || hosts.some((host) => names?.(host));
export const term = terms.filter(possible);
const named = fc.constantFrom(...NAMED);
const without = ([a, b]: readonly [Group, Group]): Group => ({
  text: `(${a.text}) except (${b.text})`,
  holds: (one) => a.holds(one) && !b.holds(one),
  names: (host) => a.names?.(host) === true && !b.holds(laterOf(host)),
});
const either = ([a, b]: readonly [Group, Group]): Group => ({
  text: `(${a.text}) or (${b.text})`,
  holds: (one) => a.holds(one) || b.holds(one),
  names: (host) => a.names?.(host) === true || b.names?.(host) === true,
});
export const groups: fc.Arbitrary<Group> = fc.oneof(
  { arbitrary: term, weight: 4 },
  { arbitrary: named, weight: 1 },
  { arbitrary: fc.tuple(term, term).map(without), weight: 1 },
  { arbitrary: fc.tuple(term, term).map(either), weight: 1 },
  {
    arbitrary: fc
      .oneof(
        fc.oneof(fc.tuple(named, term), fc.tuple(term, named), fc.tuple(named, named)).map(without),
        fc.tuple(named, fc.oneof(term, named)).map(either),
      )
      .filter(possible),
    weight: 1,
  },
);
