/**
 * The table that follows changes: rules are added and removed, and its entries are those that lowering all standing
 * rules at once would give. A change costs in proportion to its own entries and to those of rules whose holes it
 * reaches into. Only a change of the numbering itself (a new tag, a new table, a deeper cascade) costs more.
 */
import { diffEntries } from "../plan/index.ts";
import type { Plan } from "../plan/plan.ts";
import type { ResourceChanges } from "../plan/resources.ts";
import { NextTables } from "../plan/next-tables.ts";
import { trialRun } from "../diagnostics/codes/table.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { topology, type Topology } from "../paths/index.ts";
import { keyOf } from "../derived/rule-key.ts";
import { steers, type DerivedChange, type DerivedRule } from "../derived/rule.ts";
import type { Entry, Table } from "../table/entry.ts";
import { DraftBudget } from "./draft-budget.ts";
import { contribute, contributeExcepted, type Contribution } from "./contributions/contribution.ts";
import type { SettledChange } from "./contributions/shadow.ts";
import { SegmentedMap } from "../net/segmented-map.ts";
import { SwitchTable } from "./contributions/switch-table.ts";
import { Emitter } from "./emit.ts";
import { UserIndex } from "./encode/user-index.ts";
import type { Feature, RuleChange, Snapshot } from "./features/feature.ts";
import { featuresOf, type Features } from "./features/features.ts";
import { Identities } from "./identities.ts";
import { draftPerSwitch, plansBetween } from "./per-switch.ts";
import { giveBack, sizesOf, undrafted, withdraw, type StandingRule } from "./standing-rule.ts";
import { switchesOf, tableName, type LowerContext } from "./pipeline/options.ts";
import { Layout, type StageName } from "./pipeline/pipeline.ts";
import { reportRefusals } from "./pipeline/refusal.ts";
import { validUntil } from "./valid-until.ts";

const NOTHING: readonly [] = [];

/** So many rules are one step of a table that is made in steps. */
const PER_STEP = 64;

/** A table per switch that follows the derived rules. */
export class LiveTable {
  readonly #context: LowerContext;
  readonly #userIndex: UserIndex;
  readonly #topology: Topology;
  readonly #switches: readonly (string | undefined)[];
  readonly #features: Features;
  readonly #identities = new Identities();
  readonly #standing = new SegmentedMap<string, StandingRule>();
  readonly #refused = new Set<StandingRule>();
  readonly #budget: DraftBudget;
  /** The contributions that the rules of a feature make together. */
  readonly #shared = new Map<Feature, readonly (readonly [table: SwitchTable, contribution: Contribution])[]>();
  #tables: readonly SwitchTable[];
  /** For each switch, the next tables of its entries; counted once a plan needs them. */
  #nextTables: NextTables[] = [];
  #emitter: Emitter;
  /** The needs that the emitter's layout meets. */
  #met: readonly StageName[] = [];

  constructor(context: LowerContext) {
    this.#context = context;
    this.#budget = new DraftBudget(context.drafts);
    this.#userIndex = new UserIndex(context.directory);
    this.#topology = topology(context.directory);
    this.#switches = switchesOf(context.directory);
    this.#features = featuresOf(context, this.#topology, this.#userIndex);
    this.#tables = this.#switches.map(() => new SwitchTable());
    this.#emitter = this.#newEmitter();
  }

  /**
   * Applies a change; returns the plan for each switch that changes. `now` is in Unix seconds. A rule that is added
   * twice counts once; removing a rule that does not stand changes nothing.
   */
  apply(change: DerivedChange, now: number = this.#context.now): ReadonlyMap<string, Plan> {
    const before = (): ReadonlyMap<string, Table> => this.#entries(now);
    const old = this.#change(this.#effective(change), before);
    return old === undefined ? this.#touchedPlans(now) : plansBetween(old, this.#entries(now));
  }

  /** Adds rules without making plans. `keys`: those of the rules, where they are known. */
  load(rules: readonly DerivedRule[], keys: readonly string[] = rules.map(keyOf)): void {
    for (const _ of this.loading(rules, keys));
  }

  /** The same in steps. Between two of them the table must not be asked for anything. */
  *loading(rules: readonly DerivedRule[], keys: readonly string[]): Generator<undefined, void> {
    const come = new Map<string, DerivedRule>();
    for (const [i, key] of keys.entries()) if (!this.#standing.has(key)) come.set(key, rules[i]!);
    const isFirst = this.#standing.size === 0;
    if (isFirst) yield* this.#begin(come);
    else this.#change({ gone: new Set(), come }, () => undefined);
    this.#nextTables = [];
    if (isFirst) yield* this.#settleFirst();
    else this.#settle();
  }

  /** The first rules of all: there is nothing whose numbers could change. */
  *#begin(come: Map<string, DerivedRule>): Generator<undefined, void> {
    const { all } = this.#features;
    for (const feature of all) feature.prepare?.({ gone: new Set(), come }, this.#standing);
    let i = 0;
    const first = new Map<string, StandingRule>();
    for (const [key, rule] of come) {
      first.set(key, this.#draft(rule));
      if (++i % PER_STEP === 0) yield;
    }
    for (const [key, standing] of first) {
      this.#enter(key, standing);
      if (++i % PER_STEP === 0) yield;
    }
    for (const feature of all) for (const _ of feature.settle?.() ?? []);
    for (const [key, standing] of first) this.#standing.add(key, standing);
    yield;
    yield* this.#renumbering(true);
  }

  /** Carries a change out. Returns the result of `before` if everything was renumbered, else undefined. */
  #change<T>(change: RuleChange, before: () => T): T | undefined {
    const resteered = this.#features.all.filter((feature) => feature.prepare?.(change, this.#standing));
    giveBack(change, this.#standing, this.#budget);
    const drafted = [...change.come].map(([key, rule]) => [key, this.#draft(rule)] as const);
    for (const [key, standing] of drafted) this.#enter(key, standing);
    for (const key of change.gone) this.#leave(key, this.#standing.get(key)!);
    const moved = this.#features.all.flatMap((feature) => [...(feature.settle?.() ?? [])]);
    const isRenumbered = this.#features.all.some((feature) => feature.isRenumbered?.()) || this.#needsOtherTables();
    const old = isRenumbered ? before() : undefined;
    for (const key of change.gone) {
      this.#displace(this.#standing.get(key)!);
      this.#standing.delete(key);
    }
    for (const [key, standing] of drafted) this.#standing.add(key, standing);
    if (isRenumbered) this.#renumber();
    else {
      const placed = new Set(drafted.map(([, standing]) => standing));
      for (const key of moved) placed.add(this.#standing.get(key)!);
      for (const standing of placed) this.#place(standing);
      for (const feature of resteered) this.#placeShared(feature);
    }
    return old;
  }

  /** The rules that are really added and removed. */
  #effective({ added, removed }: DerivedChange): RuleChange {
    const gone = new Set(removed.map(keyOf).filter((key) => this.#standing.has(key)));
    const come = new Map<string, DerivedRule>();
    for (const rule of added) {
      const key = keyOf(rule);
      if (!gone.delete(key) && !this.#standing.has(key)) come.set(key, rule);
    }
    return { gone, come };
  }

  /** The drafts of a rule on each switch; none if all rules of its kind are computed together. */
  #draft(rule: DerivedRule): StandingRule {
    if (steers(rule)) return { rule, drafts: [], tags: [], contributions: [] };
    const returns = this.#features.steering.returnsFor(rule);
    const draft = () => draftPerSwitch(this.#switches, rule, returns, this.#topology, this.#context, this.#userIndex);
    const drafted = this.#budget.take(rule.statement, draft);
    if (drafted === undefined) return undrafted(rule, this.#switches.length, this.#budget.refusal);
    return { ...drafted, contributions: NOTHING };
  }

  #enter(key: string, standing: StandingRule): void {
    this.#identities.enter(standing.rule.statement);
    if (standing.refusal !== undefined) this.#refused.add(standing);
    for (const feature of this.#features.all) feature.enter?.(key, standing);
  }

  #leave(key: string, standing: StandingRule): void {
    this.#identities.leave(standing.rule.statement);
    this.#refused.delete(standing);
    for (const feature of this.#features.all) feature.leave?.(key, standing);
  }

  /** Removes a rule's contributions from the tables. */
  #displace(standing: StandingRule): void {
    for (const [i, contributions] of standing.contributions.entries())
      for (const one of contributions) this.#tables[i]!.remove(one);
    this.#budget.displace(standing.contributions);
    standing.contributions = NOTHING;
  }

  /** Adds a rule's contributions to the tables at their present position. */
  #place(standing: StandingRule): void {
    this.#displace(standing);
    const { rule, drafts } = standing;
    const found = this.#position(rule);
    if (found === undefined) return;
    const { tags, exceptions, admission } = this.#features;
    const { tagging } = tags;
    const holes = exceptions.formOf(standing);
    const isLowest = typeof holes === "object" && holes.isLowest;
    const position = isLowest ? { ...found, priority: admission.lowest(rule.depth) } : found;
    let first: readonly Contribution[] | undefined;
    const placed = drafts.map((mine, i) => {
      if (position.switches?.has(this.#switches[i]) === false) return [];
      // Most rules have the same drafts on all switches.
      if (mine === drafts[0] && first !== undefined) return first;
      const made =
        holes === undefined
          ? contribute(rule, position, mine, tagging)
          : contributeExcepted(rule, position, standing.excepted!, holes, tagging);
      if (mine === drafts[0]) first = made;
      return made;
    });
    const refusal = this.#budget.place(rule.statement, placed);
    if (refusal !== undefined) {
      standing.refusal = refusal;
      this.#refused.add(standing);
      return;
    }
    standing.contributions = placed;
    for (const [i, contributions] of placed.entries()) for (const one of contributions) this.#tables[i]!.add(one);
  }

  /** Whether all rules come to too many entries: counted before the first is placed, which takes far longer. */
  #isOverfull(): boolean {
    const { tags, exceptions } = this.#features;
    for (const standing of this.#standing.values()) {
      const found = this.#position(standing.rule);
      if (found === undefined) continue;
      const all = sizesOf(standing, exceptions.formOf(standing), tags.tagging);
      const sizes = all.map((size, i) => (found.switches?.has(this.#switches[i]) === false ? NOTHING : size));
      if (this.#budget.place(standing.rule.statement, sizes) !== undefined) return true;
    }
    this.#budget.clear();
    return false;
  }

  #position(rule: DerivedRule): ReturnType<NonNullable<Feature["position"]>> {
    for (const feature of this.#features.all) {
      const position = feature.position?.(rule);
      if (position !== undefined) return position;
    }
    return undefined;
  }

  /** Replaces the contributions that the rules of a feature make together. */
  #placeShared(feature: Feature): void {
    for (const [table, contribution] of this.#shared.get(feature) ?? []) table.remove(contribution);
    const contributions = feature.shared?.(this.#emitter.layout, this.#features.tags.tagging) ?? [];
    const placed = contributions.map(([switchName, contribution]) => {
      return [this.#tables[this.#switches.indexOf(switchName)]!, contribution] as const;
    });
    this.#shared.set(feature, placed);
    for (const [table, contribution] of placed) table.add(contribution);
  }

  /** Settles every entry anew with new numbers for tags, tables or bands. */
  #renumber(): void {
    for (const _ of this.#renumbering());
    this.#settle();
  }

  /** Places every rule anew, in steps; what is placed is not settled. */
  *#renumbering(isFirst = false): Generator<undefined, void> {
    const { all, rates } = this.#features;
    for (const feature of all) feature.renumber?.();
    this.#tables = this.#switches.map(() => new SwitchTable());
    this.#shared.clear();
    this.#nextTables = [];
    rates.clearUse();
    this.#budget.clear();
    this.#emitter = this.#newEmitter();
    const isOver = isFirst && (this.#budget.refusal !== undefined || this.#isOverfull());
    if (isOver) for (const one of withdraw(this.#standing.values(), this.#budget)) this.#refused.add(one);
    for (const [i, standing] of isOver ? NOTHING : [...this.#standing.values()].entries()) {
      standing.contributions = NOTHING;
      this.#place(standing);
      if (i % PER_STEP === 0) yield;
    }
    for (const feature of all) if (feature.shared !== undefined) this.#placeShared(feature);
  }

  *#settleFirst(): Generator<undefined, void> {
    for (const [i, table] of this.#tables.entries()) this.#features.rates.note(this.#switches[i], yield* table.load());
  }

  #settle(): readonly SettledChange[] {
    return this.#tables.map((table, i) => {
      const change = table.changes();
      this.#features.rates.note(this.#switches[i], change);
      return change;
    });
  }

  /** The tables that are needed now; the same one may be in the list twice. */
  #needs(): readonly StageName[] {
    const { keep = [] } = this.#context;
    return [...keep, ...this.#features.all.flatMap((feature) => feature.needs?.() ?? [])];
  }

  /** Whether the needed tables are not those of the layout. */
  #needsOtherTables(): boolean {
    const needs = this.#needs();
    if (needs.join() === this.#met.join()) return false;
    this.#met = needs;
    return new Layout(needs).stages.join() !== this.#emitter.layout.stages.join();
  }

  #newEmitter(): Emitter {
    this.#met = this.#needs();
    return new Emitter(new Layout(this.#met), this.#features.all, this.#identities.cookie);
  }

  /** The tables now, with the same bytes that `lower` gives for the same rules. */
  tables(now: number = this.#context.now): ReadonlyMap<string, Table> {
    const tables = this.#switches.map((switchName, i): [string, Table] => {
      const resources = this.#features.rates.resources(this.#tables[i]!.settled(), switchName);
      return [tableName(switchName), { ...this.#table(i, now), ...resources }];
    });
    return new Map(tables);
  }

  /** How many entries were taken away and placed anew, as the numbers of tags, tables or bands changed. */
  numbered = (): number => this.#budget.placedAnew;

  /** How many contributions and entries were compared with each other, since the numbering is the present one. */
  compared = (): number => this.#tables.reduce((sum, { compared }) => sum + compared, 0);

  /** Switch → the changes of meters and queues since the last call; at first all of them. */
  resources(): ReadonlyMap<string, ResourceChanges> {
    const all = this.#switches.map((name) => [tableName(name), this.#features.rates.resourceChanges(name)] as const);
    return new Map(all.filter(([, { meters, queues }]) => meters.length + queues.length > 0));
  }

  /** The tables without meters and queues, which may have changed already. */
  #entries(now: number): ReadonlyMap<string, Table> {
    return new Map(this.#switches.map((switchName, i) => [tableName(switchName), this.#table(i, now)]));
  }

  #table(i: number, now: number): Table {
    return this.#emitter.table(this.#tables[i]!.settled(), this.#switches[i], now);
  }

  #touchedPlans(now: number): ReadonlyMap<string, Plan> {
    const plans = new Map<string, Plan>();
    const changes = this.#settle();
    this.#switches.forEach((switchName, i) => {
      const { old, next } = changes[i]!;
      const entries = (settled: typeof old) => settled.map((one) => this.#emitter.entry(one, now));
      const [gone, come] = [entries(old), entries(next)];
      this.#nextTables[i]?.change(gone, come);
      const plan = diffEntries(gone, come, {}, () => this.#branching(i, gone, come, now));
      if (plan.stages.length > 0) plans.set(tableName(switchName), plan);
    });
    return plans;
  }

  /**
   * The tables of a switch whose allows lead to several next tables, before or after the change; counted once needed.
   */
  #branching(i: number, gone: readonly Entry[], come: readonly Entry[], now: number): ReadonlySet<number> {
    const nextTables = (this.#nextTables[i] ??= new NextTables(this.#table(i, now).entries));
    const next = nextTables.branching();
    nextTables.change(come, gone);
    const old = nextTables.branching();
    nextTables.change(gone, come);
    return new Set([...old, ...next]);
  }

  get layout(): Layout {
    return this.#emitter.layout;
  }

  /** Until when the switches keep to these rules by themselves, in Unix seconds; Infinity: for ever. */
  validUntil(now: number = this.#context.now): number {
    const settled = this.#tables.map((table) => table.settled());
    const ends = this.#features.all.flatMap((feature) => feature.ends?.() ?? []);
    return validUntil(settled, ends, now);
  }

  /** The diagnostics of lowering: refused rules, faults, collisions and warnings. */
  diagnostics(): readonly Diagnostic[] {
    const { all } = this.#features;
    const snapshot: Snapshot = {
      layout: this.#emitter.layout,
      rules: () => [...this.#standing.values()].map(({ rule }) => rule),
      settled: (switchName) => this.#tables[this.#switches.indexOf(switchName)]!.settled(),
    };
    const refused = [...this.#refused, ...all.flatMap((feature) => feature.refusals?.() ?? [])];
    const conjunctions = this.#tables.flatMap((table) => table.collisions());
    return [
      ...reportRefusals(refused, this.#context),
      ...all.flatMap((feature) => feature.faults?.(snapshot) ?? []),
      ...this.#identities.collisions(conjunctions, this.#context),
      ...all.flatMap((feature) => feature.warnings?.(snapshot) ?? []),
      ...(this.#context.observe === true ? [trialRun({}, { help: "without --observe the policy is enforced" })] : []),
    ];
  }

  /** Cookie → statement. */
  cookies(): ReadonlyMap<bigint, string> {
    return this.#identities.cookies(this.#switches.flatMap((switchName) => this.#emitter.statements(switchName)));
  }
}
