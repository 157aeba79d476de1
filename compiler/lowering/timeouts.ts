/**
 * Rules in force → the same rules with the ends at which they may time out on a switch. A hard timeout is right only if
 * the entry's disappearance alone yields the next table (NETWORK, "Timeouts"). If another statement takes over at a
 * statement's end or earlier, the switch does not have the follower yet, and a timeout would open a gap. So the rule's
 * end is put off to the follower's end. The next apply, due when the follower begins, corrects that.
 */
import type { Decided } from "../admission/decided.ts";
import { cubeSubset, OverlapIndex, type Cube } from "../flowgroup/index.ts";
import { holdsInstant, type Interval } from "../net/interval.ts";
import type { DerivedChange, DerivedRule } from "../derived/rule.ts";
import type { Piece } from "../certificates/verdict.ts";
import { keyOf } from "../derived/rule-key.ts";

type AcceptedRequests = Decided["admission"]["state"]["accepted"];

/** A cube that will come into force. */
interface Upcoming {
  readonly effect: DerivedRule["effect"];
  readonly cube: Cube;
  readonly interval: Interval;
  /** The share and level that decide. Allows with the same one decide alike. */
  readonly decider: string;
}

/** The rules in force at an instant (Unix seconds), each with the end at which it may time out on a switch. */
export function lasting(
  { admission }: Pick<Decided, "admission">,
  instant: number,
  active: readonly DerivedRule[],
): readonly DerivedRule[] {
  const { accepted } = admission.state;
  const ending = active.filter(({ end }) => Number.isFinite(end));
  const coming = ending.length === 0 ? [] : comingAfter(instant, admission);
  if (coming.length === 0) return active;
  const ends = new Map(ending.map((rule) => [rule, rule.end]));
  const index = new OverlapIndex<DerivedRule>();
  for (const rule of ending) index.insert(rule.cube, rule);
  // In order of their starts, so that a follower of a follower puts the end off further.
  for (const next of coming) {
    for (const rule of index.overlapping(next.cube)) ends.set(rule, putOff(ends.get(rule)!, next, rule, accepted));
  }
  return active.map((rule) => {
    const end = ends.get(rule) ?? rule.end;
    return end === rule.end ? rule : { ...rule, end };
  });
}

/** A rule in force, and the same with the end that switches have. */
interface Installed {
  readonly rule: DerivedRule;
  readonly installed: DerivedRule;
}

/**
 * The same along a timeline: changes of the rules in force → changes with the ends at which they may time out. When
 * something begins, only the rules that overlap it are computed again.
 */
export class LastingChanges {
  readonly #accepted: AcceptedRequests;
  /** In order of their starts; the first `#begun` have begun. */
  readonly #coming: readonly Upcoming[];
  #begun = 0;
  readonly #waiting = new OverlapIndex<Upcoming>();
  /** The rules that end. */
  readonly #ending = new OverlapIndex<DerivedRule>();
  readonly #installed = new Map<string, Installed>();

  constructor({ admission }: Pick<Decided, "admission">, instant: number, active: readonly DerivedRule[]) {
    this.#accepted = admission.state.accepted;
    this.#coming = comingAfter(instant, admission);
    for (const next of this.#coming) this.#waiting.insert(next.cube, next);
    this.move(instant, { added: active, removed: [] });
  }

  /** The rules in force with the ends that switches have. */
  get rules(): readonly DerivedRule[] {
    return [...this.#installed.values()].map(({ installed }) => installed);
  }

  move(instant: number, { added, removed }: DerivedChange): DerivedChange {
    const change: { readonly added: DerivedRule[]; readonly removed: DerivedRule[] } = { added: [], removed: [] };
    for (const key of removed.map(keyOf)) {
      const gone = this.#installed.get(key);
      if (gone === undefined) continue;
      change.removed.push(gone.installed);
      this.#installed.delete(key);
      this.#ending.remove(gone.rule.cube, gone.rule);
    }
    const affected = new Map<string, DerivedRule>();
    for (; (this.#coming[this.#begun]?.interval.start ?? Infinity) <= instant; this.#begun++) {
      const next = this.#coming[this.#begun]!;
      this.#waiting.remove(next.cube, next);
      for (const rule of this.#ending.overlapping(next.cube)) affected.set(keyOf(rule), rule);
    }
    for (const [key, rule] of affected) {
      const before = this.#installed.get(key)!.installed;
      const installed = this.#lasting(rule);
      if (before.end === installed.end) continue;
      this.#installed.set(key, { rule, installed });
      change.removed.push(before);
      change.added.push(installed);
    }
    for (const rule of added) {
      const installed = this.#lasting(rule);
      this.#installed.set(keyOf(rule), { rule, installed });
      change.added.push(installed);
      if (Number.isFinite(rule.end)) this.#ending.insert(rule.cube, rule);
    }
    return change;
  }

  #lasting(rule: DerivedRule): DerivedRule {
    if (!Number.isFinite(rule.end) || this.#begun === this.#coming.length) return rule;
    const next = this.#waiting.overlapping(rule.cube).toSorted(byStart);
    const end = next.reduce((last, one) => putOff(last, one, rule, this.#accepted), rule.end);
    return end === rule.end ? rule : { ...rule, end };
  }
}

/** The end of a rule that would end at `last`, put off by `next` if that takes over. */
function putOff(last: number, next: Upcoming, rule: DerivedRule, accepted: AcceptedRequests): number {
  return holdsInstant(next.interval, last) && takesOver(next, rule, accepted) ? next.interval.end : last;
}

/**
 * Whether a follower takes over. A restriction is kept for any other restriction that overlaps it: too strict for a
 * while, and never too lax. A permission is kept only if the follower allows all its flows too, since else it would
 * pass flows that nothing allows any more.
 */
function takesOver(next: Upcoming, rule: DerivedRule, accepted: AcceptedRequests): boolean {
  if (restricts(rule.effect)) return restricts(next.effect);
  if (rule.effect !== "allow" || next.effect !== "allow" || !cubeSubset(rule.cube, next.cube)) return false;
  const request = accepted.get(rule.statement);
  return request !== undefined && next.decider === deciderOf(request);
}

const restricts = (effect: DerivedRule["effect"]): boolean => effect !== "allow" && effect !== "reserve";

const deciderOf = ({ share, level }: { readonly share: { readonly name: string }; readonly level: number }): string =>
  `${level}|${share.name}`;

/** The pieces of standing requests, rules and guards that begin after an instant, in order of their starts. */
function comingAfter(instant: number, { state, policies: { guards } }: Decided["admission"]): readonly Upcoming[] {
  const coming: Upcoming[] = [];
  const note = (effect: Upcoming["effect"], pieces: readonly Piece[], decider: string): void => {
    for (const { flows, interval } of pieces) {
      if (interval.start <= instant) continue;
      for (const cube of flows.cubes) coming.push({ effect, cube, interval, decider });
    }
  };
  for (const request of state.accepted) {
    if (request.interval.end > instant) note(request.kind, request.pieces, deciderOf(request));
  }
  for (const { candidate } of guards) note("deny", candidate.pieces ?? [], "guard");
  return coming.sort(byStart);
}

const byStart = (a: Upcoming, b: Upcoming): number => a.interval.start - b.interval.start;
