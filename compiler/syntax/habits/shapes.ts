/**
 * Sentences of which only their author knows what is meant, or which say what no sentence says here → the nearest form
 * that there is, as a help and never as a fix.
 */
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

/** Of these other habits would say what they are not. */
const FIRST: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:allow|deny)\s+(?:from|to|any)\b/,
    "a request has its flows in parentheses: `deny(srcHost=ADDRESS, dstHost=ADDRESS) on SHARE.`",
  ],
  [
    /^(?:rate|bandwidth)\s*\(/,
    "a rate is kept by `limit(FLOWS) = RATE on SHARE.`, and promised by `reserve(FLOWS) = RATE on SHARE.`",
  ],
];
/** A sentence, without its label and its speaker, as far as it is read → what is told of it. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [
    /^-\s|^\{\s*"|^\w+:\s*\n\s*-/,
    "this is no YAML or JSON: a statement is, for example, `deny(srcHost=10.0.0.3) on rootShare.`",
  ],
  [/^(?:allow|deny)\s+on\b/, "a request has its flows in parentheses, and `(*)` are all: `deny(*) on SHARE.`"],
  [
    /=\s*\d+\s*(?:packets|pkts?|pps|frames)\b/,
    "a rate counts bits in a second, as `10Mb`: no statement counts packets",
  ],
  [
    /^AddUser\s+[^."\s]+@/,
    'a name with other signs than letters, digits, `_` and `-` stands in quotes: `AddUser "NAME".`',
  ],
  [
    /^(?:AddUser|RemoveUser)\s+\d/,
    "an address is no user: `user_host(USER, HOST).` says whose a host is, and `host_ip(HOST, ADDRESS).` its address",
  ],
  [
    /\bon\s+\S+\s+(?:expires?|until|for|lasting|after)\b/,
    "how long a request holds stands behind its share: `on SHARE to +1h.`",
  ],
  [
    /\bon\s+\S+\s+(?:priority|prio|order)\b/,
    "no request has a priority: a share decides before the shares above it, and in an `ordered` policy the rule that is written first",
  ],
  [
    /\bon\s+\S+\s*,\s*both\s+ways\b|^both\s+ways\b/,
    "`both ways` stands behind the flows: `allow(FLOWS) both ways on SHARE.`",
  ],
  [/^GrantDefault\s+\S+\s+to\b/, "`GrantDefault SHARE.` grants to everybody, `Grant SHARE to USER.` to one"],
  [
    /^\w+\s+(?:-t\s+\w+\s+)?(?:-w\s+\d*\s*)?-(?:F|D|X|P|N|Z|L)\b/,
    "a policy says what holds: what is not written does not hold, and `default deny.` or `default allow.` decides the rest",
  ],
  [
    /^priority\s*=.*\bactions\s*=/s,
    "this is an entry of a flow table: here a request says it, as `deny(transport=TCP, dstPort=80) on rootShare.`, and tables follow",
  ],
];
/** In the braces of a policy. */
const RULES: readonly (readonly [RegExp, string])[] = [
  [
    /^\d+\s*[:.)]/,
    "a rule has no number: in an `ordered` policy the rule that is written first decides; its label is `@NAME`",
  ],
  [
    /^(?:limit|ratelimit|reserve)\s*\(\s*\w+\s*=/,
    "a rule has its conditions behind `<=`: `limit(RATE) <= CONDITION, CONDITION.`",
  ],
  [/^(?:allow|deny)\s*\(\s*\*\s*\)/, "a rule for all flows has no conditions: `deny.`"],
];

const told = (shapes: typeof SHAPES, place: FaultPlace): Habit | undefined => {
  const { text } = unitAt(place);
  const found = shapes.find(([shape]) => shape.test(text.trimStart()));
  return found === undefined ? undefined : { help: found[1] };
};
const early = (place: FaultPlace): Habit | undefined => (place.inPolicy ? undefined : told(FIRST, place));
const shaped = (place: FaultPlace): Habit | undefined => told(place.inPolicy ? RULES : SHAPES, place);

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
export const LEADING: readonly ((place: FaultPlace) => Habit | undefined)[] = [led, signed, early];
/** Behind all others. */
export const SHAPED: readonly ((place: FaultPlace) => Habit | undefined)[] = [shaped];
