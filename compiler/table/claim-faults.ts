/** Limits and reservations that this target or this network cannot keep, as diagnostics. */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import * as codes from "../diagnostics/codes/table.ts";
import type { Claims } from "./claims.ts";
import { targetOf, type LowerContext } from "./context.ts";
import type { Layout } from "./pipeline.ts";
import { HIGHEST } from "./priority.ts";

export function reportClaims(claims: Claims, layout: Layout, context: LowerContext): readonly Diagnostic[] {
  const target = targetOf(context);
  const found: Diagnostic[] = [...claims.all()]
    .filter(({ feasible }) => !feasible)
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ statement, sites }) => {
      const switches = [...sites.keys()].map((name) => `\`${name}\``).sort();
      const help = "limit by where the traffic enters (`srcAP`), or say where its sources are (`host_at`)";
      const span = context.spanOf?.(statement);
      return codes.limitAtEdges({ count: switches.length, switches: switches.join(", ") }, { span, help });
    });
  if (layout.stages.length > target.tables) {
    const room = target.tables - (layout.stages.length - claims.tables);
    found.push(codes.tooManyLimits({ layers: claims.tables, target: target.name, room }));
  }
  for (const [numbers, what] of [
    [claims.meters, "limits"],
    [claims.queues, "reservations"],
  ] as const) {
    const { wanted, size } = numbers;
    if (wanted <= size) continue;
    const thing = what === "limits" ? "meter" : target.marks ? "DSCP mark" : "queue";
    found.push(codes.tooManyNumbers({ wanted, what, thing, have: size, target: target.name }));
  }
  if (claims.priorities > HIGHEST) {
    found.push(codes.nestedReservations({ depth: claims.priorities, highest: HIGHEST }));
  }
  return found;
}
