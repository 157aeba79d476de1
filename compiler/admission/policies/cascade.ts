/**
 * The policies of one share → the levels in which they decide (SEMANTICS, "Policies"): a level per policy of
 * the cascade, an `ordered` policy as many as its rules need; `pass` is cut out of the rules that it overrides, so that
 * their flows go on to the next level by themselves.
 */
import * as codes from "../../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Cascade, Policy, PolicyRule } from "../../model/model.ts";
import type { RequestKind } from "../../syntax/ast.ts";
import { symbolText } from "../../syntax/print-flows.ts";
import { MOST_PIECES } from "../../flowgroup/index.ts";
import { remainder } from "../../certificates/remainder.ts";
import { cutOf } from "../state/later-fragments.ts";
import type { Piece } from "../../certificates/verdict.ts";
import { levelsOf } from "./levels.ts";
import { PassedFlows } from "./passed-flows.ts";
import { RuleCover } from "./rule-cover.ts";
import { silentRules, warnDecided } from "./silent-rules.ts";
import { warnOverridden, type Joining } from "./without-effect.ts";
import type { Levels } from "../state/world.ts";
import type { Rank } from "../state/accepted.ts";
import { append, greatest } from "../../net/lists.ts";

/** A rule of a policy, ready to be admitted: what it still decides, and its place in the order of its share. */
export interface PlacedRule {
  readonly policy: Policy;
  readonly rule: PolicyRule;
  readonly kind: RequestKind;
  readonly pieces: readonly Piece[];
  readonly level: number;
  readonly rank: Rank;
}

export interface Arrangement {
  readonly rules: readonly PlacedRule[];
  readonly levels: Levels;
  readonly diagnostics: readonly Diagnostic[];
}

/** The name by which a cascade means the share's own requests. */
const REQUESTS = "requests";

/** How two policies of one share come to stand behind each other, also where their share has a cascade already. */
function joinedBy(one: string, other: string, cascade: Cascade | undefined): string {
  const both = `${symbolText(one)} > ${symbolText(other)}`;
  return `${cascade === undefined ? `write \`cascade ${both}.\`` : `name both in the cascade of the share, as in \`${both}\``}; what stands left decides first`;
}

/** How a rule comes to stand before all of its level, whatever else stands there: in a policy of its own. */
function apartFrom(policy: string, cascade: Cascade | undefined): string {
  const name = symbolText(policy);
  const how =
    cascade === undefined
      ? `write \`cascade NAME > ${name}.\``
      : `name it in the cascade of the share, in a level before that of \`${name}\``;
  return `let it stand in a policy of its own on this share, and ${how}; what stands left decides first`;
}

/** Arranges all policies of one share, guards not among them. */
export function arrange(policies: readonly Policy[], cascade: Cascade | undefined): Arrangement {
  const diagnostics: Diagnostic[] = [];
  const levels = membersOf(policies, cascade, diagnostics);
  const own = levels.findIndex(({ withRequests }) => withRequests);
  const rules: PlacedRule[] = [];
  const before = new RuleCover();
  let first = 0;
  let requests = 0;
  for (const [at, { members, withRequests }] of levels.entries()) {
    const ordered = members.find((policy) => policy.ordered);
    if (ordered && members.length > 1) {
      const other = members.find((policy) => policy !== ordered)!;
      const related = [{ span: other.span, message: `\`${other.name}\` stands beside it` }];
      diagnostics.push(
        codes.needsCascade(
          { first: ordered.name, second: other.name },
          { span: ordered.span, related, help: joinedBy(ordered.name, other.name, cascade) },
        ),
      );
      continue;
    }
    const rank: Rank = at < own ? "higher" : at > own ? "lower" : "level";
    let height = 1;
    const beside: (ReturnType<typeof decidedBy>[number] & { readonly policy: Policy })[] = [];
    for (const policy of members) {
      for (const one of besideOf(policy)) rules.push({ ...one, policy, level: 0, rank: "level" });
      const decided = decidedBy(policy, diagnostics);
      append(diagnostics, silentRules(policy, at === levels.length - 1));
      append(
        beside,
        decided.map((one) => ({ ...one, policy })),
      );
      const inner = policy.ordered
        ? levelsOf(decided.map(({ kind, pieces }) => ({ kind, cubes: cubesOf(pieces) })))
        : [];
      // Requests that stand with an ordered policy stand with its last rule, which therefore is its last level.
      const last = decided.findIndex(({ rule }) => rule === policy.rules.at(-1));
      height = greatest(
        inner.map((level) => level + 1),
        height,
      );
      if (policy.ordered && last >= 0) inner[last] = height - 1;
      for (const [i, one] of decided.entries()) {
        const above = policy.ordered && i !== last && rank === "level";
        rules.push({ ...one, policy, level: first + (inner[i] ?? 0), rank: above ? "higher" : rank });
      }
    }
    append(diagnostics, warnDecided(beside, before));
    const joining: Joining = {
      joined: (one, other) => joinedBy(one, other, cascade),
      apart: (policy) => apartFrom(policy, cascade),
      isShared: members.length > 1,
    };
    if (!members.some((policy) => policy.ordered)) append(diagnostics, warnOverridden(beside, joining));
    for (const { rule, pieces } of beside)
      before.add(
        rule,
        pieces.flatMap(({ flows }) => flows.cubes),
      );
    if (withRequests) requests = first + height - 1;
    first += height;
  }
  return { rules, levels: { count: Math.max(1, first), requests }, diagnostics };
}

interface Level {
  readonly members: readonly Policy[];
  readonly withRequests: boolean;
}

/** The levels as written; policies that the cascade does not name are in the last one. */
function membersOf(policies: readonly Policy[], cascade: Cascade | undefined, diagnostics: Diagnostic[]): Level[] {
  const written = cascade?.levels ?? [[]];
  const byName = new Map(policies.map((policy) => [policy.name, policy]));
  const seen = new Set<string>();
  for (const name of written.flat()) {
    const span = cascade!.span;
    if (seen.has(name)) diagnostics.push(codes.policyTwice({ policy: name }, { span }));
    else if (name !== REQUESTS && !byName.has(name)) diagnostics.push(codes.noSuchPolicy({ policy: name }, { span }));
    seen.add(name);
  }
  return written.map((names, at) => {
    const unnamed = at === written.length - 1;
    return {
      members: policies.filter(({ name }) => names.includes(name) || (unnamed && !seen.has(name))),
      withRequests: names.includes(REQUESTS) || (unnamed && !seen.has(REQUESTS)),
    };
  });
}

/**
 * The rules beside the verdicts: limits, reservations, waypoints, avoids. Levels and `pass` order verdicts only; a
 * packet passes every limit that holds it, in whatever policy.
 */
function besideOf({ rules }: Policy): Pick<PlacedRule, "rule" | "kind" | "pieces">[] {
  return rules.flatMap((rule) => {
    const { kind } = rule.effect;
    if (kind === "allow" || kind === "deny" || kind === "pass" || rule.cubes.length === 0) return [];
    return [{ rule, kind, pieces: [pieceOf(rule)] }];
  });
}

/**
 * The rules of a policy that decide verdicts, without what `pass` hands on; rules of which nothing is left are left
 * out.
 */
function decidedBy(
  policy: Policy,
  diagnostics: Diagnostic[],
): (Pick<PlacedRule, "rule" | "pieces"> & { readonly kind: "allow" | "deny" })[] {
  const passed = new PassedFlows();
  if (!policy.ordered) for (const rule of policy.rules) if (rule.effect.kind === "pass") passed.add(pieceOf(rule));
  return policy.rules.flatMap((rule) => {
    const { kind } = rule.effect;
    // In an ordered policy only an earlier `pass` comes before a rule; elsewhere order means nothing.
    if (kind === "pass" && policy.ordered) passed.add(pieceOf(rule));
    if (kind !== "allow" && kind !== "deny") return [];
    const whole = pieceOf(rule);
    const before = passed.pieces();
    const left = before.length === 0 ? [whole] : remainder(whole.flows, whole.interval, before);
    const pieces = left === "undecided" ? left : cutOf(whole.flows, left, kind === "allow");
    if (pieces === "undecided") {
      const words = { kind, requests: "the rules that pass", limit: MOST_PIECES };
      diagnostics.push(codes.tooManyPieces(words, { span: rule.span }));
      return [];
    }
    return pieces.length === 0 || whole.flows.cubes.length === 0 ? [] : [{ rule, kind, pieces }];
  });
}

/** All flows of a rule, for all its time. */
export const pieceOf = ({ cubes, interval }: PolicyRule): Piece => ({
  flows: { cubes: cubes.map(({ cube }) => cube) },
  interval,
});

const cubesOf = (pieces: readonly Piece[]): Piece["flows"]["cubes"] => pieces.flatMap(({ flows }) => flows.cubes);
