/**
 * Foreign entries in our tables → those that let on packets which our tables drop. The packets that a foreign entry
 * decides are followed through our tables as if the entry were absent. Where our tables drop some of them, the entry
 * overrides the policy's deny, which is worse than the note that any foreign entry gets. A set of packets is a match: a
 * product of masked fields.
 */
import type { Entry, FieldMatch, Match, MatchField } from "../table/entry.ts";
import { canonicalMatch, fullMask, maskOfField, masked, matchContains, matchesOverlap } from "../table/match.ts";
import { matchText } from "../table/text.ts";
import { expandConjunctions, matchIntersection } from "./conjunctions.ts";
import { actionsOf, roleOf } from "./roles.ts";
import { append } from "../net/lists.ts";

/** A foreign entry that lets on packets which our tables drop. */
export interface ForeignOpening {
  readonly entry: Entry;
  /** Some of the packets that it lets on and our tables drop. */
  readonly packets: Match;
  /** Our entry that drops them; undefined where no entry of ours matches, or where the budget ended. */
  readonly deny: Entry | undefined;
}

/** The most sets of packets that are followed for one entry. Beyond, the entry counts as an opening, to be safe. */
const MOST_SETS = 2_000;

/**
 * The first `most` entries of `foreign` that let on what `ours` drop, each with some packets that show it. Following one
 * costs a tenth of a second beside 200 of ours, and a switch may hold 100,000.
 */
export function openings(
  foreign: readonly Entry[],
  ours: readonly Entry[],
  most = Infinity,
): readonly ForeignOpening[] {
  const candidates = foreign.filter(letsOn);
  if (candidates.length === 0) return [];
  const { plain, unexpanded } = expandConjunctions(ours);
  const tables = new Map(
    [...Map.groupBy(plain, ({ table }) => table)].map(([table, entries]) => [
      table,
      entries.toSorted((a, b) => b.priority - a.priority),
    ]),
  );
  const openingOf = (entry: Entry): readonly ForeignOpening[] => {
    const budget = { left: MOST_SETS };
    // Packets come to the first table without tags. In later tables their tags are unknown here.
    const isFirst = entry.table === 0 && !has(entry.match, "metadata");
    const start = withImplied(isFirst ? canonicalMatch([...entry.match, UNTAGGED]) : entry.match);
    const above = (tables.get(entry.table) ?? []).filter(({ priority }) => priority > entry.priority);
    // Where an entry only leads on to a table of ours, it may lead what we drop to where we drop it, too.
    const next = unexpanded.length === 0 ? leadsTo(entry) : undefined;
    const all = next !== undefined && tables.has(next);
    const [found] = decided([start], above, budget)
      .rest.flatMap((packets) => dropped(packets, entry.table, tables, { budget, below: entry.priority, all }))
      .filter(({ packets }) => !all || passes(led(packets, start, entry), next, tables, budget));
    if (found !== undefined) return [{ entry, ...found }];
    const conjunction = unexpanded.find(
      ({ verdict, clauses }) =>
        roleOf(verdict) === "deny" &&
        clauses.every((members) => members.some(({ match }) => matchesOverlap(match, start))),
    );
    if (conjunction !== undefined) return [{ entry, packets: start, deny: conjunction.verdict }];
    return budget.left < 0 ? [{ entry, packets: start, deny: undefined }] : [];
  };
  const found: ForeignOpening[] = [];
  for (const entry of candidates) {
    if (found.length >= most) break;
    append(found, openingOf(entry));
  }
  return found;
}

const UNTAGGED: FieldMatch = { field: "metadata", value: 0n };
/** Only a packet that is no fragment has ports or ICMP types other than 0 (measured on Open vSwitch). */
const WHOLE: FieldMatch = { field: "ip_frag", value: 0n };
const TRANSPORT = /^(?:tcp|udp|sctp)_|^icmpv/;
const has = (match: Match, wanted: MatchField): boolean => match.some(({ field }) => field === wanted);

/** Whether packets may leave the switch through an entry. One that only sends them to a controller drops them. */
const letsOn = (entry: Entry): boolean =>
  sendsItself(entry) || nextTable(entry) !== undefined || actionsOf(entry).some(({ kind }) => kind === "conjunction");

/** Whether an entry sends packets to ports itself. What becomes of those that it sends to another table is not followed. */
export const sendsItself = (entry: Entry): boolean =>
  actionsOf(entry).some((one) => one.kind === "group" || (one.kind === "output" && one.port !== "CONTROLLER"));

/** A match with the field that it implies: packets with ports are no fragments. */
const withImplied = (match: Match): Match =>
  !has(match, "ip_frag") && match.some(({ field, value }) => TRANSPORT.test(field) && value !== 0n)
    ? canonicalMatch([...match, WHOLE])
    : match;

/** The overlaps of a set with an entry that may still be followed; negative where the budget ended. */
interface Budget {
  left: number;
}

/** The table to which an entry leads packets unchanged but for their tags; undefined: to none, or it does something else, too. */
function leadsTo({ table, instructions }: Entry): number | undefined {
  const next = instructions.find((one) => one.kind === "goto")?.table;
  return next !== undefined && next > table && !instructions.some(({ kind }) => kind === "apply") ? next : undefined;
}

/** Packets that our tables dropped, as an entry leads them on: with the tags that they had when they came to it. */
function led(packets: Match, start: Match, entry: Entry): Match {
  const tags = start.filter(({ field }) => field === "metadata");
  return tagged(canonicalMatch([...packets.filter(({ field }) => field !== "metadata"), ...tags]), entry);
}

/** Whether our tables let on some packets of a set that come to `table`; true as well where the budget ends. */
function passes(set: Match, table: number, tables: ReadonlyMap<number, readonly Entry[]>, budget: Budget): boolean {
  for (const [entry, part] of decided([set], tables.get(table) ?? [], budget).by) {
    const next = nextTable(entry);
    if (sendsItself(entry) || budget.left < 0) return true;
    if (next !== undefined && (next <= table || passes(tagged(part, entry), next, tables, budget))) return true;
  }
  return budget.left < 0;
}

/** The sets of packets that each entry decides, in the order of `entries`, and the rest that no entry decides. */
function decided(
  sets: readonly Match[],
  entries: readonly Entry[],
  budget: Budget,
): { readonly by: readonly (readonly [Entry, Match])[]; readonly rest: readonly Match[] } {
  const by: (readonly [Entry, Match])[] = [];
  let rest = sets;
  for (const entry of entries) {
    if (rest.length === 0 || budget.left < 0) break;
    const match = withImplied(entry.match);
    rest = rest.flatMap((set) => {
      if (!matchesOverlap(set, match)) return [set];
      budget.left--;
      by.push([entry, intersection(set, match)]);
      return matchContains(match, set) ? [] : minus(set, match);
    });
  }
  return { by, rest };
}

type Found = Pick<ForeignOpening, "packets" | "deny">;

/**
 * Packets of a set that our tables drop from `table` on, by its entries of a priority up to `below`; empty: none found.
 * `all`: not some of them, but all.
 */
function dropped(
  packets: Match,
  table: number,
  tables: ReadonlyMap<number, readonly Entry[]>,
  {
    budget,
    below = Infinity,
    all = false,
  }: { readonly budget: Budget; readonly below?: number; readonly all?: boolean },
): readonly Found[] {
  const entries = (tables.get(table) ?? []).filter(({ priority }) => priority <= below);
  const { by, rest } = decided([packets], entries, budget);
  const found: Found[] = [];
  for (const [entry, set] of by) {
    if ((found.length > 0 && !all) || budget.left < 0) break;
    if (roleOf(entry) === "deny") found.push({ packets: set, deny: entry });
    const next = nextTable(entry);
    if (next !== undefined && next > table) append(found, dropped(tagged(set, entry), next, tables, { budget, all }));
  }
  if ((found.length === 0 || all) && budget.left >= 0)
    append(
      found,
      rest.map((set) => ({ packets: set, deny: undefined })),
    );
  return found;
}

/** The table to which an entry sends packets on; undefined if it sends them to none. */
function nextTable(entry: Entry): number | undefined {
  for (const one of entry.instructions) if (one.kind === "goto") return one.table;
  for (const one of actionsOf(entry)) if (one.kind === "ct" && one.table !== undefined) return one.table;
  return undefined;
}

/** Packets after an entry: with the tag that it writes. Their connection state is left open, also after `ct`. */
function tagged(set: Match, { instructions }: Entry): Match {
  let match = set;
  for (const one of instructions) {
    if (one.kind !== "write_metadata") continue;
    const old = match.find(({ field }) => field === "metadata");
    const mask = (old ? maskOfField(old) : 0n) | one.mask;
    const value = ((old?.value ?? 0n) & ~one.mask) | one.value;
    match = canonicalMatch([...match.filter(({ field }) => field !== "metadata"), { field: "metadata", value, mask }]);
  }
  return match;
}

/** The packets that are in both of two overlapping matches. */
const intersection = (a: Match, b: Match): Match => withImplied(matchIntersection(a, b));

/** set \ match in disjoint parts: one for each bit of the match that is open in `set`, where that bit differs. */
function minus(set: Match, match: Match): readonly Match[] {
  const parts: Match[] = [];
  let within = set;
  for (const one of match) {
    const ofSet = within.find(({ field }) => field === one.field);
    let known = ofSet ? maskOfField(ofSet) : 0n;
    let value = ofSet?.value ?? 0n;
    const open = maskOfField(one) & ~known;
    for (let bit = topBit(fullMask(one.field)); bit > 0n; bit >>= 1n) {
      if ((open & bit) === 0n) continue;
      known |= bit;
      parts.push(replaced(within, masked(one.field, value | (~one.value & bit), known)));
      value |= one.value & bit;
    }
    within = replaced(within, masked(one.field, value, known));
  }
  return parts;
}

const topBit = (mask: bigint): bigint => (mask + 1n) >> 1n;

const replaced = (match: Match, one: FieldMatch | undefined): Match =>
  one === undefined ? match : canonicalMatch([...match.filter(({ field }) => field !== one.field), one]);

/** Packets in the notation of `ovs-ofctl`, without metadata: only tables write that. */
export const packetsText = (packets: Match): string =>
  matchText(packets.filter(({ field }) => field !== "metadata")) || "every packet";
