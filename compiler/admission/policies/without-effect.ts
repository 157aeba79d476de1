/**
 * Allows → warnings of those without an effect: within one level of a share deny overrides, whatever was written or said
 * first (SEMANTICS, "Policies"). Of a policy's rules beside each other, and of rules and requests of a share.
 */
import * as codes from "../../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { list } from "../../certificates/text.ts";
import type { Piece } from "../../certificates/verdict.ts";
import { overlap } from "../../net/interval.ts";
import type { Span } from "../../source.ts";
import { printName } from "../../syntax/print.ts";
import { byHolders, RuleCover, placesOfHeld, type FlowHolder, type HeldByOthers } from "./rule-cover.ts";
import { flowsOf, kindOf, type RuleIn } from "./silent-rules.ts";

/** How rules of one level come to stand before others of it. */
export interface Joining {
  /** Two policies, one before the other. */
  readonly joined: (first: string, second: string) => string;
  /** A policy that is yet to be written, before this one. */
  readonly apart: (policy: string) => string;
  /** Whether another policy stands in the level: an `ordered` one has it for itself. */
  readonly isShared: boolean;
}

/** Warns of rules that allow without an effect: beside each other, in policies of one level, deny overrides. */
export function warnOverridden(
  decided: readonly (RuleIn & { readonly pieces: readonly Piece[] })[],
  joining: Joining,
): readonly Diagnostic[] {
  const denies = new RuleCover();
  const policies = new Map<string, string>();
  for (const { policy, rule, pieces } of decided) {
    if (kindOf(rule) !== "deny") continue;
    policies.set(rule.id, policy.name);
    denies.add(
      rule,
      pieces.flatMap(({ flows }) => flows.cubes),
    );
  }
  const found = decided.flatMap(({ policy: { name }, rule }) => {
    if (kindOf(rule) !== "allow") return [];
    const { cubes } = flowsOf(rule);
    const holding = denies.holdingAll(rule.interval, cubes);
    if (holding.length === 0) return [];
    // What denies some of it would go on to do so, and with others hold all of it.
    const denying = denies.touching(cubes)?.filter((one) => overlap(one.interval, rule.interval));
    const others = new Set(denying?.map(({ id }) => policies.get(id)!));
    const isOwn = others.delete(name);
    const [other, ...more] = others;
    const isOneBefore = denying !== undefined && !isOwn && more.length === 0;
    const help = isOneBefore
      ? joining.joined(name, other!)
      : denying === undefined || joining.isShared
        ? joining.apart(name)
        : inOrder(name, rule, denying);
    return [{ id: rule.id, span: rule.span, beside: name, holding, help }];
  });
  return byHolders(found).map(overriddenBy);
}

/** How an allow gets before denies of its own policy: there, where one rule comes first, the order of the text decides. */
function inOrder(policy: string, { span }: Pick<FlowHolder, "span">, denies: readonly FlowHolder[]): string {
  const earlier = denies.filter((deny) => deny.span.source === span.source && deny.span.start < span.start);
  const ordered = `\`policy ${printName({ text: policy })} ordered\`: there the rule that is written first decides`;
  return earlier.length === 0
    ? `write ${ordered}`
    : `write it before ${list(earlier.map(({ id }) => id))}, and ${ordered}`;
}

function overriddenBy(group: readonly HeldByOthers[]): Diagnostic {
  const { holding, help, span } = group[0]!;
  const words = { names: list(holding.map(({ id }) => id)), hold: holding.length === 1 ? "holds" : "hold" };
  const more = help === undefined ? {} : { help };
  if (group.length === 1)
    return codes.overridden(
      { allows: "this allow has", its: "its", ...words },
      { span, related: placesOfHeld(holding, "this denies them"), ...more },
    );
  const allows = `${list(group.map(({ id }) => id))} have`;
  return codes.overridden(
    { allows, its: "their", ...words },
    { span: holding[0]!.span, related: placesOfHeld(group.slice(0, 3), "this allow has no effect"), ...more },
  );
}

/** What is asked of what was accepted, a rule or a request, that others on its share may leave without effect. */
interface OnShare {
  readonly id: string;
  readonly span: Span;
  readonly share: object;
  readonly level: number;
  readonly pieces: readonly Piece[];
  /** Absent: it is no rule of a policy. */
  readonly rule?: unknown;
}

/** All denies of a network, by share: which of them leave an allow without effect. */
export class DeniesBeside {
  readonly #of = new Map<object, { readonly denies: OnShare[]; hasRequest: boolean; cover?: RuleCover }>();

  constructor(denies: Iterable<OnShare>) {
    for (const deny of denies) {
      let own = this.#of.get(deny.share);
      if (own === undefined) this.#of.set(deny.share, (own = { denies: [], hasRequest: false }));
      own.denies.push(deny);
      own.hasRequest ||= deny.rule === undefined;
    }
  }

  /** The denies of its share that decide no later than an allow, and hold all of it all the time. */
  holding({ share, level, pieces }: OnShare, ofRules = false): readonly FlowHolder[] {
    const own = this.#of.get(share);
    if (own === undefined) return [];
    own.cover ??= coverOf(own.denies);
    const counts = (one: FlowHolder): boolean => one.level! <= level && !(ofRules && one.isRequest);
    const each = new Map<string, FlowHolder>();
    for (const { flows, interval } of pieces) {
      const found = own.cover.holdingAll(interval, flows.cubes, counts);
      if (found.length === 0) return [];
      for (const one of found) each.set(one.id, one);
    }
    return [...each.values()];
  }

  /** Warns of requests to allow, and of rules beside requests, that are without effect. */
  warn(allows: Iterable<OnShare>): readonly Diagnostic[] {
    const help = "within a share a deny overrides what was allowed before: take out the one that is not meant";
    const shares = [...this.#of.keys()];
    const found = [...allows].flatMap((allow) => {
      const { id, span, share, rule } = allow;
      // Of rules beside each other `warnOverridden` tells.
      if (rule !== undefined && !(this.#of.get(share)?.hasRequest ?? false)) return [];
      const holding = this.holding(allow);
      if (holding.length === 0 || (rule !== undefined && this.holding(allow, true).length > 0)) return [];
      return [{ id, span, beside: String(shares.indexOf(share)), holding, help }];
    });
    return byHolders(found).map(overriddenBy);
  }
}

function coverOf(denies: readonly OnShare[]): RuleCover {
  const cover = new RuleCover();
  for (const { id, span, pieces, level, rule } of denies)
    for (const { flows, interval } of pieces)
      cover.add({ id, span, interval, level, isRequest: rule === undefined }, flows.cubes);
  return cover;
}
