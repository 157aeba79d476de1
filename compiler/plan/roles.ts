/**
 * The role of an entry in the order of a plan: whether it drops, passes or is part of a conjunction, and where it
 * leads.
 */
import { STEERED, type Action, type Entry } from "../table/entry.ts";
import type { FlowMod } from "./plan.ts";

export type Role = "deny" | "allow" | "member";

export function roleOf(entry: Entry): Role {
  if (entry.instructions.length === 0) return "deny";
  return actionsOf(entry)[0]?.kind === "conjunction" ? "member" : "allow";
}

export function actionsOf(entry: Entry): readonly Action[] {
  return entry.instructions.flatMap((one) => (one.kind === "apply" ? one.actions : []));
}

/** What an entry does with packets so that who passes it by passes the policy by. */
export type Hold = "denies" | "leads" | "limits" | "queues" | "rewrites";

/** What an entry of ours does beside letting packets on as ordinary forwarding does; undefined: nothing. */
export function holdOf(entry: Entry): Hold | undefined {
  if (roleOf(entry) === "deny") return "denies";
  if (entry.instructions.some(({ kind }) => kind === "meter")) return "limits";
  const actions = actionsOf(entry);
  if (actions.some(({ kind }) => kind === "set_queue")) return "queues";
  if (actions.some(({ kind }) => kind === "set_field")) return "rewrites";
  const isLed = actions.some((one) => one.kind === "output" && one.port !== "NORMAL");
  return isLed && entry.priority >= STEERED ? "leads" : undefined;
}

/** Where an entry sends packets, as text. Meters and queues are left out: they bound how fast, not where. */
export function sendsTo({ instructions }: Entry): string {
  const targets = instructions.flatMap((one): readonly unknown[] => {
    if (one.kind === "meter") return [];
    return one.kind === "apply"
      ? one.actions.filter(({ kind }) => kind !== "set_queue" && kind !== "set_field")
      : [one];
  });
  return JSON.stringify(targets, bigintReplacer);
}

/** The tables to which an entry sends packets next and the tags that it writes, as text. Output ports are left out. */
export function nextTablesOf({ instructions }: Entry): string {
  const nextTables = instructions.flatMap((one): readonly unknown[] => {
    if (one.kind === "meter") return [];
    return one.kind === "apply" ? one.actions.filter((action) => action.kind === "ct" && "table" in action) : [one];
  });
  return JSON.stringify(nextTables, bigintReplacer);
}

/** A replacer for `JSON.stringify` that writes bigintReplacer, as in actions and instructions. */
export const bigintReplacer = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}n` : value);

/** The entry of a mod that adds an allow where none of that table, priority and match stood; else undefined. */
export function newlyPassing(mod: FlowMod): Entry | undefined {
  if (mod.kind === "delete" || mod.kind === "timeout" || roleOf(mod.entry) !== "allow") return undefined;
  return mod.kind === "add" || roleOf(mod.old) !== "allow" ? mod.entry : undefined;
}

/** The allow that a mod deletes or replaces by an entry that is none; else undefined. */
export function noLongerPassing(mod: FlowMod): Entry | undefined {
  if (mod.kind === "delete") return roleOf(mod.entry) === "allow" ? mod.entry : undefined;
  return mod.kind === "replace" && roleOf(mod.old) === "allow" && roleOf(mod.entry) !== "allow" ? mod.old : undefined;
}
