/**
 * The table that follows changes: rules come and go, and what stands is the table that lowering all standing rules at
 * once would give. A change costs in proportion to its own entries; only a change of the numbering itself (a new tag, a
 * table that was empty, a deeper cascade) touches more.
 */
import { diffEntries } from "../plan/index.ts";
import type { Plan } from "../plan/plan.ts";
import type { ResourceChanges } from "../plan/resources.ts";
import * as codes from "../diagnostics/codes/table.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { bitOf } from "../flowgroup/cubes.ts";
import { topology, type Topology } from "../paths/index.ts";
import type { DerivedChange, DerivedRule } from "../derived/rule.ts";
import { validUntil } from "./valid-until.ts";
import type { TagUse } from "./encode/alternatives.ts";
import type { Draft } from "./encode/choose.ts";
import { switchesOf, tableName, targetOf, type LowerContext } from "./pipeline/options.ts";
import { RateClaims } from "./rates/rate-claims.ts";
import { reportClaims, reportShortfalls } from "./rates/report.ts";
import { contribute, type Contribution, type Position } from "./contributions/contribution.ts";
import { draftPerSwitch } from "./per-switch.ts";
import { floodWarnings, forwardEntries, isWired } from "./steering/forwarding.ts";
import { fragmentPriority, fragmentWarnings, LIMITS } from "./encode/fragments.ts";
import { lead, steeredContributions, type Steering } from "./steering/steered-entries.ts";
import { Emitter } from "./emit.ts";
import type { Table } from "../table/entry.ts";
import { Layout, type StageName } from "./pipeline/pipeline.ts";
import { UserIndex } from "./encode/directory-sets.ts";
import { portZeroWarnings } from "./encode/port-zero.ts";
import { Bands, KEEPS_MARK, MISS } from "./pipeline/priority.ts";
import { HOSTS_AT, type Refusal } from "./pipeline/refusal.ts";
import { claims, judges, Numbering, steers } from "./numbering.ts";
import { keptOn, metersOf, queuesOf } from "./resources.ts";
import { saysWhere } from "./steering/returning.ts";
import { keyOf } from "../derived/rule-key.ts";
import type { Change } from "./contributions/shadow.ts";
import { SwitchTable } from "./contributions/switch-table.ts";
import { spoofEntries, type FixedEntry } from "./steering/spoof-guard.ts";
import { allocate, type Tagging } from "./encode/tag.ts";
import { ResourceUse } from "./resource-use.ts";

/** A rule with what it asks of each switch. */
interface StandingRule {
  readonly rule: DerivedRule;
  readonly drafts: readonly (readonly Draft[])[];
  readonly refusal?: Refusal | undefined;
  readonly tags: readonly TagUse[];
  contributions: readonly (readonly Contribution[])[];
}

/** A table per switch that follows the derived rules. */
export class LiveTable {
  readonly #context: LowerContext;
  readonly #userIndex: UserIndex;
  readonly #switches: readonly (string | undefined)[];
  readonly #fixed: readonly (readonly FixedEntry[])[];
  readonly #standing = new Map<string, StandingRule>();
  /** Those of which something is to be said. */
  readonly #notable = new Map<string, StandingRule>();
  readonly #ledger: Numbering;
  readonly #claims: RateClaims;
  readonly #topology: Topology;
  readonly #wired: boolean;
  /** What waypoints and avoids ask for, and where it stands. */
  #leading: Steering = { led: [], refusals: [], returns: [], withoutPath: [], unknownIngress: [] };
  #ways: readonly (readonly [site: number, contribution: Contribution])[] = [];
  /** How many rules ask for a direction. */
  #directed = 0;
  #sites: readonly SwitchTable[] = [];
  readonly #uses: readonly ResourceUse[];
  #tagging: Tagging;
  #bands: Bands;
  #emitter: Emitter;

  constructor(context: LowerContext) {
    this.#context = context;
    this.#userIndex = new UserIndex(context.directory);
    this.#switches = switchesOf(context.directory);
    this.#topology = topology(context.directory);
    this.#wired = isWired(this.#topology);
    this.#fixed = this.#switches.map((switchName) => [
      ...spoofEntries(context.directory, switchName),
      ...forwardEntries(this.#topology, switchName),
    ]);
    this.#ledger = new Numbering(context.levels ?? []);
    this.#claims = new RateClaims(context);
    this.#sites = this.#switches.map(() => new SwitchTable());
    this.#uses = this.#switches.map((switchName) => new ResourceUse(this.#claims, switchName));
    this.#tagging = allocate([], targetOf(context).metadataBits);
    this.#bands = new Bands(this.#ledger.levels());
    this.#emitter = this.#newEmitter();
  }

  /**
   * Applies a change and says what to send to each switch. A rule that is added twice counts once; removing a rule that
   * does not stand changes nothing.
   */
  apply(change: DerivedChange, now: number = this.#context.now): ReadonlyMap<string, Plan> {
    const before = (): ReadonlyMap<string, Table> => this.#entries(now);
    const old = this.#change(change, before);
    return old === undefined ? this.#touchedPlans(now) : this.#wholePlans(old, now);
  }

  /** Takes rules on without saying what to send. */
  load(rules: readonly DerivedRule[]): void {
    this.#change({ added: rules, removed: [] }, () => undefined);
    this.#settle();
  }

  /** Returns what `before` said if everything had to be numbered anew. */
  #change<T>({ added, removed }: DerivedChange, before: () => T): T | undefined {
    const gone = new Set(removed.map(keyOf).filter((key) => this.#standing.has(key)));
    const come = new Map<string, DerivedRule>();
    for (const rule of added) {
      const key = keyOf(rule);
      if (!gone.delete(key) && !this.#standing.has(key)) come.set(key, rule);
    }
    const rerouted = [...come.values(), ...this.#rulesOf(gone)].some(steers);
    if (rerouted) this.#reroute(gone, come);
    const drafted = [...come].map(([key, rule]): [string, StandingRule] => [key, this.#draft(rule)]);
    for (const [key, { rule, tags, drafts }] of drafted) {
      this.#ledger.enter(rule, tags);
      if (rule.cube.mask & DIRECTED) this.#directed++;
      if (steers(rule)) this.#claims.steer(key, rule);
      if (claims(rule)) {
        this.#claims.enter(
          key,
          rule,
          this.#switches.filter((_, i) => drafts[i]!.length > 0),
        );
      }
    }
    for (const key of gone) {
      const { rule, tags } = this.#standing.get(key)!;
      this.#ledger.leave(rule, tags);
      if (rule.cube.mask & DIRECTED) this.#directed--;
      if (steers(rule)) this.#claims.unsteer(key);
      if (claims(rule)) this.#claims.leave(key, rule);
    }
    const moved = this.#claims.settle();
    const renumbered = this.#ledger.renumbered(this.#bands.levels) || this.#layoutChanged();
    const old = renumbered ? before() : undefined;
    for (const key of gone) this.#remove(key);
    for (const [key, standing] of drafted) {
      this.#standing.set(key, standing);
      if (standing.refusal !== undefined || this.#unheld([standing.rule]).length > 0) this.#notable.set(key, standing);
    }
    if (renumbered) this.#renumber();
    else {
      const placed = new Set(drafted.map(([, standing]) => standing));
      for (const { rules } of moved) for (const key of rules.keys()) placed.add(this.#standing.get(key)!);
      for (const standing of placed) this.#place(standing);
      if (rerouted) this.#leadAgain();
    }
    return old;
  }

  #rulesOf(keys: Iterable<string>): readonly DerivedRule[] {
    return [...keys].map((key) => this.#standing.get(key)!.rule);
  }

  /**
   * Finds the ways of all flows that are steered once these rules have gone and come. Where flows come back from other
   * waypoints, verdicts that name places go and come, too.
   */
  #reroute(gone: Set<string>, come: Map<string, DerivedRule>): void {
    const kept = [...this.#standing].filter(([key]) => !gone.has(key)).map(([key, { rule }]) => [key, rule] as const);
    const rules = [...kept.map(([, rule]) => rule), ...come.values()].filter(steers);
    const before = JSON.stringify(this.#leading.returns);
    this.#leading = lead(rules, this.#topology, this.#userIndex, this.#context);
    if (JSON.stringify(this.#leading.returns) === before) return;
    for (const [key, rule] of kept) {
      if (!judges(rule) || !saysWhere(rule.cube)) continue;
      gone.add(key);
      come.set(key, rule);
    }
  }

  #leadAgain(): void {
    for (const [i, contribution] of this.#ways) this.#sites[i]!.remove(contribution);
    this.#ways = steeredContributions(this.#leading, this.#emitter.layout, this.#tagging).map(
      ([switchName, contribution]) => {
        return [this.#switches.indexOf(switchName), contribution];
      },
    );
    for (const [i, contribution] of this.#ways) this.#sites[i]!.add(contribution);
  }

  /** The tables as they stand: the same bytes that `lower` gives for the same rules. */
  tables(now: number = this.#context.now): ReadonlyMap<string, Table> {
    const tables = this.#switches.map((switchName, i): [string, Table] => {
      const table = this.#table(i, now);
      const settled = this.#sites[i]!.settled();
      const meters = metersOf(settled, this.#claims);
      const queues = queuesOf(keptOn(settled, this.#claims, switchName));
      return [
        tableName(switchName),
        { ...table, ...(meters.length > 0 && { meters }), ...(queues.length > 0 && { queues }) },
      ];
    });
    return new Map(tables);
  }

  /** What has changed of meters and queues since this was last asked, at first all there is; by name of the switch. */
  resources(): ReadonlyMap<string, ResourceChanges> {
    const all = this.#switches.map((switchName, i) => [tableName(switchName), this.#uses[i]!.changes()] as const);
    return new Map(all.filter(([, { meters, queues }]) => meters.length + queues.length > 0));
  }

  /** Entries alone: what they refer to may have changed already. */
  #entries(now: number): ReadonlyMap<string, Table> {
    return new Map(this.#switches.map((switchName, i) => [tableName(switchName), this.#table(i, now)]));
  }

  #table(i: number, now: number): Table {
    return this.#emitter.table(this.#sites[i]!.settled(), this.#fixed[i]!, this.#tagging, now);
  }

  /** Until when the switches keep to these rules by themselves: Unix seconds; Infinity: for ever. */
  validUntil(now: number = this.#context.now): number {
    // Where ways change, reservations need queues on other ports.
    const steering = this.#claims.priorities === 0 ? [] : this.#rules().filter(steers);
    return validUntil(
      this.#sites.map((site) => site.settled()),
      steering.map(({ end }) => end),
      now,
    );
  }

  /** What cannot be lowered, and what collides. */
  diagnostics(): readonly Diagnostic[] {
    const context = this.#context;
    const refused = [...this.#notable.values(), ...this.#leading.refusals];
    const collisions = this.#sites.flatMap((site) => site.collisions());
    const unmet = reportClaims(this.#claims, this.#emitter.layout, context);
    const rules = (): readonly DerivedRule[] => this.#rules();
    const [bands, tagging] = [this.#bands, this.#tagging];
    const faults = this.#ledger.diagnostics(refused, rules, collisions, bands, tagging, context, unmet);
    const withoutPath = this.#leading.withoutPath.map((statement) =>
      codes.noWayLeft({ statement }, { span: context.spanOf?.(statement) }),
    );
    const unknownIngress = this.#leading.unknownIngress.map((statement) =>
      codes.entersAnywhere({ statement }, { span: context.spanOf?.(statement), help: HOSTS_AT }),
    );
    const unheld = this.#unheld([...this.#notable.values()].map(({ rule }) => rule));
    return [
      ...faults,
      ...withoutPath,
      ...unknownIngress,
      ...unheld,
      ...this.#shortfalls(),
      ...floodWarnings(this.#topology),
    ];
  }

  #unheld(rules: readonly DerivedRule[]): readonly Diagnostic[] {
    return [...portZeroWarnings(rules, this.#context), ...fragmentWarnings(rules, this.#context)];
  }

  #shortfalls(): readonly Diagnostic[] {
    if (this.#claims.queues.wanted === 0) return [];
    const kept = this.#switches.flatMap((switchName, i) =>
      this.#claims.hasRatedPorts(switchName)
        ? keptOn(this.#sites[i]!.settled(), this.#claims, switchName).map((one) => ({ switchName, ...one }))
        : [],
    );
    return reportShortfalls(kept, this.#context);
  }

  #rules(): readonly DerivedRule[] {
    return [...this.#standing.values()].map(({ rule }) => rule);
  }

  /** Which statement a cookie stands for. */
  cookies(): ReadonlyMap<bigint, string> {
    const fixed = this.#fixed.flatMap((entries) => entries.map(({ statement }) => statement));
    return this.#ledger.cookies([...fixed, ...this.#emitter.statements()]);
  }

  #draft(rule: DerivedRule): StandingRule {
    if (steers(rule)) return { rule, drafts: [], tags: [], contributions: [] };
    const returns = judges(rule) && saysWhere(rule.cube) ? this.#leading.returns : [];
    const { drafts, refusal } = draftPerSwitch(
      this.#switches,
      rule,
      returns,
      this.#topology,
      this.#context,
      this.#userIndex,
    );
    const once = drafts.every((one) => one === drafts[0]) ? drafts[0]! : drafts.flat();
    return { rule, drafts, refusal, tags: once.flatMap((one) => one.tags), contributions: [] };
  }

  #remove(key: string): void {
    const standing = this.#standing.get(key);
    if (standing !== undefined) this.#unplace(standing);
    this.#standing.delete(key);
    this.#notable.delete(key);
  }

  #unplace(standing: StandingRule): void {
    standing.contributions.forEach((contributions, i) => {
      for (const contribution of contributions) this.#sites[i]!.remove(contribution);
    });
    standing.contributions = [];
  }

  #place(standing: StandingRule): void {
    this.#unplace(standing);
    const { rule, drafts } = standing;
    const position = this.#position(rule);
    const claim = claims(rule) ? this.#claims.of(rule)! : undefined;
    let first: readonly Contribution[] | undefined;
    standing.contributions = drafts.map((mine, i) => {
      if (position === undefined || (claim !== undefined && !claim.enforcedAt.has(this.#switches[i]))) return [];
      if (i > 0 && mine === drafts[0] && first !== undefined) return first;
      const made = contribute(rule, position, mine, this.#tagging);
      if (mine === drafts[0]) first = made;
      return made;
    });
    standing.contributions.forEach((contributions, i) => {
      for (const contribution of contributions) this.#sites[i]!.add(contribution);
    });
  }

  /** Where a rule's entries stand; none for a claim that could not be met. */
  #position(rule: DerivedRule): Position | undefined {
    if (judges(rule)) {
      const effect = rule.effect === "deny" ? "deny" : "allow";
      return { stage: "Admission", priority: this.#bands.of(rule), effect };
    }
    const claim = claims(rule) ? this.#claims.of(rule)! : undefined;
    if (claim?.number === undefined || !claim.feasible) return undefined;
    const { stage, number, layer } = claim;
    if (stage === "reserve") {
      const base = targetOf(this.#context).marks ? KEEPS_MARK : MISS;
      return { stage: "Reserve", priority: base + layer!, effect: stage, number };
    }
    const fragments = fragmentPriority(claim.rate);
    return { stage: `Limit ${layer!}`, priority: LIMITS, fragments, effect: stage, number };
  }

  /** New numbers for tags, tables or bands: every place is settled anew. */
  #renumber(): void {
    this.#tagging = allocate(this.#ledger.tags(), targetOf(this.#context).metadataBits);
    this.#bands = new Bands(this.#ledger.levels());
    this.#sites = this.#switches.map(() => new SwitchTable());
    for (const uses of this.#uses) uses.clear();
    this.#emitter = this.#newEmitter();
    for (const standing of this.#standing.values()) {
      standing.contributions = [];
      this.#place(standing);
    }
    this.#ways = [];
    this.#leadAgain();
    this.#settle();
  }

  #settle(): readonly Change[] {
    return this.#sites.map((site, i) => {
      const change = site.changes();
      this.#uses[i]!.note(change);
      return change;
    });
  }

  #wholePlans(old: ReadonlyMap<string, Table>, now: number): ReadonlyMap<string, Plan> {
    const plans = [...this.#entries(now)].map(([name, table]): [string, Plan] => {
      return [name, diffEntries(old.get(name)!.entries, table.entries)];
    });
    return new Map(plans.filter(([, plan]) => plan.stages.length > 0));
  }

  #touchedPlans(now: number): ReadonlyMap<string, Plan> {
    const plans = new Map<string, Plan>();
    const changes = this.#settle();
    this.#switches.forEach((switchName, i) => {
      const { old, next } = changes[i]!;
      const entries = (settled: typeof old) => settled.map((one) => this.#emitter.entry(one, now));
      const plan = diffEntries(entries(old), entries(next));
      if (plan.stages.length > 0) plans.set(tableName(switchName), plan);
    });
    return plans;
  }

  /** Whether limits or reservations need other tables than there are. */
  #layoutChanged(): boolean {
    const { layout } = this.#emitter;
    return this.#newLayout().stages.join() !== layout.stages.join();
  }

  #newEmitter(): Emitter {
    return new Emitter(this.#newLayout(), this.#context, this.#wired);
  }

  #newLayout(): Layout {
    const { keep = [] } = this.#context;
    const uses = (stage: StageName): boolean => this.#leading.led.some(({ position }) => position.stage === stage);
    const fixed = (name: FixedEntry["stage"]): boolean =>
      this.#fixed.some((entries) => entries.some(({ stage }) => stage === name));
    const spoof = fixed(undefined) || uses("Spoof");
    const kept = keep.map((name) => (name.startsWith("Limit ") ? Number(name.slice(6)) : 0));
    return new Layout(
      (name) => {
        if (keep.includes(name)) return true;
        if (name === "Spoof") return spoof;
        if (name === "Neighbour") return fixed("Neighbour");
        if (name === "Track" || name === "Commit") return this.#directed > 0;
        if (name === "Reserve") return this.#claims.priorities > 0;
        if (name === "Forward") return this.#wired || uses("Forward");
        return name !== "Admission" && this.#tagging.entries.has(name);
      },
      Math.max(this.#claims.tables, ...kept),
    );
  }
}

const DIRECTED = bitOf("direction");
