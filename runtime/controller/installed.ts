/**
 * The flows of a switch by owner (NETWORK, "Cookies"): ours, which have the owner mark in their cookies; foreign ones
 * in our tables; and foreign ones in other tables, which are left alone.
 */
import type { Action, Entry, Instruction, Match, Table } from "../../compiler/table/entry.ts";
import { isOurs } from "../../compiler/table/cookie.ts";
import { sortEntries } from "../../compiler/table/match.ts";
import { ALL_TABLES, ANY, readablePart, toInstructions, toMatch, type FlowStats } from "../openflow/index.ts";
import type { Session } from "../session/index.ts";
import { KnownFlow, KnownFlows } from "./unchanged.ts";

/** A flow as the switch reported it, and as an entry if `Entry` can express it. */
export interface InstalledFlow {
  readonly flow: FlowStats;
  readonly entry?: Entry;
}

/**
 * Instructions that no entry of ours has. They replace instructions that `Entry` cannot express or that must not count
 * as ours, so that the entry differs from any desired one.
 */
const INEXPRESSIBLE: readonly Instruction[] = [{ kind: "goto", table: ALL_TABLES }];

/** Whole seconds until a flow times out, at least 1; 0 if it never does. */
export function secondsLeft({ hardTimeout, seconds, nanoseconds }: FlowStats): number {
  return hardTimeout === 0 ? 0 : Math.max(1, Math.ceil(hardTimeout - seconds - nanoseconds / 1e9));
}

/**
 * The entry of a flow with its remaining timeout, or `undefined` if `Entry` cannot express its match. `differs`: with
 * instructions that no entry of ours has.
 */
export function entryOf(flow: FlowStats, differs = false): Entry | undefined {
  const match = toMatch(flow.match);
  return match && entryWith(flow, match, differs);
}

/** A flow as an entry by what can be read of its match. So the entry holds what the flow holds, and maybe more. */
export const widened = (flow: FlowStats): Entry => entryWith(flow, readablePart(flow.match), false);

/** An experimenter's action (OpenFlow 1.3.5, section 7.2.5), and those of Open vSwitch that make entries (`learn`). */
const EXPERIMENTER = 0xffff;
const LEARNS: readonly number[] = [0x2320_0010, 0x2320_002d];

/** What the entries hold at most that a flow makes of the packets that it holds: each packet, in their table and priority. */
export function learnedBy(flow: FlowStats): readonly Entry[] {
  const actions = flow.instructions.flatMap((one) =>
    one.kind === "apply_actions" || one.kind === "write_actions" ? one.actions : [],
  );
  return actions.flatMap((one) => {
    if (one.kind !== "unknown" || one.code !== EXPERIMENTER || one.data.length < 23) return [];
    const bytes = new DataView(one.data.buffer, one.data.byteOffset);
    if (!LEARNS.includes(bytes.getUint16(2) * 0x1_0000 + bytes.getUint16(4))) return [];
    const place = { table: bytes.getUint8(22), priority: bytes.getUint16(10) };
    return [{ ...entryWith(flow, [], true), ...place }];
  });
}

function entryWith(flow: FlowStats, match: Match, differs: boolean): Entry {
  const { table, priority, cookie, idleTimeout } = flow;
  const hardTimeout = secondsLeft(flow);
  const instructions = (differs ? undefined : toInstructions(flow.instructions)) ?? INEXPRESSIBLE;
  return { table, priority, match, instructions, cookie, hardTimeout, idleTimeout };
}

/**
 * All flows of a switch.
 *
 * @param desired Flows that are wholly as this table says are kept as its entries.
 */
export async function readFlows(session: Session, desired?: Table): Promise<readonly FlowStats[]> {
  const known = desired && new KnownFlows(desired.entries);
  const flows: FlowStats[] = [];
  const any = { outPort: ANY, outGroup: ANY, cookie: 0n, cookieMask: 0n, match: [] };
  await session.collect({ kind: "flow", table: ALL_TABLES, ...any }, (part) => {
    if (part.kind === "flow") for (const flow of part.flows) flows.push(known?.kept(flow) ?? flow);
  });
  return flows;
}

/** Flows by owner. */
export interface FlowsByOwner {
  readonly ours: readonly InstalledFlow[];
  readonly foreign: readonly InstalledFlow[];
  /** The number of flows in tables that are not ours. */
  readonly elsewhere: number;
}

/**
 * Sorts flows by owner. Our tables are those named, those that `desired` uses, and those with flows of ours.
 */
export function byOwner(flows: readonly FlowStats[], desired: Table, named: readonly number[] = []): FlowsByOwner {
  const tables = new Set(named);
  for (const { table } of desired.entries) tables.add(table);
  for (const { cookie, table } of flows) if (isOurs(cookie)) tables.add(table);
  const ours: InstalledFlow[] = [];
  const foreign: InstalledFlow[] = [];
  for (const flow of flows) {
    if (!tables.has(flow.table)) continue;
    const entry = flow instanceof KnownFlow ? flow.entry : entryOf(flow);
    (isOurs(flow.cookie) ? ours : foreign).push(entry ? { flow, entry } : { flow });
  }
  return { ours, foreign, elsewhere: flows.length - ours.length - foreign.length };
}

/**
 * The same, with the entry counted as ours with which a bridge of Open vSwitch that is not secure begins each time: it
 * switches everything.
 */
export function withFirst({ ours, foreign, elsewhere }: FlowsByOwner): FlowsByOwner {
  const first = foreign.filter(isFirst).map(({ flow }): InstalledFlow => ({ flow, entry: entryOf(flow, true)! }));
  return { ours: [...ours, ...first], foreign: foreign.filter((one) => !isFirst(one)), elsewhere };
}

/** Its cookie is 0, as that of an entry for which nobody chose one; its priority somebody would have to choose. */
function isFirst({ flow, entry }: InstalledFlow): boolean {
  if (entry === undefined || flow.cookie !== 0n || flow.hardTimeout + flow.idleTimeout > 0) return false;
  const [only, ...more] = entry.instructions;
  if (entry.table !== 0 || entry.priority !== 0 || entry.match.length > 0 || more.length > 0) return false;
  return only?.kind === "apply" && only.actions.length === 1 && isNormal(only.actions[0]);
}

const isNormal = (action: Action | undefined): boolean => action?.kind === "output" && action.port === "NORMAL";

/** The table of the flows that `Entry` can express. */
export function tableOf(held: readonly InstalledFlow[]): Table {
  return { entries: sortEntries(held.flatMap(({ entry }) => (entry ? [entry] : []))) };
}
