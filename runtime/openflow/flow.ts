/**
 * Flow entries of our tables (`compiler/table/entry.ts`) ↔ flow-mods and flow statistics. A switch may hold flows that
 * `Entry` cannot express. They have no entry, and are known by their statistics alone.
 */
import type { Action, Entry, FieldMatch, Instruction, Match, OutputPort } from "../../compiler/table/entry.ts";
import { canonicalMatch, MATCH_FIELDS } from "../../compiler/table/match.ts";
import type { WireAction, WireInstruction } from "./action.ts";
import type { MessageOf } from "./message.ts";
import type { FlowStats } from "./multipart.ts";
import { normaliseMasks, type Oxm, type OxmField } from "./oxm.ts";

export type FlowModMessage = MessageOf<"flow_mod">;

/** The number for "no buffer", "any port" and "any group" in their fields. */
export const ANY = 0xffff_ffff;
/** The number for "all tables" in a flow-mod that deletes, and in a request for statistics. */
export const ALL_TABLES = 0xff;

/** Reserved ports (1.3.5, section 7.2.1). */
const RESERVED: Readonly<Record<string, number>> = {
  IN_PORT: 0xffff_fff8,
  NORMAL: 0xffff_fffa,
  FLOOD: 0xffff_fffb,
  ALL: 0xffff_fffc,
  CONTROLLER: 0xffff_fffd,
  LOCAL: 0xffff_fffe,
};
const portNames = new Map(Object.entries(RESERVED).map(([name, number]) => [number, name as OutputPort]));
const portNumber = (port: OutputPort): number => (typeof port === "number" ? port : RESERVED[port]!);

/** The length that sends a whole packet to the controller. */
const NO_BUFFER = 0xffff;
const CT_COMMIT = 1;
const SAME_TABLE = 0xff;

function toWireAction(action: Action): WireAction {
  switch (action.kind) {
    case "output":
      return {
        kind: "output",
        port: portNumber(action.port),
        maxLength: action.port === "CONTROLLER" ? NO_BUFFER : 0,
      };
    case "set_field":
      return { kind: "set_field", target: { field: action.field, value: action.value } };
    case "conjunction":
      return { kind: "conjunction", clause: action.clause - 1, clauses: action.clauses, id: action.id };
    case "ct":
      return {
        kind: "ct",
        flags: action.commit ? CT_COMMIT : 0,
        zone: 0,
        zoneBits: action.zone ?? 0,
        table: action.table ?? SAME_TABLE,
        alg: 0,
        actions: new Uint8Array(0),
      };
    case "set_queue":
    case "group":
      return action;
  }
}

function fromWireAction(action: WireAction): Action | undefined {
  switch (action.kind) {
    case "output": {
      const port = portNames.get(action.port) ?? action.port;
      return action.maxLength === (port === "CONTROLLER" ? NO_BUFFER : 0) ? { kind: "output", port } : undefined;
    }
    case "set_field": {
      const { target } = action;
      if (!isMatchField(target) || target.mask !== undefined) return undefined;
      return { kind: "set_field", field: target.field, value: target.value };
    }
    case "conjunction":
      return { kind: "conjunction", id: action.id, clause: action.clause + 1, clauses: action.clauses };
    case "ct":
      if (action.flags > CT_COMMIT || action.zone > 0 || action.alg > 0) return undefined;
      if (action.actions.length > 0) return undefined;
      return {
        kind: "ct",
        commit: action.flags === CT_COMMIT,
        ...(action.table !== SAME_TABLE && { table: action.table }),
        ...(action.zoneBits > 0 && { zone: action.zoneBits }),
      };
    case "set_queue":
    case "group":
      return action;
    case "copy_ttl_out":
    case "copy_ttl_in":
    case "set_mpls_ttl":
    case "dec_mpls_ttl":
    case "push_vlan":
    case "pop_vlan":
    case "push_mpls":
    case "pop_mpls":
    case "set_nw_ttl":
    case "dec_nw_ttl":
    case "push_pbb":
    case "pop_pbb":
    case "unknown":
      return undefined;
  }
}

function toWireInstruction(instruction: Instruction): WireInstruction {
  switch (instruction.kind) {
    case "meter":
      return instruction;
    case "apply":
      return { kind: "apply_actions", actions: instruction.actions.map(toWireAction) };
    case "write_metadata":
      return { kind: "write_metadata", metadata: instruction.value, mask: instruction.mask };
    case "goto":
      return { kind: "goto_table", table: instruction.table };
  }
}

/** All converted items, or undefined if one cannot be converted. */
function all<A, B>(items: readonly A[], convert: (item: A) => B | undefined): B[] | undefined {
  const converted: B[] = [];
  for (const item of items) {
    const one = convert(item);
    if (one === undefined) return undefined;
    converted.push(one);
  }
  return converted;
}

function fromWireInstruction(instruction: WireInstruction): Instruction | undefined {
  switch (instruction.kind) {
    case "meter":
      return instruction;
    case "apply_actions": {
      const actions = all(instruction.actions, fromWireAction);
      return actions && { kind: "apply", actions };
    }
    case "write_metadata":
      return { kind: "write_metadata", value: instruction.metadata, mask: instruction.mask };
    case "goto_table":
      return { kind: "goto", table: instruction.table };
    case "write_actions":
    case "clear_actions":
    case "unknown":
      return undefined;
  }
}

const tabled: ReadonlySet<OxmField | "unknown"> = new Set(MATCH_FIELDS);
const isMatchField = (oxm: Oxm): oxm is FieldMatch => tabled.has(oxm.field);

/** The match in the form and order of our tables; undefined if they cannot express it. */
export function toMatch(match: readonly Oxm[]): Match | undefined {
  return match.every(isMatchField) ? canonicalMatch(normaliseMasks(match)) : undefined;
}

/** What our tables can express of a match, which holds the same packets or more. */
export const readablePart = (match: readonly Oxm[]): Match =>
  canonicalMatch(normaliseMasks(match.filter(isMatchField)));

/** The instructions in the form of our tables; undefined if they cannot express them. */
export function toInstructions(instructions: readonly WireInstruction[]): readonly Instruction[] | undefined {
  return all(instructions, fromWireInstruction);
}

/** A flow-mod for one entry; `delete_strict` deletes this entry only. */
export function toFlowMod(
  command: "add" | "modify_strict" | "delete_strict",
  entry: Entry,
  xid: number,
): FlowModMessage {
  return {
    type: "flow_mod",
    xid,
    cookie: entry.cookie,
    cookieMask: 0n,
    table: entry.table,
    command,
    idleTimeout: entry.idleTimeout,
    hardTimeout: entry.hardTimeout,
    priority: entry.priority,
    buffer: ANY,
    outPort: ANY,
    outGroup: ANY,
    flags: 0,
    match: normaliseMasks(entry.match),
    instructions: command !== "delete_strict" ? entry.instructions.map(toWireInstruction) : [],
  };
}

/** A flow-mod that adds or deletes exactly a reported flow, even if `Entry` cannot express it. */
export function fromStats(command: "add" | "delete_strict", flow: FlowStats, xid: number): FlowModMessage {
  const { table, priority, match, cookie, idleTimeout, hardTimeout, flags } = flow;
  const any = { buffer: ANY, outPort: ANY, outGroup: ANY };
  const own = { cookie, cookieMask: 0n, table, command, idleTimeout, hardTimeout, priority };
  const instructions = command === "add" ? flow.instructions : [];
  return { type: "flow_mod", xid, ...own, ...any, flags, match, instructions };
}

/** The entry of a reported flow; undefined if our tables cannot express it. */
export function toEntry(flow: Pick<FlowStats, keyof FlowStats & keyof FlowModMessage>): Entry | undefined {
  const match = toMatch(flow.match);
  const instructions = toInstructions(flow.instructions);
  if (match === undefined || instructions === undefined) return undefined;
  const { table, priority, cookie, hardTimeout, idleTimeout } = flow;
  return { table, priority, match, instructions, cookie, hardTimeout, idleTimeout };
}
