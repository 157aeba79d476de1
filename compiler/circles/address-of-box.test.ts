/**
 * What shows the MAC of one host and the address of another: a wire gives back what has its address alone, and to switches the
 * MAC says whose it is.
 */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide, tablesAt } from "../compile.ts";
import { send, type Plugged } from "../semantics/frame-judge.ts";

const FACTS = `default allow. switch(s1, 1). switch(s6, 6). link(s6, 11, s1, 11, 1Gb).
  host_at(h2, s6, 1). host_mac(h2, 00:00:00:00:00:03). host_ip(h2, 10.0.0.3).
  host_at(h5, s6, 2). host_mac(h5, 00:00:00:00:00:06). host_ip(h5, 10.0.0.6).`;

function compiled(text: string) {
  const decided = decide([{ name: "n.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
  const { tables, diagnostics } = tablesAt(decided, NOW, { target: "ovs" });
  return { tables, errors: [...decided.diagnostics, ...diagnostics].filter(({ severity }) => severity === "error") };
}

const hostAt = (at: string, name: string, mac: bigint, isMiddlebox = false): readonly [string, Plugged] => [
  at,
  { name, mac, isMiddlebox },
];

const joined = (...links: readonly (readonly [string, string])[]): ReadonlyMap<string, string> =>
  new Map(links.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));

test("what is to the address of a box that is a wire, with another's MAC, comes to it once beside a waypoint of another statement", (t) => {
  for (const [first, more] of [
    ["srcHost=h5", ""],
    ["*", "host_at(h1, s1, 1). host_mac(h1, 00:00:00:00:00:02). host_ip(h1, 10.0.0.2)."],
  ]) {
    const text = `${FACTS} ${more} @q2 waypoint(${first}) = h2 on rootShare. @q3 waypoint(srcHost=h5) = s1 on rootShare.`;
    const { tables, errors } = compiled(text);
    t.deepEqual(errors, []);
    const plugged = new Map([hostAt("s6:1", "h2", 3n, true), hostAt("s6:2", "h5", 6n), hostAt("s1:1", "h1", 2n)]);
    const cables = joined(["s1:11", "s6:11"]);
    for (const mac of [3n, 0x99n, 2n]) {
      const frame = new Map([
        ["eth_src", 6n],
        ["eth_dst", mac],
        ["eth_type", 0x0800n],
        ["ipv4_src", 0x0a000006n],
        ["ipv4_dst", 0x0a000003n],
        ["ip_proto", 17n],
        ["ip_dscp", 0n],
        ["udp_src", 5n],
        ["udp_dst", 53n],
      ]);
      const { arrivals, faults } = send({ tables, cables, plugged }, frame, "s6:2");
      t.deepEqual([arrivals.map(({ at }) => at), faults], [["s6:1"], []], `${first} ${mac}`);
    }
  }
});

test("what is led to the address of a box, with the MAC by which a statement knows a host of unknown place, is given back to nobody", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb).
    host_at(h1, s1, 1). host_mac(h1, 00:00:00:00:00:01). host_at(h4, s1, 2). host_mac(h4, 00:00:00:00:00:04).
    host_ip(h4, 10.0.0.4). host_mac(h3, 00:00:00:00:00:03).
    @q1 waypoint(*) = h4 on rootShare. @q2 waypoint(dstHost=h3, user=unknown) = s3 on rootShare.`;
  const { tables, errors } = compiled(text);
  t.deepEqual(errors, []);
  const plugged = new Map([hostAt("s1:1", "h1", 1n), hostAt("s1:2", "h4", 4n, true)]);
  const cables = joined(["s1:10", "s2:10"], ["s2:11", "s3:10"]);
  const frame = new Map([
    ["eth_src", 1n],
    ["eth_dst", 3n],
    ["eth_type", 0x0800n],
    ["ipv4_src", 0x0a000001n],
    ["ipv4_dst", 0x0a000004n],
    ["ip_proto", 17n],
    ["ip_dscp", 0n],
    ["udp_src", 5n],
    ["udp_dst", 53n],
  ]);
  const { arrivals, faults } = send({ tables, cables, plugged }, frame, "s1:1");
  t.deepEqual([arrivals.map(({ at }) => at), faults], [["s1:2"], []]);
});

test("ARP that asks for a host without a stated MAC, and shows the MAC of another, goes to that one and not round", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4).
    link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb). link(s3, 11, s4, 10, 1Gb). link(s4, 11, s1, 11, 1Gb).
    host_at(h1, s4, 1). host_mac(h1, 00:00:00:00:00:01). host_at(h4, s4, 3). host_mac(h4, 00:00:00:00:00:04).
    host_at(h5, s1, 1). host_ip(h5, 10.0.0.5). host_at(h6, s1, 2). host_mac(h6, 00:00:00:00:00:06).
    @q waypoint(srcEth=00:00:00:00:00:06) = h4, s1, s3 both ways on rootShare.`;
  const { tables, errors } = compiled(text);
  t.deepEqual(errors, []);
  const hosts = [
    hostAt("s4:1", "h1", 1n),
    hostAt("s4:3", "h4", 4n, true),
    hostAt("s1:1", "h5", 5n),
    hostAt("s1:2", "h6", 6n),
  ];
  const plugged = new Map(hosts);
  const cables = joined(["s1:10", "s2:10"], ["s2:11", "s3:10"], ["s3:11", "s4:10"], ["s4:11", "s1:11"]);
  for (const [to, end] of [
    [1n, "s4:1"],
    [0xffffffffffffn, "s1:1"],
  ] as const) {
    const frame = new Map([
      ["eth_src", 6n],
      ["eth_dst", to],
      ["eth_type", 0x0806n],
      ["arp_op", 1n],
      ["arp_spa", 0x0a000006n],
      ["arp_tpa", 0x0a000005n],
      ["arp_sha", 6n],
      ["arp_tha", 0n],
    ]);
    const { arrivals, faults } = send({ tables, cables, plugged }, frame, "s1:2");
    t.deepEqual([arrivals.map(({ at }) => at), faults], [["s4:3", end], []], `${to}`);
  }
});
