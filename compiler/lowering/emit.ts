/**
 * Settled entries → entries of a switch, with table numbers, cookies and timeouts. The feature that owns a table says
 * what its entries do, and what its miss does.
 */
import { systemCookie } from "../table/cookie.ts";
import { keyPrefix, type Settled } from "./contributions/contribution.ts";
import { DEFAULT_STATEMENT, tableIdentity, type FixedEntry } from "./contributions/fixed-entry.ts";
import type { Feature } from "./features/feature.ts";
import type { Entry, Instruction, Table } from "../table/entry.ts";
import { matchKey, sortKeyed } from "../table/match.ts";
import { missOf, rowName, type Layout, type StageName } from "./pipeline/pipeline.ts";
import { MISS } from "./pipeline/priority.ts";

/**
 * In seconds: hard timeouts have 16 bits. An allow that ends later gets the longest one: without a controller it fails
 * safe, and the next apply renews it (NETWORK, "Timeouts"). Any other entry that ends later gets none, since a deny
 * would be removed hours early. The first apply after its end removes it.
 */
export const LONGEST_TIMEOUT = 65_000;
/** Whether an entry whose end is too late for a timeout gets the longest one. */
export const isRenewed = ({ effect, end, match }: Settled): boolean =>
  // A conjunction that lost its verdict before its members would hide those below it.
  effect === "allow" && Number.isFinite(end) && match[0]?.field !== "conj_id";

/** Writes entries under one layout. */
export class Emitter {
  readonly layout: Layout;
  readonly #features: readonly Feature[];
  readonly #owners: ReadonlyMap<StageName, Feature>;

  readonly #cookieOf: (statement: string) => bigint;

  constructor(layout: Layout, features: readonly Feature[], cookie: (statement: string) => bigint) {
    this.layout = layout;
    this.#cookieOf = cookie;
    this.#features = features;
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
      cookie: effect === "miss" ? systemCookie(statement) : this.#cookieOf(statement),
      idleTimeout: 0,
      priority,
      match,
      instructions,
      hardTimeout: left <= LONGEST_TIMEOUT ? left : isRenewed(settled) ? LONGEST_TIMEOUT : 0,
    };
  }

  /** The whole table of one switch, sorted. */
  table(settled: Iterable<Settled>, switchName: string | undefined, now: number): Table {
    const entries = this.#fixed(switchName).map((one) => ({
      entry: this.#written(one),
      key: matchKey(one.match, keyPrefix(one.stage)),
    }));
    for (const one of settled) {
      const { key = matchKey(one.match, keyPrefix(one.stage)) } = one;
      entries.push({ entry: this.entry(one, now), key });
    }
    return { entries: sortKeyed(entries) };
  }

  /** The identities of entries that belong to no rule. */
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
      this.#owners.get(stage)!.miss?.(stage, this.layout) ?? (miss === "drop" ? [] : this.layout.after(stage));
    const statement = miss === "default" ? DEFAULT_STATEMENT : tableIdentity(stage);
    return { stage, priority: MISS, match: [], statement, instructions };
  }

  #written({ stage, priority, match, statement, instructions }: FixedEntry): Entry {
    const table = this.layout.number(stage);
    return { table, cookie: systemCookie(statement), idleTimeout: 0, priority, match, instructions, hardTimeout: 0 };
  }
}
