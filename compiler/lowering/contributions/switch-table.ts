/**
 * The table of one switch: its contributions by match, the entries that they settle to, and those of them that must
 * stand. A change settles only its own matches, and looks at lower entries only if one begins or ceases to shadow them.
 */
import { does, settle, type Contribution, type Settled } from "./contribution.ts";
import { SharedMatch } from "./shared-match.ts";
import { Shadows, type SettledChange } from "./shadow.ts";
import { SteadyMap } from "../../net/steady-map.ts";
import { append } from "../../net/lists.ts";

/** What stands at one match of a stage, and what it settled to last. */
interface Place {
  readonly key: string;
  /** Whether it is to be settled: by a list, since a map by places that grow by the hundred thousand costs more than they do. */
  isTouched: boolean;
  contributions: readonly Contribution[];
  /** The same contributions, where there are many and one came or went after they were settled. */
  shared?: SharedMatch | undefined;
  settled: readonly Settled[];
}

export class SwitchTable {
  /** By the key of its contributions. A place without any stays until it is settled. */
  readonly #places = new SteadyMap<string, Place>();
  #touched: Place[] = [];
  /** Those with an entry that gives a conjunction's verdict. */
  readonly #conjunctions = new Set<Place>();
  readonly #shadows = new Shadows();
  /** How many contributions were read to settle matches that many share; where few do, each entry costs as much at most. */
  #compared = 0;

  add(contribution: Contribution): void {
    const { key, match } = contribution;
    let place = this.#places.get(key);
    if (place === undefined)
      this.#places.set(key, (place = { key, isTouched: false, contributions: [contribution], settled: NONE }));
    else if (place.shared !== undefined) place.shared.add(contribution);
    // A place has few contributions, but for a match that many statements share: then the list is ours to add to.
    else if (place.contributions.length < 2) place.contributions = [...place.contributions, contribution];
    else (place.contributions as Contribution[]).push(contribution);
    this.#touch(place);
    if (match[0]?.field === "conj_id") this.#conjunctions.add(place);
  }

  remove(contribution: Contribution): void {
    const { key } = contribution;
    const place = this.#places.get(key);
    if (place === undefined) return;
    if (place.shared !== undefined) place.shared.remove(contribution);
    else place.contributions = place.contributions.filter((one) => one !== contribution);
    this.#touch(place);
    if (place.contributions.length === 0) this.#conjunctions.delete(place);
  }

  #touch(place: Place): void {
    if (place.isTouched) return;
    place.isTouched = true;
    this.#touched.push(place);
  }

  /** Settles the changed matches; returns the entries that no longer stand, and those that stand now. */
  changes(): SettledChange {
    const gone: Settled[] = [];
    const come: Settled[] = [];
    for (const place of this.#touched) this.#settle(place, gone, come);
    this.#touched = [];
    return this.#shadows.change(gone, come);
  }

  /** The same for a table that was empty, in steps. */
  *load(): Generator<undefined, SettledChange> {
    const come: Settled[] = [];
    let i = 0;
    for (const place of this.#touched) {
      this.#settle(place, [], come);
      if (++i % PER_STEP === 0) yield;
    }
    this.#touched = [];
    return yield* this.#shadows.load(come);
  }

  /** How many contributions and entries were compared with others of their matches, or with wider ones. */
  get compared(): number {
    return this.#compared + this.#shadows.looked;
  }

  #settle(place: Place, gone: Settled[], come: Settled[]): void {
    place.isTouched = false;
    const before = place.settled;
    const count = place.contributions.length;
    if (count < MANY) place.shared = undefined;
    else if (place.settled.length > 0 && place.shared === undefined) {
      place.shared = new SharedMatch(place.contributions);
      place.contributions = place.shared.all;
    }
    if (count >= MANY && !place.shared?.isPlain) this.#compared += count;
    const after = place.shared === undefined ? settle(place.contributions) : place.shared.settle();
    if (before.length <= 1 || after.length <= 1) {
      place.settled = after;
      append(gone, before);
      append(come, after);
    } else place.settled = replaced(before, after, gone, come);
    if (place.contributions.length === 0) this.#places.delete(place.key);
  }

  /** Pairs of statements whose conjunctions have the same number, so that each would match the other's clauses. */
  collisions(): readonly (readonly [one: string, other: string])[] {
    return [...this.#conjunctions].flatMap(({ contributions }) => {
      const [one, other] = [...new Set(contributions.map(({ statement }) => statement))].sort();
      return one === undefined || other === undefined ? [] : [[one, other] as const];
    });
  }

  /** All entries that stand. INVARIANT: nothing is touched and unsettled. */
  settled(): readonly Settled[] {
    const all: Settled[] = [];
    for (const { settled } of this.#places.values())
      for (const one of settled) if (!this.#shadows.hides(one)) all.push(one);
    return all;
  }
}

const NONE: readonly [] = [];

/**
 * The entries of a match at several priorities, highest first: those that stay the same are kept as they are. Each of n
 * nested statements would else replace those of all others when it ends.
 */
function replaced(
  before: readonly Settled[],
  after: readonly Settled[],
  gone: Settled[],
  come: Settled[],
): readonly Settled[] {
  let at = 0;
  const settled = after.map((one) => {
    while (at < before.length && before[at]!.priority > one.priority) gone.push(before[at++]!);
    const old = before[at]?.priority === one.priority ? before[at++] : undefined;
    if (old !== undefined && isSame(old, one)) return old;
    if (old !== undefined) gone.push(old);
    come.push(one);
    return one;
  });
  append(gone, before.slice(at));
  return settled;
}

/** Whether an entry of a match and a priority is the same as before. */
const isSame = (a: Settled, b: Settled): boolean =>
  a.statement === b.statement &&
  a.end === b.end &&
  a.waits === b.waits &&
  a.clauses.length + b.clauses.length === 0 &&
  does(a) === does(b);

/** From so many on, contributions to a match are kept in order. */
const MANY = 64;

/** So many places are one step of a table that is made in steps. */
const PER_STEP = 512;
