/**
 * The table that follows changes: rules come and go, and what stands is the table that lowering all standing rules at
 * once would give. A change costs in proportion to its own entries; only a change of the numbering itself (a new tag, a
 * table that was empty, a deeper cascade) touches more.
 */
import { diffEntries } from "../diff/index.ts";
import type { Plan } from "../diff/plan.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { bitOf } from "../flowgroup/cubes.ts";
import { cubeKey } from "../flowgroup/index.ts";
import type { DerivedChange, DerivedRule } from "../program/derived.ts";
import type { TagUse } from "./alternatives.ts";
import type { Draft } from "./choose.ts";
import { switchesOf, tableName, targetOf, type LowerContext } from "./context.ts";
import { contribute, type Contribution } from "./contribution.ts";
import { draft } from "./draft.ts";
import { Emitter } from "./emit.ts";
import type { Table } from "./entry.ts";
import { Layout } from "./pipeline.ts";
import { Places } from "./place.ts";
import { portZeroWarnings } from "./port-zero.ts";
import { Bands } from "./priority.ts";
import type { Refusal } from "./refusal.ts";
import { Ledger } from "./ledger.ts";
import { Site } from "./site.ts";
import { spoofEntries, type FixedEntry } from "./spoof.ts";
import { allocate, type Tagging } from "./tag.ts";

/** A rule with what it asks of each switch. */
interface Standing {
  readonly rule: DerivedRule;
  readonly drafts: readonly (readonly Draft[])[];
  readonly refusal?: Refusal | undefined;
  readonly tags: readonly TagUse[];
  contributions: readonly (readonly Contribution[])[];
}

/** A table per switch that follows the derived rules. */
export class LiveTable {
  readonly #context: LowerContext;
  readonly #places: Places;
  readonly #switches: readonly (string | undefined)[];
  readonly #fixed: readonly (readonly FixedEntry[])[];
  readonly #standing = new Map<string, Standing>();
  readonly #ledger: Ledger;
  #sites: readonly Site[] = [];
  #tagging: Tagging;
  #bands: Bands;
  #emitter: Emitter;

  constructor(context: LowerContext) {
    this.#context = context;
    this.#places = new Places(context.directory);
    this.#switches = switchesOf(context.directory);
    this.#fixed = this.#switches.map((on) => spoofEntries(context.directory, on));
    this.#ledger = new Ledger(context.levels ?? []);
    this.#sites = this.#switches.map(() => new Site());
    this.#tagging = allocate([], targetOf(context).metadataBits);
    this.#bands = new Bands(this.#ledger.levels());
    this.#emitter = this.#newEmitter();
  }

  /**
   * Applies a change and says what to send to each switch. A rule that is added twice counts once; removing a rule that
   * does not stand changes nothing.
   */
  apply(change: DerivedChange, now: number = this.#context.now): ReadonlyMap<string, Plan> {
    const before = (): ReadonlyMap<string, Table> => this.tables(now);
    const old = this.#change(change, before);
    return old === undefined ? this.#touchedPlans(now) : this.#wholePlans(old, now);
  }

  /** Takes rules on without saying what to send. */
  load(rules: readonly DerivedRule[]): void {
    this.#change({ added: rules, removed: [] }, () => undefined);
    for (const site of this.#sites) site.changes();
  }

  /** Returns what `before` said if everything had to be numbered anew. */
  #change<T>({ added, removed }: DerivedChange, before: () => T): T | undefined {
    const gone = new Set(removed.map(keyOf).filter((key) => this.#standing.has(key)));
    const come = new Map<string, DerivedRule>();
    for (const rule of added) {
      if (rule.stage !== "guard" && rule.stage !== "admission") continue;
      const key = keyOf(rule);
      if (!gone.delete(key) && !this.#standing.has(key)) come.set(key, rule);
    }
    const drafted = [...come].map(([key, rule]): [string, Standing] => [key, this.#draft(rule)]);
    for (const [, { rule, tags }] of drafted) this.#ledger.enter(rule, tags);
    for (const key of gone) this.#ledger.leave(this.#standing.get(key)!.rule, this.#standing.get(key)!.tags);
    const renumbered = this.#ledger.renumbered(this.#bands.levels);
    const old = renumbered ? before() : undefined;
    for (const key of gone) this.#remove(key);
    for (const [key, standing] of drafted) this.#standing.set(key, standing);
    if (renumbered) this.#renumber();
    else for (const [, standing] of drafted) this.#place(standing);
    return old;
  }

  /** The tables as they stand: the same bytes that `lower` gives for the same rules. */
  tables(now: number = this.#context.now): ReadonlyMap<string, Table> {
    return new Map(
      this.#switches.map((on, i): [string, Table] => {
        const settled = this.#sites[i]!.settled();
        return [tableName(on), this.#emitter.table(settled, this.#fixed[i]!, this.#tagging, now)];
      }),
    );
  }

  /** What cannot be lowered, and what collides. */
  diagnostics(): readonly Diagnostic[] {
    const standing = [...this.#standing.values()];
    const collisions = this.#sites.flatMap((site) => site.collisions());
    const faults = this.#ledger.diagnostics(standing, collisions, this.#bands, this.#tagging, this.#context);
    return [...faults, ...portZeroWarnings(this.#rules(), this.#context)];
  }

  #rules(): readonly DerivedRule[] {
    return [...this.#standing.values()].map(({ rule }) => rule);
  }

  /** Which statement a cookie stands for. */
  cookies(): ReadonlyMap<bigint, string> {
    const fixed = this.#fixed.flatMap((entries) => entries.map(({ statement }) => statement));
    return this.#ledger.cookies([...fixed, ...this.#emitter.statements()]);
  }

  #draft(rule: DerivedRule): Standing {
    const same = rule.cube.mask & PLACED ? undefined : draft(rule, this.#context, this.#places, this.#switches[0]);
    const each = this.#switches.map((on) => same ?? draft(rule, this.#context, this.#places, on));
    const drafts = each.map((one) => one.drafts);
    const refusal = each.find((one) => one.refusal !== undefined)?.refusal;
    const tags = (same === undefined ? drafts.flat() : same.drafts).flatMap((one) => one.tags);
    return { rule, drafts, refusal, tags, contributions: [] };
  }

  #remove(key: string): void {
    this.#standing.get(key)?.contributions.forEach((wishes, i) => {
      for (const wish of wishes) this.#sites[i]!.remove(wish);
    });
    this.#standing.delete(key);
  }

  #place(standing: Standing): void {
    const { rule, drafts } = standing;
    const priority = this.#bands.of(rule);
    let first: readonly Contribution[] | undefined;
    standing.contributions = drafts.map((mine, i) => {
      if (i > 0 && mine === drafts[0]) return first!;
      const made = contribute(rule, priority, mine, this.#tagging);
      first ??= made;
      return made;
    });
    standing.contributions.forEach((wishes, i) => {
      for (const wish of wishes) this.#sites[i]!.add(wish);
    });
  }

  /** New numbers for tags, tables or bands: every place is settled anew. */
  #renumber(): void {
    this.#tagging = allocate(this.#ledger.tags(), targetOf(this.#context).metadataBits);
    this.#bands = new Bands(this.#ledger.levels());
    this.#sites = this.#switches.map(() => new Site());
    this.#emitter = this.#newEmitter();
    for (const standing of this.#standing.values()) this.#place(standing);
    for (const site of this.#sites) site.changes();
  }

  #wholePlans(old: ReadonlyMap<string, Table>, now: number): ReadonlyMap<string, Plan> {
    const plans = [...this.tables(now)].map(([name, table]): [string, Plan] => {
      return [name, diffEntries(old.get(name)!.entries, table.entries)];
    });
    return new Map(plans.filter(([, plan]) => plan.stages.length > 0));
  }

  #touchedPlans(now: number): ReadonlyMap<string, Plan> {
    const plans = new Map<string, Plan>();
    this.#switches.forEach((on, i) => {
      const { old, next } = this.#sites[i]!.changes();
      const entries = (settled: typeof old) => settled.map((one) => this.#emitter.entry(one, now));
      const plan = diffEntries(entries(old), entries(next));
      if (plan.stages.length > 0) plans.set(tableName(on), plan);
    });
    return plans;
  }

  #newEmitter(): Emitter {
    const { keep = [] } = this.#context;
    const spoof = this.#fixed.some((entries) => entries.length > 0);
    const layout = new Layout((name) => {
      if (keep.includes(name)) return true;
      if (name === "Spoof") return spoof;
      if (name === "Guard") return this.#ledger.guards > 0;
      return name !== "Admission" && name !== "Forward" && this.#tagging.entries.has(name);
    });
    return new Emitter(layout, this.#context);
  }
}

/** Fields whose meaning differs from switch to switch. */
const PLACED = bitOf("switch") | bitOf("srcAP") | bitOf("dstAP");

/** Equal rules have equal keys. */
function keyOf({ statement, stage, effect, depth, level, levels, cube, end }: DerivedRule): string {
  return `${stage}|${effect}|${depth}|${level}/${levels}|${end}|${statement}|${cubeKey(cube)}`;
}
