/**
 * A table × what a switch refuses of it → the table that the switch gets instead. It lets on nothing that the whole
 * would not let on. An entry whose instructions are refused drops what it holds. Where the switch does not take the
 * entry at all, what it holds would fall to the entries below it, so those drop all that they hold (NETWORK, "Sending").
 */
import type { Entry, FieldMatch, Instruction, Match, Table } from "../table/entry.ts";
import { entryKey, matchesOverlap } from "../table/match.ts";
import { actionsOf } from "./roles.ts";

/** `acts`: the switch may take the entry if it only drops. `all`: it takes none in this place. */
export type Lack = "acts" | "all";

/** The lack that is next to be tried where the switch refuses an entry; undefined: no other is left. */
export function nextLack({ instructions }: Pick<Entry, "instructions">, before: Lack | undefined): Lack | undefined {
  if (before === "all") return undefined;
  const isMember = instructions.some((one) => one.kind === "apply" && one.actions.some(isConjunction));
  // A member beside others of its priority would drop what is none of its conjunction's.
  return before === "acts" || instructions.length === 0 || isMember ? "all" : "acts";
}

/**
 * The table without what the switch lacks, by `entryKey`. `closed`: the entries that drop for the sake of another, which
 * the switch does not take.
 */
export function withoutLacking(
  desired: Table,
  lacking: ReadonlyMap<string, Lack>,
): { readonly table: Table; readonly closed: readonly Entry[] } {
  if (lacking.size === 0) return { table: desired, closed: [] };
  const gone = new Map<number, Entry[]>();
  const left: Entry[] = [];
  for (const entry of desired.entries) {
    const lack = lacking.get(entryKey(entry));
    if (lack === "all") gone.set(entry.table, [...(gone.get(entry.table) ?? []), asHigh(entry, desired.entries)]);
    else left.push(lack === undefined ? entry : dropping(entry));
  }
  const closed: Entry[] = [];
  const entries = left.map((entry) => {
    const mustDrop = letsOn(entry) && (gone.get(entry.table) ?? []).some((one) => isBelow(entry, one));
    if (!mustDrop) return entry;
    closed.push(entry);
    return dropping(entry);
  });
  const [before, after] = [metersOf(desired.entries), metersOf(entries)];
  const meters = desired.meters?.filter(({ meter }) => after.has(meter) || !before.has(meter));
  return { table: { ...desired, entries, ...(meters && { meters }) }, closed };
}

/** A verdict, with the priority of the members that lead to it; any other entry as it is. */
function asHigh(entry: Entry, all: readonly Entry[]): Entry {
  const id = entry.match.find(isNumber)?.value;
  if (id === undefined) return entry;
  const leads = (one: Entry): boolean =>
    one.table === entry.table &&
    actionsOf(one).some((action) => action.kind === "conjunction" && BigInt(action.id) === id);
  const priority = all.reduce((most, one) => (leads(one) ? Math.max(most, one.priority) : most), entry.priority);
  return { ...entry, priority };
}

const dropping = (entry: Entry): Entry => ({ ...entry, instructions: [] });

const isConjunction = ({ kind }: { readonly kind: string }): boolean => kind === "conjunction";

/** Members of conjunctions decide nothing themselves; their verdict does. */
const letsOn = (entry: Entry): boolean => entry.instructions.length > 0 && !actionsOf(entry).some(isConjunction);

/**
 * Whether a packet of `one` may come to the entry where `one` is not there. A verdict stands where its members do, and holds
 * what they hold, which its number does not say.
 */
function isBelow(entry: Entry, one: Entry): boolean {
  const isVerdict = entry.match.some(isNumber);
  const packets = (match: Match): Match => match.filter((field) => !isNumber(field));
  return (isVerdict || entry.priority < one.priority) && matchesOverlap(packets(entry.match), packets(one.match));
}

const isNumber = ({ field }: FieldMatch): boolean => field === "conj_id";

const isMeter = (one: Instruction): one is Extract<Instruction, { kind: "meter" }> => one.kind === "meter";

const metersOf = (entries: readonly Entry[]): ReadonlySet<number> =>
  new Set(entries.flatMap(({ instructions }) => instructions.filter(isMeter).map(({ meter }) => meter)));
