/**
 * Follows one frame through all switches, entry by entry as OpenFlow reads them (1.3.5, section 5). A circle that was
 * found by sets of packets is reported only if a frame makes it.
 */
import type { Entry, FieldMatch, MatchField, Table } from "../table/entry.ts";
import { maskOfField } from "../table/match.ts";
import type { Port } from "../paths/topology.ts";
import type { ShownFrame } from "./packets.ts";
import type { RowOut } from "./rows.ts";

/** The ports where a frame comes in next after it leaves a switch by `out`. */
export type Onwards = (at: Port, out: RowOut, frame: ShownFrame) => readonly Port[];

/**
 * The first circle of some copy of a frame, from the port where the copy comes in twice; undefined if there is none.
 */
export function circleOf(
  tables: ReadonlyMap<string, Table>,
  frame: ShownFrame,
  from: Port,
  onwards: Onwards,
): readonly Port[] | undefined {
  const done = new Set<string>();
  const follow = (at: Port, shown: ShownFrame, before: readonly Port[]): readonly Port[] | undefined => {
    const key = `${at.switch}:${at.port} ${shown.get("ip_dscp")}`;
    if (done.has(key)) return undefined;
    const first = before.findIndex((one) => one.switch === at.switch && one.port === at.port);
    if (first >= 0) return [...before.slice(first), at];
    const { outs, left } = pass(tables.get(at.switch)!.entries, new Map([...shown, ["in_port", BigInt(at.port)]]));
    for (const out of outs) {
      for (const next of onwards(at, out, left)) {
        const found = follow(next, left, [...before, at]);
        if (found !== undefined) return found;
      }
    }
    done.add(key);
    return undefined;
  };
  return follow(from, frame, []);
}

/** One pass through the tables of a switch: where the frame leaves, and what it then shows. */
function pass(
  entries: readonly Entry[],
  frame: Map<MatchField, bigint>,
): { readonly outs: readonly RowOut[]; readonly left: ShownFrame } {
  const outs: RowOut[] = [];
  for (const field of ["metadata", "reg0", "ct_state", "conj_id"] as const) frame.set(field, 0n);
  for (let table: number | undefined = 0; table !== undefined;) {
    const entry = decides(
      entries.filter((one) => one.table === table),
      frame,
    );
    table = undefined;
    for (const one of entry?.instructions ?? []) {
      if (one.kind === "goto") table = one.table;
      else if (one.kind === "write_metadata") frame.set("metadata", (frame.get("metadata")! & ~one.mask) | one.value);
      else if (one.kind === "apply") {
        for (const action of one.actions) {
          if (action.kind === "set_field" && frame.has(action.field)) frame.set(action.field, action.value);
          if (action.kind === "ct" && action.table !== undefined) table = action.table;
          if (action.kind !== "output") continue;
          const { port } = action;
          if (typeof port === "number" || port === "IN_PORT") outs.push(port);
          else if (port !== "CONTROLLER" && port !== "LOCAL") outs.push("ALL");
        }
      }
    }
  }
  return { outs, left: frame };
}

/** The entry that decides among the entries of one table; undefined if the frame misses all of them. */
function decides(entries: readonly Entry[], frame: ShownFrame): Entry | undefined {
  const here = entries.filter(({ match }) => match.every((one) => one.field === "conj_id" || shows(frame, one)));
  const met = new Map<number, Set<number>>();
  for (const one of here.toSorted((a, b) => b.priority - a.priority)) {
    const members = one.instructions.flatMap((all) => (all.kind === "apply" ? all.actions : []));
    let isMember = false;
    for (const action of members) {
      if (action.kind !== "conjunction") continue;
      isMember = true;
      const clauses = (met.get(action.id) ?? new Set()).add(action.clause);
      met.set(action.id, clauses);
      const verdict = here.find(({ match }) =>
        match.some(({ field, value }) => field === "conj_id" && Number(value) === action.id),
      );
      if (clauses.size === action.clauses && verdict !== undefined) return verdict;
    }
    if (!isMember && !one.match.some(({ field }) => field === "conj_id")) return one;
  }
  return undefined;
}

const shows = (frame: ShownFrame, one: FieldMatch): boolean => {
  const value = frame.get(one.field);
  return value !== undefined && (value & maskOfField(one)) === one.value;
};
