/**
 * The thread that writes. What was handed in while it committed is its next transaction, so one `fsync` serves as many
 * appends as wait for it. After the first write that fails it writes no more: an `fsync` that failed is never tried again,
 * since the system may have dropped what it could not write.
 */
import { dirname } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { LogError, type LogEnd, type LogSnapshot } from "../log.ts";
import { recordHash, extended, sameBytes } from "../record.ts";
import { openForWriting, stoppedBy, transaction, type DatabaseSync, type StatementSync } from "./database.ts";
import { answerCalls } from "./thread.ts";

/** Records next to each other, as one block and the length of each. */
export interface PackedRecords {
  readonly bytes: Uint8Array;
  readonly lengths: readonly number[];
}

interface Job {
  readonly at: number;
  readonly records: readonly Uint8Array[];
  readonly done: PromiseWithResolvers<LogEnd>;
}

/** A snapshot is written in pieces of so many bytes, and old records go so many at a time: appends wait for one only. */
const PIECE = 256 * 1024;
const FORGOTTEN_AT_ONCE = 500;

class Writer {
  readonly #database: DatabaseSync;
  readonly #term: bigint;
  readonly #termRow: StatementSync;
  readonly #insert: StatementSync;
  readonly #bytesOf: StatementSync;
  #end: LogEnd;
  #queue: Job[] = [];
  #scheduled = false;
  #stopped: LogError | undefined;
  readonly #folder: string;

  /** Begins a term. `end` is where the log ends, as it was checked. */
  constructor(file: string, end: LogEnd) {
    this.#folder = dirname(file);
    this.#database = openForWriting(file);
    this.#end = end;
    this.#term = transaction(this.#database, () => {
      this.#database.exec("UPDATE lead SET term = term + 1");
      const row = this.#database.prepare("SELECT term, (SELECT max(n) FROM record) AS last FROM lead").get();
      const { term, last } = row as { term: number; last: number | null };
      if (last !== null && last + 1 > end.at) throw conflict(`the log has ${last + 1} records, and not ${end.at}`);
      return BigInt(term);
    });
    this.#termRow = this.#database.prepare("SELECT term FROM lead");
    this.#insert = this.#database.prepare("INSERT INTO record VALUES (?, ?)");
    this.#bytesOf = this.#database.prepare("SELECT bytes FROM record WHERE n = ?");
  }

  get term(): bigint {
    return this.#term;
  }

  append(at: number, { bytes, lengths }: PackedRecords): Promise<LogEnd> {
    let from = 0;
    const records = lengths.map((length) => bytes.subarray(from, (from += length)));
    const done = Promise.withResolvers<LogEnd>();
    this.#queue.push({ at, records, done });
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#commit());
    }
    return done.promise;
  }

  /** All that waits, as one transaction. */
  #commit(): void {
    const jobs = this.#queue;
    this.#queue = [];
    this.#scheduled = false;
    const answers: (() => void)[] = [];
    try {
      const end = this.#write(() =>
        jobs.reduce((before, job) => {
          try {
            const after = this.#place(before, job);
            answers.push(() => job.done.resolve(after));
            return after;
          } catch (error) {
            if (!(error instanceof LogError)) throw error;
            answers.push(() => job.done.reject(error));
            return before;
          }
        }, this.#end),
      );
      this.#end = end;
      for (const answer of answers) answer();
    } catch (error) {
      for (const { done } of jobs) done.reject(error);
    }
  }

  /** Puts one append behind an end. It is refused before anything of it is written. */
  #place(end: LogEnd, { at, records }: Job): LogEnd {
    if (at < end.at && this.#holds(at, records)) return end;
    if (at !== end.at) throw conflict(`the log has ${end.at} records, and not ${at}`);
    const after = extended(end, this.#term, records);
    for (const [i, bytes] of records.entries()) this.#insert.run(at + i, bytes);
    return after;
  }

  #holds(at: number, records: readonly Uint8Array[]): boolean {
    return records.every((bytes, i) => {
      const stored = this.#bytesOf.get(at + i) as { bytes: Uint8Array } | undefined;
      return stored !== undefined && sameBytes(stored.bytes, bytes);
    });
  }

  /** One transaction of the one that leads. Any failure but a conflict is the last thing that this thread writes. */
  #write<T>(job: () => T): T {
    if (this.#stopped !== undefined) throw this.#stopped;
    try {
      return transaction(this.#database, () => {
        const { term } = this.#termRow.get() as { term: number };
        // Another process leads, although we hold the lock: its file was removed or replaced.
        if (BigInt(term) !== this.#term) throw this.#deposed(term);
        return job();
      });
    } catch (error) {
      if (error instanceof LogError) throw error;
      this.#stopped = new LogError(stoppedBy(error, this.#folder));
      throw this.#stopped;
    }
  }

  #deposed(term: number): LogError {
    const message = `term ${this.#term} is over: term ${term} has begun`;
    this.#stopped = new LogError({ kind: "conflict", message, over: true });
    return this.#stopped;
  }

  /** Keeps a snapshot and forgets the records before it, in pieces between which appends have their turn. */
  async keep(snapshot: LogSnapshot): Promise<number> {
    const { at, bytes } = snapshot;
    const kept = this.#database.prepare("SELECT at FROM snapshot").get() as { at: number } | undefined;
    if (kept !== undefined && kept.at >= at) return kept.at;
    this.#check(snapshot);
    this.#write(() => this.#database.prepare("DELETE FROM part WHERE at = ?").run(at));
    const part = this.#database.prepare("INSERT INTO part VALUES (?, ?, ?)");
    for (let i = 0; i * PIECE < bytes.length; i += 1) {
      this.#write(() => part.run(at, i, bytes.subarray(i * PIECE, (i + 1) * PIECE)));
      await turn();
    }
    const { hash, time, term } = snapshot;
    this.#write(() =>
      this.#database
        .prepare("INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?, ?, ?, ?)")
        .run(at, hash, time, term, recordHash(bytes)),
    );
    const forget = [
      "DELETE FROM part WHERE (at, i) IN (SELECT at, i FROM part WHERE at <> (SELECT at FROM snapshot) LIMIT 1)",
      `DELETE FROM record WHERE n IN
        (SELECT n FROM record WHERE n < (SELECT at FROM snapshot) ORDER BY n LIMIT ${FORGOTTEN_AT_ONCE})`,
    ];
    for (const sql of forget) {
      const statement = this.#database.prepare(sql);
      while (Number(this.#write(() => statement.run().changes)) > 0) await turn();
    }
    return at;
  }

  #check({ at, hash }: LogSnapshot): void {
    const end = this.#end;
    if (at > end.at) throw misfit(`a snapshot of ${at} records, where the log has ${end.at}`);
    const last = this.#bytesOf.get(at - 1) as { bytes: Uint8Array } | undefined;
    if (last === undefined || recordHash(last.bytes) !== hash)
      throw misfit(`the snapshot before record ${at} is not of this log`);
  }

  /** Copies what the log has grown by into the database, as far as no reader is in the way. */
  checkpoint(): void {
    if (this.#stopped === undefined) this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  }

  /** Returns when what was handed in before is written. */
  async close(): Promise<void> {
    while (this.#scheduled) await turn();
    this.#database.close();
  }
}

const conflict = (message: string): LogError => new LogError({ kind: "conflict", message });
const misfit = (message: string): LogError => new LogError({ kind: "misfit", message });

let writer: Writer | undefined;

const methods = {
  /** Begins a term and says which. */
  lead(file: string, end: LogEnd): bigint {
    try {
      writer = new Writer(file, end);
    } catch (error) {
      throw error instanceof LogError ? error : new LogError(stoppedBy(error, dirname(file)));
    }
    return writer.term;
  },
  append: (at: number, records: PackedRecords): Promise<LogEnd> => writer!.append(at, records),
  keep: (snapshot: LogSnapshot): Promise<number> => writer!.keep(snapshot),
  checkpoint: (): void => writer!.checkpoint(),
  close: async (): Promise<void> => writer?.close(),
} as const;

export type WriterMethods = typeof methods;

answerCalls(methods);
