/**
 * Conjunctive matches of one table and priority × all other entries there → a pair that one packet may match and that
 * does different things. A conjunction holds a packet if each clause has a member that does, so two of them are apart
 * where no member of a clause of one overlaps any member of a clause of the other.
 *
 * Pairs are looked for by an index: for the clauses over one set of fields, the members are joined by the bits that both
 * match. Taken are the fields that leave the fewest pairs. What that costs is counted in steps; where they end the
 * answer is that it is open.
 */
import { append, greatest, least } from "../net/lists.ts";
import type { Entry, Match } from "./entry.ts";
import { fullMask, maskOfField } from "./match.ts";
import { neighbourhoods } from "./neighbourhoods.ts";

/** A conjunctive match of Open vSwitch: the entry with its verdict, and the entries of each clause. */
export interface Conjunction {
  readonly verdict: Entry;
  readonly clauses: readonly (readonly Entry[])[];
}

/** Answers for two entries. */
export interface EntryJudge {
  /** Whether one packet may match both. */
  readonly overlap: (one: Entry, other: Entry) => boolean;
  readonly doSame: (one: Entry, other: Entry) => boolean;
}

/** Two entries that one packet may match, and that do different things. */
export interface Ambiguous {
  readonly one: Entry;
  readonly other: Entry;
}

/** The steps: a fixed part, and a part for each member and entry. A million steps take about a second. */
const FIXED_STEPS = 500_000;
const STEPS_PER_ENTRY = 40;

/** A match, of what. An entry is a conjunction of one clause with one member. */
interface Part {
  readonly of: Conjunction;
  readonly match: Match;
}

/** The first ambiguous pair with a conjunction in it; `"open"`: the steps ended before one was found or excluded. */
export function pairOfConjunctions(
  conjunctions: readonly Conjunction[],
  plain: readonly Entry[],
  judge: EntryJudge,
  fixedSteps = FIXED_STEPS,
): Ambiguous | "open" | undefined {
  const [first] = conjunctions;
  if (first === undefined) return undefined;
  const isLikeFirst = (one: Entry): boolean => judge.doSame(one, first.verdict);
  if (plain.every(isLikeFirst) && conjunctions.every(({ verdict }) => isLikeFirst(verdict))) return undefined;
  const members = conjunctions.reduce((sum, { clauses }) => sum + clauses.flat().length, plain.length);
  const search = new Search(judge, fixedSteps + STEPS_PER_ENTRY * members);
  const entries = plain.map((one): Conjunction => ({ verdict: one, clauses: [[one]] }));
  let remaining = conjunctions;
  while (remaining.length > 0) {
    const byFields = clausesByFields(remaining);
    const most = greatest([...byFields.values()].map((parts) => countOf(parts)));
    const joins = [...byFields.values()].filter((parts) => countOf(parts) === most);
    const best = joins.length === 1 ? joins[0]! : leastOf(joins);
    const joined = new Set(best.map(({ of }) => of));
    const others = remaining.filter((one) => !joined.has(one));
    const found =
      search.joined(best, best) ??
      search.joined(
        best,
        entries.map((of) => ({ of, match: of.verdict.match })),
      ) ??
      search.crossed([...joined], others);
    if (found !== undefined) return found;
    remaining = others;
  }
  return undefined;
}

const countOf = (parts: readonly Part[]): number => new Set(parts.map(({ of }) => of)).size;

/** The parts that leave the fewest pairs. */
function leastOf(all: readonly (readonly Part[])[]): readonly Part[] {
  const costs = all.map((parts) => pairCount(parts));
  return all[costs.indexOf(least(costs))]!;
}

/** The members of clauses, by the fields that they match. */
function clausesByFields(conjunctions: readonly Conjunction[]): ReadonlyMap<string, readonly Part[]> {
  const found = new Map<string, Part[]>();
  for (const of of conjunctions) {
    for (const clause of of.clauses) {
      const fields = new Set(clause.flatMap(({ match }) => match.map(({ field }) => field)));
      const key = [...fields].sort().join();
      const known = found.get(key);
      const parts = clause.map(({ match }) => ({ of, match }));
      if (known === undefined) found.set(key, parts);
      else append(known, parts);
    }
  }
  return found;
}

/** Pairs that were looked at, so that each is judged once. */
class Search {
  readonly #judge: EntryJudge;
  readonly #seen = new Map<Conjunction, Set<Conjunction>>();
  readonly #steps: { left: number };

  constructor(judge: EntryJudge, steps: number) {
    this.#judge = judge;
    this.#steps = { left: steps };
  }

  /** Looks at the pairs of which some parts agree in all bits that both match. */
  joined(some: readonly Part[], others: readonly Part[]): Ambiguous | "open" | undefined {
    for (const [a, b] of agreeing(some, others)) {
      const found = this.#pair(a.of, b.of);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Looks at each pair. */
  crossed(some: readonly Conjunction[], others: readonly Conjunction[]): Ambiguous | "open" | undefined {
    for (const one of some) {
      for (const other of others) {
        const found = this.#pair(one, other);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #pair(one: Conjunction, other: Conjunction): Ambiguous | "open" | undefined {
    if (--this.#steps.left < 0) return "open";
    if (one === other || this.#seen.get(other)?.has(one) === true) return undefined;
    const seen = this.#seen.get(one);
    if (seen?.has(other) === true) return undefined;
    if (seen === undefined) this.#seen.set(one, new Set([other]));
    else seen.add(other);
    if (this.#judge.doSame(one.verdict, other.verdict)) return undefined;
    for (const clause of one.clauses) {
      for (const against of other.clauses) {
        const apart = this.#areApart(clause, against);
        if (apart === "open") return apart;
        if (apart) return undefined;
      }
    }
    return { one: one.verdict, other: other.verdict };
  }

  #areApart(some: readonly Entry[], others: readonly Entry[]): boolean | "open" {
    for (const one of some) {
      for (const other of others) {
        if (--this.#steps.left < 0) return "open";
        if (this.#judge.overlap(one, other)) return false;
      }
    }
    return true;
  }
}

// ---------------------------------------------------------------- the join

/** Parts that match the same fields under the same masks. */
const formsOf = (parts: readonly Part[]): readonly (readonly Part[])[] => [
  ...Map.groupBy(parts, ({ match }) => match.map((one) => `${one.field}/${maskOfField(one)}`).join()).values(),
];

/** The values that matches of one form have in the bits that another form matches too, as a key. */
function keysFor(a: Match, b: Match): (match: Match) => string {
  const common = a.flatMap((one) => {
    const same = b.find(({ field }) => field === one.field);
    const mask = same === undefined ? 0n : maskOfField(one) & maskOfField(same);
    return mask === 0n ? [] : [{ field: one.field, mask, isWhole: mask === fullMask(one.field) }];
  });
  return (match) =>
    common
      .map(({ field, mask, isWhole }) => {
        const { value } = match.find((one) => one.field === field)!;
        return isWhole ? value : value & mask;
      })
      .join();
}

/** The pairs of parts that agree in all bits that both match. */
function* agreeing(some: readonly Part[], others: readonly Part[]): Generator<readonly [Part, Part]> {
  for (const [own, against] of togetherOf(some, others)) {
    const forms = formsOf(against);
    for (const a of formsOf(own)) {
      for (const b of forms) {
        const keyOf = keysFor(a[0]!.match, b[0]!.match);
        const known = Map.groupBy(a, ({ match }) => keyOf(match));
        for (const two of b) for (const one of known.get(keyOf(two.match)) ?? []) yield [one, two];
      }
    }
  }
}

/** How many these are. */
function pairCount(parts: readonly Part[]): number {
  let sum = 0;
  for (const [own] of togetherOf(parts, parts)) {
    const forms = formsOf(own);
    for (const a of forms) {
      for (const b of forms) {
        const keyOf = keysFor(a[0]!.match, b[0]!.match);
        const counts = new Map<string, number>();
        for (const { match } of a) counts.set(keyOf(match), (counts.get(keyOf(match)) ?? 0) + 1);
        for (const { match } of b) sum += counts.get(keyOf(match)) ?? 0;
      }
    }
  }
  return sum;
}

/** The parts of both that are neighbours. */
function* togetherOf(
  some: readonly Part[],
  others: readonly Part[],
): Generator<readonly [readonly Part[], readonly Part[]]> {
  const own = new Set(some);
  const against = some === others ? own : new Set(others);
  const all = some === others ? some : [...new Set([...some, ...others])];
  for (const group of neighbourhoods(all, ({ match }) => match)) {
    if (some === others) yield [group, group];
    else yield [group.filter((one) => own.has(one)), group.filter((one) => against.has(one))];
  }
}
