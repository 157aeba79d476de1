/** Changes of traffic, cube by cube → one for each statement, with its flows. */
import type { Cube } from "../flowgroup/cube.ts";
import { flowgroup, render, renderFlow, witness } from "../flowgroup/index.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { DEFAULT } from "./flips.ts";

/**
 * Flows that a statement begins or ceases to decide or to hold, at another rate, or on another way.
 */
export interface TrafficChange {
  readonly change: "begins" | "ends" | "moves" | "rate";
  /** `default` where no statement decides; `host:NAME` where the spoof guard does. */
  readonly statement: string;
  readonly effect: DerivedRule["effect"];
  readonly flows: string;
  /** All that the statement holds, where only a part of it changes. */
  readonly within?: string;
  /** One of the flows, if that can be said. */
  readonly witness?: string;
  /** All flows that change are among these, but to tell others apart took too many steps. */
  readonly atMost?: true;
  /** In bit/s; for limit and reserve. */
  readonly rate?: number;
  /** In bit/s: the old rate, if it changes. */
  readonly was?: number;
}

/** A change before it is told. */
export interface TreatmentChange extends Omit<TrafficChange, "flows" | "within" | "witness"> {
  readonly within?: Cube;
  readonly cubes: readonly Cube[];
}

/** The changes by statement, each with all its flows. */
export function told(changes: readonly TreatmentChange[]): readonly TrafficChange[] {
  const groups = Map.groupBy(changes, ({ change, statement, effect, rate, was }) =>
    [change, statement, effect, rate, was].join(" "),
  );
  return [...groups.values()].map((group) => {
    const { cubes: _, atMost: __, within: ___, ...one } = group[0]!;
    const flows = flowgroup(group.flatMap(({ cubes }) => cubes));
    const text = render(flows);
    const whole = render(flowgroup(group.flatMap(({ within }) => within ?? [])));
    const isPart = group.every(({ within }) => within !== undefined) && whole !== text;
    const shown = witness(flows);
    const isWide = one.statement === DEFAULT && (flows.cubes.length > FEW || group.some(({ atMost }) => atMost));
    return {
      ...one,
      flows: isWide ? UNLISTED : text,
      ...(isPart && { within: whole }),
      ...(one.statement === DEFAULT && shown && { witness: `(${renderFlow(shown)})` }),
      ...(!isWide && group.some(({ atMost }) => atMost) && { atMost: true }),
    };
  });
}

/** More cubes than these the default is told in words of. */
const FEW = 1;
const UNLISTED = "everything that no statement decides";
