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
  /** The first table, as entries and as rows, highest first. */
  readonly entrance: readonly Entry[];
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
  const tables = new Map<number, Entry[]>();
  const sends = new Set<number>();
  for (const entry of entries) {
    const known = tables.get(entry.table);
    if (known === undefined) tables.set(entry.table, [entry]);
    else known.push(entry);
    if (isSending(entry)) sends.add(entry.table);
  }
  const of = (table: number): readonly Row[] => rowsOfTable(tables.get(table) ?? [], unknown);
  let first: readonly Row[] | undefined;
  const entrance = tables.get(0) ?? [];
  return { sending: [...sends].map(of), entrance, first: () => (first ??= of(0)) };
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
  const isSpecial = (one: Match[number]): boolean => one.field === "conj_id" || unknown.has(one.field);
  for (const entry of entries) {
    const { priority, match, instructions } = entry;
    const shown = { outs: outsOf(entry), isOpen: instructions.length > 0 };
    if (isMember(entry)) continue;
    if (!match.some(isSpecial)) {
      rows.push({ priority, match, clauses: NO_CLAUSES, isWhole: true, ...shown });
      continue;
    }
    const id = match.find(({ field }) => field === "conj_id")?.value;
    const conjunction = id === undefined ? undefined : members.get(id);
    if (id !== undefined && conjunction === undefined) continue;
    const known = (one: Match): Match => one.filter((other) => !isSpecial(other));
    const all = [match, ...(conjunction?.clauses ?? []).flat()];
    rows.push({
      priority: conjunction?.priority ?? priority,
      match: known(match),
      clauses: (conjunction?.clauses ?? []).map((some) => some.map(known)),
      isWhole: !all.flat().some(({ field }) => unknown.has(field)),
      ...shown,
    });
  }
  return rows.sort((a, b) => b.priority - a.priority);
}

const NO_CLAUSES: readonly (readonly Match[])[] = [];

const isMember = ({ instructions: [first] }: Entry): boolean =>
  first?.kind === "apply" && first.actions[0]?.kind === "conjunction";

const isSending = ({ instructions }: Entry): boolean =>
  instructions.some(
    (one) => one.kind === "apply" && one.actions.some(({ kind }) => kind === "output" || kind === "group"),
  );

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
