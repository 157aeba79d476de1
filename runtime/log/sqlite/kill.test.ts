/**
 * A writer that is killed at any point loses nothing that it answered. The judge is a script that shares no code with the
 * log: Python's own SQLite, SHA-256 and JSON.
 */
import { hostname } from "node:os";
import { rmSync } from "node:fs";
import test from "ava";
import { testUnless } from "../../lab/test.ts";
import { judged, noPython, startChild } from "../testing/children.ts";
import { newFolder, removeFolders } from "../testing/folders.ts";
import { logFaultKind } from "../log.ts";
import { outcome, startWriting } from "../testing/scribe.ts";
import { openSqliteLog } from "./sqlite-log.ts";

test.after.always(removeFolders);

testUnless(
  noPython,
  "killed 30 times at random points: all that was answered is there, whole and in order",
  async (t) => {
    t.timeout(280_000);
    const folder = newFolder();
    let answers = 0;
    let last = 0;
    let snapshot = 0;
    for (let i = 0; i < 30; i += 1) {
      const child = startChild([folder, "busy"]);
      // Points of the work, drawn unevenly: many soon after the start, some long after it, one before it.
      const point = i === 0 ? 0 : 1 + Math.floor(Math.random() ** 3 * 150);
      await child.printed(point);
      child.process.kill("SIGKILL");
      t.is(await child.ended, "", "and users see no warning");
      const answered = child.lines
        .filter((line) => /^\d/.test(line))
        .map((line) => line.split(" ") as [string, string]);
      if (child.lines.length === 0) continue;
      t.regex(child.lines[0]!, /^led \d+$/);
      const { first, hashes } = judged(folder);
      for (const [at, hash] of answered)
        if (Number(at) > first) t.is(hashes.get(Number(at)), hash, `kill ${i}: the answer at ${at}`);
      const end = Math.max(first, ...hashes.keys());
      t.true(end >= Math.max(last, ...answered.map(([at]) => Number(at))), `kill ${i}: nothing is lost`);
      last = end;
      snapshot = first;
      answers += answered.length;
    }
    t.true(answers > 30, `${answers} answers`);
    t.true(snapshot > 0, "snapshots were kept meanwhile");
    const log = await openSqliteLog(folder);
    t.is((await log.end()).at, last);
    await log.close();
  },
);

test("a second writer is refused with the name of the first, until that one is gone, in whatever way", async (t) => {
  t.timeout(120_000);
  const folder = newFolder();
  const first = startChild([folder, "3"]);
  await first.printed(2);
  const log = await openSqliteLog(folder);
  const refused = await log.lead(new AbortController().signal).catch((error: unknown) => error as Error);
  t.is(logFaultKind(refused), "held");
  t.true((refused as Error).message.startsWith(`process ${first.process.pid} on ${hostname()}, running since 2`));
  const second = startChild([folder, "9"]);
  await second.ended;
  t.regex(second.lines.join("\n"), new RegExp(`^held process ${first.process.pid} on `));
  t.is(second.process.exitCode, 3);
  // A writer that sleeps holds the lock as well.
  first.process.kill("SIGSTOP");
  t.is(await outcome(log.lead(new AbortController().signal)), "held");
  first.process.kill("SIGKILL");
  await first.ended;
  const { say, term } = await startWriting(log);
  t.is(term, 2n);
  await say("the heir");
  t.is((await log.end()).at, 4);
  await log.close();
});

test("a writer whose lock was removed is deposed by its term", async (t) => {
  const folder = newFolder();
  const [log, other] = [await openSqliteLog(folder), await openSqliteLog(folder)];
  const one = await startWriting(log);
  await one.say("one");
  rmSync(`${folder}/log.lock`);
  const two = await startWriting(other);
  await two.say("two");
  t.is(await outcome(one.say("three")), "conflict");
  t.true(one.lost.aborted);
  t.is(await outcome(startWriting(log)), "held", "it may try again like any other");
  await two.say("four");
  t.is((await other.end()).at, 3);
  await log.close();
  await other.close();
});
