/**
 * The feature that decides which verdicts with holes stand as a wider verdict with exceptions above it
 * (`encode/excepted.ts`; NETWORK, "Exceptions"). The choice follows the rules around as they come and go. It depends on
 * the set of rules alone. The feature owns no table.
 */
import { cubesOverlap } from "../../flowgroup/cubes.ts";
import { givesVerdict } from "../../derived/rule.ts";
import type { HoleForm } from "../contributions/contribution.ts";
import { DEFAULT_STATEMENT } from "../contributions/fixed-entry.ts";
import type { DraftedRule } from "../encode/draft.ts";
import type { LowerContext } from "../pipeline/options.ts";
import type { Feature, RuleChange } from "./feature.ts";
import { formAmong, ShownRules } from "../contributions/hole-forms.ts";
import type { TagsFeature } from "./tags.ts";

export class ExceptionsFeature implements Feature {
  readonly owns = [] as const;
  /** Whether permissions hold packets that hide their fields. */
  readonly #hides: boolean;
  readonly #tags: TagsFeature;
  #standing: ReadonlyMap<string, DraftedRule> = new Map();
  readonly #come: DraftedRule[] = [];
  readonly #gone: DraftedRule[] = [];
  /** The rules that have a wider form, with their keys; and those of them that stand in it. */
  readonly #keys = new Map<DraftedRule, string>();
  readonly #forms = new Map<DraftedRule, HoleForm>();
  /** All rules that give verdicts. Made while some rule has a wider form. */
  #verdicts: ShownRules | undefined;
  /** The rules with a wider form by their holes; and those that may stand lowest, by their wider form. */
  readonly #holes = new ShownRules();
  readonly #low = new ShownRules();
  readonly #mayBeLow = new Set<DraftedRule>();
  /** Depth → the number of rules that stand lowest. */
  readonly #lowest = new Map<number, number>();

  constructor({ defaults }: Pick<LowerContext, "defaults">, tags: TagsFeature) {
    this.#hides = defaults.fragments === "allow";
    this.#tags = tags;
  }

  /** The form of a rule's holes; undefined if the rule is spelled out. */
  formOf(standing: DraftedRule): HoleForm | undefined {
    return this.#forms.get(standing);
  }

  /** The depths in which some rule stands below all others. */
  lowDepths(): Iterable<number> {
    return this.#lowest.keys();
  }

  prepare(_change: RuleChange, standing: ReadonlyMap<string, DraftedRule>): boolean {
    this.#standing = standing;
    return false;
  }

  enter(key: string, drafted: DraftedRule): void {
    if (!decides(drafted)) return;
    this.#come.push(drafted);
    if (drafted.excepted !== undefined) this.#keys.set(drafted, key);
  }

  leave(_key: string, drafted: DraftedRule): void {
    if (decides(drafted)) this.#gone.push(drafted);
  }

  settle(): readonly string[] {
    const come = this.#come.splice(0);
    const gone = this.#gone.splice(0);
    if (this.#keys.size === 0) return [];
    const verdicts = (this.#verdicts ??= this.#allVerdicts());
    const touched = new Set([...come, ...gone].flatMap(({ rule }) => this.#holes.near(rule.cube)));
    for (const one of come) {
      verdicts.add(one.rule.depth, one.rule.cube, one);
      if (one.excepted === undefined) continue;
      this.#tags.use(one.tags);
      this.#holes.add(one.rule.depth, one.excepted.holes, one);
      touched.add(one);
    }
    for (const one of gone) {
      verdicts.remove(one.rule.depth, one.rule.cube, one);
      if (one.excepted === undefined) continue;
      this.#holes.remove(one.rule.depth, one.excepted.holes, one);
      for (const near of this.#markLow(one, false)) touched.add(near);
    }
    for (const one of gone) touched.delete(one);
    const moved = this.#decideAll(touched, verdicts);
    for (const one of gone) {
      if (one.excepted === undefined) continue;
      this.#stand(one, undefined);
      this.#tags.release(one.tags);
      this.#keys.delete(one);
    }
    if (this.#keys.size === 0) this.#verdicts = undefined;
    return moved;
  }

  #allVerdicts(): ShownRules {
    const all = new ShownRules();
    for (const one of this.#standing.values()) if (decides(one)) all.add(one.rule.depth, one.rule.cube, one);
    return all;
  }

  /** Decides forms anew, of these rules and of those near them that would stand lowest; returns the keys of the moved. */
  #decideAll(touched: ReadonlySet<DraftedRule>, verdicts: ShownRules): readonly string[] {
    const forms = new Map([...touched].map((one) => [one, formAmong(one, verdicts, this.#hides)]));
    const again = new Set(touched);
    for (const [one, form] of forms) for (const near of this.#markLow(one, form === "low")) again.add(near);
    const moved: string[] = [];
    for (const one of again) {
      const form = forms.has(one) ? forms.get(one) : this.#mayBeLow.has(one) ? "low" : this.#forms.get(one);
      if (this.#stand(one, form === "low" ? this.#lowForm(one) : form)) moved.push(this.#keys.get(one)!);
    }
    return moved;
  }

  /** Notes whether a rule may stand lowest; returns the rules near it to which this matters, if it has changed. */
  #markLow(one: DraftedRule, mayBeLow: boolean): readonly DraftedRule[] {
    if (this.#mayBeLow.has(one) === mayBeLow) return [];
    const { wide } = one.excepted!;
    const { depth } = one.rule;
    if (mayBeLow) {
      this.#mayBeLow.add(one);
      this.#low.add(depth, wide, one);
    } else {
      this.#mayBeLow.delete(one);
      this.#low.remove(depth, wide, one);
    }
    return this.#holes.near(wide, depth).filter((near) => this.#mayBeLow.has(near));
  }

  /** Whether a rule may stand below all others of its depth: no other that may reaches into its holes. */
  #lowForm(one: DraftedRule): HoleForm | undefined {
    const { holes } = one.excepted!;
    const near = this.#low.fewNear(holes, one.rule.depth);
    const isAlone = near?.every(
      (other) => other === one || (!this.#hides && !cubesOverlap(holes, other.excepted!.wide)),
    );
    return isAlone ? { effect: "miss", statement: DEFAULT_STATEMENT, isLowest: true } : undefined;
  }

  /** Gives a rule a form; says whether it is another than before. */
  #stand(one: DraftedRule, form: HoleForm | undefined): boolean {
    const old = this.#forms.get(one);
    if (isSame(old, form)) return false;
    const before = this.#tagsOf(one);
    if (form === undefined) this.#forms.delete(one);
    else this.#forms.set(one, form);
    this.#tags.use(this.#tagsOf(one));
    this.#tags.release(before);
    this.#countLowest(one.rule.depth, Number(isLowest(form)) - Number(isLowest(old)));
    return true;
  }

  #countLowest(depth: number, by: number): void {
    const count = (this.#lowest.get(depth) ?? 0) + by;
    if (count === 0) this.#lowest.delete(depth);
    else this.#lowest.set(depth, count);
  }

  #tagsOf(one: DraftedRule): DraftedRule["tags"] {
    return this.#forms.has(one) ? one.excepted!.tags : one.tags;
  }
}

const decides = ({ rule }: DraftedRule): boolean => givesVerdict(rule) && rule.stage !== "guard" && !rule.observed;

const isLowest = (form: HoleForm | undefined): boolean => typeof form === "object" && form.isLowest === true;

function isSame(one: HoleForm | undefined, other: HoleForm | undefined): boolean {
  if (typeof one !== "object" || typeof other !== "object") return one === other;
  return one.effect === other.effect && one.statement === other.statement && one.isLowest === other.isLowest;
}
