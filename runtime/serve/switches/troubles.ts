/**
 * What goes wrong again and again → one word when it begins, and one when it is over, with the number of times. A fault
 * that lasts must not fill the disk of whoever keeps what a server prints.
 */
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";

/** A trouble that is over. */
export interface PastTrouble {
  readonly times: number;
  readonly seconds: number;
}

interface Standing {
  readonly since: number;
  readonly codes: string;
  messages: string;
  told: number;
  times: number;
}

/** Milliseconds between two words about one trouble whose faults differ in their words alone. */
const LEAST_BETWEEN = 60_000;

export class Troubles<Kind extends string> {
  readonly #standing = new Map<Kind, Standing>();
  readonly #clock: () => number;

  /** @param clock Milliseconds that only grow. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  has(kind: Kind): boolean {
    return this.#standing.has(kind);
  }

  /** Notes that it went wrong; returns whether that is new, and so to be told. */
  met(kind: Kind, diagnostics: readonly Diagnostic[]): boolean {
    const now = this.#clock();
    const codes = [...new Set(diagnostics.map(({ code }) => code))].toSorted().join();
    const messages = diagnostics.map(({ message }) => message).join("\n");
    const one = this.#standing.get(kind);
    if (one?.codes !== codes) {
      const [since, times] = one === undefined ? [now, 1] : [one.since, one.times + 1];
      this.#standing.set(kind, { since, codes, messages, told: now, times });
      return true;
    }
    one.times++;
    if (one.messages === messages || now - one.told < LEAST_BETWEEN) return false;
    one.messages = messages;
    one.told = now;
    return true;
  }

  /** Notes that all is well; returns what there was. */
  over(kind: Kind): PastTrouble | undefined {
    const one = this.#standing.get(kind);
    if (one === undefined) return undefined;
    this.#standing.delete(kind);
    return { times: one.times, seconds: (this.#clock() - one.since) / 1000 };
  }
}
