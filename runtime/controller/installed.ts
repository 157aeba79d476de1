/**
 * The flows of a switch, sorted by owner (NETWORK, "Cookies"): ours, by the owner mark in the cookie; those of
 * others in our tables; and those in other tables, which we leave alone.
 */
import type { Entry, Instruction, Table } from "../../compiler/table/entry.ts";
import { isOurs } from "../../compiler/table/cookie.ts";
import { sortEntries } from "../../compiler/table/match.ts";
import { ALL_TABLES, ANY, toInstructions, toMatch, type FlowStats } from "../openflow/index.ts";
import type { Session } from "../session/index.ts";

/** A flow as the switch reported it, with the entry that it is, if `Entry` can express it. */
export interface InstalledFlow {
  readonly flow: FlowStats;
  readonly entry?: Entry;
}

/**
 * Instructions that no entry of ours has. They stand in for instructions that `Entry` cannot express (or that must not
 * count as ours), so that the entry differs from any desired one.
 */
const INEXPRESSIBLE: readonly Instruction[] = [{ kind: "goto", table: ALL_TABLES }];

/** Whole seconds until a flow times out; 0: never. */
export function secondsLeft({ hardTimeout, seconds, nanoseconds }: FlowStats): number {
  return hardTimeout === 0 ? 0 : Math.max(1, Math.ceil(hardTimeout - seconds - nanoseconds / 1e9));
}

/** The entry of a flow, with the time that it has left; `undefined` where even its match cannot be expressed. */
export function entryOf(flow: FlowStats, differs = false): Entry | undefined {
  const match = toMatch(flow.match);
  if (match === undefined) return undefined;
  const { table, priority, cookie, idleTimeout } = flow;
  const hardTimeout = secondsLeft(flow);
  const instructions = (differs ? undefined : toInstructions(flow.instructions)) ?? INEXPRESSIBLE;
  return { table, priority, match, instructions, cookie, hardTimeout, idleTimeout };
}

/** All flows of a switch. */
export async function readFlows(session: Session): Promise<readonly FlowStats[]> {
  const flows: FlowStats[] = [];
  const any = { outPort: ANY, outGroup: ANY, cookie: 0n, cookieMask: 0n, match: [] };
  await session.collect({ kind: "flow", table: ALL_TABLES, ...any }, (part) => {
    if (part.kind === "flow") for (const flow of part.flows) flows.push(flow);
  });
  return flows;
}

/** Flows by owner. */
export interface FlowsByOwner {
  readonly ours: readonly InstalledFlow[];
  readonly foreign: readonly InstalledFlow[];
  /** Number of flows in tables of others. */
  readonly elsewhere: number;
}

/**
 * Sorts flows by owner; our tables are those named, those that `desired` uses, and those in which flows of ours stand.
 */
export function byOwner(flows: readonly FlowStats[], desired: Table, named: readonly number[] = []): FlowsByOwner {
  const tables = new Set(named);
  for (const { table } of desired.entries) tables.add(table);
  for (const { cookie, table } of flows) if (isOurs(cookie)) tables.add(table);
  const ours: InstalledFlow[] = [];
  const foreign: InstalledFlow[] = [];
  for (const flow of flows) {
    if (!tables.has(flow.table)) continue;
    const entry = entryOf(flow);
    (isOurs(flow.cookie) ? ours : foreign).push(entry ? { flow, entry } : { flow });
  }
  return { ours, foreign, elsewhere: flows.length - ours.length - foreign.length };
}

/** Entries in the order of a table. */
export function tableOf(held: readonly InstalledFlow[]): Table {
  return { entries: sortEntries(held.flatMap(({ entry }) => (entry ? [entry] : []))) };
}
