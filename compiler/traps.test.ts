/**
 * The known faults of the prototype and of its peers, from the text of a policy to the text of its table. Faults that
 * show without a table are in `admission/traps.test.ts` (time, duplicate shares, `user=`, negative rates, Merlin's
 * dropped constructs). Capirca's joint shadow is tested as sets in `flowgroup/algebra.test.ts`, and as levels in
 * `admission/policies/policies.test.ts`.
 */
import test from "ava";
import { decide, tablesAt } from "./compile.ts";
import { NOW, RULES } from "./admission/testing/networks.ts";
import type { Packet } from "./trace/packet.ts";
import { Switch } from "./trace/switch.ts";
import type { Table } from "./table/entry.ts";
import { toOvs, type TargetName } from "./lowering/index.ts";

/** The only table of a policy, `at` seconds from now. */
function tableOf(text: string, at = 0, target: TargetName = "ovs"): Table {
  const decided = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const faults = decided.diagnostics.filter(({ severity }) => severity === "error");
  if (faults.length > 0) throw new Error(faults.map(({ message }) => message).join("; "));
  return tablesAt(decided, NOW + at, { target }).tables.get("")!;
}

/** Its entries, without cookies. */
const entries = (text: string, at?: number, target?: TargetName): string[] =>
  toOvs(tableOf(text, at, target))
    .split("\n")
    .filter((line) => line.startsWith("cookie="))
    .map((line) => line.replace(/^cookie=\w+,(?:table=0,)?/, ""));

/** A TCP packet between two IPv4 addresses. */
const tcp = (src: number, dst: number, dstPort: number, dscp = 0): Packet => ({
  inPort: 1,
  ethSrc: 1,
  ethDst: 2,
  ethType: 0x0800,
  ip: { src: { family: 4, value: src }, dst: { family: 4, value: dst }, protocol: 6, dscp, fragment: "no" },
  ports: { src: 40_000, dst: dstPort },
});

test("the prototype's fail-open table: the child's deny stands above its allow, and both above the root's deny", (t) => {
  const text = `default allow.
NewShare child for (*) [allow = True, deny = True] on rootShare.
deny(srcHost=10.0.0.0/8) on rootShare.
allow(transport=TCP, dstPort=80, dstHost=10.0.0.0/8) on child.
deny(srcHost=10.0.0.2) on child.
`;
  t.deepEqual(entries(text), [
    "priority=4,dl_type=0x800,nw_src=10.0.0.2 actions=drop",
    "priority=3,dl_type=0x800,nw_proto=6,nw_dst=10.0.0.0/8,tcp_dst=80 actions=NORMAL",
    "priority=2,dl_type=0x800,nw_src=10.0.0.0/8 actions=drop",
    "priority=0 actions=NORMAL",
  ]);
});

test("the prototype's fail-open table: an allow cut around the child's deny lets no denied packet through", (t) => {
  const table = new Switch(
    tableOf(`default allow.
NewShare child for (*) [allow = True, deny = True] on rootShare.
deny(srcHost=10.0.0.0/8) on rootShare.
deny(srcHost=10.0.0.2) on child.
allow(transport=TCP, dstPort=80) partial on child.
`),
  );
  t.is(table.run(tcp(0x0a000002, 0x0a000001, 80)).verdict, "deny");
  t.is(table.run(tcp(0x0a000003, 0x0a000001, 80)).verdict, "allow");
  t.is(table.run(tcp(0x0a000003, 0x0a000001, 81)).verdict, "deny");
  t.is(table.run(tcp(0x0b000003, 0x0a000001, 81)).verdict, "allow");
});

/** What OpenFlow asks of a match (1.3.5, table 11), in the words of `ovs-ofctl`: a field and what must stand beside it. */
const PREREQUISITES: readonly (readonly [RegExp, readonly RegExp[]])[] = [
  [/\b(tcp_src|tcp_dst)=/, [/\bdl_type=0x(800|86dd)\b/, /\bnw_proto=6\b/]],
  [/\b(udp_src|udp_dst)=/, [/\bdl_type=0x(800|86dd)\b/, /\bnw_proto=17\b/]],
  [/\b(sctp_src|sctp_dst)=/, [/\bdl_type=0x(800|86dd)\b/, /\bnw_proto=132\b/]],
  [/\bicmp_(type|code)=/, [/\bdl_type=0x800\b/, /\bnw_proto=1\b/]],
  [/\bicmpv6_(type|code)=/, [/\bdl_type=0x86dd\b/, /\bnw_proto=58\b/]],
  [/\bnw_(proto|tos|ecn)=/, [/\bdl_type=0x(800|86dd)\b/]],
  [/\bnw_(src|dst)=/, [/\bdl_type=0x800\b/]],
  [/\bipv6_(src|dst)=/, [/\bdl_type=0x86dd\b/]],
  [/\btp_(src|dst)=/, [/^never/]],
];

const ported = [
  "allow(dstPort=80) on rootShare.",
  "NewShare s for (dstPort=8000-8100) [allow = True] on rootShare. deny(dstPort=8000-8010) on rootShare. allow(dstPort=8005) on s.",
  "allow(transport=ICMP, icmpType=8, icmpCode=0) on rootShare. allow(dscp=46) on rootShare.",
  "deny(srcHost=cam, srcPort=53) on rootShare. deny(dstHost=web, srcPort!=123) on rootShare.",
  "policy p { allow <= dstPort(P), service(P), srcHost(H), host(H). deny <= dstPort(P), not service(P), srcHost(web). }",
  "policy p ordered { deny <= srcPort in 1-1023, dstPort in {5, 6}. allow <= dstPort in 1-9. }",
];

for (const target of ["ovs", "of13"] as const) {
  test(`Frenetic (384, 463) and Pyretic lost prerequisites: no port without its protocol and family (${target})`, (t) => {
    for (const policy of ported) {
      const found = entries(
        `default deny.
host_ip(web, 10.0.0.1). host_ip(web, 2001:db8::1). host_mac(cam, 00:00:00:00:00:05).
service(80). service(443). host(web). host(cam).
${policy}`,
        0,
        target,
      );
      t.true(
        found.some((line) => /\w+_(?:src|dst|type)=/.test(line)),
        policy,
      );
      for (const line of found) {
        for (const [field, needs] of PREREQUISITES) {
          if (field.test(line)) for (const need of needs) t.regex(line, need);
        }
      }
    }
  });
}

test("Frenetic (312) deleted live rules: an allow that says what the default says is kept above a deny", (t) => {
  const text = `default allow.
NewShare web for (dstHost=10.0.0.1) [allow = True] on rootShare.
deny(dstHost=10.0.0.0/8) on rootShare.
allow(dstHost=10.0.0.1) on web.
`;
  t.deepEqual(entries(text), [
    "priority=3,dl_type=0x800,nw_dst=10.0.0.1 actions=NORMAL",
    "priority=2,dl_type=0x800,nw_dst=10.0.0.0/8 actions=drop",
    "priority=0 actions=NORMAL",
  ]);
});

test("an entry that is shadowed only for a while is kept below the entry that ends first", (t) => {
  const text = `default allow.
NewShare s for (dstHost=10.0.0.0/8) [deny = True] on rootShare.
deny(dstHost=10.0.0.1) on rootShare.
deny(dstHost=10.0.0.0/8) on s to +60s.
`;
  t.deepEqual(entries(text), [
    "hard_timeout=60,priority=4,dl_type=0x800,nw_dst=10.0.0.0/8 actions=drop",
    "priority=2,dl_type=0x800,nw_dst=10.0.0.1 actions=drop",
    "priority=0 actions=NORMAL",
  ]);
  t.deepEqual(entries(text, 60), [
    "priority=2,dl_type=0x800,nw_dst=10.0.0.1 actions=drop",
    "priority=0 actions=NORMAL",
  ]);
});

test("rules that overlap without covering are all live, whatever their order (Pyretic 24, 64)", (t) => {
  const statements = [
    "allow(transport=TCP, dstHost=10.0.0.1) on rootShare.",
    "allow(transport=TCP, dstPort=80) on rootShare.",
    "allow(srcHost=10.0.0.2, dstPort=80, transport=TCP) on rootShare.",
  ];
  const table = entries(`default deny.\n${statements.join("\n")}`);
  t.deepEqual(entries(`default deny.\n${statements.toReversed().join("\n")}`), table);
  for (const match of [
    /nw_dst=10\.0\.0\.1 /,
    /dl_type=0x800,nw_proto=6,tcp_dst=80 /,
    /dl_type=0x86dd,nw_proto=6,tcp_dst=80 /,
  ])
    t.true(
      table.some((line) => match.test(line)),
      String(match),
    );
});

test("capirca's joint shadow: two denied /9 before an allow of their /8 leave it nothing, in the table too", (t) => {
  const table = entries(`default deny.
policy acl ordered {
  deny <= dstHost in 10.0.0.0/9.
  deny <= dstHost in 10.128.0.0/9.
  allow <= dstHost in 10.0.0.0/8.
  allow <= dstHost in 11.0.0.0/8.
}
`);
  const priority = (match: RegExp): number => {
    const line = table.find((one) => match.test(one));
    return line === undefined ? -1 : Number(/priority=(\d+)/.exec(line)![1]);
  };
  const allowed = priority(/nw_dst=10\.0\.0\.0\/8 actions=NORMAL/);
  const denied = priority(/nw_dst=10\.0\.0\.0\/8 actions=drop/);
  const halves = Math.min(
    priority(/nw_dst=10\.0\.0\.0\/9 actions=drop/),
    priority(/nw_dst=10\.128\.0\.0\/9 actions=drop/),
  );
  t.true(Math.max(denied, halves) > allowed);
  t.true(priority(/nw_dst=11\.0\.0\.0\/8 actions=NORMAL/) >= 0);
});

test("Merlin dropped constructs that it parsed: a negation, a length and all members of a set hold in the table", (t) => {
  const table = new Switch(
    tableOf(`default deny.
policy p { allow <= dstHost in {10.1.0.0/16, 10.3.0.0/24}, transport(tcp), dstPort in {22, 80}, not dscp(46). }
`),
  );
  for (const dst of [0x0a010001, 0x0a01ff01, 0x0a030001, 0x0a030101, 0x0a090001]) {
    for (const dstPort of [22, 23, 80]) {
      for (const dscp of [0, 46]) {
        const inside = dst >> 16 === 0x0a01 || dst >> 8 === 0x0a0300;
        const wanted = inside && dstPort !== 23 && dscp !== 46;
        t.is(
          table.run(tcp(0x0a000002, dst, dstPort, dscp)).verdict,
          wanted ? "allow" : "deny",
          `${dst} ${dstPort} ${dscp}`,
        );
      }
    }
  }
});
