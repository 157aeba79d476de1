/** The entries of a switch × a desired table → the plan that changes one into the other, and its counts. */
import { diffEntries, branchingIn, END_TOLERANCE } from "../../compiler/plan/index.ts";
import type { Plan } from "../../compiler/plan/plan.ts";
import type { Entry, Table } from "../../compiler/table/entry.ts";
import { sortEntries } from "../../compiler/table/match.ts";
import type { FlowStats } from "../openflow/index.ts";
import { entryOf, type InstalledFlow, type FlowsByOwner } from "./installed.ts";
import { withoutKnown, withoutUnchanged } from "./unchanged.ts";
import { netChange } from "./flow-mods.ts";
import { permits, timeLeft } from "./timeouts.ts";

export interface Difference {
  readonly plan: Plan;
  /** Flows that must be deleted and that `Entry` cannot express. */
  readonly inexpressible: readonly FlowStats[];
  /** The number of entries on the switch that the plan was made for. */
  readonly held: number;
}

interface Differing {
  readonly takeOver?: boolean | undefined;
  readonly elapsed?: number;
  /** The seconds by which the ends of two entries may differ that still count as equal. */
  readonly tolerance?: number | undefined;
}

/**
 * The plan for a switch. `elapsed`: seconds since the timeouts of `desired` began to count; entries that are over by
 * now are not desired. With `takeOver` foreign entries in our tables count as ours, and are replaced or deleted.
 */
export function tableDifference(
  { ours, foreign }: Pick<FlowsByOwner, "ours" | "foreign">,
  desired: Table,
  { takeOver, elapsed = 0, tolerance = END_TOLERANCE }: Differing,
): Difference {
  // A foreign entry that is taken over differs from ours even if it does the same, since its cookie is not ours.
  const theirs = foreign.map(({ flow }): InstalledFlow => {
    const entry = entryOf(flow, true);
    return entry ? { flow, entry } : { flow };
  });
  const held = takeOver === true ? [...ours, ...theirs] : ours;
  const entriesOf = (flows: readonly InstalledFlow[]): readonly Entry[] =>
    flows.flatMap(({ entry }) => (entry ? [entry] : []));
  const clocks = { tolerance, later: -elapsed, permits };
  const rest = withoutKnown(held, desired.entries);
  const wanted = elapsed === 0 ? rest.wanted : rest.wanted.filter((one) => timeLeft(one, elapsed) !== undefined);
  const { old, next } = withoutUnchanged(entriesOf(rest.held), wanted, clocks);
  const inexpressible = held.flatMap(({ entry, flow }) => (entry ? [] : [flow]));
  const branching = (): ReadonlySet<number> => branchingIn(entriesOf(held), desired.entries);
  const plan = diffEntries(sortEntries(old), next, clocks, branching);
  return { plan, inexpressible, held: held.length - inexpressible.length };
}

/** Counts the net change. Entries that stand only between stages (`compiler/plan/order.ts`) do not count. */
export function countChanges({ plan, inexpressible, held }: Difference): Counts {
  const number = { add: 0, replace: 0, timeout: 0, delete: 0 };
  for (const { kind } of netChange(plan)) number[kind]++;
  const { add: added, replace: replaced, timeout: renewed } = number;
  const unchanged = held - replaced - renewed - number.delete;
  return { added, replaced, renewed, deleted: number.delete + inexpressible.length, unchanged };
}

type Counts = { readonly [K in "added" | "replaced" | "renewed" | "deleted" | "unchanged"]: number };
