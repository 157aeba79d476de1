/**
 * Chevrotain's errors → our faults: what was found, what could have stood there, and which words of the language are
 * worth comparing with what was found. Sentences only; codes and suggestions belong to the compiler.
 */
import type { IParserErrorMessageProvider, IRecognitionException, IToken, TokenType } from "chevrotain";
import { EOF } from "./chevrotain.ts";
import { HEADS, KEYWORDS, type LexicalFault, Name, Quoted, Word } from "./tokens.ts";

/** A unit that is not a sentence of the language. */
export interface SyntaxFault {
  readonly kind: "syntax";
  readonly start: number;
  readonly end: number;
  /** Where the token before ends: the place of a full stop that is missing. */
  readonly after: number;
  /** Whether a full stop there ends one sentence, and what stands behind it up to the next full stop is another. */
  readonly endsHere: boolean;
  /** The text that was found; empty at the end of the file. */
  readonly found: string;
  /** What could have stood there: `` `on` ``, `a name`. */
  readonly expected: readonly string[];
  /** Words that may have been meant, most likely first. */
  readonly candidates: readonly string[];
  /** The unit from its first token to its last. */
  readonly unit: { readonly start: number; readonly end: number };
  /** Whether the unit is a rule of a policy, or the policy's head. */
  readonly inPolicy: boolean;
  /** The word at the beginning of the unit where it is not one that begins a statement. */
  readonly opening?: { readonly text: string; readonly start: number; readonly end: number };
}

/** A policy whose brace is never closed; the span is the word `policy`. */
export interface OpenPolicy {
  readonly kind: "open policy";
  readonly start: number;
  readonly end: number;
}

/** A statement other than a rule between the braces of a policy, and where that policy begins. */
export interface InsidePolicy {
  readonly kind: "inside policy";
  readonly start: number;
  readonly end: number;
  readonly word: string;
  readonly policy: { readonly start: number; readonly end: number };
}

/** The first fault that is one too many: nothing behind it is read. */
interface TooManyFaults {
  readonly kind: "too many";
  readonly start: number;
  readonly end: number;
}

/** Brackets or negations nested deeper than the parser goes, at the first one that is too deep. */
export interface TooDeep {
  readonly kind: "too deep";
  readonly start: number;
  readonly end: number;
}

/** A closing brace that closes nothing. */
export interface StrayBrace {
  readonly kind: "stray brace";
  readonly start: number;
  readonly end: number;
}

export type GrammarFault =
  | LexicalFault
  | SyntaxFault
  | OpenPolicy
  | InsidePolicy
  | TooDeep
  | StrayBrace
  | TooManyFaults;

/** Notes for each error which tokens the grammar wanted; the text that Chevrotain keeps is not used. */
export class Expectations implements IParserErrorMessageProvider {
  wanted: readonly TokenType[] = [];
  /** The grammar rule in which it happened. */
  rule = "";
  /** How many tokens behind the first one the disagreement lies. */
  behind = 0;

  buildMismatchTokenMessage(options: { expected: TokenType; ruleName: string }): string {
    return this.note([options.expected], 0, options.ruleName);
  }

  buildNotAllInputParsedMessage(): string {
    return this.note([EOF], 0, "");
  }

  buildNoViableAltMessage(options: {
    expectedPathsPerAlt: TokenType[][][];
    actual: IToken[];
    ruleName: string;
  }): string {
    return this.notePaths(options.expectedPathsPerAlt.flat(), options.actual, options.ruleName);
  }

  buildEarlyExitMessage(options: {
    expectedIterationPaths: TokenType[][];
    actual: IToken[];
    ruleName: string;
  }): string {
    return this.notePaths(options.expectedIterationPaths, options.actual, options.ruleName);
  }

  /** Paths whose first token agrees show that the second is the one at fault. */
  private notePaths(paths: readonly TokenType[][], actual: readonly IToken[], rule: string): string {
    const first = actual[0]?.tokenType;
    const begun = paths.filter((path) => path.length > 1 && first !== undefined && accepts(path[0]!, first));
    return begun.length > 0
      ? this.note(
          begun.map((path) => path[1]!),
          1,
          rule,
        )
      : this.note(
          paths.map((path) => path[0]!),
          0,
          rule,
        );
  }

  private note(wanted: readonly TokenType[], behind: number, rule: string): string {
    this.rule = rule;
    this.wanted = [...new Set(wanted)];
    this.behind = behind;
    return "";
  }
}

function accepts(wanted: TokenType, found: TokenType): boolean {
  return wanted === found || (wanted.categoryMatches?.includes(found.tokenTypeIdx!) ?? false);
}

/**
 * One error of the parser as a fault. `tokens` are those of the unit, `next` the token behind it (absent at the end of
 * the file).
 */
export function describeError(
  error: IRecognitionException,
  { wanted, behind, rule }: Expectations,
  tokens: readonly IToken[],
  next: IToken | undefined,
): Omit<SyntaxFault, "endsHere" | "inPolicy"> & { readonly index: number } {
  const at = error.token.tokenType === EOF ? tokens.length : tokens.indexOf(error.token);
  const index = Math.min(at + behind, tokens.length);
  const token = tokens[index] ?? next;
  const before = tokens[index - 1];
  const after = before === undefined ? (token?.startOffset ?? 0) : before.endOffset! + 1;
  const opening = tokens.find((_, i) => i >= statementStart(tokens))!;
  return {
    kind: "syntax",
    index,
    start: token?.startOffset ?? after,
    end: token === undefined ? after : token.endOffset! + 1,
    after,
    found: token?.image ?? "",
    expected: expected(wanted, rule),
    candidates: candidates(wanted),
    unit: { start: tokens[0]!.startOffset, end: tokens.at(-1)!.endOffset! + 1 },
    ...(opening.tokenType.CATEGORIES?.includes(Name) &&
      opening.tokenType !== Quoted && {
        opening: { text: opening.image, start: opening.startOffset, end: opening.endOffset! + 1 },
      }),
  };
}

/** Index of the first token behind the expectation, the label and the speaker. */
function statementStart(tokens: readonly IToken[]): number {
  let at = 0;
  if (tokens[at + 1]?.image === "<-") at += 2;
  if (tokens[at]?.image === "@") at += tokens[at + 2]?.tokenType === Quoted && tokens[at + 3]?.image !== ":" ? 3 : 2;
  if (tokens[at + 1]?.image === ":") at += 2;
  return Math.min(at, tokens.length - 1);
}

/** What the larger grammar rules read, for places where too much could stand to list it. */
const nouns: Readonly<Record<string, string>> = {
  value: "a value",
  scalar: "a value",
  argument: "a term",
  literal: "a condition",
  comparison: "a condition",
  conjunction: "a condition",
  time: "a time",
  amount: "an amount",
  privilege: "a value",
  hint: "a value",
  statement: "a statement",
  command: "a statement",
  head: "the head of a rule",
};

function expected(wanted: readonly TokenType[], rule: string): string[] {
  const labels = [...new Set(wanted.map((type) => type.LABEL ?? type.name))];
  return labels.length > 4 && nouns[rule] !== undefined ? [nouns[rule]] : labels;
}

function candidates(wanted: readonly TokenType[]): string[] {
  const words = wanted.map((type) => type.LABEL ?? "").filter((label) => /^`\w+`$/.test(label));
  const names = wanted.includes(Word) || wanted.includes(Name);
  const rest = names ? [] : [...Object.keys(KEYWORDS), ...Object.keys(HEADS)];
  return [...new Set([...words.map((label) => label.slice(1, -1)), ...rest])];
}

/** `expected `on` before `net0``: the sentence of a fault of the grammar. */
export function sentence(fault: SyntaxFault): string {
  const found = fault.found === "" ? "at the end of the file" : `before \`${fault.found}\``;
  const { expected } = fault;
  if (expected.length === 0 || expected.length > 8) {
    return fault.found === "" ? "the file ends inside a statement" : `\`${fault.found}\` cannot stand here`;
  }
  const list = expected.length === 1 ? expected[0]! : `${expected.slice(0, -1).join(", ")} or ${expected.at(-1)!}`;
  return `expected ${list} ${found}`;
}
