/** The Datalog engine: a general deductive database that knows nothing of networks. */
export { AggregateError } from "./aggregate.ts";
export { standardBuiltins } from "./builtins.ts";
export { checkProgram } from "./check.ts";
export { compareConstants, compareTuples, isConstant } from "./constants.ts";
export { Engine, ProgramError } from "./engine.ts";
export { StepsError, type StepBudget } from "./steps.ts";
export type * from "./types.ts";
