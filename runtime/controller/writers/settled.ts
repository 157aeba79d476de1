/**
 * The meters that no entry uses × their ages and that of the last apply → the meters that must be left alone (NETWORK,
 * "Two writers"). Another apply may have made such a meter and be about to use it. It may also have freed the meter and
 * be about to remove it, and a removal takes along the entries that use the meter by then. No message is later than a
 * session waits for an answer. So such a meter is used or removed only after it and the last apply are older than that.
 */
import type { FlowStats } from "../../openflow/index.ts";

/** In seconds. A session waits 120 s for a whole answer. */
const SETTLED = 150;

/**
 * The idle meters that must be left alone. `ages`: seconds since each was made; undefined if the switch does not count.
 */
export function unsettledMeters(
  idle: ReadonlySet<number>,
  tokens: readonly Pick<FlowStats, "seconds">[],
  ages: ReadonlyMap<number, { readonly age: number }> | undefined,
): ReadonlySet<number> {
  if (tokens.some(({ seconds }) => seconds < SETTLED)) return idle;
  return new Set([...idle].filter((meter) => (ages?.get(meter)?.age ?? SETTLED) < SETTLED));
}
