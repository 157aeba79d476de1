/** How long each step of an application takes. */
import type { Durations } from "./result.ts";

/** Times the steps of one application. */
export class Watch {
  readonly #start = performance.now();
  readonly #steps: Partial<Record<Exclude<keyof Durations, "total">, number>> = {};

  async time<T>(step: Exclude<keyof Durations, "total">, work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#steps[step] = (this.#steps[step] ?? 0) + performance.now() - start;
    }
  }

  get durations(): Durations {
    return { ...this.#steps, total: performance.now() - this.#start };
  }
}
