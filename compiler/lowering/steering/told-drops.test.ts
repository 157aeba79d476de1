/** Flows that are dropped for want of a path, though no address recognizes them: W821 tells that, too. */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type JudgedFrame } from "../../semantics/frame-judge.ts";

/** a, b, c, each behind a switch of its own in a row s1, s2, s3. b has no IPv4 address. */
const ROW = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3).
  link(s1, 20, s2, 21, 1Gb). link(s2, 20, s3, 21, 1Gb).
  host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1).
  host_ip(b, 2001:db8::2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1).
  host_ip(c, 10.0.0.3). host_mac(c, 02:00:00:00:00:03). host_at(c, s3, 1).`;

const CABLES = new Map([
  ["s1:20", "s2:21"],
  ["s2:21", "s1:20"],
  ["s2:20", "s3:21"],
  ["s3:21", "s2:20"],
]);
const HOSTS = [
  ["s1:1", "a", 1n],
  ["s2:1", "b", 2n],
  ["s3:1", "c", 3n],
] as const;

/** The warned statements, and the ports of hosts where a frame comes out. */
function told(statement: string, frame: JudgedFrame, from: string, boxes: readonly string[] = [], network = ROW) {
  const sources = [{ name: "test.pane", text: `${network}\n${statement}` }];
  const decided = decide(sources, { now: NOW, load: () => undefined, rules: RULES });
  const { tables, diagnostics } = tablesAt(decided, NOW, { target: "ovs" });
  const plugged = new Map(
    HOSTS.map(([at, name, last]) => [
      at,
      { name, mac: 0x020000000000n + last, ip: undefined, isMiddlebox: boxes.includes(name) },
    ]),
  );
  const { arrivals } = send({ tables, cables: CABLES, plugged }, frame, from);
  const isTold = [...decided.diagnostics, ...diagnostics].some(({ code }) => code === "W821");
  return { isTold, arrives: arrivals.map(({ at }) => at) };
}

const odd: JudgedFrame = new Map([
  ["eth_src", 0x020000000001n],
  ["eth_dst", 0x020000000003n],
  ["eth_type", 0x88b5n],
]);
/** IPv4 to b's MAC, of which no IPv4 address is stated. */
const toBare = (source: bigint): JudgedFrame =>
  new Map([
    ["eth_src", 0x020000000000n + source],
    ["eth_dst", 0x020000000002n],
    ["eth_type", 0x0800n],
    ["ip_proto", 17n],
    ["ip_dscp", 0n],
    ["ipv4_src", 0x0a000000n + source],
    ["ipv4_dst", 0x0a000063n],
    ["udp_src", 4000n],
    ["udp_dst", 53n],
  ]);

test("an avoid of frames that are not IP drops those to hosts behind the avoided switch, and says so", (t) => {
  // No host stands at the avoided switch itself.
  const network = ROW.replace("host_at(b, s2, 1)", "host_at(b, s1, 2)");
  const found = told("@q avoid(ethType=0x88b5) = s2 on rootShare.", odd, "s1:1", [], network);
  t.deepEqual(found, { isTold: true, arrives: [] });
});

test("IPv4 to the MAC of a host without an IPv4 address has no path where the host is an inner waypoint: it is told", (t) => {
  const statement = "@q waypoint(srcHost=a) = b, s3 on rootShare.";
  t.deepEqual(told(statement, toBare(1n), "s1:1", ["b"]), { isTold: true, arrives: [] });
});

test("IPv4 to such a host has no path from a waypoint that stands behind another: it is told", (t) => {
  const statement = "@q waypoint(ethType=IPv4, dstAP=s2:1) = s1, c on rootShare.";
  t.deepEqual(told(statement, toBare(3n), "s3:1", ["c"]), { isTold: true, arrives: [] });
});
