/**
 * The clock of the table: which accepted cubes are in force at an instant, as base facts of the Datalog program, which
 * derives from them the rules that the table is lowered from. The clock moves from event to event; to go back, all
 * events are scheduled anew.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import type { Charged, DerivedRule } from "../../derived/rule.ts";
import type { Tuple } from "../../datalog/types.ts";
import { FOREVER, type BaseFact, type Fact } from "./facts.ts";
import { TimeHeap } from "./time-heap.ts";
import { SegmentedMap } from "../../net/segmented-map.ts";
import { holdsInstant, type Interval } from "../../net/interval.ts";

/** One cube of an accepted request or of a guard's rule, and where it stands in the order of its share. */
export interface GrantedCube {
  readonly statement: string;
  readonly stage: DerivedRule["stage"];
  readonly cube: Cube;
  readonly level: number;
  readonly interval: Interval;
  /** bit/s, of limits and reservations. */
  readonly rate?: number;
  /** The nodes of a waypoint or an avoid. */
  readonly nodes?: readonly string[];
  /** What a reservation was charged to. */
  readonly charged?: Charged;
}

/** Facts to insert and to retract. */
export interface FactChanges {
  readonly insert: Fact[];
  readonly retract: Fact[];
}

/** A granted cube on the clock. */
export interface ScheduledCube {
  readonly granted: GrantedCube;
  readonly id: number;
  inForce: boolean;
  gone: boolean;
}

const isGone = ({ gone }: ScheduledCube): boolean => gone;

export class InForce {
  readonly #byId = new SegmentedMap<number, ScheduledCube>();
  #starts = new TimeHeap<ScheduledCube>(isGone);
  #ends = new TimeHeap<ScheduledCube>(isGone);
  #ids = 0;
  #insert = new Map<number, Fact>();
  #retract = new Map<number, Fact>();
  /** The facts to insert that `pending` gave last. */
  #given = 0;
  instant: number;

  constructor(instant: number) {
    this.instant = instant;
  }

  add(granted: GrantedCube): ScheduledCube {
    const scheduled: ScheduledCube = { granted, id: this.#ids++, inForce: false, gone: false };
    this.#byId.add(scheduled.id, scheduled);
    this.#schedule(scheduled);
    return scheduled;
  }

  remove(scheduled: ScheduledCube): void {
    scheduled.gone = true;
    this.#starts.cancel();
    this.#ends.cancel();
    this.#set(scheduled, false);
    if (!this.#retract.has(scheduled.id)) this.#byId.delete(scheduled.id);
  }

  /** Moves the clock of the table, forward or back; `pending` gives what that changed. */
  move(instant: number): void {
    if (instant < this.instant) {
      this.instant = instant;
      this.#starts = new TimeHeap(isGone);
      this.#ends = new TimeHeap(isGone);
      for (const scheduled of this.#byId.values()) this.#schedule(scheduled);
      return;
    }
    this.instant = instant;
    for (let scheduled = this.#starts.due(instant); scheduled; scheduled = this.#starts.due(instant))
      this.#schedule(scheduled);
    for (let scheduled = this.#ends.due(instant); scheduled; scheduled = this.#ends.due(instant)) {
      if (!scheduled.gone && scheduled.granted.interval.end <= instant) this.#set(scheduled, false);
    }
  }

  /** The next instant at which something may begin or end; undefined: never. */
  get next(): number | undefined {
    const [start, end] = [this.#starts.next, this.#ends.next];
    return start === undefined || end === undefined ? (start ?? end) : Math.min(start, end);
  }

  /** The next instant at which something does begin; Infinity: nothing. */
  get begins(): number {
    let next = Infinity;
    for (const { gone, granted } of this.#byId.values()) {
      const { start } = granted.interval;
      if (!gone && start > this.instant && start < next) next = start;
    }
    return next;
  }

  /** The facts that have changed since `taken` was called; of those to insert, at most so many. */
  pending(most = Infinity): FactChanges {
    this.#given = Math.min(most, this.#insert.size);
    const insert: Fact[] = [];
    for (const fact of this.#insert.values()) {
      if (insert.length === this.#given) break;
      insert.push(fact);
    }
    return { insert, retract: [...this.#retract.values()] };
  }

  /** Whether facts to insert were not given yet. */
  get hasPending(): boolean {
    return this.#insert.size > 0;
  }

  /** To be called once the pending facts are changed. */
  taken(): void {
    for (const id of this.#retract.keys()) if (this.#byId.get(id)?.gone) this.#gone.push(id);
    if (this.#given === this.#insert.size) this.#insert = new Map();
    else {
      for (const id of this.#insert.keys()) {
        if (this.#given-- === 0) break;
        this.#insert.delete(id);
      }
    }
    this.#retract = new Map();
  }

  /** Ids whose last facts were taken; their cubes are looked up once more, by the change that retracts them. */
  readonly #gone: number[] = [];

  /** Forgets the cubes of requests that have ended or were removed. */
  forget(): void {
    for (const id of this.#gone.splice(0)) this.#byId.delete(id);
  }

  /** A tuple of the relation `derived` as the rule that it stands for. */
  rule(tuple: Tuple): DerivedRule {
    const [statement, id, stage, effect, depth, level, levels, end, rate] = tuple;
    const rated = stage === "limit" || stage === "reserve";
    const { cube, nodes, charged } = this.#byId.get(id as number)!.granted;
    return {
      statement: statement as string,
      stage: stage as DerivedRule["stage"],
      effect: effect as DerivedRule["effect"],
      depth: depth as number,
      level: level as number,
      levels: levels as number,
      cube,
      end: end === FOREVER ? Infinity : (end as number),
      ...(rated && { rate: rate as number }),
      ...(nodes !== undefined && { nodes }),
      ...(charged !== undefined && { charged }),
    };
  }

  #schedule(scheduled: ScheduledCube): void {
    if (scheduled.gone) return;
    const { start, end } = scheduled.granted.interval;
    if (start > this.instant) this.#starts.push(start, scheduled);
    else if (Number.isFinite(end)) this.#ends.push(end, scheduled);
    this.#set(scheduled, holdsInstant(scheduled.granted.interval, this.instant));
  }

  #set(scheduled: ScheduledCube, inForce: boolean): void {
    if (scheduled.inForce === inForce) return;
    scheduled.inForce = inForce;
    const [now, before] = inForce ? [this.#insert, this.#retract] : [this.#retract, this.#insert];
    // An insertion and a retraction of the same fact cancel out as long as neither is taken.
    if (!before.delete(scheduled.id)) now.set(scheduled.id, factOf(scheduled));
  }
}

function factOf({ id, granted }: ScheduledCube): BaseFact {
  const { statement, stage, level, interval, rate } = granted;
  const end = Number.isFinite(interval.end) ? interval.end : FOREVER;
  switch (stage) {
    case "guard":
      return ["guards", [statement, id, end]];
    case "admission":
      return ["stands", [statement, id, level, end]];
    case "limit":
    case "reserve":
    case "waypoint":
    case "avoid":
      return ["runs", [statement, id, rate ?? 0, end]];
  }
}
