/** What a switch holds against what is desired: the plan, and what it comes to. */
import { diffEntries, PUNCTUAL } from "../../compiler/plan/index.ts";
import type { Plan } from "../../compiler/plan/plan.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { sortEntries } from "../../compiler/table/match.ts";
import type { FlowStats } from "../openflow/index.ts";
import { entryOf, type Held, type Owned } from "./installed.ts";
import { setAside } from "./unchanged.ts";
import { net } from "./flow-mods.ts";

export interface Difference {
  readonly plan: Plan;
  /** Flows that must go and are no entries. */
  readonly unsayable: readonly FlowStats[];
  /** Number of entries, of those that we answer for, that the switch holds. */
  readonly held: number;
}

/** With `takeOver` what others put into our tables is in the way as well. */
export function difference(
  { ours, foreign }: Pick<Owned, "ours" | "foreign">,
  desired: Table,
  { takeOver }: { readonly takeOver?: boolean },
): Difference {
  // What is taken over differs from ours even where it does the same: its cookie is not ours.
  const theirs = foreign.map(({ flow }): Held => {
    const entry = entryOf(flow, true);
    return entry ? { flow, entry } : { flow };
  });
  const held = takeOver === true ? [...ours, ...theirs] : ours;
  const entries = held.flatMap(({ entry }) => (entry ? [entry] : []));
  const clocks = { tolerance: PUNCTUAL };
  const { old, next } = setAside(entries, desired.entries, clocks);
  const unsayable = held.flatMap(({ entry, flow }) => (entry ? [] : [flow]));
  return { plan: diffEntries(sortEntries(old), next, clocks), unsayable, held: entries.length };
}

/** What the plan comes to; what is only there on the way (see `compiler/plan/order.ts`) does not count. */
export function count({ plan, unsayable, held }: Difference): Counts {
  const number = { add: 0, replace: 0, timeout: 0, delete: 0 };
  for (const { kind } of net(plan)) number[kind]++;
  const { add: added, replace: replaced, timeout: renewed } = number;
  const unchanged = held - replaced - renewed - number.delete;
  return { added, replaced, renewed, deleted: number.delete + unsayable.length, unchanged };
}

type Counts = { readonly [K in "added" | "replaced" | "renewed" | "deleted" | "unchanged"]: number };
