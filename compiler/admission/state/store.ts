/**
 * The store of admission, and the only way to change it: the base facts of the engine, the network's state and the
 * derived rules change together, by changes that can be undone.
 */
import type { Engine } from "../../datalog/index.ts";
import type { Share } from "../../shares/tree.ts";
import { shareFacts, type Fact } from "./facts.ts";
import { DerivedRules } from "./derived-rules.ts";
import type { State } from "./state.ts";
import type { FactChanges } from "./in-force.ts";
import { invert, factsOfChange, type StateChange } from "./state-changes.ts";
import type { Levels } from "./world.ts";
import { append } from "../../net/lists.ts";

/** The changes since a point in time, to be kept or undone. */
export interface Transaction {
  /** Undoes the changes. Requests that have ended since do not come back, as the clock does not go back. */
  rollback(): void;
  /** Keeps the changes. Inside an open transaction they may still be undone with the outer one. */
  commit(): void;
}

export class Store {
  readonly state: State;
  /** The derived rules in force, by a clock of their own. */
  readonly derived: DerivedRules;
  readonly #engine: Engine;
  /** Steps of the open transaction, oldest first; undefined while none is open. */
  #journal: StateChange[] | undefined;
  #order = 0;

  /** `facts`: those that the network's own rules read. */
  constructor(engine: Engine, state: State, facts: readonly Fact[]) {
    this.#engine = engine;
    this.state = state;
    const { root } = state.tree;
    const insert: Fact[] = [...facts];
    for (const user of state.users()) insert.push(["user", [user]]);
    append(insert, [["added", ["root"]], ...this.#shareFacts(root), ["speaker", [root.name, "root"]]]);
    engine.transact({ insert });
    this.derived = new DerivedRules(engine, state.inForce);
  }

  /** The next position in the order of acceptance. */
  nextOrder(): number {
    return this.#order++;
  }

  /** Performs decided changes, as a part of the open transaction if there is one. */
  perform(changes: readonly StateChange[]): void {
    this.#apply(changes);
    if (this.#journal !== undefined) append(this.#journal, changes);
  }

  /** Brings back what stood before, into a network that is not followed yet; `order`: the next position in the order. */
  load(changes: readonly StateChange[], order: number): void {
    const { insert } = this.#perform(changes);
    this.#engine.load(insert);
    this.#order = order;
  }

  /** Whether a transaction is open. */
  get isOpen(): boolean {
    return this.#journal !== undefined;
  }

  /** Opens a transaction, or one inside the open one. */
  begin(): Transaction {
    const isInner = this.isOpen;
    this.#journal ??= [];
    const mark = this.#journal.length;
    const order = this.#order;
    return {
      rollback: () => {
        this.#rollback(mark);
        if (!isInner) this.#journal = undefined;
        // Records carried out again take no number for what was taken back.
        this.#order = order;
      },
      commit: () => {
        // An inner one may begin before anything is done: the outer one still takes back what it did.
        if (!isInner) this.#journal = undefined;
      },
    };
  }

  #rollback(mark: number): void {
    const undone = this.#journal!.splice(mark).toReversed().map(invert);
    // A request that has ended since can neither be removed nor be restored.
    const { now } = this.state;
    this.#apply(undone.filter((change) => change.kind !== "request" || change.request.interval.end > now));
  }

  /** Moves the clock of decisions (Unix seconds), never back: requests that have ended leave for good. */
  advance(now: number): void {
    if (now <= this.state.now) return;
    this.state.now = now;
    // A request whose cancelling was taken back has two ends, and leaves once.
    const changes = Array.from(new Set(this.state.ended()), (request): StateChange => ({
      kind: "request",
      request,
      present: false,
    }));
    // The end of a request is not part of a transaction: undoing one does not restore it.
    if (changes.length > 0) this.#apply(changes);
    if (this.derived.hasListeners) this.derived.move(now);
  }

  /** Sets the levels in which the policies of shares decide; not part of a transaction. */
  setLevels(levels: ReadonlyMap<string, Levels>): void {
    const insert: Fact[] = [];
    const retract: Fact[] = [];
    for (const [name, next] of levels) {
      const share = this.state.tree.get(name);
      if (share) {
        retract.push(["levels", [name, this.state.levelsOf(share).count]]);
        insert.push(["levels", [name, next.count]]);
      }
      this.state.levels.set(name, next);
    }
    this.#engine.transact({ insert, retract });
  }

  #apply(changes: readonly StateChange[]): void {
    const { insert, retract } = this.#perform(changes);
    try {
      this.derived.transact(insert, retract);
    } catch (error) {
      // The engine has changed nothing: a rule of the network's own took too many steps, or its sum overflowed.
      for (const change of changes.toReversed()) this.state.perform(invert(change));
      throw error;
    }
  }

  /** Changes the state; gives the facts that change with it. */
  #perform(changes: readonly StateChange[]): FactChanges {
    const insert: Fact[] = [];
    const retract: Fact[] = [];
    for (const change of changes) {
      const facts = change.kind === "share" ? this.#shareFacts(change.share) : factsOfChange(change);
      // Users that the directory or a fact names are there without being added.
      if (change.kind === "user" && !this.state.isNamed(change.user)) facts.push(["user", [change.user]]);
      append(change.present ? insert : retract, facts);
    }
    for (const change of changes) this.state.perform(change);
    return { insert, retract };
  }

  #shareFacts(share: Share): Fact[] {
    return [...shareFacts(share), ["levels", [share.name, this.state.levelsOf(share).count]]];
  }
}
