/** The relations that admission answers: what rules about `reject` may use (`policies/README.md` explains each). */
import { BASE_RELATIONS } from "../admission/state/facts.ts";

/** Answered by the state and the clock through an index. */
export const EXTERNAL_RELATIONS = [
  "speaks",
  "inside",
  "outside",
  "undecided",
  "ancestor",
  "occupied",
  "clock",
  "starts",
  "ends",
  "strict",
  "cost",
  "charged",
  "rival",
  "overlaps",
  "meets",
  "rate",
  "through",
  "reorders",
  "short",
  "placed",
  "stranded",
] as const;

/** Functions of time that rules may call. */
export const FUNCTIONS = ["hour", "weekday"] as const;

/** Everything that a network's own rules may name beside relations that they define. */
export const VOCABULARY: ReadonlySet<string> = new Set([
  ...Object.keys(BASE_RELATIONS),
  ...EXTERNAL_RELATIONS,
  ...FUNCTIONS,
  "about",
  "asks",
  "blocks",
  "clashes",
  "contradicts",
  "contrary",
  "derived",
  "exceeds",
  "lacks",
  "leads",
  "lower",
  "may_cancel",
  "may_remove",
  "opposite",
  "upper",
]);
