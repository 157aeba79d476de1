/**
 * From settled places to entries: table numbers, instructions, cookies and timeouts. What no rule asked for (misses,
 * the Spoof table, tags) is added here.
 */
import { cookieOf, systemCookie } from "../table/cookie.ts";
import { targetOf, type LowerContext } from "./pipeline/options.ts";
import type { Settled } from "./contributions/contribution.ts";
import type { Action, Entry, Instruction, Port, Table } from "../table/entry.ts";
import { canonical, exact, sortEntries } from "../table/match.ts";
import { OPENING } from "../table/conntrack.ts";
import { missOf, type Layout, type StageName } from "./pipeline/pipeline.ts";
import { CLEARS_MARK, KEEPS_MARK, MISS, TRUSTED } from "./pipeline/priority.ts";
import type { FixedEntry } from "./steering/spoof-guard.ts";
import type { Tagging } from "./encode/tag.ts";

/**
 * Hard timeouts have 16 bits. What ends later gets none, where NETWORK ("The pipeline") has one that is refreshed before
 * it runs out: without a running controller nobody would, and a deny would go hours early. It goes with the first
 * apply after its end.
 */
export const LONGEST_TIMEOUT = 65_000;
/** The identity behind the entry for what nothing decides. */
export const DEFAULT_STATEMENT = "default";

const statementOf = (stage: StageName): string => `table:${stage}`;

/** How entries are written under one layout. */
export class Emitter {
  readonly layout: Layout;
  readonly #context: LowerContext;
  readonly #marks: boolean;
  readonly #floods: boolean;

  /** In a network that we wire, the last resort is flooding; else the switch's own switching. */
  constructor(layout: Layout, context: LowerContext, floods: boolean) {
    this.layout = layout;
    this.#floods = floods;
    this.#context = context;
    this.#marks = targetOf(context).marks;
  }

  /** Whether frames that are trusted must pass the tables that tag, because their queue may depend on tags. */
  get staged(): boolean {
    const { layout } = this;
    return layout.has("Reserve") && layout.number("Admission") > (layout.has("Neighbour") ? 2 : 1);
  }

  /** One settled place as an entry. */
  entry(settled: Settled, now: number): Entry {
    const { stage, priority, match, statement, clauses, end } = settled;
    const instructions: readonly Instruction[] =
      settled.effect !== undefined
        ? this.#does(settled)
        : [{ kind: "apply", actions: clauses.map((clause) => ({ kind: "conjunction" as const, ...clause })) }];
    const left = Math.max(1, Math.ceil(end - now));
    const hardTimeout = left > LONGEST_TIMEOUT ? 0 : left;
    return { ...this.#base(stage, statement), cookie: cookieOf(statement), priority, match, instructions, hardTimeout };
  }

  /** The whole table of one switch, sorted. */
  table(settled: Iterable<Settled>, fixed: readonly FixedEntry[], tagging: Tagging, now: number): Table {
    const entries = [
      ...this.#misses(),
      ...this.#tracking(),
      ...this.#unmarking(),
      ...fixed.flatMap((one) => this.#fixed(one)),
      ...this.#tags(tagging),
    ];
    for (const one of settled) entries.push(this.entry(one, now));
    return { entries: sortEntries(entries) };
  }

  /** The identities behind entries that no rule asked for. */
  statements(): readonly string[] {
    return [DEFAULT_STATEMENT, ...this.layout.stages.map(statementOf)];
  }

  #base(stage: StageName, statement: string): Pick<Entry, "table" | "cookie" | "idleTimeout"> {
    return { table: this.layout.number(stage), cookie: systemCookie(statement), idleTimeout: 0 };
  }

  #does({ stage, effect, number = 0, port }: Settled): readonly Instruction[] {
    if (effect === "send") return output(port!);
    if (effect === "trust") return stage === "Spoof" ? this.layout.after(stage) : this.layout.enter("Reserve");
    // What has no way is dropped in a trial run, too.
    if (effect === "deny" && (stage === "Forward" || stage === "Spoof")) return [];
    const onward = this.layout.after(stage);
    if (effect === "limit") return [{ kind: "meter", meter: number }, ...onward];
    if (effect !== "reserve") return this.#verdict(stage, effect === "deny" ? "deny" : "allow");
    const queued = before({ kind: "set_queue", queue: number }, onward);
    return this.#marks ? before({ kind: "set_field", field: "ip_dscp", value: BigInt(number) }, queued) : queued;
  }

  #verdict(stage: StageName, effect: "allow" | "deny"): readonly Instruction[] {
    return effect === "allow" || this.#context.observe === true ? this.layout.after(stage) : [];
  }

  #misses(): Entry[] {
    return this.layout.stages.map((stage): Entry => {
      const miss = missOf(stage);
      const statement = miss === "default" ? DEFAULT_STATEMENT : statementOf(stage);
      const instructions =
        miss === "default"
          ? this.#verdict(stage, this.#context.defaults.verdict)
          : stage === "Forward" && this.#floods
            ? output("ALL")
            : miss === "drop" && this.#context.observe !== true
              ? []
              : this.layout.after(stage);
      return { ...this.#base(stage, statement), priority: MISS, match: [], instructions, hardTimeout: 0 };
    });
  }

  /**
   * Frames from other switches were judged where they entered: what is left is their queue, and the way. Where the
   * queue may depend on tags, they pass the tables that tag and leave at Admission.
   */
  #fixed({ priority, match, statement, does, stage }: FixedEntry): readonly Entry[] {
    const { layout } = this;
    const entry = { match, hardTimeout: 0 };
    if (typeof does === "object" || stage === "Forward") {
      const instructions = typeof does === "object" ? output(does.output) : [];
      return [{ ...entry, ...this.#base("Forward", statement), priority, instructions }];
    }
    const spoof = { ...entry, ...this.#base(stage ?? "Spoof", statement), priority };
    if (does === "ask") return [{ ...spoof, instructions: layout.enter("Neighbour") }];
    const observed = does === "drop" && this.#context.observe === true ? "next" : does;
    if (observed === "drop") return [{ ...spoof, instructions: [] }];
    if (observed === "next") return [{ ...spoof, instructions: layout.after("Spoof") }];
    const instructions = layout.enter("Reserve");
    const keeps = { ...entry, ...this.#base("Reserve", statement), priority: KEEPS_MARK };
    const marked = this.#clears ? [{ ...keeps, instructions: layout.after("Reserve") }] : [];
    if (!this.staged) return [...marked, { ...spoof, instructions }];
    return [
      ...marked,
      { ...spoof, instructions: layout.after("Spoof") },
      { ...entry, ...this.#base("Admission", statement), priority: TRUSTED, instructions },
    ];
  }

  /** IP goes to connection tracking and comes back with `ct_state`; what opens a connection and is let through is kept. */
  #tracking(): Entry[] {
    const { layout } = this;
    if (!layout.has("Track")) return [];
    const tracked: Action = { kind: "ct", commit: false, table: layout.number("Admission") };
    return [0x0800, 0x86dd].flatMap((type): Entry[] => [
      {
        ...this.#base("Track", statementOf("Track")),
        priority: 1,
        match: [exact("eth_type", type)],
        instructions: [{ kind: "apply", actions: [tracked] }],
        hardTimeout: 0,
      },
      {
        ...this.#base("Commit", statementOf("Commit")),
        priority: 1,
        match: canonical([exact("eth_type", type), OPENING]),
        instructions: before({ kind: "ct", commit: true }, layout.after("Commit")),
        hardTimeout: 0,
      },
    ]);
  }

  get #clears(): boolean {
    return this.#marks && this.layout.has("Reserve");
  }

  /** A mark that a host sends itself must not get it a queue; one from another switch was set, or cleared, there. */
  #unmarking(): Entry[] {
    if (!this.#clears) return [];
    const clear: Action = { kind: "set_field", field: "ip_dscp", value: 0n };
    return [0x0800, 0x86dd].map((type) => ({
      ...this.#base("Reserve", statementOf("Reserve")),
      priority: CLEARS_MARK,
      match: [exact("eth_type", type)],
      instructions: before(clear, this.layout.after("Reserve")),
      hardTimeout: 0,
    }));
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

/** The instructions with one more action in front. */
function before(action: Action, instructions: readonly Instruction[]): readonly Instruction[] {
  const sent = instructions.flatMap((one) => (one.kind === "apply" ? one.actions : []));
  return [{ kind: "apply", actions: [action, ...sent] }, ...instructions.filter(({ kind }) => kind !== "apply")];
}

function output(to: Port | readonly number[]): readonly Instruction[] {
  const ports = typeof to === "object" ? to : [to];
  return ports.length === 0 ? [] : [{ kind: "apply", actions: ports.map((port) => ({ kind: "output", port })) }];
}
