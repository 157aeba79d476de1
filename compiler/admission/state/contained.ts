/** Whether one flowgroup lies inside another: by the set algebra, and beyond its budget by a second engine. */
import { subset, type Flowgroup } from "../../flowgroup/index.ts";
import type { Settle } from "./world.ts";

/** What may be spent on one question. */
export interface Effort {
  /** Pieces that the algebra may make; undefined: its own default. */
  readonly budget: number | undefined;
  /** The second engine; undefined: there is none. */
  readonly settle: Settle | undefined;
}

/** Whether `a` lies inside `b`; `undecided` where the effort is not enough, never a guess (SEMANTICS, "Proof"). */
export function contained(a: Flowgroup, b: Flowgroup, { budget, settle }: Effort): boolean | "undecided" {
  const fast = subset(a, b, budget);
  if (fast !== "undecided" || settle === undefined) return fast;
  const slow = settle(a, b);
  return slow === "undecided" ? slow : slow === "yes";
}
