/**
 * Entries → rows: what a table may send where, and what lets a packet into the network. Only tables that send something
 * are looked at: a packet is taken to reach each of them, with whatever it shows (an over-approximation, so that what is
 * proven holds for all tables together). What tables before have written is not known here: a row that asks for it holds
 * some of each set.
 */
import type { Entry, Match, MatchField, OutputPort, Table } from "../table/entry.ts";

/** `ALL`: every port but the one where the packet came in. */
export type RowOut = number | "ALL" | "IN_PORT";

export interface Row {
  readonly priority: number;
  readonly match: Match;
  /** Of a conjunction, the matches of each clause: one of each must hold, too. */
  readonly clauses: readonly (readonly Match[])[];
  /** Whether the match is all that the entry asks for. */
  readonly isWhole: boolean;
  readonly outs: readonly RowOut[];
  /** Whether it lets the packet on. */
  readonly isOpen: boolean;
}

export interface SwitchRows {
  /** Of each table that sends, highest first. */
  readonly sending: readonly (readonly Row[])[];
  /** Of the first table, highest first. */
  readonly first: () => readonly Row[];
}

const WRITTEN: readonly MatchField[] = ["metadata", "reg0", "ct_state"];

/** The rows of all switches; what some entry somewhere sets is known of no packet. */
export function rowsOf(tables: ReadonlyMap<string, Table>): ReadonlyMap<string, SwitchRows> {
  const unknown = new Set(WRITTEN);
  for (const { entries } of tables.values())
    for (const entry of entries) for (const field of fieldsSet(entry)) unknown.add(field);
  return new Map([...tables].map(([name, { entries }]) => [name, rowsOfSwitch(entries, unknown)]));
}

function rowsOfSwitch(entries: readonly Entry[], unknown: ReadonlySet<MatchField>): SwitchRows {
  const sends = new Set<number>();
  for (const entry of entries) if (outsOf(entry) !== NOTHING) sends.add(entry.table);
  const of = (table: number): readonly Row[] =>
    rowsOfTable(
      entries.filter((one) => one.table === table),
      unknown,
    );
  let first: readonly Row[] | undefined;
  return { sending: [...sends].map(of), first: () => (first ??= of(0)) };
}

function rowsOfTable(entries: readonly Entry[], unknown: ReadonlySet<MatchField>): readonly Row[] {
  const members = new Map<bigint, { priority: number; readonly clauses: Match[][] }>();
  const rows: Row[] = [];
  for (const { priority, match, instructions } of entries) {
    for (const one of instructions) {
      if (one.kind !== "apply") continue;
      for (const action of one.actions) {
        if (action.kind !== "conjunction") continue;
        const id = BigInt(action.id);
        const known = members.get(id) ?? { priority, clauses: Array.from({ length: action.clauses }, () => []) };
        known.clauses[action.clause - 1]!.push(match);
        members.set(id, known);
      }
    }
  }
  for (const entry of entries) {
    const id = entry.match.find(({ field }) => field === "conj_id")?.value;
    const conjunction = id === undefined ? undefined : members.get(id);
    if (isMember(entry) || (id !== undefined && conjunction === undefined)) continue;
    const match = entry.match.filter(({ field }) => field !== "conj_id" && !unknown.has(field));
    const clauses = (conjunction?.clauses ?? []).map((some) =>
      some.map((one) => one.filter(({ field }) => !unknown.has(field))),
    );
    rows.push({
      priority: conjunction?.priority ?? entry.priority,
      match,
      clauses,
      isWhole: !asks(entry.match, unknown) && !(conjunction?.clauses ?? []).flat().some((one) => asks(one, unknown)),
      outs: outsOf(entry),
      isOpen: entry.instructions.length > 0,
    });
  }
  return rows.sort((a, b) => b.priority - a.priority);
}

const asks = (match: Match, fields: ReadonlySet<MatchField>): boolean => match.some(({ field }) => fields.has(field));

const isMember = ({ instructions: [first] }: Entry): boolean =>
  first?.kind === "apply" && first.actions[0]?.kind === "conjunction";

const NOTHING: readonly RowOut[] = [];

function outsOf({ instructions }: Entry): readonly RowOut[] {
  let outs = NOTHING;
  for (const one of instructions) {
    if (one.kind !== "apply") continue;
    for (const action of one.actions) {
      const out = action.kind === "output" ? outOf(action.port) : action.kind === "group" ? "ALL" : undefined;
      if (out !== undefined) outs = [...outs, out];
    }
  }
  return outs;
}

function outOf(port: OutputPort): RowOut | undefined {
  if (typeof port === "number" || port === "IN_PORT") return port;
  return port === "CONTROLLER" || port === "LOCAL" ? undefined : "ALL";
}

function fieldsSet({ instructions }: Entry): readonly MatchField[] {
  const found: MatchField[] = [];
  for (const one of instructions)
    if (one.kind === "apply")
      for (const action of one.actions) if (action.kind === "set_field") found.push(action.field);
  return found;
}
