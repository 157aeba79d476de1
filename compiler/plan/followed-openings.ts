/**
 * Entries of others beside a table that changes → those that let on what it holds, after each change. Of the table only
 * those entries are kept that may hold a packet which one of others holds: a change of any other is compared with these
 * alone, and done. What a change opens lies in the packets that its own entries hold, so no more is followed than these.
 */
import type { Entry, Match, MatchField } from "../table/entry.ts";
import { canonicalMatch, entryKey, maskOfField, masked, matchesOverlap } from "../table/match.ts";
import { expandConjunctions, matchIntersection } from "./conjunctions.ts";
import { forwards, leadsTo, mayLetOn, openings, withImplied, type ForeignOpening } from "./foreign.ts";
import type { FlowMod } from "./plan.ts";
import { holdOf } from "./roles.ts";

/** The most steps of one change; what needs more counts as open until it is followed whole. */
const STEPS_OF_CHANGE = 200_000;
/** So many entries of others are compared one by one; of more, what all of them have in common is. */
const MOST_BOUNDS = 16;
/** The most comparisons for the packets that a change and an entry of others share, and the most of these. */
const MOST_COMPARED = 10_000;
const MOST_PIECES = 16;

/** What tables and the connection tracker write. All other fields of a packet are the same in each table. */
const WRITTEN: ReadonlySet<MatchField> = new Set(["conj_id", "metadata", "reg0", "ct_state"]);

export class FollowedOpenings {
  readonly #foreign: readonly Entry[];
  /** What each of them comes to. */
  readonly #matches: readonly Match[];
  readonly #most: number;
  /** Each packet that an entry of others holds is in one of them. */
  readonly #bounds: readonly Match[];
  /** By table, priority and match: the entries of ours that overlap one of the bounds. */
  readonly #near = new Map<string, Entry>();
  #isOpen: boolean;

  /**
   * @param isOpen Whether one of them lets on what the table holds, as it was found before any change.
   * @param most The most that are found.
   */
  constructor(foreign: readonly Entry[], ours: readonly Entry[], isOpen: boolean, most = Infinity) {
    this.#foreign = foreign;
    this.#matches = foreign.map(({ match }) => withImplied(match));
    this.#most = most;
    const all = this.#matches.map(unwritten);
    this.#bounds = all.length > MOST_BOUNDS ? [inCommon(all)] : all;
    this.#isOpen = isOpen;
    for (const entry of ours) if (this.#isNear(entry.match)) this.#near.set(entryKey(entry), entry);
  }

  /** The entry of ours in a place that an entry of others has, too. */
  at(key: string): Entry | undefined {
    return this.#near.get(key);
  }

  /** Follows a change of the table; undefined: what was open and what was not is as before. */
  follow(mods: readonly FlowMod[]): readonly ForeignOpening[] | undefined {
    const changed: Match[] = [];
    for (const { kind, entry } of mods) {
      if (!this.#isNear(entry.match)) continue;
      if (kind === "delete") this.#near.delete(entryKey(entry));
      else this.#near.set(entryKey(entry), entry);
      if (kind !== "timeout") changed.push(unwritten(withImplied(entry.match)));
    }
    if (changed.length === 0) return undefined;
    const found = (this.#isOpen ? undefined : this.#openedBy(changed)) ?? this.#opened(this.#foreign, this.#ours());
    this.#isOpen = found.length > 0;
    return found;
  }

  /**
   * Whether one of them may let on what some entries hold, by these alone: it holds some of that, and sends it itself, or past
   * their table. Where it stands does not count, since what numbers tables and priorities have depends on all that is in force.
   */
  mayPass(entries: readonly Entry[]): boolean {
    const { plain, unexpanded } = expandConjunctions(entries);
    const held = plain.filter((entry) => holdOf(entry) !== undefined && this.#isNear(withImplied(entry.match)));
    if (unexpanded.length > 0 || held.length * this.#foreign.length > STEPS_OF_CHANGE) return true;
    return this.#foreign.some((entry, i) => {
      if (!mayLetOn(entry)) return false;
      const writes = entry.instructions.some(({ kind }) => kind === "write_metadata");
      const next = writes ? undefined : leadsTo(entry);
      return held.some(
        ({ table, match }) =>
          forwards(entry, match) &&
          (next === undefined || next > table) &&
          matchesOverlap(this.#matches[i]!, unwritten(withImplied(match))),
      );
    });
  }

  #isNear(match: Match): boolean {
    return this.#bounds.some((bound) => matchesOverlap(bound, match));
  }

  #ours(): readonly Entry[] {
    return [...this.#near.values()];
  }

  #opened(foreign: readonly Entry[], ours: readonly Entry[]): readonly ForeignOpening[] {
    return openings(foreign, ours, this.#most, STEPS_OF_CHANGE);
  }

  /** What is open by now of the packets that changed entries hold; undefined: there are too many sets of these. */
  #openedBy(changed: readonly Match[]): readonly ForeignOpening[] | undefined {
    if (changed.length * this.#foreign.length > MOST_COMPARED) return undefined;
    const pieces = new Map<Entry, Entry>();
    for (const [i, entry] of this.#foreign.entries())
      for (const packets of changed)
        if (matchesOverlap(packets, this.#matches[i]!))
          pieces.set({ ...entry, match: matchIntersection(this.#matches[i]!, packets) }, entry);
    if (pieces.size > MOST_PIECES) return undefined;
    const held = [...pieces.keys()].map(({ match }) => unwritten(match));
    const ours = this.#ours().filter(({ match }) => held.some((packets) => matchesOverlap(packets, match)));
    const found = new Map<Entry, ForeignOpening>();
    for (const one of this.#opened([...pieces.keys()], ours)) {
      const entry = pieces.get(one.entry)!;
      if (!found.has(entry)) found.set(entry, { ...one, entry });
    }
    return [...found.values()];
  }
}

const unwritten = (match: Match): Match =>
  match.some(({ field }) => WRITTEN.has(field)) ? match.filter(({ field }) => !WRITTEN.has(field)) : match;

/** A match that holds what any of some matches holds: the bits in which all of them are the same. */
function inCommon([first = [], ...rest]: readonly Match[]): Match {
  let common = first;
  for (const match of rest)
    common = common.flatMap((one) => {
      const other = match.find(({ field }) => field === one.field);
      if (other === undefined) return [];
      return masked(one.field, one.value, maskOfField(one) & maskOfField(other) & ~(one.value ^ other.value)) ?? [];
    });
  return canonicalMatch(common);
}
