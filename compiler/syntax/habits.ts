/**
 * What people write from habit, since other languages have it → the help. A fix is offered only where the whole sentence
 * parses with it.
 */
import type { SyntaxFault } from "#grammar/errors.ts";
import { isReserved } from "#grammar/heads.ts";
import { readUnits } from "#grammar/units.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { parseDuration, parseRate, type Parsed } from "../net/index.ts";
import type { Span } from "../source.ts";
import { FOREIGN } from "./foreign.ts";
import { CONDITIONALS, CONDITIONS } from "./habits/conditions.ts";
import type { FaultPlace, Habit } from "./habits/habit.ts";
import { LISTS } from "./habits/lists.ts";
import { ORDER } from "./habits/order.ts";
import { opened, SENTENCES } from "./habits/sentences.ts";
import { LEADING, SHAPED } from "./habits/shapes.ts";
import { TERMS } from "./habits/terms.ts";
import { TIMES } from "./habits/times.ts";
import { PRIVILEGES } from "./privileges.ts";

const FLAGS = Object.keys(PRIVILEGES).filter((name) => PRIVILEGES[name]!.takes === "flag");
const BARE_FLAG = new RegExp(String.raw`\b(${FLAGS.join("|")})\b(?=\s*(?:[\],]|[a-z]))`, "gu");

/** As much of the text is looked at on each side. */
const NEAR = 64;

/** What a habit adds to the diagnostic of a fault. */
type Extras = Pick<Diagnostic, "help" | "fix">;

/** Help and fix for a fault at a span, to be spread into its diagnostic; undefined where no habit shows. */
export const habit = (fault: SyntaxFault, span: Span): Extras | undefined => habitOf(HABITS, fault, span);

/** The same for a sentence whose first word begins none. */
export const openingHabit = (fault: SyntaxFault, span: Span): Extras | undefined => habitOf(OPENINGS, fault, span);

/** The first of some habits that shows. */
function habitOf(
  habits: readonly ((place: FaultPlace) => Habit | undefined)[],
  fault: SyntaxFault,
  { source }: Span,
): Extras | undefined {
  const { start, end, unit, inPolicy } = fault;
  const before = source.text.slice(Math.max(0, start - NEAR), start);
  const behind = source.text.slice(end, end + NEAR);
  for (const of of habits) {
    const { help, change } = of({ ...fault, source, before, behind }) ?? {};
    const isWhole =
      change !== undefined &&
      [unit.end, sentenceEnd(source.text, Math.max(unit.end, change.end))].some(
        (to) =>
          change.end <= to &&
          parses(
            source.text.slice(unit.start, change.start) + change.text + source.text.slice(change.end, to),
            inPolicy,
          ),
      );
    if (!isWhole) {
      if (help === undefined) continue;
      return { help };
    }
    const { text, title = `write \`${text}\``, ...span } = change;
    return { ...(help !== undefined && { help }), fix: { title, span: { source, ...span }, text } };
  }
  return undefined;
}

/** Where the sentence ends, if a full stop within an address ended the unit: at one before white space, or where it is. */
function sentenceEnd(text: string, from: number): number {
  const behind = /^[^\r\n]{0,400}?\.(?=\s|$)/.exec(text.slice(from, from + 402))?.[0];
  return behind === undefined ? from : from + behind.length;
}

const inPlace = (text: string, inPolicy: boolean): string => (inPolicy ? `policy p { ${text} }` : text);
const parses = (text: string, inPolicy: boolean): boolean =>
  [...readUnits(inPlace(text, inPolicy))].every(({ kind }) => kind !== "fault");

/** Whether more of a sentence parses with another text for a word of it that ends at or before the fault. */
export function leadsOn(fault: SyntaxFault, { source, start, end }: Span, text: string): boolean {
  const { unit, inPolicy } = fault;
  const sentence = source.text.slice(unit.start, start) + text + source.text.slice(end, unit.end);
  const first = [...readUnits(inPlace(sentence, inPolicy))].find(({ kind }) => kind === "fault");
  if (first?.kind !== "fault") return true;
  const moved = inPlace("|", inPolicy).indexOf("|") + text.length - (end - start) - unit.start;
  return first.fault.start > Math.max(fault.start, end - 1) + moved;
}

/** Whether a unit begins as a fact does, and not with a word of the language. */
function isAtom(text: string): boolean {
  const name = /^(\w+)\(/.exec(text)?.[1];
  return name !== undefined && !isReserved(name);
}

const orFix = (parsed: Parsed<number>, text: string): string | undefined => (parsed.ok ? text : parsed.fix);

/** A head of a rule with all that is before its arrow: a label, and what it asks for. */
const RULE_HEAD =
  /^(?:@\S+\s+(?:"[^"]*"\s+)?)?(?:(?:allow|deny|pass)(?:\s*\([^()]*\))?|(?:limit|ratelimit|reserve|waypoint|avoid)\s*\([^()]*\))$/;
const ARROW = "the conditions of a rule stand behind `<=`";

/** What rules have in other languages → what they have here. */
const RULES: readonly ((place: FaultPlace) => Habit | undefined)[] = [
  /** `allow if srcUser(alice)`, `deny <- dstPort(80)`, `limit(1Mb) srcUser(alice)`, `deny all`: without an arrow all is held. */
  ({ inPolicy, unit, source, before, after, start, end, found }) => {
    if (!inPolicy || !RULE_HEAD.test(source.text.slice(unit.start, after))) return undefined;
    if (isReserved(found)) return { change: { start: after, end: after, text: ".", title: "end the statement" } };
    const spaces = /\s*$/.exec(before)![0].length;
    if (/^(?:all|any|everything)$/.test(found)) {
      const change = { start: start - spaces, end, text: "", title: `take \`${found}\` out` };
      return { help: "a rule without conditions holds every flow", change };
    }
    if (found === "unless") return { help: `${ARROW}, and what must not hold behind \`not\`` };
    const sign = /^(?:<-|[-=]>|:=?|←|=|<|(?:if|when|where)\b)/.exec(source.text.slice(start, start + NEAR))?.[0];
    if (sign !== undefined) {
      const text = spaces === 0 ? " <=" : "<=";
      return { help: ARROW, change: { start, end: start + sign.length, text, title: "write `<=`" } };
    }
    if (!/^[\p{L}_(]/u.test(found)) return undefined;
    return { help: ARROW, change: { start, end: start, text: "<= ", title: "write `<=`" } };
  },
  /** `limit <= srcUser(alice)`. */
  ({ found, expected, source, after }) => {
    const head = /(?:limit|ratelimit|reserve|waypoint|avoid)$/.exec(
      source.text.slice(Math.max(0, after - 9), after),
    )?.[0];
    if (head === undefined || !/^(?:<=|:-)$/.test(found) || !expected.includes("`(`")) return undefined;
    const what = head === "waypoint" || head === "avoid" ? "NODE" : "RATE";
    return { help: `\`${head}\` says how: \`${head}(${what}) <= …\`` };
  },
  /** `allow(*) on net0 if staff(alice).` */
  ({ inPolicy, found }) =>
    !inPolicy && /^(?:if|when|where|unless)$/.test(found)
      ? { help: "a request has no conditions beside its flows; the rules of a policy have" }
      : undefined,
];

const HABITS: readonly ((place: FaultPlace) => Habit | undefined)[] = [
  ...LEADING,
  ...CONDITIONS,
  ...SENTENCES,
  ...RULES,
  ...TERMS,
  ...FOREIGN,
  /** `5 Mb`, `+20 min`. */
  ({ before, found, start, end }) => {
    const [all, number] = /(?<![\w.:/-])(\d+(?:\.\d+)?)[ \t]+$/.exec(before) ?? [];
    if (number === undefined || !/^[A-Za-z]+$/.test(found)) return undefined;
    const text =
      orFix(parseRate(number + found), number + found) ?? orFix(parseDuration(number + found), number + found);
    return text === undefined
      ? undefined
      : { help: "a number and its unit are one word", change: { start: start - all!.length, end, text } };
  },
  /** `to 20min`. */
  ({ before, found, start, end }) =>
    /\b(?:from|to)\s+$/.test(before) && parseDuration(found).ok
      ? { help: "a time is counted from now by `+`", change: { start, end, text: `+${found}` } }
      : undefined,
  /** `srcHost=a dstPort=80`, `host_ip(a 10.0.0.1)`: of two names side by side either `,` or `or` may be meant. */
  ({ expected, found, behind, after, unit, source }) =>
    expected.includes("`)`") &&
    !(found === "." && /^\p{L}/u.test(behind)) &&
    (/^\s*!?=/.test(behind) || (found !== "" && isAtom(source.text.slice(unit.start, after))))
      ? { help: "terms stand between commas", change: { start: after, end: after, text: ",", title: "write a comma" } }
      : undefined,
  /** `from 09:00`. */
  ({ before, found, behind }) =>
    found === ":" && /\b(?:from|to)\s+\d{1,2}$/.test(before) && /^\d\d\b/.test(behind)
      ? { help: "a time has its date and zone, as `2026-12-01T09:00:00Z` has: none comes back every day" }
      : undefined,
  /** `Cancel @call`. */
  ({ before, found, start, end }) =>
    found === "@" && /\b(?:Cancel|Explain)\s+$/.test(before)
      ? { change: { start, end, text: "", title: "take the `@` out" } }
      : undefined,
  /** `[deny]`, `[reserve < 10Mb]`. */
  ({ before, expected, after, source }) => {
    const name = /(\w+)\s*$/.exec(before)?.[1] ?? "";
    if (!expected.includes("`>=`") || !Object.hasOwn(PRIVILEGES, name)) return undefined;
    const { operators, takes } = PRIVILEGES[name]!;
    if (takes === "flag") {
      const help = `a privilege is stated with its value, as \`${name} = True\``;
      const start = source.text.lastIndexOf("[", after);
      const end = source.text.indexOf("]", after) + 1;
      if (start < 0 || end === 0) return { help };
      // What stands there without a value is a right that is wanted.
      const text = source.text.slice(start, end).replaceAll(BARE_FLAG, "$1 = True");
      const stated = [...text.matchAll(/\w+(?=\s*(?:[<>]?=))/g)].map(String);
      if (new Set(stated).size < stated.length) return { help };
      return { help, change: { start, end, text } };
    }
    return { help: `\`${name}\` is written with ${operators.map((one) => `\`${one}\``).join(" or ")}` };
  },
  /** `flowgroup office = srcHost=10.0.0.0/8.` */
  ({ expected, behind }) =>
    expected.length === 1 && expected[0] === "`(`" && /^\s*!?=/.test(behind)
      ? { help: "flows stand in parentheses" }
      : undefined,
  /** `NewShare s for (*) on rootShare.` */
  ({ found, expected }) =>
    found === "on" && expected.includes("`[`")
      ? { help: "what a share grants stands in brackets before `on`" }
      : undefined,
  ...ORDER,
  ...LISTS,
  ...TIMES,
  ...SHAPED,
];

/** Of sentences that begin with a word that begins none, the surest first. */
const OPENINGS: readonly ((place: FaultPlace) => Habit | undefined)[] = [
  ...LEADING,
  ...CONDITIONALS,
  ...SENTENCES,
  opened,
  ...SHAPED,
];
