/**
 * Whether the stages of a plan may drop for a while what both tables pass. Three things do: an allow that is added only
 * after the denies below it; a deny that is deleted only after the allows above it; and, in a table that loses allows
 * before it gains others, an allow that another replaces. Only matches are compared, and not which entries hide them:
 * so false is certain, and true means perhaps.
 */
import type { Entry } from "../table/entry.ts";
import { matchesOverlap } from "../table/match.ts";
import type { FlowMod } from "./plan.ts";
import { noLongerPassing, newlyPassing, roleOf } from "./roles.ts";

/** The most pairs that are compared in one table. Beyond that the answer is true, as it mostly would be. */
const MOST_PAIRS = 100_000;

interface Changes {
  readonly got: Entry[];
  readonly lost: Entry[];
  readonly denied: Entry[];
  readonly undenied: Entry[];
}

/** `loseFirst`: the tables whose old allows are deleted before their new ones are added. */
export function interruptionOf(mods: readonly FlowMod[], loseFirst: ReadonlySet<number>): boolean {
  const tables = new Map<number, Changes>();
  for (const mod of mods) {
    const { table } = mod.entry;
    let changes = tables.get(table);
    if (changes === undefined) tables.set(table, (changes = { got: [], lost: [], denied: [], undenied: [] }));
    const [comes, goes] = [newlyPassing(mod), noLongerPassing(mod)];
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
