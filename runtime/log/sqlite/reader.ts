/**
 * The thread that reads: it checks the whole chain before anything is built on it, serves old records and the snapshot, and
 * runs checkpoints, so that commits wait for none of this. Until the log was found whole its connection cannot write: a
 * damaged log stays as it is, for repair.
 */
import { LogError, type LogEnd, type LogEntry, type LogSnapshot } from "../log.ts";
import { recordHash, EMPTY_LOG, linked } from "../record.ts";
import {
  refuseLaterLayout,
  openForReading,
  openForWriting,
  sqliteCode,
  SQLITE,
  type DatabaseSync,
} from "./database.ts";
import type { KeptHead } from "./head.ts";
import { answerCalls } from "./thread.ts";

/** What one look at the log tells. */
export interface LogSpan {
  /** The number of the first record that is there: what lies before it is in the snapshot. */
  readonly first: number;
  readonly end: LogEnd;
}

/** Records that follow each other, and the first one that is there. */
export interface LogSlice {
  readonly first: number;
  readonly entries: readonly LogEntry[];
}

interface RecordRow {
  readonly n: number;
  readonly bytes: Uint8Array;
}

interface SnapshotRow extends LogEnd {
  readonly digest: string;
}

/** One answer holds so many records and about so many bytes. */
const SLICE = 500;
const SLICE_BYTES = 1024 * 1024;

class Reader {
  readonly #file: string;
  readonly #database: DatabaseSync;
  #checkpoints: DatabaseSync | undefined;
  /** The chain was found whole up to here. */
  #checked: LogEnd | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#database = openForReading(file);
    refuseLaterLayout(this.#database);
  }

  /** Checks what was not checked yet, all of it at first. Throws `damaged` or `newer`. */
  check(head: KeptHead | undefined): LogSpan {
    return this.#atOneInstant(() => {
      const snapshot = this.#snapshotRow();
      let end = this.#checked;
      if (end === undefined || (snapshot !== undefined && snapshot.at > end.at)) {
        if (snapshot !== undefined) this.#snapshotBytes(snapshot);
        end = snapshot ?? EMPTY_LOG;
      }
      const vouched = head !== undefined && head.at >= end.at;
      let at = end.at;
      try {
        if (vouched) refuseAnother(head, end);
        const rows = this.#database.prepare("SELECT n, bytes FROM record WHERE n >= ? ORDER BY n");
        for (const row of rows.iterate(end.at) as Iterable<unknown>) {
          const { n, bytes } = row as RecordRow;
          if (n !== end.at) throw damaged(end.at, `record ${end.at} is missing: the next one is record ${n}`);
          end = linked(end, bytes);
          at = end.at;
          if (vouched) refuseAnother(head, end);
        }
      } catch (error) {
        throw unreadable(error, at);
      }
      if (vouched && head.at > end.at) throw shorter(head, end);
      if (this.#checked === undefined) this.#checkStructure(end);
      this.#checked = { at: end.at, hash: end.hash, time: end.time, term: end.term };
      return { first: snapshot?.at ?? 0, end: this.#checked };
    });
  }

  /** SQLite's own view of the file: pages that are in two places at once would destroy records later. */
  #checkStructure(end: LogEnd): void {
    try {
      const [found] = this.#database.prepare("PRAGMA quick_check(1)").all() as { quick_check: string }[];
      if (found?.quick_check !== "ok") throw damaged(0, `the log's database is damaged (${found?.quick_check})`);
      const lead = this.#database.prepare("SELECT term FROM lead").get() as { term: number } | undefined;
      if (lead === undefined || lead.term < end.term) throw damaged(0, "the log has forgotten its term");
    } catch (error) {
      throw unreadable(error, end.at);
    }
  }

  /** Records from a number on; none if there are none yet. */
  read(from: number): LogSlice {
    return this.#atOneInstant(() => {
      const first = this.#snapshotRow()?.at ?? 0;
      const entries: LogEntry[] = [];
      let size = 0;
      if (from < first) return { first, entries };
      try {
        const rows = this.#database.prepare(`SELECT n, bytes FROM record WHERE n >= ? ORDER BY n LIMIT ${SLICE}`);
        for (const row of rows.iterate(from) as Iterable<unknown>) {
          const { n, bytes } = row as RecordRow;
          if (n !== from + entries.length) throw damaged(from + entries.length, `record ${from} is missing`);
          entries.push({ n, bytes });
          if ((size += bytes.length) > SLICE_BYTES) break;
        }
      } catch (error) {
        throw unreadable(error, from + entries.length);
      }
      return { first, entries };
    });
  }

  snapshot(): LogSnapshot | undefined {
    return this.#atOneInstant(() => {
      const row = this.#snapshotRow();
      if (row === undefined) return undefined;
      const { at, hash, time, term } = row;
      return { at, hash, time, term, bytes: this.#snapshotBytes(row) };
    });
  }

  /** Copies what the log has grown by into the database, beside the commits. */
  checkpoint(): void {
    try {
      this.#checkpoints ??= openForWriting(this.#file);
      this.#checkpoints.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch {
      // The log has all that the database lacks. Where the disk has a fault, the next commit finds it and says so.
    }
  }

  close(): void {
    this.#checkpoints?.close();
    this.#database.close();
  }

  #snapshotRow(): SnapshotRow | undefined {
    const row: unknown = this.#database.prepare("SELECT at, hash, time, term, digest FROM snapshot").get();
    return row as SnapshotRow | undefined;
  }

  #snapshotBytes({ at, digest }: SnapshotRow): Uint8Array {
    try {
      const parts = this.#database.prepare("SELECT bytes FROM part WHERE at = ? ORDER BY i").all(at);
      const bytes = Buffer.concat(parts.map((part) => part["bytes"] as Uint8Array));
      if (recordHash(bytes) === digest) return bytes;
    } catch (error) {
      throw unreadable(error, at);
    }
    throw damaged(at, `the snapshot of all before record ${at} is damaged`);
  }

  /** What a job reads is the log at one instant, whatever is written meanwhile. */
  #atOneInstant<T>(job: () => T): T {
    try {
      this.#database.exec("BEGIN");
      const result = job();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw unreadable(error);
    }
  }
}

function refuseAnother(head: KeptHead, end: LogEnd): void {
  if (head.at !== end.at || head.hash === end.hash) return;
  throw damaged(end.at - 1, `record ${end.at - 1} is not the one that the kept head names`);
}

const shorter = (head: KeptHead, end: LogEnd): LogError =>
  damaged(end.at, `the log ends before record ${end.at}, and had ${head.at} records: those from ${end.at} on are lost`);

/** What SQLite cannot read is damaged: at record `n`, if it is known where. */
function unreadable(error: unknown, n?: number): unknown {
  const code = sqliteCode(error);
  if (code === undefined) return error;
  // Tables that are not there are damage too: a database gets its name only when it has them.
  if (code !== SQLITE.corrupt && code !== SQLITE.notADatabase && code !== SQLITE.error)
    return new LogError({
      kind: "unsuitable",
      message: `the log's database cannot be read: ${(error as Error).message}`,
    });
  const where = n === undefined ? "" : ` at record ${n}`;
  return damaged(n, `the log's database is damaged${where} (${(error as Error).message})`);
}

/** `record`: where it is damaged, if that is known. */
function damaged(record: number | undefined, message: string): LogError {
  const which = record === undefined ? "" : ` that has record ${record}`;
  const help = `restore the folder of the log from a backup or a replica${which}; this one is left as it is`;
  return new LogError({ kind: "damaged", ...(record !== undefined && { record }), message, help });
}

let reader: Reader | undefined;

const methods = {
  open(file: string): void {
    try {
      reader = new Reader(file);
    } catch (error) {
      throw unreadable(error);
    }
  },
  check: (head: KeptHead | undefined): LogSpan => reader!.check(head),
  read: (from: number): LogSlice => reader!.read(from),
  snapshot: (): LogSnapshot | undefined => reader!.snapshot(),
  checkpoint: (): void => reader!.checkpoint(),
  close: (): void => reader?.close(),
} as const;

export type ReaderMethods = typeof methods;

answerCalls(methods);
