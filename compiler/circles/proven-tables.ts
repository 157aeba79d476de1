/** Rules → tables of which it is proven that no packet circles, and that no two entries disagree (NETWORK, "Forward"). */
import { tableFaults, type ProofSteps } from "./network.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { hasErrors, type Diagnostic } from "../diagnostics/diagnostic.ts";
import { lower, type LowerContext, type Lowered } from "../lowering/index.ts";
import { topology } from "../paths/index.ts";

export interface ProvenTables {
  readonly lowered: Lowered;
  /** What the proof has to say. Where a statement is refused its entries are missing, and nothing is proven. */
  readonly proven: readonly Diagnostic[];
}

/** The tables of these rules, and what is proven of them. */
export function provenTables(rules: readonly DerivedRule[], context: LowerContext, steps?: ProofSteps): ProvenTables {
  const lowered = lower(rules, context);
  if (hasErrors(lowered.diagnostics)) return { lowered, proven: [] };
  return { lowered, proven: tableFaults(lowered.tables, topology(context.directory), rules, steps) };
}
