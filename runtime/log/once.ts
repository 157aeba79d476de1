/**
 * At most once: a speaker names a request by a key of her own, and gets the first answer however often she repeats it.
 * Answers are kept for 24 hours, and 10,000 for each speaker. All of it follows from the records and their times alone,
 * so that replicas agree, and it is part of the snapshot. Only what is in flight is this process's own.
 */
import type { JsonValue } from "./record.ts";

const DAY = 24 * 3600 * 1000;
const PER_SPEAKER = 10_000;

export interface KeyedAnswer {
  /** The speaker. */
  readonly by: string;
  readonly key: string;
  /** SHA-256 of what was asked, in hexadecimal. */
  readonly body: string;
  /** The record that decided it, and its time in Unix milliseconds. */
  readonly n: number;
  readonly at: number;
  readonly answer: JsonValue;
}

/**
 * `mine`: decide it, then call `remember` or `fail`. `answered`: say that again. `waits`: the first one is still being
 * decided. `other`: the key was used for something else.
 */
export type KeyUse =
  | { readonly kind: "mine" }
  | { readonly kind: "answered"; readonly answer: KeyedAnswer }
  | { readonly kind: "waits"; readonly answer: Promise<KeyedAnswer> }
  | { readonly kind: "other" };

interface Flight {
  readonly body: string;
  readonly answer: PromiseWithResolvers<KeyedAnswer>;
}

export class OnceKeys {
  /** Speaker → key → answer, oldest first. */
  readonly #answers = new Map<string, Map<string, KeyedAnswer>>();
  readonly #flights = new Map<string, Flight>();

  constructor(kept: readonly KeyedAnswer[] = []) {
    for (const one of kept) this.#insert(one);
  }

  /** What is to be done with a request; `now` is the time that its record would get. */
  use(by: string, key: string, body: string, now: number): KeyUse {
    const answer = this.#answers.get(by)?.get(key);
    if (answer !== undefined && lives(answer, now))
      return answer.body === body ? { kind: "answered", answer } : { kind: "other" };
    const flight = this.#flights.get(name(by, key));
    if (flight !== undefined)
      return flight.body === body ? { kind: "waits", answer: flight.answer.promise } : { kind: "other" };
    const started: Flight = { body, answer: Promise.withResolvers() };
    // Usually nothing waits, and then a failure is no unhandled rejection.
    started.answer.promise.catch(() => undefined);
    this.#flights.set(name(by, key), started);
    return { kind: "mine" };
  }

  /** The record of a request with a key is durable: its answer is the one for all time. */
  remember(answer: KeyedAnswer): void {
    this.#insert(answer);
    const flight = this.#flights.get(name(answer.by, answer.key));
    this.#flights.delete(name(answer.by, answer.key));
    flight?.answer.resolve(answer);
  }

  /** The request got no record. Those that wait for it hear so, and the next one decides anew. */
  fail(by: string, key: string, error: Error): void {
    const flight = this.#flights.get(name(by, key));
    this.#flights.delete(name(by, key));
    flight?.answer.reject(error);
  }

  /** What a snapshot keeps at a time, in the order of the records. */
  kept(now: number): readonly KeyedAnswer[] {
    for (const by of this.#answers.keys()) this.#prune(by, now);
    return [...this.#answers.values()].flatMap((answers) => [...answers.values()]).sort((a, b) => a.n - b.n);
  }

  #insert(answer: KeyedAnswer): void {
    const answers = this.#answers.get(answer.by) ?? new Map<string, KeyedAnswer>();
    this.#answers.set(answer.by, answers);
    // A key that was forgotten and used again is the newest.
    answers.delete(answer.key);
    answers.set(answer.key, answer);
    this.#prune(answer.by, answer.at);
  }

  #prune(by: string, now: number): void {
    const answers = this.#answers.get(by)!;
    for (const [key, answer] of answers) {
      if (answers.size <= PER_SPEAKER && lives(answer, now)) break;
      answers.delete(key);
    }
    if (answers.size === 0) this.#answers.delete(by);
  }
}

const lives = ({ at }: KeyedAnswer, now: number): boolean => now - at < DAY;
const name = (by: string, key: string): string => JSON.stringify([by, key]);
