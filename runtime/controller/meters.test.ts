/** Meters on a switch in memory: which are ours, in which order they change, and which changes are taken back. */
import test from "ava";
import fc from "fast-check";
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Entry, Meter, Table } from "../../compiler/table/entry.ts";
import { exact, sortEntries } from "../../compiler/table/match.ts";
import { toFlowMod } from "../openflow/index.ts";
import { apply, type ApplyResult } from "./index.ts";
import { fromWireMeter, planMeters, toWireMeter, type WireMeter } from "./meters.ts";
import { FakeSwitch, reported, type Behaviour } from "./testing/switch.ts";
import { besidesDatabase } from "./testing/results.ts";

const meterOf = (meter: number, rate = 1_000_000): Meter => ({ meter, rate, burst: rate, statement: `limit ${meter}` });
const entryOf = ({ meter, statement }: Meter): Entry => ({
  table: 1,
  priority: 5,
  match: [exact("in_port", meter)],
  hardTimeout: 0,
  idleTimeout: 0,
  cookie: cookieOf(statement),
  instructions: [{ kind: "meter", meter }],
});
const tableOf = (meters: readonly Meter[]): Table => ({ entries: sortEntries(meters.map(entryOf)), meters });
const held = (meters: readonly Meter[]): Behaviour => ({
  meters: meters.map(toWireMeter),
  flows: meters.map((meter) => reported(toFlowMod("add", entryOf(meter), 0))),
});
const sorted = (meters: readonly WireMeter[]): readonly WireMeter[] => meters.toSorted((a, b) => a.meter - b.meter);
const words = (result: ApplyResult): readonly string[] =>
  besidesDatabase(result).map(({ code, message }) => `${code} ${message.replaceAll(/`unix:[^`]*`/g, "SWITCH")}`);

test("a meter's rate is rounded up to kb/s, so that the whole limit passes", (t) => {
  t.deepEqual(toWireMeter({ meter: 3, rate: 1_000_001, burst: 1, statement: "a" }), {
    flags: 13,
    meter: 3,
    bands: [{ kind: "drop", rate: 1001, burst: 1 }],
  });
});

test("a meter that is sent is read back as the same", (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(4_000_000), fc.nat(4_000_000), (meter, rate, burst) => {
      const sent: Meter = { meter, rate: rate * 1000, burst: burst * 1000, statement: "" };
      t.deepEqual(fromWireMeter(toWireMeter(sent)), sent);
    }),
  );
});

const meters = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 3 })), { selector: ([id]) => id })
  .map((all) => all.toSorted(([a], [b]) => a - b).map(([id, rate]) => meterOf(id, rate * 1_000_000)));

for (const bundles of [true, false]) {
  test(`any meters become any others, ${bundles ? "in a bundle" : "stage by stage"}; a refusal changes none`, async (t) => {
    await fc.assert(
      fc.asyncProperty(meters, meters, fc.boolean(), async (old, next, refuse) => {
        const bad = entryOf({ ...meterOf(1), statement: "bad" });
        const fake = new FakeSwitch({
          ...held(old),
          bundles,
          refuse: ({ cookie, command }) => (command === "add" && cookie === bad.cookie ? [5, 1] : undefined),
        });
        const before = sorted(fake.meters);
        const desired = tableOf(next);
        const entries = refuse
          ? sortEntries([...desired.entries, { ...bad, table: 2, instructions: [] }])
          : desired.entries;
        const result = await apply(await fake.start(t), { ...desired, entries });
        t.is(result.outcome, refuse ? "failed" : "applied", words(result).join());
        t.deepEqual(sorted(fake.meters), refuse ? before : next.map(toWireMeter));
        t.is(fake.flows.length, refuse ? old.length : next.length);
      }),
      { numRuns: 40, seed: 23 },
    );
  });
}

test("new meters are sent first, then entries, then higher rates and the removal of unused meters", async (t) => {
  const fake = new FakeSwitch(held([meterOf(1), meterOf(2)]));
  const result = await apply(await fake.start(t), tableOf([meterOf(2, 5_000_000), meterOf(3)]));
  t.like(result, { meters: { added: 1, changed: 1, removed: 1 } });
  const order = fake.heard.filter((name) => /meter_mod|commit/.test(name));
  t.deepEqual(order, ["meter_mod", "commit_request", "meter_mod", "meter_mod"]);
  t.deepEqual(words(await apply(await fake.start(t), tableOf([meterOf(2, 5_000_000), meterOf(3)]))), []);
});

test("where a switch has no meter left, the error names the limit", async (t) => {
  const fake = new FakeSwitch({ ...held([meterOf(1)]), meterLimit: 2 });
  const result = await apply(await fake.start(t), tableOf([meterOf(1, 9_000_000), meterOf(2), meterOf(3)]));
  t.deepEqual(words(result), [
    "E956 the switch SWITCH refuses `limit 3`: it has no meter left (OFPMMFC_OUT_OF_METERS)",
  ]);
  t.like(result, { state: "unchanged" });
  t.deepEqual(fake.meters, [toWireMeter(meterOf(1))]);
});

test("a switch without meters takes tables without limits", async (t) => {
  const fake = new FakeSwitch({ meterLimit: 0 });
  t.is(
    (await apply(await fake.start(t), { entries: [{ ...entryOf(meterOf(1)), instructions: [] }] })).outcome,
    "applied",
  );
});

test("a meter is ours if only our entries use it or our record has it", (t) => {
  const user = (cookie: bigint, meter: number) => ({ cookie, instructions: [{ kind: "meter", meter } as const] });
  const ours = cookieOf("ours");
  const view = {
    target: "s1",
    held: [1, 2, 3, 4, 5].map((meter) => toWireMeter(meterOf(meter))),
    flows: [user(ours, 1), user(7n, 2), user(ours, 3), user(7n, 3)],
    recorded: new Set([4]),
    unsettled: new Set<number>(),
  };
  const removed = (takeOver: boolean, desired: Table): readonly (number | undefined)[] =>
    planMeters({ ...view, takeOver }, desired).last.map((change) => ("old" in change ? change.old.meter : undefined));
  t.deepEqual(removed(false, { entries: [] }), [1, 4], "only ours use 1; 4 is written down");
  t.deepEqual(removed(true, { entries: [] }), [1, 4, 5], "2 and 3 are in use by others");
  t.deepEqual(removed(false, tableOf([meterOf(1)])), [4]);
  t.deepEqual(removed(false, { entries: [entryOf(meterOf(4))] }), [1], "an entry that we want uses 4");
  const refused = planMeters({ ...view, takeOver: false }, tableOf([meterOf(3), meterOf(5)])).refused;
  t.deepEqual(
    refused.map(({ message }) => message),
    ["on the switch `s1` entries that are not ours use the meter 3, which `limit 3` needs"],
  );
});

test("a rate is lowered before the entries change and raised after, whichever statement it belongs to", (t) => {
  const [slow, fast] = [meterOf(1, 1_000_000), { ...meterOf(1, 9_000_000), statement: "another" }];
  const plan = (old: Meter, next: Meter) => {
    const flows = [{ cookie: cookieOf(old.statement), instructions: [{ kind: "meter", meter: 1 } as const] }];
    const held = [toWireMeter(old)];
    const none = new Set<number>();
    const view = { target: "s1", held, flows, recorded: none, unsettled: none, takeOver: false };
    const { first, last } = planMeters(view, tableOf([next]));
    return [first, last].map((all) => all.map((change) => ("next" in change ? change.next : undefined)));
  };
  t.deepEqual(plan(slow, fast), [[], [toWireMeter(fast)]]);
  t.deepEqual(plan(fast, slow), [[toWireMeter(slow)], []]);
  t.deepEqual(plan(slow, { ...fast, statement: slow.statement }), [[], [toWireMeter(fast)]]);
});
