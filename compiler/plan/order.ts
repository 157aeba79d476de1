/**
 * The order of flow-mods for switches without bundles, stage by stage with a barrier between: deny first, then allow,
 * then deletes, those of allows before those of denies. While it runs the table lies between the old one and the new
 * one, and the first match that lets a packet on is the first match of one of them: nothing is let through that both
 * deny. A conjunction's members come with the denies and go with them, as they decide nothing by themselves.
 *
 * That argument needs tables whose numbers and tags mean the same before and after. Where they do not, a curtain that
 * drops everything goes up first and comes down last.
 */
import { byText } from "../net/order.ts";
import { systemCookie } from "../table/cookie.ts";
import type { Action, Entry } from "../table/entry.ts";
import { entryKey } from "../table/match.ts";
import type { FlowMod } from "./plan.ts";

const DENY = 0;
const ALLOW = 1;
const UNALLOW = 2;
const UNDENY = 3;

type StagedMod = readonly [stage: number, mod: FlowMod];

type Role = "deny" | "allow" | "member";

/** The mods in stages; empty stages are left out, and inside a stage the order is that of the table. */
export function stagesOf(mods: readonly FlowMod[]): readonly (readonly FlowMod[])[] {
  const stages: FlowMod[][] = [[], [], [], []];
  for (const mod of mods) for (const [stage, staged] of stagedMods(mod)) stages[stage]!.push(staged);
  const filled = stages.filter((stage) => stage.length > 0).map((stage) => stage.toSorted(byTable));
  if (!mods.some(changesMeaning)) return filled;
  return [[{ kind: "add", entry: CURTAIN }], ...filled, [{ kind: "delete", entry: CURTAIN }]];
}

/** A mod by its stage; a member of a conjunction may change in two. */
function stagedMods(mod: FlowMod): readonly StagedMod[] {
  const role = roleOf(mod.entry);
  if (mod.kind === "add") return [[role === "allow" ? ALLOW : DENY, mod]];
  if (mod.kind === "delete") return [[role === "allow" ? UNALLOW : UNDENY, mod]];
  const was = roleOf(mod.old);
  if (role === "member" && mod.kind === "timeout") return [[DENY, mod]];
  if (role === "member")
    return was === "member" ? memberMods(mod.entry, mod.old) : [[was === "allow" ? UNALLOW : UNDENY, mod]];
  return [[role === "allow" ? ALLOW : DENY, mod]];
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

function roleOf(entry: Entry): Role {
  if (entry.instructions.length === 0) return "deny";
  return actionsOf(entry)[0]?.kind === "conjunction" ? "member" : "allow";
}

function actionsOf(entry: Entry): readonly Action[] {
  return entry.instructions.flatMap((one) => (one.kind === "apply" ? one.actions : []));
}

function union(a: readonly Action[], b: readonly Action[]): readonly Action[] {
  return [...new Map([...a, ...b].map((action) => [JSON.stringify(action, bigints), action])).values()];
}

const bigints = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}n` : value);

/** Tags that are rewritten, and entries that send packets elsewhere than before, change what other entries mean. */
function changesMeaning(mod: FlowMod): boolean {
  if (mod.kind === "timeout") return false;
  if (mod.kind === "replace" && roleOf(mod.entry) === "allow" && roleOf(mod.old) === "allow") {
    return targetOf(mod.entry) !== targetOf(mod.old);
  }
  return mod.entry.instructions.some(({ kind }) => kind === "write_metadata");
}

/** Where an entry sends packets, as text. Meters and queues bound how fast, not where. */
function targetOf({ instructions }: Entry): string {
  const targets = instructions.flatMap((one): readonly unknown[] => {
    if (one.kind === "meter") return [];
    return one.kind === "apply"
      ? one.actions.filter(({ kind }) => kind !== "set_queue" && kind !== "set_field")
      : [one];
  });
  return JSON.stringify(targets, bigints);
}

/** Drops everything while it stands. */
const CURTAIN: Entry = {
  table: 0,
  priority: 65_535,
  match: [],
  instructions: [],
  cookie: systemCookie("curtain"),
  hardTimeout: 0,
  idleTimeout: 0,
};

function byTable(a: FlowMod, b: FlowMod): number {
  if (a.entry.table !== b.entry.table) return a.entry.table - b.entry.table;
  if (a.entry.priority !== b.entry.priority) return b.entry.priority - a.entry.priority;
  return byText(entryKey(a.entry), entryKey(b.entry));
}
