/** Sentences as other languages order them, and lists where a statement names one thing → the statements that are meant. */
import { isReserved } from "#grammar/heads.ts";
import { actionElsewhere } from "../../diagnostics/elsewhere.ts";
import { NAME, unitAt, type FaultPlace, type Habit } from "./habit.ts";

const pattern = (text: string): RegExp => new RegExp(text, "su");
const names = (list: string): readonly string[] => list.match(new RegExp(NAME, "gu")) ?? [];

const ONE_NAME = String.raw`(AddUser|RemoveUser|GrantDefault|RemoveShare|Cancel|Grant\s+${NAME}\s+to|Revoke\s+${NAME}\s+from)`;
const LISTED = pattern(
  String.raw`^${ONE_NAME}\s+(?:(${NAME}(?:\s*(?:,|;|&|\band\b)\s*(?:and\s+)?${NAME})+)|[{[(]([^{}[\]()]*)[}\])])$`,
);

/** `Grant s to Alice, Bob`: one statement for each. */
function listed(place: FaultPlace): Habit | undefined {
  const { head, text, start, end } = unitAt(place);
  const [, verb, list, inBrackets] = LISTED.exec(text) ?? [];
  if (verb === undefined) return undefined;
  const all = names((list ?? inBrackets!).replaceAll(/\band\b/g, ","));
  if (all.length === 0) return undefined;
  const word = /^\w+/.exec(verb)![0];
  const help = `\`${word}\` names one: \`${all.map((name) => `${verb} ${name}.`).join(" ")}\``;
  // A label names one statement.
  if (head.startsWith("@")) return { help: `\`${word}\` names one; write a statement for each` };
  const separate = all.map((name, at) => `${at === 0 ? "" : head}${verb} ${name}`).join(". ");
  return { help, change: { start, end, text: separate, title: "write a statement for each" } };
}

/** `Grant net0 Alice`, `Revoke Alice net0`: which of the two is the share only its author knows. */
function granted({ expected, before }: FaultPlace): Habit | undefined {
  const verb = /\b(Grant|Revoke)\s+\S+\s+$/.exec(before)?.[1];
  if (verb === undefined || !/^`(?:to|from)`$/.test(expected.join(" "))) return undefined;
  return { help: `the share stands first: \`${verb} SHARE ${verb === "Grant" ? "to" : "from"} USER.\`` };
}

/** `Cancel deny(dstPort=80) on s.`: the text of a request is named in quotes, with its full stop. */
function cancelled(place: FaultPlace): Habit | undefined {
  const { text, start, end } = unitAt(place);
  const [, verb, request] =
    /^(Cancel|Explain)\s+((?:allow|deny|limit|reserve|waypoint|avoid)\s*\(.*)$/s.exec(text) ?? [];
  if (request === undefined) return undefined;
  const written = `${verb!} ${JSON.stringify(`${request}.`)}`;
  return { help: "a request is named by its label, or by its text in quotes", change: { start, end, text: written } };
}

/** `default drop`, `default: deny`, `default policy deny`, `set default deny`. */
function defaulted(place: FaultPlace): Habit | undefined {
  const { text, start, end } = unitAt(place);
  const [, words, between, verdict, all] =
    /^(?:set\s+)?(default(?:\s+fragments)?)\s*(=|:=?|is\b|to\b|policy\b|action\b|verdict\b)?\s*(?:=|:=?|is\b|to\b)?\s*(\w+)(\s+(?:all|any|everything|\*))?$/.exec(
      text,
    ) ?? [];
  if (verdict === undefined) return undefined;
  const action = verdict.toLowerCase() === "pass" ? "allow" : actionElsewhere(verdict);
  if (action === undefined) return undefined;
  const meant = `${words!} ${action}`;
  // Nothing is wrong with it but what follows.
  if (meant.replaceAll(/\s+/g, " ") === text.replaceAll(/\s+/g, " ")) return undefined;
  const help =
    between === undefined && all === undefined && verdict !== action
      ? `what \`${verdict}\` says elsewhere is \`${action}\` here`
      : `a default is written \`${meant}.\``;
  return { help, change: { start, end, text: meant } };
}

const RATE = String.raw`(\d+(?:\.\d+)?\s?[kKMGT]?(?:b|B|bit|bps)(?:ps|\/s|it|it\/s)?)`;
const FLOWS = String.raw`(\((?:[^()]|\([^()]*\))*\))`;
const RATE_FIRST = pattern(
  String.raw`^(limit|ratelimit|reserve)\s+(?:to\s+)?${RATE}\s*(?:\b(?:for|of|to|on)\b)?\s*${FLOWS}(.*)$`,
);
const RATE_BEHIND = pattern(
  String.raw`^(limit|ratelimit|reserve)\s*${FLOWS}\s*(?:\b(?:to|at|by|with|of|rate)\b\s*|:\s*)?${RATE}(.*)$`,
);
const RATE_INSIDE = pattern(
  String.raw`^(limit|ratelimit|reserve)\s*\(((?:[^()]|\([^()]*\))*?)\s*,\s*(?:rate\s*=\s*)?${RATE}\s*\)(.*)$`,
);

/** A number and its unit as one word. */
const joined = (rate: string): string => rate.replaceAll(/\s/g, "");

/** `limit 1Mb (dstPort=80) on s`, `limit(dstPort=80) to 1Mb on s`, `limit(dstPort=80, 1Mb) on s`. */
function rated(place: FaultPlace): Habit | undefined {
  const { text, start, end } = unitAt(place);
  const help = "a request names its flows, and behind `=` its rate";
  const first = RATE_FIRST.exec(text);
  const flows = first?.[3] ?? RATE_BEHIND.exec(text)?.[2];
  const [, verb, , , rest] = first ?? [];
  if (first !== null) return { help, change: { start, end, text: `${verb!}${flows!} = ${joined(first[2]!)}${rest!}` } };
  const behind = RATE_BEHIND.exec(text);
  if (behind !== null)
    return { help, change: { start, end, text: `${behind[1]!}${behind[2]!} = ${joined(behind[3]!)}${behind[4]!}` } };
  const inside = RATE_INSIDE.exec(text);
  if (inside === null) return undefined;
  return { help, change: { start, end, text: `${inside[1]!}(${inside[2]!}) = ${joined(inside[3]!)}${inside[4]!}` } };
}

const DEFINED = pattern(
  String.raw`^(?:(flowgroup|let|define|def|set|alias|group|list|table|var|object-group)\s+)?(${NAME})\s*(:=|=|:|\bis\b|\bbe\b)?\s*(?:${FLOWS}|[{[]([^{}[\]]*)[}\]]|([^\s(){}[\]=:][^(){}[\]]*))$`,
);

/** `let web = (dstPort=80)`, `flowgroup web = dstPort=80`, `group staff = {Alice, Bob}`. */
function defined(place: FaultPlace): Habit | undefined {
  const { head, text, start, end } = unitAt(place);
  const [, opener, name, sign, flows, set, bare] = DEFINED.exec(text) ?? [];
  if (name === undefined || head !== "" || place.inPolicy || isReserved(name)) return undefined;
  if (opener === undefined && sign === undefined) return undefined;
  const inner = set ?? bare ?? flows!.slice(1, -1);
  if (opener !== undefined && opener !== "flowgroup" && /^(?:\d+\.){3}\d+$/.test(inner.trim()))
    return { help: `a host is named by a fact: \`host_ip(${name}, ${inner.trim()}).\`` };
  const isFlows = /=/.test(inner) || inner.trim() === "*";
  if (isFlows && (opener !== undefined || bare === undefined)) {
    const written = bare === undefined && set === undefined ? flows! : `(${inner.trim()})`;
    return { help: "named flows stand in parentheses", change: { start, end, text: `flowgroup ${name} = ${written}` } };
  }
  const members = inner.split(",").map((one) => one.trim());
  if (opener === "flowgroup" || bare !== undefined || !members.every((one) => /^[\w.:/"-]+$/.test(one)))
    return undefined;
  // In facts a bare word with a capital letter is a variable.
  const facts = members.map((one) => `${name}(${/^[A-Z_]/.test(one) ? JSON.stringify(one) : one})`);
  return {
    help: `a set is a relation, with a fact for each member; a rule asks it: \`${asked(members[0]!, name)}\``,
    change: { start, end, text: facts.join(". "), title: "write a fact for each" },
  };
}

/** The conditions by which a rule asks whether a field's value is in a relation, as its members show. */
function asked(member: string, name: string): string {
  if (/^\d+$/.test(member)) return `dstPort(P), ${name}(P)`;
  return /[.:]/.test(member) ? `srcHost(H), ${name}(H)` : `srcUser(U), ${name}(U)`;
}

/** `-- a comment`, as other languages begin one. */
function commented({ source, unit, found, start }: FaultPlace): Habit | undefined {
  if (found !== "-" || start !== unit.start || !source.text.startsWith("--", start)) return undefined;
  // So a document of YAML begins.
  if (/^---[ \t]*(?:\r?\n|$)/.test(source.text.slice(start, start + 64))) return undefined;
  return { help: "a comment begins with `//`", change: { start, end: start + 2, text: "//" } };
}

/** `@call: deny(…)`, and `Alice: @call deny(…)`: a label stands first, and without a colon. */
function labelled({ source, unit, found, start, end }: FaultPlace): Habit | undefined {
  const text = source.text.slice(unit.start, Math.min(unit.end, unit.start + 400));
  const [all, speaker, label] = new RegExp(String.raw`^(${NAME})\s*:\s*(@[\p{L}\p{N}_-]+)\s+`, "u").exec(text) ?? [];
  if (all !== undefined && found === "@")
    return {
      help: "a label stands before the speaker",
      change: { start: unit.start, end: unit.start + all.length, text: `${label!} ${speaker!}: ` },
    };
  if (found !== ":" || !/^@\S+\s*$/.test(source.text.slice(unit.start, start))) return undefined;
  return { help: "a label has no colon", change: { start, end, text: "", title: "take the `:` out" } };
}

/** Habits of whole sentences. */
export const SENTENCES: readonly ((place: FaultPlace) => Habit | undefined)[] = [
  commented,
  labelled,
  listed,
  granted,
  cancelled,
  defaulted,
  rated,
  defined,
];

/** Words that begin statements elsewhere → the word that does here. */
const STATEMENTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    AddUser: "newuser createuser makeuser user useradd account",
    RemoveUser: "deluser deleteuser dropuser userdel",
    NewShare: "addshare createshare makeshare share",
    RemoveShare: "delshare deleteshare dropshare",
    Revoke: "ungrant revokeshare",
    Cancel: "cancelrequest deleterequest removerequest withdraw undo",
    include: "import load use source",
    limit: "police policer shape throttle bandwidth cap",
    reserve: "guarantee",
  }).flatMap(([own, words]) => words.split(" ").map((word) => [word, own] as const)),
);

/** What is said of words that no single statement stands for. */
const TOLD: readonly (readonly [RegExp, string])[] = [
  [/^(?:remove|delete|del|unset|rm)$/i, "`RemoveUser` takes a user away, `RemoveShare` a share, `Cancel` a request"],
  [
    /^(?:route|redirect|forward|steer|divert|nexthop)$/i,
    "flows are led through a node by `waypoint(…) = NODE on SHARE.`, and around one by `avoid(…) = NODE on SHARE.`",
  ],
  [/^(?:mirror|copy|span|tee)$/i, "no statement copies packets"],
  [/^(?:log|count|monitor)$/i, "no statement logs: the switch counts what each one holds"],
  [/^(?:nat|snat|dnat|masquerade|rdr|rewrite|mark|set-?field)$/i, "no statement changes packets"],
  [/^(?:addhost|newhost|host|node)$/i, "a host is known by a fact: `host_ip(HOST, ADDRESS).`"],
  [/^(?:addswitch|newswitch)$/i, "a switch is known by a fact: `switch(SWITCH, DATAPATH).`"],
  [/^(?:addlink|newlink|connect)$/i, "a link is known by a fact: `link(SWITCH, PORT, SWITCH, PORT, RATE).`"],
  [
    /^(?:show|list|display|print|get|select)$/i,
    "the questions are `ListShares`, `ListRequests`, `ListUsers`, `GetSchedule` and `Available`; `glazier query` asks them",
  ],
];

/** What a word that begins no statement may mean, as the first of its sentence. */
export function opened(place: FaultPlace): Habit | undefined {
  const { opening, source, after, found } = place;
  if (opening === undefined || found === ":" || found === "<=") return undefined;
  // Flows in parentheses, as those of a request; else it is a fact, which may be called anything.
  const isRequest = /^\s*\(\s*(?:\*|\w+\s*!?=)/.test(source.text.slice(opening.end, opening.end + 64));
  if (opening.end !== after && !isRequest) return undefined;
  // `Alice deny(…)`, and no word of another language: those are told by their own helps.
  if (
    opening.end === after &&
    /^(?:allow|deny|limit|reserve|waypoint|avoid)$/.test(found) &&
    actionElsewhere(opening.text) === undefined
  ) {
    const rest = source.text.slice(place.start, place.unit.end);
    if (/^[^"']*?<=/.test(rest)) return { help: `take \`${opening.text}\` out: no speaker stands before a rule` };
    return {
      help: "who speaks stands before a colon",
      change: { start: opening.end, end: opening.end, text: ":", title: "write a colon" },
    };
  }
  const own = STATEMENTS.get(opening.text.toLowerCase());
  if (own !== undefined) {
    const { start, end } = opening;
    return { help: `what \`${opening.text}\` says elsewhere is \`${own}\` here`, change: { start, end, text: own } };
  }
  const told = TOLD.find(([word]) => word.test(opening.text))?.[1];
  return told === undefined ? undefined : { help: told };
}
