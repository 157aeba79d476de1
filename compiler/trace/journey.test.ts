/** Tables that steer otherwise than statements ask have faults; those of the compiler have none on random networks. */
import test from "ava";
import { NOW, compileFile, fc, modelOf } from "../admission/testing/networks.ts";
import { explainFlow } from "../explain/index.ts";
import { UserIndex } from "../lowering/encode/user-index.ts";
import { lower } from "../lowering/index.ts";
import { topology } from "../paths/index.ts";
import { factsOf, networks } from "../paths/testing/networks.ts";
import { follow } from "./journey.ts";
import { flowOf, type Packet } from "./packet.ts";

const net = `default allow.
switch(s1, 1). switch(s2, 2). switch(s3, 3).
link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb). link(s1, 11, s3, 11, 1Gb).
host_ip(a, 10.0.0.1). host_mac(a, 00:00:00:00:00:0a). host_at(a, s1, 1).
host_ip(c, 10.0.0.3). host_mac(c, 00:00:00:00:00:0c). host_at(c, s3, 1).
host_ip(ids, 10.0.0.9). host_mac(ids, 00:00:00:00:00:09). host_at(ids, s2, 1).
`;

test("tables that steer otherwise than statements ask have a fault for each difference", (t) => {
  const { directory } = modelOf(net, { trace: false });
  const known = topology(directory);
  const packet: Packet = { inPort: 1, ethSrc: 0x0a, ethDst: 0x0c, ethType: 0x88cc };
  const entering = { packet, switch: "s1", flow: flowOf(packet, new UserIndex(directory), "s1"), chosen: "" };
  const out = (port: number) => ({
    entries: [
      {
        table: 0,
        priority: 0,
        match: [],
        cookie: 0n,
        hardTimeout: 0,
        idleTimeout: 0,
        instructions: [{ kind: "apply", actions: [{ kind: "output", port }] }],
      } as const,
    ],
  });
  const faults = (ports: Record<string, number>, led: { waypoints: string[]; avoid: string[]; lost?: string }) =>
    follow(entering, known, new Map(Object.entries(ports).map(([on, port]) => [on, out(port)])), {
      passes: true,
      led: { by: [], lists: [led.waypoints], ...led },
    })!.faults;
  t.deepEqual(faults({ s1: 10, s2: 11, s3: 1 }, { waypoints: ["s2"], avoid: [] }), []);
  t.deepEqual(faults({ s1: 11, s2: 11, s3: 1 }, { waypoints: ["s2"], avoid: [] }), [
    "it does not pass `s2` in its turn",
  ]);
  t.deepEqual(faults({ s1: 10, s2: 11, s3: 1 }, { waypoints: [], avoid: ["s2"] }), ["it crosses `s2`"]);
  t.deepEqual(faults({ s1: 10, s2: 1, s3: 1 }, { waypoints: [], avoid: [] }), ["it does not come out at s3:1"]);
  t.deepEqual(faults({ s1: 10, s2: 11, s3: 11 }, { waypoints: [], avoid: [] }), [
    "it circles",
    "it does not come out at s3:1",
  ]);
  t.deepEqual(faults({ s1: 11, s2: 1, s3: 1 }, { waypoints: [], avoid: ["s2"], lost: "so it is said" }), [
    "it is dropped, and there is a way",
  ]);
});

/** What becomes of IP from `a` to a MAC and an address, and how the policy leads it. */
function followed(text: string, ethDst: number, last: number) {
  const { model, admission } = compileFile(text);
  const { directory } = model;
  const defaults = { verdict: "allow", fragments: "deny" } as const;
  const { tables } = lower(admission.derived.active(NOW), { directory, defaults, target: "ovs", now: NOW });
  const [src, dst] = [1, last].map((one) => ({ family: 4, value: 0x0a000000 + one }) as const);
  const ip = { src: src!, dst: dst!, protocol: 253, dscp: 0, fragment: "no" } as const;
  const packet: Packet = { inPort: 1, ethSrc: 0x0a, ethDst, ethType: 0x0800, ip };
  const flow = flowOf(packet, new UserIndex(directory), "s1");
  const { led } = explainFlow(admission, flow, NOW);
  const entering = { packet, switch: "s1", flow, chosen: "" };
  return { led, journey: follow(entering, admission.state.topology, tables, { passes: true, led })! };
}

test("a packet for a known host is led by the port where that host stands, whether its MAC is stated or its address alone", (t) => {
  for (const mac of ["host_mac(d, 00:00:00:00:00:0d).", ""]) {
    const text = `${net} host_ip(d, 10.0.0.4). host_at(d, s3, 2). ${mac} @q waypoint(dstAP=s3:2) = ids, s2 on rootShare.`;
    const { led, journey } = followed(text, 0x0d, 4);
    t.deepEqual(led?.waypoints, ["ids", "s2"], mac);
    t.deepEqual([journey.verdict, journey.faults], ["allow", []], mac);
  }
});

test("what is for a waypoint by its address, and would come to it before another, is dropped, as the explanation says", (t) => {
  for (const statements of [
    ["(dstAP=s3:1) = ids", "(srcHost=a) = ids, c"],
    ["(dstEth=00:00:00:00:00:0c) = ids", "(srcHost=a) = ids, c"],
    ["(dstAP=s3:1) = ids, s3"],
    ["(srcHost=a) = ids", "(dstAP=s3:1) = s3"],
  ]) {
    const text = net + statements.map((one, i) => `@q${i} waypoint${one} on rootShare.`).join("\n");
    const { led, journey } = followed(text, 0x0c, 9);
    const why = "its address is that of `ids`, which would keep it before it has passed all waypoints";
    t.deepEqual([led?.lost, journey.verdict, journey.faults], [why, "deny", []], statements.join());
    const whole = followed(text, 0x0c, 3);
    t.deepEqual([whole.led?.lost, whole.journey.verdict, whole.journey.faults], [undefined, "allow", []]);
  }
});

/** Waypoints and avoids of random networks, and packets between any of their hosts. */
const stories = networks
  .filter(({ cables = [] }) => cables.length > 0)
  .chain((drawing) => {
    const hosts = Object.keys(drawing.hosts!);
    const host = fc.nat(hosts.length - 1);
    const node = fc.constantFrom(...drawing.switches, ...hosts);
    const end = (field: string) =>
      fc.option(host, { nil: undefined }).map((n) => (n === undefined ? [] : [`${field}=10.0.0.${n + 1}`]));
    const statement = fc
      .tuple(
        fc.constantFrom("waypoint", "avoid"),
        end("srcHost"),
        end("dstHost"),
        fc.uniqueArray(node, { minLength: 1, maxLength: 2 }),
      )
      .map(
        ([kind, from, to, nodes]) =>
          `${kind}(${[...from, ...to, "vlan=1"].join(", ")}) = ${nodes.join(", ")} on rootShare.`,
      );
    return fc.tuple(fc.constant(drawing), fc.array(statement, { minLength: 1, maxLength: 3 }));
  });

test("on random networks packets go as statements ask, or are dropped as the explanation says", (t) => {
  const counts = { arrived: 0, steered: 0, lost: 0 };
  fc.assert(
    fc.property(stories, fc.boolean(), ([drawing, statements], named) => {
      const macs = Object.keys(drawing.hosts!).flatMap((name, i) =>
        named ? [`host_mac(${name}, 00:00:00:00:01:0${i}).`] : [],
      );
      const text = [factsOf(drawing), ...macs, ...statements].join("\n");
      const { model, admission } = compileFile(text);
      const { directory } = model;
      const defaults = { verdict: "allow", fragments: "deny" } as const;
      const { tables } = lower(admission.derived.active(NOW), { directory, defaults, target: "ovs", now: NOW });
      const hosts = [...topology(directory).hosts.values()];
      const from = [
        ...hosts.map(({ at, addresses, macs: [own = 0x77] }) => ({ at, ip: addresses[0]!, own })),
        { at: { switch: "s1", port: 99 }, ip: STRANGER, own: 0x77 },
      ];
      for (const { at, ip, own } of from) {
        // To every known host, to an address that no host has, and by the MAC of another host.
        const targets = [
          ...hosts.flatMap(({ addresses, macs }) => [
            { dst: addresses[0]!, mac: 0x78 },
            { dst: addresses[0]!, mac: macs[0] ?? 0x78 },
            { dst: NO_HOST, mac: macs[0] ?? 0x78 },
            { dst: addresses[0]!, mac: hosts[0]!.macs[0] ?? 0x78 },
          ]),
          { dst: NO_HOST, mac: 0x78 },
          { dst: BROADCAST, mac: 2 ** 48 - 1 },
        ];
        for (const { dst, mac } of targets) {
          // What a host sends to itself has no path: `trace` says so (trace.test.ts).
          if (dst === ip || mac === own) continue;
          const packet: Packet = {
            inPort: at.port,
            ethSrc: own,
            ethDst: mac,
            vlan: 1,
            ethType: 0x0800,
            ip: { src: ip, dst, protocol: 253, dscp: 0, fragment: "no" },
          };
          const flow = flowOf(packet, new UserIndex(directory), at.switch);
          const { led } = explainFlow(admission, flow, NOW);
          const entering = { packet, switch: at.switch, flow, chosen: "" };
          const passes = led?.lost === undefined;
          const journey = follow(entering, admission.state.topology, tables, { passes, led })!;
          const where = `${JSON.stringify(drawing)} ${statements.join(" ")} ${JSON.stringify({ at, dst, mac })}`;
          t.deepEqual([journey.verdict, journey.faults], [passes ? "allow" : "deny", []], where);
          if (!passes) counts.lost++;
          else if (led) counts.steered++;
          else counts.arrived++;
        }
      }
    }),
    { numRuns: 250, seed: 6, includeErrorInReport: true },
  );
  t.true(
    Object.values(counts).every((count) => count > 50),
    JSON.stringify(counts),
  );
});

const STRANGER = { family: 4, value: 0x0a00_ffff } as const;
const NO_HOST = { family: 4, value: 0x0a00_00ee } as const;
const BROADCAST = { family: 4, value: 0xffff_ffff } as const;
