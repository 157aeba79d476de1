/**
 * Sentences of which only their author knows what is meant, or which say what no sentence says here → the nearest form
 * that there is, as a help and never as a fix.
 */
import { ruleForm } from "./rule-form.ts";
import { NAME, unitAt, type FaultPlace, type Habit } from "./habit.ts";

const REQUEST = String.raw`(?:allow|deny|limit|ratelimit|reserve|waypoint|avoid)\s*\(`;

/** A name in front of a request that is no speaker: what is to be deleted, or a part of a label or a note. */
function led(place: FaultPlace): Habit | undefined {
  const whole = place.source.text.slice(place.unit.start, Math.min(place.unit.end, place.unit.start + 2_000));
  const [, removed] =
    new RegExp(String.raw`^(?:delete|remove|del|rm|undo|drop)\s+(${REQUEST}.*\.)`, "is").exec(whole) ?? [];
  if (removed !== undefined)
    return { help: `a request is taken away by its label, or by its text: \`Cancel ${JSON.stringify(removed)}.\`` };
  const [, first, second] = new RegExp(String.raw`^@([\w-]+)\s+(${NAME})\s+${REQUEST}`, "su").exec(whole) ?? [];
  if (first !== undefined && /^[a-z]/.test(second!))
    return {
      help: `a label of several words stands in quotes: \`@"${first} ${second!}"\`; who speaks stands before a colon: \`${second!}:\``,
    };
  const quoted = new RegExp(String.raw`^("[^"\n]*")\s*${REQUEST}`, "s").exec(whole)?.[1];
  if (quoted !== undefined)
    return { help: `a label stands behind \`@\`: \`@${quoted}\`; who speaks stands before a colon: \`${quoted}:\`` };
  return undefined;
}

/** What is said of a shape, with what it has found of the sentence where that can be written down. */
type Shape = readonly [RegExp, string | ((found: RegExpExecArray) => string)];

const ADDRESS = String.raw`(any|[\d.:a-fA-F/]*[\d:](?:/\d+)?)`;
const TIME = String.raw`(\+?\d+[a-z][\da-z]*|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))`;

/** `deny from A to B on s` with what it says of the hosts; all flows where it says `any` of both. */
function fromTo([, action, from, to, share = "SHARE"]: RegExpExecArray): string {
  const terms = [from === "any" ? [] : [`srcHost=${from!}`], to === "any" ? [] : [`dstHost=${to!}`]].flat();
  return `a request has its flows in parentheses: \`${action!}(${terms.length === 0 ? "*" : terms.join(", ")}) on ${share}.\``;
}

const counted = (time: string): string => (/^\d+[a-z]/.test(time) ? `+${time}` : time);

/** Of these other habits would say what they are not. */
const FIRST: readonly Shape[] = [
  [
    new RegExp(
      String.raw`^(allow|deny)\s+(?:ip\s+)?(?:from\s+)?${ADDRESS}\s+to\s+${ADDRESS}(?:\s+on\s+(${NAME}))?$`,
      "u",
    ),
    fromTo,
  ],
  [
    /^(?:allow|deny)\s+(?:from|to|any)\b/,
    "a request has its flows in parentheses: `deny(srcHost=ADDRESS, dstHost=ADDRESS) on SHARE.`",
  ],
  [
    /^(?:rate|bandwidth)\s*\(/,
    "a rate is kept by `limit(FLOWS) = RATE on SHARE.`, and promised by `reserve(FLOWS) = RATE on SHARE.`",
  ],
  [
    /^(?:learn|resubmit|output|set_field|mod_\w+|push_vlan)\s*\((?=[^()]*=|,)/,
    "actions of flow tables are not written: a request says what may pass, and tables follow",
  ],
];
/** A sentence, without its label and its speaker, as far as it is read → what is told of it. */
const SHAPES: readonly Shape[] = [
  [
    /^-\s|^---|^\{\s*"|^\w+:\s*\n\s*-/,
    "this is no YAML or JSON: a statement is, for example, `deny(srcHost=10.0.0.3) on rootShare.`",
  ],
  [
    new RegExp(String.raw`^(allow|deny)\s+on\s+(${NAME})$`, "u"),
    ([, action, share]) =>
      `a request has its flows in parentheses, and \`(*)\` are all: \`${action!}(*) on ${share!}.\``,
  ],
  [
    /=\s*\d+\s*(?:packets|pkts?|pps|frames)\b/,
    "a rate counts bits in a second, as `10Mb`: no statement counts packets",
  ],
  [
    /^(AddUser|RemoveUser)\s+([^"\s]*@[^"\s]*)$/,
    ([, verb, name]) =>
      `a name with other signs than letters, digits, \`_\` and \`-\` stands in quotes: \`${verb!} "${name!}".\``,
  ],
  [
    /^(?:AddUser|RemoveUser)\s+\d/,
    "an address is no user: `user_host(USER, HOST).` says whose a host is, and `host_ip(HOST, ADDRESS).` its address",
  ],
  [
    new RegExp(String.raw`^(.*\bon\s+${NAME})\s+(?:expires?|until|for|lasting)\s+(?:in\s+|at\s+|on\s+)?${TIME}$`, "su"),
    ([, request, time]) => `how long a request holds stands behind its share: \`${request!} to ${counted(time!)}.\``,
  ],
  [
    new RegExp(String.raw`^(.*\bon\s+${NAME})\s+after\s+${TIME}$`, "su"),
    ([, request, time]) => `when a request begins stands behind its share: \`${request!} from ${counted(time!)}.\``,
  ],
  [
    /\bon\s+\S+\s+(?:expires?|until|for|lasting)\b/,
    "how long a request holds stands behind its share: `on SHARE to +1h.`",
  ],
  [
    new RegExp(String.raw`^Grant\s+(?:allow|deny|limit|reserve)\s+(?:on|in|for)\s+(${NAME})\s+to\s+(${NAME})$`, "u"),
    ([, share, user]) => `who speaks for a share has all that it grants: \`Grant ${share!} to ${user!}.\``,
  ],
  [
    /=\s*\d+(?:\.\d+)?[kMGT]?(?:b|bits?)\s+(?:per|a|each)\s+second\b/i,
    "a rate is one word, a number of bits in a second: `10Mb`",
  ],
  [
    /\bon\s+\S+\s+(?:priority|prio|order)\b/,
    "no request has a priority: a share decides before the shares above it, and in an `ordered` policy the rule that is written first",
  ],
  [
    new RegExp(
      String.raw`^(?=both\s|.*\bways$)(?:both\s+ways\s+)?((?:allow|deny)\s*\([^()]*\))\s+on\s+(${NAME})(?:\s*,\s*both\s+ways)?$`,
      "su",
    ),
    ([, request, share]) => `\`both ways\` stands behind the flows: \`${request!} both ways on ${share!}.\``,
  ],
  [
    /\bon\s+\S+\s*,\s*both\s+ways\b|^both\s+ways\b/,
    "`both ways` stands behind the flows: `allow(FLOWS) both ways on SHARE.`",
  ],
  [
    new RegExp(String.raw`^GrantDefault\s+(${NAME})\s+to\s+(${NAME})$`, "u"),
    ([, share, user]) => `\`GrantDefault ${share!}.\` grants to everybody, \`Grant ${share!} to ${user!}.\` to one`,
  ],
  [
    /^[\w=,.\s:/]*\bactions\s*=/s,
    "this is an entry of a flow table: here a request says it, as `deny(transport=TCP, dstPort=80) on rootShare.`, and tables follow",
  ],
];
/** In the braces of a policy. */
const RULES: readonly Shape[] = [
  [
    /^\d+\s*(?:[:.)]|$|(?:allow|deny|pass|permit|limit|reserve|waypoint|avoid)\b)/,
    "a rule has no number: in an `ordered` policy the rule that is written first decides; its label is `@NAME`",
  ],
  [
    /^(?:limit|ratelimit|reserve)\s*\(\s*\w+\s*=.*$/,
    ([request]) => {
      const rule = ruleForm(request!);
      return rule === undefined
        ? "a rule has its conditions behind `<=`: `limit(RATE) <= CONDITION, CONDITION.`"
        : `a rule has its conditions behind \`<=\`: \`${rule}\``;
    },
  ],
  [/^(allow|deny)\s*\(\s*\*\s*\)/, ([, action]) => `a rule for all flows has no conditions: \`${action!}.\``],
];

/** The sentence up to a full stop with white space behind it: one within an address or a name does not end it. */
function sentenceOf({ source, unit }: FaultPlace, from: number): string {
  const text = source.text.slice(from, Math.min(Math.max(unit.end, from + 1), from + 2_000) + 256);
  return (/^[^]*?(?=\.(?:\s|$)|\.?\s*$)/.exec(text)?.[0] ?? text).trimEnd();
}

function told(shapes: readonly Shape[], place: FaultPlace): Habit | undefined {
  const { text, start } = unitAt(place);
  for (const written of [sentenceOf(place, start).trim(), text.trim()])
    for (const [shape, help] of shapes) {
      const found = shape.exec(written);
      if (found !== null) return { help: typeof help === "string" ? help : help(found) };
    }
  return undefined;
}
const early = (place: FaultPlace): Habit | undefined => (place.inPolicy ? undefined : told(FIRST, place));
const shaped = (place: FaultPlace): Habit | undefined => told(place.inPolicy ? RULES : SHAPES, place);

const LISTED = new RegExp(
  String.raw`^((?:allow|deny)\s*\([^()]*\)(?:\s*(?:,|;|and|&&?)\s*(?:allow|deny)\s*\([^()]*\))+)\s+(on\s+${NAME}[^()]*)$`,
  "su",
);

/** `allow(dstPort=80), allow(dstPort=443) on s`: each of them has its share. */
function severalOnOne(place: FaultPlace): Habit | undefined {
  const { head, text, start, end } = unitAt(place);
  const [, list, where] = (place.inPolicy ? undefined : LISTED.exec(text)) ?? [];
  if (list === undefined) return undefined;
  const help = "each request names its share";
  // A label names one statement.
  if (head.startsWith("@")) return { help };
  const requests = [...list.matchAll(/(?:allow|deny)\s*\([^()]*\)/g)].map(([one]) => `${one} ${where!}`);
  return { help, change: { start, end, text: requests.join(`. ${head}`), title: "write a statement for each" } };
}

const SCHEMES: Readonly<Record<string, number>> = { http: 80, https: 443, ssh: 22, ftp: 21 };

/** `dstHost=http://10.0.0.2`: what stands behind the scheme is a comment. */
function schemed({ source, unit }: FaultPlace): Habit | undefined {
  const text = source.text.slice(unit.start, unit.start + 400);
  const [, side, scheme, address, port] =
    /\b(src|dst)Host\s*=\s*([a-z]+):\/\/(\d+(?:\.\d+){3})(?::(\d+))?(?=[/\s,)]|$)/.exec(text) ?? [];
  if (side === undefined) return undefined;
  const number = port ?? SCHEMES[scheme!];
  const isSaid = /\btransport\b|Port\b/.test(text);
  const more = number === undefined || isSaid ? "" : `, transport=TCP, ${side}Port=${number}`;
  return { help: `\`//\` begins a comment; an address stands alone: \`${side}Host=${address!}${more}\`` };
}

/** `@10 allow…`, `@ssh, "note" allow…`, `dstPort=1024+`: the sign at which the reader stands tells what is meant. */
function signed({ before, found, start, source }: FaultPlace): Habit | undefined {
  if (/@\s*$/.test(before) && /^\d/.test(found))
    return { help: `a label that begins with a digit stands in quotes: \`@"${found}"\`` };
  if (/@[\w-]+\s*$/.test(before) && found === ",") return { help: "behind a label its note stands without a comma" };
  const port = /\b((?:src|dst)Port)\s*=\s*(\d+)$/.exec(before);
  if (port !== null && found === "+" && source.text[start - 1] !== " ")
    return { help: `a range has both its ends: \`${port[1]!}=${port[2]!}-65535\`` };
  if (/\b(?:src|dst)Port\s*=\s*\d+\s+$/.test(before) && found === "or")
    return { help: "several values of a field stand in braces: `dstPort={80, 443}`" };
  return undefined;
}

/** Before other habits: what these would read as something else. */
export const LEADING: readonly ((place: FaultPlace) => Habit | undefined)[] = [
  led,
  schemed,
  severalOnOne,
  signed,
  early,
];
/** Behind all others. */
export const SHAPED: readonly ((place: FaultPlace) => Habit | undefined)[] = [shaped];
