/**
 * A demand in place of a refused statement, in its author's words: what stays as it was asked for keeps its names of hosts,
 * users and flowgroups and its relations, and what a share takes from it is added in the words of the share.
 */
import { constrainedFields, constraint, cubeEqual, intersect, render, setEqual } from "../flowgroup/index.ts";
import type { Cube, Flowgroup } from "../flowgroup/cube.ts";
import type { Demand, RequestDemand, Statement } from "../model/model.ts";
import type { Share, ShareTree } from "../shares/tree.ts";
import { demandText, parenthesised, requestText } from "./text.ts";
import { bodyText, headText } from "./rule-text.ts";

/** The demand as text; undefined: nothing of the statement can be kept. */
export function inOwnWords(demand: Demand, own: Statement, tree: ShareTree, now: number): string | undefined {
  const flows = flowsInWords(demand, own, tree);
  if (flows === undefined) return undefined;
  if (demand.kind !== "request") return demandText(demand, now, flows);
  const written = writtenRequest(own.text)!;
  const bothWays = flows === written.flows ? written.bothWays : "";
  return requestText(demand, now, { flows, bothWays });
}

function flowsInWords(demand: Demand, { demand: own, text }: Statement, tree: ShareTree): string | undefined {
  if (demand.kind === "NewShare" && own.kind === "NewShare")
    return flowsOf(demand.flows, { text: writtenShare(text), flows: own.flows }, tree.get(demand.parent));
  if (demand.kind !== "request" || own.kind !== "request") return undefined;
  const written = writtenRequest(text);
  if (written === undefined) return undefined;
  if (demand.flows === own.flows) return written.flows;
  const share = written.bothWays === "" ? tree.get(demand.share) : undefined;
  return flowsOf(demand.flows, { text: written.flows, flows: own.flows }, share);
}

/** Flows, and how they are written. */
interface Worded {
  readonly text: string | undefined;
  readonly flows: Flowgroup;
}

function flowsOf(flows: Flowgroup, own: Worded, share: Share | undefined): string {
  if (flows === own.flows && own.text !== undefined) return own.text;
  const parts = share?.span === undefined ? [own] : [own, { text: shareWords(share), flows: share.flows }];
  if (parts.length === 2 && sameFlows(flows, intersect(own.flows, share!.flows))) {
    const joined = joinedTerms(parts.map(({ text }) => text));
    if (joined !== undefined) return joined;
  }
  const words = parts.flatMap(wordsOf);
  return parenthesised(
    render(flows, (field, set) => words.find((one) => one.field === field && setEqual(one.set, set))?.text),
  );
}

const sameFlows = (a: Flowgroup, b: Flowgroup): boolean =>
  a.cubes.length === b.cubes.length && a.cubes.every((cube, i) => cubeEqual(cube, b.cubes[i]!));

/** `(a=1, b=2)` and `(b=2, c=3)` → `(a=1, b=2, c=3)`; undefined where they say two things of one field, or are no lists. */
function joinedTerms(texts: readonly (string | undefined)[]): string | undefined {
  const lists = texts.map((text) => text && termsOf(text));
  if (!lists.every((list) => typeof list === "object")) return undefined;
  const all = [...new Set(lists.flat())].filter((term) => term !== "*");
  // The name of a flowgroup stands beside any field.
  const fields = all.flatMap((term) => fieldOf(term) ?? []);
  if (new Set(fields).size < fields.length) return undefined;
  return all.length === 0 ? "(*)" : `(${all.join(", ")})`;
}

/** The field of a term that is no name of a flowgroup. */
const fieldOf = (term: string): string | undefined => /^\w+(?=!?=)/.exec(term)?.[0].replace(/^srcUser$/, "user");

/** The terms of one list; undefined: the text is more than one. */
function termsOf(text: string): readonly string[] | undefined {
  const inner = /^\(([^()]*)\)$/.exec(text)?.[1];
  return inner?.match(/(?:\{[^}]*\}|"(?:[^"\\]|\\.)*"|[^,{"])+/g)?.map((term) => term.trim());
}

/** The sets of a list of terms whose flows are one cube, each with its words: what a term says is a value of its field. */
function wordsOf({ text, flows }: Worded): readonly { field: string; set: ReturnType<typeof setOf>; text: string }[] {
  const [cube, ...others] = flows.cubes;
  if (text === undefined || cube === undefined || others.length > 0) return [];
  return (termsOf(text) ?? []).flatMap((term) => {
    const field = constrainedFields(cube).find((one) => one === fieldOf(term));
    if (field === undefined) return [];
    const [, operator, value] = /^\w+(!?=)(.*)$/.exec(term)!;
    return operator === "=" ? [{ field, set: setOf(cube, field), text: value! }] : [];
  });
}

const setOf = (cube: Cube, field: Parameters<typeof constraint>[1]) => constraint(cube, field)!;

/** What a request says, in parts: `text` is its canonical text. */
interface WrittenRequest {
  readonly flows: string;
  readonly bothWays: string;
}

const NAME = String.raw`(?:"(?:[^"\\]|\\.)*"|[^\s"]+)`;
const REQUEST = new RegExp(
  String.raw`^(?: = .*?)?( both ways)?(?: partial)? on ${NAME}(?: from \S+)?(?: to \S+)?\.$`,
  "u",
);

function writtenRequest(text: string): WrittenRequest | undefined {
  const start = /^[a-z]+(?=\()/.exec(text)?.[0].length;
  const end = start === undefined ? undefined : closing(text, start);
  const rest = end === undefined ? null : REQUEST.exec(text.slice(end));
  if (rest === null) return undefined;
  return { flows: text.slice(start, end), bothWays: rest[1] ?? "" };
}

/** The flows of a NewShare. */
const writtenShare = (text: string): string | undefined => SHARE.exec(text)?.[1];
const SHARE = new RegExp(String.raw`\bNewShare ${NAME} for (\(.*\)) \[`, "u");

/** The flows of a share as its author wrote them; undefined: among comments. */
function shareWords({ span }: Share): string | undefined {
  const { source, start, end } = span!;
  const text = source.text.slice(start, end);
  return /\/\/|\/\*|#/.test(text) ? undefined : writtenShare(text.replaceAll(/\s+/g, " "));
}

/** Behind the parenthesis that closes the one here. */
function closing(text: string, start: number): number | undefined {
  let depth = 0;
  for (const { 0: sign, index } of text.slice(start).matchAll(/"(?:[^"\\]|\\.)*"|[()]/g)) {
    depth += sign === "(" ? 1 : sign === ")" ? -1 : 0;
    if (depth === 0) return start + index + 1;
  }
  return undefined;
}

/**
 * A demand in place of a rule: the rule with another rate or other nodes, or with the terms of the share behind its own.
 * Undefined: it changes something else, or `pass` hands some of its flows on for a time.
 */
export function ruleInOwnWords(
  demand: RequestDemand,
  { text, demand: own }: Statement,
  tree: ShareTree,
  head = headText(demand),
): string | undefined {
  if (own.kind !== "request" || demand.share !== own.share) return undefined;
  const during = /(?: from \S+)?(?: to \S+)?\.$/.exec(text)![0];
  const body = / <= (.*)$/su.exec(text.slice(0, text.length - during.length))?.[1];
  if (demand.interval.start !== own.interval.start || demand.interval.end !== own.interval.end) return undefined;
  if (demand.flows === own.flows) return `${head}${body === undefined ? "" : ` <= ${body}`}${during}`;
  const share = tree.get(demand.share);
  const cubes = share?.flows.cubes ?? [];
  if (cubes.length === 0 || cubes.length > MOST_TERMS) return undefined;
  if (!sameFlows(demand.flows, intersect(own.flows, share!.flows))) return undefined;
  const terms = cubes.map(bodyText).join(" or ");
  const all = body === undefined ? "" : / or /.test(body) ? `(${body}), ` : `${body}, `;
  return `${head} <= ${all}${cubes.length > 1 ? `(${terms})` : terms}${during}`;
}

/** The terms of a share of more cubes are not added to a rule. */
const MOST_TERMS = 4;
