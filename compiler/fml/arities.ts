/** A program → the number of terms of its relations and their sorts: as declared, else as the first fact has them. */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { checkProgram, type Rule } from "../datalog/index.ts";
import { countHelp } from "../model/fact-forms.ts";
import type { Span } from "../source.ts";
import type { FactBase } from "../model/facts.ts";
import { withoutUnit } from "../syntax/amounts.ts";
import type { TermExpr } from "../syntax/ast.ts";
import { textOf } from "../syntax/context.ts";
import { fieldNames, fieldOf } from "../syntax/flows.ts";
import type { ExternStatement } from "./extern.ts";
import { IMPLICIT, implicitRules } from "./implicit-rules.ts";
import { DIRECTORY_SORTS, FIELD_SORTS, isKnownSort, type Sort } from "./sorts.ts";

/** The sorts of the columns that the directory reads or an extern declares. */
export function declaredSorts(externs: readonly ExternStatement[]): Map<string, readonly Sort[]> {
  const declared = new Map(DIRECTORY_SORTS);
  for (const { relation, sorts } of externs) {
    const fixed = DIRECTORY_SORTS.get(relation.text);
    declared.set(
      relation.text,
      sorts.map((sort, column) => (isForeign(sort.text, fixed?.[column]) ? fixed![column]! : sort.text)),
    );
  }
  return declared;
}

/** Whether a column of the network's facts is declared with a sort of plain names: `host_ip(name, ip)`. */
const isForeign = (sort: Sort, fixed: Sort | undefined): boolean => fixed !== undefined && !isKnownSort(sort);

/** The sort of plain names. */
const PLAIN = "symbol";

/** The columns of an extern of the network's facts that are declared to hold what these cannot. */
export function columnFaults({ relation, sorts }: ExternStatement): readonly Diagnostic[] {
  const fixed = DIRECTORY_SORTS.get(relation.text);
  if (fixed?.length !== sorts.length) return [];
  return sorts.flatMap(({ text, span }, column) => {
    const sort = fixed[column]!;
    // A plain name is what users, hosts and switches have, too.
    if (!isForeign(text, sort) || text === PLAIN) return [];
    const help = `its columns are \`${relation.text}(${fixed.join(", ")})\`; how the file calls them stands behind the file`;
    const fix = { title: `write \`${sort}\``, span, text: sort };
    return [
      codes.badFact({ relation: relation.text, expected: `a column of \`${sort}\``, given: text }, { span, help, fix }),
    ];
  });
}

/**
 * Arities of stored relations, by their declaration or their first fact. Facts that differ are reported and left out.
 */
export function aritiesOf(
  facts: FactBase,
  externs: readonly ExternStatement[],
  report: (diagnostic: Diagnostic) => void,
): Record<string, number> {
  const arities = new Map<string, number>(IMPLICIT.map((relation) => [relation, 1]));
  for (const [relation, sorts] of DIRECTORY_SORTS) arities.set(relation, sorts.length);
  for (const { relation, sorts } of externs) {
    if (!arities.has(relation.text)) arities.set(relation.text, sorts.length);
  }
  /** Where the first fact of a relation stands, which says how many terms it has. */
  const first = new Map<string, Span>();
  for (const [relation, stated] of facts.relations) {
    for (const [key, { tuple, span }] of stated) {
      if (!arities.has(relation)) first.set(relation, span);
      const expected = arities.get(relation) ?? tuple.length;
      arities.set(relation, expected);
      if (tuple.length === expected) continue;
      const words = {
        name: relation,
        expected: terms(expected),
        given: `${tuple.length} ${tuple.length === 1 ? "is" : "are"}`,
      };
      const earlier = first.get(relation);
      const related = earlier && [{ span: earlier, message: `\`${relation}\` has ${terms(expected)} here` }];
      report(codes.wrongArity(words, { span, ...countHelp(relation, tuple, span), ...(related && { related }) }));
      stated.delete(key);
    }
  }
  return Object.fromEntries(arities);
}

/**
 * The faults of numbers that stand for rates in a fact of the network, or in the head of a rule for one: a rate has its
 * unit (LANGUAGE, "Lexical"). A variable has its value from elsewhere.
 */
export function unitFaults(relation: string, terms: readonly TermExpr[]): readonly Diagnostic[] {
  const rates = DIRECTORY_SORTS.get(relation);
  if (rates?.length !== terms.length) return [];
  return terms.flatMap((term, column) => {
    if (rates[column] !== "rate" || term.kind !== "value" || term.value.kind !== "number") return [];
    const { unit, value, span } = term.value;
    if (unit === "rate" || value <= 0) return [];
    if (unit === undefined) return [withoutUnit("rate", String(value), span)];
    return [codes.badFact({ relation, expected: "a rate such as `10Mb`", given: textOf(span) }, { span })];
  });
}

/** The faults of rules, and of policies' bodies (`shadows`): arities, sorts, safety and negation. */
export function checkRules(
  rules: readonly Rule[],
  shadows: readonly Rule[],
  arities: Readonly<Record<string, number>>,
  externs: readonly ExternStatement[],
): readonly Diagnostic[] {
  const base: Record<string, number> = { ...arities };
  const sorts: Record<string, (Sort | undefined)[]> = {};
  for (const [relation, columns] of declaredSorts(externs)) sorts[relation] = columns.map(engineSort);
  for (const name of fieldNames()) {
    if (name === "switch") continue; // the fact of this name has two terms, and the attribute needs no check
    base[name] = 1;
    sorts[name] = [engineSort(FIELD_SORTS[fieldOf(name)!])];
  }
  sorts["known_user"] = ["user"];
  sorts["known_host"] = ["host"];
  const bodies = shadows.map((shadow) => ({
    ...shadow,
    body: shadow.body.filter(({ atom }) => atom.relation !== "switch" || atom.terms.length > 1),
  }));
  return checkProgram({ rules: [...implicitRules, ...rules, ...bodies], base, sorts });
}

const terms = (n: number): string => (n === 1 ? "1 term" : `${n} terms`);

/** Sorts as the engine compares them: an address stands for a host, and what is counted is a number. */
const engineSort = (sort: Sort): Sort =>
  sort === "ip" || sort === "prefix" || sort === "address"
    ? "host"
    : sort === "rate" || sort === "dpid" || sort === "protocol"
      ? "number"
      : sort;
