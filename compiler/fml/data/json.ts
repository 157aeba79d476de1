/**
 * JSON text → values that know where they stand (RFC 8259), and the paths that pick rows out of them: `$.a.b[*].c`,
 * `$["odd name"][0]`. `JSON.parse` forgets positions, and a bad row must be shown at its line.
 */
import type { Source, Span } from "../../source.ts";
import { ReadBudget } from "#grammar/reach.ts";
import type { CsvFault } from "./csv.ts";

export type Json =
  | { readonly kind: "object"; readonly members: ReadonlyMap<string, Json>; readonly span: Span }
  | { readonly kind: "array"; readonly items: readonly Json[]; readonly span: Span }
  | { readonly kind: "string"; readonly value: string; readonly span: Span }
  | { readonly kind: "number"; readonly value: number; readonly isExact: boolean; readonly span: Span }
  | { readonly kind: "boolean"; readonly value: boolean; readonly span: Span }
  | { readonly kind: "null"; readonly span: Span };

/** Deeper nesting than this is refused rather than overflowing the stack. */
const DEEPEST = 500;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

class Fault extends Error {
  readonly start: number;
  readonly end: number;
  constructor(reason: string, start: number, end: number) {
    super(reason);
    this.start = start;
    this.end = end;
  }
}

/** Reads one document; its first fault, if it has one, or the value from which on there is more than may be read. */
export function readJson(source: Source, reading = new ReadBudget()): Json | CsvFault {
  try {
    return new Reader(source, reading).document();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const fault = { reason: error.message, span: { source, start: error.start, end: error.end } };
    return reading.isSpent ? { ...fault, isExcess: true } : fault;
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class Reader {
  readonly source: Source;
  readonly text: string;
  at: number;
  readonly #reading: ReadBudget;

  constructor(source: Source, reading: ReadBudget) {
    this.source = source;
    this.#reading = reading;
    this.text = source.text;
    this.at = source.text.startsWith("\uFEFF") ? 1 : 0;
  }

  document(): Json {
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) this.fail("text behind the end of the document");
    return value;
  }

  value(depth: number): Json {
    this.space();
    if (depth > DEEPEST) this.fail(`nested more than ${DEEPEST} deep`);
    const start = this.at;
    if (!this.#reading.take(1)) this.fail("more than may be read");
    const first = this.text[start];
    if (first === "{") return this.object(depth);
    if (first === "[") return this.array(depth);
    if (first === '"') return { kind: "string", value: this.string(), span: this.span(start) };
    const number = this.match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (number !== undefined)
      return { kind: "number", value: Number(number), isExact: isExact(number), span: this.span(start) };
    const word = this.match(/true|false|null/y);
    if (word === "null") return { kind: "null", span: this.span(start) };
    if (word !== undefined) return { kind: "boolean", value: word === "true", span: this.span(start) };
    return this.fail(first === undefined ? "the document ends too early" : `a value was expected, not \`${first}\``);
  }

  object(depth: number): Json {
    const start = this.at;
    const members = new Map<string, Json>();
    this.at += 1;
    this.space();
    if (this.take("}")) return { kind: "object", members, span: this.span(start) };
    for (;;) {
      this.space();
      const named = this.at;
      if (this.text[named] !== '"') this.fail("a name in quotation marks was expected");
      const name = this.string();
      if (members.has(name)) throw new Fault(`the name "${name}" stands twice in one object`, named, this.at);
      this.space();
      if (!this.take(":")) this.fail("`:` was expected");
      members.set(name, this.value(depth + 1));
      this.space();
      if (this.take("}")) return { kind: "object", members, span: this.span(start) };
      if (!this.take(",")) this.fail("`,` or `}` was expected");
    }
  }

  array(depth: number): Json {
    const start = this.at;
    const items: Json[] = [];
    this.at += 1;
    this.space();
    if (this.take("]")) return { kind: "array", items, span: this.span(start) };
    for (;;) {
      items.push(this.value(depth + 1));
      this.space();
      if (this.take("]")) return { kind: "array", items, span: this.span(start) };
      if (!this.take(",")) this.fail("`,` or `]` was expected");
    }
  }

  string(): string {
    const start = this.at;
    let value = "";
    this.at += 1;
    for (;;) {
      const plain = this.plain();
      if (plain !== undefined) value += plain;
      else if (this.take('"')) return value;
      else if (this.take("\\")) value += this.escape();
      else if (this.at >= this.text.length) throw new Fault("this string is never closed", start, start + 1);
      else this.fail("a control character inside a string");
    }
  }

  /** Characters that stand for themselves: all but quotes, backslashes and control characters. */
  plain(): string | undefined {
    const start = this.at;
    while (this.at < this.text.length) {
      const code = this.text.charCodeAt(this.at);
      if (code < 0x20 || code === QUOTE || code === BACKSLASH) break;
      this.at += 1;
    }
    return this.at > start ? this.text.slice(start, this.at) : undefined;
  }

  escape(): string {
    if (this.take("u")) {
      const digits = this.match(/[0-9a-fA-F]{4}/y);
      return digits === undefined ? this.fail("four hexadecimal digits were expected") : hexadecimal(digits);
    }
    const meant = escapes[this.text[this.at] ?? ""];
    if (meant === undefined) return this.fail("an unknown escape in a string");
    this.at += 1;
    return meant;
  }

  take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  match(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  space(): void {
    this.match(/[ \t\r\n]+/y);
  }

  span(start: number): Span {
    return { source: this.source, start, end: this.at };
  }

  fail(reason: string): never {
    const start = Math.min(this.at, this.text.length);
    throw new Fault(reason, start, Math.min(start + 1, this.text.length));
  }
}

/**
 * Whether a written number is kept with all its digits. Whole numbers are up to 2^53 - 1; of others any 15 digits are.
 */
function isExact(number: string): boolean {
  const value = Math.abs(Number(number));
  if (/^-?\d+$/.test(number)) return value <= Number.MAX_SAFE_INTEGER;
  const digits = number
    .replace(/[eE].*/, "")
    .replaceAll(/[-.]/g, "")
    .replace(/^0+/, "")
    .replace(/0+$/, "");
  return digits.length <= 15 && value <= Number.MAX_SAFE_INTEGER && (value > 0 || digits === "");
}

const hexadecimal = (digits: string): string => String.fromCharCode(Number.parseInt(digits, 16));

// ---------------------------------------------------------------- paths

type PathStep =
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "item"; readonly index: number | "*" };

/** `$.a["b c"][0][*]` → its steps; undefined when it is no such path. */
export function parsePath(path: string): PathStep[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: PathStep[] = [];
  const step = /\.([\p{L}_][\p{L}\p{N}_-]*)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]|\['([^']*)'\]/uy;
  let at = 1;
  while (at < path.length) {
    step.lastIndex = at;
    const found = step.exec(path);
    if (found === null) return undefined;
    const [whole, dotted, index, double, single] = found;
    if (index !== undefined) steps.push({ kind: "item", index: index === "*" ? "*" : Number(index) });
    else steps.push({ kind: "member", name: dotted ?? double?.replaceAll(/\\(.)/g, "$1") ?? single! });
    at += whole.length;
  }
  return steps;
}

/** The values at a path, and where it leads nowhere. */
export function select(document: Json, steps: readonly PathStep[]): { found: Json[]; malformed: CsvFault[] } {
  const malformed: CsvFault[] = [];
  let here: Json[] = [document];
  for (const step of steps) {
    here = here.flatMap((value) => {
      const next = follow(value, step);
      if (typeof next !== "string") return next;
      malformed.push({ reason: next, span: value.span });
      return [];
    });
  }
  return { found: here, malformed };
}

function follow(value: Json, step: PathStep): readonly Json[] | string {
  if (step.kind === "member") {
    if (value.kind !== "object") return `an object with "${step.name}" was expected, not ${article(value.kind)}`;
    const member = value.members.get(step.name);
    return member === undefined ? `"${step.name}" is missing` : [member];
  }
  if (value.kind !== "array") return `a list was expected, not ${article(value.kind)}`;
  if (step.index === "*") return value.items;
  const item = value.items[step.index];
  return item === undefined ? `the list has no item ${step.index}` : [item];
}

/** `an object`, `a string`, `null`. */
export const article = (kind: Json["kind"]): string =>
  kind === "null" ? "null" : kind === "array" ? "a list" : kind === "object" ? "an object" : `a ${kind}`;
