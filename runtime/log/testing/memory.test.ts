/** The log in memory: it does what every engine must, and its faults are survived by a writer that follows the rules. */
import test from "ava";
import fc from "fast-check";
import { appendSurely, logFaultKind } from "../log.ts";
import { EMPTY_LOG } from "../record.ts";
import { conformance } from "./conformance.ts";
import { MemoryStore, type MemoryFault } from "./memory.ts";
import { outcome, Scribe, startWriting, take, textOf } from "./scribe.ts";

conformance("memory", () => {
  const store = new MemoryStore();
  return () => store.open();
});

test("an answer that is lost, late or given twice leaves the record there once", async (t) => {
  for (const fault of ["lost answer", "lost request", "late", "twice"] as const) {
    const store = new MemoryStore();
    const log = store.open();
    const { scribe, term } = await startWriting(log);
    const { at, records } = scribe.write("a");
    store.fault(fault);
    t.is(await outcome(log.append(at, term, records)), fault === "twice" ? "done" : "unknown", fault);
    await appendSurely(log, at, term, records);
    store.deliver();
    t.deepEqual((await take(log, 0, 1)).map(textOf), ["a"], fault);
    t.deepEqual(store.verify(), scribe.end, fault);
  }
});

test("what arrives late after another append took its place changes nothing", async (t) => {
  const store = new MemoryStore();
  const log = store.open();
  const { scribe, term } = await startWriting(log);
  const lost = scribe.write("late");
  store.fault("late");
  t.is(await outcome(log.append(lost.at, term, lost.records)), "unknown");
  const other = new Scribe(EMPTY_LOG, term).write("other");
  await log.append(other.at, term, other.records);
  store.deliver();
  t.is(await outcome(appendSurely(log, lost.at, term, lost.records)), "conflict");
  t.deepEqual((await take(log, 0, 1)).map(textOf), ["other"]);
});

test("a writer that sleeps until another one leads appends nothing, and has lost the lead before", async (t) => {
  const store = new MemoryStore();
  const [sleeper, heir] = [store.open(), store.open()];
  const one = await startWriting(sleeper);
  await one.say("before");
  store.fault("pause");
  const asleep = outcome(one.say("asleep"));
  const next = startWriting(heir);
  store.depose();
  t.true(one.lost.aborted);
  const two = await next;
  t.true(two.term > one.term);
  t.is(await asleep, "conflict");
  await two.say("after");
  t.deepEqual((await take(heir, 0, 2)).map(textOf), ["before", "after"]);
});

test("a batch whose writer dies in the middle is not there at all", async (t) => {
  const store = new MemoryStore();
  const log = store.open();
  const { say, lost } = await startWriting(log);
  await say("a");
  store.fault("torn");
  t.is(await outcome(say("b", "c")), "closed");
  t.true(lost.aborted);
  const heir = store.open();
  const two = await startWriting(heir);
  t.is((await heir.end()).at, 1);
  await two.say("d");
  t.deepEqual((await take(heir, 0, 2)).map(textOf), ["a", "d"]);
});

test("over any row of faults the log holds what was answered, once and in order", async (t) => {
  const faults: readonly (MemoryFault | undefined)[] = [
    undefined,
    "lost answer",
    "lost request",
    "late",
    "twice",
    "torn",
  ];
  const anyFaults = fc.array(fc.constantFrom(...faults), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(anyFaults, async (script) => {
      const store = new MemoryStore();
      const answered: string[] = [];
      let writing = await startWriting(store.open());
      let log = store.open();
      writing.resign();
      log = store.open();
      writing = await startWriting(log);
      for (const [i, fault] of script.entries()) {
        if (fault !== undefined) store.fault(fault);
        const { at, records } = writing.scribe.write(`${i}`, `${i}+`);
        try {
          await appendSurely(log, at, writing.term, records);
          answered.push(`${i}`, `${i}+`);
        } catch (error) {
          // The writer died: the next one begins where the log ends.
          if (logFaultKind(error) !== "closed") throw error;
          log = store.open();
          writing = await startWriting(log);
        }
        if (i % 3 === 0) store.deliver();
      }
      store.deliver();
      const entries = store.entries(0);
      t.deepEqual(entries.map(textOf), answered);
      t.deepEqual(store.verify(), await log.end());
    }),
  );
});
