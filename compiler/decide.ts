/**
 * The first half of the pipeline: policy texts in, decisions out. A command that only decides (`glazier check`) imports
 * this file and does not load the modules that make tables, which would be felt when a process starts.
 */
import { hasErrors, type Diagnostic } from "./diagnostics/diagnostic.ts";
import type { Rule } from "./datalog/types.ts";
import type { Model } from "./model/model.ts";
import type { KeptTimes } from "./model/times.ts";
import type { Load } from "./fml/include.ts";
import { inSourceOrder } from "./resolve/source-order.ts";
import { resolve } from "./resolve/resolve.ts";
import { withoutRepeated, type Decided } from "./admission/decided.ts";
import type { State } from "./admission/state/state.ts";
import type { Settle } from "./admission/state/world.ts";
import type { OnSwitches } from "./admission/trials.ts";
import { submitAll, type Admitted } from "./admission/submit.ts";
import { openAdmission, withoutOwnRules } from "./admission/network-rules.ts";
import type { Outcome } from "./certificates/verdict.ts";
import { VOCABULARY } from "./fml/vocabulary.ts";
import type { Source } from "./source.ts";
import { parse, type ParseOptions } from "./syntax/parse.ts";
import { ReadBudget } from "#grammar/reach.ts";

export interface DecideOptions extends Pick<ParseOptions, "dialect"> {
  /** Unix seconds: the clock that `now` and relative times count from. */
  readonly now: number;
  /** Times that were counted from an earlier clock and are kept (SEMANTICS, "Files"). */
  readonly kept?: KeptTimes | undefined;
  /** The text behind an `include` or an `extern`; the compiler itself opens no file. */
  readonly load: Load;
  /** The admission rules: `policies/pane.fml`, read by `readRules`. */
  readonly rules: readonly Rule[];
  /** Decides about sets what the algebra cannot within its budget (Z3's answer); without it such a request is E718. */
  readonly settle?: Settle | undefined;
  /** Asked of each offer of a certificate before it is made: whether the network's switches can hold it. */
  readonly onSwitches?: ((model: Model) => OnSwitches) | undefined;
  /** The most cubes that splitting may make for one question about sets. */
  readonly budget?: number | undefined;
  /** Asked once all texts are read: what is at fault with the tables whatever is decided, so that nothing is (E848). */
  readonly foresees?: ((model: Model, state: State) => readonly Diagnostic[]) | undefined;
  /** Asked once all texts are read: whether anything is submitted. What stands comes back from a snapshot else. */
  readonly submits?: (() => boolean) | undefined;
}

/** text → syntax → model → Datalog program → decisions. All or nothing: with an error nothing is admitted. */
export function decide(sources: readonly Source[], options: DecideOptions): Decided {
  const { now, rules, settle, budget } = options;
  const { syntax, resolved } = read(sources, options);
  const onSwitches = options.onSwitches?.(resolved.model);
  const setting = { rules, now, settle, budget, suspends: true, onSwitches };
  const { admission, model, diagnostics: faults } = openAdmission(resolved.model, setting);
  const ofModel =
    faults.length === 0 ? resolved.diagnostics : inSourceOrder([...resolved.diagnostics, ...faults], sources);
  const phases = [syntax, ofModel];
  if (phases.some(hasErrors)) {
    return { model, admission, outcomes: [], rules: [], diagnostics: upToErrors(phases), good: false };
  }
  if (options.submits?.() === false)
    return { model, admission, outcomes: [], rules: [], diagnostics: phases.flat(), good: true };
  const foreseen = options.foresees?.(model, admission.state) ?? [];
  if (foreseen.length > 0)
    return { model, admission, outcomes: [], rules: [], diagnostics: [...phases.flat(), ...foreseen], good: false };
  let admitted: Admitted;
  try {
    admitted = submitAll(admission, model);
  } catch (error) {
    const bare = withoutOwnRules(error, model, setting);
    return { ...bare, outcomes: [], rules: [], diagnostics: [...phases.flat(), ...bare.diagnostics], good: false };
  }
  const diagnostics = [...withoutRepeated(phases.flat(), admitted), ...admitted.diagnostics];
  const { outcomes, rules: ruleOutcomes } = admitted;
  // Diagnostics name root causes only: a policy with any rejection that was not expected has no table.
  const good = !hasErrors(diagnostics) && outcomes.every(asExpected);
  return { model, admission, outcomes, rules: ruleOutcomes, diagnostics, good };
}

/** text → model. The trees of the texts live no longer than this: they take as much room as what is made of them. */
function read(
  sources: readonly Source[],
  { now, kept, load, dialect }: DecideOptions,
): { readonly syntax: readonly Diagnostic[]; readonly resolved: ReturnType<typeof resolve> } {
  const reading = new ReadBudget();
  const parsed = sources.map((source) => ({ source, ...parse(source, { dialect, reading }) }));
  const syntax = parsed.flatMap((one) => one.diagnostics);
  return { syntax, resolved: resolve(parsed, { now, kept, load, vocabulary: VOCABULARY, reading }) };
}

const asExpected = ({ statement, verdict }: Outcome): boolean =>
  (verdict.kind === "rejected") === (statement.expected === false);

/** The diagnostics of all phases up to and with the first that has errors. */
function upToErrors(phases: readonly (readonly Diagnostic[])[]): readonly Diagnostic[] {
  return phases.slice(0, phases.findIndex(hasErrors) + 1).flat();
}
