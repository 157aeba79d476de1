/**
 * The relations that the admission rules ask and that no fact stores: tests of sets and ancestry, what the candidate
 * asks for, and the accepted requests that could block it. Each is answered through an index.
 *
 * They may be used only in rules about a candidate, which exists for one decision: their answers may change between
 * decisions, and the engine learns nothing.
 */
import type { Builtin, Constant, External } from "../datalog/types.ts";
import { arityOf, type ExternalName, type FunctionName, type TermsOf } from "../fml/vocabulary.ts";
import { ordersDisagree } from "../paths/waypoint-order.ts";
import { shortage } from "../shares/bandwidth.ts";
import { boxFaultOf, isPlaced } from "../certificates/missing-paths.ts";
import type { Share } from "../shares/tree.ts";
import type { RequestKind } from "../syntax/ast.ts";
import { isWithoutPath } from "./path-question.ts";
import type { Piece } from "../certificates/verdict.ts";
import { spokenOf } from "../flowgroup/later.ts";
import { contained } from "./state/contained.ts";
import { withLater, withNamed } from "./state/later-fragments.ts";
import { overlapping, rivalShares } from "./state/overlaps.ts";
import { RANKS, entriesOf } from "./state/accepted.ts";
import { chargeOf } from "./state/steering.ts";
import type { Candidate, World } from "./state/world.ts";
import { greatest, least } from "../net/lists.ts";

/** The number of cubes that one question about sets may split into, unless the network says otherwise. */
const BUDGET = 200_000;

/** No tuple. */
const NONE: readonly (readonly Constant[])[] = [];

/** Terms as a rule gives them: each some constant, which may be none of the words of its column. */
type Given<Terms extends readonly Constant[]> = { readonly [At in keyof Terms]: Constant };

/** All terms but the last. */
type Leading<Terms extends readonly Constant[]> = Terms extends readonly [
  ...infer Start extends readonly Constant[],
  Constant,
]
  ? Given<Start>
  : never;

/** Which terms are known (`b`) and which are enumerated (`f`), one letter a term. */
type Pattern<Terms> = Terms extends readonly [unknown, ...infer Rest] ? `${"b" | "f"}${Pattern<Rest>}` : "";

/** How a relation is answered. How many terms it has, its declaration says. */
type Answer<Terms extends readonly Constant[]> =
  /** All terms are known; whether they hold. */
  | { readonly test: (...terms: Given<Terms>) => boolean }
  /** The leading terms are known; the last one, if there is one. */
  | { readonly value: (...known: Leading<Terms>) => Constant | undefined }
  | { readonly patterns: readonly Pattern<Terms>[]; readonly enumerate: External["enumerate"] };

/** An answer for the engine. */
function externalOf(name: ExternalName, answer: Answers[ExternalName]): External {
  const arity = arityOf(name);
  if ("enumerate" in answer) return { arity, ...answer };
  if ("test" in answer) {
    const holds = answer.test as (...terms: readonly Constant[]) => boolean;
    return {
      arity,
      patterns: ["b".repeat(arity)],
      enumerate: (_, terms) => (holds(...(terms as Constant[])) ? [terms as Constant[]] : NONE),
    };
  }
  const find = answer.value as (...known: readonly Constant[]) => Constant | undefined;
  return {
    arity,
    patterns: ["b".repeat(arity - 1) + "f"],
    enumerate: (_, terms) => {
      const known = terms.slice(0, -1) as Constant[];
      const found = find(...known);
      return found === undefined ? NONE : [[...known, found]];
    },
  };
}

/** An answer for each external that is declared, and for nothing else. */
type Answers = { readonly [Name in ExternalName]: Answer<TermsOf<Name>> };

/** The externals of `policies/pane.fml` over one world. */
export function relations(world: World): Readonly<Record<ExternalName, External>> {
  const share = (name: Constant | undefined): Share | undefined => world.tree.get(name as string);
  const candidate = (id: Constant | undefined): Candidate | undefined => world.candidates.get(id as string);

  const met = (one: Candidate | undefined): readonly Piece[] | undefined =>
    one?.pieces && withNamed(one.pieces, one.action, world.fragments);

  const effort = { settle: world.settle, budget: world.budget ?? BUDGET };
  /** The answer of the last question: several rules of one decision ask the same one. */
  let last:
    | { readonly candidate: Candidate; readonly share: Share; readonly answer: boolean | "undecided" }
    | undefined;
  const within = (q: Constant, s: Constant): boolean | "undecided" | undefined => {
    const one = candidate(q);
    const target = share(s);
    if (!one?.pieces || !target) return undefined;
    if (last?.candidate !== one || last.share !== target) {
      const answers = one.pieces.map((piece) => contained(spokenOf(piece.flows, target.flows), target.flows, effort));
      const answer = answers.find((each) => each === false) ?? answers.find((each) => each === "undecided") ?? true;
      last = { candidate: one, share: target, answer };
    }
    return last.answer;
  };

  const answers: Answers = {
    speaks: { test: (who, s) => share(s) !== undefined && world.speaks(who as string, share(s)!) },
    inside: { test: (q, s) => within(q, s) === true },
    outside: { test: (q, s) => within(q, s) === false },
    undecided: { test: (q, s) => within(q, s) === "undecided" },
    ancestor: {
      patterns: ["bb", "fb"],
      enumerate: function* (pattern, [above, below]) {
        if (pattern === "bb") {
          if (world.tree.isAncestor(above as string, below as string)) yield [above!, below!];
          return;
        }
        for (const one of share(share(below)?.parent?.name)?.chain() ?? []) yield [one.name, below!];
      },
    },
    occupied: {
      test: (s) => {
        const target = share(s);
        if (!target) return false;
        if (target.children.size > 0) return true;
        for (const _ of world.accepted.inShare(target)) return true;
        return false;
      },
    },
    clock: { patterns: ["f"], enumerate: () => [[world.now]] },
    starts: { value: (q) => finite(least(times(candidate(q), "start"))) },
    ends: { value: (q) => finite(greatest(times(candidate(q), "end"))) },
    strict: { test: (q) => candidate(q)?.strict === true },
    cost: { value: (q) => (candidate(q)?.pieces ? entriesOf(candidate(q)!.pieces!) : undefined) },
    charged: {
      patterns: ["bfbff"],
      enumerate: (_, [s, , what]) => {
        if (what !== "requests" && what !== "entries") return NONE;
        const found: Constant[][] = [];
        for (let one = share(s); one; one = one.parent) {
          // A bound that a share states covers everything below it; the default bound covers the share alone.
          const stated = one.stated[what] !== undefined;
          const most = one.privileges[what];
          if (!Number.isFinite(most) || (!stated && one.name !== s)) continue;
          found.push([s!, one.name, what, most, world.accepted.cost(one, stated)[what]]);
        }
        return found;
      },
    },
    rate: { value: (q) => candidate(q)?.rate ?? world.accepted.get(q as string)?.rate },
    through: {
      patterns: ["bf", "bb"],
      enumerate: (_, [q]) =>
        (candidate(q)?.nodes ?? world.accepted.get(q as string)?.nodes)?.map((node) => [q!, node]) ?? NONE,
    },
    reorders: {
      patterns: ["bb"],
      enumerate: (_, [q, r]) => {
        const nodes = world.accepted.get(r as string)?.nodes;
        return nodes && ordersDisagree(candidate(q)?.nodes ?? [], nodes) ? [[q!, r!]] : NONE;
      },
    },
    short: {
      patterns: ["bbfff"],
      enumerate: function* (_, [q, s]) {
        const one = candidate(q);
        const target = share(s);
        if (one?.rate === undefined || !target) return;
        for (const { flows, interval: whole } of one.pieces ?? []) {
          const interval = { start: Math.max(world.now, whole.start), end: whole.end };
          if (interval.end <= interval.start) continue;
          const charge = chargeOf(world, target, { flows, interval: whole });
          const short = shortage(charge, interval, one.rate);
          if (short) yield [q!, s!, short.place.kind, short.place.name, short.what];
        }
      },
    },
    meets: {
      patterns: ["bbf", "bbb"],
      enumerate: function* (_, [q, kind]) {
        for (const { id } of overlapping(world, candidate(q)?.pieces ?? [], kind as RequestKind)) yield [q!, kind!, id];
      },
    },
    placed: { test: (node) => isPlaced(world.topology, node as string) },
    gives_back: { test: (node) => boxFaultOf(world.topology, node as string) === undefined },
    stranded: { test: (q) => candidate(q) !== undefined && isWithoutPath(world, candidate(q)!) },
    rival: {
      patterns: ["bbf"],
      enumerate: (_, [q, kind]) => {
        const pieces = met(candidate(q)) ?? [];
        const walked = world.accepted.nameLater ? withLater(pieces) : pieces;
        return rivalShares(world, walked, kind as RequestKind).map(({ name }) => [q!, kind!, name]);
      },
    },
    overlaps: {
      patterns: ["bbbbf", "bbbff"],
      enumerate: (_, [q, kind, s, rank]) => {
        const pieces = met(candidate(q));
        const target = share(s);
        if (!pieces || !target) return NONE;
        let tuples: Constant[][] | undefined;
        for (const each of RANKS) {
          if (rank !== undefined && rank !== each) continue;
          const found = world.accepted.overlapping(target, each, kind as RequestKind, pieces);
          for (const request of found) (tuples ??= []).push([q!, kind!, s!, each, request.id]);
        }
        return tuples ?? NONE;
      },
    },
  };
  const names = Object.keys(answers) as ExternalName[];
  return Object.fromEntries(names.map((name) => [name, externalOf(name, answers[name])])) as Record<
    ExternalName,
    External
  >;
}

const times = (one: Candidate | undefined, end: "start" | "end"): number[] =>
  (one?.pieces ?? []).map((piece) => piece.interval[end]);

const finite = (time: number): number | undefined => (Number.isFinite(time) ? time : undefined);

/** Pure functions that the rules may use beside the engine's own: the hour of the day (UTC) and the day of the week. */
export const timeFunctions: Readonly<Record<FunctionName, Builtin>> = {
  hour: { kind: "function", arity: arityOf("hour"), apply: (t) => (typeof t === "number" ? hourOf(t) : undefined) },
  weekday: {
    kind: "function",
    arity: arityOf("weekday"),
    apply: (t) => (typeof t === "number" ? weekdayOf(t) : undefined),
  },
};

const modulo = (n: number, m: number): number => ((n % m) + m) % m;
const hourOf = (time: number): number => Math.floor(modulo(time, 86_400) / 3600);
/** Monday is 1, Sunday is 7; the first of January 1970 was a Thursday. */
const weekdayOf = (time: number): number => modulo(Math.floor(time / 86_400) + 3, 7) + 1;
