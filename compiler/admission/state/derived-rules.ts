/**
 * The derived rules (SEMANTICS, "From policy to table"): the relation `derived` of the engine at an instant, and its
 * changes. Tables that follow each decision hear them as the engine tells them, since that is on the way of every answer;
 * one long-lived view carries them to all other listeners. The view is made for the first of these (`subscribe.ts`); a
 * batch compile asks the engine and needs none.
 */
import type { Engine } from "../../datalog/index.ts";
import type { Change, Tuple } from "../../datalog/types.ts";
import type { RuleView, ViewRow } from "../../datalog/view.ts";
import { cubeKey } from "../../flowgroup/index.ts";
import { byText } from "../../net/order.ts";
import type { DerivedChange, DerivedRule } from "../../derived/rule.ts";
import type { Fact } from "./facts.ts";
import type { InForce } from "./in-force.ts";

/** The columns of `derived`. `part` is the number of the cube. */
export const COLUMNS = {
  statement: "string",
  part: "number",
  stage: "string",
  effect: "string",
  depth: "number",
  level: "number",
  levels: "number",
  end: "number",
  rate: "number",
} as const;

const NAMES = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[];

const ANY: readonly undefined[] = NAMES.map(() => undefined);

export class DerivedRules {
  readonly #engine: Engine;
  readonly #inForce: InForce;
  readonly #direct = new Set<(change: DerivedChange) => void>();
  #view: RuleView<typeof COLUMNS> | undefined;
  /** Whether what comes into force waits for the next `move`. */
  #isHeld = false;

  constructor(engine: Engine, inForce: InForce) {
    this.#engine = engine;
    this.#inForce = inForce;
  }

  /** Whether changes are to be published as they happen. */
  get hasListeners(): boolean {
    return this.#view !== undefined || this.#direct.size > 0;
  }

  /** Changes base facts; with listeners, together with what that puts in force or out of force. */
  transact(insert: readonly Fact[], retract: readonly Fact[]): void {
    if (this.hasListeners && !this.#isHeld) this.#publish(insert, retract);
    else if (insert.length === 0 && retract.length === 0) return;
    else if (this.hasListeners) this.#tell(this.#engine.transact({ insert, retract }).get("derived"));
    else this.#engine.apply({ insert, retract });
  }

  /**
   * Carries `job` out. What its decisions put in force or out of force is published as one change by the next `move`, whoever
   * asks for it.
   */
  together<T>(job: () => T): T {
    this.#isHeld = true;
    try {
      return job();
    } finally {
      this.#isHeld = false;
    }
  }

  /** Brings the derived rules to an instant (Unix seconds), forward or back, and publishes what that changed. */
  move(instant: number): void {
    this.#inForce.move(instant);
    this.#publish([], []);
  }

  /**
   * The same in parts, before there is a listener: puts at most so many facts in force, and returns whether more are left.
   * Decisions between two parts find what they always find, since none looks at what is in force.
   */
  moveBy(instant: number, most: number): boolean {
    this.#inForce.move(instant);
    if (this.hasListeners) this.#publish([], []);
    else {
      this.#engine.apply(this.#inForce.pending(most));
      this.#inForce.taken();
      this.#inForce.forget();
    }
    return this.#inForce.hasPending;
  }

  /**
   * Every change of what is in force after one instant and up to another, in order of time. It moves the clock of the
   * table, so listeners hear the changes too.
   */
  *changes(from: number, to: number): Generator<DerivedChange & { readonly instant: number }> {
    this.move(from);
    for (let at = this.#inForce.next; at !== undefined && at <= to; at = this.#inForce.next) {
      this.#inForce.move(at);
      let change: DerivedChange | undefined;
      this.#publish([], [], (one) => (change = this.#rulesOf(one)));
      if (change) yield { instant: at, ...change };
    }
  }

  /** The first start of a derived rule after an instant; Infinity: none starts. */
  begins(instant: number): number {
    this.move(instant);
    return this.#inForce.begins;
  }

  #publish(insert: readonly Fact[], retract: readonly Fact[], hear?: (change: Change) => void): void {
    const due = this.#inForce.pending();
    const changes = { insert: [...insert, ...due.insert], retract: [...retract, ...due.retract] };
    if (changes.insert.length === 0 && changes.retract.length === 0) return;
    const change = this.#engine.transact(changes).get("derived");
    this.#inForce.taken();
    if (change) hear?.(change);
    this.#tell(change);
    this.#inForce.forget();
  }

  #tell(change: Change | undefined): void {
    if (change === undefined) return;
    if (this.#direct.size > 0) {
      const rules = this.#rulesOf(change);
      for (const listener of this.#direct) listener(rules);
    }
    this.#view?.apply({ inserted: change.inserted.map(rowOf), retracted: change.retracted.map(rowOf) });
  }

  /** The rules in force at the instant to which they were moved last, in order of statement, then cube. */
  get now(): DerivedRule[] {
    return this.active(this.#inForce.instant);
  }

  /** The rules in force at an instant (Unix seconds), in order of statement, then cube. */
  active(instant: number): DerivedRule[] {
    this.move(instant);
    return ordered(this.#engine.query("derived", ANY).map((tuple) => this.#inForce.rule(tuple)));
  }

  #rulesOf({ inserted, retracted }: Change): DerivedChange {
    const rules = (tuples: readonly Tuple[]): DerivedRule[] =>
      ordered(tuples.map((tuple) => this.#inForce.rule(tuple)));
    return { added: rules(inserted), removed: rules(retracted) };
  }

  /**
   * Calls back with every change of what is in force as the engine tells it, until the returned function is called. The
   * listener must not throw.
   */
  listen(listener: (change: DerivedChange) => void): () => void {
    this.#publish([], []);
    this.#direct.add(listener);
    return () => void this.#direct.delete(listener);
  }

  /**
   * Calls back with every change of what is in force, until the returned function is called. `view` makes the view that
   * carries the changes of these rows, for the first listener.
   */
  subscribe(
    listener: (change: DerivedChange) => void,
    view: (rows: readonly Tuple[]) => RuleView<typeof COLUMNS>,
  ): () => void {
    const rules = (rows: readonly ViewRow<typeof COLUMNS>[]): DerivedRule[] =>
      ordered(rows.map((row) => this.#inForce.rule(NAMES.map((name) => row[name]))));
    this.#publish([], []);
    this.#view ??= view(this.#engine.query("derived", ANY));
    return this.#view.subscribe(({ inserted, retracted }) =>
      listener({ added: rules(inserted), removed: rules(retracted) }),
    );
  }
}

const rowOf = (tuple: Tuple): ViewRow<typeof COLUMNS> =>
  Object.fromEntries(NAMES.map((name, i) => [name, tuple[i]!])) as unknown as ViewRow<typeof COLUMNS>;

interface Keyed {
  readonly rule: DerivedRule;
  cube: string | undefined;
}

/** In order of statement, then cube. */
function ordered(rules: DerivedRule[]): DerivedRule[] {
  if (rules.length < 2) return rules;
  // Most statements have one rule, whose cube is compared with none.
  const keyed = rules.map((rule): Keyed => ({ rule, cube: undefined }));
  const keyOf = (one: Keyed): string => (one.cube ??= cubeKey(one.rule.cube));
  keyed.sort((a, b) => byText(a.rule.statement, b.rule.statement) || byText(keyOf(a), keyOf(b)));
  return keyed.map(({ rule }) => rule);
}
