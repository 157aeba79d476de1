/** The input of lowering besides the rules. */
import type { Directory, Model } from "../../model/model.ts";
import type { Span } from "../../source.ts";
import { TARGETS, type StageName, type Target, type TargetName } from "./pipeline.ts";
import type { LevelsByDepth } from "./priority.ts";

export interface LowerContext {
  readonly directory: Directory;
  readonly defaults: Pick<Model["defaults"], "verdict" | "fragments">;
  readonly target: TargetName | Target;
  /** In Unix seconds; hard timeouts count from here. */
  readonly now: number;
  /** Trial run: denies of shares count packets and pass them on; guards and the spoof guard deny. */
  readonly observe?: boolean | undefined;
  /** The most cascade levels of the shares of each depth; absent, they are taken from the rules. */
  readonly levels?: LevelsByDepth | undefined;
  /** The most entries that one cube may cost if its sets can only be multiplied; `MOST_ENTRIES` if absent. */
  readonly limit?: number | undefined;
  /** The most entries that all statements may be drafted to; `MOST_DRAFTED` if absent. */
  readonly drafts?: number | undefined;
  /** What all waypoints and avoids may come to; `MOST_WAYS` if absent. */
  readonly ways?: WaysBudget | undefined;
  /** Tables with the same one are of one network: what the same ways come to is computed once for them. */
  readonly steersAlike?: object | undefined;
  /** Tables that stay even while they decide nothing, so that table numbers in a running network do not change. */
  readonly keep?: readonly StageName[] | undefined;
  /** Statement → its place in the text, for diagnostics. */
  readonly spanOf?: ((statement: string) => Span | undefined) | undefined;
}

/** What waypoints and avoids may come to, on all switches together. */
export interface WaysBudget {
  readonly entries: number;
  /** In how many sets of flows several of them may hold common ones. */
  readonly combinations: number;
}

/** The capabilities of the context's target. */
export function targetOf(context: LowerContext): Target {
  return typeof context.target === "string" ? TARGETS[context.target] : context.target;
}

/** The switches that get a table; one without a name if none is declared. */
export function switchesOf(directory: Pick<Directory, "switches">): readonly (string | undefined)[] {
  const names = [...directory.switches.keys()].sort();
  return names.length === 0 ? [undefined] : names;
}

/** The key of a switch's table in results; the empty text for the switch without a name. */
export function tableName(switchName: string | undefined): string {
  return switchName ?? "";
}
