/**
 * The resources that entries refer to, meters and queues: made before the entries, removed after them. Each kind is one
 * `ResourceStep`; together the steps are carried out in order, or taken back.
 */
import type { ResourceChange, ResourceChanges } from "../../compiler/plan/index.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Bridge, Database } from "../ovsdb/index.ts";

/** How many resources of one kind come, change and go. */
export interface ChangeCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/** The change of one kind of resource, around the change of entries. */
export interface ResourceStep {
  readonly changes: ResourceChanges;
  /** Why it cannot be done at all; then nothing else is called. */
  readonly refused: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  /** Makes what the entries will need; gives what was refused. */
  before(): Promise<Diagnostic[]>;
  /** Checks that what the entries will need is there, made now or earlier; gives what is missing. */
  confirm(): Promise<readonly Diagnostic[]>;
  /** Removes what no entry needs any more; gives what was refused. */
  after(): Promise<readonly Diagnostic[]>;
  /** Takes back what `before` made, all of it or a part; false where that failed. */
  undo(): Promise<boolean>;
}

/** Runs a command on the switch's machine; gives what it complained of, or nothing. */
export type Runner = (argv: readonly string[]) => Promise<string | undefined>;

/** No change at all. */
export const NO_CHANGES: ResourceChanges = { meters: [], queues: [] };

/** A bridge in the database of its switch, over an open connection. */
export interface BridgeDatabase {
  readonly connection: Database;
  readonly bridge: Bridge;
}

/** Whether a step changes anything. */
export const isChange = ({ changes: { meters, queues } }: ResourceStep): boolean => meters.length + queues.length > 0;

/** Counts changes by kind. */
export function countsOf(all: readonly ResourceChange<unknown>[]): ChangeCounts {
  const number = (wanted: ResourceChange<unknown>["kind"]): number => all.filter(({ kind }) => kind === wanted).length;
  return { added: number("add"), changed: number("replace"), removed: number("delete") };
}

/** Makes all in order, each confirmed before the next (`confirms`); on a refusal all that was made is taken back. */
export async function makeAll(
  steps: readonly ResourceStep[],
  confirms: boolean,
): Promise<{ readonly refused: readonly Diagnostic[]; readonly restored: boolean }> {
  for (const [index, step] of steps.entries()) {
    const refused = await step.before();
    if (refused.length === 0 && confirms) refused.push(...(await step.confirm()));
    if (refused.length > 0) return { refused, restored: await undoAll(steps.slice(0, index + 1)) };
  }
  return { refused: [], restored: true };
}

/** Takes all back, the last first; false where one of them failed. */
export async function undoAll(steps: readonly ResourceStep[]): Promise<boolean> {
  let whole = true;
  for (const step of steps.toReversed()) whole = (await step.undo()) && whole;
  return whole;
}
