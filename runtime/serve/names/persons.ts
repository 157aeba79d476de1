/**
 * Who a user's name stands for: a user who is removed and the one who is added under that name later are two persons. It
 * follows from the records alone, so a snapshot holds it as of its last one.
 */

/** A name that was taken from somebody. */
export interface TakenName {
  /** How many persons have had the name, with the one who has it now or would get it. */
  readonly person: number;
  /** The record that took it away last. */
  readonly since: number;
}

/** The first person of a name. */
export const FIRST_PERSON = 1;

export class Persons {
  readonly #taken: Map<string, TakenName>;

  constructor(taken: Iterable<readonly [name: string, taken: TakenName]> = []) {
    this.#taken = new Map(taken);
  }

  /** Which one of its persons a name stands for now. */
  of(name: string): number {
    return this.#taken.get(name)?.person ?? FIRST_PERSON;
  }

  /** The record behind which a sentence of that name is the person's who has it now. */
  since(name: string): number {
    return this.#taken.get(name)?.since ?? -1;
  }

  /** What nobody else is called, whoever gets the name. No name has a NUL. */
  key(name: string): string {
    const person = this.of(name);
    return person === FIRST_PERSON ? name : `${name}\0${person}`;
  }

  /** A record takes names away. */
  remove(names: readonly string[], record: number): void {
    for (const name of names) this.#taken.set(name, { person: this.of(name) + 1, since: record });
  }

  /** Every name that was taken from somebody. */
  get taken(): ReadonlyMap<string, TakenName> {
    return this.#taken;
  }
}
