/**
 * Entries of others in our tables → those that let on what the table denies. A packet that such an entry decides is
 * followed through the table as if the entry were not there; where it would be dropped, the entry takes the policy's deny
 * away, and is no note. Sets of packets are products of masked fields here, as matches are.
 */
import type { Entry, FieldMatch, Match, MatchField } from "../table/entry.ts";
import { canonicalMatch, fullMask, maskOfField, masked, matchContains, matchesOverlap } from "../table/match.ts";
import { matchText } from "../table/text.ts";
import { bothMatches, writtenOut } from "./conjunctions.ts";
import { actionsOf, roleOf } from "./roles.ts";
import { append } from "../net/lists.ts";

/** An entry of others that lets on what ours deny. */
export interface ForeignOpening {
  readonly entry: Entry;
  /** Packets that it lets on and the table drops. */
  readonly packets: Match;
  /** Of ours, what drops them; absent where no entry of ours matches. */
  readonly deny: Entry | undefined;
}

/** Most sets of packets that are followed for one entry; beyond them it counts as one that opens. */
const MOST_SETS = 2_000;

/** Those of `foreign` that let on what `ours` deny, each with some packets that show it. */
export function openings(foreign: readonly Entry[], ours: readonly Entry[]): readonly ForeignOpening[] {
  const opening = foreign.filter(letsOn);
  if (opening.length === 0) return [];
  const { plain, unwritten } = writtenOut(ours);
  const tables = new Map(
    [...Map.groupBy(plain, ({ table }) => table)].map(([table, entries]) => [
      table,
      entries.toSorted((a, b) => b.priority - a.priority),
    ]),
  );
  return opening.flatMap((entry) => {
    const budget = { left: MOST_SETS };
    // What comes to a later table has tags that earlier ones wrote: they are not known here.
    const isFirst = entry.table === 0 && !has(entry.match, "metadata");
    const start = shown(isFirst ? canonicalMatch([...entry.match, UNTAGGED]) : entry.match);
    const above = (tables.get(entry.table) ?? []).filter(({ priority }) => priority > entry.priority);
    const [found] = decided([start], above, budget).rest.flatMap((packets) =>
      dropped(packets, entry.table, tables, { budget, below: entry.priority }),
    );
    if (found !== undefined) return [{ entry, ...found }];
    const hidden = unwritten.find(
      ({ verdict, clauses }) =>
        roleOf(verdict) === "deny" &&
        clauses.every((members) => members.some(({ match }) => matchesOverlap(match, start))),
    );
    if (hidden !== undefined) return [{ entry, packets: start, deny: hidden.verdict }];
    return budget.left < 0 ? [{ entry, packets: start, deny: undefined }] : [];
  });
}

const UNTAGGED: FieldMatch = { field: "metadata", value: 0n };
/** Only a whole packet shows ports and types other than 0 (measured on Open vSwitch). */
const WHOLE: FieldMatch = { field: "ip_frag", value: 0n };
const TRANSPORT = /^(?:tcp|udp|sctp)_|^icmpv/;
const has = (match: Match, wanted: MatchField): boolean => match.some(({ field }) => field === wanted);

/** Whether packets may leave by it; one that only shows them to a controller drops them. */
const letsOn = (entry: Entry): boolean =>
  nextTable(entry) !== undefined ||
  actionsOf(entry).some(
    (one) => one.kind === "group" || (one.kind === "output" && one.port !== "CONTROLLER") || one.kind === "conjunction",
  );

/** A match with what follows from it. */
const shown = (match: Match): Match =>
  !has(match, "ip_frag") && match.some(({ field, value }) => TRANSPORT.test(field) && value !== 0n)
    ? canonicalMatch([...match, WHOLE])
    : match;

interface Budget {
  left: number;
}

/** The sets of packets that each entry decides, in order, and those that none does. */
function decided(
  sets: readonly Match[],
  entries: readonly Entry[],
  budget: Budget,
): { readonly by: readonly (readonly [Entry, Match])[]; readonly rest: readonly Match[] } {
  const by: (readonly [Entry, Match])[] = [];
  let rest = sets;
  for (const entry of entries) {
    if (rest.length === 0 || budget.left < 0) break;
    const match = shown(entry.match);
    rest = rest.flatMap((set) => {
      if (!matchesOverlap(set, match)) return [set];
      budget.left--;
      by.push([entry, both(set, match)]);
      return matchContains(match, set) ? [] : without(set, match);
    });
  }
  return { by, rest };
}

type Found = Pick<ForeignOpening, "packets" | "deny">;

/** What of a set of packets the tables drop, from one on. */
function dropped(
  packets: Match,
  table: number,
  tables: ReadonlyMap<number, readonly Entry[]>,
  { budget, below = Infinity }: { readonly budget: Budget; readonly below?: number },
): readonly Found[] {
  const entries = (tables.get(table) ?? []).filter(({ priority }) => priority <= below);
  const { by, rest } = decided([packets], entries, budget);
  const found: Found[] = [];
  for (const [entry, set] of by) {
    if (found.length > 0 || budget.left < 0) break;
    if (roleOf(entry) === "deny") found.push({ packets: set, deny: entry });
    const next = nextTable(entry);
    if (next !== undefined && next > table) append(found, dropped(written(set, entry), next, tables, { budget }));
  }
  if (found.length === 0 && budget.left >= 0)
    append(
      found,
      rest.map((set) => ({ packets: set, deny: undefined })),
    );
  return found;
}

/** Where an entry sends packets on to, if to another table. */
function nextTable(entry: Entry): number | undefined {
  for (const one of entry.instructions) if (one.kind === "goto") return one.table;
  for (const one of actionsOf(entry)) if (one.kind === "ct" && one.table !== undefined) return one.table;
  return undefined;
}

/** Packets as they are after an entry: with its tag; what tracking says of them is anything. */
function written(set: Match, { instructions }: Entry): Match {
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

/** What both hold; they overlap. */
const both = (a: Match, b: Match): Match => shown(bothMatches(a, b));

/** What of `set` a match does not hold, in parts that do not overlap: bit by bit one part where that bit differs. */
function without(set: Match, match: Match): readonly Match[] {
  const parts: Match[] = [];
  let within = set;
  for (const one of match) {
    const held = within.find(({ field }) => field === one.field);
    let known = held ? maskOfField(held) : 0n;
    let value = held?.value ?? 0n;
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

/** The packets in the notation of `ovs-ofctl`; what tables wrote into them is left out. */
export const packetsText = (packets: Match): string =>
  matchText(packets.filter(({ field }) => field !== "metadata")) || "every packet";
