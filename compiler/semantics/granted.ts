/** What the reference network keeps of a request that it accepted, and what it says of one that it is asked about. */
import type { Flow, Flowgroup } from "../flowgroup/cube.ts";
import type { Interval } from "../model/model.ts";

/** An accepted request: which of the universe's flows it holds at which of its instants. */
export interface Granted {
  readonly id: string;
  readonly kind: string;
  readonly share: string;
  readonly speaker: string;
  readonly interval: Interval;
  readonly cubes: number;
  /** bit/s, of reserve and limit. */
  readonly rate: number;
  /** Of waypoint and avoid, and the flows as they were written. */
  readonly nodes?: readonly string[];
  readonly flows?: Flowgroup;
  holds(flow: Flow, instant: number): boolean;
}

export interface Decision {
  /** All reasons to reject; none: accepted, whole or in part. */
  readonly reasons: ReadonlySet<string>;
  readonly blockers: ReadonlySet<string>;
  /** Of an accepted allow or deny. */
  readonly granted?: Granted;
}
