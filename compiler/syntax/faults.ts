/** The grammar's faults → diagnostics, with the word that was probably meant. */
import { type GrammarFault, sentence, type SyntaxFault } from "#grammar/errors.ts";
import { isReserved } from "#grammar/heads.ts";
import { MOST_SIGNS, MOST_WORDS } from "#grammar/reach.ts";
import { HEADS, KEYWORDS } from "#grammar/tokens.ts";
import { MOST_FAULTS } from "#grammar/units.ts";
import { readTooMuch } from "../diagnostics/codes/model.ts";
import * as codes from "../diagnostics/codes/syntax.ts";
import type { Diagnostic, Fix } from "../diagnostics/diagnostic.ts";
import { actionElsewhere } from "../diagnostics/elsewhere.ts";
import { correction, suggest } from "../diagnostics/suggest.ts";
import type { Source, Span } from "../source.ts";
import { requestForm } from "./foreign.ts";
import { habit, leadsOn, openingHabit } from "./habits.ts";
import { TIME_FORM } from "./habits/times.ts";

/** One fault as the user reads it. */
export function faultDiagnostic(source: Source, fault: GrammarFault): Diagnostic {
  const span: Span = { source, start: fault.start, end: fault.end };
  switch (fault.kind) {
    case "syntax":
      return syntaxFault(fault, span);
    case "character":
      if (fault.text === ";") return semicolon(span);
      if (fault.text === "%") return percent(span);
      if (fault.text === "/") return slash(span);
      if (fault.text === "$") return variable(span);
      if (LOOK_ALIKES.has(fault.text) || QUOTES.test(fault.text)) return typeset(fault.text, span);
      return codes.strangeCharacter({ character: visible(fault.text) }, { span });
    case "single quotes": {
      const word = fault.text.slice(1, -1);
      const text = isOpening(word, span) ? word : `"${word}"`;
      return codes.strangeCharacter({ character: "'" }, { span, fix: { title: `write ${text}`, span, text } });
    }
    case "open string":
      return codes.openString({}, { span, help: "quoted text ends on the line on which it begins" });
    case "open comment":
      return codes.openComment({}, { span });
    case "too long":
      return codes.tooLong({ limit: MOST_SIGNS }, { span, help: "state its parts as facts, an extern or statements" });
    case "too much":
      return readTooMuch({ limit: MOST_WORDS }, { span });
    case "too many": {
      const help = "mend those before it first; of a file of another language nothing is read";
      return codes.manyFaults({ limit: MOST_FAULTS }, { span, help });
    }
    case "open policy":
      return codes.openPolicy({}, { span });
    case "inside policy":
      return codes.insidePolicy(
        { word: fault.word },
        { span, related: [{ span: { source, ...fault.policy }, message: "this policy is still open" }] },
      );
    case "too deep":
      return codes.tooDeep({}, { span, help: "name the inner part: a flowgroup, or a relation of its own" });
    case "stray brace":
      return codes.strayBrace({}, { span });
  }
}

/** Signs of word processors and of other keyboards → the sign that is meant. */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "：": ":",
    "，": ",",
    "、": ",",
    "。": ".",
    "．": ".",
    "（": "(",
    "）": ")",
    "＝": "=",
    "｛": "{",
    "｝": "}",
    "–": "-",
    "—": "-",
    "−": "-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
  }),
);
const QUOTES = /^[“”„«»‘’]$/u;

/** A sign that only looks like one of ours; a pair of quotation marks is mended as one. */
function typeset(character: string, span: Span): Diagnostic {
  const own = LOOK_ALIKES.get(character);
  if (own !== undefined)
    return codes.strangeCharacter({ character }, { span, fix: { title: `write \`${own}\``, span, text: own } });
  const { source, start } = span;
  const quoted = /^[“”„«‘]([^“”„«»‘’"\\\n]{1,200})[”“»’]/u.exec(source.text.slice(start, start + 202));
  const help = "names with blanks stand in straight quotation marks";
  if (quoted === null) return codes.strangeCharacter({ character }, { span, help });
  const text = isOpening(quoted[1]!, span) ? quoted[1]! : `"${quoted[1]!}"`;
  const fix: Fix = { title: `write ${text}`, span: { source, start, end: start + quoted[0].length }, text };
  return codes.strangeCharacter({ character }, { span, help, fix });
}

/** Whether a word in quotes is that by which a statement begins: in quotes it would be a name. */
const isOpening = (word: string, { source, start }: Span): boolean =>
  Object.hasOwn(HEADS, word) && /(?:^|[.:{}])\s*$/.test(source.text.slice(Math.max(0, start - 64), start));

/** A percentage, or the interface behind a link-local address. */
function percent(span: Span): Diagnostic {
  const { source, start, end } = span;
  const before = source.text.slice(Math.max(0, start - 40), start);
  const zone = /^%[\w.-]*\w/.exec(source.text.slice(start, start + 40))?.[0];
  if (zone !== undefined && /[\dA-Fa-f]*:[\dA-Fa-f:]*:[\dA-Fa-f]*$/.test(before)) {
    const fix: Fix = { title: `take \`${zone}\` out`, span: { source, start, end: start + zone.length }, text: "" };
    const help = "an address is the same on every interface, and stands without the name of one";
    return codes.strangeCharacter({ character: "%" }, { span, help, fix });
  }
  const help = /\d\s*$/.test(before)
    ? "a rate has a number and a unit, as `10Mb` has: none is a part of another"
    : undefined;
  return codes.strangeCharacter({ character: "%" }, { span: { source, start, end }, help });
}

const RATE_FORM = "a rate is one word, a number of bits in a second: `10Mb`; of bytes it is eight times as many";

/** A day of a calendar, a rate in several words, a port with its transport, or an access point: a slash stands in a prefix alone. */
function slash(span: Span): Diagnostic {
  const { source, start, end } = span;
  const before = source.text.slice(Math.max(0, start - 40), start);
  const character = "/";
  if (/\b(?:from|to)\s+\d{1,4}(?:\/\d{1,2})?$/.test(before))
    return codes.strangeCharacter({ character }, { span, help: TIME_FORM });
  if (/\b(?:src|dst)AP\s*!?=\s*\{?[^{}=]*[\w-]$/.test(before)) {
    const fix: Fix = { title: "write `:`", span, text: ":" };
    return codes.strangeCharacter({ character }, { span, help: "an access point is `SWITCH:PORT`", fix });
  }
  if (/=\s*\d+(?:\.\d+)?\s+[kMGT]?(?:b|bits?|B)$/i.test(before) && /^s\b/.test(source.text.slice(end, end + 2)))
    return codes.strangeCharacter({ character }, { span, help: RATE_FORM });
  const transport = /^(?:tcp|udp|sctp)\b/i.exec(source.text.slice(end, end + 8))?.[0];
  const port = /\d\s*$/.test(before) && transport !== undefined;
  const help = port ? `the transport is a term of its own: \`transport=${transport.toUpperCase()}\`` : undefined;
  return codes.strangeCharacter({ character }, { span, help });
}

/** `$HOME_NET = 10.0.0.0/8`, `dstHost=$HOME_NET`: names stand for flows, hosts and users, and have no sign. */
function variable(span: Span): Diagnostic {
  const text = span.source.text.slice(span.start, span.start + 128);
  const [, name, value] = /^\$\{?([\p{L}_]\w*)\}?(?:\s*=\s*([\d.:/a-fA-F]*[\d:]))?/u.exec(text) ?? [];
  const help =
    name === undefined
      ? undefined
      : `flows have names, which stand in their parentheses without a sign: \`flowgroup ${name.toLowerCase()} = (dstHost=${value ?? "10.0.0.0/8"}).\``;
  return codes.strangeCharacter({ character: "$" }, { span, help });
}

const COMMENT = "a comment begins with `//`";

/** A semicolon, by which other languages end statements or part terms. */
function semicolon(span: Span): Diagnostic {
  const line = span.source.text.slice(Math.max(0, span.start - 400), span.start);
  if (/(?:^|\n)[ \t]*$/.test(line)) {
    const fix: Fix = { title: "write `//`", span, text: "//" };
    return codes.strangeCharacter({ character: ";" }, { span, help: COMMENT, fix });
  }
  const before = span.source.text
    .slice(Math.max(0, span.start - 400), span.start)
    .replaceAll(/"[^"\n]*"|\([^()]*\)/g, "");
  const isInside =
    before.lastIndexOf("(") > Math.max(before.lastIndexOf(")"), before.lastIndexOf("\n")) ||
    before.lastIndexOf("[") > before.lastIndexOf("]") ||
    /(?:=|\bin)\s*\{[^{}]*$/.test(before);
  // The statement has ended already, or ends just behind.
  const isSpare =
    (/[.}]\s*$/.test(before) && !/(?:=|\bin)\s*\{[^{}]*\}\s*$/.test(before)) ||
    /^;\s*\./.test(span.source.text.slice(span.start, span.start + 64));
  if (isSpare) {
    const help = "a statement ends with a full stop alone";
    return codes.strangeCharacter({ character: ";" }, { span, help, fix: { title: "take `;` out", span, text: "" } });
  }
  const behind = /^;\s*([\w(]+)/.exec(span.source.text.slice(span.start, span.start + 64))?.[1];
  // Behind an arrow the rest would be cut off, and the rule hold more than was meant.
  const isRule = /(?:<=|:-)[^.{}]*$/.test(before.replaceAll(/(?<=\d)\.(?=\d)/g, "_"));
  if (!isInside && isRule && behind !== undefined && !isReserved(behind))
    return codes.strangeCharacter(
      { character: ";" },
      { span, help: "conditions stand between commas, or between `or`" },
    );
  // Nodes are a list without brackets: behind a full stop the rest would be a statement of its own.
  const isListed =
    /\b(?:waypoint|avoid)\s*=\s*[^.=]*$/.test(before) &&
    /^;[^.;()]*\bon\b/.test(span.source.text.slice(span.start, span.start + 400));
  const text = isInside || isListed ? "," : ".";
  const help = isListed
    ? "nodes stand between commas"
    : isInside
      ? "terms stand between commas"
      : "a statement ends with a full stop";
  return codes.strangeCharacter({ character: ";" }, { span, help, fix: { title: `write \`${text}\``, span, text } });
}

/** Control characters and the like by their number. */
function visible(text: string): string {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+$/u.test(text)
    ? text
    : Array.from(text, (one) => `U+${one.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`).join(" ");
}

function syntaxFault(fault: SyntaxFault, span: Span): Diagnostic {
  const { opening, found, endsHere } = fault;
  if (opening !== undefined) {
    const at: Span = { source: span.source, start: opening.start, end: opening.end };
    const meantOtherwise = openingHabit(fault, span);
    if (meantOtherwise !== undefined)
      return codes.unknownStatement({ word: opening.text }, { span: at, ...meantOtherwise });
    const meant = suggest(opening.text, Object.keys(HEADS));
    if (meant !== undefined && leadsOn(fault, at, meant)) {
      return codes.unknownStatement({ word: opening.text }, { span: at, ...correction(meant, at) });
    }
    if (at.end === fault.after && /^[\p{L}\p{N}"-]/u.test(found)) {
      return codes.unknownStatement(
        { word: opening.text },
        { span: at, help: openingHelp(opening.text, fault.inPolicy) },
      );
    }
  }
  const words = { sentence: sentence(fault) };
  const meantOtherwise = habit(fault, span);
  if (meantOtherwise !== undefined) return codes.unexpected(words, { span, ...meantOtherwise });
  if (endsHere) {
    const meant = isWord(found) ? undefined : suggest(found, fault.candidates.slice(1));
    if (meant === undefined) {
      const end: Span = { source: span.source, start: fault.after, end: fault.after };
      const semi = /^\s{0,64};/.exec(span.source.text.slice(end.start, end.start + 65))?.[0] ?? "";
      const replaced: Span = { ...end, end: end.start + semi.length };
      return codes.unexpected(words, { span: end, fix: { title: "end the statement", span: replaced, text: "." } });
    }
  }
  const meant =
    /^\p{L}/u.test(found) && !isWord(found) && actionElsewhere(found) === undefined
      ? suggest(found, fault.candidates)
      : undefined;
  if (meant !== undefined && leadsOn(fault, span, meant)) {
    return codes.unexpected(words, { span, ...correction(meant, span) });
  }
  return codes.unexpected(words, { span, help: nameHelp(fault, span) });
}

/** What begins a statement, for who comes from another language. */
function openingHelp(word: string, inPolicy: boolean): string {
  const action = actionElsewhere(word);
  if (action !== undefined && inPolicy)
    return `a rule has its conditions behind \`<=\`: \`${action} <= CONDITION, CONDITION.\``;
  if (action !== undefined) return requestForm(action);
  return "statements begin with words such as `allow`, `deny`, `NewShare` and `policy`; `glazier init` writes a policy to begin with";
}

/** Whether the text is a word of the language, and so hardly another one mistyped. */
function isWord(text: string): boolean {
  return Object.hasOwn(HEADS, text) || Object.hasOwn(KEYWORDS, text);
}

/** That a name needs quotes. */
function nameHelp({ found, after }: SyntaxFault, { source, start }: Span): string | undefined {
  if (found === "." && start === after) {
    const before = /[\p{L}\p{N}_-]+$/u.exec(source.text.slice(Math.max(0, start - 64), start))?.[0];
    const behind = /^(?:\.[\p{L}\p{N}_-]+)+/u.exec(source.text.slice(start, start + 256))?.[0];
    if (before !== undefined && behind !== undefined) return `names with dots are quoted: \`"${before}${behind}"\``;
  }
  // `cascade(a, b).`: the head of a statement where the name of a relation was meant.
  const before = found === "<=" || found === ":-" || (found === "(" && start === after);
  const head = before ? /[A-Za-z]+$/.exec(source.text.slice(Math.max(0, after - 32), after))?.[0] : found;
  if (head === undefined || !Object.hasOwn(HEADS, head)) return undefined;
  return `\`${head}\` is reserved; as a name it is quoted: \`"${head}"\``;
}
