/** What every engine must do, as tests: `conformance("SQLite", place)` declares them for one engine. */
import { setImmediate as turn } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { appendSurely, logFaultKind, type OpenLog } from "../log.ts";
import { recordHash } from "../record.ts";
import { outcome, Scribe, startWriting, take, textOf, type Writing } from "./scribe.ts";

/** Where one test has its log. Every call opens another handle on it, as another process would. */
export type LogPlace = () => Promise<OpenLog> | OpenLog;

export function conformance(engine: string, newPlace: () => LogPlace): void {
  type Body = (t: ExecutionContext, open: () => Promise<OpenLog>) => Promise<void>;
  const declare = (title: string, body: Body): void =>
    test(`${engine}: ${title}`, async (t) => {
      const place = newPlace();
      const opened: OpenLog[] = [];
      try {
        await body(t, async () => {
          const log = await place();
          opened.push(log);
          return log;
        });
      } finally {
        for (const log of opened) await log.close();
      }
    });

  declare("what is appended is followed, byte for byte and in order, also by another handle", async (t, open) => {
    const [log, other] = [await open(), await open()];
    const { scribe, term } = await startWriting(log);
    const all: Uint8Array[] = [];
    for (const batch of [["a"], ["b", "c", "d"], [], ["e"]]) {
      const { at, records } = scribe.write(...batch);
      await log.append(at, term, records);
      all.push(...records);
    }
    for (const handle of [log, other]) {
      const entries = await take(handle, 0, 5);
      t.deepEqual(
        entries.map(({ n }) => n),
        [0, 1, 2, 3, 4],
      );
      t.deepEqual(
        entries.map(({ bytes }) => Buffer.from(bytes)),
        all.map((bytes) => Buffer.from(bytes)),
      );
      t.deepEqual(await handle.end(), scribe.end);
    }
    t.deepEqual((await take(other, 3, 2)).map(textOf), ["d", "e"]);
  });

  declare("one leads at a time; terms grow; the one that led before appends nothing", async (t, open) => {
    const [first, second] = [await open(), await open()];
    const one = await startWriting(first);
    await one.say("one");
    const waiting = new AbortController();
    let led = false;
    const early = second.lead(waiting.signal).then(() => (led = true));
    // An engine for one machine refuses at once; the others wait.
    const refused = await Promise.race([outcome(early), one.say("two").then(() => "waits")]);
    t.true(refused === "held" || refused === "waits");
    t.false(led);
    waiting.abort();
    await outcome(early);
    t.false(one.lost.aborted);
    one.resign();
    t.true(one.lost.aborted, "lost fires at once");
    let two: Writing | undefined;
    while (two === undefined) {
      await turn();
      two = await startWriting(second).catch((error: unknown) => unlessHeld(error));
    }
    t.true(two.term > one.term);
    t.is(await outcome(one.say("three")), "conflict");
    await two.say("four");
    t.deepEqual((await take(second, 0, 3)).map(textOf), ["one", "two", "four"]);
  });

  declare("a lead that was given up before it began is none", async (t, open) => {
    const log = await open();
    const reason = new Error("no");
    t.is(await outcome(log.lead(AbortSignal.abort(reason))), reason);
    const { say } = await startWriting(log);
    await say("led");
    t.is((await log.end()).at, 1);
  });

  declare(
    "a handle that gave the lead up may lead again, and the old signal does not end the new lead",
    async (t, open) => {
      const log = await open();
      const [first, second] = [new AbortController(), new AbortController()];
      const one = await log.lead(first.signal);
      first.abort();
      const two = await log.lead(second.signal);
      t.true(two.term > one.term);
      first.abort();
      const { at, records } = new Scribe(await log.end(), two.term).write("a");
      await log.append(at, two.term, records);
      t.false(two.lost.aborted);
      second.abort();
      t.true(two.lost.aborted);
      t.is(await outcome(log.append(at, two.term, records)), "conflict");
    },
  );

  declare("an append at another index than the end is a conflict and changes nothing", async (t, open) => {
    const log = await open();
    const { say, scribe, term } = await startWriting(log);
    await say("a", "b");
    const before = scribe.end;
    const early = new Scribe({ ...before, at: 1 }, term).write("early");
    const late = new Scribe({ ...before, at: 3 }, term).write("late");
    t.is(await outcome(log.append(early.at, term, early.records)), "conflict");
    t.is(await outcome(log.append(late.at, term, late.records)), "conflict");
    t.is(await outcome(log.append(2, term + 1n, scribe.write("another term").records)), "conflict");
    t.deepEqual(await log.end(), before);
    t.deepEqual((await take(log, 0, 2)).map(textOf), ["a", "b"]);
  });

  declare(
    "the same append again is answered again and written once; other bytes there are a conflict",
    async (t, open) => {
      const log = await open();
      const { scribe, term } = await startWriting(log);
      const before = scribe.end;
      const { at, records } = scribe.write("a", "b");
      for (let i = 0; i < 3; i += 1) await log.append(at, term, records);
      await log.append(1, term, records.slice(1));
      const other = new Scribe(before, term).write("a", "c");
      t.is(await outcome(log.append(at, term, other.records)), "conflict");
      const longer = new Scribe(before, term).write("a", "b", "c");
      t.is(await outcome(log.append(at, term, longer.records)), "conflict", "more than there is");
      t.deepEqual(await log.end(), scribe.end);
      t.deepEqual((await take(log, 0, 2)).map(textOf), ["a", "b"]);
    },
  );

  declare(
    "appends are handed in before earlier ones are answered, and none is done without those before it",
    async (t, open) => {
      const log = await open();
      const { say, scribe, term } = await startWriting(log);
      const texts = Array.from({ length: 300 }, (_, i) => `r${i}`);
      const answered: string[] = [];
      await Promise.all(texts.map((text) => say(text).then(() => answered.push(text))));
      t.deepEqual(answered, texts, "answers come in order");
      t.deepEqual((await take(log, 0, 300)).map(textOf), texts);
      const end = scribe.end;
      scribe.write("never handed in");
      const behind = await Promise.all([outcome(say("x")), outcome(say("y")), outcome(say("z"))]);
      t.deepEqual(behind, ["conflict", "conflict", "conflict"]);
      const again = new Scribe(end, term).write("after that");
      await log.append(again.at, term, again.records);
      t.is((await log.end()).at, 301);
    },
  );

  declare("what would break the chain is refused whole, and the log goes on", async (t, open) => {
    const log = await open();
    const { say, scribe, term } = await startWriting(log);
    await say("a");
    const { end } = scribe;
    const good = new Scribe(end, term).write("good").records[0]!;
    const text = Buffer.from(good).toString();
    const { prev } = JSON.parse(text) as { prev: string };
    const wrong: Readonly<Record<string, string>> = {
      "another number": text.replace('"n":1', '"n":2'),
      "another record before it": text.replace(prev, recordHash("another")),
      "an earlier time": text.replace('"at":1700000000000', '"at":1699999999999'),
      "another term": text.replace(/"term":\d+/, `"term":${term + 1n}`),
      "another order of keys": text.replace('"n":1,', "").replace("}", ',"n":1}'),
      "a blank": text.replace("{", "{ "),
      "an unknown kind": text.replace('"kind":"say"', '"kind":"sing"'),
      "a later version": text.replace('"v":2', '"v":3'),
      "no version": text.replace(',"v":2', ""),
      "no JSON": text.slice(1),
      "a list": "[]",
      "too much": text.replace("good", "x".repeat(600_000)),
    };
    for (const [what, record] of Object.entries(wrong)) {
      t.not(record, text, what);
      t.is(await outcome(log.append(1, term, [Buffer.from(record)])), "misfit", what);
      const after = new Scribe(end, term).write("good").records;
      t.is(await outcome(log.append(1, term, [...after, Buffer.from(record)])), "misfit", `${what}, behind a good one`);
    }
    t.deepEqual(await log.end(), end);
    await say("b");
    t.deepEqual((await take(log, 0, 2)).map(textOf), ["a", "b"]);
  });

  declare("whoever follows gets new records as they become durable, and ends with the signal", async (t, open) => {
    const [log, other] = [await open(), await open()];
    const { say } = await startWriting(log);
    await say("a");
    const seen = [log, other].map(async (handle) => (await take(handle, 1, 3)).map(textOf));
    await say("b");
    await say("c", "d");
    t.deepEqual(await Promise.all(seen), [
      ["b", "c", "d"],
      ["b", "c", "d"],
    ]);
    const ends = new AbortController();
    const idle = log.follow(4, ends.signal)[Symbol.asyncIterator]().next();
    ends.abort();
    t.deepEqual(await idle, { done: true, value: undefined });
  });

  declare("a kept snapshot stands for what was before it", async (t, open) => {
    const [log, other] = [await open(), await open()];
    const { say, scribe } = await startWriting(log);
    t.is(await other.snapshot(), undefined);
    await say("a", "b", "c");
    const early = { ...scribe.end, bytes: Buffer.from("early") };
    await say("d");
    const bytes = Buffer.alloc(700_000, "0123456789");
    const snapshot = { ...scribe.end, bytes };
    await say("e", "f");
    t.is(await outcome(log.keep({ ...snapshot, hash: recordHash("another") })), "misfit");
    t.is(await outcome(log.keep({ ...snapshot, at: 7 })), "misfit");
    t.is(await outcome(other.keep(snapshot)), "conflict", "only the one that leads keeps");
    // Appends go on meanwhile.
    await Promise.all([log.keep(snapshot), say("g"), say("h")]);
    for (const handle of [log, other, await open()]) {
      const kept = await handle.snapshot();
      t.true(kept !== undefined && Buffer.from(kept.bytes).equals(bytes));
      t.deepEqual({ ...kept, bytes: 0 }, { ...snapshot, bytes: 0 });
      t.is(await outcome(take(handle, 3, 1)), "compacted");
      t.deepEqual((await take(handle, 4, 4)).map(textOf), ["e", "f", "g", "h"]);
      t.deepEqual(await handle.end(), scribe.end);
    }
    await log.keep(early);
    t.is((await log.snapshot())?.at, 4, "the newer one stays");
    await log.keep({ ...scribe.end, bytes: Buffer.from("all of it") });
    await say("i");
    t.deepEqual((await take(await open(), 8, 1)).map(textOf), ["i"]);
  });

  declare("nothing is answered once the log is closed, and another handle goes on", async (t, open) => {
    const log = await open();
    const { say, lost, scribe } = await startWriting(log);
    await say("a");
    const last = say("b");
    await log.close();
    t.is(await outcome(last), "done", "what was handed in before is written");
    t.true(lost.aborted);
    t.is(await outcome(say("c")), "closed");
    const other = await open();
    const { say: continued } = await startWriting(other);
    t.is((await other.end()).at, 2);
    await continued("d");
    t.deepEqual((await take(other, 0, 3)).map(textOf), ["a", "b", "d"]);
    t.is(scribe.end.at, 3);
  });

  declare("a following writer finds every answered record, over many terms", async (t, open) => {
    const texts: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      const log = await open();
      const { say, scribe, term } = await startWriting(log);
      for (let i = 0; i <= round; i += 1) {
        await say(`${round}.${i}`);
        const { at, records } = scribe.write(`${round}.${i} surely`);
        await appendSurely(log, at, term, records);
        texts.push(`${round}.${i}`, `${round}.${i} surely`);
      }
      await log.close();
    }
    t.deepEqual((await take(await open(), 0, texts.length)).map(textOf), texts);
  });
}

function unlessHeld(error: unknown): undefined {
  if (logFaultKind(error) !== "held") throw error;
}
