/**
 * A flow table × a packet → what comes out, and the entries that matched. It interprets the table by the letter of
 * OpenFlow 1.3.5, section 5.3, with Open vSwitch's conjunctive matches and its reading of fragments. Tests compare both
 * with the real switch.
 */
import type { Action, Entry, MatchField, OutputPort, Table } from "../table/entry.ts";
import { maskOfField } from "../table/match.ts";
import { isReservedGroup } from "../table/reserved-groups.ts";
import { CT } from "../table/conntrack.ts";
import { matchFieldsOf, type Packet } from "./packet.ts";

/** One table that the packet met. */
export interface TableHop {
  readonly table: number;
  /** The entry that decided; absent: none matched, and OpenFlow drops. */
  readonly entry?: Entry;
  /** The members of the conjunction that led to it, one for each clause. */
  readonly members: readonly Entry[];
}

export interface SwitchOutcome {
  readonly verdict: "allow" | "deny";
  readonly path: readonly TableHop[];
  readonly outputs: readonly OutputPort[];
  readonly meters: readonly number[];
  readonly queue?: number;
  /** Connection tracking commits the packet's connection. */
  readonly committed?: true;
  /** The mark with which it leaves, where it was set. */
  readonly dscp?: number;
  /** The source MAC with which it leaves, where it was given back. */
  readonly ethSrc?: number;
}

/** A table made ready for many packets. */
export class Switch {
  readonly #tables = new Map<number, readonly Entry[]>();

  constructor(table: Table) {
    for (const [number, entries] of Map.groupBy(table.entries, (entry) => entry.table)) {
      this.#tables.set(
        number,
        entries.toSorted((a, b) => b.priority - a.priority),
      );
    }
  }

  /** Sends one packet through. */
  run(packet: Packet): SwitchOutcome {
    const fields = matchFieldsOf(packet);
    fields.set("metadata", 0n);
    fields.set("conj_id", 0n);
    fields.set("reg0", 0n);
    fields.set("ct_state", 0n);
    const path: TableHop[] = [];
    const state: State = { outputs: [], meters: [], tracking: trackingOf(packet) };
    let table: number | undefined = 0;
    while (table !== undefined) {
      const hop = this.#lookup(table, fields);
      path.push(hop);
      table = hop.entry === undefined ? undefined : execute(hop.entry, fields, state);
    }
    const verdict = state.outputs.length > 0 ? "allow" : "deny";
    const { outputs, meters, queue, committed, dscp, ethSrc } = state;
    return {
      verdict,
      path,
      outputs,
      meters,
      ...(queue !== undefined && { queue }),
      ...(committed === true && { committed }),
      ...(dscp !== undefined && { dscp }),
      ...(ethSrc !== undefined && { ethSrc }),
    };
  }

  #lookup(table: number, fields: Fields): TableHop {
    const entries = this.#tables.get(table) ?? [];
    for (let from = 0; from < entries.length;) {
      const { priority } = entries[from]!;
      let to = from;
      while (to < entries.length && entries[to]!.priority === priority) to++;
      const hop = this.#lookupAt(entries.slice(from, to), table, fields);
      if (hop !== undefined) return hop;
      from = to;
    }
    return { table, members: [] };
  }

  /** The match among entries of one priority: an entry of its own, or a conjunction all of whose clauses are met. */
  #lookupAt(entries: readonly Entry[], table: number, fields: Fields): TableHop | undefined {
    const matching = entries.filter((entry) => matches(entry, fields));
    const plain = matching.find((entry) => conjunctionsOf(entry).length === 0);
    if (plain !== undefined) return { table, entry: plain, members: [] };
    const clauses = new Map<number, Map<number, Entry>>();
    for (const entry of matching) {
      for (const { id, clause } of conjunctionsOf(entry)) {
        const met = clauses.get(id) ?? new Map<number, Entry>();
        clauses.set(id, met.set(clause, entry));
      }
    }
    for (const [id, met] of [...clauses].sort(([a], [b]) => a - b)) {
      const complete = conjunctionsOf([...met.values()][0]!).find((one) => one.id === id)!.clauses;
      if (met.size < complete) continue;
      const entry = this.#byConjunction(id, table, fields);
      if (entry !== undefined) {
        return { table, entry, members: [...met].sort(([a], [b]) => a - b).map(([, member]) => member) };
      }
    }
    return undefined;
  }

  /** Open vSwitch searches the whole table again with the conjunction's id set, conjunctions aside. */
  #byConjunction(id: number, table: number, fields: Fields): Entry | undefined {
    fields.set("conj_id", BigInt(id));
    const found = this.#tables
      .get(table)!
      .find((entry) => matches(entry, fields) && conjunctionsOf(entry).length === 0);
    fields.set("conj_id", 0n);
    return found;
  }
}

type Fields = Map<MatchField, bigint>;

interface State {
  readonly outputs: OutputPort[];
  readonly meters: number[];
  /** `ct_state` once tracking has seen the packet. */
  readonly tracking: bigint;
  queue?: number;
  committed?: true;
  dscp?: number;
  ethSrc?: number;
  /** Where connection tracking sends the packet on. */
  tracked?: number | undefined;
}

function trackingOf({ invalid, response }: Packet): bigint {
  if (invalid) return CT.trk | CT.inv;
  return CT.trk | (response ? CT.est | CT.rpl : CT.new);
}

/** One packet through a table. */
export function runTable(table: Table, packet: Packet): SwitchOutcome {
  return new Switch(table).run(packet);
}

function matches(entry: Entry, fields: Fields): boolean {
  return entry.match.every((one) => {
    const value = fields.get(one.field);
    return value !== undefined && (value & maskOfField(one)) === one.value;
  });
}

type Conjunction = Extract<Action, { kind: "conjunction" }>;

function conjunctionsOf(entry: Entry): readonly Conjunction[] {
  const [first] = entry.instructions;
  if (first?.kind !== "apply") return [];
  return first.actions.filter((action) => action.kind === "conjunction");
}

/** Executes an entry's instructions; the table to go on with, if any. */
function execute(entry: Entry, fields: Fields, state: State): number | undefined {
  let next: number | undefined;
  for (const instruction of entry.instructions) {
    switch (instruction.kind) {
      case "meter":
        state.meters.push(instruction.meter);
        break;
      case "apply":
        for (const action of instruction.actions) act(action, fields, state);
        if (state.tracked !== undefined) next = state.tracked;
        state.tracked = undefined;
        break;
      case "write_metadata": {
        const { value, mask } = instruction;
        fields.set("metadata", (fields.get("metadata")! & ~mask) | value);
        break;
      }
      case "goto":
        next = instruction.table;
        break;
    }
  }
  return next;
}

function act(action: Action, fields: Fields, state: State): void {
  switch (action.kind) {
    case "output":
      // The switch's own forwarding drops these.
      if (action.port !== "NORMAL" || !isReservedGroup(fields.get("eth_dst")!)) state.outputs.push(action.port);
      break;
    case "set_queue":
      state.queue = action.queue;
      break;
    case "set_field":
      if (fields.has(action.field)) fields.set(action.field, action.value);
      if (action.field === "ip_dscp") state.dscp = Number(action.value);
      if (action.field === "eth_src") state.ethSrc = Number(action.value);
      break;
    case "ct":
      if (action.commit) state.committed = true;
      if (action.table === undefined) break;
      fields.set("ct_state", state.tracking);
      state.tracked = action.table;
      break;
    case "group":
    case "conjunction":
      break;
  }
}
