/**
 * Steered frames to hosts of which facts state an address without a MAC, or a MAC without an address: what is led to them
 * passes the waypoints and arrives.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Judged } from "../../semantics/frame-judge.ts";

const A = 0x020000000001n;
const B = 0x020000000002n;
const W = 0x020000000003n;
const ALL = 0xffffffffffffn;

/** ARP from host a (10.0.0.1) that asks for 10.0.0.2, or a frame of another type. */
function frame(to: bigint, type = 0x0806n): Map<string, bigint> {
  const shown = new Map([
    ["eth_src", A],
    ["eth_dst", to],
    ["eth_type", type],
  ] as const) as Map<string, bigint>;
  if (type === 0x0806n) {
    shown.set("arp_op", 1n).set("arp_sha", A).set("arp_tha", 0n);
    shown.set("arp_spa", 0x0a000001n).set("arp_tpa", 0x0a000002n);
  }
  return shown;
}

/** Where hosts stand, each with its MAC and the last number of its address. */
type Places = readonly (readonly [at: string, name: string, mac: bigint, last: number])[];

function sends(
  text: string,
  places: Places,
  cables: readonly (readonly [string, string])[],
  one: Map<string, bigint>,
): Judged {
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables } = tablesAt(policy, NOW, { target: "ovs" });
  const plugged = new Map(
    places.map(([at, name, mac, last]) => [
      at,
      { name, mac, ip: 0x0a000000n + BigInt(last), isMiddlebox: name === "w" },
    ]),
  );
  const wires = new Map(cables.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  return send({ tables, cables: wires, plugged }, one, "s1:1");
}

const where = ({ arrivals }: Judged): readonly string[] => arrivals.map(({ at }) => at);

const HOST_A = "host_mac(a, 02:00:00:00:00:01). host_ip(a, 10.0.0.1). host_at(a, s1, 1).";

test("ARP for a host without a stated MAC goes back from a waypoint switch through the link where it came in", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb). ${HOST_A}
    host_ip(b, 10.0.0.2). host_at(b, s1, 2).
    @q waypoint(srcEth=02:00:00:00:00:01) = s2 on rootShare.`;
  const places: Places = [
    ["s1:1", "a", A, 1],
    ["s1:2", "b", B, 2],
  ];
  for (const to of [ALL, B]) {
    const asked = sends(text, places, [["s1:10", "s2:10"]], frame(to));
    t.deepEqual([asked.faults, where(asked), asked.crossed.has("s2")], [[], ["s1:2"], true]);
  }
});

test("ARP for a host without a stated MAC arrives where the flood goes ahead and the shortest way goes back", (t) => {
  // A ring: from s3 the tree leads on to s4, and the shortest way to b is back through s2.
  const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4).
    link(s1, 10, s2, 11, 1Gb). link(s2, 10, s3, 11, 1Gb). link(s3, 10, s4, 11, 1Gb). link(s4, 10, s1, 11, 1Gb).
    ${HOST_A} host_ip(b, 10.0.0.2). host_at(b, s2, 2).
    @q waypoint(srcEth=02:00:00:00:00:01) = s3 on rootShare.`;
  const places: Places = [
    ["s1:1", "a", A, 1],
    ["s2:2", "b", B, 2],
  ];
  const cables = [
    ["s1:10", "s2:11"],
    ["s2:10", "s3:11"],
    ["s3:10", "s4:11"],
    ["s4:10", "s1:11"],
  ] as const;
  const asked = sends(text, places, cables, frame(ALL));
  t.deepEqual([asked.faults, where(asked), asked.crossed.has("s3")], [[], ["s2:2"], true]);
});

test("a waypoint of what is for a user with a MAC and no address holds ARP and what is not IP", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb). ${HOST_A}
    host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1). user_host("Bob", b).
    host_mac(w, 02:00:00:00:00:03). host_ip(w, 10.0.0.3). host_at(w, s2, 2).
    @q waypoint(dstUser="Bob") = w on rootShare.`;
  const places: Places = [
    ["s1:1", "a", A, 1],
    ["s2:1", "b", B, 2],
    ["s2:2", "w", W, 3],
  ];
  t.deepEqual(where(sends(text, places, [["s1:10", "s2:10"]], frame(B))), ["s2:2", "s2:1"]);
  // What is neither IP nor ARP ends at the first waypoint that is a host (NETWORK, "Forward").
  t.deepEqual(where(sends(text, places, [["s1:10", "s2:10"]], frame(B, 0x88b5n))), ["s2:2"]);
});
