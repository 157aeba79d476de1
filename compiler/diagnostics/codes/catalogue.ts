/** The catalogue: every code of every phase, by its name. What the language reference and `--explain` list. */
import * as admission from "./admission.ts";
import * as datalog from "./datalog.ts";
import * as model from "./model.ts";
import * as proof from "./proof.ts";
import * as runtime from "./runtime.ts";
import * as syntax from "./syntax.ts";
import * as table from "./table.ts";
import type { Code } from "../define.ts";
import { by } from "../../net/order.ts";

/** The phases in the order of the work, each with its codes. */
export const PHASES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  syntax,
  datalog,
  model,
  admission,
  table,
  proof,
  runtime,
};

function isCode(value: unknown): value is Code {
  return typeof value === "function" && "code" in value && "template" in value;
}

/** The codes of a phase, in the order of their numbers. */
export function codesOf(phase: string): readonly Code[] {
  return Object.values(PHASES[phase] ?? {})
    .filter(isCode)
    .sort(by(({ code }) => code));
}

/** All codes, by name. Two phases that declare one code are a fault that a test finds. */
export const CATALOGUE: ReadonlyMap<string, Code> = new Map(
  Object.keys(PHASES).flatMap((phase) => codesOf(phase).map((one) => [one.code, one] as const)),
);
