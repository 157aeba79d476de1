/** Why a tuple is not derived: for each rule whose head fits, the literal at which the search got stuck furthest on. */
import { ANONYMOUS, type AggregateClause, type Clause, type DatalogProgram } from "./clauses.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Interner } from "./intern.ts";
import type { Relation } from "./relation.ts";
import type { Constant, Missing } from "./types.ts";

/** The tuple in the columns of a clause's head; undefined where the head does not fit. */
type Pattern = readonly (number | undefined)[];

function missingIn(clause: Clause, pattern: Pattern, evaluation: Evaluation, interner: Interner): Missing | undefined {
  const plan = evaluation.rules.get(clause)!.fromHead(
    pattern.map((id) => id !== undefined),
    true,
  );
  const { frame } = plan;
  frame.limit = Infinity;
  frame.deepest = -1;
  frame.snapshot = [];
  frame.emit = () => true;
  plan.from(pattern.map((id) => id ?? ANONYMOUS));
  // Nothing was reached: the head does not fit.
  if (frame.deepest < 0) return undefined;
  const known = plan.knownAt(frame.deepest);
  const bindings = new Map<string, Constant>();
  for (const [name, slot] of clause.variables) {
    if (known.has(slot)) bindings.set(name, interner.value(frame.snapshot[slot]!));
  }
  return { rule: clause.rule!, literal: plan.order[frame.deepest]!.literal, bindings };
}

/** What the tuple asks of an aggregate's bindings; undefined: its head holds other constants, or one variable twice. */
function columnsOf({ bindings, outputs }: AggregateClause, pattern: Pattern): Pattern | undefined {
  const columns: (number | undefined)[] = bindings.headSlots.map(() => undefined);
  for (const [at, output] of outputs.entries()) {
    const asked = pattern[at];
    if (asked === undefined || output.kind === "aggregate") continue;
    if (output.kind === "constant" ? output.id !== asked : (columns[output.column] ?? asked) !== asked)
      return undefined;
    if (output.kind === "column") columns[output.column] = asked;
  }
  return columns;
}

/** `tuple` is not there; `undefined` terms are any. */
export function whyNot(
  relation: Relation,
  tuple: readonly (Constant | undefined)[],
  evaluation: Evaluation,
  program: DatalogProgram,
  interner: Interner,
): Missing[] {
  const pattern = tuple.map((value) => (value === undefined ? undefined : interner.intern(value)));
  const missing: Missing[] = [];
  for (const { clause } of evaluation.components[relation.component]!.rules) {
    if (clause.head !== relation) continue;
    let body = clause;
    let terms: Pattern = pattern;
    if (clause.rule === undefined) {
      // An aggregate: its group has no binding, or it folds to something else.
      const aggregate = program.aggregates.find(
        (each) => clause.goals[0]!.kind === "stored" && clause.goals[0]!.relation === each.result,
      )!;
      body = aggregate.bindings;
      const columns = columnsOf(aggregate, pattern);
      if (columns === undefined) continue;
      terms = columns;
    }
    const found = missingIn(body, terms, evaluation, interner);
    if (found !== undefined) missing.push(found);
  }
  return missing;
}
