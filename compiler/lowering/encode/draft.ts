/** One derived rule → drafts of entries for one switch: the directory applied, shaped, and encoded by the smallest count. */
import {
  constraint,
  cubeKey,
  IPV4,
  IPV6,
  numbers,
  setIntersect,
  withConstraint,
  type Cube,
} from "../../flowgroup/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { TagUse } from "./alternatives.ts";
import { choose, type Draft } from "./choose.ts";
import { DEFAULT_LIMIT, targetOf, type LowerContext } from "../pipeline/options.ts";
import { holdsFragments, RESTRICTIONS } from "./fragments.ts";
import { seenBy, type UserIndex } from "./directory-sets.ts";
import type { LoweringRefusal } from "../pipeline/refusal.ts";
import type { Shape } from "./shape.ts";
import { shapesOf } from "./shapes.ts";

export interface Drafted {
  readonly drafts: readonly Draft[];
  readonly refusal?: LoweringRefusal;
}

/** A rule with what it asks of each switch. */
export interface DraftedRule {
  readonly rule: DerivedRule;
  /** Switch by switch, in the order of their names. */
  readonly drafts: readonly (readonly Draft[])[];
  /** The tags of its drafts, those of one list that all switches share once. */
  readonly tags: readonly TagUse[];
  readonly refusal?: LoweringRefusal | undefined;
}

export interface DraftOptions {
  /** False: where sets are not tagged. */
  readonly tags?: boolean;
  /** Whether fragments are held beside whole packets, as the kind of rule asks, or left out, or held alone. */
  readonly fragments?: "beside" | "apart" | "only";
  /** The same of what tracking calls invalid. */
  readonly invalid?: "beside" | "apart" | "only";
}

/** The drafts of a rule on one switch; none where nothing of it can be there. */
export function draft(
  rule: DerivedRule,
  context: LowerContext,
  userIndex: UserIndex,
  switchName: string | undefined,
  { tags = true, fragments = "beside", invalid = "beside" }: DraftOptions = {},
): Drafted {
  const target = targetOf(context);
  const seen = seenBy(rule.cube, userIndex, target, switchName, {
    switches: context.directory.switches.size,
    // Past the tables that tag, exceptions would be listed.
    exact: tags,
    everywhere: rule.stage === "reserve" || rule.effect === "waypoint" || rule.effect === "avoid",
  });
  if (seen.refusal !== undefined) return { drafts: [], refusal: seen.refusal };
  const held = holdsFragments(rule.effect, context.defaults.fragments);
  const apart = rule.stage !== "admission" && rule.stage !== "guard";
  const fragmented = { held, apart, ...(fragments === "only" && { only: true as const }) };
  const marked = rule.stage === "reserve" && target.marks;
  const drafts: Draft[] = [];
  const cubes = marked ? seen.cubes.flatMap(ipOnly) : seen.cubes;
  for (const [variant, cube] of cubes.entries()) {
    for (const shape of shapesOf(
      cube,
      fragmented,
      target,
      RESTRICTIONS.has(rule.effect) && invalid !== "apart" ? invalid : "none",
    )) {
      if (shape.fragment && fragments === "apart") continue;
      const identity = (): string => [rule.statement, rule.stage, cubeKey(rule.cube), variant, shape.name].join("|");
      const chosen = choose(tags ? shape : untagged(shape), target, context.limit ?? DEFAULT_LIMIT, identity);
      if ("kind" in chosen) return { drafts: [], refusal: chosen };
      const typed = marked ? chosen.map((one) => withType(one, shape)) : chosen;
      const hides = shape.fragment ?? shape.invalid;
      drafts.push(...(hides ? typed.map((one) => ({ ...one, fragment: true as const })) : typed));
    }
  }
  return { drafts };
}

/** A packet with a DSCP mark is IP, and the action requires a match that names the family. */
function ipOnly(cube: Cube): readonly Cube[] {
  return [IPV4, IPV6].flatMap((type) => {
    const only = numbers("ethType", type);
    const had = constraint(cube, "ethType");
    const both = had === undefined ? only : setIntersect(had, only);
    return both === undefined ? [] : [withConstraint(cube, "ethType", both)];
  });
}

/** The entry for a conjunction's number matches the type, too. */
function withType(one: Draft, { fixed, conditions }: Shape): Draft {
  const [first] = one.match;
  if (first?.field !== "conj_id") return one;
  const type = [
    ...fixed,
    ...conditions.flatMap((condition) => (condition.count === 1 ? condition.alternatives()[0]! : [])),
  ].filter(({ field }) => field === "eth_type");
  return { ...one, match: [first, ...type] };
}

/** Before the tables that tag, or past them, a set is listed. */
function untagged(shape: Shape): Shape {
  return { ...shape, conditions: shape.conditions.map(({ count, alternatives }) => ({ count, alternatives })) };
}
