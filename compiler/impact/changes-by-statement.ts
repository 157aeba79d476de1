/** Changes of traffic, cube by cube → one change for each statement, with the text of all its flows. */
import type { Cube } from "../flowgroup/cube.ts";
import { flowgroup, render, renderFlow, witness } from "../flowgroup/index.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { DEFAULT } from "./flips.ts";

/** Flows that a statement begins or ceases to decide or to hold, holds at another rate, or leads along another path. */
export interface TrafficChange {
  readonly change: "begins" | "ends" | "moves" | "rate";
  /** The identity of the statement; `default` where no statement decides, `host:NAME` where the spoof guard does. */
  readonly statement: string;
  readonly effect: DerivedRule["effect"];
  readonly flows: string;
  /** All flows of the statement, where only some of them change. */
  readonly within?: string;
  /** One of the flows; only of the default, whose flows may be too many to list. */
  readonly witness?: string;
  /** These flows are an upper bound: the budget ended before those that stay the same were split off. */
  readonly atMost?: true;
  /** These are fragments of flows. A fragment hides ports, so they may be more than the statement's own flows. */
  readonly fragments?: true;
  /** In bit/s, of a limit or a reservation. */
  readonly rate?: number;
  /** The old rate in bit/s, if the rate changes. */
  readonly was?: number;
}

/** A change as cubes, before it is grouped by statement and rendered. */
export interface TreatmentChange extends Omit<TrafficChange, "flows" | "within" | "witness"> {
  readonly within?: Cube;
  readonly cubes: readonly Cube[];
}

/** One change for each statement, effect, rate and kind of change, with all its flows. */
export function changesByStatement(changes: readonly TreatmentChange[]): readonly TrafficChange[] {
  const groups = Map.groupBy(changes, ({ change, statement, effect, rate, was, fragments }) =>
    [change, statement, effect, rate, was, fragments].join(" "),
  );
  return [...groups.values()].map((group) => {
    const { cubes: _, atMost: __, within: ___, ...one } = group[0]!;
    const flows = flowgroup(group.flatMap(({ cubes }) => cubes));
    const text = render(flows);
    const whole = render(flowgroup(group.flatMap(({ within }) => within ?? [])));
    const isPart = group.every(({ within }) => within !== undefined) && whole !== text;
    const example = witness(flows);
    const isBound = group.some(({ atMost }) => atMost);
    const isWide = one.statement === DEFAULT && (flows.cubes.length > FEW || isBound);
    return {
      ...one,
      flows: isWide ? (one.fragments ? UNLISTED_FRAGMENTS : UNLISTED) : text,
      ...(isPart && { within: whole }),
      // Of an upper bound a flow may be one that stays the same.
      ...(one.statement === DEFAULT && example && !isBound && { witness: `(${renderFlow(example)})` }),
      ...(!isWide && isBound && { atMost: true }),
    };
  });
}

/** The flows of the default are listed up to this many cubes; beyond, words stand for them. */
const FEW = 1;
const UNLISTED = "everything that no statement decides, neither before nor after";
const UNLISTED_FRAGMENTS = "fragments that no statement decides, neither before nor after";
