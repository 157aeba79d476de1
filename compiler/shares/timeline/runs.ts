/** Where a rate stays within bounds: its maximal runs, one after the other, so that a search reads each step once. */
import type { Rates } from "./rates.ts";

/** A cursor over the runs in which low ≤ rate ≤ high. */
export class Runs {
  readonly #rates: Rates;
  readonly #low: number;
  readonly #high: number;
  /** The step to be read next. */
  #chunk: number;
  #step: number;
  /** The run found last. */
  #start = -Infinity;
  #end = -Infinity;

  constructor(rates: Rates, low: number, high: number, from: number) {
    this.#rates = rates;
    this.#low = low;
    this.#high = high;
    this.#chunk = rates.chunkAt(from);
    this.#step = Math.max(0, rates.chunks[this.#chunk]!.position(from));
  }

  /** The first instant at or after `at` from which the bounds hold for so long. Calls may only move forward. */
  seek(at: number, duration: number): number | undefined {
    for (;;) {
      const start = Math.max(at, this.#start);
      if (start + duration <= this.#end) return start;
      if (!this.#advance()) return undefined;
    }
  }

  #advance(): boolean {
    const { chunks } = this.#rates;
    let start: number | undefined;
    for (; this.#chunk < chunks.length; this.#chunk += 1, this.#step = 0) {
      const { times, rates, lift, high, low } = chunks[this.#chunk]!;
      const [least, most] = [this.#low - lift, this.#high - lift];
      if (this.#step === 0 && low >= least && high <= most) {
        start ??= times[0]!;
        continue;
      }
      if (start === undefined && (low > most || high < least)) continue;
      for (; this.#step < times.length; this.#step += 1) {
        const rate = rates[this.#step]!;
        if (rate >= least && rate <= most) start ??= times[this.#step]!;
        else if (start !== undefined) {
          [this.#start, this.#end] = [start, times[this.#step]!];
          return true;
        }
      }
    }
    if (start === undefined) return false;
    [this.#start, this.#end] = [start, Infinity];
    return true;
  }
}
