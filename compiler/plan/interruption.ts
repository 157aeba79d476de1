/**
 * Whether the stages of a plan may drop on the way what both tables let on. Three things do: an allow that comes only
 * when the denies it stands above are there; a deny that goes only when the allows above it are gone; and, in a table
 * that loses before it gets, an allow that is replaced by another. Matches are compared, not what lies above them: so
 * "no" is certain, and "yes" means perhaps.
 */
import type { Entry } from "../table/entry.ts";
import { matchesOverlap } from "../table/match.ts";
import type { FlowMod } from "./plan.ts";
import { lettingNoMore, lettingOn, roleOf } from "./roles.ts";

/** Pairs that are compared in one table; beyond that the answer is yes, as it mostly would be. */
const MOST_PAIRS = 100_000;

interface Changes {
  readonly got: Entry[];
  readonly lost: Entry[];
  readonly denied: Entry[];
  readonly undenied: Entry[];
}

/** `loseFirst`: the tables that lose what they let on no more before they get what they will let on. */
export function interruptionOf(mods: readonly FlowMod[], loseFirst: ReadonlySet<number>): boolean {
  const tables = new Map<number, Changes>();
  for (const mod of mods) {
    const { table } = mod.entry;
    let changes = tables.get(table);
    if (changes === undefined) tables.set(table, (changes = { got: [], lost: [], denied: [], undenied: [] }));
    const [comes, goes] = [lettingOn(mod), lettingNoMore(mod)];
    if (comes) changes.got.push(comes);
    if (goes) changes.lost.push(goes);
    if (mod.kind !== "timeout" && roleOf(mod.entry) === "deny")
      (mod.kind === "delete" ? changes.undenied : changes.denied).push(mod.entry);
    if (mod.kind === "replace" && roleOf(mod.old) === "deny") changes.undenied.push(mod.old);
  }
  return [...tables].some(([table, { got, lost, denied, undenied }]) => {
    const above = (allow: Entry, deny: Entry): boolean => allow.priority >= deny.priority;
    return (
      meet(got, denied, above) || meet(lost, undenied, above) || (loseFirst.has(table) && meet(lost, got, () => true))
    );
  });
}

function meet(some: readonly Entry[], others: readonly Entry[], matters: (a: Entry, b: Entry) => boolean): boolean {
  if (some.length * others.length > MOST_PAIRS) return true;
  return some.some((a) => others.some((b) => matters(a, b) && matchesOverlap(a.match, b.match)));
}
