/** A traced packet goes from switch to switch: by waypoints and back, around what is avoided, or nowhere, with a reason. */
import test, { type ExecutionContext } from "ava";
import { topology } from "#compiler/paths/index.ts";
import { UserIndex } from "#compiler/lowering/encode/directory-sets.ts";
import { flowOf, type Packet } from "#compiler/trace/packet.ts";
import { NOW, compileFile, fc, modelOf } from "#compiler/admission/testing/networks.ts";
import { explainFlow } from "#compiler/explain/index.ts";
import { factsOf, networks } from "#compiler/paths/testing/networks.ts";
import { lower } from "#compiler/lowering/index.ts";
import { follow } from "./journey.ts";
import { folder, glazier } from "../testing.ts";

const net = `default allow.
switch(s1, 1). switch(s2, 2). switch(s3, 3).
link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb). link(s1, 11, s3, 11, 1Gb).
host_ip(a, 10.0.0.1). host_mac(a, 00:00:00:00:00:0a). host_at(a, s1, 1).
host_ip(c, 10.0.0.3). host_mac(c, 00:00:00:00:00:0c). host_at(c, s3, 1).
host_ip(ids, 10.0.0.9). host_mac(ids, 00:00:00:00:00:09). host_at(ids, s2, 1).
`;
const AC = "srcHost=10.0.0.1, dstHost=10.0.0.3";

/** The lines of a trace without the entries. */
async function traced(t: ExecutionContext, text: string, words: string): Promise<readonly string[]> {
  const cwd = folder(t, { "net.pane": net + text });
  const { exit, out, err } = await glazier(cwd, ["trace", words]);
  t.is(exit, 0, err);
  const lines = out
    .slice(out.indexOf("\ntable"))
    .split("\n")
    .map((line) => line.slice(9));
  return lines.filter((line) => line !== "" && !line.includes("cookie="));
}

test("without a word about the way it goes the shortest", async (t) => {
  t.deepEqual(await traced(t, "", `${AC}, transport=TCP`), [
    "allow: it comes out at s3:1, where `c` stands",
    "s1:1, where it enters",
    "  out at s1:11, to s3:11",
    "s3:11",
    "  out at s3:1, where `c` stands",
  ]);
});

test("a waypoint that is a host gets it and sends it on", async (t) => {
  t.deepEqual(await traced(t, `@see waypoint(${AC}) = ids on rootShare.`, `${AC}, transport=TCP`), [
    "allow: it comes out at s3:1, where `c` stands",
    "s1:1, where it enters",
    "  out at s1:10, to s2:10",
    "s2:10",
    "  out at s2:1, where `ids` stands, and back in",
    "s2:1",
    "  out at s2:11, to s3:10",
    "s3:10",
    "  out at s3:1, where `c` stands",
  ]);
});

test("what has no way is dropped where it enters, and `trace` and `explain` say by whom and why", async (t) => {
  const text = `@round avoid(srcHost=10.0.0.1) = s3 on rootShare.`;
  const why =
    "dropped: there is no path from `a` at s1:1 to `c` at s3:1 that avoids `s3` as `round` asks: it would have to cross `s3`";
  t.deepEqual(await traced(t, text, `${AC}, transport=TCP`), [
    "deny: it is dropped at s1",
    "s1:1, where it enters",
    "  dropped",
    why,
  ]);
  const cwd = folder(t, { "net.pane": net + text });
  const { out } = await glazier(cwd, ["explain", `${AC}, transport=TCP`]);
  t.true(out.includes("  led around `s3` by round on rootShare (net.pane:7:1)\n"), out);
  t.true(out.includes(`\n  ${why}\n`), out);
  const json = JSON.parse((await glazier(cwd, ["explain", `${AC}, transport=TCP`, "--json"])).out);
  t.is(json.but, why);
});

test("a whole flowgroup and a statement are told who leads some of them, and what is dropped", async (t) => {
  const cwd = folder(t, { "net.pane": `${net}@round avoid(srcHost=10.0.0.1) = s3 on rootShare.` });
  const why =
    "  some dropped: there is no path from `a` at s1:1 to `c` at s3:1 that avoids `s3` as `round` asks: it would have to cross `s3`";
  t.is(
    (await glazier(cwd, ["explain", "(srcHost=10.0.0.1, transport=TCP)"])).out,
    [
      "(srcHost=10.0.0.1, transport=TCP)",
      "  decided by nothing: the default holds",
      "  some led around `s3` by round on rootShare (net.pane:7:1)",
      why,
      "the default is allow",
      "",
    ].join("\n"),
  );
  const lines = (await glazier(cwd, ["explain", "@round"])).out.split("\n");
  t.true(
    lines.some((line) => line.startsWith("  granted around `s3` for (srcHost=10.0.0.1) from")),
    lines.join("\n"),
  );
  t.true(lines.includes(why));
  const json = JSON.parse((await glazier(cwd, ["explain", "(srcHost=10.0.0.1)", "--json"])).out);
  t.deepEqual(json.parts[0].led.by, ["round"]);
});

test("what goes to nobody known, to everybody or by the MAC of a host behind an avoided switch does not cross it", async (t) => {
  const text = `@round avoid(srcHost=a, transport=UDP) = s3 on rootShare.`;
  for (const to of ["dstHost=10.0.0.77", "dstHost=255.255.255.255, dstEth=ff:ff:ff:ff:ff:ff"]) {
    const lines = await traced(t, text, `srcHost=a, ${to}, transport=UDP`);
    t.is(lines[0], "allow: it comes out at s2:1, where `ids` stands");
    t.false(lines.some((line) => line.startsWith("s3:")));
  }
  const dropped = await traced(t, text, "srcHost=a, dstHost=ids, dstEth=00:00:00:00:00:0c, transport=UDP");
  t.is(dropped[0], "deny: it is dropped at s1");
});

test("what enters where nobody is known is dropped by the statement that leads its flows", async (t) => {
  const lines = await traced(
    t,
    "@see waypoint(dstPort=80) = ids on rootShare.",
    "inPort=7, switch=s1, dstHost=10.0.0.3, transport=TCP, dstPort=80",
  );
  t.is(lines.at(-1), "dropped: `see` prescribes no way from s1:7, where no host is known");
  t.is(lines[0], "deny: it is dropped at s1");
});

test("what a waypoint sends on is not taken for its own, though from there its own has no way", async (t) => {
  const lines = await traced(
    t,
    "@see waypoint(vlan=1) = s2, c on rootShare.",
    "srcHost=10.0.0.1, dstHost=10.0.0.9, vlan=1, transport=TCP",
  );
  t.is(lines[0], "allow: it comes out at s2:1, where `ids` stands");
  t.true(lines.includes("  out at s3:1, where `c` stands, and back in"));
});

test("who is a waypoint before a switch and the goal gets it twice, the second time by being sent back", async (t) => {
  const lines = await traced(
    t,
    "@see waypoint(vlan=1) = c, s3 on rootShare.",
    "srcHost=10.0.0.1, dstHost=10.0.0.3, vlan=1, transport=TCP",
  );
  t.deepEqual(lines.slice(-4), [
    "s3:11",
    "  out at s3:1, where `c` stands, and back in",
    "s3:1",
    "  out at s3:1, where `c` stands",
  ]);
});

test("a waypoint that speaks for somebody who is led there gets no further than that one does", async (t) => {
  const text = `@see waypoint(srcHost=a) = ids on rootShare. @no deny(srcHost=a, dstHost=c, dstPort=22) on rootShare.`;
  const cwd = folder(t, { "net.pane": net + text });
  const traced = async (words: string): Promise<readonly string[]> => {
    const { exit, out, err } = await glazier(cwd, ["trace", `${words}, transport=TCP, switch=s2, inPort=1`]);
    t.is(exit, 0, err);
    const lines = out.split("\n").map((line) => line.slice(9));
    return [...lines.filter((line) => /^(allow|deny)/.test(line)), lines.at(-2)!];
  };
  const told = "judged as what a sent and ids gives back";
  t.deepEqual(await traced("srcHost=a, dstHost=c, dstPort=22"), [
    "deny: denied by deny no on rootShare (net.pane:7:46)",
    "deny: it is dropped at s2",
    told,
  ]);
  t.deepEqual(await traced("srcHost=a, dstHost=c, dstPort=80"), [
    "allow: decided by nothing: the default holds",
    "allow: it comes out at s3:1, where `c` stands",
    told,
  ]);
  t.is((await traced("srcHost=c, dstHost=a, dstPort=80"))[1], "deny: it is dropped at s2");
});

test("of two waypoints the order of both is kept, and who asks for the opposite order is refused", async (t) => {
  const cwd = folder(t, {
    "net.pane": `${net}@W waypoint(${AC}) = ids, s1 on rootShare. @X waypoint(${AC}, transport=TCP) = s1, ids on rootShare.`,
  });
  const { exit, err } = await glazier(cwd, ["check"]);
  t.is(exit, 1);
  t.regex(err, /error\[E707\]: `waypoint` on `rootShare` conflicts with the accepted request `W`/);
  const both = `@a waypoint(${AC}) = s3 on rootShare. @b waypoint(${AC}) = ids, s3 on rootShare.`;
  const lines = await traced(t, both, `${AC}, transport=TCP`);
  t.true(
    lines.indexOf("  out at s2:1, where `ids` stands, and back in") < lines.findIndex((line) => line.startsWith("s3:")),
  );
  t.is(lines[0], "allow: it comes out at s3:1, where `c` stands");
});

test("a denied packet is dropped at the edge", async (t) => {
  t.deepEqual(await traced(t, `@no deny(${AC}) on rootShare.`, `${AC}, transport=TCP`), [
    "deny: it is dropped at s1",
    "s1:1, where it enters",
    "  dropped",
  ]);
});

test("as JSON: every pass, and where it comes out", async (t) => {
  const cwd = folder(t, { "net.pane": `${net}@see waypoint(${AC}) = ids on rootShare.` });
  const { table } = JSON.parse((await glazier(cwd, ["trace", `${AC}, transport=TCP`, "--json"])).out);
  t.deepEqual(
    table.hops.map(({ switch: on, inPort, leaves }: { switch: string; inPort: number; leaves: object[] }) => [
      on,
      inPort,
      leaves,
    ]),
    [
      ["s1", 1, [{ at: "s1:10", to: "s2:10" }]],
      ["s2", 10, [{ at: "s2:1", back: true }]],
      ["s2", 1, [{ at: "s2:11", to: "s3:10" }]],
      ["s3", 10, [{ at: "s3:1" }]],
    ],
  );
  t.deepEqual(table.out, ["s3:1"]);
});

test("tables that lead otherwise than is asked are found out", (t) => {
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
      led: { by: [], ...led },
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

test("on random networks packets go as is asked, or are dropped as is told", (t) => {
  const told = { arrived: 0, led: 0, lost: 0 };
  fc.assert(
    fc.property(stories, fc.boolean(), ([drawing, statements], named) => {
      const macs = Object.keys(drawing.hosts!).flatMap((name, i) =>
        named ? [`host_mac(${name}, 00:00:00:00:01:0${i}).`] : [],
      );
      const text = [factsOf(drawing), ...macs, ...statements].join("\n");
      const { model, admission } = compileFile(text);
      const { directory } = model;
      const defaults = { verdict: "allow", fragments: "deny" } as const;
      const { tables } = lower(admission.active(NOW), { directory, defaults, target: "ovs", now: NOW });
      const hosts = [...topology(directory).hosts.values()];
      const from = [
        ...hosts.map(({ at, addresses, macs: [own = 0x77] }) => ({ at, ip: addresses[0]!, own })),
        { at: { switch: "s1", port: 99 }, ip: STRANGER, own: 0x77 },
      ];
      for (const { at, ip, own } of from) {
        // To everybody whom somebody knows, to an address that nobody has, and by the MAC of somebody else.
        const targets = [
          ...hosts.flatMap(({ addresses, macs }) => [
            { dst: addresses[0]!, mac: 0x78 },
            { dst: addresses[0]!, mac: macs[0] ?? 0x78 },
            { dst: NOBODY, mac: macs[0] ?? 0x78 },
            { dst: addresses[0]!, mac: hosts[0]!.macs[0] ?? 0x78 },
          ]),
          { dst: NOBODY, mac: 0x78 },
          { dst: BROADCAST, mac: 2 ** 48 - 1 },
        ];
        for (const { dst, mac } of targets) {
          if (dst === ip) continue;
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
          if (!passes) told.lost++;
          else if (led) told.led++;
          else told.arrived++;
        }
      }
    }),
    { numRuns: 250, seed: 6, includeErrorInReport: true },
  );
  t.true(
    Object.values(told).every((count) => count > 50),
    JSON.stringify(told),
  );
});

const STRANGER = { family: 4, value: 0x0a00_ffff } as const;
const NOBODY = { family: 4, value: 0x0a00_00ee } as const;
const BROADCAST = { family: 4, value: 0xffff_ffff } as const;
