/** What a host at a known port may send: anything from its own addresses, from others what it needs to get one. */
import test from "ava";
import { switchTest } from "../../../runtime/lab/test.ts";
import type { Directory } from "../../model/model.ts";
import { parseIp, type Ip } from "../../net/index.ts";
import { matchFieldsOf, type Packet } from "../../trace/packet.ts";
import { Switch } from "../../trace/switch.ts";
import type { Table } from "../../table/entry.ts";
import { lower, toOvs } from "../index.ts";
import { exact, MATCH_FIELDS } from "../../table/match.ts";
import { matchText } from "../../table/text.ts";

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
  hosts: new Map([host("h1", 1, "10.0.0.1", "2001:db8::1"), host("h2", 2, "10.0.0.2", "2001:db8::2", "fe80::2")]),
  switches: new Map([["s1", { name: "s1", dpid: "1" }]]),
  links: [],
  portRates: [],
};

/** Everything is allowed, so that only the spoof guard drops packets. */
const tables = (observe = false): Table =>
  lower([], {
    directory,
    defaults: { verdict: "allow", fragments: "deny" },
    target: "ovs",
    now: 0,
    observe,
  }).tables.get("s1")!;

interface Sent {
  readonly from: string;
  readonly to?: string;
  readonly udp?: readonly [src: number, dst: number];
  readonly tcp?: number;
  readonly icmp?: number;
  readonly target?: string;
  readonly port?: number;
  readonly mac?: number;
}

function frame({ from, to, udp, tcp, icmp, target, port = 1, mac = port }: Sent): Packet {
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
  };
}

const arp = (spa: string, op: number): Packet => ({
  inPort: 1,
  ethSrc: 0x020000000001,
  ethDst: 0x020000000002,
  ethType: 0x0806,
  arp: { op, spa: ip(spa).value as number, tpa: ip("10.0.0.2").value as number, sha: 0x020000000001, tha: 0 },
});

/** Frames of h1 at port 1, unless another port is given, and whether the spoof guard lets them through. */
const cases: readonly (readonly [what: string, passes: boolean, Packet])[] = [
  ["anything from its own address", true, frame({ from: "10.0.0.1", tcp: 22 })],
  ["anything from its own IPv6 address", true, frame({ from: "2001:db8::1", tcp: 22 })],
  ["anything from a link-local address that is stated", true, frame({ from: "fe80::2", tcp: 22, port: 2 })],
  ["a DHCP request", true, frame({ from: "0.0.0.0", to: "255.255.255.255", udp: [68, 67] })],
  ["an ARP probe", true, arp("0.0.0.0", 1)],
  ["an ARP reply from no address", false, arp("0.0.0.0", 2)],
  ["an ARP reply with another's address", false, arp("10.0.0.2", 2)],
  ["DNS from no address", false, frame({ from: "0.0.0.0", udp: [5353, 53] })],
  ["TCP from no address", false, frame({ from: "0.0.0.0", tcp: 22 })],
  ["TCP from a link-local address", false, frame({ from: "fe80::1", tcp: 22 })],
  ["UDP from a link-local address", false, frame({ from: "fe80::1", udp: [5353, 5353] })],
  ["a ping from a link-local address", false, frame({ from: "fe80::1", icmp: 128 })],
  ["TCP from ::", false, frame({ from: "::", tcp: 22 })],
  ["a router solicitation", true, frame({ from: "fe80::1", icmp: 133 })],
  ["a router solicitation from ::", true, frame({ from: "::", icmp: 133 })],
  ["a neighbour solicitation", true, frame({ from: "fe80::1", icmp: 135, target: "2001:db8::2" })],
  ["a multicast report", true, frame({ from: "::", icmp: 143 })],
  ["a DHCPv6 request", true, frame({ from: "fe80::1", udp: [546, 547] })],
  ["a probe of its IPv6 address", true, frame({ from: "::", icmp: 135, target: "2001:db8::1" })],
  ["a probe of its link-local address", true, frame({ from: "::", icmp: 135, target: "fe80::1" })],
  ["a probe of another's IPv6 address", false, frame({ from: "::", icmp: 135, target: "2001:db8::2" })],
  ["an advertisement of its address", true, frame({ from: "2001:db8::1", icmp: 136, target: "2001:db8::1" })],
  [
    "an advertisement of its address from a link-local one",
    true,
    frame({ from: "fe80::1", icmp: 136, target: "2001:db8::1" }),
  ],
  ["an advertisement of a link-local address", true, frame({ from: "fe80::1", icmp: 136, target: "fe80::1" })],
  ["an advertisement of another's address", false, frame({ from: "2001:db8::1", icmp: 136, target: "2001:db8::2" })],
  [
    "an advertisement of another's address from a link-local one",
    false,
    frame({ from: "fe80::1", icmp: 136, target: "2001:db8::2" }),
  ],
  ["an advertisement of another's link-local address", false, frame({ from: "fe80::1", icmp: 136, target: "fe80::2" })],
  [
    "an advertisement of an address that no host has",
    false,
    frame({ from: "2001:db8::1", icmp: 136, target: "2001:db8::9" }),
  ],
  ["another's link-local address as source", false, frame({ from: "fe80::2", icmp: 135, target: "2001:db8::2" })],
  ["another's MAC with a link-local address", false, frame({ from: "fe80::1", icmp: 133, mac: 2 })],
  [
    "an advertisement of a known address from an unknown port",
    false,
    frame({ from: "fe80::9", icmp: 136, target: "2001:db8::1", port: 3, mac: 9 }),
  ],
];

for (const [what, passes, packet] of cases) {
  test(`the spoof guard ${passes ? "lets through" : "drops"} ${what}`, (t) => {
    t.is(new Switch(tables()).run(packet).verdict, passes ? "allow" : "deny");
    t.is(new Switch(tables(true)).run(packet).verdict, passes ? "allow" : "deny", "in a trial run, too");
  });
}

test("what hosts may send from other addresses costs a table that they share, and few entries of each", (t) => {
  const many = Array.from({ length: 100 }, (_, i) => host(`h${i}`, i + 1, `10.0.1.${i}`, `2001:db8::${i + 1}`));
  const of = (hosts: number): number =>
    lower([], {
      directory: { ...directory, hosts: new Map(many.slice(0, hosts)) },
      defaults: { verdict: "allow", fragments: "deny" },
      target: "ovs",
      now: 0,
    }).tables.get("s1")!.entries.length;
  t.is(of(100) - of(99), of(2) - of(1));
  t.true(of(2) - of(1) <= 24, `${of(2) - of(1)}`);
});

switchTest("a real switch lets through and drops the frames that the interpreter does", async (t, start) => {
  const lab = await start({ name: "spoof" });
  await lab.ofctl("del-flows");
  await lab.ofctl("add-flows", ["-"], { input: toOvs(tables()) });
  for (const [what, passes, packet] of cases) {
    const fields = matchFieldsOf(packet);
    fields.delete("vlan_vid");
    const text = matchText(MATCH_FIELDS.flatMap((one) => (fields.has(one) ? [exact(one, fields.get(one)!)] : [])));
    const trace = await lab.trace(text);
    t.is(trace.actions !== "drop", passes, `${what}\n${trace.text}`);
  }
});
