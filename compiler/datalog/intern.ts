/**
 * Constants to small integers and back. Stored facts hold references; a constant that no fact and no rule mentions any
 * more gives its number back, so the table stays as large as the live facts however many ids come and go.
 */
import type { Constant } from "./types.ts";

/** Numbers of constants stay below this, so that two of them fit one exact double (see `keys.ts`). */
export const CONSTANT_LIMIT = 2 ** 26;

export class Interner {
  readonly #ids = new Map<Constant, number>();
  readonly #values: (Constant | undefined)[] = [];
  readonly #references: number[] = [];
  readonly #free: number[] = [];
  /** Numbers that nothing may refer to: new ones, and those whose last reference went. Looked at in `sweep`. */
  #suspects: number[] = [];

  /** Constants that are held at this moment. */
  get size(): number {
    return this.#ids.size;
  }

  /** The number of a constant, given to it if it has none. Without a `retain` it lasts until the next `sweep`. */
  intern(value: Constant): number {
    let id = this.#ids.get(value);
    if (id === undefined) {
      id = this.#free.pop() ?? this.#values.length;
      if (id >= CONSTANT_LIMIT) throw new RangeError(`more than ${CONSTANT_LIMIT} constants`);
      this.#ids.set(value, id);
      this.#values[id] = value;
      this.#references[id] = 0;
      this.#suspects.push(id);
    }
    return id;
  }

  /** The number of a constant that is already known; asking adds nothing. */
  find(value: Constant): number | undefined {
    return this.#ids.get(value);
  }

  value(id: number): Constant {
    return this.#values[id]!;
  }

  retain(id: number): void {
    this.#references[id] = this.#references[id]! + 1;
  }

  release(id: number): void {
    const left = this.#references[id]! - 1;
    this.#references[id] = left;
    if (left === 0) this.#suspects.push(id);
  }

  /** Gives back what is unreferenced. Called where no number is held outside the store: at the end of a transaction. */
  sweep(): void {
    if (this.#suspects.length === 0) return;
    for (const id of this.#suspects) {
      const value = this.#values[id];
      if (value === undefined || this.#references[id] !== 0) continue;
      this.#ids.delete(value);
      this.#values[id] = undefined;
      this.#free.push(id);
    }
    this.#suspects = [];
  }
}
