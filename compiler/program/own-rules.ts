/**
 * The rules that a network adds to admission, checked together with those that ship: where they do not pass, nothing of
 * them stands and what is wrong is told. The engine checks its rules anyway, so nothing is checked twice.
 */
import { ProgramError } from "../datalog/index.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Model } from "../model/model.ts";
import { topology } from "../paths/index.ts";
import { Admission, type AdmissionOptions } from "./admission.ts";

/** What an admission needs beside what its model says. */
export type Setting = Pick<AdmissionOptions, "rules" | "now" | "settle" | "budget">;

/** An admission into which nothing was said yet, and the model that it answers for. */
export interface Founded {
  readonly admission: Admission;
  /** Without the network's own rules where they do not pass. */
  readonly model: Model;
  readonly diagnostics: readonly Diagnostic[];
}

/** A fresh admission for a model. */
export function found(model: Model, setting: Setting): Founded {
  const { directory, rules: own, facts, arities } = model;
  const options = { ...setting, users: directory.users, topology: topology(directory) };
  try {
    return { admission: new Admission({ ...options, own, facts, arities }), model, diagnostics: [] };
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    return { admission: new Admission(options), model: { ...model, rules: [] }, diagnostics: error.diagnostics };
  }
}
