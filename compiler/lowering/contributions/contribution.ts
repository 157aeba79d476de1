/**
 * Drafts of a rule → its contributions to one switch's table, and contributions to the same match → settled entries.
 * The contributions of a rule depend on the rule alone, on the numbers of its tags, and if it has holes on the form of
 * these (`hole-forms.ts`). So one more rule moves no other entry, but of rules whose holes it reaches into.
 */
import type { DerivedRule } from "../../derived/rule.ts";
import type { Bits, Tagging } from "../encode/tag.ts";
import type { ConjunctionClause, Draft } from "../encode/choose.ts";
import type { ExceptedRule } from "../encode/draft.ts";
import type { FieldMatch, Match, OutputPort } from "../../table/entry.ts";
import { canonicalMatch, masked, matchKey } from "../../table/match.ts";
import type { StageName } from "../pipeline/pipeline.ts";
import { greatest, least } from "../../net/lists.ts";

/** The table and priority of a rule's entries, and what they do. */
export interface EntryPosition {
  readonly stage: StageName;
  readonly priority: number;
  /** The priority of entries that match only fragments, if it is another. */
  readonly fragments?: number | undefined;
  /** Whether entries that recognize the sender by a known place stand one above the others. */
  readonly raisesSeats?: true;
  readonly effect: EntryEffect;
  /** The meter of a limit, the queue of a reservation; the MAC that Restore gives back. */
  readonly number?: number | undefined;
  /** The port or ports to which the packet is sent. */
  readonly port?: OutputPort | readonly OutputPort[] | undefined;
  /** The switches that have the entries; absent: all for which the rule has drafts. */
  readonly switches?: { has(switchName: string | undefined): boolean } | undefined;
}

/**
 * What an entry does. `trust` skips the tables that the packet has passed where it entered, and so does `check` behind the
 * table Sender; `miss` does what its table does with packets that no rule holds, and `restore`
 * gives them another source MAC.
 */
export type EntryEffect = "allow" | "deny" | "limit" | "reserve" | "send" | "trust" | "check" | "restore" | "miss";

/** A contribution to one entry: what it does, or a clause of a conjunction. */
export interface Contribution extends Omit<EntryPosition, "fragments" | "raisesSeats" | "switches"> {
  readonly match: Match;
  /** `stage|match`. Contributions with the same key settle together. */
  readonly key: string;
  readonly statement: string;
  readonly end: number;
  readonly clause?: ConjunctionClause;
  /** None: what is alone in its place, and no clause, is the entry that it settles to. */
  readonly clauses: readonly [];
}

/** What the keys of contributions to one stage begin with. */
export const keyPrefix = (stage: StageName): string => `${stage}|`;

const NO_CLAUSES: readonly [] = [];

/** An entry that contributions with the same key settled to. */
export interface Settled {
  readonly stage: StageName;
  readonly priority: number;
  readonly match: Match;
  readonly statement: string;
  /** Absent for a conjunction's member. */
  readonly effect?: EntryEffect;
  readonly number?: number | undefined;
  readonly port?: OutputPort | readonly OutputPort[] | undefined;
  readonly clauses: readonly ConjunctionClause[];
  /** When it times out, in Unix seconds; Infinity: never. */
  readonly end: number;
  /** Its contribution's, where it is one. */
  readonly key?: string;
  /** The end of the verdict, if a clause of the same match ends later and so waits behind it; in Unix seconds. */
  readonly waits?: number;
}

/** A text that is equal for two entries iff their instructions are. */
export const does = ({ effect, number, port }: Settled): string => `${effect}|${number}|${String(port)}`;

/** The contributions of a rule's drafts under a numbering of tags. */
export function contribute(
  { statement, end }: Pick<DerivedRule, "statement" | "end">,
  { stage, priority, fragments = priority, raisesSeats, effect, number, port }: EntryPosition,
  drafts: readonly Draft[],
  tagging: Tagging,
): readonly Contribution[] {
  /** Conjunctions whose sets of classes have their members. */
  const classed = new Set<number>();
  const all: Contribution[] = [];
  const prefix = keyPrefix(stage);
  for (const draft of drafts) {
    const { match, tags, clause, fragment, seat } = draft;
    const height = (fragment ? fragments : priority) + (raisesSeats && seat ? 1 : 0);
    const make = (whole: Match, member: ConjunctionClause | undefined): void => {
      const key = matchKey(whole, prefix);
      const clauses = NO_CLAUSES;
      const one = { stage, priority: height, effect, number, port, match: whole, key, statement, end, clauses };
      all.push(member === undefined ? one : { ...one, clause: member });
    };
    if (tags.length === 0) {
      make(canonicalMatch(match), clause);
      continue;
    }
    const covers = tags.map((use) => tagging.cover(use));
    if (clause === undefined) {
      for (const tag of metadata(covers)) make(canonicalMatch([...match, ...tag]), undefined);
      continue;
    }
    // A set of several classes is a clause of its own: multiplied with each member it would cost far more.
    const several = covers.filter(({ length }) => length > 1);
    const clauses = clause.clauses + several.length;
    const [tag] = metadata(covers.filter(({ length }) => length <= 1));
    if (tag !== undefined) make(canonicalMatch([...match, ...tag]), { ...clause, clauses });
    if (classed.has(clause.id)) continue;
    classed.add(clause.id);
    for (const [at, cover] of several.entries())
      for (const bits of metadata([cover]))
        make(canonicalMatch(bits), { id: clause.id, clause: clause.clauses + at + 1, clauses });
  }
  // Kept as long as the rule stands, so without the room that a list that grows has.
  return all.slice();
}

/** How many contributions `contribute` makes of these drafts: counted before they are made, which takes far longer. */
export function countContributions(drafts: readonly Draft[], { cover }: Tagging): number {
  const classed = new Set<number>();
  let count = 0;
  for (const { tags, clause } of drafts) {
    const sizes = tags.map((use) => cover(use).length);
    if (clause === undefined || sizes.length === 0) {
      count += productOf(sizes);
      continue;
    }
    const several = sizes.filter((size) => size > 1);
    count += productOf(sizes.filter((size) => size <= 1));
    if (classed.has(clause.id)) continue;
    classed.add(clause.id);
    count += several.reduce((sum, size) => sum + size, 0);
  }
  return count;
}

const productOf = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1);

/** What exceptions from a rule do, and whose statement says so; `none`: nothing else than the rule. */
export type HoleForm =
  | "none"
  | (Pick<Contribution, "effect" | "statement"> & {
      /** The rule stands below all others of its depth, so its exceptions do, too. */
      readonly isLowest?: true;
    });

/** The contributions of a rule in its wider form, with its exceptions one above it. */
export function contributeExcepted(
  rule: DerivedRule,
  position: EntryPosition,
  { whole, exceptions }: ExceptedRule,
  holes: HoleForm,
  tagging: Tagging,
): readonly Contribution[] {
  const wide = contribute(rule, position, whole, tagging);
  if (holes === "none") return wide;
  const { effect, statement } = holes;
  const above = { ...position, priority: position.priority + 1, effect };
  return [...wide, ...contribute({ statement, end: Infinity }, above, exceptions, tagging)];
}

/** The metadata matches which together match the packets that are in all these sets. */
function metadata(covers: readonly (readonly Bits[])[]): readonly (readonly FieldMatch[])[] {
  if (covers.length === 0) return [[]];
  let bits: readonly Bits[] = [{ value: 0n, mask: 0n }];
  for (const cover of covers)
    bits = bits.flatMap((a) => cover.map((b) => ({ value: a.value | b.value, mask: a.mask | b.mask })));
  return bits.map(({ value, mask }) => {
    const one = masked("metadata", value, mask);
    return one === undefined ? [] : [one];
  });
}

/**
 * The entries of contributions with one key, highest priority first. At one priority a plain verdict makes clauses of
 * the same match idle. A lower entry is dropped as shadowed only if the one above ends no earlier (SEMANTICS, "From
 * policy to table"). The first statement in order of identity owns the entry.
 */
export function settle(contributions: readonly Contribution[]): readonly Settled[] {
  if (contributions.length === 0) return [];
  if (contributions.length === 1) {
    const [one] = contributions as readonly [Contribution];
    const { stage, priority, match, statement, end, clause } = one;
    // The list is the same, so that a place keeps one.
    if (clause === undefined) return contributions;
    return [{ stage, priority, match, statement, end, clauses: [clause] }];
  }
  const one = settledPlain(contributions);
  if (one !== undefined) return [one];
  const settled: Settled[] = [];
  let shadowedUntil = -Infinity;
  const byPriority = Map.groupBy(contributions, ({ priority }) => priority);
  for (const priority of [...byPriority.keys()].sort((a, b) => b - a)) {
    const alive = byPriority.get(priority)!.filter(({ end }) => end > shadowedUntil);
    if (alive.length === 0) continue;
    const { stage, match } = alive[0]!;
    const plain = alive.filter(({ clause }) => clause === undefined);
    const owners = plain.length > 0 ? plain : alive;
    const owner = owners.reduce((a, b) => (precedes(b, a) ? b : a));
    const { statement } = owner;
    if (plain.length === 0) {
      const end = greatest(alive.map((one) => one.end));
      settled.push({ stage, priority, match, statement, clauses: clausesOf(alive), end });
      continue;
    }
    const last = greatest(plain.map(({ end }) => end));
    // A conjunction's member that ends after the verdict must replace it then. So the verdict has no timeout.
    const lasting = alive.some(({ end }) => end > last);
    const { effect, number, port } = owner;
    const entry = { stage, priority, match, statement, effect, number, port, clauses: [] };
    settled.push(lasting ? { ...entry, end: Infinity, waits: last } : { ...entry, end: last });
    shadowedUntil = Math.max(shadowedUntil, last);
  }
  return settled;
}

/**
 * The entry of verdicts of one priority; undefined: there are others. Many statements may share a match, and each of their
 * begins and ends settles it, so they are read once and no list is made of them.
 */
function settledPlain(contributions: readonly Contribution[]): Settled | undefined {
  let owner = contributions[0]!;
  let { end } = owner;
  for (const one of contributions) {
    if (one.clause !== undefined || one.priority !== owner.priority) return undefined;
    if (one.end > end) ({ end } = one);
    if (precedes(one, owner)) owner = one;
  }
  const { stage, priority, match, statement, effect, number, port } = owner;
  return { stage, priority, match, statement, effect, number, port, clauses: [], end };
}

/** The order of owners: by identity, then by number, since a statement has several meters if it has several rates. */
export function precedes(a: Contribution, b: Contribution): boolean {
  return a.statement === b.statement ? (a.number ?? 0) < (b.number ?? 0) : a.statement < b.statement;
}

/**
 * The first instant at which a conjunction has lost its verdict and is still matched, because its members are shared
 * with others that end later. Open vSwitch stops at the first conjunction that it matches and would miss those below.
 * In Unix seconds; Infinity: never.
 */
export function firstGhost(settled: readonly Settled[]): number {
  const verdicts = new Map<number, number>();
  const members = new Map<number, Map<number, number>>();
  for (const { match, clauses, end } of settled) {
    if (match[0]?.field === "conj_id" && Number.isFinite(end)) verdicts.set(Number(match[0].value), end);
    for (const { id, clause } of clauses) {
      const ends = members.get(id) ?? new Map<number, number>();
      members.set(id, ends.set(clause, Math.max(end, ends.get(clause) ?? 0)));
    }
  }
  const ghosts = [...verdicts].filter(([id, end]) => least(members.get(id)?.values() ?? [end]) > end);
  return least(
    ghosts.map(([, end]) => end),
    Infinity,
  );
}

function clausesOf(contributions: readonly Contribution[]): readonly ConjunctionClause[] {
  const unique = new Map(contributions.map(({ clause }) => [`${clause!.id}/${clause!.clause}`, clause!]));
  return [...unique.values()].sort((a, b) => a.id - b.id || a.clause - b.clause);
}
