/**
 * The order of flow-mods for switches without bundles, stage by stage with a barrier between. Nothing is let through on
 * the way that both tables of the plan deny.
 *
 * In one table it is: denies first, then allows, then deletes, those of allows before those of denies. While it runs,
 * the first match that lets a packet on is the first match of the old table or of the new one. A pipeline needs more: a
 * packet that the old Admission lets on must not meet the new Spoof, which lets it on as well. So only one table, the
 * one with most to change, may lie between old and new. Before it moves, all others lose what they will let on no more;
 * after it has moved, they get what they will let on. Meanwhile they let on what both do, on the same way: that takes
 * tables in which everything that is let on goes one way.
 *
 * Where tags change, ways part in a table that moves, or a conjunction that stands changes its members, no order is
 * safe: a curtain that drops everything goes up first and comes down last.
 */
import { byText } from "../net/order.ts";
import { systemCookie } from "../table/cookie.ts";
import type { Action, Entry } from "../table/entry.ts";
import { entryKey } from "../table/match.ts";
import { interruptionOf } from "./interruption.ts";
import type { FlowMod, Plan } from "./plan.ts";
import { actionsOf, bigints, lettingNoMore, lettingOn, roleOf, sendsTo, wayOf } from "./roles.ts";

/** The stages in their order. The table in the middle gets what it lets on before it loses anything. */
const DENY = 0;
const OTHERS_LOSE = 1;
const MIDDLE_GETS = 2;
const MIDDLE_LOSES = 3;
const OTHERS_GET = 4;
const UNDENY = 5;

type StagedMod = readonly [stage: number, mod: FlowMod];

/**
 * The mods in stages; empty stages are left out, and inside a stage the order is that of the table. `parting` gives the
 * tables whose entries lead on by more than one way, before or after; it is asked only where several tables move.
 */
export function stagesOf(mods: readonly FlowMod[], parting: () => ReadonlySet<number>): Plan {
  const moving = movingTables(mods);
  const middle = moving.reduce<MovingTable | undefined>(
    (most, one) => (one.mods > (most?.mods ?? 0) ? one : most),
    undefined,
  );
  const stages: FlowMod[][] = [[], [], [], [], [], []];
  for (const mod of mods)
    for (const [stage, staged] of stagedMods(mod, mod.entry.table === middle?.table)) stages[stage]!.push(staged);
  const filled = stages.filter((stage) => stage.length > 0).map((stage) => stage.toSorted(byTable));
  if (mods.some(changesMeaning) || reshapesConjunction(mods) || waysPart(moving, middle, parting)) {
    const curtained = [
      [{ kind: "add", entry: CURTAIN } as const],
      // What is taken over goes with the curtain, if it stands in its place, and not before it.
      ...filled.map((stage) => stage.filter((mod) => mod.kind !== "delete" || !isInCurtainsPlace(mod.entry))),
      [{ kind: "delete", entry: CURTAIN } as const],
    ].filter((stage) => stage.length > 0);
    return { stages: curtained, interrupts: "everything" };
  }
  const others = new Set(moving.filter((one) => one !== middle).map(({ table }) => table));
  return { stages: filled, ...(interruptionOf(mods, others) && { interrupts: "some" }) };
}

/** A table that lets on other things than before: the ways of its entries that come or go, and how many these are. */
interface MovingTable {
  readonly table: number;
  readonly got: Set<string>;
  readonly lost: Set<string>;
  mods: number;
}

function movingTables(mods: readonly FlowMod[]): readonly MovingTable[] {
  const tables = new Map<number, MovingTable>();
  for (const mod of mods) {
    const [comes, goes] = [lettingOn(mod), lettingNoMore(mod)];
    const entry = comes ?? goes;
    if (entry === undefined) continue;
    const { table } = entry;
    let moving = tables.get(table);
    if (moving === undefined) tables.set(table, (moving = { table, got: new Set(), lost: new Set(), mods: 0 }));
    (comes ? moving.got : moving.lost).add(wayOf(entry));
    moving.mods++;
  }
  return [...tables.values()].toSorted((a, b) => a.table - b.table);
}

/**
 * Whether a packet could go a way through the tables that neither old nor new leads it. What comes or goes in one table
 * may come in any order, so it must lead one way; of tables beside the middle, so must all that they let on.
 */
function waysPart(
  moving: readonly MovingTable[],
  middle: MovingTable | undefined,
  parting: () => ReadonlySet<number>,
): boolean {
  if (moving.some(({ got, lost }) => got.size > 1 || lost.size > 1)) return true;
  if (moving.length < 2) return false;
  const part = parting();
  return moving.some((one) => one !== middle && part.has(one.table));
}

/** A mod by its stage; a member of a conjunction, which decides nothing by itself, may change in two. */
function stagedMods(mod: FlowMod, inMiddle: boolean): readonly StagedMod[] {
  const gets = inMiddle ? MIDDLE_GETS : OTHERS_GET;
  const loses = inMiddle ? MIDDLE_LOSES : OTHERS_LOSE;
  const role = roleOf(mod.entry);
  if (mod.kind === "add") return [[role === "allow" ? gets : DENY, mod]];
  if (mod.kind === "delete") return [[role === "allow" ? loses : UNDENY, mod]];
  const was = roleOf(mod.old);
  if (role === "member" && mod.kind === "timeout") return [[DENY, mod]];
  if (role === "member")
    return was === "member" ? memberMods(mod.entry, mod.old) : [[was === "allow" ? loses : UNDENY, mod]];
  return [[role === "allow" ? gets : DENY, mod]];
}

/** New clauses come with the denies, old ones go after the allows: where there are both, the member changes twice. */
function memberMods(entry: Entry, old: Entry): readonly StagedMod[] {
  const had = actionsOf(old);
  const has = actionsOf(entry);
  const both = union(had, has);
  if (both.length === has.length) return [[DENY, { kind: "replace", entry, old }]];
  if (both.length === had.length) return [[UNDENY, { kind: "replace", entry, old }]];
  const between: Entry = { ...entry, instructions: [{ kind: "apply", actions: both }] };
  return [
    [DENY, { kind: "replace", entry: between, old }],
    [UNDENY, { kind: "replace", entry, old: between }],
  ];
}

function union(a: readonly Action[], b: readonly Action[]): readonly Action[] {
  return [...new Map([...a, ...b].map((action) => [JSON.stringify(action, bigints), action])).values()];
}

/** Tags that are rewritten, and entries that send packets elsewhere than before, change what other entries mean. */
function changesMeaning(mod: FlowMod): boolean {
  if (mod.kind === "timeout") return false;
  if (mod.kind === "replace" && roleOf(mod.entry) === "allow" && roleOf(mod.old) === "allow") {
    return sendsTo(mod.entry) !== sendsTo(mod.old);
  }
  return mod.entry.instructions.some(({ kind }) => kind === "write_metadata");
}

/**
 * Whether a conjunction whose verdict neither comes nor goes gets or loses members, as when its users move: with those of
 * both tables it would hold packets that it holds in neither.
 */
function reshapesConjunction(mods: readonly FlowMod[]): boolean {
  const verdicts = new Map<number, Set<FlowMod["kind"]>>();
  const changed = new Set<number>();
  for (const mod of mods) {
    const [first] = mod.entry.match;
    if (first?.field === "conj_id") {
      const kinds = verdicts.get(Number(first.value)) ?? new Set();
      verdicts.set(Number(first.value), kinds.add(mod.kind));
    }
    const [had, has] = mod.kind === "replace" ? [clausesOf(mod.old), clausesOf(mod.entry)] : [[], clausesOf(mod.entry)];
    if (mod.kind === "timeout" || (mod.kind === "replace" && (had.length === 0 || has.length === 0))) continue;
    const [before, after] = [new Set(had), new Set(has)];
    for (const id of [...had, ...has]) if (!before.has(id) || !after.has(id)) changed.add(id);
  }
  return [...changed].some((id) => {
    const kinds = verdicts.get(id);
    return kinds === undefined || kinds.has("add") === kinds.has("delete");
  });
}

const clausesOf = (entry: Entry): readonly number[] =>
  actionsOf(entry).flatMap((action) => (action.kind === "conjunction" ? [action.id] : []));

/** Drops everything while it stands. */
export const CURTAIN: Entry = {
  table: 0,
  priority: 65_535,
  match: [],
  instructions: [],
  cookie: systemCookie("curtain"),
  hardTimeout: 0,
  idleTimeout: 0,
};

/** Whether the curtain would overwrite this entry. */
export const isInCurtainsPlace = ({
  table,
  priority,
  match,
}: Pick<Entry, "table" | "priority"> & { match: readonly unknown[] }): boolean =>
  table === CURTAIN.table && priority === CURTAIN.priority && match.length === 0;

/** Whether a mod puts the curtain up or takes it down. */
export const isCurtain = ({ entry }: FlowMod): boolean => entry.cookie === CURTAIN.cookie;

function byTable(a: FlowMod, b: FlowMod): number {
  if (a.entry.table !== b.entry.table) return a.entry.table - b.entry.table;
  if (a.entry.priority !== b.entry.priority) return b.entry.priority - a.entry.priority;
  return byText(entryKey(a.entry), entryKey(b.entry));
}
