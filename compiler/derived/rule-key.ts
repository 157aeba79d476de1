/**
 * A derived rule → its key, by which a table that follows changes finds it again. A statement of a thousand parts makes a
 * thousand rules, and each has its whole text: so a long text stands in keys as its digest. (V8 hashes texts above 16 kB
 * by their length alone, so a map of such keys compares each with all others.)
 */
import { cubeKey } from "../flowgroup/index.ts";
import { sha256 } from "../net/sha256.ts";
import type { DerivedRule } from "./rule.ts";

/** A rule that comes or goes is looked up by several, one behind the other; their maps share its key. */
const recent = new Map<DerivedRule, string>();
const RECENT = 256;

/** Equal rules have equal keys. */
export function keyOf(rule: DerivedRule): string {
  let key = recent.get(rule);
  if (key === undefined) {
    if (recent.size >= RECENT) recent.clear();
    recent.set(rule, (key = textOf(rule)));
  }
  return key;
}

/** It is joined at once: a text that is put together piece by piece stays a tree of pieces in each map that it is a key of. */
function textOf(rule: DerivedRule): string {
  const { statement, stage, effect, depth, level, levels, cube, end, rate = "", nodes = [], charged, observed } = rule;
  const charge = charged === undefined ? "" : `${charged.order} ${charged.links.join()}`;
  const kind = observed ? `observed ${stage}` : stage;
  return [kind, effect, rate, nodes.join(), charge, depth, level, levels, end, nameOf(statement), cubeKey(cube)].join(
    "|",
  );
}

/** Texts longer than this stand as digests. */
const LONG = 256;

/** The last long text: the rules of one statement follow each other. */
let last = { statement: "", digest: "" };

/** What stands for a statement. A digest begins with a line break, which no label and no canonical text has. */
function nameOf(statement: string): string {
  if (statement.length <= LONG) return statement;
  if (last.statement !== statement) {
    last = { statement, digest: `\n${sha256(statement)}` };
  }
  return last.digest;
}
