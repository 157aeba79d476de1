/**
 * The waypoints and avoids of a running network → what is proven of their tables (NETWORK, "Forward"). They are proven
 * alone, in a network that denies nothing: so the proof holds whatever is allowed or denied beside them, and nobody who
 * only allows or denies waits for it.
 */
import { steers, type DerivedChange, type DerivedRule } from "../derived/rule.ts";
import { tooCostly } from "../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { thousands } from "../diagnostics/text.ts";
import type { LowerContext } from "../lowering/index.ts";
import { provenTables } from "./proven-tables.ts";

/** Of each part of the proof, beside those for each entry: some hundredths of a second. */
export const STEPS_OF_WAYS = 50_000;

export class WaysProof {
  readonly #context: LowerContext;
  /** Of what was proven last. */
  #found: readonly Diagnostic[] = [];
  /** Whether others are in force since. */
  #isDue = true;
  /** A start is given all the steps that a file has: nobody waits yet. */
  #isBegun = false;

  constructor(context: LowerContext) {
    this.#context = { ...context, defaults: { ...context.defaults, verdict: "allow" } };
  }

  /** Tells what comes and goes. */
  note({ added, removed }: DerivedChange): void {
    this.#isDue ||= added.some(steers) || removed.some(steers);
  }

  /** The errors of the ways in force. `rules`: all rules that are; they are asked for if the ways are others than before. */
  errors(now: number, rules: () => readonly DerivedRule[]): readonly Diagnostic[] {
    if (this.#isDue) this.#found = this.#prove(rules(), now, this.#isBegun ? STEPS_OF_WAYS : undefined);
    this.#isDue = false;
    this.#isBegun = true;
    return this.#found.filter(isError);
  }

  /** Those of some rules, whatever is in force. */
  errorsOf(rules: readonly DerivedRule[], now: number): readonly Diagnostic[] {
    return this.#prove(rules, now, undefined).filter(isError);
  }

  /** Why nothing more that leads is taken: the steps ended before all that is in force was proven. */
  get undecided(): readonly Diagnostic[] {
    if (this.#found.every(isError)) return [];
    return [tooCostly({ limit: thousands(STEPS_OF_WAYS), what: "the proof of what is led" }, { help: NARROWER })];
  }

  #prove(rules: readonly DerivedRule[], now: number, fixed: number | undefined): readonly Diagnostic[] {
    const ways = rules.filter(steers);
    if (ways.length === 0) return [];
    const { lowered, proven } = provenTables(ways, { ...this.#context, now }, { fixed });
    return [...lowered.diagnostics.filter(isError), ...proven];
  }
}

const isError = ({ severity }: Diagnostic): boolean => severity === "error";

const NARROWER = "let it hold flows of its own (`srcHost`, `dstHost`, `transport`), and list no sets in several fields";
