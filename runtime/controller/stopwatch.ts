/** Measures how long each phase of `apply` takes. */
import type { Durations } from "./result.ts";

/** Adds up the milliseconds of each phase of one `apply`. */
export class Stopwatch {
  readonly #start = performance.now();
  readonly #phases: Partial<Record<Exclude<keyof Durations, "total">, number>> = {};

  async time<T>(phase: Exclude<keyof Durations, "total">, work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#phases[phase] = (this.#phases[phase] ?? 0) + performance.now() - start;
    }
  }

  get durations(): Durations {
    return { ...this.#phases, total: performance.now() - this.#start };
  }
}
