/**
 * One switch's contributions by the place where they meet, what is settled there, and what of it must stand. A change
 * touches its own places and, where something shadows or no longer does, those below.
 */
import { settle, type Contribution, type Settled } from "./contribution.ts";
import { Shadows, type Change } from "./shadow.ts";

export class Site {
  readonly #wishes = new Map<string, Contribution[]>();
  readonly #settled = new Map<string, readonly Settled[]>();
  readonly #touched = new Set<string>();
  /** The places of conjunctions. */
  readonly #conjunctions = new Set<string>();
  readonly #shadows = new Shadows();

  add(wish: Contribution): void {
    this.#touched.add(wish.key);
    if (wish.match[0]?.field === "conj_id") this.#conjunctions.add(wish.key);
    const wishes = this.#wishes.get(wish.key);
    if (wishes === undefined) this.#wishes.set(wish.key, [wish]);
    else wishes.push(wish);
  }

  remove(wish: Contribution): void {
    this.#touched.add(wish.key);
    const left = (this.#wishes.get(wish.key) ?? []).filter((one) => one !== wish);
    if (left.length === 0) {
      this.#wishes.delete(wish.key);
      this.#conjunctions.delete(wish.key);
    } else this.#wishes.set(wish.key, left);
  }

  /** Settles the touched places: which entries stood and no longer do, and which stand now. */
  changes(): Change {
    const gone = [...this.#touched].flatMap((key) => this.#settled.get(key) ?? []);
    const come: Settled[] = [];
    for (const key of this.#touched) {
      const settled = settle(this.#wishes.get(key) ?? []);
      if (settled.length === 0) this.#settled.delete(key);
      else this.#settled.set(key, settled);
      come.push(...settled);
    }
    this.#touched.clear();
    return this.#shadows.change(gone, come);
  }

  /** Statements whose conjunctions have the same number: each would meet the other's clauses. */
  collisions(): readonly (readonly [one: string, other: string])[] {
    return [...this.#conjunctions].flatMap((key) => {
      const [one, other] = [...new Set(this.#wishes.get(key)!.map(({ statement }) => statement))].sort();
      return one === undefined || other === undefined ? [] : [[one, other] as const];
    });
  }

  /** Everything that stands. INVARIANT: no place is touched and unsettled. */
  settled(): readonly Settled[] {
    return [...this.#settled.values()].flat().filter((one) => !this.#shadows.hides(one));
  }
}
