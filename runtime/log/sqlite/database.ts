/**
 * The database under the log: SQLite in WAL mode, where a commit has reached the disk when it returns
 * (`synchronous=FULL`). Only this file loads `node:sqlite`.
 */
import { linkSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import type * as Sqlite from "node:sqlite";
import { LogError, type LogFault } from "../log.ts";

export type { DatabaseSync, StatementSync } from "node:sqlite";

/** The files of a log in its folder. SQLite adds `-wal` and `-shm` beside the database. */
export const logFiles = (folder: string): { database: string; lock: string; holder: string; head: string } => ({
  database: join(folder, "log.db"),
  lock: join(folder, "log.lock"),
  holder: join(folder, "log.holder"),
  head: join(folder, "log.head"),
});

/** Of the tables below. A database with a higher one is refused. */
const LAYOUT = 1;

const TABLES = `
  CREATE TABLE record (n INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE lead (one INTEGER PRIMARY KEY CHECK (one = 1), term INTEGER NOT NULL) STRICT;
  CREATE TABLE snapshot (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL, hash TEXT NOT NULL,
    time INTEGER NOT NULL, term INTEGER NOT NULL, digest TEXT NOT NULL) STRICT;
  CREATE TABLE part (at INTEGER NOT NULL, i INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (at, i)) STRICT;
  INSERT INTO lead VALUES (1, 0);
  PRAGMA user_version = ${LAYOUT};
`;

let loaded: typeof Sqlite | undefined;

/** Loads the module without the warning of Node 22 that it is experimental, which users can do nothing about. */
function sqlite(): typeof Sqlite {
  if (loaded !== undefined) return loaded;
  const warn = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    loaded = process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = warn;
  }
  return loaded;
}

/** Opens a file. What it is asked for waits at most `patience` milliseconds for other connections. */
export function openDatabase(file: string, patience: number, readOnly = false): Sqlite.DatabaseSync {
  return new (sqlite().DatabaseSync)(file, { timeout: patience, readOnly });
}

/** How long a write waits for a program that holds the database, in milliseconds. No program of ours does. */
const PATIENCE = 30_000;

/** A connection that writes. */
export function openForWriting(file: string): Sqlite.DatabaseSync {
  const database = openDatabase(file, PATIENCE);
  // Checkpoints are run when no commit waits for them.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;");
  return database;
}

/** Makes the database of an empty log, whole or not at all. One that is there stays. */
export function createDatabase(file: string): void {
  const draft = `${file}.new-${process.pid}`;
  rmSync(draft, { force: true });
  const database = openForWriting(draft);
  transaction(database, () => database.exec(TABLES));
  database.close();
  try {
    // Unlike a new name, a link never replaces what another process has made meanwhile.
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A connection that leaves even a damaged database as it is. */
export function openForReading(file: string): Sqlite.DatabaseSync {
  return openDatabase(file, PATIENCE, true);
}

/** Throws `newer` for tables of a later version. */
export function refuseLaterLayout(database: Sqlite.DatabaseSync): void {
  const { user_version: layout } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (layout <= LAYOUT) return;
  throw new LogError({
    kind: "newer",
    message: `the log's database has layout ${layout}, which this version of glazier does not know`,
    help: "run the version that wrote it, or a later one",
  });
}

/** Runs a job as one transaction: all of it is durable when this returns, or none of it is there. */
export function transaction<T>(database: Sqlite.DatabaseSync, job: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = job();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // Some errors have ended the transaction themselves, and the first error is the one that counts.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** SQLite's primary code of an error, or undefined for an error of another origin. */
export function sqliteCode(error: unknown): number | undefined {
  const code = (error as { readonly errcode?: unknown }).errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

export const SQLITE = { error: 1, busy: 5, io: 10, corrupt: 11, full: 13, notADatabase: 26 } as const;

/** With less room, in bytes, a failure to write is one of a full disk: SQLite calls it an I/O error where it makes its files. */
const LEAST_ROOM = 128 * 1024;

function isOfFullDisk(error: unknown, folder: string): boolean {
  const code = sqliteCode(error) ?? (error as NodeJS.ErrnoException).code;
  if (code === SQLITE.full || code === "ENOSPC" || code === "EDQUOT") return true;
  if (code !== SQLITE.io) return false;
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < LEAST_ROOM;
  } catch {
    return false;
  }
}

/** A failed write to a log in a folder, in words. */
export function stoppedBy(error: unknown, folder: string): LogFault {
  const full = isOfFullDisk(error, folder);
  const said = error instanceof Error ? error.message : String(error);
  const reason = full ? "no space is left on its disk" : said;
  return {
    kind: "stopped",
    message: `the log could not be written (${reason}), so this process records nothing more`,
    help: full
      ? "make room on the disk of the log, then start again"
      : "look at the disk of the log, then start again: what was answered is in the log",
  };
}
