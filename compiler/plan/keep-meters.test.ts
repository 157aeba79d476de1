/** A limit that goes on keeps its meter, because limits of one table are recognized in another. */
import test from "ava";
import fc from "fast-check";
import { cookieOf } from "../table/cookie.ts";
import type { Entry, Table } from "../table/entry.ts";
import { exact, sortEntries } from "../table/match.ts";
import { keepMeters } from "./keep-meters.ts";

interface Limit {
  readonly meter: number;
  readonly statement: string;
  /** The ports that the limit holds, one entry for each. */
  readonly ports: readonly number[];
  readonly rate?: number;
}

const tableOf = (...limits: readonly Limit[]): Table => ({
  entries: sortEntries(
    limits.flatMap(({ meter, statement, ports }, table) =>
      ports.map((port): Entry => ({
        table,
        priority: 1,
        match: [exact("in_port", port)],
        instructions: [{ kind: "meter", meter }],
        cookie: cookieOf(statement),
        hardTimeout: 0,
        idleTimeout: 0,
      })),
    ),
  ),
  meters: limits
    .map(({ meter, statement, rate = 1 }) => ({ meter, statement, rate: rate * 1_000_000, burst: rate * 1_000_000 }))
    .toSorted((a, b) => a.meter - b.meter),
});

/** The meters by the statements of their limits. All entries of a statement must use the same meter. */
const numbersOf = ({ meters = [] }: Table): Readonly<Record<string, number>> =>
  Object.fromEntries(meters.map(({ statement, meter }) => [statement, meter]));

test("a limit is recognized by its flows, also under another label, in another place and with another rate", (t) => {
  const old = tableOf({ meter: 7, statement: "a", ports: [1, 2] });
  const kept = (...next: readonly Limit[]): unknown => numbersOf(keepMeters(old, tableOf(...next)));
  t.deepEqual(kept({ meter: 7, statement: "a", ports: [1, 2], rate: 2 }), { a: 7 });
  t.deepEqual(kept({ meter: 9, statement: "b", ports: [2, 1] }), { b: 7 });
  t.deepEqual(kept({ meter: 9, statement: "b", ports: [1, 2], rate: 5 }), { b: 7 });
  t.deepEqual(kept({ meter: 7, statement: "a", ports: [3] }), { a: 7 }, "it is still the same statement");
  t.deepEqual(kept({ meter: 9, statement: "b", ports: [3] }), { b: 9 }, "neither flows nor label: another limit");
  t.deepEqual(
    kept({ meter: 7, statement: "new", ports: [3] }, { meter: 9, statement: "b", ports: [1, 2] }),
    { new: 6, b: 7 },
    "a new one does not get the number of one that goes on",
  );
  t.deepEqual(
    kept({ meter: 7, statement: "a", ports: [3] }, { meter: 9, statement: "b", ports: [1, 2] }),
    { a: 6, b: 7 },
    "a label that went to other flows leaves the meter to the flows",
  );
});

test("limits on the same flows are distinguished by label, then by rate", (t) => {
  const [one, other] = [
    { meter: 1, statement: "a", ports: [1], rate: 5 },
    { meter: 2, statement: "b", ports: [1], rate: 9 },
  ];
  const old = tableOf(one, other);
  t.is(keepMeters(old, old), old);
  t.deepEqual(numbersOf(keepMeters(old, tableOf({ ...one, rate: 9 }, { ...other, rate: 5 }))), { a: 1, b: 2 });
  const renamed = tableOf({ ...other, statement: "x", meter: 3 }, { ...one, statement: "y", meter: 4 });
  t.deepEqual(numbersOf(keepMeters(old, renamed)), { x: 2, y: 1 });
});

test("numbers differ, entries follow their limits, and a kept meter is kept again", (t) => {
  const limit = fc.record({
    meter: fc.integer({ min: 1, max: 8 }),
    statement: fc.constantFrom("a", "b", "c", "d", "e"),
    ports: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1 }),
    rate: fc.integer({ min: 1, max: 2 }),
  });
  const limits = fc
    .uniqueArray(limit, { selector: ({ meter }) => meter, maxLength: 5 })
    .filter((all) => new Set(all.map(({ statement }) => statement)).size === all.length);
  fc.assert(
    fc.property(limits, limits, (one, two) => {
      const [old, next] = [tableOf(...one), tableOf(...two)];
      const kept = keepMeters(old, next);
      const numbers = numbersOf(kept);
      t.is(new Set(Object.values(numbers)).size, two.length, "no two limits share a meter");
      for (const [index, entry] of kept.entries.entries()) {
        const { statement } = two.find(({ meter }) => same(next.entries[index]!, meter))!;
        t.true(same(entry, numbers[statement]!));
      }
      t.deepEqual(keepMeters(kept, next), kept);
      // An unchanged limit keeps its number, even if everything else changes.
      for (const { statement, ports, meter } of one) {
        const stays = two.some((limit2) => limit2.statement === statement && limit2.ports.join() === ports.join());
        if (stays) t.is(numbers[statement], meter);
      }
    }),
    { numRuns: 500, seed: 5 },
  );
});

const same = ({ instructions }: Entry, meter: number): boolean =>
  instructions.some((one) => one.kind === "meter" && one.meter === meter);
