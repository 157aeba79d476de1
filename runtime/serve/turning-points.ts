/**
 * What begins and ends by itself: requests whose time has come since this was asked last. Nothing of it is recorded, since
 * the records say when it will be; a network that is built anew is followed from where it stands.
 */
import type { Admission } from "#compiler/admission/admission.ts";
import type { Accepted } from "#compiler/admission/state/accepted.ts";
import { TimeHeap } from "#compiler/admission/state/time-heap.ts";

/** A request that has begun or ended, or that a switch does not wholly have (`lack`) or has again (`have`). */
export interface TurningPoint {
  readonly kind: "begin" | "end" | "lack" | "have";
  readonly request: string;
  /** Who made it. */
  readonly by: string;
  readonly share: string;
  /** Unix seconds. */
  readonly at: number;
  /** The switch that lacks it, as the policy calls it; absent: all do, since no table can be made with it. */
  readonly switch?: string;
}

export class TurningPoints {
  #admission: Admission | undefined;
  #leave: () => void = () => undefined;
  #begins = this.#heap();
  #ended: Accepted[] = [];

  /** What has begun and ended up to an instant (Unix seconds), in the order of time. */
  take(admission: Admission, now: number): readonly TurningPoint[] {
    if (this.#admission !== admission) this.#follow(admission, now);
    const points = this.#ended.map((one) => pointOf("end", one));
    this.#ended = [];
    for (let one = this.#begins.due(now); one !== undefined; one = this.#begins.due(now))
      if (this.#stands(one)) points.push(pointOf("begin", one));
    return points.toSorted((a, b) => a.at - b.at);
  }

  #follow(admission: Admission, now: number): void {
    this.#leave();
    this.#admission = admission;
    this.#begins = this.#heap();
    this.#ended = [];
    const { state } = admission;
    const waits = (request: Accepted, since: number): void => {
      if (request.interval.start > since) this.#begins.push(request.interval.start, request);
    };
    for (const request of state.accepted) waits(request, now);
    this.#leave = state.onRequest((request, present) => {
      const { start, end } = request.interval;
      if (present) waits(request, state.now);
      // What is cancelled before has no end of its own.
      else if (end <= state.now) this.#ended.push(request);
      else if (start > state.now) this.#begins.cancel();
    });
  }

  #heap(): TimeHeap<Accepted> {
    return new TimeHeap((request) => !this.#stands(request));
  }

  #stands(request: Accepted): boolean {
    return this.#admission?.state.accepted.get(request.id) === request;
  }
}

const pointOf = (kind: "begin" | "end", { id, speaker, share, interval }: Accepted): TurningPoint => ({
  kind,
  request: id,
  by: speaker,
  share: share.name,
  at: kind === "begin" ? interval.start : interval.end,
});
