/**
 * Exceptions above wider verdicts: the tables decide every packet as the rules do, however rules with holes come and go
 * around each other, and a live table is the batch's.
 */
import test from "ava";
import fc from "fast-check";
import { addresses, cube, numbers, setDifference, type FieldSet } from "../flowgroup/index.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { directory, packets } from "../semantics/arbitrary-rules.ts";
import { verdictOfRules } from "../semantics/table-reference.ts";
import { systemCookie } from "../table/cookie.ts";
import { Switch } from "../trace/switch.ts";
import { LiveTable, lower, toOvs, type LowerContext } from "./index.ts";
import { lived, lives } from "./testing/lives.ts";

const base: LowerContext = { directory, defaults: { verdict: "deny", fragments: "deny" }, target: "ovs", now: 0 };
const contexts = fc.record({
  target: fc.constantFrom("ovs" as const, "of13" as const),
  defaults: fc.record({
    verdict: fc.constantFrom("allow" as const, "deny" as const),
    fragments: fc.constantFrom("deny" as const, "deny" as const, "allow" as const),
  }),
});

const at = (last: number) => ({ family: 4 as const, value: 0x0a000000 + last });
const six = (last: number) => ({ family: 6 as const, value: (0x2001_0db8n << 96n) + BigInt(last) });

/** Blocks around the addresses of packets (0 to 9) but some of these, in either family or both; or what has no hole. */
const holey: fc.Arbitrary<FieldSet> = fc
  .record({
    up: fc.integer({ min: 1, max: 8 }),
    but: fc.subarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { maxLength: 2 }),
    families: fc.constantFrom("4" as const, "4" as const, "6" as const, "both" as const),
  })
  .filter(({ up, but }) => up > 1 || but.length === 0)
  .map(({ up, but, families }) => {
    const four = [{ address: at(0), length: 32 - up }];
    const both = [
      ...(families === "6" ? [] : four),
      ...(families === "4" ? [] : [{ address: six(0), length: 128 - up }]),
    ];
    const all = addresses(...(both as [(typeof both)[0]]));
    const [first, ...rest] = but.flatMap((last) => [at(last), six(last)]);
    return (first === undefined ? all : setDifference(all, addresses(first, ...rest))) ?? all;
  });
const host = fc.integer({ min: 0, max: 9 }).map((last) => addresses(at(last)));
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.oneof(fc.constant(undefined), one);

const rules: fc.Arbitrary<DerivedRule> = fc
  .record({
    name: fc.integer({ min: 0, max: 9 }),
    effect: fc.constantFrom("allow" as const, "allow" as const, "deny" as const),
    depth: fc.constantFrom(0, 0, 0, 1, 2),
    levels: fc.constantFrom(1, 1, 1, 2),
    end: fc.constantFrom(Infinity, Infinity, Infinity, 100),
    srcHost: maybe(holey),
    dstHost: maybe(fc.oneof(holey, host)),
    transport: maybe(fc.constantFrom(numbers("transport", 6), numbers("transport", 17))),
    dstPort: maybe(fc.constantFrom(numbers("dstPort", 80), numbers("dstPort", 22))),
  })
  .map(({ name, srcHost, dstHost, transport, dstPort, levels, ...rule }) => {
    const sets = Object.entries({ srcHost, dstHost, transport, dstPort }).filter(([, set]) => set !== undefined);
    const of = cube(Object.fromEntries(sets));
    return { ...rule, statement: `r${name}`, stage: "admission", level: 0, levels, cube: of };
  });
const many = fc.array(packets, { minLength: 30, maxLength: 30 });

/** Without a fragment field a fragment looks like port 0, and so does a packet to it: that is not compared. */
const isClear = ({ ip, ports }: { ip?: { fragment: string }; ports?: { src: number; dst: number } }): boolean =>
  ip?.fragment === "no" && ports?.src !== 0 && ports?.dst !== 0;

test("with exceptions a table decides every packet as the rules do", (t) => {
  let compared = 0;
  let excepted = 0;
  const law = fc.property(fc.array(rules, { minLength: 1, maxLength: 4 }), many, contexts, (some, sent, chosen) => {
    const lowered = lower(some, { ...base, ...chosen });
    const table = lowered.tables.get("")!;
    if (table.entries.some(({ cookie, priority }) => cookie === systemCookie("default") && priority > 0)) excepted++;
    const device = new Switch(table);
    for (const packet of sent) {
      if (chosen.target === "of13" && !isClear(packet)) continue;
      const expected = verdictOfRules(some, packet, directory, chosen.defaults);
      const { verdict } = device.run(packet);
      if (verdict !== expected)
        throw new Error(`${expected} expected: ${JSON.stringify(packet, text)}\n${toOvs(table)}`);
      compared++;
    }
  });
  fc.assert(law, { numRuns: RUNS });
  t.true(compared > 10 * RUNS);
  t.true(excepted > RUNS / 20, `${excepted} tables with exceptions`);
});

const RUNS = Number(process.env.GLAZIER_RUNS ?? 400);
const text = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}n` : value);

test("whatever comes and goes around exceptions, a live table is the batch's", (t) => {
  const law = fc.property(lives(rules), contexts, (steps, chosen) => {
    const context = { ...base, ...chosen };
    const live = new LiveTable(context);
    for (const { change, standing } of lived(steps)) {
      live.apply(change);
      t.is(toOvs(live.tables().get("")!), toOvs(lower(standing, context).tables.get("")!));
    }
  });
  fc.assert(law, { numRuns: RUNS / 2 });
});

const block = (low: number, bits: number) => ({ address: { family: 4 as const, value: low }, length: 32 - bits });
const net = (low: number, bits: number, ...but: readonly ReturnType<typeof block>[]): FieldSet => {
  const [first, ...rest] = but;
  const all = addresses(block(low, bits));
  return first === undefined ? all : setDifference(all, addresses(first, ...rest))!;
};
const allow = (statement: string, sets: Parameters<typeof cube>[0], more: Partial<DerivedRule> = {}): DerivedRule => {
  const rank = { depth: 0, level: 0, levels: 1, end: Infinity };
  return { statement, stage: "admission", effect: "allow", ...rank, cube: cube(sets), ...more };
};
const TEN = 0x0a000000;

/** The entries as a switch shows them, without the miss. */
function lines(some: readonly DerivedRule[], context: Partial<LowerContext> = {}): readonly string[] {
  const shown = toOvs(lower(some, { ...base, ...context }).tables.get("")!)
    .trimEnd()
    .split("\n");
  return shown.map((line) => line.replace(/cookie=(\w+),table=/, "")).filter((line) => !line.includes("priority=0 "));
}

test("a block but one host is the block, and the host above it", (t) => {
  const one = allow("a", { srcHost: net(TEN, 24, block(TEN + 1, 0)) });
  t.deepEqual(lines([one]), [
    "0,priority=2,dl_type=0x800,nw_src=10.0.0.1 actions=drop",
    "0,priority=1,dl_type=0x800,nw_src=10.0.0.0/8 actions=NORMAL",
  ]);
});

test("what another rule says of the whole hole is the exception, and nothing where it says the same", (t) => {
  const holed = allow("a", {
    srcHost: net(TEN, 24, block(TEN + 256, 8)),
    dstPort: numbers("dstPort", 80),
    transport: numbers("transport", 6),
  });
  const same = allow("b", { srcHost: net(TEN, 24) });
  const other = allow("c", { dstHost: net(TEN, 24) }, { effect: "deny" });
  t.false(lines([holed, same]).some((line) => line.includes("drop")));
  t.true(lines([holed, other]).some((line) => line.includes("actions=drop")));
});

test("where allows reach into a hole, the rule and its exception stand below them", (t) => {
  const some = [allow("a", { srcHost: net(TEN, 16, block(TEN + 256, 8)) }), allow("b", { dstHost: net(TEN, 8) })];
  t.deepEqual(lines(some), [
    "0,priority=3,dl_type=0x800,nw_dst=10.0.0.0/24 actions=NORMAL",
    "0,priority=2,dl_type=0x800,nw_src=10.0.1.0/24 actions=drop",
    "0,priority=1,dl_type=0x800,nw_src=10.0.0.0/16 actions=NORMAL",
  ]);
});

test("a rule that ends, or in a cascade, has no exceptions", (t) => {
  const holed = { srcHost: net(TEN, 24, block(TEN + 1, 0)) };
  for (const more of [{ end: 100 }, { levels: 2 }])
    t.false(lines([allow("a", holed, more)]).some((line) => line.includes("priority=2") && line.includes("drop")));
});

test("a thousand blocks with a hole each are three entries each, and a hole that moves is two changes", (t) => {
  const policyOf = (n: number, hole: number): DerivedRule =>
    allow(`k${n}`, { srcHost: net(TEN, 16, block(TEN + 256 * hole, 8)), dstHost: addresses(at(n)) });
  const all = Array.from({ length: 1000 }, (_, n) => policyOf(n, 1 + (n % 200)));
  const live = new LiveTable(base);
  live.load(all);
  t.true(live.tables().get("")!.entries.length <= 3 * all.length);
  const plan = live.apply({ added: [policyOf(7, 201)], removed: [all[7]!] }).get("")!;
  t.is(plan.stages.flat().length, 2);
});
