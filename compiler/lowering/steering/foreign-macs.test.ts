/** What a waypoint without a stated MAC gives back with the address of one host and the MAC of another is dropped. */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Plugged } from "../../semantics/frame-judge.ts";

const A = 0x020000000002n;
const BARE = 0x020000000003n;
const C = 0x020000000004n;
const W = 0x020000000007n;

/** Two flows that box w gets: of a, known by its MAC, and of b, known by its address alone. */
const FACTS = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
  host_mac(a, 02:00:00:00:00:02). host_ip(a, 10.0.0.2). host_ip(a, 2001:db8::2). host_at(a, s1, 1).
  host_ip(b, 10.0.0.3). host_ip(b, 2001:db8::3). host_at(b, s2, 1).
  host_mac(c, 02:00:00:00:00:04). host_at(c, s1, 2).
  @p waypoint(srcAP=s1:1, dstEth=02:00:00:00:00:04) = w, s2 on rootShare.
  @q waypoint(srcHost=b) = w on rootShare.`;

const BOXES = [
  "host_mac(w, 02:00:00:00:00:07). host_at(w, s1, 3).",
  "host_mac(w, 02:00:00:00:00:07). host_ip(w, 10.0.0.7). host_ip(w, 2001:db8::7). host_at(w, s1, 3).",
];

const plugged = new Map<string, Plugged>([
  ["s1:1", { name: "a", mac: A, ip: 0x0a000002n, isMiddlebox: false }],
  ["s2:1", { name: "b", mac: BARE, ip: 0x0a000003n, isMiddlebox: false }],
  ["s1:2", { name: "c", mac: C, isMiddlebox: false }],
  ["s1:3", { name: "w", mac: W, isMiddlebox: true }],
]);
const cables = new Map([
  ["s1:10", "s2:10"],
  ["s2:10", "s1:10"],
]);

/** A packet for c, from an address of a or of b. */
function packet(from: bigint, last: 2n | 3n, kind: "4" | "6" | "asks"): Map<string, bigint> {
  const shown = new Map([
    ["eth_src", from],
    ["eth_dst", C],
    ["ip_dscp", 0n],
  ]);
  if (kind === "4")
    shown
      .set("eth_type", 0x0800n)
      .set("ipv4_src", 0x0a000000n + last)
      .set("ipv4_dst", 0x0a000009n);
  else
    shown
      .set("eth_type", 0x86ddn)
      .set("ipv6_src", (0x20010db8n << 96n) + last)
      .set("ipv6_dst", (0x20010db8n << 96n) + 9n);
  if (kind === "asks")
    return shown
      .set("ip_proto", 58n)
      .set("icmpv6_type", 135n)
      .set("icmpv6_code", 0n)
      .set("ipv6_nd_target", 9n)
      .set("ipv6_nd_sll", 0n);
  return shown.set("ip_proto", 17n).set("udp_src", 4000n).set("udp_dst", 53n);
}

for (const box of BOXES) {
  const text = `${FACTS} ${box}`;
  const at = (): ReturnType<typeof tablesAt> =>
    tablesAt(decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES }), NOW, {
      target: "ovs",
    });

  test(`no table leads a packet round that shows one host's MAC and another's address: ${box}`, (t) => {
    const { tables, diagnostics } = at();
    t.deepEqual(
      diagnostics.filter(({ code }) => code === "E903" || code === "N834"),
      [],
    );
    for (const kind of ["4", "6", "asks"] as const)
      for (const last of [2n, 3n] as const) {
        const forged = send({ tables, cables, plugged }, packet(last === 2n ? C : A, last, kind), "s1:3");
        t.deepEqual([forged.faults, forged.arrivals], [[], []], `${kind} ${last}`);
      }
  });

  test(`what comes back with its own MAC or that of the waypoint goes on, neighbour discovery too: ${box}`, (t) => {
    const { tables } = at();
    for (const kind of ["4", "6", "asks"] as const)
      for (const [mac, last, start] of [
        [A, 2n, "s1:1"],
        [BARE, 3n, "s2:1"],
      ] as const) {
        // A host sends neighbour discovery about addresses of others only by what the table Neighbour lets on.
        const sent = send({ tables, cables, plugged }, packet(mac, last, kind), start);
        t.deepEqual([sent.faults, sent.arrivals.map((one) => one.at)], [[], ["s1:3", "s1:2"]], `${kind} ${last}`);
        const routed = send({ tables, cables, plugged }, packet(W, last, kind), "s1:3");
        t.deepEqual([routed.faults, routed.arrivals.map((one) => one.at)], [[], ["s1:2"]], `${kind} ${last} routed`);
      }
  });
}
