/** Questions about what was decided, and about a list of diagnostics. */
import {
  manyRows,
  tooCostly,
  sharesTooDeep,
  tooManyConflicts,
  tooManyPieces,
  undecided,
} from "../diagnostics/codes/admission.ts";
import { tooManySteps } from "../diagnostics/codes/datalog.ts";
import {
  entriesTogether,
  returnsTooOften,
  steeredTogether,
  steeredTooMany,
  timelineTooMany,
} from "../diagnostics/codes/table.ts";
import { tooLong } from "../diagnostics/codes/syntax.ts";
import {
  manyConditions,
  manyInlined,
  manyInRules,
  manyParts,
  manySeats,
  manyTogether,
  namesTooDeep,
  readTooMuch,
  rowsAgain,
  tooManyAlternatives,
} from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";

/** Whether a diagnostic says that a question about sets was not decided within the budget. */
export const isUndecided = ({ code }: Diagnostic): boolean => code === undecided.code;

const OVER_BUDGET: ReadonlySet<string> = new Set(
  [
    tooLong,
    undecided,
    tooManyPieces,
    tooManyConflicts,
    tooCostly,
    manyRows,
    sharesTooDeep,
    manyParts,
    manySeats,
    manyConditions,
    manyTogether,
    manyInlined,
    manyInRules,
    namesTooDeep,
    rowsAgain,
    readTooMuch,
    tooManyAlternatives,
    tooManySteps,
    returnsTooOften,
    steeredTooMany,
    steeredTogether,
    timelineTooMany,
    entriesTogether,
  ].map(({ code }) => code),
);

/** Whether a diagnostic refuses something only because it would cost more than is allowed; none of them is a fault. */
export const isOverBudget = ({ code }: Diagnostic): boolean => OVER_BUDGET.has(code);
