/** The baseline lets a network live under `default deny`, and lets nothing else through. */
import test from "ava";
import { readFileSync } from "node:fs";
import type { Flow } from "#compiler/flowgroup/cube.ts";
import { holds } from "#compiler/flowgroup/index.ts";
import { resolve } from "#compiler/resolve/resolve.ts";
import { parse } from "#compiler/syntax/parse.ts";

const text = `default deny.\n${readFileSync(new URL("baseline.fml", import.meta.url), "utf8")}`;
const source = { name: "baseline.fml", text };
const parsed = parse(source);
const { model, diagnostics } = resolve([{ source, file: parsed.file }], { now: 0, load: () => undefined });
const cubes = model.policies.flatMap((p) => p.rules).flatMap((r) => r.cubes.map((c) => c.cube));

const v4 = { ethType: 0x0800, srcHost: { family: 4, value: 1 }, dstHost: { family: 4, value: 2 } } as const;
const v6 = { ethType: 0x86dd, srcHost: { family: 6, value: 1n }, dstHost: { family: 6, value: 2n } } as const;
const udp = (srcPort: number, dstPort: number): Flow => ({ transport: 17, srcPort, dstPort });
const icmp = (icmpType: number): Flow => ({ transport: 1, icmpType, icmpCode: 0 });

test("the baseline resolves without a diagnostic", (t) => {
  t.deepEqual([...parsed.diagnostics, ...diagnostics], []);
  t.is(model.policies[0]!.rules.length, 9);
});

test("a copy that knows its servers and routers lets no other host answer for them", (t) => {
  const places = "srcAP in {s1:1, s2:1}";
  const copy = text
    .replace(/(@dhcp(?:v6)?-answer .*)\./g, `$1, ${places}.`)
    .replace(
      "icmpType in 133-137.",
      `icmpType in {133, 135, 136}.\n  @routers allow <= ethType(ipv6), icmpType in {134, 137}, ${places}.`,
    );
  const own = { name: "own.fml", text: `${copy}\nswitch(s1, 1). switch(s2, 2).\n` };
  const { model: narrow, diagnostics: found } = resolve([{ source: own, file: parse(own).file }], {
    now: 0,
    load: () => undefined,
  });
  t.deepEqual(found, []);
  const allowed = narrow.policies.flatMap((p) => p.rules).flatMap((r) => r.cubes.map((c) => c.cube));
  const fromServers = ["DHCP offer", "DHCP relay", "DHCPv6 advertise", "router advertisement"];
  for (const [name, flow] of Object.entries(needed)) {
    t.true(holds({ cubes: allowed }, { ...flow, switch: "s2", inPort: 1, srcAP: "s2:1" }), name);
    t.is(
      holds({ cubes: allowed }, { ...flow, switch: "s1", inPort: 7, srcAP: "s1:7" }),
      !fromServers.includes(name),
      name,
    );
  }
});

const needed: Readonly<Record<string, Flow>> = {
  ARP: { ethType: 0x0806 },
  "neighbour solicitation": { ...v6, ...icmp(135) },
  "router advertisement": { ...v6, ...icmp(134) },
  "multicast report": { ...v6, ...icmp(143) },
  "DHCP discover": { ...v4, ...udp(68, 67) },
  "DHCP offer": { ...v4, ...udp(67, 68) },
  "DHCP relay": { ...v4, ...udp(67, 67) },
  "DHCPv6 solicit": { ...v6, ...udp(546, 547) },
  "DHCPv6 advertise": { ...v6, ...udp(547, 546) },
  "fragmentation needed": { ...v4, ...icmp(3) },
  "packet too big": { ...v6, ...icmp(2) },
};
const unneeded: Readonly<Record<string, Flow>> = {
  "echo request": { ...v4, ...icmp(8) },
  "echo request over IPv6": { ...v6, ...icmp(128) },
  "redirect over IPv4": { ...v4, ...icmp(5) },
  "neighbour solicitation's number over IPv4": { ...v4, ...icmp(135) },
  DNS: { ...v4, ...udp(1024, 53) },
  "DHCP ports over TCP": { ...v4, ...udp(68, 67), transport: 6 },
  "DHCP over IPv6": { ...v6, ...udp(68, 67) },
  LLDP: { ethType: 0x88cc },
};

for (const [name, flow] of Object.entries(needed))
  test(`the baseline allows ${name}`, (t) => t.true(holds({ cubes }, flow)));
for (const [name, flow] of Object.entries(unneeded))
  test(`the baseline does not allow ${name}`, (t) => t.false(holds({ cubes }, flow)));
