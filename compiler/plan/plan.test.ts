/** The laws of diff: its plan makes the new table, sends nothing needless, and opens nothing on the way. */
import test from "ava";
import fc from "fast-check";
import { directory, packets, rules } from "../semantics/arbitrary-rules.ts";
import type { Table } from "../table/entry.ts";
import { lower, toOvs, type LowerContext } from "../lowering/index.ts";
import { Switch } from "../trace/switch.ts";
import { tableOf } from "../table/testing/table-of.ts";
import { applyPlan, diff, END_TOLERANCE } from "./index.ts";

const base: LowerContext = { directory, defaults: { verdict: "allow", fragments: "deny" }, target: "ovs", now: 0 };
/** Two sets of rules that have some in common. */
const some = fc.array(rules, { maxLength: 4 });
const pairs = fc.tuple(some, some, some).map(
  ([both, a, b]) =>
    [
      [...both, ...a],
      [...both, ...b],
    ] as const,
);
const contexts = fc.record({
  target: fc.constantFrom("ovs" as const, "of13" as const),
  defaults: fc.record({
    verdict: fc.constantFrom("allow" as const, "deny" as const),
    fragments: fc.constant("deny" as const),
  }),
  keep: fc.constantFrom([], ["Reserve" as const, "Forward" as const]),
});

/** Without cookies, which a diff leaves alone. */
const bare = (table: Table): string => toOvs(table).replaceAll(/cookie=\w+,/g, "");

test("the plan between two tables makes one into the other: apply(diff(a, b), a) = b", (t) => {
  const law = fc.property(pairs, contexts, ([a, b], chosen) => {
    const [old, next] = [a, b].map((each) => lower(each, { ...base, ...chosen }).tables.get("")!);
    t.is(bare(applyPlan(diff(old!, next!), old!)), bare(next!));
    t.deepEqual(diff(next!, next!), { stages: [] });
  });
  fc.assert(law, { numRuns: 150 });
});

test("no stage lets through what both tables deny, in any order inside the stage", (t) => {
  let checked = 0;
  const law = fc.property(
    pairs,
    contexts,
    fc.array(packets, { minLength: 12, maxLength: 12 }),
    fc.infiniteStream(fc.nat()),
    ([a, b], chosen, sent, noise) => {
      const [old, next] = [a, b].map((each) => lower(each, { ...base, ...chosen }).tables.get("")!);
      const [before, after] = [new Switch(old!), new Switch(next!)];
      const denied = sent.filter(
        (packet) => before.run(packet).verdict === "deny" && after.run(packet).verdict === "deny",
      );
      if (denied.length === 0) return;
      let table = old!;
      const { stages } = diff(old!, next!);
      const every = Math.ceil(stages.flat().length / 10);
      for (const stage of stages) {
        const shuffled = stage.map((mod) => ({ mod, at: noise.next().value! })).sort((x, y) => x.at - y.at);
        for (let from = 0; from < shuffled.length; from += every) {
          const mods = shuffled.slice(from, from + every).map(({ mod }) => mod);
          table = applyPlan({ stages: [mods] }, table);
          const device = new Switch(table);
          checked += denied.length;
          if (denied.some((packet) => device.run(packet).verdict === "allow")) throw new Error(toOvs(table));
        }
      }
    },
  );
  fc.assert(law, { numRuns: 500 });
  t.true(checked > 1000);
});

const dropping = (timeout: number, cookie = 1): Table =>
  tableOf(
    `cookie=0x61a200000000000${cookie},table=0,hard_timeout=${timeout},priority=2,ip,nw_src=10.0.0.1 actions=drop`,
  );
const kinds = (...[old, next, clocks]: Parameters<typeof diff>): string[] =>
  diff(old, next, clocks)
    .stages.flat()
    .map(({ kind }) => kind);

test("a changed cookie alone sends nothing, and a changed end sends the entry again", (t) => {
  t.deepEqual(kinds(dropping(0), dropping(0, 2)), []);
  t.deepEqual(kinds(dropping(60), dropping(60, 2)), []);
  for (const [old, next] of [
    [60, 90],
    [90, 60],
    [0, 60],
    [60, 0],
  ] as const) {
    t.deepEqual(kinds(dropping(old), dropping(next)), ["timeout"], `${old} → ${next}`);
  }
});

test("the same end seen later, or read from a switch, is no change", (t) => {
  t.deepEqual(kinds(dropping(600), dropping(500), { later: 100 }), []);
  t.deepEqual(kinds(dropping(600), dropping(600), { later: 100 }), ["timeout"]);
  // The end was too far away for a timeout, and is no longer.
  t.deepEqual(kinds(dropping(0), dropping(64_000), { later: 5_000 }), ["timeout"]);
  t.deepEqual(kinds(dropping(600), dropping(597), { tolerance: END_TOLERANCE }), []);
  t.deepEqual(kinds(dropping(600), dropping(590), { tolerance: END_TOLERANCE }), ["timeout"]);
  t.deepEqual(kinds(dropping(2), dropping(0), { tolerance: END_TOLERANCE }), ["timeout"]);
  const timed = tableOf(toOvs(dropping(60)).replace("hard_timeout", "idle_timeout"));
  t.deepEqual(kinds(timed, dropping(0)), ["timeout"]);
});

test("ends that move need no curtain", (t) => {
  const old = tableOf("table=0,hard_timeout=60,priority=3,ip actions=goto_table:1");
  const next = tableOf("table=0,hard_timeout=90,priority=3,ip actions=goto_table:1");
  t.deepEqual(kinds(old, next), ["timeout"]);
  t.is(toOvs(applyPlan(diff(old, next), old)), toOvs(next));
});

test("a plan adds denies first, then allows, and deletes last", (t) => {
  const old = tableOf(
    "table=0,priority=3,ip,nw_src=10.0.0.1 actions=NORMAL\ntable=0,priority=2,ip,nw_src=10.0.0.2 actions=drop",
  );
  const next = tableOf(
    "table=0,priority=2,ip,nw_src=10.0.0.3 actions=drop\ntable=0,priority=3,ip,nw_src=10.0.0.4 actions=NORMAL",
  );
  const stages = diff(old, next).stages.map((stage) =>
    stage.map((mod) => `${mod.kind} ${toOvs({ entries: [mod.entry] }).slice(19, -1)}`),
  );
  t.deepEqual(stages, [
    ["add priority=2,dl_type=0x800,nw_src=10.0.0.3 actions=drop"],
    ["add priority=3,dl_type=0x800,nw_src=10.0.0.4 actions=NORMAL"],
    ["delete priority=3,dl_type=0x800,nw_src=10.0.0.1 actions=NORMAL"],
    ["delete priority=2,dl_type=0x800,nw_src=10.0.0.2 actions=drop"],
  ]);
});

test("a conjunction's member that gains and loses clauses at once keeps both while the verdicts change", (t) => {
  const member = "table=0,priority=3,ip,nw_src=10.0.0.1 actions=";
  const verdict = (id: number): string => `\ntable=0,priority=3,conj_id=${id},ip actions=NORMAL`;
  const old = tableOf(`${member}conjunction(1,1/2),conjunction(2,1/2)${verdict(1)}${verdict(2)}`);
  const next = tableOf(`${member}conjunction(2,1/2),conjunction(3,1/2)${verdict(2)}${verdict(3)}`);
  const stages = diff(old, next).stages.map((stage) =>
    toOvs({ entries: [stage[0]!.entry] })
      .replace(/.*actions=/, "")
      .trim(),
  );
  t.deepEqual(stages, [
    "conjunction(1,1/2),conjunction(2,1/2),conjunction(3,1/2)",
    "NORMAL",
    "NORMAL",
    "conjunction(2,1/2),conjunction(3,1/2)",
  ]);
});

test("a conjunction that gets other members, as when its users move, changes behind a curtain", (t) => {
  const members = (a: number, b: number): string =>
    `table=0,priority=3,ip,nw_src=10.0.0.${a} actions=conjunction(1,1/2)\n` +
    `table=0,priority=3,ip,nw_dst=10.0.0.${b} actions=conjunction(1,2/2)\n`;
  const verdict = "table=0,priority=3,conj_id=1,ip actions=NORMAL";
  // Members of both would let 10.0.0.1 reach 10.0.0.4, which neither table does.
  const plan = diff(tableOf(members(1, 2) + verdict), tableOf(members(3, 4) + verdict));
  t.is(plan.interrupts, "everything");
});
