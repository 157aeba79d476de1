/**
 * What the languages of other firewalls and switches have, written here → the help. Like each habit it is looked for at
 * a fault of the grammar only, so that nothing that parses is doubted.
 */
import { DOMAINS } from "../flowgroup/fields.ts";
import { actionElsewhere } from "../diagnostics/elsewhere.ts";
import { parseMac, parsePrefix, type Parsed } from "../net/index.ts";
import { fieldOf } from "./flows.ts";
import { isReserved } from "#grammar/heads.ts";
import type { FaultPlace, Habit } from "./habits/habit.ts";
import { ruleForm } from "./habits/rule-form.ts";

/** The form of a request, for what names its flows in another way. */
export const requestForm = (action: string): string =>
  `a request names its flows in parentheses, and its share: \`${action}(…) on SHARE.\``;

/** `10.0.0` and three parts that are left open → the block. */
function wildcard(text: string): string | undefined {
  const parts = /^(\d{1,3}(?:\.\d{1,3}){0,2})((?:\.\*){1,3})$/.exec(text)?.[1]?.split(".");
  if (parts === undefined) return undefined;
  const block = `${[...parts, 0, 0, 0].slice(0, 4).join(".")}/${parts.length * 8}`;
  return parsePrefix(block).ok ? block : undefined;
}

/** A fault at a place, and text that begins at or before it: the stretch of the source that the pattern takes there. */
function around({ source, start, end }: FaultPlace, pattern: RegExp): { start: number; text: string } | undefined {
  const from = Math.max(0, start - 20);
  for (const one of source.text.slice(from, start + 24).matchAll(pattern)) {
    const at = from + one.index;
    if (at <= end && start <= at + one[0].length) return { start: at, text: one[0] };
  }
  return undefined;
}

const over = (at: { start: number; text: string }, text: string): Required<Habit>["change"] => ({
  start: at.start,
  end: at.start + at.text.length,
  text,
});

/** The last number of a field, where it has numbers that are compared. */
function lastOf(field: string): number | undefined {
  const known = fieldOf(field);
  const domain = known === undefined ? undefined : DOMAINS[known];
  return domain?.kind === "number" && !/Eth|Type|transport|direction/.test(field) ? domain.max : undefined;
}

const orFix = (parsed: Parsed<unknown>): string | undefined => (parsed.ok ? undefined : parsed.fix);

/** Habits, the surest first. */
export const FOREIGN: readonly ((place: FaultPlace) => Habit | undefined)[] = [
  /** `drop(srcHost=10.0.0.1) on net0`, `DENY(…)`. */
  ({ opening, source, found, expected }) => {
    const action = opening && actionElsewhere(opening.text);
    const isCall = opening !== undefined && /^\s*\(/.test(source.text.slice(opening.end, opening.end + NEAR));
    if (action === undefined || !isCall || found === ":") return undefined;
    // A rule for the relation of that name: a request has fields there.
    if (/^\s*\(\s*[A-Z"]/.test(source.text.slice(opening!.end, opening!.end + NEAR))) return undefined;
    const help = `what \`${opening!.text}\` says elsewhere is \`${action}\` here`;
    if (expected[0] === "`.`" && found === "") return { help };
    return { help, change: { start: opening!.start, end: opening!.end, text: action } };
  },
  /** `request(Q, _, deny, _)`: such a word is reserved. */
  ({ found, expected, behind, start, end }) =>
    expected.includes("a term") && isReserved(found) && /^\s*[,)]/.test(behind)
      ? { help: "a reserved word stands in quotes as a name", change: { start, end, text: `"${found}"` } }
      : undefined,
  /** `extern infected from csv "a.csv"`, `extern infected(host) from csv a.csv`. */
  ({ unit, source, found, expected, start }) => {
    if (!/^extern\b/.test(source.text.slice(unit.start, unit.start + 7))) return undefined;
    const help = 'an extern is written `extern NAME(COLUMN, …) from csv "FILE".`';
    const path = expected.includes("quoted text") ? /^[\w./-]*\w/.exec(source.text.slice(start, start + 256))?.[0] : "";
    if (path === undefined || path === "" || found === "") return { help };
    return { help: "a path stands in quotes", change: { start, end: start + path.length, text: `"${path}"` } };
  },
  /** `policy p { deny(srcHost=10.0.0.1) on net0. }` */
  ({ inPolicy, unit, source, after, found }) => {
    const head = /^(allow|deny|limit|reserve|waypoint|avoid)\s*\(\s*\w+$/.exec(
      source.text.slice(unit.start, after),
    )?.[1];
    if (!inPolicy || head === undefined || !/^!?=$/.test(found)) return undefined;
    const rule = ruleForm(source.text.slice(unit.start, unit.end).replace(/\s*\.\s*$/, ""));
    if (rule !== undefined)
      return { help: `among the rules of a policy it is \`${rule}\`; a request stands outside of it` };
    const form = head === "allow" || head === "deny" ? head : `${head}(…)`;
    return { help: `a policy has rules, as \`${form} <= srcHost = 10.0.0.1.\`; a request stands outside of it` };
  },
  /** `policy p on net {`. */
  ({ expected, found, before }) =>
    expected.includes("`share`") && /\bon\s+$/.test(before) && /^["\p{L}_]/u.test(found)
      ? { help: `a policy stands \`on share ${found}\`` }
      : undefined,
  /** `deny(…) on net0 log.` */
  ({ found, before, start, end }) =>
    /^(?:log|logging|count|counter)$/.test(found) && /[\w")]\s+$/.test(before)
      ? {
          help: "no statement logs: the switch counts what each one holds",
          change: { start: start - /\s+$/.exec(before)![0].length, end, text: "", title: `take \`${found}\` out` },
        }
      : undefined,
  /** `deny all on net0`, `deny tcp any any eq 80`, `deny srcHost=10.0.0.1 on net0`. */
  ({ source, unit, found, start, end, after }) => {
    const head = /^(?:[\p{L}_"][^\s()]*:\s*)?(allow|deny|pass)$/u.exec(source.text.slice(unit.start, after))?.[1];
    if (head === undefined || found === "(" || found === "<=" || found === ":-") return undefined;
    const help = requestForm(head === "pass" ? "allow" : head);
    return /^(?:all|any|everything)$/.test(found) ? { help, change: { start, end, text: "(*)" } } : { help };
  },
  /** `limit(…) <= 5Mb`, `reserve(…) >= 5Mb`. */
  ({ source, unit, found, expected, start, end }) =>
    expected.length === 1 && expected[0] === "`=`" && /^[<>]=?$/.test(found)
      ? {
          help: "a rate stands behind `=`: it is the most of a limit, and what a reservation has",
          change: { start, end, text: "=" },
        }
      : rateBehind(source.text.slice(unit.start, unit.end), unit.start),
  /** `dstPort=[80, 443]`, `dstPort=(80, 443)`. */
  ({ source, found, before, start }) => {
    const list = /^[[(]([^()[\]{}]*)[\])]/.exec(source.text.slice(start, start + FAR));
    if (list === null || !/[\w]\s*!?=\s*$/.test(before) || !/^[[(]$/.test(found)) return undefined;
    return { help: "a set stands in braces", change: over({ start, text: list[0] }, `{${list[1]!}}`) };
  },
  /** `waypoint(*) = [s1, s2]`, `= {s1, s2}`. */
  ({ source, found, before, start }) => {
    const list = /^[[({]([^()[\]{}]*)[\])}]/.exec(source.text.slice(start, start + FAR));
    if (list === null || !/\)\s*=\s*$/.test(before) || !/^[[({]$/.test(found)) return undefined;
    return { help: "nodes stand between commas", change: over({ start, text: list[0] }, list[1]!.trim()) };
  },
  /** `dstPort=80,443`. */
  ({ source, found, before, behind, start, end }) => {
    const [, field, first] = /(\w+)\s*!?=\s*([\w.:/-]+(?:\s*,\s*[\w.:/-]+)*)\s*,\s*$/.exec(before) ?? [];
    if (field === undefined || fieldOf(field) === undefined || !/^[\d]/.test(found)) return undefined;
    const rest = /^(?:\s*,\s*[\d.:/-]+(?!\s*!?=))*/.exec(behind)![0];
    const at = before.lastIndexOf(first!);
    const from = start - before.length + at;
    const text = `{${source.text.slice(from, end + rest.length)}}`;
    return { help: "a set stands in braces", change: { start: from, end: end + rest.length, text } };
  },
  /** `srcHost=10.0.0.*`. */
  (place) => {
    const at = around(place, /(?<![\w.])\d+(?:\.\d+)*(?:\.\*)+(?![\w.])/g);
    const block = at && wildcard(at.text);
    return block === undefined ? undefined : { help: "a block has a length", change: over(at!, block) };
  },
  /** `srcEth=00-11-22-33-44-55`, `aabb.ccdd.eeff`. */
  (place) => {
    const at = around(
      place,
      /(?<![\w.:-])(?:[\dA-Fa-f]{1,2}(?:-[\dA-Fa-f]{1,2}){5}|[\dA-Fa-f]{4}(?:\.[\dA-Fa-f]{4}){2})(?![\w-])/g,
    );
    const mac = at && orFix(parseMac(at.text));
    return mac === undefined ? undefined : { help: "a MAC address has colons", change: over(at!, mac) };
  },
  /** `srcHost=10.0.0.0 255.255.255.0`. */
  (place) => {
    const at = around(place, /(?<![\w.])\d+(?:\.\d+){3}[ \t]+\d+(?:\.\d+){3}(?![\w.])/g);
    const block = at && orFix(parsePrefix(at.text.replace(/[ \t]+/, "/")));
    return block === undefined ? undefined : { help: "a block has a length", change: over(at!, block) };
  },
  /** `dstPort=80:443`, `1024:`, `1024-`, `:1024`. */
  (place) => {
    const at = around(place, /(?<![\w.:-])(?:\d+\s*[:-]\s*\d+|\d+\s*[:-]|:\s*\d+)(?![\w.:-])/g);
    const field =
      at && /(\w+)\s*!?=\s*(?:\{[^{}]*)?$/.exec(place.source.text.slice(Math.max(0, at.start - FAR), at.start))?.[1];
    const last = field === undefined ? undefined : lastOf(field);
    if (last === undefined) return undefined;
    const [low, high] = at!.text.split(/[:-]/).map((one) => one.trim());
    const range = `${low === "" ? 0 : low!}-${high === "" ? last : high!}`;
    return { help: "a range has two ends, with `-` between them", change: over(at!, range) };
  },
  /** `srcHost=10.0.0.2:80`. */
  ({ found, before, behind, start, source, unit }) => {
    const side = /\b(src|dst)Host\s*=\s*\d+(?:\.\d+){3}$/.exec(before)?.[1];
    const port = /^\d+/.exec(behind)?.[0];
    if (found !== ":" || side === undefined || port === undefined) return undefined;
    const text = `, ${side}Port=${port}`;
    const help = "an address and a port are two terms";
    if (source.text.slice(unit.start, unit.end).includes(`${side}Port`)) return { help };
    return { help, change: { start, end: start + 1 + port.length, text } };
  },
  /** `dstPort>=1024`. */
  ({ found, before, behind, start, end }) => {
    const field = /(\w+)\s*$/.exec(before)?.[1] ?? "";
    const [all, digits] = /^\s*(\d+)(?![\w.])/.exec(behind) ?? [];
    const last = lastOf(field);
    if (last === undefined || digits === undefined || !/^(?:<|>|<=|>=)$/.test(found)) return undefined;
    const edge = Number(digits) + (found === ">" ? 1 : found === "<" ? -1 : 0);
    if (edge < 0 || edge > last) return undefined;
    const text = found.startsWith(">") ? `=${edge}-${last}` : `=0-${edge}`;
    return { help: "a term is compared by a range", change: { start, end: end + all!.length, text } };
  },
  /** `dstPort in {80}`, `dstPort not in {80}`, `dstPort==80`, `dstPort:80`, `srcHost 10.0.0.1`, `srcHost=!10.0.0.1`. */
  ({ found, before, source, start, end }) => {
    const [all, field, mark] =
      /[(,]\s*((\w+)\s*(?:=\s*)?)$/.exec(before) === null ? [] : /(\w+)\s*(=?)\s*$/.exec(before)!;
    if (field === undefined || fieldOf(field) === undefined) return undefined;
    const near = source.text.slice(start, start + NEAR);
    const [sign] = /^(?:not\s+in\b|in\b|is\s+not\b|is\b|!|==?|:)\s*/.exec(near) ?? [];
    const from = start - all!.length + field.length;
    const isOther = sign !== undefined && (/^not|not\s*$/.test(sign) || sign.startsWith("!"));
    if (sign === undefined && (mark === "=" || !/^["\w]/.test(found))) return undefined;
    if (mark !== "=" && sign !== undefined && /^=\s*$/.test(sign)) return undefined;
    if (mark === "=" && sign !== undefined && !/^[!=]/.test(sign)) return undefined;
    const to = sign === undefined ? start : Math.max(end, start + sign.length);
    return {
      help: `a term says \`${field}=…\` or \`${field}!=…\``,
      change: { start: from, end: to, text: isOther ? "!=" : "=" },
    };
  },
  /** `!srcHost=10.0.0.1`, `not srcHost=10.0.0.1`. */
  ({ source, start, before }) => {
    const near = source.text.slice(start, start + NEAR);
    const isBefore = /[(,]\s*not\s+$/.exec(before);
    const from = isBefore === null ? start : start - /not\s+$/.exec(before)![0].length;
    const term = /^(?:!\s*|not\s+)(\w+)\s*=/.exec(source.text.slice(from, start) + near);
    if (term === null || !/[(,]\s*(?:not\s+)?$/.test(before)) return undefined;
    return {
      help: `another value than this is \`${term[1]!}!=…\``,
      change: over({ start: from, text: term[0] }, `${term[1]!}!=`),
    };
  },
  /** `(srcHost=a and dstPort=80)`, `&&`; `(srcHost=a or srcHost=b)`, `||`. */
  ({ found, before, behind, start, end, source }) => {
    const isAnd = found === "and" || found === "&";
    if ((!isAnd && found !== "or" && found !== "|") || !/[(,][^()]*=[^()]*$/.test(before)) return undefined;
    const sign = found.length === 1 && behind.startsWith(found) ? end + 1 : end;
    if (!/^\s*\w+\s*!?=/.test(source.text.slice(sign, sign + NEAR))) return undefined;
    const spaces = /\s*$/.exec(before)![0].length;
    if (isAnd) return { help: "terms stand between commas", change: { start: start - spaces, end: sign, text: "," } };
    const help = "for either of two, write `(…) or (…)`, or a set of values";
    const inner = before.slice(before.lastIndexOf("(")) + /^[^)]*/.exec(source.text.slice(sign, sign + FAR))![0];
    if (/[,&|]|\b(?:and|or|except)\b/.test(inner)) return { help };
    const gap = /^\s*/.exec(source.text.slice(sign, sign + NEAR))![0].length;
    return { help, change: { start: start - spaces, end: sign + gap, text: ") or (" } };
  },
  /** `allow(dstPort=80) || (dstPort=443) on net0`, `&&`. */
  ({ found, before, behind, start, end, source }) => {
    if ((found !== "|" && found !== "&") || !/\)\s*$/.test(before)) return undefined;
    const sign = behind.startsWith(found) ? end + 1 : end;
    if (!/^\s*\(/.test(source.text.slice(sign, sign + NEAR))) return undefined;
    return { change: { start, end: sign, text: found === "|" ? "or" : "and" } };
  },
  /** `limit(dstPort=80) both ways = 5Mb on net0`, `partial = …`. */
  ({ found, expected, start, source }) => {
    if (!/^(?:both|partial|strict)$/.test(found) || !expected.includes("`=`")) return undefined;
    const near = source.text.slice(start, start + FAR);
    const turned = /^(both\s+ways|partial|strict)\s*(=\s*[^=]*?)(?=\s+on\s)/.exec(near);
    if (turned === null) return { help: `\`${found}\` stands behind the value: \`… = VALUE ${found}\`` };
    return {
      help: `\`${turned[1]!}\` stands behind the value`,
      change: over({ start, text: turned[0] }, `${turned[2]!} ${turned[1]!}`),
    };
  },
  /** `[waypoint = ids, fw]`. */
  ({ expected, start, source, unit }) => {
    if (!expected.includes("`<=`")) return undefined;
    const list = NODES.exec(source.text.slice(Math.max(unit.start, start - FAR), start));
    if (list === null) return undefined;
    const names = list[2]!.trim().split(/[\s,]+/);
    if (names.length < 2 || names.some((name) => PRIVILEGES.test(name))) return undefined;
    const text = `${list[1]!} = {${names.join(", ")}}`;
    return {
      help: "several nodes stand in braces",
      change: { start: start - list[0].trimStart().length, end: start, text },
    };
  },
  /** `srcHost=*`. */
  ({ found, before }) => {
    const field = /(\w+)\s*=\s*$/.exec(before)?.[1];
    return found === "*" && field !== undefined && fieldOf(field) !== undefined
      ? { help: `any value is meant where \`${field}\` is not asked for, and all flows are \`(*)\`` }
      : undefined;
  },
  /** `deny(*) on net0 until +5min`, `for 5min`. */
  ({ found, before, behind, start, end }) => {
    if (!/\bon\s+\S+[^()]*\s$/.test(before)) return undefined;
    if (/^(?:until|till|til)$/.test(found))
      return {
        help: "the end of a time stands behind `to`, as `to +8h` or `to 2030-12-24T18:00:00Z`",
        change: { start, end, text: "to" },
      };
    const duration = /^\s+(?=\d+[a-z])/.exec(behind)?.[0];
    return found === "for" && duration !== undefined
      ? { help: "the end of a time stands behind `to`", change: { start, end: end + duration.length, text: "to +" } }
      : undefined;
  },
  /** `deny(*) in net0`. */
  ({ found, before, start, end, expected }) =>
    /^(?:in|at|for|under)$/.test(found) && expected.includes("`on`") && /\)\s*$/.test(before)
      ? { help: "the share stands behind `on`", change: { start, end, text: "on" } }
      : undefined,
  /** `deny(*) bothways on net0`, `bidirectional`. */
  ({ found, before, start, end, expected }) =>
    /^(?:both-?[wW]ays?|bidir|bidirectional|duplex)$/.test(found) && expected.includes("`on`") && /\)\s*$/.test(before)
      ? { change: { start, end, text: "both ways" } }
      : undefined,
  /** `deny(*).` */
  ({ expected, found, before }) =>
    expected.includes("`on`") && found === "." && /\)\s*$/.test(before)
      ? { help: "a request names the share that it is made in, as `on rootShare`" }
      : undefined,
];

/** Nodes of a privilege without braces, up to where it ends. */
const NODES = /(?<=[[,\s])(waypoint|avoid)\s*=\s*([\w-]+(?:[\s,]+[\w-]+)+)\s*$/;
const PRIVILEGES = /^(?:allow|deny|hint|query|reserve\w*|limit|waypoint|avoid|requests|entries)$/;

const NEAR = 64;
/** So long may a list be that is looked at. */
const FAR = 256;

/** `limit(srcHost=10.0.0.1) <= 5Mb on net0`, which begins as the head of a rule does. */
function rateBehind(unit: string, from: number): Habit | undefined {
  const [, head] =
    /^((?:[\w"]+:\s*)?(?:limit|ratelimit|reserve)\s*\((?:[^()]|\([^()]*\)){0,400}\)\s*)(?:<=|>=|<|>)\s*\d[\w.]*\s/.exec(
      unit,
    ) ?? [];
  if (head === undefined || !/=|\*/.test(head)) return undefined;
  const sign = /^[<>]=?/.exec(unit.slice(head.length))![0];
  const help = "a rate stands behind `=`: it is the most of a limit, and what a reservation has";
  return { help, change: { start: from + head.length, end: from + head.length + sign.length, text: "=" } };
}
