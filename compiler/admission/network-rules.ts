/**
 * The rules that a network adds to admission, checked together with the rules that ship: if they do not pass, none of
 * them is in force and the diagnostics say why. The engine checks its rules anyway, so nothing is checked twice.
 */
import { ProgramError } from "../datalog/index.ts";
import { wrongArity } from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Model } from "../model/model.ts";
import { faultOfRun } from "../fml/run-faults.ts";
import { formOfRelation } from "../fml/vocabulary.ts";
import { topology } from "../paths/index.ts";
import { Admission, type AdmissionOptions } from "./admission.ts";

/** The options of an admission beside its model. */
export type Setting = Pick<AdmissionOptions, "rules" | "now" | "settle" | "budget" | "suspends" | "onSwitches">;

/** An admission to which nothing was submitted yet, and the model that it decides for. */
export interface OpenedAdmission {
  readonly admission: Admission;
  /** Without the network's own rules if these are faulty. */
  readonly model: Model;
  readonly diagnostics: readonly Diagnostic[];
}

/** A fresh admission for a model. */
export function openAdmission(model: Model, setting: Setting): OpenedAdmission {
  const { directory, rules: own, facts, arities, defaults } = model;
  const { fragments } = defaults;
  const options = { ...setting, users: directory.users, topology: topology(directory), directory, fragments };
  try {
    return { admission: new Admission({ ...options, own, facts, arities }), model, diagnostics: [] };
  } catch (error) {
    const diagnostics = error instanceof ProgramError ? error.diagnostics.map(withForm) : [faultOfRun(error, own)];
    return { admission: new Admission(options), model: { ...model, rules: [] }, diagnostics };
  }
}

/** A wrong number of terms with the form of the relation, where admission declares it. */
function withForm(diagnostic: Diagnostic): Diagnostic {
  const name = diagnostic.code === wrongArity.code ? /^`([^`]+)`/.exec(diagnostic.message)?.[1] : undefined;
  const form = name === undefined ? undefined : formOfRelation(name);
  return form === undefined ? diagnostic : { ...diagnostic, help: `the form is \`${form}\`` };
}

/** The same without the network's own rules, after one of their sums overflowed while a statement was decided. */
export function withoutOwnRules(error: unknown, model: Model, setting: Setting): OpenedAdmission {
  const fault = faultOfRun(error, model.rules);
  return { ...openAdmission({ ...model, rules: [] }, setting), diagnostics: [fault] };
}
