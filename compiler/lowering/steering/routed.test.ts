/**
 * What a box forwards as a router to a MAC that no host has: at the last waypoint it is none of the box's own broadcasts,
 * whose MAC it shows, so it comes neither back to the box nor to its source.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send } from "../../semantics/frame-judge.ts";

const RING = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4).
link(s4, 10, s1, 10, 1Gb). link(s2, 10, s3, 10, 1Gb). link(s1, 11, s2, 11, 1Gb). link(s3, 11, s4, 11, 1Gb).
host_ip(w, 10.0.0.1). host_mac(w, 02:00:00:00:00:01). host_at(w, s2, 1).
host_ip(a, 10.0.0.4). host_mac(a, 02:00:00:00:00:04). host_at(a, s3, 1).
host_ip(c, 10.0.0.2). host_at(c, s4, 1).
waypoint(*) = w, s3 on rootShare.`;
const CABLES = [
  ["s4:10", "s1:10"],
  ["s2:10", "s3:10"],
  ["s1:11", "s2:11"],
  ["s3:11", "s4:11"],
] as const;
const PLACES = [
  ["s2:1", "w", 0x020000000001n, 0x0a000001n],
  ["s3:1", "a", 0x020000000004n, 0x0a000004n],
  ["s4:1", "c", 0x020000000002n, 0x0a000002n],
] as const;

/** Where IPv4 with this source comes out that enters at the box, with the MAC of the box, for a MAC that no host has. */
function fromBox(source: bigint, destination = 0x020000000077n): readonly string[] {
  const policy = decide([{ name: "test.pane", text: RING }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables } = tablesAt(policy, NOW, { target: "ovs" });
  const plugged = new Map(PLACES.map(([at, name, mac, ip]) => [at, { name, mac, ip, isMiddlebox: false }]));
  const cables = new Map(CABLES.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  const frame = new Map([
    ["eth_src", 0x020000000001n],
    ["eth_dst", destination],
    ["eth_type", 0x0800n],
    ["ip_proto", 17n],
    ["ip_dscp", 0n],
    ["udp_src", 4000n],
    ["udp_dst", 53n],
    ["ipv4_src", source],
    ["ipv4_dst", 0x0a0000c8n],
  ]);
  return send({ tables, cables, plugged }, frame, "s2:1").arrivals.map(({ at }) => at);
}

test("what a box forwards for a host comes back neither to the box nor to that host", (t) => {
  for (const source of [0x0a000004n, 0x0a000002n]) {
    const arrived = fromBox(source);
    t.false(arrived.includes("s2:1"), `${source}: ${arrived.join(" ")}`);
  }
  t.false(fromBox(0x0a000004n).includes("s3:1"));
});

test("what the box sends to all reaches all", (t) => {
  t.deepEqual(fromBox(0x0a000001n, 0xffffffffffffn).toSorted(), ["s3:1", "s4:1"]);
});
