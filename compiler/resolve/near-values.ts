/**
 * A misspelt value in a fact or in a rule → a warning with what was meant. A rule that asks for `dept(U, "Staff")` where
 * the facts say `staff` holds nobody, and `in_group("Alice", staf)` takes Alice out of a rule about `staff`: neither is
 * wrong by itself. Values are compared within the columns that variables of rules join. Users, hosts and numbers are
 * not looked at: those that nothing places are told elsewhere, and numbers are near each other by chance.
 */
import type { Constant } from "../datalog/types.ts";
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { suggest } from "../diagnostics/suggest.ts";
import { attributeOf } from "../fml/attributes.ts";
import { leaves, type Leaf } from "../fml/predicates.ts";
import type { Program } from "../fml/program.ts";
import { DIRECTORY_SORTS } from "../fml/sorts.ts";
import { constantOf } from "../model/constants.ts";
import { isSlip } from "../model/lone-hosts.ts";
import type { Span } from "../source.ts";
import type { RuleExpr } from "../syntax/ast.ts";

/** So many values without a fact, and so many of one column that stand there alone, are looked at: more are no slips. */
const MOST_ASKED = 200;
const MOST_LONE = 8;

/** A value that a rule asks for, with the column in which it does. */
interface Asked {
  readonly value: string;
  readonly column: string;
  readonly relation: string;
  readonly span: Span;
}

/** The warnings for all of them. */
export function nearValues({ facts, definitions }: Program, policyRules: readonly RuleExpr[]): readonly Diagnostic[] {
  const rules = [...[...definitions.values()].flat(), ...policyRules];
  const { asked, classOf } = read(rules);
  const columns = columnsOf(facts.relations);
  return [...askedInVain(asked, columns, definitions), ...lone(asked, columns, classOf)];
}

/** What rules ask for, and which columns their variables join: a column → the first of those that are joined with it. */
function read(rules: readonly RuleExpr[]): {
  readonly asked: readonly Asked[];
  readonly classOf: (column: string) => string;
} {
  const asked: Asked[] = [];
  const joined = new Map<string, string>();
  const classOf = (column: string): string => {
    let first = column;
    for (let next = joined.get(first); next !== undefined; next = joined.get(first)) first = next;
    for (let at = column; at !== first;) {
      const next = joined.get(at)!;
      joined.set(at, first);
      at = next;
    }
    return first;
  };
  for (const { head, body } of rules) {
    const variables = new Map<string, string>();
    const atoms: Iterable<Leaf> = head.kind === "atom" ? [head, ...leaves(body)] : leaves(body);
    const join = (variable: string, column: string): void => {
      const first = variables.get(variable);
      if (first === undefined) variables.set(variable, column);
      else if (classOf(first) !== classOf(column)) joined.set(classOf(column), classOf(first));
    };
    for (const atom of atoms) {
      if (atom.kind !== "atom") continue;
      const relation = atom.relation.text;
      if (attributeOf(atom.relation, atom.terms) !== undefined) {
        for (const term of atom.terms) if (term.kind === "variable") join(term.name, FIELD);
        continue;
      }
      for (const [at, term] of atom.terms.entries()) {
        const column = columnOf(relation, at);
        if (term.kind === "variable") join(term.name, column);
        else if (term.kind === "value" && atom !== head) {
          const value = constantOf(term.value);
          if (typeof value === "string") asked.push({ value, column, relation, span: term.span });
        }
      }
    }
  }
  return { asked, classOf };
}

/** What is joined with a field is of users, hosts, ports: this stands for all of them. */
const FIELD = "";
const columnOf = (relation: string, at: number): string => `${relation}/${at}`;

/** A column of facts: the values in it, each with its first place and how often it stands there. */
interface Column {
  readonly relation: string;
  readonly values: Map<string, { readonly span: Span; count: number }>;
}

function columnsOf(
  relations: ReadonlyMap<string, ReadonlyMap<string, { readonly tuple: readonly Constant[]; readonly span: Span }>>,
): ReadonlyMap<string, Column> {
  const found = new Map<string, Column>();
  for (const [relation, rows] of relations)
    for (const { tuple, span } of rows.values())
      for (const [at, value] of tuple.entries()) {
        if (typeof value !== "string") continue;
        const key = columnOf(relation, at);
        let column = found.get(key);
        if (column === undefined) found.set(key, (column = { relation, values: new Map() }));
        const known = column.values.get(value);
        if (known === undefined) column.values.set(value, { span, count: 1 });
        else known.count++;
      }
  return found;
}

/** Whether one value may be a slip for the other. Rules ask for few values: two short ones are not near by chance. */
const isNear = (one: string, other: string): boolean => isSlip(one, other, SHORTEST);
const SHORTEST = 4;

/** The nearest of some values, first of those that are no slips themselves. */
function nearest(value: string, ...choices: readonly (readonly string[])[]): string | undefined {
  for (const known of choices) {
    const meant = suggest(value, known);
    if (meant !== undefined && isNear(value, meant)) return meant;
  }
  return undefined;
}

const meaning = (meant: string): string => `did you mean \`${meant}\`?`;

/** Values that rules ask for, and that no fact has in their column, where a fact has nearly the same. */
function* askedInVain(
  asked: readonly Asked[],
  columns: ReadonlyMap<string, Column>,
  definitions: ReadonlyMap<string, unknown>,
): Generator<Diagnostic> {
  let looked = 0;
  const told = new Set<string>();
  const lists = new Map<Column, readonly [often: readonly string[], all: readonly string[]]>();
  for (const { value, column: key, relation, span } of asked) {
    const column = columns.get(key);
    if (column === undefined || column.values.has(value) || definitions.has(relation)) continue;
    if (told.has(`${key} ${value}`)) continue;
    told.add(`${key} ${value}`);
    if (++looked > MOST_ASKED) return;
    let known = lists.get(column);
    if (known === undefined) {
      const all = [...column.values];
      const often = all.filter(([, { count }]) => count > 1);
      lists.set(column, (known = [often.map(([one]) => one), all.map(([one]) => one)]));
    }
    const meant = nearest(value, known[0], known[1]);
    if (meant === undefined) continue;
    const related = [{ span: column.values.get(meant)!.span, message: `\`${meant}\` stands here` }];
    yield codes.askedInVain({ name: value, relation }, { span, related, help: meaning(meant) });
  }
}

/**
 * Values that one fact alone has, where rules ask for nearly the same value, or facts of several columns have that. What is
 * in a column of users or hosts is left out.
 */
function* lone(
  asked: readonly Asked[],
  columns: ReadonlyMap<string, Column>,
  classOf: (column: string) => string,
): Generator<Diagnostic> {
  const placed = new Set([FIELD]);
  for (const [relation, sorts] of DIRECTORY_SORTS) for (const at of sorts.keys()) placed.add(columnOf(relation, at));
  const left = new Set([...placed].map(classOf));
  const classes = new Map<string, { readonly anchors: Set<string>; readonly columns: Column[] }>();
  for (const [key, column] of columns) {
    const first = classOf(key);
    if (left.has(first)) continue;
    const found = classes.get(first);
    if (found) found.columns.push(column);
    else classes.set(first, { anchors: new Set(), columns: [column] });
  }
  for (const { value, column } of asked) classes.get(classOf(column))?.anchors.add(value);
  for (const { anchors, columns: all } of classes.values()) {
    const inColumns = new Map<string, number>();
    for (const { values } of all)
      for (const value of values.keys()) inColumns.set(value, (inColumns.get(value) ?? 0) + 1);
    // What a rule asks for and no fact has may be the slip.
    const known: string[] = [];
    for (const [value, count] of inColumns) if (count > 1 || anchors.has(value)) known.push(value);
    for (const { relation, values } of known.length === 0 ? [] : all) {
      const alone = [...values].filter(
        ([value, { count }]) => count === 1 && inColumns.get(value) === 1 && !anchors.has(value),
      );
      if (alone.length > MOST_LONE) continue;
      for (const [name, { span }] of alone) {
        const meant = nearest(name, known);
        if (meant === undefined) continue;
        yield codes.loneValue({ name, relation, other: meant }, { span, help: meaning(meant) });
      }
    }
  }
}
