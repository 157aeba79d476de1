/**
 * Statements about the user `unknown` beside hosts of known users that send from addresses no fact states. What comes from
 * the place of a known user is that user's, so no entry for `unknown` may take it. Judged by frames through the tables.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Judged, type JudgedFrame } from "../../semantics/frame-judge.ts";
import { RING_OF_FOUR } from "../testing/cables.ts";

type Seat = readonly [at: string, last: bigint, box?: "box"];

function judged(
  text: string,
  { cables = [], seats }: { readonly cables?: readonly (readonly [string, string])[]; readonly seats: readonly Seat[] },
  frame: JudgedFrame,
  from: string,
): Judged {
  const decided = decide([{ name: "n.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
  const { tables } = tablesAt(decided, NOW, { target: "ovs" });
  const plugged = new Map(
    seats.map(([at, mac, box]) => [at, { name: at, mac, isMiddlebox: box !== undefined }] as const),
  );
  const both = new Map(cables.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  return send({ tables, cables: both, plugged }, frame, from);
}

const NET6 = 0x20010db8n << 96n;
const ipv6 = (source: bigint, to: bigint, eth: readonly [bigint, bigint]): JudgedFrame =>
  new Map([
    ["eth_src", eth[0]],
    ["eth_dst", eth[1]],
    ["eth_type", 0x86ddn],
    ["ipv6_src", NET6 + source],
    ["ipv6_dst", to],
    ["ip_proto", 17n],
    ["ip_dscp", 0n],
    ["udp_src", 4000n],
    ["udp_dst", 53n],
  ]);
const places = ({ arrivals }: Judged): readonly string[] => arrivals.map(({ at }) => at).toSorted();

test("what a known user sends in a family that no fact states for her passes the waypoints of `*` beside one of `user=unknown`", (t) => {
  const text = `default allow.
    host_at(h1, s1, 1). host_ip(h1, 2001:db8::2).
    host_at(h3, s6, 1). host_mac(h3, 00:00:00:00:00:04). host_ip(h3, 10.0.0.4). user_host(eve, h3).
    host_at(h6, s6, 2). host_mac(h6, 00:00:00:00:00:07). host_ip(h6, 2001:db8::7). user_host(eve, h6).
    switch(s1, 1). switch(s4, 4). switch(s6, 6).
    link(s1, 10, s4, 10, 1Gb). link(s4, 11, s6, 10, 1Gb). link(s6, 11, s1, 11, 1Gb).
    @q2 waypoint(*) = s1, s4 on rootShare.
    @q3 waypoint(user=unknown) = s1 on rootShare.`;
  const cables = [
    ["s1:10", "s4:10"],
    ["s4:11", "s6:10"],
    ["s6:11", "s1:11"],
  ] as const;
  const seats: readonly Seat[] = [
    ["s1:1", 2n],
    ["s6:1", 4n],
    ["s6:2", 7n],
  ];
  const found = judged(text, { cables, seats }, ipv6(4n, NET6 + 7n, [4n, 7n]), "s6:1");
  t.deepEqual([places(found), [...found.crossed], found.faults], [["s6:2"], ["s6", "s1", "s4"], []]);
});

test("what comes from a known user's host of which neither address nor MAC is stated passes no waypoint by", (t) => {
  const text = `default allow. switch(s2, 2).
    host_at(h1, s2, 1). host_mac(h1, 00:00:00:00:00:02). host_ip(h1, 10.0.0.2).
    host_at(h3, s2, 2). host_mac(h3, 00:00:00:00:00:04). host_ip(h3, 2001:db8::4). user_host(ann, h3).
    host_at(h4, s2, 3). user_host(ann, h4).
    host_at(h6, s2, 5). host_mac(h6, 00:00:00:00:00:07). host_ip(h6, 10.0.0.7).
    @q3 waypoint(user=unknown) = h6, h3 both ways on rootShare.`;
  const seats: readonly Seat[] = [
    ["s2:1", 2n],
    ["s2:2", 4n, "box"],
    ["s2:3", 5n],
    ["s2:5", 7n, "box"],
  ];
  const frame = new Map([
    ["eth_src", 5n],
    ["eth_dst", 2n],
    ["eth_type", 0x0800n],
    ["ipv4_src", 0x0a000005n],
    ["ipv4_dst", 0x0a000002n],
    ["ip_proto", 17n],
    ["ip_dscp", 0n],
    ["udp_src", 4000n],
    ["udp_dst", 53n],
  ]);
  const { arrivals, faults } = judged(text, { seats }, frame, "s2:3");
  const passed = arrivals.flatMap(({ at, by }) => (at === "s2:1" && !by.includes("s2:5") ? [by] : []));
  t.deepEqual([passed, faults], [[], []]);
});

test("what a known user multicasts from an unstated address arrives once beside `avoid(user=unknown)` and parallel links", (t) => {
  const text = `default allow. switch(s5, 5). switch(s6, 6).
    link(s5, 11, s6, 10, 1Gb). link(s5, 12, s6, 11, 1Gb).
    host_at(h1, s5, 1). host_mac(h1, 00:00:00:00:00:02). host_ip(h1, 10.0.0.2).
    host_at(h2, s6, 1). host_mac(h2, 00:00:00:00:00:03). host_ip(h2, 10.0.0.3). user_host(ann, h2).
    @q3 avoid(user=unknown) = s6 on rootShare.`;
  const cables = [
    ["s5:11", "s6:10"],
    ["s5:12", "s6:11"],
  ] as const;
  const seats: readonly Seat[] = [
    ["s5:1", 2n],
    ["s6:1", 3n],
  ];
  const group = (0xff05n << 112n) + 0x99n;
  const found = judged(text, { cables, seats }, ipv6(3n, group, [3n, 0x333300000099n]), "s6:1");
  t.deepEqual([places(found), found.faults], [["s5:1"], []]);
});

test("what a host without a stated MAC sends to a known one comes to that one alone beside `avoid(user=unknown)`, whatever it shows", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4).
    link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb). link(s3, 11, s4, 10, 1Gb). link(s4, 11, s1, 11, 1Gb).
    host_at(h1, s1, 1). host_ip(h1, 10.0.0.1).
    host_at(h2, s1, 2). host_mac(h2, 00:00:00:00:00:02). host_ip(h2, 10.0.0.2).
    host_at(h4, s3, 1). host_mac(h4, 00:00:00:00:00:04).
    @q avoid(user=unknown) = s2 on rootShare.`;
  const seats = [["s1:1", 1n] as const, ["s1:2", 2n] as const, ["s3:1", 4n] as const];
  const cables = RING_OF_FOUR;
  for (const [to, at] of [
    [2n, "s1:2"],
    [4n, "s3:1"],
  ] as const) {
    const raw = new Map([
      ["eth_src", 1n],
      ["eth_dst", to],
      ["eth_type", 0x88b5n],
    ]);
    for (const one of [raw, ipv6(1n, NET6 + to, [1n, to])]) {
      const found = judged(text, { cables, seats }, one, "s1:1");
      t.deepEqual([places(found), found.faults, found.crossed.has("s2")], [[at], [], false]);
    }
  }
});
