/**
 * The numbers of sentences among those of their speaker that are recorded. Names and events that a speaker reads have these
 * and not the numbers of records, which would tell how much others say.
 */
import type { LogRecord } from "../../log/record.ts";

export class OwnNumbers {
  /** The first number that a speaker gets: above those of records that had none, by which events of theirs are known. */
  #first: number;
  readonly #last: Map<string, number>;

  constructor(first = 1, last: Iterable<readonly [by: string, own: number]> = []) {
    this.#first = first;
    this.#last = new Map(last);
  }

  get first(): number {
    return this.#first;
  }

  /** The last number of each speaker who has one. */
  get last(): ReadonlyMap<string, number> {
    return this.#last;
  }

  nextOf(by: string): number {
    return (this.#last.get(by) ?? this.#first - 1) + 1;
  }

  take(by: string, own: number): void {
    this.#last.set(by, own);
  }

  /** Who gets the name of one who is removed begins anew. */
  forget(by: string): void {
    this.#last.delete(by);
  }

  /** One more record. */
  read({ kind, n, by, own }: LogRecord): void {
    if (kind !== "say") return;
    if (typeof own === "number") this.take(by as string, own);
    else this.#first = Math.max(this.#first, n + 1);
  }
}
