/**
 * A file → units, one at a time: text is lexed once, then each statement, policy head and rule is parsed on its own and
 * its tree handed out and forgotten, so memory does not grow with the file. A unit that fails costs only itself:
 * reading goes on behind its full stop, or before a line that can only be the beginning of the next statement.
 */
import type { IRecognitionException, IToken } from "chevrotain";
import { describeError, type GrammarFault } from "./errors.ts";
import { type EntryRule, grammar } from "./parser.ts";
import { RULE_HEADS } from "./rules.ts";
import { Shapes } from "./shapes.ts";
import {
  AtSign,
  Bang,
  Colon,
  Dot,
  Equal,
  GreaterEqual,
  HEADS,
  Integer,
  KEYWORDS,
  LeftBrace,
  LeftParen,
  type Lexed,
  lex,
  LessEqual,
  Quoted,
  RightBrace,
  RightParen,
  Tilde,
  TraceArrow,
} from "./tokens.ts";
import type { PolicyHeadTree, PolicyRuleTree, StatementTree } from "./tree.ts";

/** What a file is made of, in order. `tokens` are those of the unit. */
export type Unit =
  | { readonly kind: "statement"; readonly tree: StatementTree; readonly tokens: readonly IToken[] }
  | { readonly kind: "policyHead"; readonly tree: PolicyHeadTree; readonly tokens: readonly IToken[] }
  | { readonly kind: "policyRule"; readonly tree: PolicyRuleTree; readonly tokens: readonly IToken[] }
  /** The closing brace; `end` is the offset behind it, or where it is missing. */
  | { readonly kind: "policyEnd"; readonly end: number; readonly tokens: readonly IToken[] }
  | { readonly kind: "fault"; readonly fault: GrammarFault };

/** After so many faults a text is read no further. Each takes a look for what was meant, and nobody reads them all. */
export const MOST_FAULTS = 1_000;

/** Reads a text to its end, or to the first fault that is one too many. Never throws. */
export function* readUnits(text: string, lexed: Lexed = lex(text)): Generator<Unit, void, undefined> {
  let faults = 0;
  for (const unit of allUnits(text, lexed)) {
    if (unit.kind === "fault" && ++faults > MOST_FAULTS) {
      const { start } = unit.fault;
      yield { kind: "fault", fault: { kind: "too many", start, end: start } };
      return;
    }
    yield unit;
  }
}

function* allUnits(text: string, lexed: Lexed): Generator<Unit, void, undefined> {
  const { tokens, faults } = lexed;
  let policy: { readonly word: IToken; readonly close: number } | undefined;
  let nextFault = 0;
  /** The text is not read to its end. */
  let isCut = false;
  let at = 0;
  while (at < tokens.length) {
    const first = tokens[at]!;
    while (faults[nextFault] !== undefined && faults[nextFault]!.start < first.startOffset) {
      yield { kind: "fault", fault: faults[nextFault++]! }; // between units: it costs none of them
    }
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
        at = behindDamage(tokens, unitEnd(tokens, at, "policyRule", text));
        continue;
      }
      yield { kind: "fault", fault: openPolicy(policy.word) };
      yield { kind: "policyEnd", end: first.startOffset, tokens: [] };
      policy = undefined;
    }
    const entry = policy !== undefined ? "policyRule" : first.tokenType === HEADS.policy ? "policyHead" : "statement";
    const end = unitEnd(tokens, at, entry, text);
    const unit = tokens.slice(at, end);
    const reach = tokens[end - 1]!.endOffset! + 1;
    let resume = end;
    if (faults[nextFault] !== undefined && faults[nextFault]!.start < reach) {
      // Text that is no token is the root cause: the grammar's view of the rest would only repeat it.
      while (faults[nextFault] !== undefined && faults[nextFault]!.start < reach) {
        const fault = faults[nextFault++]!;
        const isLong = fault.kind === "too long";
        isCut ||= isLong;
        yield {
          kind: "fault",
          fault: isLong ? { ...fault, start: first.startOffset, end: first.endOffset! + 1 } : fault,
        };
      }
      resume = behindDamage(tokens, end);
    } else {
      const parsed = parse(entry, unit, tokens[end]);
      yield parsed;
      if (parsed.kind === "fault") resume = behindDamage(tokens, end);
    }
    if (entry === "policyHead" && tokens[end - 1]!.tokenType === LeftBrace) {
      policy = { word: first, close: closingBrace(tokens, end) };
    }
    at = resume;
  }
  while (nextFault < faults.length) yield { kind: "fault", fault: faults[nextFault++]! };
  if (policy !== undefined) {
    if (!isCut) yield { kind: "fault", fault: openPolicy(policy.word) };
    yield { kind: "policyEnd", end: text.length, tokens: [] };
  }
}

function openPolicy(policy: IToken): GrammarFault {
  return { kind: "open policy", start: policy.startOffset, end: policy.endOffset! + 1 };
}

function insidePolicy(first: IToken, word: IToken): GrammarFault {
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
const outsidePolicies = new Set(Object.values(HEADS).filter((type) => !RULE_HEADS.includes(type)));

/** How deep brackets and negations may stand within each other; the parser recurses. */
const DEEPEST = 100;

/** The bracket or negation that is one too many. */
function tooDeep(unit: readonly IToken[]): IToken | undefined {
  let depth = 0;
  let negations = 0;
  for (let at = 0; at < unit.length; at++) {
    const token = unit[at]!;
    const type = token.tokenType;
    if (type === LeftParen || type === LeftBrace) depth++;
    else if (type === RightParen || type === RightBrace) depth--;
    negations = type === KEYWORDS.not || type === Bang || type === Tilde ? negations + 1 : 0;
    if (depth > DEEPEST || negations > DEEPEST) return token;
  }
  return undefined;
}

const shapes = new Shapes();

function parse(entry: EntryRule, unit: IToken[], next: IToken | undefined): Unit {
  const deep = tooDeep(unit);
  if (deep !== undefined) {
    return { kind: "fault", fault: { kind: "too deep", start: deep.startOffset, end: deep.endOffset! + 1 } };
  }
  const parser = grammar();
  let error: IRecognitionException | undefined;
  const tree = shapes.tree(entry, unit, () => {
    parser.input = unit;
    const whole = parser[entry]();
    error = parser.errors[0];
    return error === undefined ? whole : undefined;
  });
  if (error !== undefined) {
    const fault = describeError(error, parser.expectations, unit, next);
    const endsHere =
      fault.expected.length === 1 && fault.expected[0] === "`.`" && isUnit(entry, unit.slice(fault.index));
    return { kind: "fault", fault: { ...fault, endsHere, inPolicy: entry !== "statement" } };
  }
  return { kind: entry, tree, tokens: unit } as unknown as Unit;
}

/**
 * Whether the tokens behind a missing full stop are a unit of their own, or none at all. One word alone reads as a fact,
 * but hardly was meant as one: `AddUser Alice Smith.`
 */
function isUnit(entry: EntryRule, rest: IToken[]): boolean {
  if (rest.length === 0) return true;
  if (rest.length <= 2 && !heads.has(rest[0]!.tokenType)) return false;
  const parser = grammar();
  parser.input = rest;
  parser[entry]();
  return parser.errors.length === 0;
}

/** Index behind the last token of the unit that begins at `at`. */
function unitEnd(tokens: readonly IToken[], at: number, entry: EntryRule, text: string): number {
  let depth = 0;
  for (let i = at; i < tokens.length; i++) {
    const type = tokens[i]!.tokenType;
    if (type === Dot) return i + 1;
    if (type === LeftBrace) {
      if (entry === "policyHead") return i + 1;
      depth++;
    } else if (type === RightBrace) {
      if (--depth < 0 && entry === "policyRule") return i;
    } else if (i > at && (heads.has(type) || type === AtSign) && beginsStatement(tokens, i, entry, text)) {
      return i;
    }
  }
  return tokens.length;
}

const heads = new Set(Object.values(HEADS));
/** Tokens behind which a head goes on with the same statement, or a reserved word is a name. */
const leading = new Set([Colon, TraceArrow, AtSign, HEADS.assert, HEADS.default, KEYWORDS.fragments, HEADS.Cancel]);
leading.add(HEADS.Explain);

/**
 * Whether a new statement begins at a reserved word or label inside a unit, so that the full stop before it must be
 * missing. True only where the grammar has no other reading, so no sound statement is ever cut.
 */
function beginsStatement(tokens: readonly IToken[], i: number, entry: EntryRule, text: string): boolean {
  const token = tokens[i]!;
  const before = tokens[i - 1]!;
  const next = tokens[i + 1]?.tokenType;
  if (!text.slice(before.endOffset! + 1, token.startOffset).includes("\n")) return false;
  if (leading.has(before.tokenType)) return false;
  if (token.tokenType === AtSign) return next !== Integer; // `from @1796115600`
  if (tokens[i - 2]?.tokenType === AtSign) return false; // behind a label
  if (before.tokenType === Quoted && tokens[i - 3]?.tokenType === AtSign) return false; // behind its note
  if (next === KEYWORDS.empty || token.tokenType === HEADS.cascade) return false; // of `extern` and `RemoveShare`
  return entry === "policyRule" || (next !== Equal && next !== LessEqual && next !== GreaterEqual); // a privilege
}

/**
 * Where to go on behind a unit that failed. In `web.example.com` without quotes the full stop between two letters ends
 * nothing: what follows up to the next one is damaged too.
 */
function behindDamage(tokens: readonly IToken[], end: number): number {
  let behind = end;
  while (behind < tokens.length && tokens[behind - 1]!.tokenType === Dot && clings(tokens, behind)) {
    while (behind < tokens.length && tokens[behind]!.tokenType !== Dot) behind++;
    behind = Math.min(behind + 1, tokens.length);
  }
  return behind;
}

/** Whether a token stands directly behind the full stop before it, and is not the head of a statement. */
function clings(tokens: readonly IToken[], at: number): boolean {
  const token = tokens[at]!;
  if (token.startOffset > tokens[at - 1]!.endOffset! + 1 || heads.has(token.tokenType)) return false;
  return token.tokenType !== AtSign && token.tokenType !== RightBrace;
}
