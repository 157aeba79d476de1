/**
 * The public API: what a program that uses glazier as a library imports. Texts in, decisions with certificates, tables
 * and plans out; nothing here opens a file, a socket or a clock.
 */
export { decide, plans, tablesAt, type DecideOptions, type TableOptions } from "./compile.ts";
export type { Diagnostic, Fix, Related, Severity } from "./diagnostics/diagnostic.ts";
export { renderLine, renderPretty, toJson, toSarif } from "./diagnostics/index.ts";
export { applyPlan, diff } from "./plan/index.ts";
export type { FlowMod, Plan } from "./plan/plan.ts";
export type { Flow, Flowgroup } from "./flowgroup/cube.ts";
export type { Model, Statement } from "./model/model.ts";
export { Admission } from "./admission/admission.ts";
export { Interpreter, type Read, type Said } from "./resolve/interpreter.ts";
export type { Decided } from "./admission/decided.ts";
export type { DerivedChange, DerivedRule } from "./derived/rule.ts";
export { readRules } from "./admission/read-rules.ts";
export type { Blocker, Certificate, Piece, Verdict, Witness } from "./certificates/verdict.ts";
export type { Source, Span } from "./source.ts";
export type { Entry, Table } from "./table/entry.ts";
export { ProofOverTime, type NetworkThen } from "./circles/over-time.ts";
export { topology, type Topology } from "./paths/topology.ts";
export { fromOvs, LiveTable, lower, toOvs, type LowerContext, type Lowered } from "./lowering/index.ts";
