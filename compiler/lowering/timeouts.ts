/**
 * Rules in force → the same rules with the ends at which they may time out on a switch. A hard timeout is right only if
 * the entry's disappearance alone yields the next table (NETWORK, "Timeouts"). If another statement takes over at a
 * statement's end or earlier, the switch does not have the follower yet, and a timeout would open a gap. So the rule's
 * end is put off to the follower's end. The next apply, due when the follower begins, corrects that.
 */
import type { Decided } from "../admission/decided.ts";
import { cubesOverlap, cubeSubset, OverlapIndex, type Cube } from "../flowgroup/index.ts";
import type { Meet } from "../flowgroup/overlap-index.ts";
import { holdsInstant, type Interval } from "../net/interval.ts";
import type { DerivedChange, DerivedRule } from "../derived/rule.ts";
import { append } from "../net/lists.ts";
import { SegmentedMap } from "../net/segmented-map.ts";
import type { Accepted } from "../admission/state/accepted.ts";
import { TimeHeap } from "../admission/state/time-heap.ts";
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
  /** The first of those that put its end off; the end stays where any but these begins. */
  readonly first: Upcoming | undefined;
}

/**
 * The same as time goes on: changes of the rules in force → changes with the ends at which they may time out. What begins
 * has only those rules computed again whose ends it puts off, what is accepted or given up only those whose ends it may:
 * n requests that overlap and begin one after the other would else cost n³.
 */
export class LastingChanges {
  readonly #accepted: AcceptedRequests;
  readonly #coming = new TimeHeap<Upcoming>((next) => !this.#isWaiting.has(next));
  /** What has not begun and is not given up. */
  readonly #waiting = new OverlapIndex<Upcoming>();
  readonly #isWaiting = new Set<Upcoming>();
  /** The same, the latest end first: an end behind all of them is put off by none. */
  readonly #latest = new TimeHeap<Upcoming>((next) => !this.#isWaiting.has(next));
  #compared = 0;
  readonly #ofRequest = new Map<Accepted, readonly Upcoming[]>();
  /** The rules that end. */
  readonly #ending = new OverlapIndex<DerivedRule>();
  readonly #installed = new SegmentedMap<string, Installed>();
  /** Something → the rules, by their keys, whose ends it is the first to put off. */
  readonly #putsOff = new Map<Upcoming, Map<string, DerivedRule>>();
  /** The rules whose ends are to be computed again. */
  readonly #affected = new Map<string, DerivedRule>();
  #now: number;

  constructor({ admission }: Pick<Decided, "admission">, instant: number, active: readonly DerivedRule[]) {
    const { state, policies } = admission;
    this.#accepted = state.accepted;
    this.#now = instant;
    for (const request of state.accepted) this.note(request, true);
    for (const next of upcomingOf("deny", guardPieces(policies.guards), "guard", instant)) this.#wait(next);
    this.move(instant, { added: active, removed: [] });
  }

  /** The rules in force with the ends that switches have. */
  get rules(): readonly DerivedRule[] {
    return [...this.#installed.values()].map(({ installed }) => installed);
  }

  /** Their keys, in the same order. */
  get keys(): readonly string[] {
    return [...this.#installed].map(([key, { rule, installed }]) => (rule === installed ? key : keyOf(installed)));
  }

  /** How many of what is to come were looked at for whether they put an end off. */
  get compared(): number {
    return this.#compared;
  }

  /** A request that comes to stand, or no longer does; the next `move` says what that changes. */
  note(request: Accepted, present: boolean): void {
    if (present) {
      const upcoming = upcomingOf(request.kind, request.pieces, deciderOf(request), this.#now);
      if (upcoming.length === 0) return;
      this.#ofRequest.set(request, upcoming);
      for (const next of upcoming) this.#wait(next);
      return;
    }
    for (const next of this.#ofRequest.get(request) ?? []) {
      if (this.#isWaiting.has(next)) this.#affect(next);
      this.#begin(next);
      this.#coming.cancel();
    }
    this.#ofRequest.delete(request);
  }

  #wait(next: Upcoming): void {
    this.#isWaiting.add(next);
    this.#coming.push(next.interval.start, next);
    this.#latest.push(-next.interval.end, next);
    this.#waiting.insert(next.cube, next);
    this.#affect(next);
  }

  /** Rules whose ends it puts off or may put off. Of several that come at once the first has the end computed with all. */
  #affect({ cube, interval: { start, end } }: Upcoming): void {
    for (const rule of this.#ending.overlapping(cube)) {
      const key = keyOf(rule);
      if (rule.end < end && start <= this.#installed.get(key)!.installed.end) this.#affected.set(key, rule);
    }
  }

  /** What has begun or was given up puts off no end any more. */
  #begin(next: Upcoming): void {
    if (!this.#isWaiting.delete(next)) return;
    this.#latest.cancel();
    this.#waiting.remove(next.cube, next);
    for (const [key, rule] of this.#putsOff.get(next) ?? []) this.#affected.set(key, rule);
    this.#putsOff.delete(next);
  }

  move(instant: number, { added, removed }: DerivedChange): DerivedChange {
    const change: { readonly added: DerivedRule[]; readonly removed: DerivedRule[] } = { added: [], removed: [] };
    this.#now = instant;
    for (const key of removed.map(keyOf)) {
      const gone = this.#installed.get(key);
      if (gone === undefined) continue;
      change.removed.push(gone.installed);
      this.#forget(key, gone);
      this.#installed.delete(key);
      this.#affected.delete(key);
      this.#ending.remove(gone.rule.cube, gone.rule);
    }
    for (let next = this.#coming.due(instant); next; next = this.#coming.due(instant)) this.#begin(next);
    for (const [key, rule] of this.#affected) {
      const before = this.#installed.get(key)!;
      this.#forget(key, before);
      // Its place among the others stays where its end does.
      const installed = this.#install(key, rule, before.installed);
      if (before.installed === installed) continue;
      change.removed.push(before.installed);
      change.added.push(installed);
    }
    this.#affected.clear();
    for (const rule of added) {
      change.added.push(this.#install(keyOf(rule), rule));
      if (Number.isFinite(rule.end)) this.#ending.insert(rule.cube, rule);
    }
    return change;
  }

  /** Installs a rule with its end; the very same rule as before where that has the same end. */
  #install(key: string, rule: DerivedRule, before: DerivedRule = rule): DerivedRule {
    const { end, first } = this.#putOff(rule);
    const installed = [before, rule].find((one) => one.end === end) ?? { ...rule, end };
    this.#installed.set(key, { rule, installed, first });
    if (first === undefined) return installed;
    const held = this.#putsOff.get(first) ?? new Map<string, DerivedRule>();
    this.#putsOff.set(first, held.set(key, rule));
    return installed;
  }

  #forget(key: string, { first }: Installed): void {
    if (first !== undefined) this.#putsOff.get(first)?.delete(key);
  }

  /** The latest end of all that is to come. */
  #latestEnd(): number {
    for (let last = this.#latest.due(Infinity); last; last = this.#latest.due(Infinity)) {
      if (!this.#isWaiting.has(last)) continue;
      this.#latest.push(-last.interval.end, last);
      return last.interval.end;
    }
    return -Infinity;
  }

  readonly #meet: Meet = (a, b) => {
    this.#compared++;
    return cubesOverlap(a, b);
  };

  /** The end of a rule, and the first of those that put it off, which are as few as can be: each reaches furthest. */
  #putOff(rule: DerivedRule): { readonly end: number; readonly first?: Upcoming } {
    if (!(rule.end < this.#latestEnd())) return rule;
    const next = this.#waiting
      .overlapping(rule.cube, this.#meet)
      .filter(({ interval: { end } }) => end > rule.end)
      .toSorted(byStart);
    let last = rule.end;
    let first: Upcoming | undefined;
    let furthest: Upcoming | undefined;
    const go = (): void => {
      first ??= furthest;
      last = furthest?.interval.end ?? last;
      furthest = undefined;
    };
    for (const one of next) {
      if (one.interval.start > last) go();
      if (one.interval.start > last) break;
      const most = furthest?.interval.end ?? last;
      if (one.interval.end > most && takesOver(one, rule, this.#accepted)) furthest = one;
    }
    go();
    return { end: last, ...(first && { first }) };
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
  const coming = upcomingOf("deny", guardPieces(guards), "guard", instant);
  for (const request of state.accepted) {
    if (request.interval.end > instant)
      append(coming, upcomingOf(request.kind, request.pieces, deciderOf(request), instant));
  }
  return coming.sort(byStart);
}

const guardPieces = (guards: Decided["admission"]["policies"]["guards"]): readonly Piece[] =>
  guards.flatMap(({ candidate }) => candidate.pieces ?? []);

/** The cubes of pieces that begin after an instant. */
const upcomingOf = (
  effect: Upcoming["effect"],
  pieces: readonly Piece[],
  decider: string,
  instant: number,
): Upcoming[] =>
  pieces
    .filter(({ interval }) => interval.start > instant)
    .flatMap(({ flows, interval }) => flows.cubes.map((cube) => ({ effect, cube, interval, decider })));

const byStart = (a: Upcoming, b: Upcoming): number => a.interval.start - b.interval.start;
