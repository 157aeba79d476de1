/** How other languages join and compare conditions, and where they put a verdict → the same in a rule of this one. */
import { actionElsewhere } from "../../diagnostics/elsewhere.ts";
import { unitAt, type FaultPlace, type Habit } from "./habit.ts";

/** Signs and words between conditions elsewhere → those of a rule. */
const SIGNS: Readonly<Record<string, string>> = {
  "==": "=",
  "===": "=",
  "&&": ",",
  "||": "or",
  "<>": "!=",
  "=/=": "!=",
  AND: "and",
  OR: "or",
  NOT: "not",
  IN: "in",
  eq: "=",
  ne: "!=",
};
const SIGN = /"[^"\n]*"|(\s*)(===?|&&|\|\||<>|=\/=|\b(?:AND|OR|NOT|IN|eq|ne)\b)(\s*)/g;

/** Conditions with all signs of other languages as they are written here. */
const inOwnSigns = (conditions: string): string =>
  conditions.replaceAll(SIGN, (all, before: string, sign?: string, behind?: string) => {
    if (sign === undefined) return all;
    const own = SIGNS[sign]!;
    if (own === ",") return ", ";
    return /^[a-z]/.test(own) ? ` ${own} ` : `${before}${own}${behind!}`;
  });

/** The same, with a comparison of a port by size as the range that it means, and no value that reads as a variable. */
const inOwnForm = (conditions: string): string =>
  asValues(inOwnSigns(conditions)).replaceAll(SIZE, (all, field: string, sign: string, number: string) => {
    const value = Number(number);
    const from = sign.startsWith(">") ? value + (sign === ">" ? 1 : 0) : 0;
    const to = sign.startsWith(">") ? MOST_PORT : value - (sign === "<" ? 1 : 0);
    return from > to || value > MOST_PORT ? all : `${field} in ${from}-${to}`;
  });

/** What is compared with a field, word by word: in a rule a bare word with a capital is a variable. */
const asValues = (conditions: string): string =>
  conditions.replaceAll(COMPARED, (all) =>
    all.replaceAll(CAPITAL, (word) => {
      if (/^["']/.test(word)) return `"${word.slice(1, -1)}"`;
      // A variable, which a relation gives its values.
      if (new RegExp(String.raw`\w\s*\([^()]*(?<![\w"])${word}(?![\w"])`, "u").test(conditions)) return word;
      return /^(?:TCP|UDP|SCTP|ICMP|ARP|IPv[46])$/.test(word) ? word.toLowerCase() : `"${word}"`;
    }),
  );
const COMPARED = /(?:=|\bin\b)\s*(?:\{[^{}]*\}|"[^"\n]*"|'[^'\n]*'|[\p{L}_][\p{L}\p{N}_-]*)/gu;
const CAPITAL = /"[^"\n]*"|'[^'\n]*'|(?<![\p{L}\p{N}_-])[\p{Lu}_][\p{L}\p{N}_-]*/gu;

const SIZE = /\b(srcPort|dstPort)\s*(>=?|<=?)\s*(\d{1,5})\b/g;
const MOST_PORT = 65_535;

/** `dstPort == 80 && transport = TCP`: all signs of one sentence at once, since it parses only then. */
function signs(place: FaultPlace): Habit | undefined {
  const { text, start, end } = unitAt(place);
  const arrow = /<=|:-/.exec(text);
  if (arrow === null || start + arrow.index >= place.start) return undefined;
  const from = arrow.index + arrow[0].length;
  const found = [...text.slice(from).matchAll(SIGN)].filter(([, , sign]) => sign !== undefined);
  const isHere = found.some((one) => {
    const at = start + from + one.index;
    return at <= place.start && place.start < at + one[0].length;
  });
  if (!isHere) return undefined;
  const used = [...new Set(found.map(([, , sign]) => sign!))];
  const body = inOwnSigns(text.slice(from));
  const title = `write ${used.map((sign) => `\`${SIGNS[sign]!}\` for \`${sign}\``).join(", ")}`;
  const help = `conditions are compared by \`=\` and \`!=\`, and joined by \`,\` and \`or\``;
  return { help, change: { start: start + from, end, text: body, title } };
}

const VERDICT = String.raw`(allow|deny|pass|permit|accept|drop|block|reject|(?:limit|ratelimit|reserve|waypoint|avoid)\s*\([^()]*\))`;
const CONDITIONAL = new RegExp(String.raw`^(?:if|when|where)\b\s*(.+?)\s*(?:\bthen\b|:|=>|->|,)?\s*\b${VERDICT}$`, "s");

/** `if dstPort = 80 then deny`. */
function conditional(place: FaultPlace): Habit | undefined {
  const { text, start, end } = unitAt(place);
  const [, conditions, verdict] = CONDITIONAL.exec(text) ?? [];
  if (conditions === undefined || /\b(?:then|else|if|elif)\b/.test(conditions.replace(/\s*\bthen$/, "")))
    return /^(?:if|when|where|unless)$/.test(place.opening?.text ?? "")
      ? {
          help: "a rule has its verdict first: `allow <= CONDITION, CONDITION.`; what must not hold stands behind `not`",
        }
      : undefined;
  const rule = `${actionElsewhere(verdict!) ?? verdict!} <= ${inOwnForm(conditions.replace(/\s*\bthen$|\s*[,:]$/, ""))}`;
  if (place.inPolicy)
    return {
      help: "the verdict of a rule stands before its conditions",
      change: { start, end, text: rule, title: "turn the rule round" },
    };
  const policy = `policy NAME { ${rule}. }`;
  return { help: `rules stand in a policy, with the verdict before the conditions: \`${policy}\`` };
}

/** `True -> allow(…) on s`: a request holds without conditions. */
function always(place: FaultPlace): Habit | undefined {
  const { text, start, end } = unitAt(place);
  const request = /^(?:true|always|\*)\s*(?:->|=>|:)\s*((?:allow|deny|limit|reserve|waypoint|avoid)\s*\(.*)$/is.exec(
    text,
  )?.[1];
  if (request === undefined || place.inPolicy) return undefined;
  return { help: "a request stands without conditions", change: { start, end, text: request } };
}

/** Habits of rules. */
export const CONDITIONS: readonly ((place: FaultPlace) => Habit | undefined)[] = [signs];
/** Of sentences that begin with a word that begins none here. */
export const CONDITIONALS: readonly ((place: FaultPlace) => Habit | undefined)[] = [conditional, always];
