/**
 * The lock of the writer: SQLite's own exclusive lock on a file that holds nothing. The system lets go of it when the
 * process ends in whatever way, so no file of a dead process keeps anybody out. It is a file of its own, so that others
 * may read the log meanwhile. No code of this process may open the file by other means: closing it would end the lock.
 */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { readRegular } from "../../process/regular-file.ts";
import { LogError } from "../log.ts";
import { logFiles, openDatabase, sqliteCode, SQLITE } from "./database.ts";

export interface WriterLock {
  release(): void;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** As `Date.toISOString` writes it. */
  readonly since: string;
}

/** Two that ask at the same instant are both refused. So a refusal counts when it came so often, this many ms apart. */
const ATTEMPTS = 3;
const INTERVAL = 10;
/** The lock comes before the name of its holder, which is waited for so often. */
const NAMELESS_ATTEMPTS = 20;

/** Takes the lock. Rejects with `held`, and a sentence that names the process that has it. */
export async function takeWriterLock(folder: string): Promise<WriterLock> {
  const { lock, holder } = logFiles(folder);
  for (let attempt = 1; ; attempt += 1) {
    const database = tryLock(lock);
    if (database !== undefined) {
      sign(holder);
      return { release: () => database.close() };
    }
    const other = holderIn(holder);
    if (attempt >= (other === undefined ? NAMELESS_ATTEMPTS : ATTEMPTS)) throw heldBy(folder, other);
    await pause(INTERVAL);
  }
}

/** Says who has the lock. Without it the lock holds as well, so a full disk does not matter here. */
function sign(file: string): void {
  const me: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  try {
    writeFileSync(`${file}.new`, `${JSON.stringify(me)}\n`);
    renameSync(`${file}.new`, file);
  } catch {
    rmSync(file, { force: true });
  }
}

function tryLock(file: string): ReturnType<typeof openDatabase> | undefined {
  const database = openDatabase(file, 0);
  try {
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    if (sqliteCode(error) === SQLITE.busy) return undefined;
    const message = `${file} cannot be locked: ${(error as Error).message}`;
    throw new LogError({ kind: "unsuitable", message, help: "the lock is a file of its own and holds nothing" });
  }
}

/** Who says that it holds the lock; undefined if that is known to be over. */
function holderIn(file: string): Holder | undefined {
  try {
    const holder = JSON.parse(readRegular(file).toString()) as Holder;
    return holder.host === hostname() && !isRunning(holder.pid) ? undefined : holder;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function heldBy(folder: string, holder: Holder | undefined): LogError {
  const who =
    holder === undefined
      ? "another process"
      : `process ${holder.pid} on ${holder.host}, running since ${holder.since},`;
  const help = "one server at a time writes a log: end that one, or choose another folder";
  return new LogError({ kind: "held", message: `${who} writes the log in ${folder}`, help });
}
