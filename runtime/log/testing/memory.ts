/**
 * A log in memory, shared by the handles that a store opens, for tests of what is built on a log. Its faults are those
 * that a log across a network has; each befalls the append that comes next.
 */
import {
  LogError,
  type Leadership,
  type LogEnd,
  type LogEntry,
  type LogFaultKind,
  type LogSnapshot,
  type OpenLog,
} from "../log.ts";
import { EMPTY_LOG, extended, linked, sameBytes, recordHash } from "../record.ts";

/**
 * - `lost answer`: it is carried out, and the answer is `unknown`.
 * - `lost request`: it is not carried out, and the answer is `unknown`.
 * - `late`: the answer is `unknown`, and it arrives when it is asked for again, or at `deliver`: perhaps long after.
 * - `twice`: it arrives twice.
 * - `pause`: its writer sleeps until another one leads, and it arrives then.
 * - `torn`: the writer dies when a part of it is written.
 */
export type MemoryFault = "lost answer" | "lost request" | "late" | "twice" | "pause" | "torn";

interface Lease {
  readonly holder: MemoryLog;
  readonly term: bigint;
  readonly lost: AbortController;
}

/** A batch on its way, or written. */
interface Batch {
  readonly at: number;
  readonly term: bigint;
  readonly records: readonly Uint8Array[];
}

/** What all handles share: the part that outlives them. */
export class MemoryStore {
  /** Batches as they were written. The last one may be torn: then less is there than it announced. */
  #batches: { readonly count: number; readonly at: number; readonly records: Uint8Array[] }[] = [];
  #first = 0;
  #end: LogEnd = EMPTY_LOG;
  #term = 0n;
  lease: Lease | undefined;
  kept: LogSnapshot | undefined;
  readonly #faults: MemoryFault[] = [];
  readonly #late: Batch[] = [];
  #changed = Promise.withResolvers<void>();

  open(): MemoryLog {
    return new MemoryLog(this);
  }

  /** The next append meets this fault; of several, one each. */
  fault(...faults: readonly MemoryFault[]): void {
    this.#faults.push(...faults);
  }

  nextFault(): MemoryFault | undefined {
    return this.#faults.shift();
  }

  /** The lease ends although its holder did nothing, as when it slept: `lost` fires, and then others may lead. */
  depose(): void {
    const lease = this.lease;
    lease?.lost.abort(fault("conflict", "the lease is over"));
    this.lease = undefined;
    this.wake();
  }

  begin(holder: MemoryLog): Lease {
    // Who leads anew drops what another one wrote only in part.
    this.#batches = this.#batches.filter(({ count, records }) => count === records.length);
    this.#term += 1n;
    this.lease = { holder, term: this.#term, lost: new AbortController() };
    this.wake();
    return this.lease;
  }

  get end(): LogEnd {
    return this.#end;
  }

  get first(): number {
    return this.#first;
  }

  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** What the network had kept back arrives. */
  deliver(): void {
    for (const batch of this.#late.splice(0)) {
      try {
        this.arrive(batch);
      } catch {
        // Nothing waits for this answer any more.
      }
    }
  }

  keepBack(batch: Batch): void {
    this.#late.push(batch);
  }

  /** A batch reaches the store. Throws what it answers. */
  arrive({ at, term, records }: Batch): void {
    if (this.lease?.term !== term) throw fault("conflict", `term ${term} is over`);
    if (at < this.#end.at) {
      const there = this.entries(at).slice(0, records.length);
      if (there.length === records.length && there.every(({ bytes }, i) => sameBytes(bytes, records[i]!))) return;
    }
    if (at !== this.#end.at) throw fault("conflict", `the log has ${this.#end.at} records, and not ${at}`);
    this.#end = extended(this.#end, term, records);
    this.#batches.push({ at, count: records.length, records: records.map((bytes) => bytes.slice()) });
    this.wake();
  }

  /** A batch is written in part, and its writer dies. */
  tear({ at, records }: Batch): void {
    this.#batches.push({ at, count: records.length, records: records.slice(0, records.length - 1) });
    this.depose();
  }

  entries(from: number): readonly LogEntry[] {
    return this.#batches
      .filter(({ count, records }) => count === records.length)
      .flatMap(({ at, records }) => records.map((bytes, i) => ({ n: at + i, bytes })))
      .filter(({ n }) => n >= from && n >= this.#first);
  }

  keep(snapshot: LogSnapshot): void {
    const { at, hash } = snapshot;
    if (this.kept !== undefined && this.kept.at >= at) return;
    const last = this.entries(at - 1)[0];
    if (at > this.#end.at || last?.n !== at - 1 || recordHash(last.bytes) !== hash)
      throw fault("misfit", `the snapshot before record ${at} is not of this log`);
    this.kept = { ...snapshot, bytes: snapshot.bytes.slice() };
    this.#first = at;
  }

  /** The chain from the start, found anew: what an outsider would see. Throws `damaged`. */
  verify(): LogEnd {
    return this.entries(0).reduce((end, { bytes }) => linked(end, bytes), this.kept ?? EMPTY_LOG);
  }
}

/** One process's view of a store. */
export class MemoryLog implements OpenLog {
  readonly #store: MemoryStore;
  #closed = false;
  readonly #ends = new AbortController();

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async end(): Promise<LogEnd> {
    return this.#store.end;
  }

  /** Waits until no other handle leads, as an engine for several machines does. */
  async lead(signal: AbortSignal): Promise<Leadership> {
    const over = AbortSignal.any([signal, this.#ends.signal]);
    over.addEventListener("abort", () => this.#store.wake());
    for (;;) {
      over.throwIfAborted();
      if (this.#store.lease === undefined) break;
      await this.#store.changed;
    }
    const { term, lost } = this.#store.begin(this);
    over.addEventListener("abort", () => this.#resign(term));
    return { term, lost: lost.signal };
  }

  #resign(term: bigint): void {
    if (this.#store.lease?.term === term) this.#store.depose();
  }

  async append(at: number, term: bigint, records: readonly Uint8Array[]): Promise<void> {
    if (this.#closed) throw fault("closed", "the log was closed");
    const batch: Batch = { at, term, records };
    switch (this.#store.nextFault()) {
      case undefined:
        return this.#store.arrive(batch);
      case "twice":
        this.#store.arrive(batch);
        return this.#store.arrive(batch);
      case "lost answer":
        this.#store.arrive(batch);
        throw fault("unknown", "no answer came");
      case "lost request":
        throw fault("unknown", "no answer came");
      case "late":
        this.#store.keepBack(batch);
        throw fault("unknown", "no answer came yet");
      case "pause":
        while (this.#store.lease?.term === term || this.#store.lease === undefined) await this.#store.changed;
        return this.#store.arrive(batch);
      case "torn":
        this.#store.tear(batch);
        throw fault("closed", "the writer died");
    }
  }

  async *follow(from: number, signal: AbortSignal): AsyncGenerator<readonly LogEntry[]> {
    const over = AbortSignal.any([signal, this.#ends.signal]);
    over.addEventListener("abort", () => this.#store.wake());
    for (let next = from; !over.aborted;) {
      if (next < this.#store.first) throw fault("compacted", `record ${next} is gone`);
      const changed = this.#store.changed;
      const entries = this.#store.entries(next);
      next += entries.length;
      if (entries.length > 0) yield entries;
      else await changed;
    }
    if (this.#closed) throw fault("closed", "the log was closed");
  }

  async snapshot(): Promise<LogSnapshot | undefined> {
    return this.#store.kept;
  }

  async keep(snapshot: LogSnapshot): Promise<void> {
    if (this.#store.lease?.holder !== this) throw fault("conflict", "only the process that leads keeps snapshots");
    this.#store.keep(snapshot);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#ends.abort();
  }
}

const fault = (kind: LogFaultKind, message: string): LogError => new LogError({ kind, message });
