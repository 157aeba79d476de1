/**
 * What of an `or` holds nothing in any alternative of its rule. Beside another part that holds something the rule would
 * be taken as it stands, and a deny would not hold what it says (LANGUAGE, "FML rules").
 */
import * as codes from "../../diagnostics/codes/model.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Names } from "../../model/values.ts";
import type { Span } from "../../source.ts";
import type { BodyExpr } from "../../syntax/ast.ts";
import type { FixedCondition } from "./condition.ts";
import type { FactorPlan } from "./factor-plan.ts";
import { excludingConditions } from "./fixed-flows.ts";

/** A part of an `or`: one that the rule itself has, or a definition of a predicate that it asks. */
export interface OrPart {
  readonly span: Span;
  readonly isOwn: boolean;
}

/**
 * For each alternative of a body, in the order of `alternatives`, the parts that it has of each `or`, outer ones first.
 * Under `not` nothing is chosen that somebody wrote as a choice.
 */
export function choices(body: BodyExpr, negated = false): readonly (readonly BodyExpr[])[] {
  switch (body.kind) {
    case "true":
      return negated ? [] : [[]];
    case "atom":
    case "in":
    case "compare":
      return [[]];
    case "not":
      if (body.other && body.body.kind === "atom") return negated ? [[], []] : [[]];
      return choices(body.body, body.other && body.body.kind === "in" ? negated : !negated);
    case "and":
    case "or": {
      const isChosen = body.kind === "or" && !negated;
      if ((body.kind === "or") !== negated)
        return body.parts.flatMap((part) =>
          choices(part, negated).map((some) => (isChosen ? [part].concat(some) : some)),
        );
      return body.parts.reduce<readonly (readonly BodyExpr[])[]>(
        (all, part) => {
          const some = choices(part, negated);
          if (some.length === 1 && some[0]!.length === 0) return all;
          return all.flatMap((left) => some.map((right) => left.concat(right)));
        },
        [[]],
      );
    }
  }
}

/** The outermost parts that only dead alternatives have, each with the first of these. */
export function deadParts<T extends { readonly parts: readonly OrPart[] }>(
  live: readonly T[],
  dead: readonly T[],
): ReadonlyMap<OrPart, T> {
  const alive = new Set(live.flatMap(({ parts }) => parts));
  const found = new Map<OrPart, T>();
  for (const one of dead) {
    const part = one.parts.find((some) => !alive.has(some));
    if (part !== undefined && !found.has(part)) found.set(part, one);
  }
  return found;
}

/**
 * The error for a part that no packet can meet, whatever the facts are. A definition of a predicate serves many rules, so
 * it is at fault only where its own conditions exclude each other.
 */
export function faultOfPart(
  { span, isOwn }: OrPart,
  plan: FactorPlan | undefined,
  names: Names,
  textOf: (condition: FixedCondition) => string,
): Diagnostic | undefined {
  const pair = plan && excludingConditions(plan, names);
  const isInside = pair?.map((one) => isWithin(one.span, span));
  if (!isOwn && !isInside?.every(Boolean)) return undefined;
  if (pair === undefined) return codes.neverMatches({ what: "this alternative" }, { span });
  const [one, other] = pair;
  const code = one.field === other.field ? codes.disjoint : codes.missingPrerequisite;
  const related = [{ span: one.span, message: "the other condition" }];
  const words = { one: textOf(one), other: textOf(other) };
  if (isInside!.includes(true)) return code(words, { span: other.span, related });
  return code(words, { span, related: [...related, { span: other.span, message: "and this one" }] });
}

const isWithin = (inner: Span, outer: Span): boolean =>
  inner.source === outer.source && outer.start <= inner.start && inner.end <= outer.end;
