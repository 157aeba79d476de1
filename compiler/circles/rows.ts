/**
 * Entries → rows: where each table may send packets, and which packets pass the entrance: the first table, and those to
 * which only some of its entries lead before all packets go on. A first table that only gives what comes in at some ports
 * another source MAC is left out: any packet may come in there anyway, and what was led there keeps the MAC that it shows.
 * Besides these only tables that send are read. Every packet is assumed to reach each of them, whatever it shows. This
 * over-approximates, so a proof over the rows holds for the tables together. The values that earlier tables write are
 * unknown, so a row that matches such a value holds `some` of each set.
 */
import type { Entry, Match, MatchField, OutputPort, Table } from "../table/entry.ts";

/** `ALL`: every port but the one where the packet came in. */
export type RowOut = number | "ALL" | "IN_PORT";

/** An entry, or a conjunction with its clauses. */
export interface Row {
  readonly priority: number;
  readonly match: Match;
  /** The clauses of a conjunction. At least one match of each must hold, beside `match`. */
  readonly clauses: readonly (readonly Match[])[];
  /** Whether `match` and `clauses` are complete. False if the entry also matches a value that is unknown here. */
  readonly isWhole: boolean;
  readonly outs: readonly RowOut[];
  /** The table to which it passes the packet on, 0 if it sends the packet; undefined if it drops the packet. */
  readonly goes: number | undefined;
}

/** The rows of one switch. */
export interface SwitchRows {
  /** The rows of each table that sends, highest first. */
  readonly sending: () => readonly (readonly Row[])[];
  /** The outputs of all entries, by the port that they match; `undefined` is the key of entries that match no port. */
  readonly sent: ReadonlyMap<number | undefined, ReadonlySet<RowOut>>;
  /** The number of the first table that is read. */
  readonly first: number;
  /** The tables of the entrance by number, as entries and as rows, highest first. */
  readonly entrance: ReadonlyMap<number, readonly Entry[]>;
  readonly gates: () => ReadonlyMap<number, readonly Row[]>;
}

/** The rows of all switches, made on demand. A field that some entry of any switch sets is unknown for every packet. */
export function rowsOf(tables: ReadonlyMap<string, Table>): ReadonlyMap<string, SwitchRows> {
  const unknown = new Set<MatchField>(["metadata", "reg0", "ct_state"]);
  const made = [...tables].map(([name, { entries }]) => [name, rowsOfSwitch(entries, unknown)] as const);
  return new Map(made);
}

/** The rows of one switch. Adds the fields that its entries set to `unknown`. */
function rowsOfSwitch(all: readonly Entry[], unknown: Set<MatchField>): SwitchRows {
  const first = restoresMacs(all.filter(({ table }) => table === 0)) ? 1 : 0;
  const entries = first === 0 ? all : all.filter(({ table }) => table > 0);
  const tables = new Map<number, Entry[]>();
  const sends = new Set<number>();
  const sent = new Map<number | undefined, Set<RowOut>>();
  let [number, here]: [number, Entry[]] = [-1, []];
  for (const entry of entries) {
    if (entry.table !== number) {
      number = entry.table;
      here = tables.get(number) ?? [];
      tables.set(number, here);
    }
    here.push(entry);
    for (const one of entry.instructions) {
      if (one.kind !== "apply") continue;
      for (const action of one.actions) {
        if (action.kind === "set_field") unknown.add(action.field);
        else if (action.kind === "output" || action.kind === "group") {
          sends.add(number);
          const out = action.kind === "output" ? outOf(action.port) : "ALL";
          const port = entry.match.find(({ field }) => field === "in_port");
          if (out !== undefined) putInto(sent, port && Number(port.value), out);
        }
      }
    }
  }
  const of = (table: number): readonly Row[] => rowsOfTable(tables.get(table) ?? [], unknown);
  const rows = {
    sending: undefined as readonly (readonly Row[])[] | undefined,
    gates: undefined as ReadonlyMap<number, readonly Row[]> | undefined,
  };
  const entrance = entranceOf(tables, first);
  return {
    first,
    sent,
    sending: () => (rows.sending ??= [...sends].map(of)),
    entrance,
    gates: () => (rows.gates ??= new Map([...entrance.keys()].map((one) => [one, of(one).flatMap(weakened)]))),
  };
}

/** The first table, and the tables between it and the one to which it passes on all that no entry of it names. */
function entranceOf(
  tables: ReadonlyMap<number, readonly Entry[]>,
  first: number,
): ReadonlyMap<number, readonly Entry[]> {
  const entries = tables.get(first) ?? [];
  const miss = entries.findLast(({ match }) => match.length === 0);
  const end = (miss && goesTo(miss)) ?? first + 1;
  return new Map([[first, entries], ...[...tables].filter(([number]) => number > first && number < end)]);
}

/** Whether entries pass all packets on to the table 1, but for what they drop, or give another source MAC, at certain ports. */
const restoresMacs = (entries: readonly Entry[]): boolean =>
  entries.every((entry) => {
    const actions = entry.instructions.flatMap((one) => (one.kind === "apply" ? one.actions : []));
    const isPlaced = entry.match.some(({ field }) => field === "in_port");
    const isMac = actions.every((one) => one.kind === "set_field" && one.field === "eth_src");
    if (entry.instructions.length === 0) return isPlaced;
    return (isPlaced || actions.length === 0) && isMac && goesTo(entry) === 1;
  });

/** The table to which an entry passes packets on, 0 if it sends them; undefined if it drops them. */
function goesTo({ instructions }: Entry): number | undefined {
  for (const one of instructions) {
    if (one.kind === "goto") return one.table;
    if (one.kind !== "apply") continue;
    for (const action of one.actions) if (action.kind === "ct" && action.table !== undefined) return action.table;
  }
  return instructions.length > 0 ? 0 : undefined;
}

/** Whether a match holds ARP probes alone, which come from no address. */
export const isProbe = (match: Match): boolean => match.some(({ field, value }) => field === "arp_spa" && value === 0n);

/**
 * A row of the entrance for ARP probes, without its match on the ARP target. The weakened table may pass more than the real one,
 * which is safe for a proof, and it treats the targets of probes alike: there is one for each address.
 */
function weakened(row: Row): readonly Row[] {
  if (!isProbe(row.match)) return [row];
  const match = row.match.filter(({ field }) => field !== "arp_tpa");
  if (match.length === row.match.length) return [row];
  return row.goes === undefined ? [] : [{ ...row, match, isWhole: false }];
}

function putInto<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const known = sets.get(key);
  if (known === undefined) sets.set(key, new Set([value]));
  else known.add(value);
}

function rowsOfTable(entries: readonly Entry[], unknown: ReadonlySet<MatchField>): readonly Row[] {
  const members = new Map<bigint, { priority: number; readonly clauses: Match[][] }>();
  const rows: Row[] = [];
  for (const entry of entries) {
    if (!isMember(entry)) continue;
    const { priority, match, instructions } = entry;
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
    if (isMember(entry)) continue;
    const { priority, match } = entry;
    const shown = { outs: outsOf(entry), goes: goesTo(entry) };
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
  // The entries of a table are sorted; a conjunction stands where its members do.
  return rows.every(({ priority }, i) => i === 0 || priority <= rows[i - 1]!.priority)
    ? rows
    : rows.sort((a, b) => b.priority - a.priority);
}

const NO_CLAUSES: readonly (readonly Match[])[] = [];

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
