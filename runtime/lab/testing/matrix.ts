/**
 * The product of fields, values and framings. For each field it has the compiled policies and the frames, and for each
 * pair of them the verdict of our model. A test compares it with what a real switch did.
 */
import { decide } from "#compiler/decide.ts";
import { tablesAt } from "#compiler/compile.ts";
import type { Decided } from "#compiler/admission/decided.ts";
import type { Rule } from "#compiler/datalog/types.ts";
import { explainFlow } from "#compiler/explain/index.ts";
import type { Table } from "#compiler/table/entry.ts";
import { flowOf, type Packet } from "#compiler/trace/packet.ts";
import { tracePacket } from "#compiler/trace/trace.ts";
import type { Axis } from "./axes.ts";
import type { SentFrame } from "./burst.ts";
import { readFrame } from "./frame-reader.ts";
import { FRAMINGS, PLAIN, type Framing } from "./framings.ts";

const NOW = 0;

/** A frame of the matrix. */
export interface MatrixFrame extends SentFrame {
  readonly framing: string;
  /** The index of the value that it carries; absent if its framing cannot carry any. */
  readonly value?: number;
  readonly packet: Packet;
}

/** The ports of the sending hosts. */
const PORTS: Readonly<Record<string, number>> = { alice: 1, eve: 2 };

/** All frames that differ in a field, framing by framing. A framing whose bytes do not show the value has one frame. */
export function framesOf({ carried }: Axis): readonly MatrixFrame[] {
  return FRAMINGS.flatMap((framing) => {
    const made = Object.values(carried).map((values) => frameOf(framing, { ...PLAIN, ...values }));
    const first = new Map(made.map((frame, value) => [keyOf(frame), value] as const).toReversed());
    const distinct = [...first.values()].sort((a, b) => a - b).map((value) => ({ ...made[value]!, value }));
    return distinct.length === 1 ? [made[0]!] : distinct;
  });
}

const keyOf = ({ from, bytes }: MatrixFrame): string => `${from} ${bytes.join()}`;

function frameOf({ name, frame }: Framing, values: typeof PLAIN): MatrixFrame {
  const bytes = frame(values);
  // The sender pads each frame and appends its number, and the switch reads the result.
  const padded = Uint8Array.from([...bytes, ...Array<number>(60).fill(0)]);
  return { framing: name, from: values.from, bytes, packet: readFrame(padded, PORTS[values.from]!) };
}

/** A policy of the matrix with its tables, or the codes with which it is refused. */
export type MatrixPolicy = { readonly text: string } & (
  | { readonly refused: string }
  | { readonly decided: Decided; readonly tables: ReadonlyMap<string, Table>; readonly table: Table }
);

/**
 * The policies of a field, compiled: first the denials under `default allow`, then the permissions under `default
 * deny`.
 */
export function policiesOf({ denied, allowed, facts = "" }: Axis, rules: readonly Rule[]): readonly MatrixPolicy[] {
  const policy = (verb: "allow" | "deny", flows: string): MatrixPolicy => {
    const text = `${verb}${flows}`;
    const source = `default ${verb === "deny" ? "allow" : "deny"}.\n${facts}\n@it ${text} on rootShare.`;
    const decided = decide([{ name: "matrix.pane", text: source }], { now: NOW, load: () => undefined, rules });
    const { diagnostics: faults, tables } = decided.good
      ? tablesAt(decided, NOW, { target: "ovs" })
      : { diagnostics: [], tables: new Map<string, Table>() };
    const errors = [...decided.diagnostics, ...faults].filter(({ severity }) => severity === "error");
    if (errors.length > 0) return { text, refused: errors.map(({ code }) => code).join(" ") };
    if (!decided.good) throw new Error(`neither accepted nor refused: ${source}`);
    return { text, decided, tables, table: [...tables.values()][0]! };
  };
  return [...denied.map((flows) => policy("deny", flows)), ...allowed.map((flows) => policy("allow", flows))];
}

/** Framings that Open vSwitch's own switching drops, whatever the table says (NETWORK, "What a switch can show"). */
export const NEVER_FORWARDED: readonly string[] = ["SNAP, tag"];

/** The verdict of our own model on a frame. */
export interface ModelVerdict {
  readonly verdict: "allow" | "deny";
  /** Whether policy and table agree, by `trace`. */
  readonly agree: boolean;
  /** The verdict of the statements on the frame if it hides nothing. */
  readonly byWords: "allow" | "deny";
}

/** Traces a frame through the tables of a policy, and decides its flow by the statements. */
export function modelOf(policy: Extract<MatrixPolicy, { table: Table }>, packet: Packet): ModelVerdict {
  const { decided, tables } = policy;
  const { directory, defaults } = decided.model;
  const [name] = directory.switches.keys();
  const flow = flowOf(packet, directory, name);
  const entering = { packet, flow, chosen: "", ...(name !== undefined && { switch: name }) };
  const { tableVerdict, agree } = tracePacket(decided, tables, entering, { instant: NOW, target: "ovs" });
  const { verdict } = explainFlow(decided.admission, flow, NOW);
  return { verdict: tableVerdict, agree, byWords: verdict === "default" ? defaults.verdict : verdict };
}

/**
 * The sign of a cell: `.` passes and `x` is dropped. `o` and `X` are the same where the statements alone say the
 * opposite.
 */
export function signOf(isDropped: boolean, byWords: ModelVerdict["byWords"]): string {
  if (isDropped) return byWords === "deny" ? "x" : "X";
  return byWords === "allow" ? "." : "o";
}

/** The page of one field: the values, the policies, and a line for each framing. */
export function pageOf(
  { field, carried }: Axis,
  policies: readonly MatrixPolicy[],
  frames: readonly MatrixFrame[],
  signs: readonly (readonly string[])[],
): string {
  const values = Object.keys(carried).map((value, i) => `${DIGITS[i]!} ${value}`);
  const heads = policies.map(
    (policy, i) => `  ${LETTERS[i]!} ${policy.text}${"refused" in policy ? `   refused: ${policy.refused}` : ""}`,
  );
  const ofFraming = Map.groupBy(frames.keys(), (i) => frames[i]!.framing);
  const width = Math.max(...[...ofFraming.values()].map((own) => own.length));
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(28), ...cells.map((cell) => cell.padEnd(width))].join(" ").trimEnd();
  const rows = FRAMINGS.map(({ name }) => {
    const own = ofFraming.get(name)!;
    const carries = own.map((i) => DIGITS[frames[i]!.value ?? -1] ?? "-").join("");
    return line(name, [carries, ...policies.map((_, at) => own.map((i) => signs[at]![i]!).join(""))]);
  });
  const columns = line("", ["", ...policies.map((_, i) => LETTERS[i]!)]);
  return [`## ${field}`, "", `Frames carry: ${values.join(", ")}.`, "", ...heads, "", columns, ...rows, ""].join("\n");
}

const DIGITS = "0123456789ABCDEFGHIJ";
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
