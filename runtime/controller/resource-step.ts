/**
 * The resources that entries refer to, meters and queues, are made before the entries and removed after them. Each kind
 * is one `ResourceStep`. The functions here carry out all steps in order, or undo them.
 */
import type { ResourceChange, ResourceChanges } from "../../compiler/plan/index.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Bridge, Database } from "../ovsdb/index.ts";

/** How many resources of one kind are added, changed and removed. */
export interface ChangeCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/** The result of making resources. `overtaken`: the refusal comes from another apply that was quicker. */
export interface Made {
  readonly refused: readonly Diagnostic[];
  readonly overtaken?: true;
  /** Why the switch refuses single meters, by number, where all refusals are such. */
  readonly meters?: ReadonlyMap<number, Diagnostic>;
}

/** The result of the changes that wait for the entries. */
export interface Aftermath {
  readonly faults: readonly Diagnostic[];
  /** All changes that were made. Resources that another apply may need by now were left alone. */
  readonly changes: ResourceChanges;
  /** Present if another apply came since. */
  readonly superseded?: true;
}

/** The change of one kind of resource before and after the change of entries. */
export interface ResourceStep {
  /** The whole change, as planned. */
  readonly changes: ResourceChanges;
  /** The part of it that `before` makes. */
  readonly begun: ResourceChanges;
  /** Why the change cannot be made; if there is anything, no method is called. */
  readonly refused: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  /** Makes the resources that the entries will need. */
  before(): Promise<Made>;
  /** Checks that everything that the entries will need is there; returns what is missing. */
  confirm(): Promise<readonly Diagnostic[]>;
  /** Makes the changes that must wait for the entries. `isOurs`: whether no other apply came since. */
  after(isOurs: () => Promise<boolean>): Promise<Aftermath>;
  /** Checks afterwards that the switch holds all resources of the table; returns what is missing. */
  verify(): Promise<readonly Diagnostic[]>;
  /** Undoes what `before` made, or the part of it that was made; returns false if that failed. */
  undo(): Promise<boolean>;
}

/** Runs a command on the switch's machine; returns its complaint, or nothing if it succeeded. */
export type Runner = (argv: readonly string[]) => Promise<string | undefined>;

/** No change at all. */
export const NO_CHANGES: ResourceChanges = { meters: [], queues: [] };

/** An open connection to a switch's database, and the bridge as read from it. */
export interface BridgeDatabase {
  readonly connection: Database;
  readonly bridge: Bridge;
}

/** Whether a step changes anything before the entries. */
export const isBegun = ({ begun: { meters, queues } }: ResourceStep): boolean => meters.length + queues.length > 0;

/** The number of changes of each kind. */
export function countsOf(all: readonly ResourceChange<unknown>[]): ChangeCounts {
  const number = (wanted: ResourceChange<unknown>["kind"]): number => all.filter(({ kind }) => kind === wanted).length;
  return { added: number("add"), changed: number("replace"), removed: number("delete") };
}

/**
 * Makes the resources of all steps in order; `confirms` checks each before the next. After a refusal everything that
 * was made is undone, and `restored` says whether that worked.
 */
export async function makeAll(
  steps: readonly ResourceStep[],
  confirms: boolean,
): Promise<Made & { readonly restored: boolean }> {
  for (const [index, step] of steps.entries()) {
    const made = await step.before();
    const refused = made.refused.length === 0 && confirms ? await step.confirm() : made.refused;
    if (refused.length > 0) return { ...made, refused, restored: await undoAll(steps.slice(0, index + 1)) };
  }
  return { refused: [], restored: true };
}

/** Undoes all steps, the last first; returns false if one of them failed. */
export async function undoAll(steps: readonly ResourceStep[]): Promise<boolean> {
  let whole = true;
  for (const step of steps.toReversed()) whole = (await step.undo()) && whole;
  return whole;
}

/** Joins the changes of several steps. */
export const joined = (all: readonly ResourceChanges[]): ResourceChanges => ({
  meters: all.flatMap(({ meters }) => meters),
  queues: all.flatMap(({ queues }) => queues),
});
