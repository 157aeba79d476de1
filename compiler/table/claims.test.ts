/** Limits and reservations: the table = the naive reading of them, live = batch, and numbers that stay where they are. */
import test from "ava";
import fc from "fast-check";
import type { DerivedRule } from "../program/derived.ts";
import { Switch } from "../semantics/switch.ts";
import { Allotment } from "./allotment.ts";
import { claims, directory, packets, rules, twoSwitches } from "./arbitrary.ts";
import { LiveTable, lower, toOvs, type LowerContext, type TargetName } from "./index.ts";
import { limitsOf, reservationOf, verdictOf } from "./oracle.ts";

const targets: readonly TargetName[] = ["ovs", "ovs-userspace", "of13"];
const defaults = { verdict: "allow", fragments: "deny" } as const;
const base: LowerContext = { directory, defaults, target: "ovs", now: 0 };
const sets = fc.tuple(fc.array(rules, { maxLength: 2 }), fc.array(claims, { maxLength: 7 })).map((both) => both.flat());

test("a packet that is let through passes every limit that holds it, and has the largest reservation's queue", (t) => {
  const seen = { limits: 0, several: 0, queues: 0 };
  const law = fc.property(
    sets,
    fc.array(packets, { minLength: 25, maxLength: 25 }),
    fc.constantFrom(...targets),
    (some, sent, target) => {
      const { tables, diagnostics } = lower(some, { ...base, target });
      if (diagnostics.length > 0) return;
      const table = tables.get("")!;
      const device = new Switch(table);
      for (const packet of sent) {
        // Without a fragment field a fragment looks like port 0 (`shape.ts`).
        if (target === "of13" && (packet.ip?.fragment !== "no" || packet.ports?.src === 0 || packet.ports?.dst === 0)) {
          continue;
        }
        const { verdict, meters, queue } = device.run(packet);
        t.is(verdict, verdictOf(some, packet, directory, defaults));
        if (verdict === "deny") continue;
        const limits = meters.map((id) => table.meters!.find(({ meter }) => meter === id)!);
        t.deepEqual(
          limits.map(({ statement, rate }) => `${statement} ${rate}`).sort(),
          limitsOf(some, packet, directory, defaults),
        );
        if (target === "ovs-userspace" && packet.ip === undefined) continue;
        const reserved = table.queues?.find((one) => one.queue === queue);
        const expected = reservationOf(some, packet, directory, defaults);
        t.is(reserved && `${reserved.statement} ${reserved.minimum}`, expected);
        if (meters.length > 0) seen.limits++;
        if (meters.length > 1) seen.several++;
        if (queue !== undefined) seen.queues++;
      }
    },
  );
  fc.assert(law, { numRuns: 250 });
  for (const count of Object.values(seen)) t.true(count > 50, JSON.stringify(seen));
});

const history = fc.array(
  fc.record({
    added: sets,
    removed: fc.array(fc.nat(), { maxLength: 3 }),
  }),
  { maxLength: 5 },
);

test("with limits and reservations a live table is the batch's, byte for byte, after every change", (t) => {
  const law = fc.property(history, fc.constantFrom(...targets), fc.boolean(), (changes, target, two) => {
    const context = { ...base, target, directory: two ? twoSwitches : directory };
    const live = new LiveTable(context);
    let standing: DerivedRule[] = [];
    for (const { added, removed } of changes) {
      const going = removed.flatMap((n) => (standing.length === 0 ? [] : [standing[n % standing.length]!]));
      live.apply({ added, removed: going });
      standing = [...standing.filter((rule) => !going.includes(rule)), ...added];
      const batch = lower(standing.toReversed(), context);
      for (const [name, table] of live.tables()) t.is(toOvs(table), toOvs(batch.tables.get(name)!));
      t.deepEqual(live.diagnostics(), batch.diagnostics);
      t.deepEqual(live.cookies(), batch.cookies);
    }
  });
  fc.assert(law, { numRuns: 80 });
});

interface Item {
  statement: string;
  key: string;
  number?: number | undefined;
}

test("numbers depend on the set alone, whatever came and went, and everyone has one of their own", (t) => {
  const steps = fc.array(fc.integer({ min: 0, max: 25 }), { maxLength: 60 });
  const law = fc.property(steps, fc.constantFrom(7, 20, 1000), (names, size) => {
    const live = new Allotment<Item>(size);
    const items = new Map<number, Item>();
    for (const name of names) {
      const item = items.get(name);
      if (item === undefined) {
        const next = { statement: `s${name % 20}`, key: String(name) };
        items.set(name, next);
        live.insert(next);
      } else {
        items.delete(name);
        live.remove(item);
      }
    }
    const batch = new Allotment<Item>(size);
    const again = [...items.values()].map(({ statement, key }): Item => ({ statement, key }));
    for (const item of again.toReversed()) batch.insert(item);
    t.deepEqual(
      [...items.values()].map(({ number }) => number),
      again.map(({ number }) => number),
    );
    if (items.size <= size) t.is(new Set(again.map(({ number }) => number)).size, items.size);
    else t.true(again.every(({ number }) => number === undefined));
  });
  fc.assert(law, { numRuns: 300 });
});
