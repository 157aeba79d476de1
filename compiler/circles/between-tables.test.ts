/**
 * Switches of which some have the tables of one policy and some those of another, as between two applies of one change: a broadcast may
 * go round, and none does where each switch drops everything before any gets the new table (NETWORK, "Sending"). `serve`
 * closes what changes (`break-before-make.test.ts`).
 */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide, tablesAt } from "../compile.ts";
import { send, type Plugged } from "../semantics/frame-judge.ts";
import type { Table } from "../table/entry.ts";

type Tables = ReadonlyMap<string, Table>;

function compiled(text: string): Tables {
  const policy = decide([{ name: "n.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
  const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
  const errors = [...policy.diagnostics, ...diagnostics].filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return tables;
}

/** A network before and after a change, with its cables and hosts as they are plugged. */
interface Change {
  readonly old: string;
  readonly next: string;
  readonly cables: readonly (readonly [string, string])[];
  readonly hosts: readonly (readonly [at: string, mac: bigint, isBox: boolean])[];
}

const RING_FACTS = `default allow. @q waypoint(srcHost=pc, dstHost=srv) = ids on rootShare.
  switch(s1, 1). switch(s2, 2). switch(s3, 3). link(s2, 11, s3, 11, 1Gb). link(s1, 12, s3, 12, 1Gb).
  host_at(pc, s1, 1). host_mac(pc, 02:00:00:00:00:01). host_ip(pc, 10.0.1.2).
  host_at(srv, s3, 1). host_mac(srv, 02:00:00:00:00:02). host_ip(srv, 10.0.2.2).
  host_at(ids, s1, 2). host_mac(ids, 02:00:00:00:00:04). host_ip(ids, 10.0.1.9).`;

const PAIR_FACTS = `default allow. AddUser eve. @q1 waypoint(srcHost=h3) = h2 on rootShare. @q3 waypoint(srcAP=s2:2) = s2 on rootShare.
  switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
  host_at(h1, s2, 1). host_mac(h1, 02:00:00:00:00:02). host_ip(h1, 2001:db8::2).
  host_at(h2, s1, 1). host_mac(h2, 02:00:00:00:00:03). host_ip(h2, 10.0.0.9). host_ip(h2, 2001:db8::3). user_host(eve, h2).
  host_at(h3, s2, 2). host_mac(h3, 02:00:00:00:00:04). host_ip(h3, 2001:db8::4).
  host_at(h4, s2, 3). host_mac(h4, 02:00:00:00:00:05). host_ip(h4, 10.0.0.5). host_ip(h4, 2001:db8::5).
  host_at(h5, s1, 2). host_mac(h5, 02:00:00:00:00:06). host_ip(h5, 10.0.0.6). host_ip(h5, 2001:db8::6).`;

const THREE_FACTS = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3).
  link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 11, 1Gb). link(s1, 12, s3, 12, 1Gb).
  host_at(a, s1, 1). host_mac(a, 02:00:00:00:00:01). host_ip(a, 2001:db8::1).
  host_at(b, s2, 1). host_mac(b, 02:00:00:00:00:02). host_ip(b, 2001:db8::2).
  host_at(c, s3, 1). host_mac(c, 02:00:00:00:00:03). host_ip(c, 2001:db8::3).`;

const RING: Change["cables"] = [
  ["s1:10", "s2:10"],
  ["s2:11", "s3:11"],
  ["s1:12", "s3:12"],
];

const CHANGES: Readonly<Record<string, Change>> = {
  "a link comes back": {
    old: RING_FACTS,
    next: `${RING_FACTS} link(s1, 10, s2, 10, 1Gb).`,
    cables: RING,
    hosts: [
      ["s1:1", 0x020000000001n, false],
      ["s3:1", 0x020000000002n, false],
      ["s1:2", 0x020000000004n, true],
    ],
  },
  "an avoid is added where no host is a waypoint": {
    old: THREE_FACTS,
    next: `${THREE_FACTS} @q avoid(srcHost=a) = s2 on rootShare.`,
    cables: RING,
    hosts: [
      ["s1:1", 0x020000000001n, false],
      ["s2:1", 0x020000000002n, false],
      ["s3:1", 0x020000000003n, false],
    ],
  },
  "a waypoint is added": {
    old: PAIR_FACTS,
    next: `${PAIR_FACTS} @q2 waypoint(dstUser=unknown) = s2 on rootShare.`,
    cables: [["s1:10", "s2:10"]],
    hosts: [
      ["s2:1", 0x020000000002n, false],
      ["s1:1", 0x020000000003n, true],
      ["s2:2", 0x020000000004n, false],
      ["s2:3", 0x020000000005n, false],
      ["s1:2", 0x020000000006n, false],
    ],
  },
};

/** Drops all that comes in at any switch: without `link` facts what comes from another switch is judged, too. */
const closed = (text: string): Tables => {
  const switches = [...text.matchAll(/switch\((\w+), (\d+)\)\./g)].map(([all]) => all);
  return compiled(["default deny.", ...switches].join(" "));
};

/** Every mixture of the tables of two policies, each switch with those of one. */
function mixtures(a: Tables, b: Tables): readonly Tables[] {
  const names = [...a.keys()];
  return Array.from(
    { length: 2 ** names.length },
    (_, mask) => new Map(names.map((name, i) => [name, ((mask >> i) & 1 ? b : a).get(name)!])),
  );
}

/** How many mixtures lead a frame to nobody known round, of a type of its own or of IPv6, from any host. */
function circling(some: readonly Tables[], { cables, hosts }: Change): number {
  const joined = new Map(cables.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  const plugged = new Map(
    hosts.map(([at, mac, isMiddlebox]): [string, Plugged] => [at, { name: at, mac, isMiddlebox }]),
  );
  const frames = hosts.flatMap(([at, mac]) =>
    [0xffffffffffffn, 0x333300000001n, 0x020000000099n].flatMap((to) =>
      [
        [["eth_type", 0x88b5n]] as const,
        [
          ["eth_type", 0x86ddn],
          ["ipv6_src", (0x20010db8n << 96n) | (mac & 0xffn)],
          ["ipv6_dst", 0xff020000000000000000000000000001n],
          ["ip_proto", 17n],
          ["ip_dscp", 0n],
          ["udp_src", 4000n],
          ["udp_dst", 53n],
        ] as const,
      ].map((type) => ({ at, frame: new Map<string, bigint>([["eth_src", mac], ["eth_dst", to], ...type]) })),
    ),
  );
  return some.filter((tables) =>
    frames.some(({ at, frame }) =>
      send({ tables, cables: joined, plugged }, frame, at).faults.some((fault) => fault.startsWith("circles")),
    ),
  ).length;
}

for (const [name, change] of Object.entries(CHANGES))
  test(`${name}: where some switches have the old tables and some the new a broadcast goes round, and not by way of tables that drop all`, (t) => {
    const [old, next, none] = [compiled(change.old), compiled(change.next), closed(change.old)];
    t.is(circling([old, next], change), 0);
    t.true(circling(mixtures(old, next), change) > 0);
    t.is(circling([...mixtures(old, none), ...mixtures(none, next)], change), 0);
  });
