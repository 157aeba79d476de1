/**
 * How long what is in force stays on a switch by itself. A hard timeout is right only where the entry's disappearance
 * alone yields the next table (NETWORK, "The pipeline"): where another statement takes over at a statement's end, or
 * before it, the switch does not know that one yet, and a timeout would open a gap in what the policy denies without a
 * break. So the end of a rule is put off to that of what follows; the next apply, due when that begins, puts it right.
 */
import type { Decided } from "./decide.ts";
import { cubeSubset, OverlapIndex, type Cube } from "./flowgroup/index.ts";
import type { Interval } from "./model/model.ts";
import type { DerivedRule } from "./program/derived.ts";

type Standing = Decided["admission"]["state"]["standing"];

/** A cube that is to come into force. */
interface Coming {
  readonly effect: DerivedRule["effect"];
  readonly cube: Cube;
  readonly interval: Interval;
  /** Of allows: those of one share and level decide alike. */
  readonly seat: string;
}

/** The rules that are in force at an instant, each with the end at which it may leave the switch by itself. */
export function lasting(
  { admission }: Pick<Decided, "admission">,
  instant: number,
  active: readonly DerivedRule[],
): readonly DerivedRule[] {
  const { standing } = admission.state;
  const ending = active.filter(({ end }) => Number.isFinite(end));
  const coming = ending.length === 0 ? [] : comingAfter(instant, standing);
  if (coming.length === 0) return active;
  const ends = new Map(ending.map((rule) => [rule, rule.end]));
  const index = new OverlapIndex<DerivedRule>();
  for (const rule of ending) index.insert(rule.cube, rule);
  // In order of their starts, so that whatever follows on what follows puts the end off further.
  for (const next of coming) {
    const { start, end } = next.interval;
    for (const rule of index.overlapping(next.cube)) {
      const last = ends.get(rule)!;
      if (start <= last && last < end && takesOver(next, rule, standing)) ends.set(rule, end);
    }
  }
  return active.map((rule) => {
    const end = ends.get(rule) ?? rule.end;
    return end === rule.end ? rule : { ...rule, end };
  });
}

/**
 * A restriction stays for any other that shares a flow with it: too strict for a while, never too lax. A permission
 * stays only for one that says the same of all its flows: else it would let pass what nothing allows any more.
 */
function takesOver(next: Coming, rule: DerivedRule, standing: Standing): boolean {
  if (restricts(rule.effect)) return restricts(next.effect);
  if (rule.effect !== "allow" || next.effect !== "allow" || !cubeSubset(rule.cube, next.cube)) return false;
  const request = standing.get(rule.statement);
  return request !== undefined && next.seat === seatOf(request);
}

const restricts = (effect: DerivedRule["effect"]): boolean => effect !== "allow" && effect !== "reserve";

const seatOf = ({ share, level }: { readonly share: { readonly name: string }; readonly level: number }): string =>
  `${level}|${share.name}`;

/** What begins after an instant, in order of time. Rules of policies, guards among them, have no times. */
function comingAfter(instant: number, standing: Standing): readonly Coming[] {
  const coming: Coming[] = [];
  for (const request of standing) {
    if (request.interval.end <= instant) continue;
    const { kind, pieces } = request;
    for (const { flows, interval } of pieces) {
      if (interval.start <= instant) continue;
      for (const cube of flows.cubes) coming.push({ effect: kind, cube, interval, seat: seatOf(request) });
    }
  }
  return coming.sort((a, b) => a.interval.start - b.interval.start);
}
