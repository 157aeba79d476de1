/**
 * Entries with conjunctive matches (Open vSwitch) → the plain entries that these stand for: one for each choice of a
 * member from every clause, with the members' priority and the verdict's instructions.
 */
import type { Entry, Match } from "../table/entry.ts";
import { canonicalMatch, maskOfField, masked, matchesOverlap } from "../table/match.ts";
import { actionsOf } from "./roles.ts";

/** The most plain entries that all conjunctions together expand to; their number is a product of the clauses' sizes. */
const MOST_ENTRIES = 20_000;

/** A conjunction that is too large to expand: the entry with its verdict, and the members of each clause. */
export interface UnexpandedConjunction {
  readonly verdict: Entry;
  readonly clauses: readonly (readonly Entry[])[];
}

/** The match of the packets that are in both of two overlapping matches. */
export function matchIntersection(a: Match, b: Match): Match {
  const fields = new Map(a.map((one) => [one.field, one]));
  for (const one of b) {
    const other = fields.get(one.field);
    const mask = maskOfField(one) | (other ? maskOfField(other) : 0n);
    fields.set(one.field, masked(one.field, one.value | (other?.value ?? 0n), mask) ?? one);
  }
  return canonicalMatch([...fields.values()]);
}

/** The entries without conjunctions, and the conjunctions that are beyond `MOST_ENTRIES`. */
export function expandConjunctions(entries: readonly Entry[]): {
  readonly plain: readonly Entry[];
  readonly unexpanded: readonly UnexpandedConjunction[];
} {
  const clauses = new Map<string, Map<number, Entry[]>>();
  const numbers = new Map<string, number>();
  const verdicts: Entry[] = [];
  const plain: Entry[] = [];
  for (const entry of entries) {
    const members = actionsOf(entry).filter((action) => action.kind === "conjunction");
    if (entry.match.some(({ field }) => field === "conj_id")) verdicts.push(entry);
    else if (members.length === 0) plain.push(entry);
    for (const { id, clause, clauses: number } of members) {
      const key = `${entry.table} ${id}`;
      numbers.set(key, number);
      const known = clauses.get(key) ?? new Map<number, Entry[]>();
      clauses.set(key, known);
      const others = known.get(clause);
      if (others === undefined) known.set(clause, [entry]);
      else others.push(entry);
    }
  }
  const unexpanded: UnexpandedConjunction[] = [];
  let left = MOST_ENTRIES;
  for (const verdict of verdicts) {
    const id = verdict.match.find(({ field }) => field === "conj_id")!.value;
    const key = `${verdict.table} ${id}`;
    const all = [...(clauses.get(key)?.values() ?? [])];
    // A clause without a member holds no packet, and so no conjunction of it does.
    if (all.length === 0 || all.length < numbers.get(key)!) continue;
    const size = all.reduce((product, members) => product * members.length, 1);
    if (size > left) {
      unexpanded.push({ verdict, clauses: all });
      continue;
    }
    left -= size;
    const rest = verdict.match.filter(({ field }) => field !== "conj_id");
    let matches: readonly Match[] = [rest];
    for (const members of all)
      matches = matches.flatMap((match) =>
        members.flatMap((member) =>
          matchesOverlap(match, member.match) ? [matchIntersection(match, member.match)] : [],
        ),
      );
    const { priority } = all[0]![0]!;
    for (const match of matches) plain.push({ ...verdict, priority, match });
  }
  return { plain, unexpanded };
}
