/** A reader of rules for the engine's own tests: `p(X, sum(Y)) <= q(X, Y), not r(X, _), X < 3.` Lower case is a constant. */
import type { Source, Span } from "../../source.ts";
import type { AggregateFunction, Atom, HeadTerm, Literal, Rule, Term } from "../types.ts";

const TOKEN = /\s*(?:(?<name>[A-Za-z_]\w*)|(?<number>-?\d+)|"(?<text>[^"]*)"|(?<mark><=|>=|!=|[=<>(),.]))/y;

interface Token {
  readonly kind: "name" | "number" | "text" | "mark" | "end";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

function tokens(source: Source): Token[] {
  const found: Token[] = [];
  const text = source.text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new SyntaxError(`cannot read: ${text.slice(at, at + 30)}`);
    const [kind, word] = Object.entries(match.groups!).find(([, value]) => value !== undefined)!;
    const start = match.index + match[0].length - match[0].trimStart().length;
    found.push({ kind: kind as Token["kind"], text: word, start, end: TOKEN.lastIndex });
  }
  return [...found, { kind: "end", text: "", start: text.length, end: text.length }];
}

const COMPARISONS = new Set(["=", "!=", "<", "<=", ">", ">="]);
const AGGREGATES = new Set(["min", "max", "sum", "count"]);

/** Reads rules; throws on anything else. */
export function readRules(text: string, name = "test"): Rule[] {
  const source: Source = { name, text };
  const list = tokens(source);
  let at = 0;
  const peek = (): Token => list[at]!;
  const take = (mark?: string): Token => {
    const token = list[at++]!;
    if (mark !== undefined && token.text !== mark) throw new SyntaxError(`'${mark}' expected, '${token.text}' found`);
    return token;
  };
  const span = (start: number): Span => ({ source, start, end: list[at - 1]!.end });
  const term = (): HeadTerm => {
    const token = take();
    const where = { source, start: token.start, end: token.end };
    if (token.kind === "number") return { kind: "constant", value: Number(token.text), span: where };
    if (token.kind === "text") return { kind: "constant", value: token.text, span: where };
    if (token.text === "_") return { kind: "anonymous", span: where };
    if (AGGREGATES.has(token.text) && peek().text === "(") {
      take("(");
      const variable = take().text;
      take(")");
      return { kind: "aggregate", function: token.text as AggregateFunction, variable, span: span(token.start) };
    }
    if (/^[A-Z_]/.test(token.text)) return { kind: "variable", name: token.text, span: where };
    return { kind: "constant", value: token.text, span: where };
  };
  const atom = (): { relation: string; terms: HeadTerm[]; span: Span } => {
    const relation = take();
    const terms: HeadTerm[] = [];
    if (peek().text === "(") {
      take("(");
      while (peek().text !== ")") {
        terms.push(term());
        if (peek().text === ",") take();
      }
      take(")");
    }
    return { relation: relation.text, terms, span: span(relation.start) };
  };
  const literal = (): Literal => {
    const negated = peek().text === "not";
    if (negated) take();
    if (list[at + 1]!.kind === "mark" && COMPARISONS.has(list[at + 1]!.text)) {
      const { start } = peek();
      const left = term() as Term;
      const relation = take().text;
      return { negated, atom: { relation, terms: [left, term() as Term], span: span(start) } };
    }
    return { negated, atom: atom() as Atom };
  };
  const rules: Rule[] = [];
  while (peek().kind !== "end") {
    const { start } = peek();
    const head = atom();
    const body: Literal[] = [];
    if (peek().text === "<=") {
      take();
      body.push(literal());
      while (peek().text === ",") {
        take();
        body.push(literal());
      }
    }
    take(".");
    rules.push({ head, body, span: span(start) });
  }
  return rules;
}
