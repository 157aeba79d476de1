/**
 * From settled entries to those of a switch: table numbers, cookies and timeouts. A table's feature says what its
 * entries do, and what becomes of a packet that none of them matches.
 */
import { cookieOf, systemCookie } from "../table/cookie.ts";
import type { LowerContext } from "./pipeline/options.ts";
import type { Settled } from "./contributions/contribution.ts";
import { tableIdentity, type FixedEntry } from "./contributions/fixed-entry.ts";
import type { Feature } from "./features/feature.ts";
import type { Entry, Instruction, Table } from "../table/entry.ts";
import { sortEntries } from "../table/match.ts";
import { missOf, rowName, type Layout, type StageName } from "./pipeline/pipeline.ts";
import { MISS } from "./pipeline/priority.ts";

/**
 * Hard timeouts have 16 bits. An entry that ends later gets none and goes with the first apply after its end. NETWORK
 * ("Timeouts") means one that is refreshed before it runs out. But without a running controller nobody would refresh
 * it, and a deny would go hours early.
 */
export const LONGEST_TIMEOUT = 65_000;
/** The identity behind the entry for what nothing decides. */
export const DEFAULT_STATEMENT = "default";

/** How entries are written under one layout. */
export class Emitter {
  readonly layout: Layout;
  readonly #features: readonly Feature[];
  readonly #owners: ReadonlyMap<StageName, Feature>;
  readonly #observes: boolean;

  constructor(layout: Layout, features: readonly Feature[], context: LowerContext) {
    this.layout = layout;
    this.#features = features;
    this.#observes = context.observe === true;
    this.#owners = new Map(
      layout.stages.map((stage) => [stage, features.find(({ owns }) => owns.includes(rowName(stage)))!]),
    );
  }

  /** One settled entry; `now` in Unix seconds. */
  entry(settled: Settled, now: number): Entry {
    const { stage, priority, match, statement, clauses, effect, end } = settled;
    const instructions: readonly Instruction[] =
      effect === undefined
        ? [{ kind: "apply", actions: clauses.map((clause) => ({ kind: "conjunction" as const, ...clause })) }]
        : (this.#owners.get(stage)!.instructions?.(settled, this.layout) ?? this.layout.after(stage));
    const left = Math.max(1, Math.ceil(end - now));
    return {
      table: this.layout.number(stage),
      cookie: cookieOf(statement),
      idleTimeout: 0,
      priority,
      match,
      instructions,
      hardTimeout: left > LONGEST_TIMEOUT ? 0 : left,
    };
  }

  /** The whole table of one switch, sorted. */
  table(settled: Iterable<Settled>, switchName: string | undefined, now: number): Table {
    const entries = this.#fixed(switchName).map((one) => this.#written(one));
    for (const one of settled) entries.push(this.entry(one, now));
    return { entries: sortEntries(entries) };
  }

  /** The identities behind entries that no rule asked for. */
  statements(switchName: string | undefined): readonly string[] {
    return [
      ...this.#fixed(switchName).map(({ statement }) => statement),
      DEFAULT_STATEMENT,
      ...this.layout.stages.map(tableIdentity),
    ];
  }

  #fixed(switchName: string | undefined): readonly FixedEntry[] {
    const misses = this.layout.stages.map((stage) => this.#miss(stage));
    return [...misses, ...this.#features.flatMap((feature) => feature.fixed?.(switchName, this.layout) ?? [])];
  }

  #miss(stage: StageName): FixedEntry {
    const miss = missOf(stage);
    const instructions =
      this.#owners.get(stage)!.miss?.(stage, this.layout) ??
      (miss === "drop" && !this.#observes ? [] : this.layout.after(stage));
    const statement = miss === "default" ? DEFAULT_STATEMENT : tableIdentity(stage);
    return { stage, priority: MISS, match: [], statement, instructions };
  }

  #written({ stage, priority, match, statement, instructions }: FixedEntry): Entry {
    const table = this.layout.number(stage);
    return { table, cookie: systemCookie(statement), idleTimeout: 0, priority, match, instructions, hardTimeout: 0 };
  }
}
