/** Fragments show no ports: a restriction holds those that could be of its flows, a permission holds none. */
import test from "ava";
import fc from "fast-check";
import { addresses, cube, numbers, type Cube } from "../../flowgroup/index.ts";
import type { Ip } from "../../net/index.ts";
import { directoryOf, TRIANGLE } from "../../paths/testing/networks.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { runTable } from "../../trace/switch.ts";
import type { Entry } from "../../table/entry.ts";
import type { Packet } from "../../trace/packet.ts";
import { fragmentPriority, LIMITS } from "./fragments.ts";
import { LiveTable, lower, toOvs, type LowerContext } from "../index.ts";
import { HIGHEST } from "../pipeline/priority.ts";

const ip = (value: number): Ip => ({ family: 4, value });
const host = (last: number, prefix = 32): Cube["sets"][number] =>
  addresses({ address: ip(0x0a000000 + last), length: prefix });
const udp = { ethType: numbers("ethType", 0x0800), transport: numbers("transport", 17) };
const port = (of: number, last = 1, prefix = 32): Cube =>
  cube({ ...udp, srcHost: host(last, prefix), dstPort: numbers("dstPort", of) });
const context: LowerContext = {
  directory: directoryOf({ switches: ["s1"] }),
  defaults: { verdict: "allow", fragments: "deny" },
  target: "ovs",
  now: 0,
};

function rule(statement: string, effect: DerivedRule["effect"], of: Cube, rate = 1e6): DerivedRule {
  const stage = effect === "allow" || effect === "deny" ? "admission" : effect;
  return { statement, stage, effect, depth: 0, level: 0, levels: 1, end: Infinity, cube: of, rate, nodes: ["s1"] };
}

/** Whether entries match ports that are both 0, as a packet without ports reads. */
const showsNoPorts = ({ match }: Entry): boolean =>
  ["_src", "_dst"].every((end) =>
    match.some(({ field, value }) => /^(tcp|udp|sctp)/.test(field) && field.endsWith(end) && value === 0n),
  );

const frame = (fragment: "no" | "later", last = 1): Packet => ({
  inPort: 1,
  ethSrc: 1,
  ethDst: 2,
  ethType: 0x0800,
  ip: { src: ip(0x0a000000 + last), dst: ip(2), protocol: 17, dscp: 0, fragment },
  ...(fragment === "no" && { ports: { src: 1, dst: 5004 } }),
});

/** The rates of the meters that a packet passes. */
function rates(rules: readonly DerivedRule[], packet: Packet, of: Partial<LowerContext> = {}): readonly number[] {
  const table = lower(rules, { ...context, ...of }).tables.get("s1")!;
  return runTable(table, packet).meters.map((number) => table.meters!.find(({ meter }) => meter === number)!.rate);
}

test("a limit by ports holds the fragments that could be of its flows, a reservation none", (t) => {
  const calls = [rule("calls", "limit", port(5004)), rule("queue", "reserve", port(5004))];
  t.deepEqual(rates(calls, frame("no")), [1e6]);
  t.deepEqual(rates(calls, frame("later")), [1e6]);
  t.deepEqual(rates(calls, frame("later", 9)), []);
  const table = lower(calls, context).tables.get("s1")!;
  t.is(runTable(table, frame("no")).queue, table.queues![0]!.queue);
  t.is(runTable(table, frame("later")).queue, undefined);
  const passing = { defaults: { verdict: "allow", fragments: "allow" } } as const;
  t.deepEqual(rates(calls, frame("later"), passing), []);
});

test("a later fragment over IPv6 hides its transport: every deny that could hold it does, and no allow", (t) => {
  const v6 = (last: bigint): Ip => ({ family: 6, value: (0x2001_0db8n << 96n) + last });
  const fragment = (protocol: number, of: "first" | "later" = "later"): Packet => ({
    inPort: 1,
    ethSrc: 1,
    ethDst: 2,
    ethType: 0x86dd,
    ip: { src: v6(1n), dst: v6(2n), protocol, dscp: 0, fragment: of },
  });
  const here = { srcHost: addresses(v6(1n)), ethType: numbers("ethType", 0x86dd) };
  const of = (transport: number | readonly [number, number], more: Parameters<typeof cube>[0] = {}): Cube =>
    cube({ ...here, transport: numbers("transport", transport), ...more });
  const verdict = (effect: "allow" | "deny", what: Cube, packet: Packet): string => {
    const defaults = { verdict: effect === "allow" ? "deny" : "allow", fragments: "deny" } as const;
    const { tables, diagnostics } = lower([rule("r", effect, what)], { ...context, defaults });
    t.deepEqual(diagnostics, []);
    return runTable(tables.get("s1")!, packet).verdict;
  };
  const web = of(6, { dstPort: numbers("dstPort", 443) });
  const ping = of(1, { icmpType: numbers("icmpType", 128) });
  for (const what of [web, ping, of(17), of([47, 50])]) {
    t.is(verdict("deny", what, fragment(17)), "deny");
    t.is(verdict("allow", what, fragment(17)), "deny");
  }
  t.is(verdict("deny", of(17), fragment(6, "first")), "allow", "the first one shows its transport");
  // An allow of everything, or of the number that such a fragment shows, holds it; a range around the number does not.
  t.is(verdict("allow", cube(here), fragment(17)), "allow");
  t.is(verdict("allow", of(44), fragment(17)), "allow");
  t.is(verdict("allow", of([18, 255]), fragment(17)), "deny");
  const v4 = lower([rule("r", "deny", port(443))], context).tables.get("s1")!;
  t.false(toOvs(v4).includes("nw_proto=44"), "nothing of it where there is no IPv6");
  const all = Array.from({ length: 100 }, (_, i) =>
    rule(`r${i}`, "deny", of(6, { dstPort: numbers("dstPort", i + 1) })),
  );
  const { entries } = lower(all, context).tables.get("s1")!;
  t.is(entries.length, 100 + 3, "one entry for the later fragments of all, one for the first ones, and the default");
});

test("a later fragment over IPv6 passes the slowest limit of a transport, and each limit without one", (t) => {
  const later: Packet = {
    inPort: 1,
    ethSrc: 1,
    ethDst: 2,
    ethType: 0x86dd,
    ip: { src: { family: 6, value: 1n }, dst: { family: 6, value: 2n }, protocol: 17, dscp: 0, fragment: "later" },
  };
  const some = [
    rule("udp", "limit", cube({ transport: numbers("transport", 17) }), 5e6),
    rule("tcp", "limit", cube({ transport: numbers("transport", 6) }), 2e6),
    rule("all", "limit", cube({ ethType: numbers("ethType", 0x86dd) }), 9e6),
  ];
  t.deepEqual(rates(some, later), [9e6, 2e6]);
});

test("of limits by port a fragment passes the lowest, and each limit without ports too", (t) => {
  const some = [
    rule("web", "limit", port(80), 8e6),
    rule("calls", "limit", port(5004, 0, 24), 2e6),
    rule("games", "limit", port(3074, 0, 16), 9e6),
    rule("all", "limit", cube({ ...udp, srcHost: host(0, 8) }), 1e6),
  ];
  t.deepEqual(rates(some, frame("later")), [2e6, 1e6]);
  t.deepEqual(rates(some.toReversed(), frame("later")), [2e6, 1e6]);
  t.deepEqual(rates(some, frame("later", 0x1ff)), [9e6, 1e6]);
});

test("ten thousand limits that differ by their port need one table, and one entry for their fragments", (t) => {
  const some = Array.from({ length: 10_000 }, (_, i) => rule(`limit ${i}`, "limit", port(i + 1), 1e6 + (i % 7)));
  const { tables, diagnostics } = lower(some, context);
  const { entries } = tables.get("s1")!;
  t.deepEqual(diagnostics, []);
  t.is(new Set(entries.map(({ table }) => table)).size, 2);
  t.is(entries.filter(showsNoPorts).length, 1);
});

test("a limit that ends leaves its fragments to the limit that stays", (t) => {
  const low = { ...rule("low", "limit", port(80), 1e6), end: 100 };
  const some = [low, rule("high", "limit", port(443), 5e6)];
  const { entries } = lower(some, context).tables.get("s1")!;
  const shown = toOvs({ entries: entries.filter(showsNoPorts) });
  t.is(shown.trimEnd().split("\n").length, 2, shown);
  t.deepEqual(rates(some, frame("later")), [1e6]);
  t.deepEqual(rates(some.slice(1), frame("later")), [5e6]);
});

test("the table of limits depends on their set alone, in any order and after changes", (t) => {
  const limits = fc
    .record({
      port: fc.integer({ min: 1, max: 3 }),
      host: fc.constantFrom([1, 32], [0, 24], [2, 32]),
      rate: fc.constantFrom(1e6, 1e6 + 1, 4e6),
      end: fc.constantFrom(Infinity, 100),
      statement: fc.constantFrom("a", "b", "c", "d"),
    })
    .map(({ port: of, host: [last, prefix], rate, end, statement }) => ({
      ...rule(statement, "limit", port(of, last, prefix), rate),
      end,
    }));
  const law = fc.property(fc.array(limits, { maxLength: 6 }), fc.array(limits, { maxLength: 3 }), (some, others) => {
    const live = new LiveTable(context);
    live.load(others);
    live.apply({ added: some, removed: [] });
    live.apply({ added: [], removed: others });
    const keys = new Set(others.map((one) => JSON.stringify(one)));
    const left = some.filter((one) => !keys.has(JSON.stringify(one)));
    t.is(toOvs(live.tables().get("s1")!), toOvs(lower(left.toReversed(), context).tables.get("s1")!));
  });
  fc.assert(law, { numRuns: 150 });
});

test("a lower rate has a higher priority, within the priorities of a switch", (t) => {
  const law = fc.property(
    fc.double({ min: 1, max: 2 ** 46, noNaN: true }),
    fc.double({ min: 1, max: 100, noNaN: true }),
    (a, by) => {
      const [low, high] = [Math.floor(a), Math.floor(a * by)];
      t.true(fragmentPriority(low) >= fragmentPriority(high));
      if (high > low * 1.002 + 1) t.true(fragmentPriority(low) > fragmentPriority(high));
      for (const rate of [low, high]) t.true(fragmentPriority(rate) > LIMITS && fragmentPriority(rate) <= HIGHEST);
    },
  );
  fc.assert(law);
});

test("where fragments of ICMP read as answers to a ping, restrictions by ICMP type warn that these pass", (t) => {
  const types = { transport: numbers("transport", 1), icmpType: numbers("icmpType", 8) };
  const ping = cube(types);
  const of = { ...context, directory: directoryOf(TRIANGLE) };
  const rules = [
    rule("pings", "limit", cube({ ...types, srcHost: host(1) })),
    rule("no", "deny", ping),
    rule("yes", "allow", ping),
    rule("web", "deny", port(80)),
  ];
  const warned = (target: "ovs" | "of13", some: readonly DerivedRule[]): readonly string[] =>
    lower(some, { ...of, target }).diagnostics.flatMap(({ code, message }) => (code === "W824" ? [message] : []));
  t.deepEqual(warned("ovs", rules), []);
  t.deepEqual(warned("of13", rules), [
    "fragments of what `no` holds pass this deny by: `of13` cannot tell them from answers to a ping",
    "fragments of what `pings` holds pass this limit by: `of13` cannot tell them from answers to a ping",
  ]);
  t.deepEqual(
    lower(rules, { ...of, target: "of13", defaults: { verdict: "allow", fragments: "allow" } }).diagnostics.filter(
      ({ code }) => code === "W824",
    ),
    [],
  );
});
