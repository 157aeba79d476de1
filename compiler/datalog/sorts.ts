/**
 * Sorts: where columns say what their values are (users, hosts), a variable must not stand for two kinds of thing.
 * Columns without a declaration take the sort of what their rules put there.
 */
import { sortClash } from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { withArticle } from "../diagnostics/text.ts";
import type { Span } from "../source.ts";
import type { Definitions } from "./definitions.ts";
import type { HeadTerm, Rule } from "./types.ts";

/** Where a variable stands in a rule, and the sort that its column has. */
interface Occurrence {
  readonly variable: string;
  readonly relation: string;
  readonly sort: string;
  readonly span: Span | undefined;
}

type Sorts = Map<string, (string | undefined)[]>;

function nameOf(term: HeadTerm): string | undefined {
  return term.kind === "variable" ? term.name : undefined;
}

/** Where variables of the rule have a sort, body first: the body says what it is, the head what it has to be. */
function* occurrencesOf({ head, body }: Rule, sorts: Sorts): Iterable<Occurrence> {
  for (const { relation, terms, span } of [...body.map(({ atom }) => atom), head]) {
    const columns = sorts.get(relation);
    if (columns === undefined) continue;
    for (const [column, term] of terms.entries()) {
      const variable = nameOf(term);
      const sort = columns[column];
      if (variable !== undefined && sort !== undefined) yield { variable, relation, sort, span: term.span ?? span };
    }
  }
}

/** Adds what rules say about undeclared columns; true if that was anything. */
function infer(rule: Rule, sorts: Sorts): boolean {
  const known = new Map<string, string>();
  for (const { variable, sort } of occurrencesOf({ ...rule, head: { ...rule.head, terms: [] } }, sorts)) {
    if (!known.has(variable)) known.set(variable, sort);
  }
  if (known.size === 0) return false;
  let columns = sorts.get(rule.head.relation);
  if (columns === undefined) sorts.set(rule.head.relation, (columns = []));
  let changed = false;
  for (const [column, term] of rule.head.terms.entries()) {
    const sort = known.get(nameOf(term) ?? "");
    if (sort === undefined || columns[column] !== undefined) continue;
    columns[column] = sort;
    changed = true;
  }
  return changed;
}

export function checkSorts(definitions: Definitions): Diagnostic[] {
  const sorts: Sorts = new Map(Object.entries(definitions.sorts).map(([name, columns]) => [name, [...columns]]));
  if (sorts.size === 0) return [];
  for (let changed = true; changed;) {
    changed = false;
    for (const rule of definitions.rules) if (infer(rule, sorts)) changed = true;
  }
  const found: Diagnostic[] = [];
  for (const rule of definitions.rules) {
    const first = new Map<string, Occurrence>();
    const reported = new Set<string>();
    for (const occurrence of occurrencesOf(rule, sorts)) {
      const { variable, relation, sort, span } = occurrence;
      const earlier = first.get(variable);
      if (earlier === undefined) first.set(variable, occurrence);
      else if (earlier.sort !== sort && !reported.has(variable)) {
        reported.add(variable);
        const related =
          earlier.span === undefined
            ? []
            : [{ span: earlier.span, message: `\`${variable}\` is ${withArticle(earlier.sort)} here` }];
        found.push(
          sortClash(
            {
              variable,
              one: withArticle(earlier.sort),
              oneFrom: `\`${earlier.relation}\``,
              otherFrom: `\`${relation}\``,
              other: withArticle(sort),
            },
            { span, related },
          ),
        );
      }
    }
  }
  return found;
}
