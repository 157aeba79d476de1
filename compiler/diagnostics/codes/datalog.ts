/** What can be wrong with a set of rules beyond what `model.ts` names: questions that have no index, circular folds. */
import { define } from "../define.ts";

export const unaskable = define("E311", "`{relation}` cannot be asked here: {known} must be known");
export const notDefinable = define("E312", "`{relation}` is {what} and cannot be defined by a rule");
export const anonymousHead = define(
  "E313",
  "`_` in the head of `{relation}` stands for no value",
  "write a variable that the body lists",
);
export const badSum = define("E317", "the sum in `{relation}` {fault}", "sum a column of numbers, or count instead");
export const tooManySteps = define("E318", "evaluating {what} takes too many steps");
export const aggregateCycle = define(
  "E403",
  "`{name}` depends on an aggregate over itself: {path}",
  "define one of these relations without the others",
);
