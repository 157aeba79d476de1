/**
 * A torn or flipped log is found whole, or it is refused with the number of the record, and left as it is for repair.
 * Nothing is ever lost or altered without a word.
 */
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { LogError, type LogFault } from "../log.ts";
import { recordHash } from "../record.ts";
import { startChild } from "../testing/children.ts";
import { newFolder, removeFolders } from "../testing/folders.ts";
import { outcome, startWriting, take, textOf } from "../testing/scribe.ts";
import { openSqliteLog } from "./sqlite-log.ts";

test.after.always(removeFolders);

const COUNT = 60;
const FILES = ["log.db", "log.db-wal"] as const;

/** A log of `COUNT` records whose writer was killed: all of it is in the journal. */
async function killed(): Promise<string> {
  const folder = newFolder();
  const child = startChild([folder, `${COUNT}`]);
  while (!child.lines.includes("done")) await child.printed(child.lines.length + 1);
  // The head of the last batch is written beside the next one, and there is none.
  const head = readHeadOf(folder);
  while (head() !== COUNT) await new Promise((next) => setImmediate(next));
  child.process.kill("SIGKILL");
  await child.ended;
  return folder;
}

const readHeadOf = (folder: string) => (): number => {
  const text = readFileSync(join(folder, "log.head"), "latin1");
  return Math.max(...[0, 4096].map((place) => Number(text.slice(place).split(" ")[0])));
};

/** The same with all of it in the database. */
async function closed(): Promise<string> {
  const folder = await killed();
  const database = new DatabaseSync(join(folder, "log.db"));
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return folder;
}

function copyOf(folder: string): string {
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true });
  // Only a living process has use for it.
  rmSync(join(copy, "log.db-shm"), { force: true });
  return copy;
}

function bytesOf(folder: string, file: string): Buffer {
  try {
    return readFileSync(join(folder, file));
  } catch {
    return Buffer.alloc(0);
  }
}

/** Opens a damaged log: either every record is what it was, or it is refused and left as it was. Returns the refusal. */
async function exactOrRefused(t: ExecutionContext, folder: string, what: string): Promise<LogFault | undefined> {
  const before = FILES.map((file) => recordHash(bytesOf(folder, file)));
  try {
    const log = await openSqliteLog(folder);
    t.is((await log.end()).at, COUNT, what);
    const texts = (await take(log, 0, COUNT)).map(textOf);
    texts.forEach((text, n) => t.is(text, `${n} ${"x".repeat((n * 7919) % 2000)}`, what));
    await log.close();
    return undefined;
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    const { fault } = error;
    t.true(fault.kind === "damaged" || fault.kind === "newer", `${what}: ${fault.message}`);
    t.true(fault.record === undefined || fault.record <= COUNT, what);
    if (fault.kind === "damaged")
      t.is(/that has record (\d+)/.exec(fault.help ?? "")?.[1], fault.record?.toString(), what);
    t.regex(fault.help ?? "", /restore|version that wrote/, what);
    t.deepEqual(
      FILES.map((file) => recordHash(bytesOf(folder, file))),
      before,
      `${what}: it is left as it is`,
    );
    return fault;
  }
}

function flip(folder: string, file: string, at: number, bit: number): void {
  const bytes = readFileSync(join(folder, file));
  bytes[at]! ^= 1 << bit;
  writeFileSync(join(folder, file), bytes);
}

test("a journal that lost its end is refused: the kept head knows how long it was", async (t) => {
  t.timeout(240_000);
  const origin = await killed();
  const size = bytesOf(origin, "log.db-wal").length;
  const cuts = fc.sample(fc.integer({ min: 0, max: size - 1 }), 12);
  for (const cut of cuts) {
    const folder = copyOf(origin);
    truncateSync(join(folder, "log.db-wal"), cut);
    const fault = await exactOrRefused(t, folder, `cut at ${cut} of ${size}`);
    t.regex(fault?.message ?? "", /^the log ends before record \d+, and had 60 records: those from \d+ on are lost$/);
  }
  const folder = copyOf(origin);
  rmSync(join(folder, "log.db-wal"));
  t.is((await exactOrRefused(t, folder, "no journal"))?.record, 0);
  rmSync(join(folder, "log.db"));
  await t.throwsAsync(openSqliteLog(folder), {
    message: /^the database of the log in .* is missing, and had 60 records$/,
  });
});

test("a flipped bit in the journal: exact, or refused", async (t) => {
  t.timeout(240_000);
  const origin = await killed();
  const size = bytesOf(origin, "log.db-wal").length;
  const flips = fc.sample(fc.tuple(fc.integer({ min: 0, max: size - 1 }), fc.integer({ min: 0, max: 7 })), 15);
  let refused = 0;
  for (const [at, bit] of flips) {
    const folder = copyOf(origin);
    flip(folder, "log.db-wal", at, bit);
    if ((await exactOrRefused(t, folder, `bit ${bit} of ${at}`)) !== undefined) refused += 1;
  }
  t.true(refused > 0);
});

test("a flipped bit in the database: exact, or refused", async (t) => {
  t.timeout(240_000);
  const origin = await closed();
  const size = bytesOf(origin, "log.db").length;
  // Half of them in the first two pages, where one bit means most.
  const places = fc.oneof(fc.integer({ min: 0, max: size - 1 }), fc.integer({ min: 0, max: 8191 }));
  const flips = fc.sample(fc.tuple(places, fc.integer({ min: 0, max: 7 })), 20);
  let refused = 0;
  for (const [at, bit] of flips) {
    const folder = copyOf(origin);
    flip(folder, "log.db", at, bit);
    if ((await exactOrRefused(t, folder, `bit ${bit} of ${at}`)) !== undefined) refused += 1;
  }
  t.true(refused > 0);
});

test("a record that was altered, left out, or put in another's place is named", async (t) => {
  t.timeout(120_000);
  const origin = await closed();
  const altered = async (sql: string): Promise<LogFault | undefined> => {
    const folder = copyOf(origin);
    const database = new DatabaseSync(join(folder, "log.db"));
    database.exec(sql);
    database.close();
    return exactOrRefused(t, folder, sql);
  };
  const text = "UPDATE record SET bytes = CAST(replace(CAST(bytes AS TEXT), 'alice', 'mally') AS BLOB) WHERE n =";
  t.is(
    (await altered(`${text} 17`))?.message,
    "the chain breaks at record 17: record 18 was written after another one",
  );
  t.is((await altered(`${text} 59`))?.message, "record 59 is not the one that the kept head names");
  t.is((await altered("DELETE FROM record WHERE n = 30"))?.message, "record 30 is missing: the next one is record 31");
  t.is((await altered("UPDATE record SET n = n + 100 WHERE n = 0"))?.record, 0);
  t.is((await altered("DELETE FROM record"))?.record, 0);
  t.is((await altered("UPDATE lead SET term = 0"))?.message, "the log has forgotten its term");
  t.is((await altered("UPDATE record SET bytes = (SELECT bytes FROM record WHERE n = 8) WHERE n = 9"))?.record, 9);
});

test("a record or a database of a later version is refused in a sentence", async (t) => {
  const origin = await closed();
  const changed = async (sql: string): Promise<string> => {
    const folder = copyOf(origin);
    const database = new DatabaseSync(join(folder, "log.db"));
    database.exec(sql);
    database.close();
    const error = await openSqliteLog(folder).catch((fault: unknown) => fault as LogError);
    if (!(error instanceof LogError)) throw new Error("it was opened");
    t.is(error.fault.kind, "newer");
    return error.message;
  };
  const replaced = (from: string, to: string): string =>
    `UPDATE record SET bytes = CAST(replace(CAST(bytes AS TEXT), '${from}', '${to}') AS BLOB) WHERE n = 59`;
  t.is(
    await changed(replaced('"v":2', '"v":3')),
    "record 59 is of version 3, which this version of glazier does not know",
  );
  t.is(
    await changed(replaced('"kind":"say"', '"kind":"sing"')),
    'record 59 is of kind "sing", which this version of glazier does not know',
  );
  t.regex(await changed("PRAGMA user_version = 7"), /has layout 7, which this version of glazier does not know$/);
});

test("of a damaged head one half is enough; without it the log is opened, and that is said", async (t) => {
  const origin = await closed();
  const half = copyOf(origin);
  for (const place of [0, 4096]) {
    const folder = copyOf(origin);
    flip(folder, "log.head", place, 1);
    await exactOrRefused(t, folder, `the head at ${place}`);
  }
  for (const place of [0, 4096]) flip(half, "log.head", place + 3, 1);
  await t.throwsAsync(openSqliteLog(half), {
    message: /log\.head is damaged, so the end of the log cannot be checked$/,
  });
  rmSync(join(half, "log.head"));
  const notices: string[] = [];
  const log = await openSqliteLog(half, { notice: (sentence) => notices.push(sentence) });
  t.is(notices.length, 1);
  t.regex(notices[0]!, /log\.head is missing, so it was not checked/);
  // It is kept again from now on.
  const { say } = await startWriting(log);
  await say("more");
  await log.close();
  t.is(readHeadOf(half)(), COUNT + 1);
});

test("a snapshot that was altered is refused", async (t) => {
  const folder = newFolder();
  const log = await openSqliteLog(folder);
  const { say, scribe } = await startWriting(log);
  await say("a", "b");
  await log.keep({ ...scribe.end, bytes: Buffer.from("the state") });
  await log.close();
  const database = new DatabaseSync(join(folder, "log.db"));
  database.exec("UPDATE part SET bytes = CAST('the stage' AS BLOB)");
  database.close();
  await t.throwsAsync(openSqliteLog(folder), { message: "the snapshot of all before record 2 is damaged" });
  t.is(await outcome(openSqliteLog(folder, { existing: true })), "damaged");
  t.is(await outcome(openSqliteLog(newFolder(), { existing: true })), "unsuitable");
});
