/**
 * A writer as a process of its own, for tests that kill it: `child.ts FOLDER MODE`. Its texts follow from the number of the
 * record alone. It prints `led TERM`, then a line for each append that was answered: `N HASH`, the number of records so far
 * and the hash of the last. Mode `busy` has eight appends in flight and keeps snapshots now and then. A number has one in
 * flight, stops after so many records and waits to be killed, or ends if `!` follows. A log that fails ends it:
 * `KIND MESSAGE`, code 3.
 */
import { writeSync } from "node:fs";
import { LogError, logFaultKind } from "../log.ts";
import { openSqliteLog } from "../sqlite/sqlite-log.ts";
import { Scribe } from "./scribe.ts";

const [folder, mode] = process.argv.slice(2) as [string, string];
const say = (line: string): void => void writeSync(1, `${line}\n`);
const textFor = (n: number): string => `${n} ${"x".repeat((n * 7919) % 2000)}`;
const limit = /^\d/.test(mode) ? Number.parseInt(mode) : Infinity;
const inFlight = mode === "busy" ? 8 : 1;

try {
  const log = await openSqliteLog(folder);
  const { term } = await log.lead(new AbortController().signal);
  const scribe = new Scribe(await log.end(), term, Date.now);
  say(`led ${term}`);
  let kept = scribe.end.at;
  const write = async (): Promise<void> => {
    const from = scribe.end.at;
    const texts = Array.from({ length: Math.min(1 + (from % 4), limit - from) }, (_, i) => textFor(from + i));
    const { at, records } = scribe.write(...texts);
    const { end } = scribe;
    await log.append(at, term, records);
    say(`${end.at} ${end.hash}`);
    if (mode !== "busy" || end.at - kept < 40) return;
    kept = end.at;
    await log.keep({ ...end, bytes: Buffer.alloc(600_000, `state at ${end.at};`) });
  };
  const writer = async (): Promise<void> => {
    while (scribe.end.at < limit) await write();
  };
  const writers = await Promise.allSettled(Array.from({ length: inFlight }, writer));
  const failed = writers.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    // Whatever failed, it tries again: the log must refuse it.
    const { at, records } = new Scribe(await log.end(), term, Date.now).write("again");
    await Promise.allSettled([log.append(at, term, records), log.append(at, term, records)]);
    throw failed.reason;
  }
  say("done");
  if (mode.endsWith("!")) await log.close();
} catch (error) {
  if (!(error instanceof LogError)) throw error;
  say(`${logFaultKind(error)} ${error.message}`);
  process.exitCode = 3;
  process.exit();
}
