/** Text → syntax tree and back. */
export type * from "./ast.ts";
export type { Dialect } from "./context.ts";
export { formatSource } from "./format.ts";
export { type ParsedText, parse, type ParseOptions } from "./parse.ts";
export { printFlowExpr, printLabelledRule, printRule, printStatement, printWhole } from "./print.ts";
