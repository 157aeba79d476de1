/** Two sets of derived rules → whose traffic changes between them, statement by statement. */
import { cubeKey, flowgroup, render } from "#compiler/flowgroup/index.ts";
import type { Cube } from "#compiler/flowgroup/cube.ts";
import type { DerivedRule } from "#compiler/program/derived.ts";
import { count } from "./words.ts";

/** Flows that a statement begins or ceases to decide. */
export interface Change {
  readonly change: "begins" | "ends";
  readonly statement: string;
  readonly effect: DerivedRule["effect"];
  readonly flows: string;
}

const keyOf = (rule: DerivedRule): string => `${rule.statement} ${rule.effect} ${cubeKey(rule.cube)}`;

function collect(rules: readonly DerivedRule[], known: ReadonlySet<string>, change: Change["change"]): Change[] {
  const statements = new Map<string, { readonly rule: DerivedRule; readonly cubes: Cube[] }>();
  for (const rule of rules) {
    if (known.has(keyOf(rule))) continue;
    const id = `${rule.statement} ${rule.effect}`;
    const entry = statements.get(id) ?? { rule, cubes: [] };
    entry.cubes.push(rule.cube);
    statements.set(id, entry);
  }
  return [...statements.values()].map(({ rule, cubes }) => {
    const { statement, effect } = rule;
    return { change, statement, effect, flows: render(flowgroup(cubes)) };
  });
}

/** What changes from the old rules in force to the new ones; what ends comes first. */
export function trafficChanges(old: readonly DerivedRule[], next: readonly DerivedRule[]): readonly Change[] {
  const [before, after] = [new Set(old.map(keyOf)), new Set(next.map(keyOf))];
  return [...collect(old, after, "ends"), ...collect(next, before, "begins")];
}

/** More than this and nobody reads: the rest is counted. */
const shown = 40;
const widest = 160;

/** The changes as lines. */
export function trafficText(changes: readonly Change[]): string {
  const lines = changes.slice(0, shown).map(({ change, statement, effect, flows }) => {
    const short = flows.length > widest ? `${flows.slice(0, widest - 1)}…` : flows;
    return `  ${change === "begins" ? "+" : "-"} ${effect} ${short}    # ${statement.replaceAll(/\s+/g, " ")}\n`;
  });
  const rest = changes.length - shown;
  return lines.join("") + (rest > 0 ? `  and of ${count(rest, "more statement")}\n` : "");
}
