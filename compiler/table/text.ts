/**
 * Tables ↔ `ovs-ofctl` text. `ovs-ofctl -O OpenFlow13 add-flows` takes unchanged what `toOvs` writes, and `fromOvs`
 * reads what its `dump-flows` prints for our entries back as the same entries.
 */
import type {
  Action,
  Entry,
  FieldMatch,
  Instruction,
  Match,
  MatchField,
  Meter,
  OutputPort,
  Queue,
  Table,
} from "./entry.ts";
import { canonicalMatch, sortEntries, WIDTHS } from "./match.ts";
import { meterNote, queueNote, readNote } from "./notes.ts";
import { readField, writeField, writeFieldValue } from "./notation.ts";
import { append } from "../net/lists.ts";

/** A line that is not an entry, and why. */
export interface UnreadableLine {
  readonly line: number;
  readonly reason: string;
}

/** One entry a line, in the table's order. The meters and queues that they refer to stand above them as comments. */
export function toOvs({ entries, meters = [], queues = [] }: Table): string {
  const notes = [...meters.map(meterNote), ...queues.map(queueNote)];
  return [...notes, ...entries.map(entryText)].map((line) => `${line}\n`).join("");
}

/** One entry as text, without a line end. */
export function entryText(entry: Entry): string {
  const head = [`cookie=0x${entry.cookie.toString(16)}`, `table=${entry.table}`];
  if (entry.idleTimeout > 0) head.push(`idle_timeout=${entry.idleTimeout}`);
  if (entry.hardTimeout > 0) head.push(`hard_timeout=${entry.hardTimeout}`);
  append(head, [`priority=${entry.priority}`, ...entry.match.map(writeField)]);
  return `${head.join(",")} actions=${actionsText(entry.instructions)}`;
}

/** A match as text; the empty match gives the empty text. */
export function matchText(match: Match): string {
  return match.map(writeField).join(",");
}

/** Instructions as the list of actions that Open vSwitch makes of them. */
function actionsText(instructions: readonly Instruction[]): string {
  const texts = instructions.flatMap((one): readonly string[] => {
    switch (one.kind) {
      case "meter":
        return [`meter:${one.meter}`];
      case "apply":
        return one.actions.map(actionText);
      case "write_metadata":
        return [`write_metadata:0x${one.value.toString(16)}/0x${one.mask.toString(16)}`];
      case "goto":
        return [`goto_table:${one.table}`];
    }
  });
  return texts.length === 0 ? "drop" : texts.join(",");
}

function actionText(action: Action): string {
  switch (action.kind) {
    case "output":
      return typeof action.port === "number" ? `output:${action.port}` : action.port;
    case "set_queue":
      return `set_queue:${action.queue}`;
    case "set_field":
      return `set_field:${writeFieldValue(action.field, action.value)}->${action.field}`;
    case "group":
      return `group:${action.group}`;
    case "conjunction":
      return `conjunction(${action.id},${action.clause}/${action.clauses})`;
    case "ct": {
      const parts = [
        ...(action.commit ? ["commit"] : []),
        ...(action.table === undefined ? [] : [`table=${action.table}`]),
        ...(action.zone === undefined ? [] : [`zone=${action.zone}`]),
      ];
      return `ct(${parts.join(",")})`;
    }
  }
}

/**
 * Reads entries, one a line, as `toOvs` or `dump-flows` writes them. Empty lines, comments and headings are skipped.
 */
export function fromOvs(text: string): Table | { readonly errors: readonly UnreadableLine[] } {
  const entries: Entry[] = [];
  const meters: Meter[] = [];
  const queues: Queue[] = [];
  const errors: UnreadableLine[] = [];
  for (const [i, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    const note = readNote(line);
    if (note !== undefined && "meter" in note) meters.push(note);
    else if (note !== undefined) queues.push(note);
    if (line === "" || line.startsWith("#") || /^(OFPST|NXST)_FLOW/.test(line)) continue;
    const entry = readEntry(line);
    if ("error" in entry) errors.push({ line: i + 1, reason: entry.error });
    else entries.push(entry);
  }
  if (errors.length > 0) return { errors };
  return {
    entries: sortEntries(entries),
    ...(meters.length > 0 && { meters }),
    ...(queues.length > 0 && { queues }),
  };
}

interface Fault {
  readonly error: string;
}

/** Words of a dumped entry that describe its state and not the entry itself. */
const STATE = /^(duration|n_packets|n_bytes|idle_age|hard_age)=|^(send_flow_rem|reset_counts|importance)/;

function readEntry(line: string): Entry | Fault {
  const split = /^(.*?)[\s,]*actions=(.*)$/.exec(line);
  if (split === null) return { error: "an entry needs `actions=`" };
  const numbers = { table: 0, priority: 32_768, hard_timeout: 0, idle_timeout: 0 };
  let cookie = 0n;
  let match: readonly FieldMatch[] = [];
  for (const word of split[1]!.split(/[\s,]+/)) {
    const equals = word.indexOf("=");
    const [name, value] = [word.slice(0, equals), word.slice(equals + 1)];
    if (word === "" || STATE.test(word)) continue;
    if (name in numbers && /^\d+$/.test(value)) numbers[name as keyof typeof numbers] = Number(value);
    else if (name === "cookie" && /^(0x[0-9a-f]{1,16}|\d+)$/i.test(value)) cookie = BigInt(value);
    else {
      const read = readField(word, match);
      if ("error" in read) return read;
      match = [...match, ...read];
    }
  }
  const instructions = readActions(split[2]!.trim());
  if ("error" in instructions) return instructions;
  return {
    table: numbers.table,
    priority: numbers.priority,
    match: canonicalMatch(match),
    instructions,
    cookie,
    hardTimeout: numbers.hard_timeout,
    idleTimeout: numbers.idle_timeout,
  };
}

/** Splits at the commas outside parentheses. */
function parts(text: string): readonly string[] {
  return text
    .match(/[^,()]*(\([^)]*\))?[^,]*/g)!
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function readActions(text: string): readonly Instruction[] | Fault {
  if (text === "drop" || text === "") return [];
  const instructions: Instruction[] = [];
  const apply: Action[] = [];
  for (const part of parts(text)) {
    const instruction = readInstruction(part);
    if (instruction !== undefined) {
      instructions.push(instruction);
      continue;
    }
    const action = readAction(part);
    if (action === undefined) return { error: `unknown action \`${part}\`` };
    apply.push(action);
  }
  // A switch executes instructions in the order of OpenFlow 1.3.5, section 5.9, whatever the order of the text.
  const all: Instruction[] = apply.length === 0 ? instructions : [...instructions, { kind: "apply", actions: apply }];
  const order = ["meter", "apply", "write_metadata", "goto"];
  return all.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

function readInstruction(text: string): Instruction | undefined {
  const goto = /^(?:goto_table:|resubmit\(,)(\d+)\)?$/.exec(text);
  if (goto !== null) return { kind: "goto", table: Number(goto[1]) };
  const meter = /^meter:(\d+)$/.exec(text);
  if (meter !== null) return { kind: "meter", meter: Number(meter[1]) };
  const metadata = /^write_metadata:(0x[0-9a-f]+|\d+)(?:\/(0x[0-9a-f]+))?$/i.exec(text);
  if (metadata === null) return undefined;
  return { kind: "write_metadata", value: BigInt(metadata[1]!), mask: BigInt(metadata[2] ?? "0xffffffffffffffff") };
}

const PORTS: ReadonlySet<string> = new Set(["NORMAL", "FLOOD", "CONTROLLER", "IN_PORT", "LOCAL", "ALL"]);

function readAction(text: string): Action | undefined {
  const conjunction = /^conjunction\((\d+),(\d+)\/(\d+)\)$/.exec(text);
  if (conjunction !== null) {
    const [id, clause, clauses] = conjunction.slice(1).map(Number);
    return { kind: "conjunction", id: id!, clause: clause!, clauses: clauses! };
  }
  const output = /^(?:output:)?(\d+|[A-Z_]+)(?::\d+)?$/.exec(text);
  if (output !== null && (/^\d+$/.test(output[1]!) || PORTS.has(output[1]!))) {
    return { kind: "output", port: /^\d+$/.test(output[1]!) ? Number(output[1]) : (output[1] as OutputPort) };
  }
  const numbered = /^(set_queue|group):(\d+)$/.exec(text);
  if (numbered !== null) {
    const value = Number(numbered[2]);
    return numbered[1] === "group" ? { kind: "group", group: value } : { kind: "set_queue", queue: value };
  }
  const field = /^set_field:(.+)->(\w+)$/.exec(text);
  if (field !== null && field[2]! in WIDTHS) {
    const read = readField(`${field[2]}=${field[1]}`, []);
    if ("error" in read || read[0] === undefined) return undefined;
    return { kind: "set_field", field: field[2] as MatchField, value: read[0].value };
  }
  const ct = /^ct\((.*)\)$/.exec(text);
  if (ct === null) return undefined;
  const numberOf = (name: string): number | undefined => {
    const found = new RegExp(`\\b${name}=(\\d+)`).exec(ct[1]!);
    return found === null ? undefined : Number(found[1]);
  };
  const [table, zone] = [numberOf("table"), numberOf("zone")];
  return {
    kind: "ct",
    commit: ct[1]!.includes("commit"),
    ...(table !== undefined && { table }),
    ...(zone !== undefined && zone > 0 && { zone }),
  };
}
