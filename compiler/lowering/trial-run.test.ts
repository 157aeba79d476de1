/** Trial runs: packets that shares deny pass and are counted, packets that guards deny are dropped. */
import test from "ava";
import fc from "fast-check";
import type { DerivedRule } from "../derived/rule.ts";
import { addresses, cube } from "../flowgroup/index.ts";
import { directory, packets, rules as someRules } from "../semantics/arbitrary-rules.ts";
import { Switch } from "../trace/switch.ts";
import { lower, toOvs, type LowerContext } from "./index.ts";

const base: LowerContext = { directory, defaults: { verdict: "allow", fragments: "deny" }, target: "ovs", now: 1000 };
const deny = (statement: string, of: DerivedRule["cube"]): DerivedRule => {
  return { statement, stage: "admission", effect: "deny", depth: 0, level: 0, levels: 1, end: Infinity, cube: of };
};

test("in a trial run a deny counts its packets and lets them through", (t) => {
  const rules = [deny("deny", cube({ srcHost: addresses({ family: 4, value: 0x0a000006 }) }))];
  const text = toOvs(lower(rules, { ...base, observe: true }).tables.get("")!);
  t.regex(text, /priority=2,dl_type=0x800,nw_src=10\.0\.0\.6 actions=NORMAL\n/);
});

test("a trial run drops what a guard denies, and a warning says that it is a trial run", (t) => {
  const set = cube({ srcHost: addresses({ family: 4, value: 0x0a000006 }) });
  const rules = [{ ...deny("stop", set), stage: "guard" as const }, deny("deny", set)];
  const context = { ...base, defaults: { ...base.defaults, verdict: "deny" as const }, observe: true };
  const { tables, diagnostics } = lower(rules, context);
  t.regex(toOvs(tables.get("")!), /priority=65534,dl_type=0x800,nw_src=10\.0\.0\.6 actions=drop\n/);
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ["W833"],
  );
  t.deepEqual(lower(rules, { ...context, observe: false }).diagnostics, []);
});

test("in a trial run a limit counts and drops nothing, also a limit that no switch could enforce", (t) => {
  const set = cube({ srcHost: addresses({ family: 4, value: 0x0a000006 }) });
  const limit = { ...deny("slow", set), stage: "limit", effect: "limit", rate: 1e6 } as const;
  const { tables } = lower([limit], { ...base, observe: true });
  t.regex(toOvs(tables.get("")!), /,nw_src=10\.0\.0\.6 actions=NORMAL\n/);
  t.is(tables.get("")!.meters, undefined);
  t.regex(toOvs(lower([limit], base).tables.get("")!), /,nw_src=10\.0\.0\.6 actions=meter:\d+,NORMAL\n/);
});

test("a trial run of random rules lets through all packets but those that guards deny", (t) => {
  const law = fc.property(
    fc.array(someRules, { maxLength: 6 }),
    fc.array(packets, { minLength: 10, maxLength: 10 }),
    (all, sent) => {
      const observed = new Switch(lower(all, { ...base, observe: true }).tables.get("")!);
      const guards = all.filter(({ stage }) => stage === "guard");
      const only = new Switch(lower(guards, base).tables.get("")!);
      for (const packet of sent) t.is(observed.run(packet).verdict, only.run(packet).verdict);
    },
  );
  fc.assert(law, { numRuns: 100 });
});
