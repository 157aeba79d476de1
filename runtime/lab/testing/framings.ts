/**
 * The columns of the matrix: every way in which a frame may carry the values that policies name, or hide them. A
 * framing makes a frame of values, and leaves out those that it cannot carry.
 */
import * as h from "./headers.ts";
import type { Bytes } from "./headers.ts";

/** A value for each field of a header. Addresses are given in both families, and a framing takes its own. */
export interface Values {
  /** The host that sends. */
  readonly from: string;
  readonly srcEth: string;
  readonly dstEth: string;
  readonly vlan: number;
  readonly ethType: number;
  readonly src4: string;
  readonly dst4: string;
  readonly src6: string;
  readonly dst6: string;
  readonly dscp: number;
  readonly transport: number;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly icmpType: number;
  readonly icmpCode: number;
}

/** The values that a frame carries unless its axis changes them. */
export const PLAIN: Values = {
  from: "alice",
  srcEth: "00:00:00:00:00:02",
  dstEth: "00:00:00:00:00:09",
  vlan: 10,
  ethType: 0x88b5,
  src4: "10.0.0.2",
  dst4: "10.0.0.9",
  src6: "2001:db8::2",
  dst6: "2001:db8::9",
  dscp: 0,
  transport: 253,
  srcPort: 7000,
  dstPort: 7,
  icmpType: 8,
  icmpCode: 0,
};

/** One way to make a frame of values. */
export interface Framing {
  readonly name: string;
  readonly frame: (values: Values) => Bytes;
}

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const ARP = 0x0806;

/** A frame with these types, one after the other: tags with their numbers, then the type of the payload. */
const ether = ({ srcEth, dstEth }: Values, types: Bytes, payload: Bytes): Bytes => [
  ...h.macBytes(dstEth),
  ...h.macBytes(srcEth),
  ...types,
  ...payload,
];
const tag = (type: number, id: number): Bytes => [...h.two(type), ...h.two(id)];

const over4 = (v: Values, protocol: number, payload: Bytes, more: Partial<h.Ipv4Head> = {}): Bytes =>
  h.ipv4(
    { src: v.src4, dst: v.dst4, protocol, dscp: v.dscp, ...more },
    more.more || more.offset ? payload : h.summed(payload, protocol, v.src4, v.dst4),
  );
const over6 = (v: Values, next: number, payload: Bytes): Bytes =>
  h.ipv6({ src: v.src6, dst: v.dst6, next, dscp: v.dscp }, h.summed(payload, next, v.src6, v.dst6));
const in4 = (v: Values, protocol: number, payload: Bytes, more?: Partial<h.Ipv4Head>): Bytes =>
  ether(v, h.two(IPV4), over4(v, protocol, payload, more));
const in6 = (v: Values, next: number, payload: Bytes): Bytes => ether(v, h.two(IPV6), over6(v, next, payload));

const udp = (v: Values): Bytes => h.udp(v.srcPort, v.dstPort);
const tcp = (v: Values): Bytes => h.tcp(v.srcPort, v.dstPort);
const sctp = (v: Values): Bytes => h.sctp(v.srcPort, v.dstPort);
const echo4 = (v: Values): Bytes => h.icmp(v.icmpType, v.icmpCode);
/** An ICMPv6 echo. ICMPv6 has its own numbers, in which an echo request is 128. */
const echo6 = (v: Values): Bytes => h.icmp(v.icmpType === 8 ? 128 : v.icmpType, v.icmpCode);

const at = (bytes: Bytes, index: number, ...values: number[]): Bytes =>
  bytes.with(index, values[0]!).toSpliced(index, values.length, ...values);
/** The offset of the network header in a frame without a tag, in bytes. */
const NET = 14;

const asked = (v: Values, operation: number, type = ARP): Bytes =>
  ether(v, h.two(type), h.arp(operation, [v.srcEth, v.src4], ["00:00:00:00:00:00", v.dst4]));

const whole: Readonly<Record<string, Framing["frame"]>> = {
  "IPv4 UDP": (v) => in4(v, 17, udp(v)),
  "IPv4 TCP": (v) => in4(v, 6, tcp(v)),
  "IPv4 SCTP": (v) => in4(v, 132, sctp(v)),
  "IPv4 ICMP": (v) => in4(v, 1, echo4(v)),
  "IPv4 ICMPv6": (v) => in4(v, 58, echo6(v)),
  "IPv4 AH": (v) => in4(v, 51, [...h.authentication(17), ...udp(v)]),
  "IPv4 other": (v) => in4(v, v.transport, udp(v)),
  "IPv4 options": (v) => in4(v, 17, udp(v), { options: [148, 4, 0, 0] }),
  "IPv6 UDP": (v) => in6(v, 17, udp(v)),
  "IPv6 TCP": (v) => in6(v, 6, tcp(v)),
  "IPv6 SCTP": (v) => in6(v, 132, sctp(v)),
  "IPv6 ICMPv6": (v) => in6(v, 58, echo6(v)),
  "IPv6 ICMP": (v) => in6(v, 1, echo4(v)),
  "IPv6 other": (v) => in6(v, v.transport, udp(v)),
  "IPv6 nothing next": (v) => in6(v, 59, []),
  "IPv4 UDP, port 0": (v) => in4(v, 17, h.udp(0, 0)),
  "IPv4 TCP, port 0": (v) => in4(v, 6, h.tcp(0, 0)),
  "IPv4 SCTP, port 0": (v) => in4(v, 132, h.sctp(0, 0)),
  "IPv6 UDP, port 0": (v) => in6(v, 17, h.udp(0, 0)),
  "IPv6 TCP, port 0": (v) => in6(v, 6, h.tcp(0, 0)),
  "IPv6 SCTP, port 0": (v) => in6(v, 132, h.sctp(0, 0)),
  "ARP request": (v) => asked(v, 1),
  "ARP reply": (v) => asked(v, 2),
  RARP: (v) => asked(v, 3, 0x8035),
  "other type": (v) => ether(v, h.two(v.ethType), udp(v)),
  broadcast: (v) => in4({ ...v, dstEth: "ff:ff:ff:ff:ff:ff" }, 17, udp(v)),
  "broadcast ARP": (v) => asked({ ...v, dstEth: "ff:ff:ff:ff:ff:ff" }, 1),
  "multicast IPv4": (v) => in4({ ...v, dstEth: "01:00:5e:00:00:09", dst4: "224.0.0.9" }, 17, udp(v)),
  "multicast IPv6": (v) => in6({ ...v, dstEth: "33:33:00:00:00:09", dst6: "ff02::9" }, 17, udp(v)),
};

/** A SNAP header of organisation 0. The type follows it. */
const SNAP = [0xaa, 0xaa, 3, 0, 0, 0];
const tagged = (v: Values, tags: Bytes): Bytes => ether(v, [...tags, ...h.two(IPV4)], over4(v, 17, udp(v)));
const wrapped: Readonly<Record<string, Framing["frame"]>> = {
  tag: (v) => tagged(v, tag(0x8100, v.vlan)),
  "tag later fragment": (v) =>
    ether(v, [...tag(0x8100, v.vlan), ...h.two(IPV4)], over4(v, 17, udp(v), { offset: 100 })),
  "tag, priority 7": (v) => tagged(v, tag(0x8100, 0xe000 | v.vlan)),
  "priority tag": (v) => tagged(v, tag(0x8100, 0xe000)),
  "tag IPv6": (v) => ether(v, [...tag(0x8100, v.vlan), ...h.two(IPV6)], over6(v, 6, tcp(v))),
  "tag ARP": (v) => ether(v, [...tag(0x8100, v.vlan), ...h.two(ARP)], asked(v, 1).slice(NET)),
  "tag, priority 0, DEI": (v) => tagged(v, tag(0x8100, 0x1000 | v.vlan)),
  "priority tag IPv6": (v) => ether(v, [...tag(0x8100, 0xe000), ...h.two(IPV6)], over6(v, 6, tcp(v))),
  "service priority tag": (v) => tagged(v, tag(0x88a8, 0xe000)),
  "service tag": (v) => tagged(v, tag(0x88a8, v.vlan)),
  "service tag, tag": (v) => tagged(v, [...tag(0x88a8, v.vlan), ...tag(0x8100, 20)]),
  "tag, tag": (v) => tagged(v, [...tag(0x8100, v.vlan), ...tag(0x8100, 20)]),
  "old tag 0x9100": (v) => tagged(v, tag(0x9100, v.vlan)),
  LLC: (v) => ether(v, h.two(60), [0x42, 0x42, 3, ...udp(v)]),
  "tag LLC": (v) => ether(v, [...tag(0x8100, v.vlan), ...h.two(60)], [0x42, 0x42, 3, ...udp(v)]),
  SNAP: (v) => ether(v, h.two(60), [0xaa, 0xaa, 3, 0, 0, 0, ...h.two(IPV4), ...over4(v, 17, udp(v))]),
  "SNAP, tag": (v) => ether(v, h.two(60), [...SNAP, ...tag(0x8100, v.vlan), ...h.two(IPV4), ...over4(v, 17, udp(v))]),
  "SNAP, length": (v) => ether(v, h.two(60), [...SNAP, ...h.two(60), ...over4(v, 17, udp(v))]),
  "tag SNAP": (v) =>
    ether(v, [...tag(0x8100, v.vlan), ...h.two(60)], [...SNAP, ...h.two(IPV4), ...over4(v, 17, udp(v))]),
  "802.3 without LLC": (v) => ether(v, h.two(60), [0xff, 0xff, ...udp(v)]),
  "length 0x05ff": (v) => ether(v, h.two(0x05ff), over4(v, 17, udp(v))),
  "SNAP, other organisation": (v) =>
    ether(v, h.two(60), [0xaa, 0xaa, 3, 0, 0, 12, ...h.two(0x2000), ...over4(v, 17, udp(v))]),
  MPLS: (v) => ether(v, h.two(0x8847), [...h.label, ...over4(v, 17, udp(v))]),
  "MPLS multicast": (v) => ether(v, h.two(0x8848), [...h.label, ...over4(v, 17, udp(v))]),
  backbone: (v) => ether(v, h.two(0x88e7), [0, 0, 0, 9, ...ether(v, h.two(IPV4), over4(v, 17, udp(v)))]),
  "service chain": (v) =>
    ether(v, h.two(0x894f), [0x0f, 0xc6, 1, 1, 0, 0, 1, 255, ...h.zeros(16), ...over4(v, 17, udp(v))]),
  PPPoE: (v) => ether(v, h.two(0x8864), [0x11, 0, 0, 1, ...h.two(46), 0, 0x21, ...over4(v, 17, udp(v))]),
};

const pieces: Readonly<Record<string, Framing["frame"]>> = {
  "IPv4 first fragment": (v) => in4(v, 17, udp(v), { more: true }),
  "IPv4 first fragment TCP": (v) => in4(v, 6, [...tcp(v), 0, 0, 0, 0], { more: true }),
  "IPv4 later fragment": (v) => in4(v, 17, udp(v), { offset: 100 }),
  "IPv4 later fragment ICMP": (v) => in4(v, 1, echo4(v), { offset: 100, more: true }),
  "IPv6 hop-by-hop": (v) => in6(v, 0, [...h.extension(17), ...udp(v)]),
  "IPv6 routing": (v) => in6(v, 43, [...h.extension(17, true), ...udp(v)]),
  "IPv6 AH": (v) => in6(v, 51, [...h.authentication(17), ...udp(v)]),
  "IPv6 destination": (v) => in6(v, 60, [...h.extension(17), ...udp(v)]),
  "IPv6 all four": (v) =>
    in6(v, 0, [...h.extension(43), ...h.extension(51, true), ...h.authentication(60), ...h.extension(6), ...tcp(v)]),
  "IPv6 whole fragment": (v) => in6(v, 44, [...h.fragment(17, 0, false), ...udp(v)]),
  "IPv6 first fragment": (v) => in6(v, 44, [...h.fragment(17, 0, true), ...udp(v)]),
  "IPv6 first fragment ICMPv6": (v) => in6(v, 44, [...h.fragment(58, 0, true), ...echo6(v)]),
  "IPv6 later fragment": (v) => in6(v, 44, [...h.fragment(17, 100, true), ...udp(v)]),
  "IPv6 last fragment": (v) => in6(v, 0, [...h.extension(44), ...h.fragment(17, 100, false), ...udp(v)]),
};

/** Headers that end too soon, and headers that no standard knows. */
const damaged: Readonly<Record<string, Framing["frame"]>> = {
  "IPv4 TCP cut": (v) => in4(v, 6, tcp(v).slice(0, 12)),
  "IPv4 UDP cut": (v) => in4(v, 17, udp(v).slice(0, 6)),
  "IPv4 SCTP cut": (v) => in4(v, 132, sctp(v).slice(0, 8)),
  "IPv4 ICMP cut": (v) => in4(v, 1, echo4(v).slice(0, 4)),
  "IPv4 TCP of 3 words": (v) => in4(v, 6, tcp(v).with(12, 0x30)),
  "IPv4 TCP of 15 words": (v) => in4(v, 6, tcp(v).with(12, 0xf0)),
  "IPv4 UDP of length 3": (v) => in4(v, 17, udp(v).with(5, 3)),
  "IPv6 UDP cut": (v) => in6(v, 17, udp(v).slice(0, 6)),
  "IPv6 SCTP cut": (v) => in6(v, 132, sctp(v).slice(0, 8)),
  "IPv6 of length 0": (v) => at(in6(v, 17, udp(v)), NET + 4, 0, 0),
  "IPv6 TCP cut": (v) => in6(v, 6, tcp(v).slice(0, 12)),
  "IPv6 ICMPv6 cut": (v) => in6(v, 58, echo6(v).slice(0, 3)),
  "IPv6 hop-by-hop cut": (v) => in6(v, 0, [17, 9, ...udp(v)]),
  "IPv4 short header": (v) => at(in4(v, 17, udp(v)), NET, 0x44),
  "IPv4 long header": (v) => at(in4(v, 17, udp(v)), NET, 0x4f),
  "IPv4 longer than the frame": (v) => at(in4(v, 17, udp(v)), NET + 2, 5, 0),
  "IPv4 of version 6": (v) => at(in4(v, 17, udp(v)), NET, 0x65),
  "IPv6 longer than the frame": (v) => at(in6(v, 17, udp(v)), NET + 4, 5, 0),
  "IPv6 of version 4": (v) => at(in6(v, 17, udp(v)), NET, 0x40),
  "ARP for another network": (v) => at(asked(v, 1), NET + 2, 0x12, 0x34),
};

export const FRAMINGS: readonly Framing[] = [whole, wrapped, pieces, damaged].flatMap((group) =>
  Object.entries(group).map(([name, frame]): Framing => ({ name, frame })),
);
