/**
 * A rule with a wider form, and the rules around its holes → what its exceptions do (NETWORK, "Exceptions"). An exception
 * gives a packet what it would get without the rule, so all that the rules around say of the hole must be the same.
 */
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { bitOf, constraint, cube, cubesOverlap, cubeSubset } from "../../flowgroup/cubes.ts";
import { OverlapIndex } from "../../flowgroup/overlap-index.ts";
import { IPV4, IPV6 } from "../../flowgroup/prerequisites.ts";
import { numberSet, type IpSet } from "../../flowgroup/sets.ts";
import type { HoleForm } from "./contribution.ts";
import { DEFAULT_STATEMENT } from "./fixed-entry.ts";
import type { DraftedRule } from "../encode/draft.ts";

/** With more rules than this around a hole they are not compared, and the rule is spelled out. */
const MOST_AROUND = 64;
/** Far below the highest priority, so that there is one above the rule's. */
const DEEPEST = 1000;

/** The fields that every frame shows as they are. By others a rule may hold fragments that could be of its flows. */
const SHOWN_FIELDS = ["srcHost", "dstHost", "ethType"] as const;
const SHOWN = SHOWN_FIELDS.reduce((bits, field) => bits | bitOf(field), 0);

/** Rules of one depth by what they show of themselves. */
export class ShownRules {
  readonly #byDepth = new Map<number, OverlapIndex<DraftedRule>>();

  add(depth: number, of: Cube, one: DraftedRule): void {
    let index = this.#byDepth.get(depth);
    if (index === undefined) this.#byDepth.set(depth, (index = new OverlapIndex()));
    index.insert(shown(of), one);
  }

  remove(depth: number, of: Cube, one: DraftedRule): void {
    this.#byDepth.get(depth)?.remove(shown(of), one);
  }

  depths(): Iterable<number> {
    return [...this.#byDepth].filter(([, { size }]) => size > 0).map(([depth]) => depth);
  }

  /** Those of a depth, or of all, that may meet a cube. */
  near(of: Cube, depth?: number): readonly DraftedRule[] {
    const indexes =
      depth === undefined ? [...this.#byDepth.values()] : [this.#byDepth.get(depth) ?? new OverlapIndex()];
    const asked = shown(of);
    return indexes.flatMap((index) => index.overlapping(asked));
  }

  /** As `near` of a depth; undefined if they are more than so many. The search ends there. */
  fewNear(of: Cube, depth: number): readonly DraftedRule[] | undefined {
    const index = this.#byDepth.get(depth);
    if (index === undefined) return [];
    const asked = shown(of);
    let count = 0;
    const areMany = index.meets(asked, (a, b) => cubesOverlap(a, b) && ++count > MOST_AROUND);
    return areMany ? undefined : index.overlapping(asked);
  }
}

/** A cube without the constraints that some of its packets hide. */
function shown(of: Cube): Cube {
  const sets: Record<string, FieldSet> = {};
  for (const field of SHOWN_FIELDS) {
    const set = constraint(of, field);
    if (set !== undefined) sets[field] = set;
  }
  if (sets.ethType === undefined) {
    const ip = [sets.srcHost, sets.dstHost].find((set): set is IpSet => set?.kind === "ip" && !set.absent);
    const types = numberSet("ethType", [...(ip?.v4.length ? [IPV4] : []), ...(ip?.v6.length ? [IPV6] : [])]);
    if (types !== undefined) sets.ethType = types;
  }
  return cube(sets);
}

/**
 * The form of a rule's holes among all verdicts. `low`: exceptions stand right above the rule, if it stands below all
 * others of its depth; undefined: the rule must be spelled out.
 */
export function formAmong(one: DraftedRule, verdicts: ShownRules, hides: boolean): HoleForm | "low" | undefined {
  const { rule, excepted } = one;
  const { holes } = excepted!;
  if (rule.depth > DEEPEST) return undefined;
  // An exception stands one above its rule: that of a deny in the band of the next depth.
  const deepest = rule.effect === "deny" ? rule.depth + 1 : rule.depth;
  const around: DraftedRule[] = [];
  for (const depth of verdicts.depths()) {
    if (depth > deepest) continue;
    const near = verdicts.fewNear(holes, depth);
    if (near === undefined) return undefined;
    for (const other of near) if (!isApart(one, holes, other, hides)) around.push(other);
  }
  const covers = around.filter(({ rule: other }) => {
    return !Number.isFinite(other.end) && !(other.cube.mask & ~SHOWN) && cubeSubset(holes, other.cube);
  });
  const doesTheSame = ({ rule: other }: DraftedRule): boolean =>
    other.effect === rule.effect && other.depth === rule.depth && other.levels === 1;
  if (covers.some(doesTheSame)) return "none";
  if (around.length === 0) return { effect: "miss", statement: DEFAULT_STATEMENT };
  const [sole] = covers;
  if (around.length === 1 && sole !== undefined && sole.rule.effect !== rule.effect)
    return { effect: sole.rule.effect === "deny" ? "deny" : "allow", statement: sole.rule.statement };
  return rule.effect === "allow" && around.every((other) => other.rule.depth === rule.depth) ? "low" : undefined;
}

/**
 * Whether no packet of a cube is of the other rule. Permissions hold no packet that hides its fields (`hides`: they do),
 * so of two of them all fields count.
 */
function isApart({ rule }: DraftedRule, of: Cube, { rule: other }: DraftedRule, hides: boolean): boolean {
  return !hides && rule.effect === "allow" && other.effect === "allow" && !cubesOverlap(of, other.cube);
}
