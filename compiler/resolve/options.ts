/** The options of resolving, beside the files. */
import type { Load } from "../fml/include.ts";
import type { KeptTimes } from "../model/times.ts";
import type { ReadBudget } from "#grammar/reach.ts";

export interface ResolveOptions {
  /** Unix seconds that `now` and relative times count from. */
  readonly now: number;
  /** Times that counted from an earlier clock, and are not to be counted anew. */
  readonly kept?: KeptTimes | undefined;
  readonly load: Load;
  /** What the files have left for includes and externs; absent: all. */
  readonly reading?: ReadBudget;
  /** A trace: `Tick` and queries are statements, users come by its own `AddUser`, and times are left as written. */
  readonly trace?: boolean;
  /** Relations that admission answers, which rules for `reject` may use. */
  readonly vocabulary?: ReadonlySet<string>;
}
