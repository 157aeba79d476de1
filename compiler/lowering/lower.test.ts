/** Lowering as an operator reads it: rules in, `ovs-ofctl` lines out. Cookies are left out of the lines. */
import test, { type ExecutionContext } from "ava";
import { addresses, cube, names, numbers } from "../flowgroup/index.ts";
import { complement, negation } from "../flowgroup/sets.ts";
import { parseIp, parsePrefix, type Ip } from "../net/index.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { directory, twoSwitches } from "../semantics/arbitrary-rules.ts";
import { LiveTable, lower, toOvs, type LowerContext } from "./index.ts";

const base: LowerContext = { directory, defaults: { verdict: "allow", fragments: "deny" }, target: "ovs", now: 1000 };

function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
}

function block(text: string): { address: Ip; length: number } {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
}

const rule = (
  statement: string,
  effect: "allow" | "deny",
  of: DerivedRule["cube"],
  more: Partial<DerivedRule> = {},
): DerivedRule => {
  return { statement, stage: "admission", effect, depth: 0, level: 0, levels: 1, end: Infinity, cube: of, ...more };
};

function lines(
  t: ExecutionContext,
  rules: readonly DerivedRule[],
  context: Partial<LowerContext> = {},
  switchName = "",
): string[] {
  const { tables, diagnostics } = lower(rules, { ...base, ...context });
  t.deepEqual(
    diagnostics.filter(({ severity }) => severity === "error"),
    [],
  );
  const text = toOvs(tables.get(switchName)!);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/cookie=\w+,table=/, ""));
}

const messages = (rules: readonly DerivedRule[], context: Partial<LowerContext> = {}): string[] =>
  lower(rules, { ...base, ...context }).diagnostics.map(({ code, message }) => `${code} ${message}`);

const web = { transport: numbers("transport", 6), dstPort: numbers("dstPort", 80) };

test("each cube is an entry, and the default is the last one", (t) => {
  const rules = [
    rule("no telnet", "deny", cube({ srcHost: addresses(ip("10.0.0.2")) })),
    rule("but to bob", "allow", cube({ srcHost: addresses(ip("10.0.0.2")), dstHost: addresses(ip("10.0.0.4")) }), {
      depth: 1,
    }),
  ];
  t.deepEqual(lines(t, rules), [
    "0,priority=3,dl_type=0x800,nw_src=10.0.0.2,nw_dst=10.0.0.4 actions=NORMAL",
    "0,priority=2,dl_type=0x800,nw_src=10.0.0.2 actions=drop",
    "0,priority=0 actions=NORMAL",
  ]);
  t.deepEqual(lines(t, [], { defaults: { verdict: "deny", fragments: "deny" } }), ["0,priority=0 actions=drop"]);
});

test("the prototype's fail-open table: a share's deny stands above its own allow, and both above the root's deny", (t) => {
  const rules = [
    rule("root", "deny", cube({})),
    rule("share deny", "deny", cube({ srcHost: addresses(ip("10.0.0.2")) }), { depth: 1 }),
    rule("share allow", "allow", cube({ ...web, ethType: numbers("ethType", 0x0800) }), { depth: 1 }),
  ];
  t.deepEqual(lines(t, rules), [
    "0,priority=4,dl_type=0x800,nw_src=10.0.0.2 actions=drop",
    "0,priority=3,dl_type=0x800,nw_proto=6,tcp_dst=80 actions=NORMAL",
    "0,priority=2 actions=drop",
    "0,priority=0 actions=NORMAL",
  ]);
});

test("levels of a cascade refine the priority inside a share, and move nothing above it", (t) => {
  const rules = [
    rule("first", "allow", cube({ srcHost: addresses(ip("10.0.0.2")) }), { level: 0, levels: 3 }),
    rule("last", "deny", cube({ dstHost: addresses(ip("10.0.0.4")) }), { level: 2, levels: 3 }),
    rule("below", "allow", cube({ dstHost: addresses(ip("10.0.0.5")) }), { depth: 1 }),
  ];
  t.deepEqual(lines(t, rules), [
    "0,priority=7,dl_type=0x800,nw_dst=10.0.0.5 actions=NORMAL",
    "0,priority=5,dl_type=0x800,nw_src=10.0.0.2 actions=NORMAL",
    "0,priority=2,dl_type=0x800,nw_dst=10.0.0.4 actions=drop",
    "0,priority=0 actions=NORMAL",
  ]);
});

test("a guard's entry stands above everything that shares decide, and moves no other entry", (t) => {
  const rules = [
    rule("stop", "deny", cube({ srcHost: addresses(ip("10.0.0.6")) }), { stage: "guard" }),
    rule("go", "allow", cube({ srcHost: addresses(block("10.0.0.0/8")) }), { depth: 2 }),
  ];
  t.deepEqual(lines(t, rules), [
    "0,priority=65534,dl_type=0x800,nw_src=10.0.0.6 actions=drop",
    "0,priority=5,dl_type=0x800,nw_src=10.0.0.0/8 actions=NORMAL",
    "0,priority=0 actions=NORMAL",
  ]);
  const live = new LiveTable(base);
  live.apply({ added: rules.slice(1), removed: [] });
  const plan = live.apply({ added: rules.slice(0, 1), removed: [] });
  t.deepEqual(
    [...plan.values()].flatMap(({ stages }) => stages.flat().map(({ kind }) => kind)),
    ["add"],
  );
});

test("a user is matched by the addresses that the directory gives: none, several, or MACs", (t) => {
  const of = (user: string, effect: "allow" | "deny" = "deny"): string[] =>
    lines(t, [rule("r", effect, cube({ user: names(user) }))]).slice(0, -1);
  t.deepEqual(of("zoe"), []);
  t.deepEqual(of("carol"), ["0,priority=2,dl_type=0x800,nw_src=10.0.0.4 actions=drop"]);
  t.deepEqual(of("carol", "allow"), []);
  t.deepEqual(of("bob"), [
    "0,priority=2,dl_type=0x800,nw_src=10.0.0.2/31 actions=drop",
    "0,priority=2,dl_type=0x86dd,ipv6_src=2001:db8::3 actions=drop",
  ]);
  t.deepEqual(of("eve"), ["0,priority=2,dl_src=00:00:00:00:00:05 actions=drop"]);
});

test("a port without a transport is that port on TCP, UDP and SCTP, and its deny drops fragments too", (t) => {
  const all = lines(t, [rule("r", "deny", cube({ dstPort: numbers("dstPort", 22) }))]);
  t.true(all.includes("0,priority=2,dl_type=0x800,nw_proto=17,udp_src=0,udp_dst=0 actions=drop"));
  t.is(all.length, 14);
  t.is(lines(t, [rule("r", "allow", cube({ dstPort: numbers("dstPort", 22) }))]).length, 7);
  const lenient = { defaults: { verdict: "allow" as const, fragments: "allow" as const } };
  t.is(lines(t, [rule("r", "deny", cube({ dstPort: numbers("dstPort", 22) }))], lenient).length, 7);
});

test("ranges take the fewest masks; ICMP is 1 over IPv4 and 58 over IPv6; VLAN ids carry their presence bit", (t) => {
  const high = cube({
    transport: numbers("transport", 17),
    dstPort: numbers("dstPort", [1024, 65_535]),
    ethType: numbers("ethType", 0x0800),
  });
  t.is(lines(t, [rule("r", "allow", high)]).length, 6 + 1);
  t.deepEqual(lines(t, [rule("r", "allow", cube({ transport: numbers("transport", 1) }))]).slice(0, 2), [
    "0,priority=1,dl_type=0x800,nw_proto=1 actions=NORMAL",
    "0,priority=1,dl_type=0x86dd,nw_proto=58 actions=NORMAL",
  ]);
  t.is(
    lines(t, [rule("r", "deny", cube({ vlan: numbers("vlan", 5) }))])[0],
    "0,priority=2,vlan_vid=0x1005 actions=drop",
  );
  const untagged = complement("vlan", numbers("vlan", [0, 4095]));
  t.is(lines(t, [rule("r", "deny", cube({ vlan: untagged }))])[0], "0,priority=2,vlan_vid=0x0 actions=drop");
});

test("everything except one host is an entry and an exception above it, or a tag; and not a cover", (t) => {
  const others = cube({ srcHost: complement("srcHost", addresses(ip("10.0.0.2"))) });
  t.deepEqual(lines(t, [rule("r", "deny", others)]), [
    "0,priority=3,dl_type=0x800,nw_src=10.0.0.2 actions=NORMAL",
    "0,priority=2 actions=drop",
    "0,priority=0 actions=NORMAL",
  ]);
  t.deepEqual(lines(t, [rule("r", "deny", others, { end: 70_000 })]), [
    "0,priority=33,dl_type=0x800,nw_src=10.0.0.2 actions=write_metadata:0x1/0x1,goto_table:1",
    "0,priority=0 actions=goto_table:1",
    "1,priority=2,metadata=0x0/0x1 actions=drop",
    "1,priority=0 actions=NORMAL",
  ]);
});

test("the complement of a thousand addresses costs a thousand entries on both targets, not twenty thousand", (t) => {
  const thousand = Array.from({ length: 1000 }, (_, i): Ip => ({ family: 4, value: (i * 2_654_435_761) % 2 ** 32 }));
  const rest = negation("dstHost", addresses(...(thousand as [Ip, ...Ip[]])))!;
  for (const target of ["ovs", "of13"] as const) {
    const { tables, diagnostics } = lower([rule("guests", "deny", cube({ dstHost: rest }))], { ...base, target });
    t.deepEqual(diagnostics, []);
    t.is(tables.get("")!.entries.length, 1000 + 4);
  }
});

/** Twenty scattered hosts of a tenant. */
const hosts = (tenant: number): Ip[] =>
  Array.from({ length: 20 }, (_, i): Ip => ({ family: 4, value: 0x0a000000 + tenant * 256 + 7 * i + 3 }));

test("fifty tenants of twenty hosts, isolated unless peered, cost n + m entries on both targets", (t) => {
  const rules = Array.from({ length: 50 }, (_, a) => {
    const others = Array.from({ length: 50 }, (_unused, b) => b).filter((b) => Math.abs(a - b) > 1);
    const [from, to] = [hosts(a), others.flatMap(hosts)] as [[Ip, ...Ip[]], [Ip, ...Ip[]]];
    return rule(`isolate ${a}`, "deny", cube({ srcHost: addresses(...from), dstHost: addresses(...to) }));
  });
  for (const target of ["ovs", "of13"] as const) {
    const { tables, diagnostics } = lower(rules, { ...base, target });
    t.deepEqual(diagnostics, []);
    t.true(tables.get("")!.entries.length <= 1000 + 1000 + 50 + 3);
  }
});

test("320 overlapping requests, half by source and half by destination, are 321 entries", (t) => {
  const rules = Array.from({ length: 320 }, (_, i) => {
    const field = i % 2 === 0 ? "srcHost" : "dstHost";
    return rule(
      `r${i}`,
      i % 2 === 0 ? "deny" : "allow",
      cube({ [field]: addresses({ family: 4, value: 0x0a000000 + i }) }),
      { depth: i % 2 },
    );
  });
  t.is(lines(t, rules).length, 321);
});

test("a blow-up is refused with its estimate, a long list is not", (t) => {
  const scattered = (field: "srcPort" | "dstPort"): ReturnType<typeof numbers> => {
    return numbers(field, ...(Array.from({ length: 100 }, (_, i) => 3 * i + 1) as [number, ...number[]]));
  };
  const ports = cube({
    transport: numbers("transport", 6),
    ethType: numbers("ethType", 0x0800),
    srcPort: scattered("srcPort"),
    dstPort: scattered("dstPort"),
  });
  t.deepEqual(messages([rule("r", "allow", ports)], { target: "of13" }), [
    "E801 this would need about 10,000 entries (limit 4,096): 100 × 100 alternatives",
  ]);
  t.deepEqual(messages([rule("r", "allow", ports)], { target: "ovs" }), []);
  t.deepEqual(messages([rule("r", "allow", ports)], { target: "of13", limit: 10_000 }), []);
});

test("a rule that needs paths or connection tracking is refused with its reason", (t) => {
  t.deepEqual(messages([rule("r", "deny", cube({ dstAP: names("s1:1") }))]), [
    "E811 `dstAP` is where flows leave, and no packet shows that where they enter and verdicts act",
  ]);
  t.deepEqual(messages([rule("r", "deny", cube({ direction: numbers("direction", 1) }))], { target: "of13" }), [
    "E812 `direction` needs connection tracking, which the target `of13` does not offer",
  ]);
  t.deepEqual(messages([rule("r", "deny", cube({ direction: numbers("direction", 1) }))], { directory: twoSwitches }), [
    "E815 `direction` needs one switch that sees both directions: here are 2, and each tracks connections alone",
  ]);
  t.deepEqual(messages([rule("r", "deny", cube({ srcAP: names("s1:uplink") }))], { directory: twoSwitches }), [
    "E813 port `uplink` of switch `s1` is a name: switches match port numbers",
  ]);
});

test("priorities that do not fit are a diagnostic", (t) => {
  t.deepEqual(messages([rule("r", "deny", cube({}), { levels: 40_000 })]), [
    "E901 priority 80000 is needed, but OpenFlow has 65533: 1 depths with 40000 cascade levels",
  ]);
});

test("a rule for an access point stands on its switch only", (t) => {
  const rules = [rule("r", "deny", cube({ srcAP: names("s1:4") }))];
  const on = (name: string): boolean =>
    lines(t, rules, { directory: twoSwitches }, name).some((line) => line.includes("in_port=4 actions=drop"));
  t.true(on("s1"));
  t.false(on("s2"));
});

test("where ports are known, a port takes only its host's addresses, and links are trusted", (t) => {
  t.deepEqual(
    lines(t, [], { directory: twoSwitches }, "s2").filter((line) => line.startsWith("0,")),
    [
      "0,priority=60,in_port=9 actions=goto_table:4",
      "0,priority=58,dl_type=0x806,arp_op=0 actions=drop",
      "0,priority=58,dl_type=0x86dd,nw_proto=58,icmpv6_type=135,icmpv6_code=0,nd_target=:: actions=drop",
      "0,priority=58,dl_type=0x86dd,nw_proto=58,icmpv6_type=136,icmpv6_code=0,nd_target=:: actions=drop",
      "0,priority=49,in_port=2,dl_type=0x800,nw_src=10.0.0.2 actions=goto_table:1",
      "0,priority=49,in_port=2,dl_type=0x806,arp_spa=10.0.0.2 actions=goto_table:1",
      "0,priority=40,dl_type=0x800,nw_src=10.0.0.1 actions=drop",
      "0,priority=40,dl_type=0x800,nw_src=10.0.0.2 actions=drop",
      "0,priority=40,dl_type=0x800,nw_src=10.0.0.6 actions=drop",
      "0,priority=40,dl_type=0x806,arp_spa=10.0.0.1 actions=drop",
      "0,priority=40,dl_type=0x806,arp_spa=10.0.0.2 actions=drop",
      "0,priority=40,dl_type=0x806,arp_spa=10.0.0.6 actions=drop",
      "0,priority=40,dl_type=0x86dd,nw_proto=58,icmpv6_type=136,icmpv6_code=0,nd_target=2001:db8::1 actions=drop",
      "0,priority=40,dl_type=0x86dd,ipv6_src=2001:db8::1 actions=drop",
      "0,priority=34,in_port=2,dl_type=0x800,nw_proto=17,nw_src=0.0.0.0,udp_src=68,udp_dst=67 actions=goto_table:1",
      "0,priority=34,in_port=2,dl_type=0x806,arp_op=1,arp_spa=0.0.0.0,arp_tpa=10.0.0.2 actions=goto_table:1",
      "0,priority=32,dl_type=0x806,arp_spa=0.0.0.0,arp_tpa=10.0.0.1 actions=drop",
      "0,priority=32,dl_type=0x806,arp_spa=0.0.0.0,arp_tpa=10.0.0.2 actions=drop",
      "0,priority=32,dl_type=0x806,arp_spa=0.0.0.0,arp_tpa=10.0.0.6 actions=drop",
      "0,priority=32,dl_type=0x86dd,nw_proto=58,ipv6_src=::,icmpv6_type=135,icmpv6_code=0,nd_target=2001:db8::1 actions=drop",
      "0,priority=30,in_port=2,dl_type=0x800 actions=drop",
      "0,priority=30,in_port=2,dl_type=0x8035 actions=drop",
      "0,priority=30,in_port=2,dl_type=0x806 actions=drop",
      "0,priority=10,dl_src=00:00:00:00:00:01 actions=drop",
      "0,priority=10,dl_src=00:00:00:00:00:06 actions=drop",
      "0,priority=9,dl_type=0x806,arp_sha=00:00:00:00:00:01 actions=drop",
      "0,priority=9,dl_type=0x806,arp_sha=00:00:00:00:00:06 actions=drop",
      "0,priority=9,dl_type=0x86dd,nw_proto=58,icmpv6_type=135,icmpv6_code=0,nd_sll=00:00:00:00:00:01 actions=drop",
      "0,priority=9,dl_type=0x86dd,nw_proto=58,icmpv6_type=135,icmpv6_code=0,nd_sll=00:00:00:00:00:06 actions=drop",
      "0,priority=9,dl_type=0x86dd,nw_proto=58,icmpv6_type=136,icmpv6_code=0,nd_tll=00:00:00:00:00:01 actions=drop",
      "0,priority=9,dl_type=0x86dd,nw_proto=58,icmpv6_type=136,icmpv6_code=0,nd_tll=00:00:00:00:00:06 actions=drop",
      "0,priority=0 actions=goto_table:3",
    ],
  );
});

test("an end becomes a hard timeout where 16 bits hold it, and an entry hides only those that it outlives", (t) => {
  const alice = cube({ srcHost: addresses(ip("10.0.0.1")) });
  t.is(
    lines(t, [rule("r", "deny", alice, { end: 1060 })])[0],
    "0,hard_timeout=60,priority=2,dl_type=0x800,nw_src=10.0.0.1 actions=drop",
  );
  // A deny with a later end has no timeout: it must not go early, and a controller may not be there to renew it.
  t.regex(lines(t, [rule("r", "deny", alice, { end: 66_000 })])[0]!, /hard_timeout=65000,/);
  t.notRegex(lines(t, [rule("r", "deny", alice, { end: 66_001 })])[0]!, /hard_timeout/);
  // An allow that goes early fails safe.
  for (const end of [66_001, 1_000_000])
    t.regex(lines(t, [rule("r", "allow", alice, { end })])[0]!, /hard_timeout=65000,/);
  t.notRegex(lines(t, [rule("r", "allow", alice, { end: Infinity })])[0]!, /hard_timeout/);
  const short = rule("above", "allow", alice, { depth: 1, end: 1060 });
  t.is(lines(t, [short, rule("below", "deny", alice)]).length, 3);
  t.is(lines(t, [{ ...short, end: Infinity }, rule("below", "deny", alice)]).length, 2);
});

test("an entry inside one that stands above it or does the same is dropped, and comes back when that goes", (t) => {
  const wide = rule("wide", "deny", cube({ srcHost: addresses(block("10.0.0.0/24")) }), { depth: 1 });
  const narrow = rule("narrow", "allow", cube({ srcHost: addresses(ip("10.0.0.7")), ...web }));
  const same = rule("same", "deny", cube({ srcHost: addresses(block("10.0.0.0/25")) }), { depth: 1 });
  const none = { defaults: { verdict: "deny" as const, fragments: "deny" as const } };
  t.is(lines(t, [wide, narrow, same], none).length, 2);
  t.is(
    lines(
      t,
      [
        { ...wide, end: 1060 },
        { ...narrow, end: 1061 },
      ],
      none,
    ).length,
    3,
  );
  t.is(
    lines(
      t,
      [
        { ...wide, end: 1061 },
        { ...narrow, end: 1060 },
      ],
      none,
    ).length,
    2,
  );
  const live = new LiveTable(base);
  live.load([wide, narrow, same]);
  const plan = live.apply({ added: [], removed: [wide] }).get("")!;
  t.deepEqual(
    plan.stages.flat().map(({ kind }) => kind),
    ["add", "delete"],
  );
});

test("one more rule among many is one flow-mod", (t) => {
  const many = Array.from({ length: 2000 }, (_, i) =>
    rule(`r${i}`, "deny", cube({ srcHost: addresses({ family: 4, value: i }) })),
  );
  const live = new LiveTable(base);
  live.load(many);
  const plans = live.apply({
    added: [rule("one", "allow", cube({ dstHost: addresses(ip("10.0.0.9")) }))],
    removed: [],
  });
  t.is([...plans.values()].flatMap(({ stages }) => stages.flat()).length, 1);
  const back = live.apply({ added: [], removed: [many[7]!] });
  t.deepEqual(
    [...back.values()].flatMap(({ stages }) => stages.flat().map(({ kind }) => kind)),
    ["delete"],
  );
});

test("a set of frames without a field that every frame has gets no entry", (t) => {
  for (const field of ["srcEth", "dstEth", "ethType", "inPort"] as const) {
    const none = { kind: "number", absent: true, ranges: [] } as const;
    t.deepEqual(lines(t, [rule("none", "deny", cube({ [field]: none }))]), ["0,priority=0 actions=NORMAL"], field);
  }
});
