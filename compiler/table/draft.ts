/** One derived rule as drafts of entries for one switch: placed by the directory, shaped, and chosen by count. */
import { cubeKey } from "../flowgroup/index.ts";
import type { DerivedRule } from "../program/derived.ts";
import { choose, type Draft } from "./choose.ts";
import { DEFAULT_LIMIT, targetOf, type LowerContext } from "./context.ts";
import { place, type Places } from "./place.ts";
import type { Refusal } from "./refusal.ts";
import { shapesOf } from "./shape.ts";

export interface Drafted {
  readonly drafts: readonly Draft[];
  readonly refusal?: Refusal;
}

/** The drafts of a rule on one switch; none where nothing of it can be there. */
export function draft(rule: DerivedRule, context: LowerContext, places: Places, on: string | undefined): Drafted {
  const target = targetOf(context);
  const placed = place(rule.cube, places, target, on);
  if (placed.refusal !== undefined) return { drafts: [], refusal: placed.refusal };
  const held = (rule.effect === "deny") !== (context.defaults.fragments === "allow");
  const drafts: Draft[] = [];
  for (const [variant, cube] of placed.cubes.entries()) {
    for (const shape of shapesOf(cube, { held }, target)) {
      const identity = (): string => [rule.statement, rule.stage, cubeKey(rule.cube), variant, shape.name].join("|");
      const chosen = choose(shape, target, context.limit ?? DEFAULT_LIMIT, identity);
      if ("kind" in chosen) return { drafts: [], refusal: chosen };
      drafts.push(...chosen);
    }
  }
  return { drafts };
}
