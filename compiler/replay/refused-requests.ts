/**
 * The requests of a trace that were refused and should not have been: whether one of them could have blocked a later
 * request. A trace may hold thousands of either, so the answer comes from indexes and not from a walk.
 */
import type { Cube } from "../flowgroup/cube.ts";
import { OverlapIndex, shareFlow } from "../flowgroup/index.ts";
import type { RequestDemand } from "../model/model.ts";
import { overlap, type Interval } from "../net/interval.ts";
import type { RequestKind } from "../syntax/ast.ts";

/** The cubes of one kind of request, and when each of them was asked for. */
interface Asked {
  readonly index: OverlapIndex<Cube>;
  readonly times: Map<Cube, Interval[]>;
}

export class RefusedRequests {
  readonly #asked = new Map<RequestKind, Asked>();
  readonly #rated = new Times();

  add({ action, flows, interval, rate }: RequestDemand): void {
    if (rate !== undefined) this.#rated.add(interval);
    let asked = this.#asked.get(action);
    if (asked === undefined) this.#asked.set(action, (asked = { index: new OverlapIndex(), times: new Map() }));
    for (const cube of flows.cubes) {
      const times = asked.times.get(cube);
      if (times !== undefined) times.push(interval);
      else {
        asked.times.set(cube, [interval]);
        asked.index.insert(cube, cube);
      }
    }
  }

  /** Whether one of them could block this request. */
  blocks({ action, flows, interval, rate }: RequestDemand): boolean {
    // Reservations compete for room, whatever their flows.
    if (rate !== undefined && this.#rated.meet(interval)) return true;
    for (const [other, { index, times }] of this.#asked) {
      if (other === action) continue;
      const meet = (held: Cube, cube: Cube): boolean =>
        times.get(held)!.some((one) => overlap(one, interval)) && shareFlow(held, cube);
      if (flows.cubes.some((cube) => index.meets(cube, meet))) return true;
    }
    return false;
  }
}

/** The union of intervals. */
class Times {
  /** Without a common instant, in ascending order. */
  readonly #spans: Interval[] = [];

  add({ start, end }: Interval): void {
    const [from, to] = [this.#firstAfter(start), this.#firstFrom(end)];
    const met = this.#spans.slice(from, to);
    const whole = { start: Math.min(start, met[0]?.start ?? start), end: Math.max(end, met.at(-1)?.end ?? end) };
    this.#spans.splice(from, met.length, whole);
  }

  meet({ start, end }: Interval): boolean {
    return this.#firstAfter(start) < this.#firstFrom(end);
  }

  /** The place of the first span that ends after an instant. */
  #firstAfter = (instant: number): number => this.#first((span) => span.end > instant);

  /** The place of the first span that begins at an instant or later. */
  #firstFrom = (instant: number): number => this.#first((span) => span.start >= instant);

  #first(holds: (span: Interval) => boolean): number {
    let [low, high] = [0, this.#spans.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(this.#spans[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
