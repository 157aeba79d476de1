/**
 * The clock of the table: which accepted pieces are in force at an instant, as base facts of the Datalog program, from
 * which it derives the rules that the table is lowered from. The clock moves by events; going back means counting anew.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import type { Charged, DerivedRule } from "../../derived/rule.ts";
import type { Tuple } from "../../datalog/types.ts";
import { FOREVER, type BaseFact, type Fact } from "./facts.ts";
import { TimeHeap } from "./time-heap.ts";
import type { Interval } from "../../net/interval.ts";

/** One cube of an accepted request, or of a policy's rule, and where it stands in the order of its share. */
export interface Part {
  readonly statement: string;
  readonly stage: DerivedRule["stage"];
  readonly cube: Cube;
  readonly level: number;
  readonly interval: Interval;
  /** bit/s, of limits and reservations. */
  readonly rate?: number;
  /** Of waypoint and avoid. */
  readonly nodes?: readonly string[];
  /** Of reservations. */
  readonly charged?: Charged;
}

/** Facts to insert and retract, in this order of the pair. */
export interface Turn {
  readonly insert: Fact[];
  readonly retract: Fact[];
}

/** A part on the clock. */
export interface Slot {
  readonly part: Part;
  readonly id: number;
  inForce: boolean;
  gone: boolean;
}

export class InForce {
  readonly #byId = new Map<number, Slot>();
  #starts = new TimeHeap<Slot>();
  #ends = new TimeHeap<Slot>();
  #ids = 0;
  #insert = new Map<number, Fact>();
  #retract = new Map<number, Fact>();
  instant: number;

  constructor(instant: number) {
    this.instant = instant;
  }

  add(part: Part): Slot {
    const slot: Slot = { part, id: this.#ids++, inForce: false, gone: false };
    this.#byId.set(slot.id, slot);
    this.#schedule(slot);
    return slot;
  }

  remove(slot: Slot): void {
    slot.gone = true;
    this.#set(slot, false);
    if (!this.#retract.has(slot.id)) this.#byId.delete(slot.id);
  }

  /** Moves the clock of the table; what is in force then is what `turn` gives. */
  move(instant: number): void {
    if (instant < this.instant) {
      this.instant = instant;
      this.#starts = new TimeHeap();
      this.#ends = new TimeHeap();
      for (const slot of this.#byId.values()) this.#schedule(slot);
      return;
    }
    this.instant = instant;
    for (let slot = this.#starts.due(instant); slot; slot = this.#starts.due(instant)) this.#schedule(slot);
    for (let slot = this.#ends.due(instant); slot; slot = this.#ends.due(instant)) {
      if (!slot.gone && slot.part.interval.end <= instant) this.#set(slot, false);
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
    for (const { gone, part } of this.#byId.values()) {
      const { start } = part.interval;
      if (!gone && start > this.instant && start < next) next = start;
    }
    return next;
  }

  /** The facts that have changed since the last turn. */
  turn(): Turn {
    const turn = { insert: [...this.#insert.values()], retract: [...this.#retract.values()] };
    for (const id of this.#retract.keys()) if (this.#byId.get(id)?.gone) this.#gone.push(id);
    this.#insert = new Map();
    this.#retract = new Map();
    return turn;
  }

  /** Ids whose last facts were handed out; their cubes are looked up once more, by the change that retracts them. */
  readonly #gone: number[] = [];

  /** Forgets the cubes of what is gone for good. */
  forget(): void {
    for (const id of this.#gone.splice(0)) this.#byId.delete(id);
  }

  /** A tuple of the relation `derived` as the rule that it stands for. */
  rule(tuple: Tuple): DerivedRule {
    const [statement, id, stage, effect, depth, level, levels, end, rate] = tuple;
    const rated = stage === "limit" || stage === "reserve";
    const { cube, nodes, charged } = this.#byId.get(id as number)!.part;
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

  #schedule(slot: Slot): void {
    if (slot.gone) return;
    const { start, end } = slot.part.interval;
    if (start > this.instant) this.#starts.push(start, slot);
    else if (Number.isFinite(end)) this.#ends.push(end, slot);
    this.#set(slot, start <= this.instant && this.instant < end);
  }

  #set(slot: Slot, inForce: boolean): void {
    if (slot.inForce === inForce) return;
    slot.inForce = inForce;
    const [now, before] = inForce ? [this.#insert, this.#retract] : [this.#retract, this.#insert];
    // What was to come and goes again has never been; the other way round likewise.
    if (!before.delete(slot.id)) now.set(slot.id, factOf(slot));
  }
}

function factOf({ id, part }: Slot): BaseFact {
  const { statement, stage, level, interval, rate } = part;
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
