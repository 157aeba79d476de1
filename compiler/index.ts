/**
 * The public API: what a program that uses glazier as a library imports. Texts in, decisions with certificates, tables
 * and plans out; nothing here opens a file, a socket or a clock.
 */
export { decide, plans, tablesAt, type Decided, type DecideOptions, type TableOptions } from "./compile.ts";
export type { Diagnostic, Fix, Related, Severity } from "./diagnostics/diagnostic.ts";
export { renderLine, renderPretty, toJson, toSarif } from "./diagnostics/index.ts";
export { applyPlan, diff } from "./diff/index.ts";
export type { FlowMod, Plan } from "./diff/plan.ts";
export type { Flow, Flowgroup } from "./flowgroup/cube.ts";
export type { Model, Statement } from "./model/model.ts";
export { Admission } from "./program/admission.ts";
export type { DerivedChange, DerivedRule } from "./program/derived.ts";
export { readRules } from "./program/rules.ts";
export type { Blocker, Certificate, Piece, Verdict, Witness } from "./shares/verdict.ts";
export type { Source, Span } from "./source.ts";
export type { Entry, Table } from "./table/entry.ts";
export { fromOvs, LiveTable, lower, toOvs, type LowerContext, type Lowered } from "./table/index.ts";
