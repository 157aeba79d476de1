/** What shows the address of a box and another's MAC, a wire gives back: only its MAC says that it keeps a packet. */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide, tablesAt } from "../compile.ts";
import { send } from "../semantics/frame-judge.ts";

const FACTS = `default allow. switch(s1, 1). switch(s6, 6). link(s6, 11, s1, 11, 1Gb).
  host_at(h2, s6, 1). host_mac(h2, 00:00:00:00:00:03). host_ip(h2, 10.0.0.3).
  host_at(h5, s6, 2). host_mac(h5, 00:00:00:00:00:06). host_ip(h5, 10.0.0.6).`;

test("what is to the address of a box that is a wire, with another's MAC, comes to it once beside a waypoint of another statement", (t) => {
  for (const [first, more] of [
    ["srcHost=h5", ""],
    ["*", "host_at(h1, s1, 1). host_mac(h1, 00:00:00:00:00:02). host_ip(h1, 10.0.0.2)."],
  ]) {
    const text = `${FACTS} ${more} @q2 waypoint(${first}) = h2 on rootShare. @q3 waypoint(srcHost=h5) = s1 on rootShare.`;
    const decided = decide([{ name: "n.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
    const { tables, diagnostics } = tablesAt(decided, NOW, { target: "ovs" });
    t.deepEqual(
      diagnostics.filter(({ severity }) => severity === "error"),
      [],
    );
    const plugged = new Map([
      ["s6:1", { name: "h2", mac: 3n, isMiddlebox: true }],
      ["s6:2", { name: "h5", mac: 6n, isMiddlebox: false }],
      ["s1:1", { name: "h1", mac: 2n, isMiddlebox: false }],
    ]);
    const cables = new Map([
      ["s1:11", "s6:11"],
      ["s6:11", "s1:11"],
    ]);
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
