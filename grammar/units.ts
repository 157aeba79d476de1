/**
 * A file → units, one at a time: text is lexed once, then each statement, policy head and rule is parsed on its own and
 * its tree handed out and forgotten, so memory does not grow with the file. A unit that fails costs only itself:
 * reading goes on behind its full stop, or at the next line that begins with the head of a statement.
 */
import type { IToken } from "chevrotain";
import { describe, type Fault } from "./errors.ts";
import { type Entry, grammar } from "./parser.ts";
import {
  AtSign,
  Dot,
  Equal,
  GreaterEqual,
  HEADS,
  LeftBrace,
  type Lexed,
  lex,
  LessEqual,
  RightBrace,
} from "./tokens.ts";
import type { PolicyHeadTree, PolicyRuleTree, StatementTree } from "./tree.ts";

/** What a file is made of, in order. `tokens` are those of the unit. */
export type Unit =
  | { readonly kind: "statement"; readonly tree: StatementTree; readonly tokens: readonly IToken[] }
  | { readonly kind: "policyHead"; readonly tree: PolicyHeadTree; readonly tokens: readonly IToken[] }
  | { readonly kind: "policyRule"; readonly tree: PolicyRuleTree; readonly tokens: readonly IToken[] }
  /** The closing brace; `end` is the offset behind it, or where it is missing. */
  | { readonly kind: "policyEnd"; readonly end: number; readonly tokens: readonly IToken[] }
  | { readonly kind: "fault"; readonly fault: Fault };

/** Reads a text to its end. Never throws. */
export function* readUnits(text: string, lexed: Lexed = lex(text)): Generator<Unit, void, undefined> {
  const { tokens, faults } = lexed;
  let policy: { readonly word: IToken; readonly close: number } | undefined;
  let nextFault = 0;
  let at = 0;
  while (at < tokens.length) {
    const first = tokens[at]!;
    if (first.tokenType === RightBrace) {
      at++;
      yield policy === undefined
        ? { kind: "fault", fault: { kind: "stray brace", start: first.startOffset, end: first.startOffset + 1 } }
        : { kind: "policyEnd", end: first.startOffset + 1, tokens: [first] };
      policy = undefined;
      continue;
    }
    if (policy !== undefined && outsidePolicies.has(first.tokenType)) {
      if (at < policy.close) {
        yield { kind: "fault", fault: insidePolicy(first, policy.word) };
        at = recover(tokens, at + 1, unitEnd(tokens, at, "policyRule"), text);
        continue;
      }
      yield { kind: "fault", fault: openPolicy(policy.word) };
      yield { kind: "policyEnd", end: first.startOffset, tokens: [] };
      policy = undefined;
    }
    const entry = policy !== undefined ? "policyRule" : first.tokenType === HEADS.policy ? "policyHead" : "statement";
    const end = unitEnd(tokens, at, entry);
    const unit = tokens.slice(at, end);
    const reach = tokens[end]?.startOffset ?? text.length;
    let resume = end;
    if (faults[nextFault] !== undefined && faults[nextFault]!.start < reach) {
      // What is no token is the root cause: the grammar's view of the rest would only repeat it.
      while (faults[nextFault] !== undefined && faults[nextFault]!.start < reach) {
        yield { kind: "fault", fault: faults[nextFault++]! };
      }
      resume = recover(tokens, at + 1, end, text);
    } else {
      const parsed = parse(entry, unit, tokens[end]);
      yield parsed;
      if (parsed.kind === "fault") {
        const failed = parsed.fault.kind === "syntax" ? tokenAt(unit, parsed.fault.start) : 0;
        resume = recover(tokens, at + Math.max(failed, 1), end, text);
      }
    }
    if (entry === "policyHead" && tokens[end - 1]!.tokenType === LeftBrace && resume >= end) {
      policy = { word: first, close: closingBrace(tokens, end) };
    }
    at = resume;
  }
  while (nextFault < faults.length) yield { kind: "fault", fault: faults[nextFault++]! };
  if (policy !== undefined) {
    yield { kind: "fault", fault: openPolicy(policy.word) };
    yield { kind: "policyEnd", end: text.length, tokens: [] };
  }
}

function openPolicy(policy: IToken): Fault {
  return { kind: "open policy", start: policy.startOffset, end: policy.endOffset! + 1 };
}

function insidePolicy(first: IToken, word: IToken): Fault {
  return {
    kind: "inside policy",
    start: first.startOffset,
    end: first.endOffset! + 1,
    word: first.image,
    policy: { start: word.startOffset, end: word.endOffset! + 1 },
  };
}

/** Index of the brace that closes the policy whose rules begin at `from`: none if another policy begins before it. */
function closingBrace(tokens: readonly IToken[], from: number): number {
  let depth = 0;
  for (let i = from; i < tokens.length; i++) {
    const type = tokens[i]!.tokenType;
    if (type === LeftBrace) depth++;
    else if (type === RightBrace && --depth < 0) return i;
    else if (type === HEADS.policy) break;
  }
  return -1;
}

/** Statements that cannot be a rule of a policy: meeting one means that a brace is missing. */
const outsidePolicies = new Set(
  Object.entries(HEADS)
    .filter(([word]) => !/^(allow|deny|pass|reserve|limit|ratelimit|waypoint|avoid)$/.test(word))
    .map(([, type]) => type),
);

function parse(entry: Entry, unit: IToken[], next: IToken | undefined): Unit {
  const parser = grammar();
  parser.input = unit;
  const tree = parser[entry]();
  const error = parser.errors[0];
  if (error !== undefined) return { kind: "fault", fault: describe(error, parser.expectations, unit, next) };
  return { kind: entry, tree, tokens: unit } as unknown as Unit;
}

/** Index behind the last token of the unit that begins at `at`. */
function unitEnd(tokens: readonly IToken[], at: number, entry: Entry): number {
  let depth = 0;
  for (let i = at; i < tokens.length; i++) {
    const type = tokens[i]!.tokenType;
    if (type === Dot) return i + 1;
    if (type === LeftBrace) {
      if (entry === "policyHead") return i + 1;
      depth++;
    } else if (type === RightBrace && --depth < 0 && entry === "policyRule") return i;
  }
  return tokens.length;
}

/** Where to go on: at a line that begins with the head of a statement, else behind the unit. */
function recover(tokens: readonly IToken[], from: number, end: number, text: string): number {
  for (let i = from; i < end; i++) if (beginsStatement(tokens, i, text)) return i;
  // `web.example.com` without quotes: the full stop between two letters does not end the damage.
  let behind = end;
  while (behind < tokens.length && tokens[behind - 1]!.tokenType === Dot && !endsLine(tokens, behind, text)) {
    const next = tokens.findIndex((token, i) => i >= behind && token.tokenType === Dot);
    behind = next < 0 ? tokens.length : next + 1;
  }
  return behind;
}

function endsLine(tokens: readonly IToken[], behind: number, text: string): boolean {
  const next = tokens[behind]!;
  return (
    next.startOffset > tokens[behind - 1]!.endOffset! + 1 || /^[@}]/.test(text.slice(next.startOffset)) || isHead(next)
  );
}

function isHead(token: IToken): boolean {
  return Object.hasOwn(HEADS, token.image);
}

function beginsStatement(tokens: readonly IToken[], i: number, text: string): boolean {
  const token = tokens[i]!;
  if (token.tokenType !== AtSign && !isHead(token)) return false;
  const next = tokens[i + 1]?.tokenType;
  if (next === Equal || next === LessEqual || next === GreaterEqual) return false; // a privilege
  return text.slice(tokens[i - 1]!.endOffset! + 1, token.startOffset).includes("\n");
}

function tokenAt(unit: readonly IToken[], offset: number): number {
  const index = unit.findIndex((token) => token.startOffset >= offset);
  return index < 0 ? unit.length : index;
}
