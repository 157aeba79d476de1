/**
 * From settled places to entries: table numbers, instructions, cookies and timeouts. What no rule asked for (misses,
 * the Spoof table, tags) is added here.
 */
import { cookieOf } from "./cookie.ts";
import type { LowerContext } from "./context.ts";
import type { Settled } from "./contribution.ts";
import type { Entry, Instruction, Table } from "./entry.ts";
import { sortEntries } from "./match.ts";
import { missOf, type Layout, type StageName } from "./pipeline.ts";
import { MISS } from "./priority.ts";
import type { FixedEntry } from "./spoof.ts";
import type { Tagging } from "./tag.ts";

/** Hard timeouts have 16 bits; this leaves time to refresh them (NETWORK, "The pipeline"). */
export const LONGEST_TIMEOUT = 65_000;
/** The identity behind the entry for what nothing decides. */
export const DEFAULT_STATEMENT = "default";

const statementOf = (stage: StageName): string => `table:${stage}`;

/** How entries are written under one layout. */
export class Emitter {
  readonly layout: Layout;
  readonly #context: Pick<LowerContext, "defaults" | "observe">;

  constructor(layout: Layout, context: Pick<LowerContext, "defaults" | "observe">) {
    this.layout = layout;
    this.#context = context;
  }

  /** One settled place as an entry. */
  entry(settled: Settled, now: number): Entry {
    const { stage, priority, match, statement, effect, clauses, end } = settled;
    const instructions: readonly Instruction[] =
      effect !== undefined
        ? this.#verdict(stage, effect)
        : [{ kind: "apply", actions: clauses.map((clause) => ({ kind: "conjunction" as const, ...clause })) }];
    const hardTimeout = end === Infinity ? 0 : Math.max(1, Math.min(LONGEST_TIMEOUT, Math.ceil(end - now)));
    return { ...this.#base(stage, statement), priority, match, instructions, hardTimeout };
  }

  /** The whole table of one switch, sorted. */
  table(settled: Iterable<Settled>, fixed: readonly FixedEntry[], tagging: Tagging, now: number): Table {
    const entries = [...this.#misses(), ...fixed.map((one) => this.#fixed(one)), ...this.#tags(tagging)];
    for (const one of settled) entries.push(this.entry(one, now));
    return { entries: sortEntries(entries) };
  }

  /** The identities behind entries that no rule asked for. */
  statements(): readonly string[] {
    return [DEFAULT_STATEMENT, ...this.layout.stages.map(statementOf)];
  }

  #base(stage: StageName, statement: string): Pick<Entry, "table" | "cookie" | "idleTimeout"> {
    return { table: this.layout.number(stage), cookie: cookieOf(statement), idleTimeout: 0 };
  }

  #verdict(stage: StageName, effect: "allow" | "deny"): readonly Instruction[] {
    return effect === "allow" || this.#context.observe === true ? this.layout.after(stage) : [];
  }

  #misses(): Entry[] {
    return this.layout.stages.map((stage): Entry => {
      const miss = missOf(stage);
      const statement = miss === "default" ? DEFAULT_STATEMENT : statementOf(stage);
      const instructions =
        miss === "default" ? this.#verdict(stage, this.#context.defaults.verdict) : this.layout.after(stage);
      return { ...this.#base(stage, statement), priority: MISS, match: [], instructions, hardTimeout: 0 };
    });
  }

  #fixed({ priority, match, statement, does }: FixedEntry): Entry {
    const { layout } = this;
    const observed = does === "drop" && this.#context.observe === true ? "next" : does;
    const instructions =
      observed === "drop" ? [] : observed === "next" ? layout.after("Spoof") : layout.enter("Forward");
    return { ...this.#base("Spoof", statement), priority, match, instructions, hardTimeout: 0 };
  }

  #tags(tagging: Tagging): Entry[] {
    return [...tagging.entries].flatMap(([stage, entries]) =>
      entries.map(({ match, priority, value, mask }): Entry => {
        const write: Instruction = { kind: "write_metadata", value, mask };
        const instructions = [write, ...this.layout.after(stage)];
        return { ...this.#base(stage, statementOf(stage)), priority, match, instructions, hardTimeout: 0 };
      }),
    );
  }
}
