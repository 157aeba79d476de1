/**
 * A shape → drafts of entries: the plain product of its alternatives, a conjunctive match (n + m + 1 entries instead of
 * n·m, if the target has them), or tags that an earlier table writes, whichever is smallest by count (SEMANTICS, "From
 * policy to table"). The choice depends on the rule and the target alone, so no other rule can change it.
 */
import type { Condition, TagStage, TagUse } from "./alternatives.ts";
import type { FieldMatch } from "../../table/entry.ts";
import { canonicalMatch, exact } from "../../table/match.ts";
import type { Target } from "../pipeline/pipeline.ts";
import { thousands } from "../../diagnostics/text.ts";
import type { LoweringRefusal } from "../pipeline/refusal.ts";
import type { Shape } from "./shape.ts";
import { append, greatest } from "../../net/lists.ts";

/** Dimension `clause` (from 1) of `clauses` of the conjunction `id`. */
export interface ConjunctionClause {
  readonly id: number;
  readonly clause: number;
  readonly clauses: number;
}

/** An entry whose tags are not yet numbered. One without a clause gives the verdict. */
export interface Draft {
  readonly match: readonly FieldMatch[];
  readonly tags: readonly TagUse[];
  readonly clause?: ConjunctionClause;
  /** It holds only packets that hide fields of the rule: fragments, and packets that show no direction. */
  readonly fragment?: true;
  /** It recognizes the sender by a known place. */
  readonly seat?: true;
}

/**
 * The drafts of one shape, or a refusal if there would be more than `limit`. `identity` is the number of
 * the shape's conjunction, and stable.
 */
export function choose(
  shape: Shape,
  target: Target,
  limit: number,
  identity: () => number,
): readonly Draft[] | Extract<LoweringRefusal, { kind: "entries" }> {
  // Most shapes of most rules are one entry.
  if (limit > 0 && shape.conditions.every(isOne)) {
    let match = shape.fixed;
    for (const { alternatives } of shape.conditions) match = match.concat(alternatives()[0]!);
    return [{ match: canonicalMatch(match), tags: NO_TAGS }];
  }
  const tags: TagUse[] = [];
  const fixed = shape.fixed.slice();
  let several: Condition[] = [];
  for (const condition of shape.conditions) {
    const { holed } = condition;
    let open: Pick<Condition, "count" | "alternatives"> = condition;
    if (holed !== undefined && holePays(condition)) {
      tags.push(holed.tag);
      open = { count: holed.count, alternatives: holed.alternatives };
    } else if (condition.tag !== undefined && tagPays(condition)) {
      tags.push(condition.tag);
      continue;
    }
    if (open.count === 1) append(fixed, open.alternatives()[0]!);
    else if (open.count > 1) several.push(open);
  }
  if (tags.length + several.length === 0 && limit > 0) return [{ match: canonicalMatch(fixed.slice()), tags: NO_TAGS }];
  const multiplied = multiplies(several);
  const joined = multiplied && target.conjunction;
  if (multiplied && !joined) {
    for (const { tag } of several) if (tag !== undefined) tags.push(tag);
    several = several.filter(({ tag }) => tag === undefined);
  }
  const refusal = exceeds(tags, several, joined, limit);
  if (refusal !== undefined) return refusal;
  return joined ? conjunction(fixed, tags, several, identity()) : product(fixed, tags, several);
}

const NO_TAGS: readonly TagUse[] = [];

const isOne = ({ count, holed }: Condition): boolean => count === 1 && holed === undefined;

/**
 * The refusal of a shape that costs too much. A list of addresses may be as long as it is. A product, or a range of a
 * field that takes no mask, costs more than what the author wrote.
 */
function exceeds(
  tags: readonly TagUse[],
  several: readonly Condition[],
  joined: boolean,
  limit: number,
): Extract<LoweringRefusal, { kind: "entries" }> | undefined {
  const listed = (condition: Condition): boolean => condition.tag !== undefined && LISTS.has(condition.tag.stage);
  const enumerated = tags.filter(({ stage }) => !LISTS.has(stage)).map((tag) => tag.count);
  const multiplied = joined
    ? several.reduce((most, condition) => (listed(condition) ? most : Math.max(most, condition.count)), 0)
    : several.length === 1 && listed(several[0]!)
      ? 0
      : several.reduce((entries, { count }) => entries * count, 1);
  const entries = greatest(enumerated, multiplied);
  if (entries <= limit) return undefined;
  return { kind: "entries", entries, limit, why: whyOf(several, entries === multiplied) };
}

function whyOf(several: readonly Condition[], isProduct: boolean): string {
  if (several.some(({ count }) => count === Infinity))
    return "all but some addresses is told by a tag, which packets that are led do not have";
  const isMultiplied = isProduct && several.length > 1;
  return isMultiplied
    ? `${several.map(({ count }) => thousands(count)).join(" × ")} alternatives`
    : "values of a field without masks";
}

const LISTS: ReadonlySet<TagStage> = new Set<TagStage>(["Source", "Destination", "SourceMac", "DestinationMac"]);

/** Whether a tag is smaller: an earlier table then names a few holes, instead of many blocks that cover the rest. */
function tagPays({ count, tag }: Condition): boolean {
  return count > 8 && tag!.count * 2 < count;
}

/** Whether a few blocks and a tag by their holes are smaller, and no larger than a tag alone. */
function holePays({ count, tag, holed }: Condition): boolean {
  const both = holed!.count + holed!.tag.count;
  return count > 8 && both * 2 < count && both <= tag!.count;
}

/** A product may exceed the sum by this much, since whole entries are easier to read than parts of a conjunction. */
const SMALL = 4;

function multiplies(conditions: readonly Condition[]): boolean {
  let sum = 1;
  let product = 1;
  for (const { count } of conditions) {
    sum += count;
    product *= count;
  }
  return conditions.length > 1 && product > sum + SMALL;
}

function product(
  fixed: readonly FieldMatch[],
  tags: readonly TagUse[],
  conditions: readonly Condition[],
): readonly Draft[] {
  let matches: readonly (readonly FieldMatch[])[] = [fixed];
  for (const condition of conditions) {
    const alternatives = condition.alternatives();
    matches = matches.flatMap((match) => alternatives.map((one) => [...match, ...one]));
  }
  // A list that was spread together has room for more, and all of these stay: a copy has none.
  return matches.map((match) => ({ match: match.slice(), tags }));
}

/** Every member has the prerequisites. The entry for the conjunction's id gives the verdict. */
function conjunction(
  fixed: readonly FieldMatch[],
  tags: readonly TagUse[],
  conditions: readonly Condition[],
  id: number,
): readonly Draft[] {
  const members = conditions.flatMap((condition, i) =>
    condition.alternatives().map((one): Draft => {
      return { match: [...fixed, ...one], tags, clause: { id, clause: i + 1, clauses: conditions.length } };
    }),
  );
  return [...members, { match: [exact("conj_id", id)], tags: [] }];
}
