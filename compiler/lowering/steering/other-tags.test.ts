/**
 * A box that is a router between VLANs gives back what it got with another tag: a statement by `vlan` holds that no more, and says so.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send } from "../../semantics/frame-judge.ts";

test("what a box gives back with another VLAN tag is dropped where its statement names `vlan`, as N869 says, and else led on", (t) => {
  const facts = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
    host_at(pc, s1, 1). host_mac(pc, 02:00:00:00:00:01). host_ip(pc, 10.0.1.2).
    host_at(box, s1, 2). host_mac(box, 02:00:00:00:00:03). host_ip(box, 10.0.1.1). host_ip(box, 10.0.2.1).
    host_at(srv, s2, 1). host_mac(srv, 02:00:00:00:00:02). host_ip(srv, 10.0.2.2).`;
  const plugged = new Map(
    [
      ["s1:1", "pc", 0x020000000001n],
      ["s1:2", "box", 0x020000000003n],
      ["s2:1", "srv", 0x020000000002n],
    ].map(([at, name, mac]) => [at as string, { name: name as string, mac: mac as bigint, isMiddlebox: false }]),
  );
  const cables = new Map([
    ["s1:10", "s2:10"],
    ["s2:10", "s1:10"],
  ]);
  /** Where UDP from pc to srv comes out, as pc sends it and as the box sends it on with each of two tags. */
  const follow = (flows: string): readonly unknown[] => {
    const text = `${facts} @q waypoint(${flows}) = box on rootShare.`;
    const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
    const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
    const out = (source: bigint, to: bigint, vlan: bigint, at: string): string => {
      const frame = new Map([
        ["eth_src", source],
        ["eth_dst", to],
        ["eth_type", 0x0800n],
        ["vlan_vid", 0x1000n | vlan],
        ["ipv4_src", 0x0a000102n],
        ["ipv4_dst", 0x0a000202n],
        ["ip_proto", 17n],
        ["ip_dscp", 0n],
        ["udp_src", 4000n],
        ["udp_dst", 53n],
      ]);
      return send({ tables, cables, plugged }, frame, at)
        .arrivals.map((one) => one.at)
        .join();
    };
    return [
      out(0x020000000001n, 0x020000000003n, 10n, "s1:1"),
      ...[10n, 20n].map((vlan) => out(0x020000000003n, 0x020000000002n, vlan, "s1:2")),
      diagnostics.filter(({ code }) => code === "N869").map(({ message }) => message),
    ];
  };
  const told =
    "`q` names `vlan`, so it does not hold what `box` may give back with another tag: that is dropped, or led by other statements alone";
  t.deepEqual(follow("srcHost=pc, dstHost=srv, vlan=10"), ["s1:2", "s2:1", "", [told]]);
  t.deepEqual(follow("srcHost=pc, dstHost=srv"), ["s1:2", "s2:1", "s2:1", []]);
});
