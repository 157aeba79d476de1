/** What a host with a known port may send: anything from its own addresses, and what it needs to get one. */
import test from "ava";
import { switchTest } from "../../../runtime/lab/test.ts";
import type { Directory, Host } from "../../model/model.ts";
import { parseIp, type Ip } from "../../net/index.ts";
import { matchFieldsOf, type Packet } from "../../trace/packet.ts";
import { Switch } from "../../trace/switch.ts";
import type { Table } from "../../table/entry.ts";
import { lower, toOvs } from "../index.ts";
import { exact, MATCH_FIELDS } from "../../table/match.ts";
import { matchText } from "../../table/text.ts";
import { spoofEntries } from "./spoof-entries.ts";

const ip = (text: string): Ip => {
  const read = parseIp(text);
  if (!read.ok) throw new Error(text);
  return read.value;
};
const host = (name: string, port: number, ...addresses: readonly string[]) =>
  [name, { name, addresses: addresses.map(ip), macs: [0x020000000000 + port], at: { switch: "s1", port } }] as const;

const directory: Directory = {
  users: ["al"],
  userHosts: [{ user: "al", host: "h1" }],
  hosts: new Map<string, Host>([
    host("h1", 1, "10.0.0.1", "2001:db8::1"),
    host("h2", 2, "10.0.0.2", "2001:db8::2", "fe80::2"),
    // One host has no known MAC, the other no known address.
    ["h4", { name: "h4", addresses: [ip("10.0.0.4")], macs: [], at: { switch: "s1", port: 4 } }],
    host("h5", 5),
  ]),
  switches: new Map([["s1", { name: "s1", dpid: "1" }]]),
  links: [],
  portRates: [],
};

/** Allows everything, so that only the spoof guard drops frames. */
const tables = (observe = false): Table =>
  lower([], {
    directory,
    defaults: { verdict: "allow", fragments: "deny" },
    target: "ovs",
    now: 0,
    observe,
  }).tables.get("s1")!;

interface FrameFields {
  readonly from: string;
  readonly to?: string;
  readonly udp?: readonly [src: number, dst: number];
  readonly tcp?: number;
  readonly icmp?: number;
  readonly target?: string;
  /** The last byte of the MAC that neighbour discovery gives. */
  readonly link?: number;
  readonly port?: number;
  readonly mac?: number;
}

function frame({ from, to, udp, tcp, icmp, target, link, port = 1, mac = port }: FrameFields): Packet {
  const src = ip(from);
  const six = src.family === 6;
  const dst = ip(to ?? (six ? "2001:db8::2" : "10.0.0.2"));
  const protocol = udp ? 17 : tcp === undefined ? (six ? 58 : 1) : 6;
  return {
    inPort: port,
    ethSrc: 0x020000000000 + mac,
    ethDst: 0x020000000002,
    ethType: six ? 0x86dd : 0x0800,
    ip: { src, dst, protocol, dscp: 0, fragment: "no" },
    ...(udp && { ports: { src: udp[0], dst: udp[1] } }),
    ...(tcp !== undefined && { ports: { src: 40_000, dst: tcp } }),
    ...(icmp !== undefined && { icmp: { type: icmp, code: 0 } }),
    ...(target !== undefined && { ndTarget: ip(target).value as bigint }),
    ...(link !== undefined && { ndLink: 0x020000000000 + link }),
  };
}

interface Arp {
  readonly op: number;
  readonly spa: string;
  readonly tpa?: string;
  readonly port?: number;
  /** The last byte of the MAC inside. */
  readonly sha?: number;
}

const arp = ({ op, spa, tpa = "10.0.0.2", port = 1, sha = port }: Arp): Packet => ({
  inPort: port,
  ethSrc: 0x020000000000 + port,
  ethDst: 0x020000000002,
  ethType: 0x0806,
  arp: { op, spa: ip(spa).value as number, tpa: ip(tpa).value as number, sha: 0x020000000000 + sha, tha: 0 },
});

const rarp = (port: number): Packet => ({
  inPort: port,
  ethSrc: 0x020000000000 + port,
  ethDst: 0xffffffffffff,
  ethType: 0x8035,
});

/** Frames of h1 at port 1, unless another port is given, and whether the spoof guard lets them through. */
const cases: readonly (readonly [what: string, passes: boolean, Packet])[] = [
  ["anything from its own address", true, frame({ from: "10.0.0.1", tcp: 22 })],
  ["anything from its own IPv6 address", true, frame({ from: "2001:db8::1", tcp: 22 })],
  ["anything from a link-local address that is stated", true, frame({ from: "fe80::2", tcp: 22, port: 2 })],
  ["DHCP's question", true, frame({ from: "0.0.0.0", to: "255.255.255.255", udp: [68, 67] })],
  ["who has another's address", true, arp({ op: 1, spa: "10.0.0.1" })],
  ["an ARP reply", true, arp({ op: 2, spa: "10.0.0.1" })],
  ["its own address to all", true, arp({ op: 1, spa: "10.0.0.1", tpa: "10.0.0.1" })],
  ["whether its own IPv4 address is taken", true, arp({ op: 1, spa: "0.0.0.0", tpa: "10.0.0.1" })],
  ["whether another's IPv4 address is taken", false, arp({ op: 1, spa: "0.0.0.0", tpa: "10.0.0.2" })],
  ["whether an address of nobody is taken", false, arp({ op: 1, spa: "0.0.0.0", tpa: "10.0.0.9" })],
  ["an ARP reply from no address", false, arp({ op: 2, spa: "0.0.0.0" })],
  ["an ARP reply with another's address", false, arp({ op: 2, spa: "10.0.0.2" })],
  ["another's address to all", false, arp({ op: 1, spa: "10.0.0.2", tpa: "10.0.0.2" })],
  ["an ARP reply with another's MAC", false, arp({ op: 2, spa: "10.0.0.1", sha: 2 })],
  ["an ARP question with another's MAC", false, arp({ op: 1, spa: "10.0.0.1", sha: 2 })],
  ["an ARP reply with nobody's MAC", false, arp({ op: 2, spa: "10.0.0.1", sha: 9 })],
  [
    "whether its own address is taken, with another's MAC",
    false,
    arp({ op: 1, spa: "0.0.0.0", tpa: "10.0.0.1", sha: 2 }),
  ],
  ["RARP", false, rarp(1)],
  ["RARP of a host that has no address", true, rarp(5)],
  ["ARP of a host without a known MAC", true, arp({ op: 2, spa: "10.0.0.4", port: 4 })],
  ["ARP of such a host with another's MAC", false, arp({ op: 2, spa: "10.0.0.4", port: 4, sha: 2 })],
  ["whether its address is taken", true, arp({ op: 1, spa: "0.0.0.0", tpa: "10.0.0.4", port: 4 })],
  ["the same with another's MAC", false, arp({ op: 1, spa: "0.0.0.0", tpa: "10.0.0.4", port: 4, sha: 2 })],
  ["ARP of a host without a known address", true, arp({ op: 1, spa: "10.0.0.77", port: 5 })],
  ["ARP of such a host with another's MAC in it", false, arp({ op: 1, spa: "10.0.0.77", port: 5, sha: 2 })],
  ["ARP of such a host with another's address", false, arp({ op: 1, spa: "10.0.0.2", port: 5 })],
  [
    "whether another's address is taken, of such a host",
    false,
    arp({ op: 1, spa: "0.0.0.0", tpa: "10.0.0.2", port: 5 }),
  ],
  ["ARP of a stranger", true, arp({ op: 1, spa: "10.0.0.9", port: 3 })],
  ["ARP of a stranger with another's MAC", false, arp({ op: 1, spa: "10.0.0.9", port: 3, sha: 2 })],
  [
    "whether another's address is taken, of a stranger",
    false,
    arp({ op: 1, spa: "0.0.0.0", tpa: "10.0.0.2", port: 3 }),
  ],
  ["DNS from no address", false, frame({ from: "0.0.0.0", udp: [5353, 53] })],
  ["TCP from no address", false, frame({ from: "0.0.0.0", tcp: 22 })],
  ["TCP from a link-local address", false, frame({ from: "fe80::1", tcp: 22 })],
  ["UDP from a link-local address", false, frame({ from: "fe80::1", udp: [5353, 5353] })],
  ["a ping from a link-local address", false, frame({ from: "fe80::1", icmp: 128 })],
  ["TCP from ::", false, frame({ from: "::", tcp: 22 })],
  ["router solicitation", true, frame({ from: "fe80::1", icmp: 133 })],
  ["router solicitation from ::", true, frame({ from: "::", icmp: 133 })],
  ["neighbour solicitation", true, frame({ from: "fe80::1", icmp: 135, target: "2001:db8::2" })],
  ["a multicast report", true, frame({ from: "::", icmp: 143 })],
  ["DHCPv6's question", true, frame({ from: "fe80::1", udp: [546, 547] })],
  ["whether its IPv6 address is taken", true, frame({ from: "::", icmp: 135, target: "2001:db8::1" })],
  ["whether its link-local address is taken", true, frame({ from: "::", icmp: 135, target: "fe80::1" })],
  ["whether another's IPv6 address is taken", false, frame({ from: "::", icmp: 135, target: "2001:db8::2" })],
  ["an advertisement of its address", true, frame({ from: "2001:db8::1", icmp: 136, target: "2001:db8::1" })],
  [
    "such an advertisement from a link-local address",
    true,
    frame({ from: "fe80::1", icmp: 136, target: "2001:db8::1" }),
  ],
  ["an advertisement of a link-local address", true, frame({ from: "fe80::1", icmp: 136, target: "fe80::1" })],
  ["an advertisement of another's address", false, frame({ from: "2001:db8::1", icmp: 136, target: "2001:db8::2" })],
  ["a solicitation with another's MAC inside", false, frame({ from: "fe80::1", icmp: 136, target: "2001:db8::2" })],
  ["of another's stated link-local one", false, frame({ from: "fe80::1", icmp: 136, target: "fe80::2" })],
  ["of an address that nobody has", false, frame({ from: "2001:db8::1", icmp: 136, target: "2001:db8::9" })],
  ["another's link-local address as source", false, frame({ from: "fe80::2", icmp: 135, target: "2001:db8::2" })],
  ["an advertisement with its MAC", true, frame({ from: "2001:db8::1", icmp: 136, target: "2001:db8::1", link: 1 })],
  ["the same with another's", false, frame({ from: "2001:db8::1", icmp: 136, target: "2001:db8::1", link: 2 })],
  [
    "neighbour solicitation with its MAC",
    true,
    frame({ from: "2001:db8::1", icmp: 135, target: "2001:db8::2", link: 1 }),
  ],
  ["the same with another's in it", false, frame({ from: "2001:db8::1", icmp: 135, target: "2001:db8::2", link: 2 })],
  [
    "a solicitation with another's MAC from a link-local address",
    false,
    frame({ from: "fe80::1", icmp: 135, target: "2001:db8::2", link: 2 }),
  ],
  [
    "whether another's is taken, of a stranger",
    false,
    frame({ from: "::", icmp: 135, target: "2001:db8::2", port: 3 }),
  ],
  ["another's MAC with a link-local address", false, frame({ from: "fe80::1", icmp: 133, mac: 2 })],
  [
    "of a known address from an unknown port",
    false,
    frame({ from: "fe80::9", icmp: 136, target: "2001:db8::1", port: 3, mac: 9 }),
  ],
];

for (const [what, passes, packet] of cases) {
  test(`${passes ? "lets on" : "drops"}: ${what}`, (t) => {
    t.is(new Switch(tables()).run(packet).verdict, passes ? "allow" : "deny");
    t.is(new Switch(tables(true)).run(packet).verdict, passes ? "allow" : "deny", "in a trial run, too");
  });
}

test("what hosts may send from other addresses costs one shared table and few entries for each host", (t) => {
  const many = Array.from({ length: 100 }, (_, i) => host(`h${i}`, i + 1, `10.0.1.${i}`, `2001:db8::${i + 1}`));
  const of = (hosts: number): number =>
    lower([], {
      directory: { ...directory, hosts: new Map(many.slice(0, hosts)) },
      defaults: { verdict: "allow", fragments: "deny" },
      target: "ovs",
      now: 0,
    }).tables.get("s1")!.entries.length;
  t.is(of(100) - of(99), of(2) - of(1));
  t.true(of(2) - of(1) <= 37, `${of(2) - of(1)}`);
});

switchTest(
  "a switch passes and drops the same frames as the interpreter, by source and by target",
  async (t, start) => {
    const hosts = [1, 2, 3, 4, 5].map((last) => ({ name: `h${last}`, ip: `10.0.0.${last}` }));
    const lab = await start({ name: "spoof", hosts });
    await lab.ofctl("del-flows");
    await lab.ofctl("add-flows", ["-"], { input: toOvs(tables()) });
    for (const [what, passes, packet] of cases) {
      const fields = matchFieldsOf(packet);
      fields.delete("vlan_vid");
      const text = matchText(MATCH_FIELDS.flatMap((one) => (fields.has(one) ? [exact(one, fields.get(one)!)] : [])));
      const trace = await lab.trace(text);
      t.is(trace.actions !== "drop", passes, `${what}\n${trace.text}`);
    }
  },
);

test("switches share the entries that drop what is bound elsewhere, and each has the same as if it were asked alone", (t) => {
  const switches = new Map(["s1", "s2", "s3"].map((name, i) => [name, { name, dpid: `${i + 1}` }]));
  const copy = (): Directory => ({ ...directory, switches });
  const shared = copy();
  const first = new Set(spoofEntries(shared, "s1"));
  for (const name of ["s2", "s3", "s1"]) {
    const found = spoofEntries(shared, name);
    t.deepEqual(found, spoofEntries(copy(), name));
    if (name !== "s1") t.true(found.length > 20 && found.every((one) => first.has(one)), name);
  }
});
