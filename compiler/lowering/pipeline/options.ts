/** What lowering needs to know besides the rules. */
import type { Directory, Model } from "../../model/model.ts";
import type { Span } from "../../source.ts";
import { TARGETS, type StageName, type Target, type TargetName } from "./pipeline.ts";
import type { LevelsByDepth } from "./priority.ts";

export interface LowerContext {
  readonly directory: Directory;
  readonly defaults: Pick<Model["defaults"], "verdict" | "fragments">;
  readonly target: TargetName | Target;
  /** Unix seconds; hard timeouts count from here. */
  readonly now: number;
  /** Trial run: a deny counts packets and lets them on. */
  readonly observe?: boolean | undefined;
  /** Most cascade levels of the shares of each depth; without it they are taken from the rules at hand. */
  readonly levels?: LevelsByDepth | undefined;
  /** Most entries that one cube may cost where its sets can only be multiplied. */
  readonly limit?: number | undefined;
  /** Tables that stay even while they decide nothing, so that a running network's numbers do not move. */
  readonly keep?: readonly StageName[] | undefined;
  /** Where a statement stands, for diagnostics. */
  readonly spanOf?: ((statement: string) => Span | undefined) | undefined;
}

export const DEFAULT_LIMIT = 4096;

/** The capabilities of the context's target. */
export function targetOf(context: LowerContext): Target {
  return typeof context.target === "string" ? TARGETS[context.target] : context.target;
}

/** The switches that get a table; without a declared one there is one without a name. */
export function switchesOf(directory: Directory): readonly (string | undefined)[] {
  const names = [...directory.switches.keys()].sort();
  return names.length === 0 ? [undefined] : names;
}

/** The key of a switch's table in results: the unnamed switch has the empty name. */
export function tableName(switchName: string | undefined): string {
  return switchName ?? "";
}
