/**
 * The feature of Admission: the verdicts of shares and guards, each at the priority of its depth and cascade level. The
 * table Observe before it counts what observed shares would decide, in the same order, and passes everything.
 */
import { givesVerdict, type DerivedRule } from "../../derived/rule.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import * as codes from "../../diagnostics/codes/table.ts";
import type { Instruction } from "../../table/entry.ts";
import type { EntryPosition, Settled } from "../contributions/contribution.ts";
import type { DraftedRule } from "../encode/draft.ts";
import type { LowerContext } from "../pipeline/options.ts";
import type { Layout, StageName } from "../pipeline/pipeline.ts";
import { Bands, GUARD, HIGHEST, type LevelsByDepth } from "../pipeline/priority.ts";
import type { ExceptionsFeature } from "./exceptions.ts";
import type { Feature, Snapshot } from "./feature.ts";
import { greatest } from "../../net/lists.ts";

export class AdmissionFeature implements Feature {
  readonly owns = ["Observe", "Admission"] as const;
  readonly #context: LowerContext;
  /** For each depth: number of cascade levels of a share → number of rules of such shares. */
  readonly #counts: Map<number, number>[] = [];
  #bands: Bands;
  #observed = 0;

  readonly #exceptions: ExceptionsFeature;

  constructor(context: LowerContext, exceptions: ExceptionsFeature) {
    this.#context = context;
    this.#exceptions = exceptions;
    this.#bands = new Bands(this.#levels());
  }

  needs(): readonly StageName[] {
    return this.#observed > 0 ? ["Observe"] : [];
  }

  enter(_key: string, { rule }: DraftedRule): void {
    if (!givesVerdict(rule)) return;
    if (rule.observed) this.#observed++;
    while (this.#counts.length <= rule.depth) this.#counts.push(new Map());
    const counts = this.#counts[rule.depth]!;
    counts.set(rule.levels, (counts.get(rule.levels) ?? 0) + 1);
  }

  leave(_key: string, { rule }: DraftedRule): void {
    if (!givesVerdict(rule)) return;
    if (rule.observed) this.#observed--;
    const counts = this.#counts[rule.depth]!;
    const left = counts.get(rule.levels)! - 1;
    if (left === 0) counts.delete(rule.levels);
    else counts.set(rule.levels, left);
  }

  /** Whether a cascade has more or fewer levels than its band was made for. */
  isRenumbered(): boolean {
    const [next, now] = [this.#levels(), this.#bands.levels];
    const depths = Math.max(next.length, now.length);
    for (let depth = 0; depth < depths; depth++) if ((next[depth] ?? 1) !== (now[depth] ?? 1)) return true;
    const low = new Set(this.#exceptions.lowDepths());
    const { lowDepths } = this.#bands;
    return low.size !== lowDepths.size || [...low].some((depth) => !lowDepths.has(depth));
  }

  renumber(): void {
    this.#bands = new Bands(this.#levels(), new Set(this.#exceptions.lowDepths()));
  }

  /** The priority below those of all other verdicts of a depth. */
  lowest(depth: number): number {
    return this.#bands.base(depth);
  }

  position(rule: DerivedRule): EntryPosition | undefined {
    if (!givesVerdict(rule)) return undefined;
    if (rule.observed) return { stage: "Observe", priority: this.#bands.of(rule), effect: "allow" };
    const effect = rule.effect === "deny" ? "deny" : "allow";
    return { stage: "Admission", priority: this.#bands.of(rule), effect };
  }

  instructions({ stage, effect, priority }: Settled, layout: Layout): readonly Instruction[] {
    if (effect === "miss") return this.miss(stage, layout);
    if (stage === "Observe") return layout.after("Observe");
    // A trial run never opens what a guard denies.
    if (effect === "deny" && priority === GUARD) return [];
    return this.#verdict(effect === "deny" ? "deny" : "allow", layout);
  }

  miss(stage: StageName, layout: Layout): readonly Instruction[] {
    if (stage === "Observe") return layout.after("Observe");
    return this.#verdict(this.#context.defaults.verdict, layout);
  }

  /** Rules whose depth and level do not fit into 16 bits of priority. */
  faults({ rules }: Snapshot): readonly Diagnostic[] {
    // A rule can be too high only if the bands are; else the rules need not be examined.
    if (this.#bands.base(this.#levels().length) - 1 <= HIGHEST) return [];
    const above = rules().filter(
      (rule) => givesVerdict(rule) && rule.stage !== "guard" && this.#bands.of(rule) > HIGHEST,
    );
    if (above.length === 0) return [];
    const priority = above.reduce((most, rule) => Math.max(most, this.#bands.of(rule)), 0);
    const { levels } = this.#bands;
    const sum = levels.reduce((all, one) => all + one, 0);
    return [codes.bandFull({ priority, highest: HIGHEST, depths: levels.length, levels: sum })];
  }

  /** In a trial run a share's deny counts packets and passes them on. */
  #verdict(verdict: "allow" | "deny", layout: Layout): readonly Instruction[] {
    return verdict === "allow" || this.#context.observe === true ? layout.after("Admission") : [];
  }

  /** The most cascade levels of each depth: those of the context, or of the standing rules if these have more. */
  #levels(): LevelsByDepth {
    const { levels: given = [] } = this.#context;
    const depths = Math.max(this.#counts.length, given.length);
    return Array.from({ length: depths }, (_, depth) =>
      greatest(this.#counts[depth]?.keys() ?? [], Math.max(1, given[depth] ?? 1)),
    );
  }
}
