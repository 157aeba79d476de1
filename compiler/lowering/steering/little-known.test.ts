/**
 * Waypoints and avoids whose flows say little of an end: no `dstUser`, or a port of which no fact says who stands there.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Judged } from "../../semantics/frame-judge.ts";

const MACS = { a: 0x020000000001n, b: 0x020000000002n, c: 0x020000000003n };

/** Three switches in a row, a at s1:1, b at s2:1 and c at s1:2, each with its MAC and address. */
const ROW = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). AddUser U.
  link(s1, 20, s2, 21, 1Gb). link(s2, 20, s3, 21, 1Gb).
  host_ip(a, 10.0.0.1). host_mac(a, 02:00:00:00:00:01). host_at(a, s1, 1).
  host_ip(b, 10.0.0.2). host_mac(b, 02:00:00:00:00:02). host_at(b, s2, 1).
  host_ip(c, 10.0.0.3). host_mac(c, 02:00:00:00:00:03). host_at(c, s1, 2).`;

function compiled(statements: string) {
  const sources = [{ name: "test.pane", text: `${ROW}\n${statements}` }];
  return tablesAt(decide(sources, { now: NOW, load: () => undefined, rules: RULES }), NOW, { target: "ovs" });
}

function sends(statements: string, frame: ReadonlyMap<string, bigint>, from = "s1:1"): Judged {
  const { tables } = compiled(statements);
  const plugged = new Map(
    (
      [
        ["s1:1", "a", 1n],
        ["s2:1", "b", 2n],
        ["s1:2", "c", 3n],
      ] as const
    ).map(([at, name, last]) => [at, { name, mac: MACS[name], ip: 0x0a000000n + last, isMiddlebox: false }]),
  );
  const cables = new Map(
    [
      ["s1:20", "s2:21"],
      ["s2:20", "s3:21"],
    ].flatMap(
      ([a, b]) =>
        [
          [a!, b!],
          [b!, a!],
        ] as const,
    ),
  );
  return send({ tables, cables, plugged }, frame, from);
}

/** An answer by ARP, a frame of no known type, or IP, of one host to another. */
function frame(from: keyof typeof MACS, to: keyof typeof MACS, type: bigint): ReadonlyMap<string, bigint> {
  const [sender, target] = [MACS[from], MACS[to]].map((mac) => 0x0a000000n + (mac & 0xffn)) as [bigint, bigint];
  const head = [
    ["eth_src", MACS[from]],
    ["eth_dst", MACS[to]],
    ["eth_type", type],
  ] as const;
  const arp = [
    ["arp_op", 2n],
    ["arp_sha", MACS[from]],
    ["arp_tha", MACS[to]],
  ] as const;
  if (type === 0x0806n) return new Map([...head, ...arp, ["arp_spa", sender], ["arp_tpa", target]]);
  const ip = [
    ["ipv4_src", sender],
    ["ipv4_dst", target],
    ["ip_proto", 17n],
    ["udp_src", 5n],
    ["udp_dst", 5n],
  ] as const;
  return new Map<string, bigint>(type === 0x0800n ? [...head, ...ip] : head);
}

for (const [name, type] of [
  ["IP", 0x0800n],
  ["ARP", 0x0806n],
  ["what is neither", 0x88b5n],
] as const)
  test(`${name} of no dstUser passes the waypoint of all flows but those of one dstUser`, (t) => {
    const { faults, arrivals, crossed } = sends(
      `@q waypoint((*) except (dstUser=U)) = s3 on rootShare.`,
      frame("a", "b", type),
    );
    t.deepEqual([faults, arrivals.map(({ at }) => at), crossed.has("s3")], [[], ["s2:1"], true]);
  });

for (const statement of [`@q waypoint(dstAP=s2:9) = s3 on rootShare.`, `@q avoid(dstAP=s2:9) = s2 on rootShare.`])
  test(`to a known host nothing is led out at a port of which nothing is known: ${statement}`, (t) => {
    for (const type of [0x0800n, 0x88b5n])
      for (const [to, at] of [
        ["b", "s2:1"],
        ["c", "s1:2"],
      ] as const) {
        const judged = sends(statement, frame("a", to, type));
        t.deepEqual([judged.faults, judged.arrivals.map((one) => one.at)], [[], [at]], `${to} ${type}`);
      }
  });

/** A port where nobody is known, one of a link, and one of a switch that no fact names. */
for (const port of ["s2:9", "s2:20", "s9:1"])
  for (const does of [
    "waypoint(dstAP=PORT) = s3",
    "avoid(dstAP=PORT) = s2",
    "waypoint(srcHost=a, dstAP=PORT) = s3, s2",
  ]) {
    const statement = `@q ${does.replace("PORT", port)} on rootShare.`;
    test(`nothing is held by a port where no host is known, and that is told: ${statement}`, (t) => {
      const { tables, diagnostics } = compiled(statement);
      const told = diagnostics.map(({ code, message }) => `${code} ${message}`);
      t.deepEqual(
        told.filter((one) => !one.startsWith("W276")),
        [`W859 no fact says who stands at \`${port}\`, so \`q\` holds nothing that leaves there`],
      );
      const without = new Map([...compiled("").tables].map(([name, { entries }]) => [name, entries.length]));
      t.deepEqual(new Map([...tables].map(([name, { entries }]) => [name, entries.length])), without);
      const toAll = new Map(frame("a", "b", 0x88b5n)).set("eth_dst", 0xffffffffffffn);
      const toNobody = new Map(frame("a", "b", 0x0800n)).set("eth_dst", 0x020000000063n);
      for (const one of [toAll, toNobody]) {
        const { faults, arrivals } = sends(statement, one);
        t.deepEqual([faults, arrivals.map(({ at }) => at).toSorted()], [[], ["s1:2", "s2:1"]]);
      }
    });
  }

test("beside the port of a host one where nobody is known holds nothing", (t) => {
  const statement = "@q waypoint(dstAP={s2:1, s2:9}) = s3 on rootShare.";
  const toAll = new Map(frame("a", "b", 0x0806n)).set("eth_dst", 0xffffffffffffn);
  t.deepEqual(
    sends(statement, toAll)
      .arrivals.map(({ at }) => at)
      .toSorted(),
    ["s1:2", "s2:1"],
  );
  t.true(sends(statement, frame("a", "b", 0x0800n)).crossed.has("s3"));
  t.deepEqual(
    compiled(statement)
      .diagnostics.filter(({ code }) => code === "W859")
      .map(({ help }) => help),
    [
      "a frame shows whom it is for, and not where it leaves; state `host_at(HOST, s2, 9)`, and the `host_mac` of that host",
    ],
  );
});

test("what comes in where nothing is known takes no flood of others along", (t) => {
  const statement = `@q waypoint(transport=UDP, srcAP=s1:9) = s2 on rootShare.`;
  const flood = new Map(frame("a", "b", 0x0800n)).set("eth_dst", 0xffffffffffffn).set("ipv4_dst", 0xffffffffn);
  const { faults, arrivals } = sends(statement, flood);
  t.deepEqual([faults, arrivals.map(({ at }) => at).toSorted()], [[], ["s1:2", "s2:1"]]);
});
