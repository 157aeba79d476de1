/**
 * What small hostile files cost at doubling sizes: processor time with its exponent, or, for an attack that is refused,
 * the time until then, at sizes far beyond the largest that is taken.
 */
import { decide } from "#compiler/decide.ts";
import { explainWords } from "#compiler/lookup/explain.ts";
import { shippedRules } from "../cli/common/policy.ts";
import { ATTACKS } from "./hostile.ts";
import { measure } from "./measure.ts";
import type { Report } from "./report.ts";

export const name = "hostile";

/** A refusal comes within so many milliseconds of processor time. */
const REFUSED_WITHIN = 2_000;

export async function run(report: Report): Promise<void> {
  const rules = await shippedRules();
  for (const { name: attack, text, most, explains } of ATTACKS) {
    const sizes = most === undefined ? [500, 1_000, 2_000] : [most, most + 1, 4 * most];
    for (const n of sizes) {
      const source = { name: "hostile.pane", text: text(n) };
      const { cpu } = await measure(
        () => {
          const decided = decide([source], { now: 0, load: () => undefined, rules });
          if (explains !== undefined) explainWords(explains, decided, 0);
        },
        { runs: 1, warm: 0 },
      );
      const isRefused = most !== undefined && n > most;
      const bound = isRefused ? { bound: REFUSED_WITHIN } : most === undefined ? { growth: 1.3 } : {};
      report({
        case: most === undefined ? attack : `${attack} (${n} of ${most})`,
        n,
        figure: cpu,
        unit: "ms",
        ...bound,
      });
    }
  }
}
