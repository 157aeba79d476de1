/** The earliest start at which a whole request fits with the same duration (seed, Figure 2). */
import { check, highestDrain } from "./chain.ts";
import { Refill } from "./refill.ts";
import { Runs } from "./runs.ts";
import type { Timeline } from "./timeline.ts";

/**
 * The earliest integer second from `from` on; `undefined` if there is none. Drains are searched first, then buckets;
 * each moves the start on by what it alone rules out, until none does.
 */
export function earliestStart(
  chain: readonly Timeline[],
  duration: number,
  rate: number,
  from: number,
): number | undefined {
  check({ start: from, end: from + duration }, rate);
  let start = chain.reduce((latest, { now }) => Math.max(latest, now), from);
  const runs = chain.map(
    (one) => new Runs(one.rates, Math.max(0, one.bounds.min - rate), highestDrain(one) - rate, start),
  );
  let refills: readonly Refill[] | undefined;
  for (let settled = 0, i = 0; ; i = (i + 1) % runs.length) {
    const next = runs[i]?.seek(start, duration);
    if (next === undefined) return runs.length === 0 ? start : undefined;
    settled = next === start ? settled + 1 : 1;
    start = next;
    if (settled < runs.length) continue;
    if (rate === 0) return start;
    refills ??= chain.flatMap((one) => (one.bucket ? [new Refill(one.course(start), one.bucket, duration, rate)] : []));
    const later = refills.reduce((latest, refill) => Math.max(latest, refill.seek(latest)), start);
    if (later === start) return start;
    if (later === Infinity) return undefined;
    start = later;
    settled = 0;
  }
}
