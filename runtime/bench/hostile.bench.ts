/**
 * The cost of small hostile files. An attack of linear cost is measured at doubling sizes, as processor time with its
 * exponent. An attack with a bound is measured at its largest size and beyond, up to four times that, until it is
 * refused.
 */
import { decide, tablesAt } from "#compiler/compile.ts";
import { format } from "#grammar/printer.ts";
import type { Decided } from "#compiler/admission/decided.ts";
import { trafficChanges, type PolicyInForce } from "#compiler/impact/impact.ts";
import { replay } from "#compiler/replay/replay.ts";
import { prove } from "#compiler/report/prove.ts";
import { tableTimeline } from "#compiler/report/timeline.ts";
import { explainWords } from "#compiler/lookup/explain.ts";
import { shippedRules } from "../cli/common/policy.ts";
import { ATTACKS } from "./hostile.ts";
import { hasErrors } from "#compiler/diagnostics/diagnostic.ts";
import { foreseenOf, loadOf, openedBy } from "./attack.ts";
import { measure } from "./measure.ts";
import type { Report } from "./report.ts";

export const name = "hostile";

/** The most processor time until a refusal, in milliseconds. */
const REFUSED_WITHIN = 2_000;

const inForce = ({ admission, model: { defaults, directory } }: Decided): PolicyInForce => {
  return { rules: admission.derived.active(0), defaults, directory };
};

export async function run(report: Report): Promise<void> {
  const rules = await shippedRules();
  for (const one of ATTACKS) {
    const { name: attack, text, most, explains, lowers, follows, growth = 1.3, sizes: own = [500, 1_000, 2_000] } = one;
    const sizes = most === undefined ? own : [most, most + 1, 4 * most];
    for (const n of sizes) {
      const source = { name: "hostile.pane", text: text(n) };
      const { cpu } = await measure(
        async () => {
          if (one.replays !== undefined) return void replay(source, { rules });
          if (one.formats !== undefined) return void format(source.text);
          const decided = decide([source], { now: 0, load: loadOf(one), rules, foresees: foreseenOf(one) });
          if (one.becomes !== undefined) {
            const next = { name: "next.pane", text: one.becomes(n) };
            trafficChanges(inForce(decided), inForce(decide([next], { now: 0, load: loadOf(one), rules })));
          }
          if (one.proves !== undefined) await prove(decided.model, rules);
          if (explains !== undefined) explainWords(explains, decided, 0);
          if (lowers !== undefined && !hasErrors(decided.diagnostics)) tablesAt(decided, 0, { target: lowers });
          openedBy(one, n, decided);
          if (follows !== undefined) tableTimeline(decided, 0, { target: "ovs" });
        },
        { runs: 1, warm: 0 },
      );
      const isRefused = most !== undefined && n > most;
      const bound = isRefused ? { bound: REFUSED_WITHIN } : most === undefined ? { growth } : {};
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
