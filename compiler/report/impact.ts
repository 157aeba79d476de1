/**
 * Two sets of derived rules and the plans between their tables → the statements whose traffic changes. A statement with
 * an unchanged flowgroup changes too if its users move, which only the entries show.
 */
import { cubeKey, flowgroup, render } from "../flowgroup/index.ts";
import type { Cube } from "../flowgroup/cube.ts";
import type { Plan } from "../plan/plan.ts";
import { printRate } from "../net/index.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { commentText, type Cookies } from "./entries.ts";
import { count } from "../diagnostics/text.ts";

/**
 * Flows that a statement begins or ceases to decide, that other hosts send or receive than before, or at another rate.
 */
export interface TrafficChange {
  readonly change: "begins" | "ends" | "moves" | "rate";
  readonly statement: string;
  readonly effect: DerivedRule["effect"];
  readonly flows: string;
  /** In bit/s; for limit and reserve. */
  readonly rate?: number;
  /** In bit/s: the old rate, if it changes. */
  readonly was?: number;
}

const keyOf = (rule: DerivedRule): string => `${rule.statement} ${rule.effect} ${cubeKey(rule.cube)}`;

/** The rules that are not in `known`, by statement, effect and rate. */
function collect(
  rules: readonly DerivedRule[],
  known: { has(key: string): boolean },
  change: TrafficChange["change"],
): readonly TrafficChange[] {
  const statements = new Map<string, { readonly rule: DerivedRule; readonly cubes: Cube[] }>();
  for (const rule of rules) {
    if (known.has(keyOf(rule))) continue;
    const id = `${rule.statement} ${rule.effect} ${rule.rate}`;
    const entry = statements.get(id) ?? { rule, cubes: [] };
    entry.cubes.push(rule.cube);
    statements.set(id, entry);
  }
  return [...statements.values()].map(({ rule, cubes }) => {
    const { statement, effect, rate } = rule;
    return { change, statement, effect, flows: render(flowgroup(cubes)), ...(rate !== undefined && { rate }) };
  });
}

/** The rules that stand before and after at different rates, by the old rate. */
function collectRates(
  next: readonly DerivedRule[],
  before: ReadonlyMap<string, number | undefined>,
): readonly TrafficChange[] {
  const olds = new Map<number, DerivedRule[]>();
  for (const rule of next) {
    const was = before.get(keyOf(rule));
    if (was !== undefined && was !== rule.rate) olds.set(was, [...(olds.get(was) ?? []), rule]);
  }
  return [...olds].flatMap(([was, rules]) => collect(rules, new Set(), "rate").map((one) => ({ ...one, was })));
}

/**
 * The changes from the old rules in force to the new ones: rules that end, begin, change rate, or move to other hosts.
 */
export function trafficChanges(
  old: readonly DerivedRule[],
  next: readonly DerivedRule[],
  plans: Iterable<Plan>,
  cookies: Cookies,
): readonly TrafficChange[] {
  const before = new Map(old.map((rule) => [keyOf(rule), rule.rate]));
  const after = new Set(next.map(keyOf));
  const changes = [...collect(old, after, "ends"), ...collect(next, before, "begins"), ...collectRates(next, before)];
  const told = new Set(changes.map(({ statement }) => statement));
  const touched = new Set<string>();
  for (const { stages } of plans) {
    for (const { kind, entry } of stages.flat()) {
      if (kind === "timeout") continue;
      const statement = cookies.get(entry.cookie);
      if (statement !== undefined && !told.has(statement)) touched.add(statement);
    }
  }
  const moved = next.filter(({ statement }) => touched.has(statement));
  return [...changes, ...collect(moved, new Set(), "moves")];
}

/** A report shows at most this many lines and counts the rest. */
const MOST_LINES = 40;
/** The most letters of a flowgroup in a line. */
const WIDEST = 160;

const SIGNS = { begins: "+", ends: "-", moves: "~", rate: "~" } as const;

/** The changes as lines. */
export function trafficText(changes: readonly TrafficChange[]): string {
  const lines = changes.slice(0, MOST_LINES).map(({ change, statement, effect, flows, rate, was }) => {
    const short = flows.length > WIDEST ? `${flows.slice(0, WIDEST - 1)}…` : flows;
    const rates = was === undefined || rate === undefined ? "" : `: ${printRate(was)} → ${printRate(rate)}`;
    return `  ${SIGNS[change]} ${effect} ${short}${rates}${commentText(statement)}\n`;
  });
  const rest = changes.length - MOST_LINES;
  return lines.join("") + (rest > 0 ? `  and of ${count(rest, "more statement")}\n` : "");
}
