/** Hosts without an address and without a user: their MAC alone shows that frames are for the user `unknown`. */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send } from "../../semantics/frame-judge.ts";

test("what is neither IP nor ARP and is for a host of no user and no address passes the waypoint of `dstUser=unknown` and arrives", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 20, s2, 21, 1Gb). AddUser Ann.
    host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1).
    host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s1, 2).
    host_ip(c, 10.0.0.3). host_mac(c, 02:00:00:00:00:03). host_at(c, s2, 1). user_host("Ann", c).
    @q waypoint(dstUser=unknown) = s2 on rootShare.`;
  const decided = decide([{ name: "n.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
  const { tables } = tablesAt(decided, NOW, { target: "ovs" });
  const host = (name: string, last: bigint) => ({ name, mac: 0x020000000000n + last, isMiddlebox: false });
  const plugged = new Map([
    ["s1:1", host("a", 1n)],
    ["s1:2", host("b", 2n)],
    ["s2:1", host("c", 3n)],
  ]);
  const cables = new Map([
    ["s1:20", "s2:21"],
    ["s2:21", "s1:20"],
  ]);
  const frame = new Map([
    ["eth_src", 0x020000000002n],
    ["eth_dst", 0x020000000001n],
    ["eth_type", 0x88b5n],
  ]);
  const { arrivals, crossed, faults } = send({ tables, cables, plugged }, frame, "s1:2");
  t.deepEqual([arrivals.map(({ at }) => at), [...crossed], faults], [["s1:1"], ["s1", "s2"], []]);
});
