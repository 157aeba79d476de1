/**
 * Constants to small integers and back. Stored facts hold references; a constant that no fact and no rule mentions any
 * more gives its number back, so the table stays as large as the live facts however many ids come and go.
 */
import { SteadyMap } from "../net/steady-map.ts";
import { StepCount } from "./steps.ts";
import type { Constant } from "./types.ts";

/** Numbers of constants stay small integers. A JavaScript map is full long before this limit. */
const CONSTANT_LIMIT = 2 ** 30;

/** A sweep waits for at least this many unreferenced constants, since many are soon needed again. */
const PATIENCE = 1024;

export class Interner {
  /** What the running transaction may still cost; all plans of a program count together. */
  readonly steps = new StepCount();
  readonly #ids = new SteadyMap<Constant, number>();
  readonly #values: (Constant | undefined)[] = [];
  readonly #references: number[] = [];
  readonly #free: number[] = [];
  /**
   * Numbers that nothing may refer to: new ones, and those whose last reference went. Looked at in `sweep`, when they
   * are many.
   */
  #suspects: number[] = [];

  /** Constants that a fact or a rule refers to. */
  held = 0;

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
    const references = this.#references[id]!;
    this.#references[id] = references + 1;
    if (references === 0) this.held++;
  }

  release(id: number): void {
    const left = this.#references[id]! - 1;
    this.#references[id] = left;
    if (left > 0) return;
    this.held--;
    this.#suspects.push(id);
  }

  /** Gives back what is unreferenced. Called where no number is held outside the store: at the end of a transaction. */
  sweep(): void {
    if (this.#suspects.length < PATIENCE + this.held / 2) return;
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
