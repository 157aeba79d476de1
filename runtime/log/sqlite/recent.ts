/** The last durable records in memory: readers that follow closely are served without a look at the disk. */
import type { LogEntry } from "../log.ts";

/** So many records are kept, and so many bytes. */
const RECORDS = 4096;
const BYTES = 8 * 1024 * 1024;

export class RecentEntries {
  #entries: LogEntry[] = [];
  #bytes = 0;

  /** Records that have become durable. */
  add(at: number, records: readonly Uint8Array[]): void {
    const last = this.#entries.at(-1);
    // Appended again after an answer that was lost.
    if (last !== undefined && at <= last.n) return;
    if (last !== undefined && at !== last.n + 1) this.#entries = [];
    for (const [i, bytes] of records.entries()) {
      this.#entries.push({ n: at + i, bytes });
      this.#bytes += bytes.length;
    }
    // Half of it goes at once, so that each record is moved once at most.
    if (this.#entries.length > RECORDS || this.#bytes > BYTES) {
      this.#entries = this.#entries.slice(this.#entries.length >> 1);
      this.#bytes = this.#entries.reduce((sum, { bytes }) => sum + bytes.length, 0);
    }
  }

  /** Those from a number on before `end`, or undefined if memory does not reach back so far. */
  from(n: number, end: number): readonly LogEntry[] | undefined {
    const [first, last] = [this.#entries[0]?.n, this.#entries.at(-1)?.n];
    if (first === undefined || n < first || last! + 1 < end) return undefined;
    return this.#entries.slice(n - first, Math.max(0, end - first));
  }
}
