/** Codes of text that is no sentence of the language, or whose values make no sense on their own (E1xx). */
import { define } from "../define.ts";

// ---------------------------------------------------------------- structure
export const unexpected = define("E101", "{sentence}");
export const foreignLine = define("E115", "this is a line of {tool}");
export const unknownStatement = define("E102", "`{word}` does not begin a statement");
export const strangeCharacter = define("E103", "the character `{character}` has no meaning here");
export const openString = define("E104", "the quotation mark is never closed");
export const openComment = define("E105", "the comment is never closed", "`*/` closes it");
export const openPolicy = define("E106", "the brace of this policy is never closed", "`}` closes it");
export const strayBrace = define(
  "E107",
  "this brace closes nothing",
  "take it out, or write the policy that it closes",
);
export const openTransaction = define("E108", "`begin` without `commit`", "`commit.` closes it");
export const strayCommit = define(
  "E109",
  "`commit` without `begin`",
  "take it out, or write `begin.` before the first of its statements",
);
export const misplaced = define(
  "E110",
  "{what} cannot stand before {where}",
  "take it out: labels stand before commands and rules, speakers and expected answers before commands",
);
export const badEscape = define("E111", "`{escape}` is not an escape");

export const tooLong = define("E114", "this statement has more than {limit} brackets, commas and other signs");
export const manyFaults = define("E116", "this text has {limit} faults before this place, and is read no further");
export const tooDeep = define("E113", "this is nested more than 100 deep");
export const insidePolicy = define("E112", "`{word}` cannot stand inside a policy", "`}` closes the policy before it");

// ---------------------------------------------------------------- flowgroups
export const unknownField = define("E120", "`{field}` is not a field of a flow");
export const fieldTwice = define("E121", "`{field}` stands twice in one list of terms");
export const emptyTerms = define("E122", "`()` does not say which flows");
export const fieldAlone = define(
  "E123",
  "the field `{field}` needs a value",
  "write `{field}=VALUE` or `{field}!=VALUE`",
);
export const badValue = define("E124", "`{text}` is no {kind}: {fault}");
export const tooManyParts = define("E129", "this flowgroup joins {count} parts; at most {limit} can be joined");
export const reversedRange = define(
  "E125",
  "the range {low}-{high} is empty: its first value is greater than its last",
);
export const mixedRange = define(
  "E126",
  "a range has two numbers or two addresses of one family at its ends",
  "write both ends of one kind, the smaller one first",
);
export const tooLarge = define(
  "E127",
  "{value} is too large for `{field}`, whose largest value is {max}",
  "write a value up to {max}",
);
export const unexpectedUnit = define(
  "E128",
  "`{text}` has a unit where a plain value is meant",
  "write the number alone",
);

// ---------------------------------------------------------------- rates and times
export const unitless = define("E130", "the {kind} `{text}` has no unit");
export const negative = define("E131", "a {kind} cannot be negative", "write it without the sign");
export const zeroLimit = define("E132", "a limit of zero lets nothing through");
export const bareTime = define("E133", "`{text}` could be an instant or a delay");
export const lastsNoTime = define("E134", "nothing is reserved for no time");

// ---------------------------------------------------------------- shares and hints
export const unknownPrivilege = define("E140", "`{name}` is not a privilege of a share");
export const privilegeOperator = define("E141", "the privilege `{name}` is written with {operators}");
export const privilegeValue = define("E142", "the privilege `{name}` takes {wanted}");
export const privilegeTwice = define("E143", "the privilege `{name}` is stated twice", "leave one of them out");
export const unknownHint = define("E144", "`{name}` is not a kind of hint");
export const hintValue = define("E145", "the hint `{name}` takes {wanted}");

// ---------------------------------------------------------------- rules
export const variableInSet = define("E150", "the variable `{name}` cannot stand inside a set or range");
export const positionalArity = define("E151", "the positional form of `{verdict}` has 8 terms, here are {count}");
export const noCondition = define(
  "E152",
  "`{text}` is not a condition",
  "a condition asks a field or a relation: `dstPort = 80`, `member(U, staff)`",
);
export const fieldOrder = define("E153", "a field cannot be compared with `{operator}`");
export const strayAggregate = define("E154", "`{name}(…)` can stand only in the head of a rule");
export const unknownAggregate = define("E155", "`{name}` is not an aggregate");
export const notAField = define("E156", "`{name}` is not a field of a flow, and only fields have values here");
