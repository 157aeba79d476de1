/**
 * The table of one switch: its contributions by match, the entries that they settle to, and those of them that must
 * stand. A change settles only its own matches, and looks at lower entries only if one begins or ceases to shadow them.
 */
import { settle, type Contribution, type Settled } from "./contribution.ts";
import { Shadows, type SettledChange } from "./shadow.ts";
import { append } from "../../net/lists.ts";

export class SwitchTable {
  readonly #contributions = new Map<string, Contribution[]>();
  readonly #settled = new Map<string, readonly Settled[]>();
  readonly #touched = new Set<string>();
  /** The keys of entries that give a conjunction's verdict. */
  readonly #conjunctions = new Set<string>();
  readonly #shadows = new Shadows();

  add(contribution: Contribution): void {
    this.#touched.add(contribution.key);
    if (contribution.match[0]?.field === "conj_id") this.#conjunctions.add(contribution.key);
    const contributions = this.#contributions.get(contribution.key);
    if (contributions === undefined) this.#contributions.set(contribution.key, [contribution]);
    else contributions.push(contribution);
  }

  remove(contribution: Contribution): void {
    this.#touched.add(contribution.key);
    const left = (this.#contributions.get(contribution.key) ?? []).filter((one) => one !== contribution);
    if (left.length === 0) {
      this.#contributions.delete(contribution.key);
      this.#conjunctions.delete(contribution.key);
    } else this.#contributions.set(contribution.key, left);
  }

  /** Settles the changed matches; returns the entries that no longer stand, and those that stand now. */
  changes(): SettledChange {
    const gone = [...this.#touched].flatMap((key) => this.#settled.get(key) ?? []);
    const come: Settled[] = [];
    for (const key of this.#touched) {
      const settled = settle(this.#contributions.get(key) ?? []);
      if (settled.length === 0) this.#settled.delete(key);
      else this.#settled.set(key, settled);
      append(come, settled);
    }
    this.#touched.clear();
    return this.#shadows.change(gone, come);
  }

  /** Pairs of statements whose conjunctions have the same number, so that each would match the other's clauses. */
  collisions(): readonly (readonly [one: string, other: string])[] {
    return [...this.#conjunctions].flatMap((key) => {
      const [one, other] = [...new Set(this.#contributions.get(key)!.map(({ statement }) => statement))].sort();
      return one === undefined || other === undefined ? [] : [[one, other] as const];
    });
  }

  /** All entries that stand. INVARIANT: nothing is touched and unsettled. */
  settled(): readonly Settled[] {
    return [...this.#settled.values()].flat().filter((one) => !this.#shadows.hides(one));
  }
}
