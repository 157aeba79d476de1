/** Rules and requests by their flows → those that hold all flows of another one, alone or together. */
import type { Cube } from "../../flowgroup/cube.ts";
import { cubeSubset } from "../../flowgroup/cubes.ts";
import { OverlapIndex } from "../../flowgroup/overlap-index.ts";
import { subset } from "../../flowgroup/subset.ts";
import { shareFlow } from "../../flowgroup/universe.ts";
import { isAllTaken } from "../../certificates/remainder.ts";
import { contains, overlap, type Interval } from "../../net/interval.ts";
import type { Span } from "../../source.ts";

/** The most other rules that are compared with one rule together. */
export const MOST_RULES = 32;
/** The comparisons by which other rules are looked for, for each rule and question. */
const COMPARISONS = 128;
/** The steps of one containment check. */
export const SUBSET_STEPS = 500;

/** What is asked of a rule or a request that leaves others nothing to decide. */
export interface FlowHolder {
  readonly id: string;
  readonly span: Span;
  readonly interval: Interval;
  readonly cubes: readonly Cube[];
  /** Its level within the share; absent: it does not matter. */
  readonly level?: number;
  readonly isRequest?: boolean;
}

/** Rules that decide before another one, or over it, by their flows. */
export class RuleCover {
  private readonly index = new OverlapIndex<FlowHolder>();

  add(decider: Omit<FlowHolder, "cubes">, cubes: readonly Cube[]): void {
    const { id, span, interval, level, isRequest = false } = decider;
    const one: FlowHolder = { id, span, interval, cubes, isRequest, ...(level !== undefined && { level }) };
    for (const cube of cubes) this.index.insert(cube, one);
  }

  /**
   * Those that hold all these flows all the time: each that does so alone, else a few together. Empty if there are none, or
   * the budget ends. `counts`: which are asked.
   */
  holdingAll(
    interval: Interval,
    cubes: readonly Cube[],
    counts: (one: FlowHolder) => boolean = () => true,
  ): readonly FlowHolder[] {
    const [first, ...others] = cubes;
    if (first === undefined) return [];
    const lasts = (one: FlowHolder): boolean => contains(one.interval, interval);
    const isIn = (one: FlowHolder, of: Cube): boolean => one.cubes.some((cube) => cubeSubset(of, cube));
    const alone = this.index
      .someContaining(COMPARISONS, first)
      .filter((one) => counts(one) && lasts(one) && others.every((other) => isIn(one, other)));
    if (alone.length > 0) return [...new Set(alone)];
    const before = this.touching(cubes)?.filter(counts);
    if (before === undefined) return [];
    const lasting = before.filter(lasts);
    const together = { cubes: lasting.flatMap((one) => one.cubes) };
    if (lasting.length > 0 && subset({ cubes }, together, SUBSET_STEPS) === true) return lasting;
    // One after the other they may hold them as well.
    const inTurn = before.filter((one) => overlap(one.interval, interval));
    if (inTurn.length === lasting.length) return [];
    const pieces = inTurn.map((one) => ({ flows: { cubes: one.cubes }, interval: one.interval }));
    return isAllTaken({ cubes }, interval, pieces) === true ? inTurn : [];
  }

  /** Those that share a flow with these cubes, if they are few and soon found. */
  touching(cubes: readonly Cube[]): readonly FlowHolder[] | undefined {
    const found = new Set<FlowHolder>();
    const each = Math.ceil(COMPARISONS / cubes.length);
    for (const cube of cubes) {
      const some = this.index.overlappingWithin(each, cube, shareFlow);
      if (some === undefined || some.length > MOST_RULES) return undefined;
      for (const one of some) found.add(one);
    }
    return found.size > MOST_RULES ? undefined : [...found];
  }
}

/** What others leave without effect. */
export interface HeldByOthers {
  readonly id: string;
  readonly span: Span;
  /** The policy or the share in which it stands. */
  readonly beside: string;
  readonly holding: readonly FlowHolder[];
  readonly help?: string;
}

/** Those that the same others hold, together: one wide rule is told once, however many it holds. */
export const byHolders = <T extends HeldByOthers>(found: readonly T[]): readonly T[][] => [
  ...Map.groupBy(found, ({ beside, holding, help }) =>
    JSON.stringify([beside, holding.map(({ id }) => id), help]),
  ).values(),
];

export const placesOfHeld = (
  some: readonly Pick<HeldByOthers, "span">[],
  message: string,
): { span: Span; message: string }[] => some.slice(0, 8).map(({ span }) => ({ span, message }));
