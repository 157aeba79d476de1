/** A refusal that no other request mends → how to get the right, or which share to ask instead. */
import { suggest } from "../diagnostics/suggest.ts";
import { RIGHTS, holdsRight, type Right } from "../shares/privileges.ts";
import type { Share } from "../shares/tree.ts";
import type { BoxFault } from "../paths/index.ts";
import { leastEntries } from "../flowgroup/cubes.ts";
import { fullShare, shareOf, type Refusal } from "./refusal.ts";
import { list, nameText } from "./text.ts";

/** What the speaker, or who made the share, may do about a refusal; undefined where nothing is to be said. */
export function remedyOf(refusal: Refusal): string | undefined {
  const { code } = refusal;
  if (code === "not-a-speaker") return unknownSpeaker(refusal) ?? rightToSpeak(refusal);
  if (code === "may-not-cancel") return unknownSpeaker(refusal);
  if (code === "no-privilege") return privilegeToState(refusal);
  if (code === "too-many-entries" || code === "too-many-requests") return lessThanBound(refusal, code);
  if (code === "unfit-node") return unfitNodeOf(refusal)!.help;
  return code === "unknown-node" ? PLACES : undefined;
}

const PLACES = "`switch(NAME, DPID).` and `host_at(HOST, SWITCH, PORT).` say where nodes stand";

/** Where a request alone is above the bound of its share, no other that is cancelled makes room for it. */
function lessThanBound(refusal: Refusal, code: "too-many-entries" | "too-many-requests"): string | undefined {
  const { demand } = refusal.statement;
  if (demand.kind !== "request") return undefined;
  const { requests, entries } = fullShare(refusal, code).privileges;
  const isAbove = code === "too-many-requests" ? requests < 1 : leastEntries(demand.flows.cubes) > entries;
  if (!isAbove) return undefined;
  return code === "too-many-requests" ? RAISED : `${RAISED}, or ask for fewer flows`;
}

const RAISED = "raise the bound where the share is made";

/** Which known user may be meant by a speaker that is none. */
function unknownSpeaker({ statement: { speaker }, users }: Refusal): string | undefined {
  const all = users();
  if (all.includes(speaker)) return undefined;
  const meant = suggest(speaker, all);
  return meant === undefined
    ? `there is no user \`${speaker}\`: \`AddUser ${nameText(speaker)}.\` makes one`
    : `there is no user \`${speaker}\`; did you mean \`${meant}\`?`;
}

/** Shares that she speaks for; else how she comes to speak. Nobody is told to give all of the network away. */
function rightToSpeak(refusal: Refusal): string | undefined {
  const { statement, shares } = refusal;
  const { demand, speaker } = statement;
  const share = shareOf(demand)!;
  if (demand.kind === "RemoveShare") return "who speaks for a share above it may remove it";
  const own = shares().filter((name) => name !== share);
  const instead = own.length === 0 ? undefined : `\`${speaker}\` speaks for ${list(own)}`;
  if (share === "rootShare") return instead;
  const given = `who speaks for it may give the right: \`Grant ${nameText(share)} to ${nameText(speaker)}.\``;
  return instead === undefined ? given : `${instead}; ${given}`;
}

/** The privilege that is missing, as it is written, and the shares above that lack it as well. */
function privilegeToState({ statement: { demand }, tree }: Refusal): string | undefined {
  const own = tree.get(shareOf(demand)!)!;
  const right = rightOf(demand.kind === "request" ? demand.action : demand.kind);
  if (right === undefined || own.parent === undefined) return undefined;
  const lacking = [...own.chain()].filter((one: Share) => one !== own && !holdsRight(one.privileges, right));
  const above = lacking.length === 0 ? "" : `, and of ${list(lacking.map(({ name }) => name))} above it`;
  return `it takes \`${FORMS[right]}\` among the privileges of \`${own.name}\`${above}`;
}

/** What is handed on by a rule is neither allowed nor denied, and takes no right. */
const rightOf = (kind: string): Right | undefined => RIGHTS.find((right) => right === kind);

/** A privilege as a share states it. */
const FORMS: Readonly<Record<Right, string>> = {
  allow: "allow = True",
  deny: "deny = True",
  hint: "hint = True",
  query: "query = True",
  reserve: "reserve <= RATE",
  limit: "limit <= RATE",
  waypoint: "waypoint = {NODE}",
  avoid: "avoid = {NODE}",
};

/** A waypoint that is a host which switches cannot tell from others: what is said of it, and what ends it. */
interface UnfitNode {
  readonly node: string;
  readonly why: string;
  /** What to do, as a sentence. */
  readonly help: string;
}

/** The first such waypoint of a refused statement; undefined: there is none. */
export function unfitNodeOf({ statement: { demand }, boxFault }: Refusal): UnfitNode | undefined {
  for (const node of (demand.kind === "request" && demand.nodes) || []) {
    const fault = boxFault(node);
    if (fault !== undefined) return { node, ...said(node, fault) };
  }
  return undefined;
}

function said(node: string, fault: BoxFault): Pick<UnfitNode, "why" | "help"> {
  if (fault.kind === "noMac")
    return {
      why: "no fact states its MAC, and without it no switch could tell what it sends itself from what it gives back",
      help: `state \`host_mac(${nameText(node)}, MAC)\``,
    };
  if (fault.kind === "sharedMac")
    return {
      why: "hosts at other ports have its MAC, too, and no switch could tell what it sends itself from what it gives back",
      help: `state a MAC that it has alone, \`host_mac(${nameText(node)}, MAC)\``,
    };
  const { switch: name, port } = fault.at;
  const others = list(fault.others, MOST_OTHERS);
  return {
    why: `${others} ${fault.others.length > 1 ? "stand" : "stands"} at its port ${name}:${port}, too, and no switch could tell what it gives back from what is sent there`,
    help: `plug it into a port of its own, and say so by \`host_at(${nameText(node)}, SWITCH, PORT)\``,
  };
}

/** The most hosts beside it that are named. */
const MOST_OTHERS = 3;
