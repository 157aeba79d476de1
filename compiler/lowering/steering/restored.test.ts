/**
 * The table Restore, for random hosts: what comes in at a box with the MAC of the box and the address of a host that is led there leaves
 * with that host's MAC, and nothing else is changed. What has a MAC of another at the box is dropped by the guard.
 */
import test from "ava";
import { fc, NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { printIp, type Ip } from "../../net/address.ts";
import type { Packet } from "../../trace/packet.ts";
import { Switch } from "../../trace/switch.ts";

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 40);

/** Of each host: how many MACs are stated, and of which families an address. */
const hosts = fc.array(fc.record({ macs: fc.integer({ min: 0, max: 2 }), v4: fc.boolean(), v6: fc.boolean() }), {
  minLength: 1,
  maxLength: 5,
});

const macOf = (host: number, which: number): number => 0x02_00_00_00_00_00 + 16 * (host + 1) + which;
const macText = (mac: number): string => mac.toString(16).padStart(12, "0").match(/../g)!.join(":");
/** The box is the last machine, at the port 9; an address that nobody has is the next one's. */
const BOX = 6;

const ipOf = (host: number, family: 4 | 6): Ip =>
  family === 4 ? { family, value: 0x0a_00_00_01 + host } : { family, value: (0x2001_0db8n << 96n) + BigInt(host + 1) };

const addressText = (host: number, family: 4 | 6): string => printIp(ipOf(host, family));

const packet = (inPort: number, ethSrc: number, host: number, family: 4 | 6): Packet => ({
  inPort,
  ethSrc,
  ethDst: 0x02_00_00_00_00_fe,
  ethType: family === 4 ? 0x0800 : 0x86dd,
  ip: { src: ipOf(host, family), dst: ipOf(BOX + 2, family), protocol: 17, dscp: 0, fragment: "no" },
  ports: { src: 4000, dst: 53 },
});

test("what a box forwards as a router leaves with the MAC of its sender, and nothing else is changed", (t) => {
  const seen = { restored: 0, kept: 0 };
  fc.assert(
    fc.property(hosts, (all) => {
      const facts = all.flatMap(({ macs, v4, v6 }, i) => [
        `host_at(h${i}, s1, ${i + 1}).`,
        ...Array.from({ length: macs }, (_, which) => `host_mac(h${i}, ${macText(macOf(i, which))}).`),
        ...(v4 ? [`host_ip(h${i}, ${addressText(i, 4)}).`] : []),
        ...(v6 ? [`host_ip(h${i}, ${addressText(i, 6)}).`] : []),
      ]);
      const box = `host_at(box, s1, 9). host_mac(box, ${macText(macOf(BOX, 0))}). host_ip(box, ${addressText(BOX, 4)}).`;
      const text = `default allow. switch(s1, 1). ${facts.join(" ")} ${box} waypoint(*) = box on rootShare.`;
      const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
      const one = new Switch(tablesAt(policy, NOW, { target: "ovs" }).tables.get("s1")!);
      for (const [i, host] of all.entries())
        for (const family of [4, 6] as const) {
          const isStated = family === 4 ? host.v4 : host.v6;
          const { ethSrc, outputs } = one.run(packet(9, macOf(BOX, 0), i, family));
          if (isStated && host.macs > 0) t.is(ethSrc, macOf(i, 0), `${text}\nh${i} ${family}`);
          else if (isStated) t.true(ethSrc !== undefined && Math.floor(ethSrc / 2 ** 40) === 2, text);
          else t.is(ethSrc, undefined, text);
          if (isStated) t.true(outputs.length > 0, text);
          seen[isStated ? "restored" : "kept"]++;
          // Neither as its sender sends it, nor as a wire gives it back.
          for (const [at, mac] of [
            [i + 1, macOf(i, 0)],
            [9, macOf(i, 0)],
          ] as const)
            t.is(one.run(packet(at, mac, i, family)).ethSrc, undefined, text);
        }
      t.is(one.run(packet(9, macOf(BOX, 0), BOX, 4)).ethSrc, undefined, "its own");
    }),
    { numRuns: RUNS },
  );
  t.true(seen.restored > RUNS && seen.kept > RUNS, JSON.stringify(seen));
});

test("an address of several hosts, or of the box itself, tells of none whose a packet is: with the MAC of a box it is dropped, and told", (t) => {
  const facts = ["a", "b", "c", "box", "ids"]
    .map(
      (name, i) =>
        `host_at(${name}, s1, ${i + 1}). host_mac(${name}, ${macText(macOf(i, 0))}). host_ip(${name}, 10.0.0.${i + 1}).`,
    )
    .join(" ");
  const text = `default allow. switch(s1, 1). ${facts}
    @q waypoint(srcEth=${macText(macOf(0, 0))}) = box on rootShare.
    @r waypoint(srcEth=${macText(macOf(1, 0))}) = box, ids on rootShare.`;
  for (const [more, told, arrives] of [
    ["", undefined, true],
    ["host_ip(b, 10.0.0.1).", "W821", false],
    ["host_ip(box, 10.0.0.1).", "N868", false],
    ["host_at(d, s1, 1). host_mac(d, 00:00:00:00:00:dd). host_ip(d, 10.0.0.1).", "N867", false],
  ] as const) {
    const policy = decide([{ name: "test.pane", text: `${text} ${more}` }], {
      now: NOW,
      load: () => undefined,
      rules: RULES,
    });
    const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
    const { outputs } = new Switch(tables.get("s1")!).run({ ...packet(4, macOf(3, 0), 0, 4), ethDst: macOf(2, 0) });
    const codes = diagnostics.map(({ code }) => code);
    t.is(outputs.length > 0, arrives, more);
    t.true(told === undefined || codes.includes(told), `${more}: ${codes.join(" ")}`);
  }
});
