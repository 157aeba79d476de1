/**
 * The order of flow-mods for switches without bundles: stage by stage, with a barrier between. No stage passes a packet
 * that both tables of the plan deny.
 *
 * Within one table the order is: add denies, add allows, delete allows, delete denies. At any time the first match that
 * passes a packet is then the first match of the old table or of the new one. A pipeline needs more: a packet that only
 * the old Admission passes must not meet a new Spoof that passes it too. So only one table, the middle one with the
 * most changes, may be between old and new at a time. Before it changes, all others lose the allows that only the old
 * table has. After it has changed, they gain the allows that only the new table has. In between they pass what both
 * pass, and send it to the same next table: so all allows of such a table must lead to one next table.
 *
 * No order is safe if tags change, if a changing table leads to different next tables, or if a conjunction that stays
 * changes its members. Then a curtain that drops everything is added first and deleted last.
 */
import { byText } from "../net/order.ts";
import { systemCookie } from "../table/cookie.ts";
import type { Action, Entry } from "../table/entry.ts";
import { entryKey } from "../table/match.ts";
import { interruptionOf } from "./interruption.ts";
import type { FlowMod, Plan } from "./plan.ts";
import { actionsOf, bigintReplacer, noLongerPassing, newlyPassing, roleOf, sendsTo, nextTablesOf } from "./roles.ts";

/** The stages in their order. The middle table gains its new allows before it loses any. */
const DENY = 0;
const OTHERS_LOSE = 1;
const MIDDLE_GETS = 2;
const MIDDLE_LOSES = 3;
const OTHERS_GET = 4;
const UNDENY = 5;

type StagedMod = readonly [stage: number, mod: FlowMod];

/**
 * The mods in stages. Empty stages are left out; within a stage the order is that of the table. `branching` gives the
 * tables whose allows lead to several next tables, before or after. It is called only if several tables change.
 */
export function stagesOf(mods: readonly FlowMod[], branching: () => ReadonlySet<number>): Plan {
  const moving = movingTables(mods);
  const middle = moving.reduce<MovingTable | undefined>(
    (most, one) => (one.mods > (most?.mods ?? 0) ? one : most),
    undefined,
  );
  const stages: FlowMod[][] = [[], [], [], [], [], []];
  for (const mod of mods)
    for (const [stage, staged] of stagedMods(mod, mod.entry.table === middle?.table)) stages[stage]!.push(staged);
  const filled = stages.filter((stage) => stage.length > 0).map(inTableOrder);
  if (mods.some(changesMeaning) || reshapesConjunction(mods) || mayDivert(moving, middle, branching)) {
    const isReplaced = (mod: FlowMod): boolean => mod.kind === "delete" && isInCurtainsPlace(mod.entry);
    // What stands in the curtain's place goes with it, and not before: the curtain of an apply that broke off, or what is
    // taken over. That the curtain replaces something is said, because the net change is then a deletion.
    const standing = mods.find(isReplaced)?.entry;
    const curtained = [
      [
        standing
          ? ({ kind: "replace", entry: CURTAIN, old: standing } as const)
          : ({ kind: "add", entry: CURTAIN } as const),
      ],
      ...filled.map((stage) => stage.filter((mod) => !isReplaced(mod))),
      [{ kind: "delete", entry: CURTAIN } as const],
    ].filter((stage) => stage.length > 0);
    return { stages: curtained, interrupts: "everything" };
  }
  const others = new Set(moving.filter((one) => one !== middle).map(({ table }) => table));
  return { stages: filled, ...(interruptionOf(mods, others) && { interrupts: "some" }) };
}

/** A table whose allows change: the next tables of those that are added and deleted, and their number. */
interface MovingTable {
  readonly table: number;
  readonly got: Set<string>;
  readonly lost: Set<string>;
  mods: number;
}

function movingTables(mods: readonly FlowMod[]): readonly MovingTable[] {
  const tables = new Map<number, MovingTable>();
  for (const mod of mods) {
    const [comes, goes] = [newlyPassing(mod), noLongerPassing(mod)];
    const entry = comes ?? goes;
    if (entry === undefined) continue;
    const { table } = entry;
    let moving = tables.get(table);
    if (moving === undefined) tables.set(table, (moving = { table, got: new Set(), lost: new Set(), mods: 0 }));
    (comes ? moving.got : moving.lost).add(nextTablesOf(entry));
    moving.mods++;
  }
  return [...tables.values()].toSorted((a, b) => a.table - b.table);
}

/**
 * Whether a packet could pass a sequence of tables that neither old nor new sends it through. Allows of one table are
 * added or deleted in any order, so all of them must lead to one next table. In tables other than the middle one this
 * holds for all allows, old and new.
 */
function mayDivert(
  moving: readonly MovingTable[],
  middle: MovingTable | undefined,
  branching: () => ReadonlySet<number>,
): boolean {
  if (moving.some(({ got, lost }) => got.size > 1 || lost.size > 1)) return true;
  if (moving.length < 2) return false;
  const part = branching();
  return moving.some((one) => one !== middle && part.has(one.table));
}

/** A mod with its stage. A member of a conjunction, which decides nothing by itself, may change in two stages. */
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

/** New clauses are added with the denies, and old ones go after the allows: with both, the member changes twice. */
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
  return [...new Map([...a, ...b].map((action) => [JSON.stringify(action, bigintReplacer), action])).values()];
}

/** Whether a mod changes what other entries mean: it writes tags, or sends packets elsewhere than before. */
function changesMeaning(mod: FlowMod): boolean {
  if (mod.kind === "timeout") return false;
  if (mod.kind === "replace" && roleOf(mod.entry) === "allow" && roleOf(mod.old) === "allow") {
    return sendsTo(mod.entry) !== sendsTo(mod.old);
  }
  return mod.entry.instructions.some(({ kind }) => kind === "write_metadata");
}

/**
 * Whether a conjunction whose verdict stays gains or loses members, as when its users move. With the members of both
 * tables it would match packets that it matches in neither.
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
    if (had.length + has.length === 0) continue;
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

/** The entry that drops everything while it stands. */
const CURTAIN: Entry = {
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

/** Whether a mod adds or deletes the curtain. */
export const isCurtain = ({ entry }: FlowMod): boolean => entry.cookie === CURTAIN.cookie;

/** By table, then the highest priority first, then by match. */
function inTableOrder(mods: readonly FlowMod[]): FlowMod[] {
  const keyed = mods.map((mod) => ({ mod, key: entryKey(mod.entry) }));
  keyed.sort(({ mod: { entry: a }, key }, { mod: { entry: b }, key: other }) => {
    if (a.table !== b.table) return a.table - b.table;
    if (a.priority !== b.priority) return b.priority - a.priority;
    return byText(key, other);
  });
  return keyed.map(({ mod }) => mod);
}
