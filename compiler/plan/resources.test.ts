/** Meters and queues between two tables: the changes make those of the new table, and none is needless. */
import test from "ava";
import fc from "fast-check";
import type { Meter, Queue, Table } from "../table/entry.ts";
import { diffResources, type ResourceChange } from "./index.ts";

const statement = fc.constantFrom("x", "y");
/** Bit/s that lie close enough for some to be the same kbit/s. */
const rate = fc.integer({ min: 1, max: 3000 });
const meters = fc.uniqueArray(fc.record({ meter: fc.integer({ min: 1, max: 6 }), rate, burst: rate, statement }), {
  selector: ({ meter }) => meter,
});
const queues = fc.uniqueArray(
  fc.record(
    { port: fc.integer({ min: 1, max: 2 }), queue: fc.integer({ min: 1, max: 4 }), minimum: rate, statement },
    { requiredKeys: ["queue", "minimum", "statement"] },
  ),
  { selector: ({ port, queue }) => `${port} ${queue}` },
);
const tables = fc.record({ entries: fc.constant([]), meters, queues });

const kilo = (bits: number): number => Math.ceil(bits / 1000);
const meterFacts = ({ meter, rate, burst }: Meter): string => `${meter}: ${kilo(rate)} ${kilo(burst)}`;
const queueFacts = ({ port, queue, minimum }: Queue): string => `${port} ${queue}: ${minimum}`;

/** Takes away what goes and what changes, and adds what comes: the slow way, by equality of facts. */
function carriedOut<T>(old: readonly T[], changes: readonly ResourceChange<T>[], facts: (one: T) => string): string[] {
  const held = new Set(old.map(facts));
  for (const change of changes) {
    if (change.kind === "delete" && !held.delete(facts(change.one))) throw new Error("deletes what is not there");
    if (change.kind === "replace" && !held.delete(facts(change.old))) throw new Error("replaces what is not there");
  }
  for (const { kind, one } of changes) if (kind !== "delete") held.add(facts(one));
  return [...held].sort();
}

test("the changes make the new meters and queues, and none repeats what stays", (t) => {
  const law = fc.property(tables, tables, (old, next) => {
    const found = diffResources(old, next);
    t.deepEqual(carriedOut(old.meters, found.meters, meterFacts), next.meters.map(meterFacts).sort());
    t.deepEqual(carriedOut(old.queues, found.queues, queueFacts), next.queues.map(queueFacts).sort());
    for (const change of found.meters)
      if (change.kind === "replace") t.not(meterFacts(change.one), meterFacts(change.old));
    for (const change of found.queues)
      if (change.kind === "replace") t.not(queueFacts(change.one), queueFacts(change.old));
    t.deepEqual(diffResources(next, next), { meters: [], queues: [] });
  });
  fc.assert(law, { numRuns: 200 });
});

test("a changed rate replaces a meter and a queue, and another owner changes nothing", (t) => {
  const table = (rate: number, statement: string): Table => ({
    entries: [],
    meters: [{ meter: 7, rate, burst: rate, statement }],
    queues: [{ port: 2, queue: 9, minimum: rate, statement }],
  });
  const gist = (old: Table, next: Table): unknown => {
    const { meters, queues } = diffResources(old, next);
    return [...meters, ...queues].map(({ kind }) => kind);
  };
  t.deepEqual(gist(table(5e6, "x"), table(8e6, "x")), ["replace", "replace"]);
  t.deepEqual(gist(table(5e6, "x"), table(5e6, "y")), []);
  t.deepEqual(gist({ entries: [] }, table(5e6, "x")), ["add", "add"]);
  t.deepEqual(gist(table(5e6, "x"), { entries: [] }), ["delete", "delete"]);
});
