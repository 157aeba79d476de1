/** The statements whose traffic changes → lines for people. */
import { count } from "../diagnostics/text.ts";
import type { TrafficChange } from "../impact/changes-by-statement.ts";
import { printRate } from "../net/index.ts";
import { commentText } from "./entries.ts";

/** A report shows at most this many lines and counts the rest. */
const MOST_LINES = 40;
/** The most letters of a flowgroup in a line. */
const WIDEST = 160;

const SIGNS = { begins: "+", ends: "-", moves: "~", rate: "~" } as const;

/** The changes as lines. */
export function trafficText(changes: readonly TrafficChange[]): string {
  const lines = changes
    .slice(0, MOST_LINES)
    .map(({ change, statement, effect, flows, rate, was, witness: one, within, atMost, fragments }) => {
      const shown = within !== undefined && flows.length > WIDEST ? `in part ${within}` : flows;
      const short = shown.length > WIDEST ? `${shown.slice(0, WIDEST - 1)}…` : shown;
      const rates = was === undefined || rate === undefined ? "" : `: ${printRate(was)} → ${printRate(rate)}`;
      const example = one === undefined ? "" : `, such as ${one}`;
      return `  ${SIGNS[change]} ${effect} ${fragments && !flows.startsWith("fragments ") ? "fragments of " : ""}${atMost ? "at most " : ""}${short}${example}${rates}${commentText(statement)}\n`;
    });
  const rest = changes.length - MOST_LINES;
  return lines.join("") + (rest > 0 ? `  and of ${count(rest, "more statement")}\n` : "");
}
