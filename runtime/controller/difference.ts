/** The entries of a switch against a desired table: the plan, and its counts. */
import { diffEntries, partingIn, PUNCTUAL } from "../../compiler/plan/index.ts";
import type { Plan } from "../../compiler/plan/plan.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { sortEntries } from "../../compiler/table/match.ts";
import type { FlowStats } from "../openflow/index.ts";
import { entryOf, type InstalledFlow, type FlowsByOwner } from "./installed.ts";
import { withoutUnchanged } from "./unchanged.ts";
import { netChange } from "./flow-mods.ts";
import { timeLeft } from "./timeouts.ts";

export interface Difference {
  readonly plan: Plan;
  /** Flows that must go, and that no entry can express. */
  readonly inexpressible: readonly FlowStats[];
  /** Number of entries on the switch that the plan is made for. */
  readonly held: number;
}

/**
 * `elapsed`: seconds that have gone since the timeouts of `desired` counted; what is over by now is not desired. With
 * `takeOver` the entries of others in our tables count as ours: they are replaced or deleted. */
export function tableDifference(
  { ours, foreign }: Pick<FlowsByOwner, "ours" | "foreign">,
  desired: Table,
  { takeOver, elapsed = 0 }: { readonly takeOver?: boolean; readonly elapsed?: number },
): Difference {
  // An entry that is taken over differs from ours even where it does the same: its cookie is not ours.
  const theirs = foreign.map(({ flow }): InstalledFlow => {
    const entry = entryOf(flow, true);
    return entry ? { flow, entry } : { flow };
  });
  const held = takeOver === true ? [...ours, ...theirs] : ours;
  const entries = held.flatMap(({ entry }) => (entry ? [entry] : []));
  const clocks = { tolerance: PUNCTUAL, later: -elapsed };
  const wanted =
    elapsed === 0 ? desired.entries : desired.entries.filter((one) => timeLeft(one, elapsed) !== undefined);
  const { old, next } = withoutUnchanged(entries, wanted, clocks);
  const inexpressible = held.flatMap(({ entry, flow }) => (entry ? [] : [flow]));
  const plan = diffEntries(sortEntries(old), next, clocks, () => partingIn(entries, desired.entries));
  return { plan, inexpressible, held: entries.length };
}

/** Counts the net change; entries that are there only on the way (`compiler/plan/order.ts`) do not count. */
export function countChanges({ plan, inexpressible, held }: Difference): Counts {
  const number = { add: 0, replace: 0, timeout: 0, delete: 0 };
  for (const { kind } of netChange(plan)) number[kind]++;
  const { add: added, replace: replaced, timeout: renewed } = number;
  const unchanged = held - replaced - renewed - number.delete;
  return { added, replaced, renewed, deleted: number.delete + inexpressible.length, unchanged };
}

type Counts = { readonly [K in "added" | "replaced" | "renewed" | "deleted" | "unchanged"]: number };
