/** A derived rule → its key, by which a table that follows changes finds it again. */
import { cubeKey } from "../flowgroup/index.ts";
import type { DerivedRule } from "./rule.ts";

/** Equal rules have equal keys. */
export function keyOf(rule: DerivedRule): string {
  const { statement, stage, effect, depth, level, levels, cube, end, rate, nodes = [], charged, observed } = rule;
  const charge = charged === undefined ? "" : `${charged.order} ${charged.links.join()}`;
  return `${observed ? "observed " : ""}${stage}|${effect}|${rate ?? ""}|${nodes.join()}|${charge}|${depth}|${level}/${levels}|${end}|${statement}|${cubeKey(cube)}`;
}
