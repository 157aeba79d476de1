/** Names, values, flowgroups and times → canonical text: what commands and rules share. */
import { isBareName, isName } from "#grammar/tokens.ts";
import { printDuration, printInstant, printIp, printMac } from "../net/index.ts";
import type { FlowExpr, Label, Name, TimeExpr, ValueExpr } from "./ast.ts";
import { fieldOf } from "./flows.ts";
import { ESCAPES } from "./values.ts";

/** A name, quoted where it must be. */
export function printName({ text }: Pick<Name, "text">): string {
  return isBareName(text) ? text : printQuoted(text);
}

/** A name in a fact, where one that begins with a capital letter would be a variable. */
export const symbolText = (text: string): string =>
  /^[a-z]/.test(text) && isBareName(text) ? text : printQuoted(text);

const letters = new Map(Object.entries(ESCAPES).map(([letter, plain]) => [plain, letter]));

/** Text between quotation marks. */
export function printQuoted(text: string): string {
  return `"${text.replaceAll(/["\\\n\r\t]/g, (plain) => `\\${letters.get(plain)!}`)}"`;
}

/** `@call "weekly sync"` */
export function printLabel(label: Label): string {
  const word = isName(label.name.text) ? label.name.text : printQuoted(label.name.text);
  return `@${word}${label.note === undefined ? "" : ` ${printQuoted(label.note)}`}`;
}

/** `(user=Alice) or (dstPort=80) except (web)` */
export function printFlowExpr(flows: FlowExpr): string {
  switch (flows.kind) {
    case "all":
      return "(*)";
    case "terms":
      return `(${flows.terms.map(printTerm).join(", ")})`;
    case "or": {
      const right = printFlowExpr(flows.right);
      return `${printFlowExpr(flows.left)} or ${flows.right.kind === "or" ? `(${right})` : right}`;
    }
    case "and":
    case "except": {
      const left = printFlowExpr(flows.left);
      const right = printFlowExpr(flows.right);
      const simple = flows.right.kind === "all" || flows.right.kind === "terms";
      return `${flows.left.kind === "or" ? `(${left})` : left} ${flows.kind} ${simple ? right : `(${right})`}`;
    }
  }
}

/** A flowgroup as the one argument of a request: `allow(…)`. */
export function printArgument(flows: FlowExpr): string {
  const text = printFlowExpr(flows);
  return flows.kind === "all" || flows.kind === "terms" ? text : `(${text})`;
}

type Term = Extract<FlowExpr, { kind: "terms" }>["terms"][number];

function printTerm(term: Term): string {
  if (term.kind === "field") return `${term.field}${term.negated ? "!=" : "="}${printValue(term.value)}`;
  return fieldOf(term.name.text) === undefined ? printName(term.name) : printQuoted(term.name.text);
}

/** A value; `named` says how names are written where it stands (rules have variables). */
export function printValue(value: ValueExpr, named: (name: Name) => string = printName): string {
  switch (value.kind) {
    case "number":
      return String(value.value);
    case "name":
      return named(value.name);
    case "ip":
      return printIp(value.address);
    case "mac":
      return printMac(value.address);
    case "ap":
      return `${printName(value.switch)}:${typeof value.port === "number" ? value.port : printName(value.port)}`;
    case "prefix":
      return `${printIp(value.prefix.address)}/${value.prefix.length}`;
    case "range":
      return `${printValue(value.low, named)}-${printValue(value.high, named)}`;
    case "set":
      return `{${value.values.map((one) => printValue(one, named)).join(", ")}}`;
  }
}

/** `from now to +10min`, as far as stated; what is the default anyway is left out. */
export function printDuring({ from, to }: { readonly from?: TimeExpr; readonly to?: TimeExpr }): string {
  const begin = from === undefined ? "" : ` from ${printTime(from)}`;
  const end = to === undefined ? "" : ` to ${printTime(to)}`;
  return begin + end;
}

/** A point in time. */
export function printTime(time: TimeExpr): string {
  switch (time.kind) {
    case "now":
    case "forever":
      return time.kind;
    case "relative":
      return time.seconds < 0 ? `-${printDuration(-time.seconds)}` : `+${printDuration(time.seconds)}`;
    case "absolute":
      return printInstant(time.seconds);
  }
}
