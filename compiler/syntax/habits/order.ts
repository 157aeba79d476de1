/** Statements whose parts stand in another order or without their signs → where each part stands. */
import { isReserved } from "#grammar/heads.ts";
import { NAME, unitAt, type FaultPlace, type Habit } from "./habit.ts";

const pattern = (text: string): RegExp => new RegExp(text, "su");

const TIMES = String.raw`((?:(?:from|to)\s+\S+\s*)+)`;
const TIMES_FIRST = pattern(String.raw`^(.*\).*?)\s+${TIMES}\s*\bon\s+(${NAME})$`);
const TURNED = pattern(String.raw`^(.*\bon\s+${NAME})\s+(to\s+\S+)\s+(from\s+\S+)$`);

/** `deny(…) to +2h on s`, `deny(…) on s to +2h from now`. */
function timed(place: FaultPlace): Habit | undefined {
  if (!/^(?:from|to)$/.test(place.found)) return undefined;
  const { text, start, end } = unitAt(place);
  const help = "a request names its share, and behind it when: `… on SHARE from TIME to TIME.`";
  const [, request, times, share] = TIMES_FIRST.exec(text) ?? [];
  if (request !== undefined)
    return { help, change: { start, end, text: `${request} on ${share!} ${times!.trimEnd()}` } };
  const [, before, to, from] = TURNED.exec(text) ?? [];
  return before === undefined ? undefined : { help, change: { start, end, text: `${before} ${from!} ${to!}` } };
}

const MODE = String.raw`(?:both\s+ways|strict|partial)`;
const MODE_LAST = pattern(
  String.raw`^(.*\).*?)\s+(on\s+${NAME}(?:\s+(?:from|to)\s+\S+)*)\s+(${MODE}(?:\s+${MODE})*)((?:\s+(?:from|to)\s+\S+)*)$`,
);

/** `allow(…) on s both ways`, `allow(…) on s to +1h partial`. */
function moded(place: FaultPlace): Habit | undefined {
  if (!/^(?:both|strict|partial)$/.test(place.found)) return undefined;
  const { text, start, end } = unitAt(place);
  const [, request, where, modes, times] = MODE_LAST.exec(text) ?? [];
  if (request === undefined) return undefined;
  const sorted = modes!
    .split(/\s+(?!ways)/)
    .toSorted((a, b) => Number(a === "partial" || a === "strict") - Number(b === "partial" || b === "strict"));
  const help = "how a request holds stands before its share: `… both ways partial on SHARE`";
  return { help, change: { start, end, text: `${request} ${sorted.join(" ")} ${where!}${times!}` } };
}

const SHARE_FIRST = pattern(String.raw`^(NewShare\s+${NAME})\s+on\s+(${NAME})\s+(for\s*\(.*\))\s*(\[[^[\]]*\])$`);

/** `NewShare s on p for (…) […]`, `NewShare s for (…) allow on p`. */
function shared(place: FaultPlace): Habit | undefined {
  const { text, start, end } = unitAt(place);
  if (!/^NewShare\b/.test(text)) return undefined;
  const help = "a share is made by `NewShare SHARE for (FLOWS) [PRIVILEGES] on SHARE.`";
  const [, made, parent, flows, grants] = SHARE_FIRST.exec(text) ?? [];
  if (made !== undefined) return { help, change: { start, end, text: `${made} ${flows!} ${grants!} on ${parent!}` } };
  const isAmiss = ["`for`", "`[`", "`on`"].some((one) => place.expected.length === 1 && place.expected[0] === one);
  return isAmiss && /^[\p{L}(]/u.test(place.found) && place.found !== "on" ? { help } : undefined;
}

/** `allow <= srcUser(U) dstPort = 80.`: of two conditions side by side either `,` or `or` may be meant. */
function apart({ unit, source, start, found, behind, expected, endsHere }: FaultPlace): Habit | undefined {
  const isRule = /(?:<=|:-)/.test(source.text.slice(unit.start, start).replaceAll(/"[^"\n]*"/g, ""));
  if (!isRule || endsHere || !expected.includes("`.`") || !/^[\p{L}_]/u.test(found) || /^(?:from|to)$/.test(found))
    return undefined;
  return /^\s*(?:!?=|\(|in\b|<|>)/.test(behind)
    ? { help: "conditions stand between commas, or between `or`" }
    : undefined;
}

/** `policy p { … }.` */
function closed({ source, unit, found, start, end }: FaultPlace): Habit | undefined {
  if (found !== "." || start !== unit.start) return undefined;
  if (!/\}\s*$/.test(source.text.slice(Math.max(0, start - 64), start))) return undefined;
  const change = { start, end, text: "", title: "take the `.` out" };
  return { help: "a policy ends with its brace", change };
}

/** `allow <= *.` */
function whole({ before, found, behind, start, end }: FaultPlace): Habit | undefined {
  const arrow = /\s*(?:<=|:-)\s*$/.exec(before)?.[0];
  if (found !== "*" || arrow === undefined || !/^\s*\./.test(behind)) return undefined;
  const change = { start: start - arrow.length, end, text: "", title: `take \`${arrow.trim()} *\` out` };
  return { help: "a rule without conditions holds every flow", change };
}

/** `AddUser Mia Meyer.`: one name, or two users. */
function blank(place: FaultPlace): Habit | undefined {
  const [, verb, name] =
    pattern(String.raw`^(AddUser|RemoveUser)\s+([\p{L}_][^".,(){}=]*\s[^".,(){}=]*)$`).exec(unitAt(place).text) ?? [];
  if (verb === undefined || name!.split(/\s+/).some((word) => isReserved(word))) return undefined;
  return { help: `\`${verb}\` names one user; a name with blanks stands in quotes: \`${verb} "${name!}".\`` };
}

/** `(user=Mia and web)`, `(user=Mia) and web`. */
function joined({ before, found, expected, start, end }: FaultPlace): Habit | undefined {
  if (expected.length !== 1 && !expected.includes("`)`")) return undefined;
  if (found === "and" && expected.includes("`)`"))
    return {
      help: "terms stand between commas",
      change: { start: start - /\s*$/.exec(before)![0].length, end, text: ",", title: "write a comma" },
    };
  if (expected[0] !== "`(`" || !/\b(?:and|or|except)\s+$/.test(before) || !/^[\p{L}_]/u.test(found)) return undefined;
  return { help: "flows that have a name stand in parentheses, too", change: { start, end, text: `(${found})` } };
}

const NODES = /\b(?:waypoint|avoid)\b[^.]*=\s*(?:[^()=.]*,\s*)?$/;

/** `waypoint(…) = 10.0.0.1 on s.`, `waypoint(…, fw) on s.`, `limit = 2Mb <= guest(U).` */
function wayOrRate({ source, unit, before, found, expected, inPolicy, start }: FaultPlace): Habit | undefined {
  if (NODES.test(before) && /^[\da-f]*[.:][\da-f.:]+$/i.test(found))
    return { help: `a node is named: a switch, or a host as \`host_ip(NAME, ${found}).\` says` };
  const text = source.text.slice(unit.start, start);
  const verb = /\b(waypoint|avoid|limit|ratelimit|reserve)\b/.exec(text)?.[1];
  if (verb === undefined) return undefined;
  const what = verb === "waypoint" || verb === "avoid" ? "NODE" : "RATE";
  if (inPolicy && found === "=" && expected.includes("`(`"))
    return { help: `\`${verb}\` says how: \`${verb}(${what}) <= …\`` };
  if (!inPolicy && found === "on" && expected.length === 1 && expected[0] === "`=`")
    return { help: `\`${verb}\` says how behind its flows: \`${verb}(FLOWS) = ${what} on SHARE.\`` };
  return undefined;
}

/** `include baseline.fml.`, `ListRequests s.`, `lasting +1h`. */
function small({ source, before, found, expected, start, end }: FaultPlace): Habit | undefined {
  if (/\binclude\s+$/.test(before) && expected.includes("quoted text")) {
    const path = /^[\w./-]*\w/.exec(source.text.slice(start, start + 256))?.[0];
    if (path === undefined) return undefined;
    // A single word is seldom that of a file.
    return !/[./]/.test(path)
      ? { help: 'a path stands in quotes, as `include "baseline.fml"`' }
      : { help: "a path stands in quotes", change: { start, end: start + path.length, text: `"${path}"` } };
  }
  if (/\bListRequests\s+$/.test(before) && /^[\p{L}_"]/u.test(found) && found !== "on") {
    const from = /^(?:of|for|in|from)$/.test(found) ? { end, text: "on" } : { end: start, text: "on " };
    return {
      help: "a share's requests are listed by `ListRequests on SHARE.`",
      change: { start, ...from, title: "write `on`" },
    };
  }
  if (/\blasting\s+$/.test(before) && found === "+")
    return { help: "how long is a duration, as `1h`", change: { start, end, text: "", title: "take the `+` out" } };
  return undefined;
}

/** `on share web`, `on "web" share`, `begin transaction.`, `for (*) {allow=True} on s`: a word, or brackets, of another language. */
function spare({ source, before, found, expected, inPolicy, start, end, behind }: FaultPlace): Habit | undefined {
  if (inPolicy) return undefined;
  const named = /\bon\s+(share\s+)$/.exec(before)?.[1];
  if (named !== undefined && /^[\p{L}_"]/u.test(found) && !/^(?:from|to|both|strict|partial)$/.test(found)) {
    const change = { start: start - named.length, end: start, text: "", title: "take `share` out" };
    return { help: "a request names its share alone behind `on`", change };
  }
  if (found === "share" && new RegExp(String.raw`\bon\s+${NAME}\s+$`, "u").test(before)) {
    const blank = /\s*$/.exec(before)![0].length;
    const change = { start: start - blank, end, text: "", title: "take `share` out" };
    return { help: "a request names its share alone behind `on`", change };
  }
  const opened = /(?:^|[.}\s])(begin|commit)(\s+)$/.exec(before);
  if (opened !== null && /^(?:transaction|tran|work|block)$/i.test(found)) {
    const change = { start: start - opened[2]!.length, end, text: "", title: `take \`${found}\` out` };
    return { help: "what stands between `begin.` and `commit.` is accepted whole or not at all", change };
  }
  if (found !== "{" || !expected.includes("`[`")) return undefined;
  const rights = /^[^{}[\].]*(?=\})/.exec(source.text.slice(end, end + behind.length))?.[0];
  const help = "what a share grants stands in square brackets: `[allow = True]`";
  return rights === undefined
    ? { help }
    : { help, change: { start, end: end + rights.length + 1, text: `[${rights}]` } };
}

/** `… on s except Alice`, `deny(…) everywhere`, `AddUser Al password=x`, `policy p priority 10 {`, `label=x allow(…)`, `{}`. */
function beyond(place: FaultPlace): Habit | undefined {
  const { before, found, expected, behind, unit, source } = place;
  if (/^(?:except|unless|but)$/.test(found) && new RegExp(String.raw`\)[^.()]*\bon\s+${NAME}\s+$`, "u").test(before)) {
    const left = /^\s*(?:not\s+|for\s+)?(\([^().]*\))/.exec(behind)?.[1] ?? "(…)";
    return { help: `what is left out stands behind the flows, and before the share: \`(…) except ${left} on SHARE.\`` };
  }
  if (/^(?:everywhere|anywhere|globally|network-wide)$/.test(found) && expected.includes("`on`"))
    return { help: "a request names its share; all of the network is `on rootShare`" };
  const user = /\bAddUser\s+("[^"\n]*"|\S+)\s+$/.exec(before)?.[1];
  if (user !== undefined && /^\s*[=:]/.test(behind))
    return {
      help: `a user has no more than a name: \`AddUser ${user}.\`; a server makes her token by \`token ${user}.\``,
    };
  if (/^(?:priority|prio|precedence|weight|rank|order)$/.test(found) && expected.includes("`{`"))
    return {
      help: "policies have no numbers: `cascade FIRST > SECOND.` says which one decides first, and `policy NAME ordered` that its own first rule does",
    };
  const mac = /[=({,\s]((?:[\da-f]{2}:){1,5})$/i.exec(before)?.[1];
  if (found === "*" && mac !== undefined) {
    const rest = 6 - mac.length / 3;
    const end = (digits: string): string => `${mac}${Array.from({ length: rest }, () => digits).join(":")}`;
    return { help: `MACs of one maker are a range: \`${end("00")}-${end("ff")}\`` };
  }
  const [label, word] =
    /^(?:label|id)\s*=\s*([\w-]+)(?=\s)/.exec(source.text.slice(unit.start, unit.start + 256)) ?? [];
  if (label !== undefined && found === "=") {
    const change = { start: unit.start, end: unit.start + label.length, text: `@${word!}` };
    return { help: "a label stands behind `@`", change };
  }
  return found === "}" && /\{\s*$/.test(before) && expected.some((one) => /value/.test(one))
    ? { help: "a set has one value at least; where every value is meant, leave the condition out" }
    : undefined;
}

/** Habits of order. */
export const ORDER: readonly ((place: FaultPlace) => Habit | undefined)[] = [
  timed,
  moded,
  shared,
  closed,
  whole,
  blank,
  joined,
  wayOrRate,
  small,
  apart,
  spare,
  beyond,
];
