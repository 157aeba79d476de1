/**
 * What the network leaves of statements (SEMANTICS, "The network's verdict"): flows of waypoints and avoids that have
 * no path, as denies, and the rates that switches keep of limits and reservations.
 */
import type { Decided } from "../admission/decided.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { holdsInstant } from "../net/interval.ts";
import type { Table } from "../table/entry.ts";

/** Denies above all else for the flows that a waypoint or an avoid leaves no path at an instant (Unix seconds). */
export function withoutPath({ outcomes, rules }: Decided, instant: number): readonly DerivedRule[] {
  const verdicts = [
    ...outcomes.map(({ statement: { id }, verdict }) => ({ id, verdict })),
    ...rules.map(({ rule: { id }, verdict }) => ({ id, verdict })),
  ];
  return verdicts.flatMap(({ id: statement, verdict }) => {
    const suspended = verdict.kind === "rejected" ? undefined : verdict.suspended;
    // A reservation without room lets its flows go on.
    if (suspended === undefined || suspended.certificate.code === "link-short") return [];
    const now = suspended.pieces.filter(({ interval }) => holdsInstant(interval, instant));
    return now.flatMap(({ flows }) =>
      flows.cubes.map((cube): DerivedRule => {
        const rank = { depth: 0, level: 0, levels: 1, end: Infinity };
        return { statement, stage: "guard", effect: "deny", ...rank, cube };
      }),
    );
  });
}

/** Statement and effect → the least that a switch keeps of its rate, in bit/s. */
export function keptRates(tables: Iterable<Table>): ReadonlyMap<string, number> {
  const kept = new Map<string, number>();
  const keep = (key: string, rate: number): void => void kept.set(key, Math.min(rate, kept.get(key) ?? Infinity));
  for (const { meters = [], queues = [] } of tables) {
    for (const { statement, rate } of meters) keep(`${statement} limit`, rate);
    // Beside a queue on every port, those of single ports may be where its flows never leave.
    const wide = new Set(queues.flatMap(({ port, statement }) => (port === undefined ? [statement] : [])));
    for (const { port, statement, minimum } of queues)
      if (port === undefined || !wide.has(statement)) keep(`${statement} reserve`, minimum);
  }
  return kept;
}
