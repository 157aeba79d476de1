/**
 * What the numbering depends on, counted as rules come and go: tagged sets, cascade levels, and the identities
 * behind cookies and conjunctions. As long as none of it changes for the first or last time, nothing is renumbered.
 */
import { byText } from "../net/order.ts";
import * as codes from "../diagnostics/codes/table.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { TagUse } from "./encode/alternatives.ts";
import { targetOf, type LowerContext } from "./pipeline/options.ts";
import { cookieOf, systemCookie } from "../table/cookie.ts";
import { HIGHEST, type Bands, type Levels } from "./pipeline/priority.ts";
import { reportRefusal, type Refusal } from "./pipeline/refusal.ts";
import type { Tagging } from "./encode/tag.ts";

export class Numbering {
  readonly #given: Levels;
  readonly #levels: Map<number, number>[] = [];
  readonly #tags = new Map<string, { use: TagUse; count: number }>();
  readonly #statements = new Map<string, number>();
  /** How many statements have each cookie, and how many cookies more than one. */
  readonly #cookies = new Map<bigint, number>();
  #clashes = 0;
  #changed = false;

  constructor(given: Levels) {
    this.#given = given;
  }

  enter(rule: DerivedRule, tags: readonly TagUse[]): void {
    if (count(this.#statements, rule.statement, 1) === 1 && count(this.#cookies, cookieOf(rule.statement), 1) === 2)
      this.#clashes++;
    if (judges(rule)) {
      while (this.#levels.length <= rule.depth) this.#levels.push(new Map());
      count(this.#levels[rule.depth]!, rule.levels, 1);
    }
    for (const use of tags) {
      const key = `${use.dimension}|${use.key}`;
      const known = this.#tags.get(key);
      if (known !== undefined) {
        known.count++;
        continue;
      }
      this.#tags.set(key, { use, count: 1 });
      this.#changed = true;
    }
  }

  leave(rule: DerivedRule, tags: readonly TagUse[]): void {
    if (count(this.#statements, rule.statement, -1) === 0 && count(this.#cookies, cookieOf(rule.statement), -1) === 1)
      this.#clashes--;
    if (judges(rule)) count(this.#levels[rule.depth]!, rule.levels, -1);
    for (const use of tags) {
      const key = `${use.dimension}|${use.key}`;
      const known = this.#tags.get(key)!;
      if (--known.count > 0) continue;
      this.#tags.delete(key);
      this.#changed = true;
    }
  }

  /** Whether tags, tables or bands have other numbers since this was last asked. */
  renumbered(levels: Levels): boolean {
    const changed = this.#changed;
    this.#changed = false;
    const now = this.levels();
    const depths = Math.max(now.length, levels.length);
    for (let d = 0; d < depths; d++) if ((now[d] ?? 1) !== (levels[d] ?? 1)) return true;
    return changed;
  }

  /** The most cascade levels of each depth. */
  levels(): Levels {
    const depths = Math.max(this.#levels.length, this.#given.length);
    return Array.from({ length: depths }, (_, d) => {
      return Math.max(1, this.#given[d] ?? 1, ...(this.#levels[d]?.keys() ?? []));
    });
  }

  tags(): Iterable<TagUse> {
    return [...this.#tags.values()].map(({ use }) => use);
  }

  /** Which statement a cookie stands for; `others` name what none asked for. */
  cookies(others: readonly string[]): ReadonlyMap<bigint, string> {
    const all = [
      ...[...this.#statements.keys()].map((statement) => [cookieOf(statement), statement] as const),
      ...others.map((statement) => [systemCookie(statement), statement] as const),
    ];
    return new Map(all.toSorted(([, a], [, b]) => byText(a, b)));
  }

  /** Refusals in order of statement, then what concerns the whole. */
  diagnostics(
    refused: readonly { readonly rule: DerivedRule; readonly refusal?: Refusal | undefined }[],
    rules: () => readonly DerivedRule[],
    conjunctions: readonly (readonly [one: string, other: string])[],
    bands: Bands,
    tagging: Tagging,
    context: LowerContext,
    claims: readonly Diagnostic[],
  ): readonly Diagnostic[] {
    const found = new Map<string, Diagnostic>();
    for (const { rule, refusal } of refused) {
      if (refusal === undefined) continue;
      const diagnostic = reportRefusal(refusal, rule, context.spanOf?.(rule.statement));
      found.set(`${rule.statement}|${diagnostic.message}`, diagnostic);
    }
    const list = [...found].toSorted(([a], [b]) => byText(a, b)).map(([, diagnostic]) => diagnostic);
    // Only where the bands go too far is it a question who stands there.
    const isFull = bands.base(this.levels().length) - 1 > HIGHEST;
    const above = isFull ? rules().filter((rule) => rule.stage === "admission" && bands.of(rule) > HIGHEST) : [];
    if (above.length > 0) {
      const top = above.reduce((most, rule) => Math.max(most, bands.of(rule)), 0);
      const levels = bands.levels.reduce((sum, one) => sum + one, 0);
      list.push(codes.bandFull({ priority: top, highest: HIGHEST, depths: bands.levels.length, levels }));
    }
    const have = targetOf(context).metadataBits;
    if (tagging.bits > have) list.push(codes.tooManyTags({ bits: tagging.bits, have }));
    return [...list, ...claims, ...this.#collisions(conjunctions, context)];
  }

  #collisions(
    conjunctions: readonly (readonly [one: string, other: string])[],
    context: LowerContext,
  ): readonly Diagnostic[] {
    const owners = new Map<bigint, string>();
    const clash = (one: string, other: string, what: string): Diagnostic =>
      codes.sameCookie({ one, other, what }, { span: context.spanOf?.(other) });
    const pairs = new Map(conjunctions.map(([one, other]) => [`${one}|${other}`, [one, other] as const]));
    const found = [...pairs.values()].map(([one, other]) => clash(one, other, "conjunction number"));
    for (const statement of this.#clashes > 0 ? [...this.#statements.keys()].sort(byText) : []) {
      const cookie = cookieOf(statement);
      const owner = owners.get(cookie);
      if (owner === undefined) owners.set(cookie, statement);
      else found.push(clash(owner, statement, "cookie"));
    }
    return found;
  }
}

/** Whether the rule gives verdicts: only those have priorities by depth and level. */
export const judges = ({ stage }: DerivedRule): boolean => stage === "guard" || stage === "admission";
/** Whether it asks for a meter or a queue. */
export const claims = ({ stage }: DerivedRule): boolean => stage === "limit" || stage === "reserve";
/** Whether it leads its flows. */
export const steers = ({ stage }: DerivedRule): boolean => stage === "waypoint" || stage === "avoid";

/** How many there are then. */
function count<K>(counts: Map<K, number>, key: K, by: number): number {
  const next = (counts.get(key) ?? 0) + by;
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
  return next;
}
