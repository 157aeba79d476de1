/**
 * The words of the language: text → tokens. Shapes are recognised here (a dotted number, a quantity); what they mean
 * is decided later. Keywords are contextual: all are lexed as names and typed afterwards by one table, so that a share
 * may be called `now`; only the words that begin a statement are reserved.
 */
export type { IToken, TokenType } from "chevrotain";
import type { ILexingError, IToken, TokenType } from "chevrotain";
import { createToken, Lexer } from "./chevrotain.ts";
import { MOST_WORDS, reachOf } from "./reach.ts";
import { HEAD_WORDS, isReserved } from "./heads.ts";

/** Any word, reserved or not: what may follow `@`, or name a privilege. */
export const Word: TokenType = createToken({ name: "Word", pattern: Lexer.NA, label: "a name" });
/** A word that is free to name things: an identifier, a contextual keyword or quoted text. */
export const Name: TokenType = createToken({
  name: "Name",
  pattern: Lexer.NA,
  categories: Word,
  label: "a name",
});

function shape(name: string, label: string, pattern: RegExp | string, categories: TokenType[] = []): TokenType {
  return createToken({ name, label, pattern, categories });
}

/** Every letter beyond ASCII except the general punctuation; `isName` looks closer. */
const letter = "A-Za-z_\\u00AA-\\u1FFF\\u2070-\\u2FFF\\u3001-\\uFEFE\\uFF00-\\uFFFF";
export const Identifier: TokenType = shape("Identifier", "a name", new RegExp(`[${letter}][${letter}0-9-]*`), [Name]);
export const Quoted: TokenType = shape("Quoted", "quoted text", /"(?:[^"\\\r\n]|\\[^\r\n])*"/, [Name]);
export const Mac: TokenType = shape("Mac", "a MAC address", /[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}(?![\w:])/);
const v6 = "(?:[0-9A-Fa-f]{0,4}:){2,}(?:\\d+\\.\\d+\\.\\d+\\.\\d+|[0-9A-Fa-f]{0,4})";
export const Prefix6: TokenType = shape("Prefix6", "a prefix", new RegExp(`${v6}/\\d+`));
export const Ip6: TokenType = shape("Ip6", "an IPv6 address", new RegExp(`${v6}(?!\\w)`));
export const Instant: TokenType = shape(
  "Instant",
  "a time",
  /\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)?)?(?!\w)/,
);
export const Prefix4: TokenType = shape("Prefix4", "a prefix", /\d+(?:\.\d+)*\/\d+(?:\.\d+)*/);
/** Any number with two dots or more: `010.1.1.1` and `10.0.0` are refused as addresses, not as something else. */
export const Ip4: TokenType = shape("Ip4", "an IPv4 address", /\d+(?:\.\d+){2,}/);
export const Hex: TokenType = shape("Hex", "a number", /0[xX][0-9A-Fa-f]+(?!\w)/);
/** A number with its unit: `10Mb`, `2.5Gbit/s`, `1h30min`. */
export const Quantity: TokenType = shape("Quantity", "a number with a unit", /\d+(?:\.\d+)?[A-Za-z_]\w*(?:\/s(?!\w))?/);
export const Decimal: TokenType = shape("Decimal", "a number", /\d+\.\d+/);
export const Integer: TokenType = shape("Integer", "a number", /\d+/);

export const TraceArrow: TokenType = shape("TraceArrow", "`<-`", "<-");
export const LessEqual: TokenType = shape("LessEqual", "`<=`", "<=");
export const GreaterEqual: TokenType = shape("GreaterEqual", "`>=`", ">=");
export const NotEqual: TokenType = shape("NotEqual", "`!=`", "!=");
/** Prolog's arrow, a synonym of `<=`. */
export const ColonDash: TokenType = shape("ColonDash", "`:-`", ":-");
export const DotDot: TokenType = shape("DotDot", "`..`", "..");
export const Less: TokenType = shape("Less", "`<`", "<");
export const Greater: TokenType = shape("Greater", "`>`", ">");
export const Equal: TokenType = shape("Equal", "`=`", "=");
export const Dot: TokenType = shape("Dot", "`.`", ".");
export const Comma: TokenType = shape("Comma", "`,`", ",");
export const Colon: TokenType = shape("Colon", "`:`", ":");
export const Star: TokenType = shape("Star", "`*`", "*");
export const Plus: TokenType = shape("Plus", "`+`", "+");
export const Minus: TokenType = shape("Minus", "`-`", "-");
export const AtSign: TokenType = shape("AtSign", "`@`", "@");
export const Bar: TokenType = shape("Bar", "`|`", "|");
export const Ampersand: TokenType = shape("Ampersand", "`&`", "&");
export const Caret: TokenType = shape("Caret", "`^`", "^");
export const Bang: TokenType = shape("Bang", "`!`", "!");
export const Tilde: TokenType = shape("Tilde", "`~`", "~");
export const LeftParen: TokenType = shape("LeftParen", "`(`", "(");
export const RightParen: TokenType = shape("RightParen", "`)`", ")");
export const LeftBracket: TokenType = shape("LeftBracket", "`[`", "[");
export const RightBracket: TokenType = shape("RightBracket", "`]`", "]");
export const LeftBrace: TokenType = shape("LeftBrace", "`{`", "{");
export const RightBrace: TokenType = shape("RightBrace", "`}`", "}");

const WhiteSpace = createToken({ name: "WhiteSpace", pattern: /\s+/, group: Lexer.SKIPPED });
export const LineComment: TokenType = createToken({
  name: "LineComment",
  pattern: /(?:\/\/|#)[^\r\n]*/,
  group: "comments",
});
export const BlockComment: TokenType = createToken({
  name: "BlockComment",
  pattern: /\/\*[^]*?\*\//,
  group: "comments",
  line_breaks: true,
});
/** The rest of the text: what begins behind it would look for its end once more, and each in all of it. */
const OpenComment = createToken({ name: "OpenComment", pattern: /\/\*[^]*/, line_breaks: true });
const OpenString = createToken({ name: "OpenString", pattern: /"[^\r\n]*/ });
/** What other languages quote: no name of this one. */
const SingleQuoted = createToken({ name: "SingleQuoted", pattern: /'[^'"\\\r\n]*'/ });

const shapes = [
  [WhiteSpace, LineComment, BlockComment, OpenComment, Mac, Prefix6, Ip6, Identifier, Quoted, OpenString, SingleQuoted],
  [Instant, Prefix4, Ip4, Hex, Quantity, Decimal, Integer],
  [TraceArrow, LessEqual, GreaterEqual, NotEqual, ColonDash, DotDot, Less, Greater, Equal, Dot, Comma, Colon],
  [Star, Plus, Minus, AtSign, Bar, Ampersand, Caret, Bang, Tilde],
  [LeftParen, RightParen, LeftBracket, RightBracket, LeftBrace, RightBrace],
].flat();

function words<const W extends string>(list: readonly W[], category: TokenType): Record<W, TokenType> {
  const types = list.map((word) => {
    const name = `${word[0]!.toUpperCase()}${word.slice(1)}`;
    return [word, createToken({ name, pattern: Lexer.NA, categories: category, label: `\`${word}\`` })];
  });
  return Object.fromEntries(types) as Record<W, TokenType>;
}

/** The tokens of the reserved words. */
export const HEADS = words(HEAD_WORDS, Word);

/** Words with a meaning in some places and free everywhere else. */
export const KEYWORDS = words(
  [
    ...(["for", "on", "to", "from", "with", "requests", "strict", "partial", "both", "ways", "True", "False"] as const),
    ...(["or", "and", "except", "not", "in", "now", "forever", "lasting", "share", "as", "guard", "ordered"] as const),
    ...(["csv", "json", "where", "empty", "at", "always", "reserved", "fragments"] as const),
  ],
  Name,
);

const typed: ReadonlyMap<string, TokenType> = new Map([...Object.entries(HEADS), ...Object.entries(KEYWORDS)]);

/** All token types, for the parser. */
export const TOKEN_VOCABULARY: TokenType[] = [Word, Name, ...shapes, ...typed.values()];

/** Whether the text may stand as a name without quotes (reserved words aside). */
export function isName(text: string): boolean {
  return /^[\p{L}_][\p{L}\p{M}\p{N}_-]*$/u.test(text);
}

/** Whether the text may stand without quotes wherever a name is wanted. */
export function isBareName(text: string): boolean {
  return isName(text) && !isReserved(text);
}

/** A stretch of text that is no token, or where a text is not read any further, or not at all ("too much"). */
export interface LexicalFault {
  readonly kind: "character" | "open comment" | "open string" | "single quotes" | "too long" | "too much";
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text as tokens; comments stand apart, in order. */
export interface Lexed {
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
  readonly faults: readonly LexicalFault[];
  /** What the text comes to in words and signs (`reach.ts`). */
  readonly size: number;
}

let lexer: InstanceType<typeof Lexer> | undefined;

/**
 * Text → tokens. Never throws: what is no token is a fault, and lexing goes on behind it. A text of more than so many
 * words and signs has no tokens.
 */
export function lex(text: string, most = MOST_WORDS): Lexed {
  const { size, stop } = reachOf(text, most);
  if (stop === undefined) return { ...lexAll(text), size };
  if (stop.kind === "too much") return { tokens: [], comments: [], faults: [fault(stop.kind, stop.at, 1, text)], size };
  const { tokens, comments, faults } = lexAll(text.slice(0, stop.at));
  const last = tokens.at(-1)!.startOffset;
  return { tokens, comments, faults: [...faults, fault(stop.kind, last, 1, text)].sort(byPlace), size };
}

const byPlace = (left: LexicalFault, right: LexicalFault): number => left.start - right.start;

function lexAll(text: string): Omit<Lexed, "size"> {
  lexer ??= new Lexer(shapes, { positionTracking: "onlyOffset", skipValidations: true, ensureOptimizations: false });
  const result = lexer.tokenize(text);
  const faults = result.errors.map((error: ILexingError) => fault("character", error.offset, error.length, text));
  const tokens: IToken[] = [];
  for (const token of result.tokens) {
    token.endOffset = token.startOffset + token.image.length - 1;
    if (token.tokenType === Identifier) {
      const type = typed.get(token.image);
      if (type !== undefined) retype(token, type);
      else if (token.image.charCodeAt(0) > 127 || !/^[\w-]*$/.test(token.image)) {
        const strange = strangeCharacter(token.image);
        if (strange >= 0) faults.push(fault("character", token.startOffset + strange, 1, text));
      }
    } else if (token.tokenType === OpenString) {
      faults.push(fault("open string", token.startOffset, token.image.length, text));
    } else if (token.tokenType === SingleQuoted) {
      faults.push(fault("single quotes", token.startOffset, token.image.length, text));
    } else if (token.tokenType === OpenComment) {
      faults.push(fault("open comment", token.startOffset, 2, text));
      break; // the rest of the file is inside the comment
    }
    tokens.push(token);
  }
  faults.sort(byPlace);
  const comments: IToken[] = result.groups["comments"] ?? [];
  for (const comment of comments) comment.endOffset = comment.startOffset + comment.image.length - 1;
  return { tokens, comments, faults };
}

function retype(token: IToken, type: TokenType): void {
  token.tokenType = type;
  token.tokenTypeIdx = type.tokenTypeIdx!;
}

/** A fault of whole characters: none is cut between its two halves (UTF-16, surrogates). */
function fault(kind: LexicalFault["kind"], from: number, length: number, text: string): LexicalFault {
  const cut = (at: number): boolean => /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(at - 1, at + 1));
  const start = cut(from) ? from - 1 : from;
  const end = cut(from + length) ? from + length + 1 : from + length;
  return { kind, start, end, text: text.slice(start, end) };
}

/** Index of the first character that may not stand in a name, or -1. */
function strangeCharacter(image: string): number {
  let at = 0;
  for (const character of image) {
    if (!(at === 0 ? /[\p{L}_]/u : /[\p{L}\p{M}\p{N}_-]/u).test(character)) return at;
    at += character.length;
  }
  return -1;
}
