/**
 * The interface of the log: a totally ordered chain of records, which one writer at a time makes longer. Whatever a live
 * server knows of its past is in it. This page's promises hold for every engine; `testing/conformance.ts` asks each for
 * them.
 */

/** A record as it is stored. Its bytes are the ones that are hashed. */
export interface LogEntry {
  /** The record's number. The first is 0. */
  readonly n: number;
  readonly bytes: Uint8Array;
}

/** Where a log ends: what the next record must fit. */
export interface LogEnd {
  /** How many records there were so far: the number of the next one. */
  readonly at: number;
  /** SHA-256 of the last record, in hexadecimal; zeros before the first. */
  readonly hash: string;
  /** Time of the last record in Unix milliseconds; 0 before the first. */
  readonly time: number;
  /** The term of the last record; 0 before the first. */
  readonly term: number;
}

/** The state after all records before `at`, in whatever form its maker chose. */
export interface LogSnapshot extends LogEnd {
  readonly bytes: Uint8Array;
}

/** What it is to lead: the term, and a signal that fires when it is over. */
export interface Leadership {
  readonly term: bigint;
  readonly lost: AbortSignal;
}

/** A totally ordered log. One writer at a time; a writer that was deposed can append nothing. */
export interface Log {
  /**
   * Resolves when we lead; `lost` fires before anybody else can. `term` only grows. An engine for one machine does not
   * wait for another leader: it rejects with `held`. Aborting `signal` ends the wait, or gives the lead up.
   */
  lead(signal: AbortSignal): Promise<Leadership>;
  /**
   * All or nothing, durable when it resolves. Rejects with `conflict` (the log is longer, or the term is over) and
   * `unknown` (it may be in the log or not: ask with the same bytes again, and append nothing else before the answer).
   * Records that the log holds already at `at`, byte for byte, are answered as if they were new. Appends may be handed in
   * before earlier ones are answered. They are carried out in their order, and none without those before it.
   */
  append(at: number, term: bigint, records: readonly Uint8Array[]): Promise<void>;
  /**
   * Records from an index on, then every new one once it is durable; `compacted` if the index is gone: load the snapshot.
   * Ends when `signal` fires.
   */
  follow(from: number, signal: AbortSignal): AsyncIterable<readonly LogEntry[]>;
  /** The last one that was kept. */
  snapshot(): Promise<LogSnapshot | undefined>;
  /**
   * A snapshot of all before `at`; the engine may forget those records, the archive does not. Rejects with `misfit` if
   * it is not of this log, and keeps the newer one if there is one.
   */
  keep(snapshot: LogSnapshot): Promise<void>;
}

/** A log that was opened and must be closed. What was handed in before `close` is still written. */
export interface OpenLog extends Log {
  /** Where the durable log ends. */
  end(): Promise<LogEnd>;
  close(): Promise<void>;
}

/**
 * Why a log did not do what it was asked for.
 *
 * - `conflict`: the log is longer than the writer believed, or its term is over.
 * - `unknown`: the answer was lost; what was asked may have happened.
 * - `compacted`: the records are gone; the snapshot stands for them.
 * - `held`: another process leads.
 * - `misfit`: the records do not continue the chain, a fault of the caller. Nothing was written.
 * - `damaged`: what is stored is not what was written.
 * - `newer`: a later version of glazier wrote it.
 * - `unsuitable`: a log cannot live in this place.
 * - `stopped`: a write failed, and this process writes no more.
 * - `closed`: the log was closed.
 */
export type LogFaultKind =
  | "conflict"
  | "unknown"
  | "compacted"
  | "held"
  | "misfit"
  | "damaged"
  | "newer"
  | "unsuitable"
  | "stopped"
  | "closed";

/** A fault as plain data, which threads may send each other. */
export interface LogFault {
  readonly kind: LogFaultKind;
  /** A sentence for people, without a period. */
  readonly message: string;
  /** What to do about it. */
  readonly help?: string;
  /** The first record that is concerned. */
  readonly record?: number;
  /** Of a conflict: the term is over. */
  readonly over?: true;
}

export class LogError extends Error {
  readonly fault: LogFault;

  constructor(fault: LogFault) {
    super(fault.message);
    this.name = "LogError";
    this.fault = fault;
  }
}

/** The kind of fault, or undefined for any other error. */
export function logFaultKind(error: unknown): LogFaultKind | undefined {
  return error instanceof LogError ? error.fault.kind : undefined;
}

/**
 * Appends, and asks with the same bytes again as long as the answer is `unknown`. So it resolves when the records are in
 * the log, once, and rejects when they are not and never will be.
 */
export async function appendSurely(log: Log, at: number, term: bigint, records: readonly Uint8Array[]): Promise<void> {
  for (;;) {
    try {
      return await log.append(at, term, records);
    } catch (error) {
      if (logFaultKind(error) !== "unknown") throw error;
    }
  }
}
