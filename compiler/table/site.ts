/** One switch's contributions by the place where they meet, and which places a change has touched. */
import { settle, type Contribution, type Settled } from "./contribution.ts";

export class Site {
  readonly #wishes = new Map<string, readonly Contribution[]>();
  /** What stood at the touched places before the change. */
  readonly #before = new Map<string, readonly Settled[]>();

  add(wish: Contribution): void {
    const there = this.#touch(wish.key);
    this.#wishes.set(wish.key, [...there, wish]);
  }

  remove(wish: Contribution): void {
    const left = this.#touch(wish.key).filter((one) => one !== wish);
    if (left.length === 0) this.#wishes.delete(wish.key);
    else this.#wishes.set(wish.key, left);
  }

  #touch(key: string): readonly Contribution[] {
    const there = this.#wishes.get(key) ?? [];
    if (!this.#before.has(key)) this.#before.set(key, there.length === 0 ? [] : settle(there));
    return there;
  }

  /** What the touched places held and hold; forgets them. */
  changes(): { readonly old: readonly Settled[]; readonly next: readonly Settled[] } {
    const keys = [...this.#before.keys()];
    const old = [...this.#before.values()].flat();
    this.#before.clear();
    return { old, next: keys.flatMap((key) => settle(this.#wishes.get(key) ?? [])) };
  }

  /** Statements whose conjunctions have the same number: each would meet the other's clauses. */
  collisions(): readonly (readonly [one: string, other: string])[] {
    return [...this.#wishes].flatMap(([key, wishes]) => {
      if (!key.includes("|conj_id=")) return [];
      const [one, other] = [...new Set(wishes.map(({ statement }) => statement))].sort();
      return one === undefined || other === undefined ? [] : [[one, other] as const];
    });
  }

  /** Everything that stands. */
  settled(): readonly Settled[] {
    return [...this.#wishes.values()].flatMap(settle);
  }
}
