/**
 * Foreign entries in our tables → those that let on packets which our tables hold: drop, lead by a way of their own, limit,
 * queue or rewrite. The packets that a foreign entry decides are followed through our tables as if the entry were absent.
 * Where an entry of ours holds some of them, the foreign one overrides the policy, which is worse than the note that any
 * foreign entry gets. What it does with them instead does not count. A set of packets is a match: a product of masked fields.
 */
import type { Entry, FieldMatch, Match, MatchField } from "../table/entry.ts";
import { canonicalMatch, fullMask, maskOfField, masked, matchContains, matchesOverlap } from "../table/match.ts";
import { RESERVED_GROUPS } from "../table/reserved-groups.ts";
import { matchText } from "../table/text.ts";
import { expandConjunctions, matchIntersection } from "./conjunctions.ts";
import { actionsOf, bigintReplacer, holdOf } from "./roles.ts";
import { append } from "../net/lists.ts";

/** A foreign entry that lets on packets past an entry of ours that holds them. */
export interface ForeignOpening {
  readonly entry: Entry;
  /** Some of these packets. */
  readonly packets: Match;
  /** Our entry that holds them; undefined where no entry of ours matches, or where the budget ended. */
  readonly by: Entry | undefined;
  /** Whether the packets were followed to that entry; false: the budget ended before, and the entry counts to be safe. */
  readonly isFollowed: boolean;
}

/**
 * The most steps for all foreign entries: sets of packets that are compared with an entry of ours, and parts into which
 * one is cut. A switch may hold 100,000, so each gets its part of what the ones before it left.
 */
const STEPS = 3_000_000;

/** The first `most` entries of `foreign` that let on what `ours` hold, each with some packets that show it. */
export function openings(
  foreign: readonly Entry[],
  ours: readonly Entry[],
  most = Infinity,
  steps = STEPS,
): readonly ForeignOpening[] {
  const candidates = foreign.filter(mayLetOn);
  if (candidates.length === 0) return [];
  const { plain, unexpanded } = expandConjunctions(ours);
  const tables = new Map(
    [...Map.groupBy(plain, ({ table }) => table)].map(([table, entries]) => [
      table,
      entries
        .map((entry): Row => ({ entry, match: withImplied(entry.match) }))
        .sort((a, b) => b.entry.priority - a.entry.priority),
    ]),
  );
  const openingOf = (entry: Entry, budget: Budget): readonly ForeignOpening[] => {
    // Packets come to the first table without tags. In later tables their tags are unknown here.
    const isFirst = entry.table === 0 && !has(entry.match, "metadata");
    const start = withImplied(isFirst ? canonicalMatch([...entry.match, UNTAGGED]) : entry.match);
    // Where an entry only leads on to a table of ours, it may lead what we hold to what holds it.
    const next = unexpanded.length === 0 ? leadsTo(entry) : undefined;
    const all = next !== undefined && tables.has(next);
    const below = entry.priority;
    if (all && leadsAlike(entry, start, tables.get(entry.table) ?? [], budget)) return [];
    for (const found of held(start, entry.table, tables, { budget, below }))
      if (
        forwards(entry, found.packets) &&
        (!all || passes(led(found.packets, start, entry), next, tables, { budget, past: found.by }))
      )
        return [{ entry, ...found, isFollowed: !all || budget.left >= 0 }];
    const conjunction = unexpanded.find(
      ({ verdict, clauses }) =>
        holdOf(verdict) !== undefined &&
        clauses.every((members) => members.some(({ match }) => budget.left-- < 0 || matchesOverlap(match, start))),
    );
    if (budget.left < 0) return [{ entry, packets: start, by: undefined, isFollowed: false }];
    return conjunction === undefined ? [] : [{ entry, packets: start, by: conjunction.verdict, isFollowed: true }];
  };
  const found: ForeignOpening[] = [];
  let left = steps;
  for (const [i, entry] of candidates.entries()) {
    if (found.length >= most) break;
    const own = Math.floor(left / (candidates.length - i));
    const budget = { left: own };
    append(found, openingOf(entry, budget));
    left -= own - Math.max(budget.left, 0);
  }
  return found;
}

/** An entry of ours with the match that it comes to. */
interface Row {
  readonly entry: Entry;
  readonly match: Match;
}
/** Table → its rows, the highest priority first. */
type Rows = ReadonlyMap<number, readonly Row[]>;

const UNTAGGED: FieldMatch = { field: "metadata", value: 0n };
/** Only a packet that is no fragment has ports or ICMP types other than 0 (measured on Open vSwitch). */
const WHOLE: FieldMatch = { field: "ip_frag", value: 0n };
const TRANSPORT = /^(?:tcp|udp|sctp)_|^icmpv/;
const has = (match: Match, wanted: MatchField): boolean => match.some(({ field }) => field === wanted);

/** Whether packets may leave the switch through an entry. One that only sends them to a controller drops them. */
export const mayLetOn = (entry: Entry): boolean =>
  sendsItself(entry) || nextTable(entry) !== undefined || actionsOf(entry).some(({ kind }) => kind === "conjunction");

/**
 * Whether an entry of others can forward some of a set of packets. The switch's own forwarding takes none to a group that is
 * reserved for one wire (NETWORK, "Forward").
 */
export const forwards = (entry: Entry, packets: Match): boolean =>
  !isToReservedGroup(packets) || !isOwnForwarding(entry);

/** Whether packets are all for groups that are reserved for one wire. */
export const isToReservedGroup = (packets: Match): boolean =>
  RESERVED_GROUPS.some((group) => matchContains([group], packets));

/** Whether an entry leaves packets as they are, and leads them on by the switch's own forwarding alone. */
const isOwnForwarding = (entry: Entry): boolean =>
  nextTable(entry) === undefined &&
  actionsOf(entry).every(
    (one) => one.kind === "set_queue" || (one.kind === "output" && ["NORMAL", "CONTROLLER"].includes(`${one.port}`)),
  );

/** Whether an entry sends packets to ports itself. What becomes of those that it sends to another table is not followed. */
const sendsItself = (entry: Entry): boolean =>
  actionsOf(entry).some((one) => one.kind === "group" || (one.kind === "output" && one.port !== "CONTROLLER"));

/** A match with the field that it implies: packets with ports are no fragments. */
export const withImplied = (match: Match): Match =>
  !has(match, "ip_frag") && match.some(({ field, value }) => TRANSPORT.test(field) && value !== 0n)
    ? canonicalMatch([...match, WHOLE])
    : match;

/** The steps that may still be taken; negative where the budget ended. */
interface Budget {
  left: number;
}

/** The table to which an entry leads packets unchanged but for their tags; undefined: to none, or it does something else, too. */
export function leadsTo({ table, instructions }: Entry): number | undefined {
  const next = instructions.find((one) => one.kind === "goto")?.table;
  return next !== undefined && next > table && !instructions.some(({ kind }) => kind === "apply") ? next : undefined;
}

/** Whether our entries below one do the same as it with all packets of a set. So it is with one that only counts them. */
function leadsAlike(entry: Entry, set: Match, rows: readonly Row[], budget: Budget): boolean {
  const does = ({ instructions }: Entry): string => JSON.stringify(instructions, bigintReplacer);
  const own = does(entry);
  const { priority: below } = entry;
  // What matches everything stands last.
  const last = rows.findLast(({ match }) => budget.left-- < 0 || matchContains(match, set));
  if (last === undefined || last.entry.priority > below) return false;
  const differs = decided(set, rows, (one) => does(one) !== own, { budget, below }).next();
  return differs.done === true && budget.left >= 0;
}

/** Packets that our tables hold, as an entry leads them on: with the tags that they had when they came to it. */
function led(packets: Match, start: Match, entry: Entry): Match {
  const tags = start.filter(({ field }) => field === "metadata");
  return tagged(canonicalMatch([...packets.filter(({ field }) => field !== "metadata"), ...tags]), entry);
}

/** Whether our tables let on some packets of a set that come to `table` past an entry; true as well where the budget ends. */
function passes(
  set: Match,
  table: number,
  tables: Rows,
  { budget, past }: { readonly budget: Budget; readonly past: Entry | undefined },
): boolean {
  const lets = (entry: Entry): boolean => entry !== past && (sendsItself(entry) || nextTable(entry) !== undefined);
  for (const [entry, part] of decided(set, tables.get(table) ?? [], lets, { budget })) {
    const next = nextTable(entry);
    if (sendsItself(entry)) return true;
    if (next !== undefined && (next <= table || passes(tagged(part, entry), next, tables, { budget, past })))
      return true;
  }
  return budget.left < 0;
}

/**
 * The packets of a set that each of some rows decides: of the wanted ones with a priority up to `below`. Only the rows that
 * the set meets are compared with each other, and most of the set is never cut.
 */
function* decided(
  set: Match,
  rows: readonly Row[],
  wanted: (entry: Entry) => boolean,
  { budget, below = Infinity }: Followed,
): Generator<readonly [Entry, Match], void> {
  const met: Row[] = [];
  for (const row of rows) {
    if (budget.left-- < 0) return;
    if (!matchesOverlap(set, row.match)) continue;
    const { entry, match } = row;
    if (entry.priority <= below && wanted(entry))
      for (const part of undecided(intersection(set, match), met, budget)) yield [entry, part];
    met.push(row);
    // No packet of the set comes to a later row.
    if (matchContains(match, set)) return;
  }
}

/** What is followed: by how many steps, and by entries of which priorities. */
interface Followed {
  readonly budget: Budget;
  readonly below?: number;
}

/** The disjoint parts of a set that no row decides, as far as the budget goes. */
function* undecided(set: Match, rows: readonly Row[], budget: Budget): Generator<Match, void> {
  const open = [{ set, at: 0 }];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    let { at } = one;
    while (at < rows.length && budget.left-- >= 0 && !matchesOverlap(one.set, rows[at]!.match)) at++;
    if (budget.left < 0) return;
    const row = rows[at];
    if (row === undefined) yield one.set;
    else if (!matchContains(row.match, one.set)) {
      const parts = minus(one.set, row.match);
      budget.left -= parts.length;
      for (const part of parts.toReversed()) open.push({ set: part, at: at + 1 });
    }
  }
}

type Found = Pick<ForeignOpening, "packets" | "by">;

/** The packets of a set that our tables hold from `table` on, by its entries of a priority up to `below`. */
function* held(
  packets: Match,
  table: number,
  tables: Rows,
  { budget, below = Infinity }: Followed,
): Generator<Found, void> {
  const rows = tables.get(table) ?? [];
  const counts = (entry: Entry): boolean => holdOf(entry) !== undefined || nextTable(entry) !== undefined;
  for (const [entry, set] of decided(packets, rows, counts, { budget, below })) {
    if (holdOf(entry) !== undefined) yield { packets: set, by: entry };
    const next = nextTable(entry);
    if (next !== undefined && next > table) yield* held(tagged(set, entry), next, tables, { budget });
  }
  // What matches everything stands last.
  if (rows.findLast(({ match }) => budget.left-- < 0 || matchContains(match, packets)) !== undefined) return;
  for (const set of undecided(packets, rows, budget)) yield { packets: set, by: undefined };
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
