/**
 * Decisions that go on → tables that follow them. What a statement changes costs what it changes; the tables are those
 * that `tablesAt` would make of all that stands (`live.test.ts` compares them through random lives). What no switch
 * could keep is reported at once, so that it can be taken back before anybody is answered.
 */
import type { Decided } from "./admission/decided.ts";
import { WaysProof } from "./circles/ways-proof.ts";
import { faultsOfWays, waysAmong } from "./circles/ways-together.ts";
import { faultsOfLimits, limitRules, type TableOptions } from "./compile.ts";
import { keyOf } from "./derived/rule-key.ts";
import { type DerivedChange, type DerivedRule } from "./derived/rule.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { LiveTable, lower, type LowerContext } from "./lowering/index.ts";
import { tablesToKeep } from "./lowering/reserved-stages.ts";
import { LastingChanges } from "./lowering/timeouts.ts";
import { append } from "./net/lists.ts";
import { HeldBack } from "./lowering/held-back.ts";
import { topology, type Topology } from "./paths/index.ts";
import { PendingChanges, type SwitchChange, type TableToHave } from "./plan/pending-changes.ts";
import { faultsOfPlain } from "./circles/tables-ahead.ts";
import { UserIndex } from "./lowering/encode/user-index.ts";
import type { Entry, Table } from "./table/entry.ts";
import type { Accepted } from "./admission/state/accepted.ts";

/** So many trials of what is held back may fail at one instant; the others have theirs at the next. */
const MOST_FAILED = 4;

/** So many rules are one step of tables that are made in steps. */
const PER_STEP = 256;

export class LiveTables {
  readonly #decided: Decided;
  readonly #context: LowerContext;
  readonly #topology: Topology;
  /** Made when it is first asked for. */
  #userIndex: UserIndex | undefined;
  #table: LiveTable;
  readonly #held = new HeldBack();
  /** What no table could be made with since this was asked for last. */
  #troubles: Diagnostic[] = [];
  /** Of nothing that is in force; made when it is first asked for. */
  #bare: LiveTable | undefined;
  /** There once the first steps are done. */
  #ends!: LastingChanges;
  /** Changes of the derived rules that the table does not have yet: what came and went again is in neither. */
  readonly #come = new Map<string, DerivedRule>();
  readonly #gone = new Map<string, DerivedRule>();
  /** Requests that were accepted since, and begin later. */
  #later: Accepted[] = [];
  /** What switches are to be sent. */
  readonly pending: PendingChanges;
  readonly #proof: WaysProof;
  /** What is left to be done until the tables are whole; undefined: they are. */
  #making: Generator<undefined, void> | undefined;

  /**
   * @param now Unix seconds. From now on the tables follow the decisions of `decided.admission`.
   * @param inSteps They are made by `make`, in steps between which decisions go on.
   */
  constructor(decided: Decided, options: Omit<TableOptions, "observation">, now: number, inSteps = false) {
    const { directory, defaults } = decided.model;
    this.#decided = decided;
    // The tables that requests may need are there from the start: else the first limit of the day moves all behind it.
    this.#context = { directory, defaults, keep: tablesToKeep(directory), ...options, now, steersAlike: {} };
    this.#topology = topology(directory);
    this.#proof = new WaysProof(this.#context);
    this.pending = new PendingChanges(linkedSwitches(this.#topology));
    this.#table = new LiveTable(this.#context);
    this.#making = this.#steps(now);
    if (!inSteps) this.make();
  }

  *#steps(now: number): Generator<undefined, void> {
    const { admission } = this.#decided;
    while (admission.derived.moveBy(Math.max(now, admission.state.now), PER_STEP)) yield;
    // From here on the changes are heard: what they change in what is loaded below comes with the first `follow`.
    const begun = Math.max(now, admission.state.now);
    const active = admission.derived.active(begun);
    const ends = new LastingChanges(this.#decided, begun, []);
    this.#ends = ends;
    admission.derived.listen((change) => this.#hear(change));
    admission.state.onRequest((request, present) => {
      ends.note(request, present);
      if (present && request.interval.start > admission.state.now) this.#later.push(request);
    });
    for (let i = 0; i < active.length; i += PER_STEP) {
      yield;
      ends.move(begun, { added: active.slice(i, i + PER_STEP), removed: [] });
    }
    yield* this.#table.loading(ends.rules, ends.keys);
    append(this.#troubles, this.#faults(begun));
    if (this.#troubles.length > 0) yield* this.#loadLess(ends.rules, begun);
  }

  /**
   * Tables of as many statements as can be, those that began first: what began later and brings the fault is held back. So
   * a start comes to what stood before it.
   */
  *#loadLess(rules: readonly DerivedRule[], now: number): Generator<undefined, void> {
    const { accepted } = this.#decided.admission.state;
    const ranks = new Map<string, readonly [number, number]>();
    for (const { statement } of rules) {
      const { interval, order = -1 } = accepted.get(statement) ?? {};
      ranks.set(statement, [interval?.start ?? -Infinity, order]);
    }
    const inOrder = [...ranks].toSorted(([, a], [, b]) => (a[0] === b[0] ? a[1] - b[1] : a[0] < b[0] ? -1 : 1));
    const first = (most: number): readonly DerivedRule[] => {
      const chosen = new Set(inOrder.slice(0, most).map(([statement]) => statement));
      return rules.filter(({ statement }) => chosen.has(statement));
    };
    let [most, over, best] = [0, inOrder.length, undefined as LiveTable | undefined];
    while (over - most > 1 || best === undefined) {
      const half = over - most > 1 ? Math.floor((most + over) / 2) : most;
      const some = first(half);
      this.#table = new LiveTable(this.#context);
      yield* this.#table.loading(some, some.map(keyOf));
      if (half === most || this.#faults(now, some).length === 0) [most, best] = [half, this.#table];
      else over = half;
    }
    this.#table = best;
    this.#proof.note({ added: rules, removed: [] });
    const held = new Set(inOrder.slice(most).map(([statement]) => statement));
    this.#held.hold(rules.filter(({ statement }) => held.has(statement)));
  }

  /** Whether the tables are there, and not only in the making. */
  get isWhole(): boolean {
    return this.#making === undefined;
  }

  /** Makes the tables, as long as `goesOn` says so after each step; returns whether they are whole. */
  make(goesOn: () => boolean = () => true): boolean {
    while (this.#making !== undefined) {
      if (this.#making.next().done === true) this.#making = undefined;
      else if (!goesOn()) break;
    }
    return this.isWhole;
  }

  /** The errors that the rules of some statements would have if nothing else were in force. */
  faultsAlone(rules: readonly DerivedRule[]): readonly Diagnostic[] {
    return lower(rules, this.#context).diagnostics.filter(isError);
  }

  /** Switch → the entries that it would have of some rules if nothing else were in force, and whatever is. */
  entriesAlone(rules: readonly DerivedRule[]): ReadonlyMap<string, readonly Entry[]> {
    if (rules.length === 0) return new Map();
    const table = this.#bareTable();
    const plans = table.apply({ added: rules, removed: [] });
    const cookies = table.cookies();
    const own = new Set(rules.map(({ statement }) => statement));
    const entries = [...plans].map(([name, { stages }]): [string, readonly Entry[]] => [
      name,
      stages
        .flat()
        .flatMap(({ kind, entry }) => (kind !== "delete" && own.has(cookies.get(entry.cookie) ?? "") ? [entry] : [])),
    ]);
    table.apply({ added: [], removed: rules });
    return new Map(entries);
  }

  /** The entries that a switch has whatever is in force. */
  leastEntries(name: string): readonly Entry[] {
    return this.#bareTable().tables().get(name)?.entries ?? [];
  }

  #bareTable(): LiveTable {
    if (this.#bare === undefined) {
      this.#bare = new LiveTable(this.#context);
      this.#bare.load([]);
    }
    return this.#bare;
  }

  /**
   * Brings the tables to all that was decided up to an instant (Unix seconds). Those that are not whole are made first.
   *
   * @returns The errors of the tables as they are now.
   */
  follow(now: number): readonly Diagnostic[] {
    this.make();
    this.#move(now);
    const later = this.#later;
    this.#later = [];
    const faults = [...this.#table.diagnostics(), ...this.#faultsLater(later)].filter(isError);
    return faults.length > 0 ? faults : this.#proof.errors(now, () => this.#standing);
  }

  /**
   * Brings the tables to what time alone has changed. They never come to be without what stands: where none can be made with
   * what begins, that is held back; where what ends brings the fault, all but allows stays until it has room.
   */
  advance(now: number): void {
    this.make();
    this.#held.prune();
    const moved = this.#move(now);
    if (moved.added.length + moved.removed.length > 0) {
      const faults = this.#faults(now);
      if (faults.length > 0) this.#holdBack(moved, now, faults);
    }
    this.#putBack(now);
  }

  /**
   * Brings the tables to what was accepted, where nothing is wrong of it: now, and whenever it stands. `own`: the identities of
   * what was said. Of ways that are too many nothing is made: that would take long, and longer to be taken back.
   *
   * @returns What is wrong of it.
   */
  judge(own: readonly string[], now: number): readonly Diagnostic[] {
    const { admission, model } = this.#decided;
    const userIndex = (this.#userIndex ??= new UserIndex(model.directory));
    const ways = waysAmong(admission, own);
    const tooMany = faultsOfWays(admission, ways, { topology: this.#topology, userIndex, context: this.#context });
    if (tooMany.length > 0) return tooMany;
    const faults = this.follow(now);
    if (faults.length > 0) return faults;
    if (ways.length > 0 && this.#proof.undecided.length > 0) return this.#proof.undecided;
    return faultsOfPlain(this.#decided, this.#context, now, own);
  }

  /** The statements that have begun, and that no table can be made with. */
  get heldBack(): readonly string[] {
    return this.#held.statements;
  }

  /** Why statements are held back, since this was asked last. */
  takeTroubles(): readonly Diagnostic[] {
    return this.#troubles.splice(0);
  }

  /** Brings the tables to an instant; returns what has changed in them. */
  #move(now: number): DerivedChange {
    this.#decided.admission.derived.move(now);
    const change = { added: [...this.#come.values()], removed: [...this.#gone.values()] };
    this.#come.clear();
    this.#gone.clear();
    const moved = this.#held.through(this.#ends.move(now, change));
    if (moved.added.length + moved.removed.length > 0) this.#apply(moved, now);
    return moved;
  }

  /** The errors of the tables as they are. */
  #faults(now: number, rules?: readonly DerivedRule[]): readonly Diagnostic[] {
    const faults = this.#table.diagnostics().filter(isError);
    if (faults.length > 0) return faults;
    return rules === undefined ? this.#proof.errors(now, () => this.#standing) : this.#proof.errorsOf(rules, now);
  }

  /** The rules that the tables have. */
  get #standing(): readonly DerivedRule[] {
    return this.#held.of(this.#ends.rules);
  }

  #holdBack({ added, removed }: DerivedChange, now: number, faults: readonly Diagnostic[]): void {
    append(this.#troubles, faults);
    const changed = new Set(removed.map(({ statement }) => statement));
    const begun = added.filter(({ statement }) => !changed.has(statement));
    this.#held.hold(begun);
    this.#apply({ added: [], removed: begun }, now);
    if (this.#faults(now).length === 0) return;
    const others = added.filter(({ statement }) => changed.has(statement));
    const still = new Set(others.map(({ statement }) => statement));
    const isOver = ({ statement, effect }: DerivedRule): boolean =>
      (effect === "allow" || effect === "reserve") && !still.has(statement);
    this.#held.hold(others);
    this.#apply({ added: this.#held.keep(removed.filter((one) => !isOver(one))), removed: others }, now);
    if (this.#faults(now).length === 0) return;
    this.#apply({ added: this.#held.keep(removed.filter(isOver)), removed: [] }, now);
  }

  /** Tries what is held back, once something has gone. */
  #putBack(now: number): void {
    const whole = this.#held.whole();
    if (whole !== undefined && this.#tried(whole, now)) return;
    let failed = 0;
    for (let next = this.#held.next(); next !== undefined; next = failed < MOST_FAILED ? this.#held.next() : undefined)
      if (!this.#tried(next, now)) failed++;
  }

  /** Whether the tables can be made with a change of what is held back. They have it then. */
  #tried(change: DerivedChange, now: number): boolean {
    this.#apply(change, now);
    const isGood = this.#faults(now).length === 0;
    if (isGood) this.#held.done(change);
    else this.#apply({ added: change.removed, removed: change.added }, now);
    return isGood;
  }

  #apply(change: DerivedChange, now: number): void {
    this.#proof.note(change);
    const before = this.#table.layout.stages.join();
    const plans = this.#table.apply(change, now);
    const { leading: numbers, stages: after } = this.#table.layout;
    const leading = { numbers, isRenumbered: after.join() !== before };
    for (const [name, { stages }] of plans) this.pending.add(name, now, stages, leading);
    for (const name of this.#table.resources().keys()) this.pending.addResources(name);
  }

  #hear({ added, removed }: DerivedChange): void {
    for (const rule of removed) {
      const key = keyOf(rule);
      if (!this.#come.delete(key)) this.#gone.set(key, rule);
    }
    for (const rule of added) {
      const key = keyOf(rule);
      if (!this.#gone.delete(key)) this.#come.set(key, rule);
    }
  }

  #faultsLater(requests: readonly Accepted[]): readonly Diagnostic[] {
    const { accepted } = this.#decided.admission.state;
    const limits = limitRules(requests.filter((one) => one.kind === "limit" && accepted.get(one.id) === one));
    return limits.length === 0 ? [] : faultsOfLimits(limits, this.#context);
  }

  /** What has changed in the table of a switch since this was asked last, as it may have it; `now` in Unix seconds. */
  take(name: string, now: number): SwitchChange {
    return this.pending.take(name, now);
  }

  /** The table of a switch, as it may have it now; timeouts count from `now`, in Unix seconds. */
  takeTable(name: string, now: number): TableToHave {
    return this.pending.takeTable(name, now, this.tables(now).get(name)!, this.#table.layout.leading);
  }

  /** The tables in force; timeouts count from `now`, in Unix seconds. */
  tables(now: number): ReadonlyMap<string, Table> {
    return this.#table.tables(now);
  }

  /** Cookie → statement. */
  cookies(): ReadonlyMap<bigint, string> {
    return this.#table.cookies();
  }

  /** Until when the switches keep to what was decided by themselves, in Unix seconds; Infinity: for ever. */
  validUntil(now: number): number {
    return Math.min(this.#table.validUntil(now), this.#decided.admission.derived.begins(now));
  }
}

/** The switches with links to others. */
const linkedSwitches = ({ trunks }: Topology): readonly string[] =>
  [...trunks].flatMap(([name, links]) => (links.length > 0 ? [name] : []));

const isError = ({ severity }: Diagnostic): boolean => severity === "error";
