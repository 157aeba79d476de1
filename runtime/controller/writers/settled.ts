/**
 * The meters of a switch that no entry uses × how long all has been quiet → those that may be touched. A meter without
 * users may be one that another apply has made and is about to use, or has freed and is about to remove; a removal takes
 * the entries along that use the meter by then. No message can be late by more than a session waits for an answer. So
 * such a meter is neither used nor removed before it has stood that long, and the last apply is that old
 * (NETWORK, "Two writers").
 */
import type { FlowStats } from "../../openflow/index.ts";

/** Seconds. A session waits 120 s for a whole answer. */
const SETTLED = 150;

/** Those of the idle meters that must be left alone. `ages`: seconds since each was made, where the switch says it. */
export function unsettledMeters(
  idle: ReadonlySet<number>,
  tokens: readonly Pick<FlowStats, "seconds">[],
  ages: ReadonlyMap<number, { readonly age: number }> | undefined,
): ReadonlySet<number> {
  if (tokens.some(({ seconds }) => seconds < SETTLED)) return idle;
  return new Set([...idle].filter((meter) => (ages?.get(meter)?.age ?? SETTLED) < SETTLED));
}
