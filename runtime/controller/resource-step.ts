/**
 * What must be on a switch around its entries: meters and queues are there before the entries that refer to them, and
 * go after them. Each kind is one `Surround`; together they are carried out, or taken back, in order.
 */
import type { ResourceChange, ResourceChanges } from "../../compiler/plan/index.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";

/** How many of one kind. */
export interface Changes {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

export interface Surround {
  readonly changes: ResourceChanges;
  /** Why it cannot be done at all; then nothing else is called. */
  readonly refused: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  /** Makes what the entries will need. */
  before(): Promise<Diagnostic[]>;
  /** Whether what the entries will need is there, made now or long ago. */
  confirm(): Promise<readonly Diagnostic[]>;
  /** Removes what no entry needs any more. */
  after(): Promise<readonly Diagnostic[]>;
  /** Takes back what `before` made, all of it or a part; false where that failed. */
  undo(): Promise<boolean>;
}

/** Runs a command on the switch's machine; gives what it complained of, or nothing. */
export type Runner = (argv: readonly string[]) => Promise<string | undefined>;

/** No change at all. */
export const NOTHING: ResourceChanges = { meters: [], queues: [] };

/** Whether it comes to anything. */
export const changes = ({ changes: { meters, queues } }: Surround): boolean => meters.length + queues.length > 0;

/** How many come, change and go. */
export function numbersOf(all: readonly ResourceChange<unknown>[]): Changes {
  const number = (wanted: ResourceChange<unknown>["kind"]): number => all.filter(({ kind }) => kind === wanted).length;
  return { added: number("add"), changed: number("replace"), removed: number("delete") };
}

/** All in order, each looked at before the next; on a refusal all that was made is taken back. */
export async function makeAll(
  surrounds: readonly Surround[],
  look: boolean,
): Promise<{ readonly refused: readonly Diagnostic[]; readonly restored: boolean }> {
  for (const [index, surround] of surrounds.entries()) {
    const refused = await surround.before();
    if (refused.length === 0 && look) refused.push(...(await surround.confirm()));
    if (refused.length > 0) return { refused, restored: await undoAll(surrounds.slice(0, index + 1)) };
  }
  return { refused: [], restored: true };
}

/** The last first. */
export async function undoAll(surrounds: readonly Surround[]): Promise<boolean> {
  let whole = true;
  for (const surround of surrounds.toReversed()) whole = (await surround.undo()) && whole;
  return whole;
}
