/**
 * The statements that allow or deny at an instant, in the order in which they decide (SEMANTICS, "From policy to
 * table"): guards first, then deeper shares before the shares above, then levels of a cascade, then deny before allow.
 */
import type { Cube } from "../flowgroup/cube.ts";
import { holdsInstant } from "../net/interval.ts";
import type { Admission } from "../admission/admission.ts";
import type { ShareTree } from "../shares/tree.ts";
import type { Piece } from "../certificates/verdict.ts";
import type { Span } from "../source.ts";

/** A statement, or a rule of a policy, that is in force. */
export interface ActiveStatement {
  readonly id: string;
  readonly kind: "allow" | "deny";
  /** Absent for the rule of a guard, which stands above the shares. */
  readonly share?: string;
  readonly text: string;
  readonly span: Span;
  /** The facts that made a policy's rule hold the flow. */
  readonly because: readonly string[];
}

/** A statement with its place in the order that decides. */
export interface RankedStatement {
  readonly statement: ActiveStatement;
  /** The flows that it holds at the instant. */
  readonly cubes: readonly Cube[];
  readonly guard: boolean;
  /** Depth of the share; the root is 0. */
  readonly depth: number;
  readonly level: number;
  /** The `ordered` policy whose rule it is: there the first rule that holds a flow decides. */
  readonly list?: string | undefined;
  /** Position in the order of acceptance: breaks ties among statements that agree. */
  readonly order: number;
}

/** The cubes of the pieces that hold an instant. */
export const cubesAt = (pieces: readonly Piece[], instant: number): Cube[] =>
  pieces.filter(({ interval }) => holdsInstant(interval, instant)).flatMap(({ flows }) => flows.cubes);

/** All statements in force at an instant, the one that decides first in front. */
export function activeAt(admission: Admission, instant: number): RankedStatement[] {
  const active: RankedStatement[] = [];
  for (const { id, rule, candidate } of admission.policies.guards) {
    const statement = { id, kind: "deny", text: rule.text, span: rule.span, because: [] } as const;
    active.push({
      statement,
      cubes: cubesAt(admission.state.shown({ kind: "deny", pieces: candidate.pieces ?? [] }), instant),
      guard: true,
      depth: 0,
      level: 0,
      order: -1,
    });
  }
  for (const { id, kind, share, text, span, pieces, level, order, policy, ordered } of admission.state.accepted) {
    if (kind !== "allow" && kind !== "deny") continue;
    const statement = { id, kind, share: share.name, text, span, because: [] };
    const list = ordered && policy;
    const cubes = cubesAt(admission.state.shown({ kind, pieces }), instant);
    active.push({ statement, cubes, guard: false, depth: share.depth, level, list, order });
  }
  return active
    .filter(({ cubes }) => cubes.length > 0)
    .toSorted(
      (a, b) =>
        Number(b.guard) - Number(a.guard) ||
        b.depth - a.depth ||
        a.level - b.level ||
        Number(b.statement.kind === "deny") - Number(a.statement.kind === "deny") ||
        a.order - b.order,
    );
}

/**
 * From ranked statements that hold one flow: the one that decides. Several rules of an `ordered` policy may agree; then
 * it is the earliest of them, which a reader of the policy would name.
 */
export function decisive([front, ...others]: readonly RankedStatement[]): RankedStatement | undefined {
  if (front?.list === undefined) return front;
  const list = others.filter((one) => one.list === front.list && one.statement.kind === front.statement.kind);
  return list.reduce((first, one) => (one.order < first.order ? one : first), front);
}

/** Why one rule of an `ordered` policy overrides another. */
export const EARLIER = "an earlier rule of an ordered policy decides first";

/** Why the deciding statement overrides another of the opposite kind. */
export function whyOverridden(first: RankedStatement, other: RankedStatement, tree: ShareTree): string {
  if (first.guard) return "the guard stands above all shares";
  const [own, others] = [first.statement.share!, other.statement.share!];
  if (tree.isAncestor(others, own)) return `share \`${own}\` lies below \`${others}\` and overrides it`;
  if (first.list !== undefined && first.list === other.list) return EARLIER;
  if (own === others && first.level < other.level) return "a higher level of the cascade decides first";
  // No packet is of an allow and a deny of two branches (NETWORK, "Fragments"), so the deny is of the same share.
  return "deny overrides allow";
}
