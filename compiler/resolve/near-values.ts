/**
 * A misspelt value in a fact or in a rule → a warning with what was meant. A rule that asks for `dept(U, "Staff")` where
 * the facts say `staff` holds nobody, and `in_group("Alice", staf)` takes Alice out of a rule about `staff`: neither is
 * wrong by itself. Values are compared within the columns that variables of rules join. Users, hosts and numbers are
 * not looked at: those that nothing places are told elsewhere, and numbers are near each other by chance.
 */
import type { Constant } from "../datalog/types.ts";
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { distance, suggest } from "../diagnostics/suggest.ts";
import { attributeOf } from "../fml/attributes.ts";
import { leaves, type Leaf } from "../fml/predicates.ts";
import type { ExternStatement, PassedOver } from "../fml/extern.ts";
import type { Program } from "../fml/program.ts";
import { DIRECTORY_SORTS } from "../fml/sorts.ts";
import { constantOf } from "../model/constants.ts";
import { byText } from "../net/order.ts";
import { isSlip } from "../model/lone-hosts.ts";
import type { Directory } from "../model/model.ts";
import type { Span } from "../source.ts";
import { appearance, escaped } from "./look-alikes.ts";
import type { BodyExpr, RuleExpr } from "../syntax/ast.ts";

/** So many values without a fact, and so many of one column that stand there alone, are looked at: more are no slips. */
const MOST_ASKED = 200;
/** A slip is copied with its line, but seldom more often. */
const MOST_COPIES = 3;
const MOST_LONE = 8;

/** A value that a rule asks for, with the column in which it does. */
interface Asked {
  readonly value: string;
  readonly column: string;
  readonly relation: string;
  readonly span: Span;
}

/** The warnings for all of them. */
export function nearValues(
  { facts, definitions }: Program,
  policyRules: readonly RuleExpr[],
  { userHosts, hosts }: Pick<Directory, "userHosts" | "hosts">,
  added: readonly string[],
): readonly Diagnostic[] {
  const rules = [...[...definitions.values()].flat(), ...policyRules];
  const { asked, classOf } = read(rules);
  const columns = columnsOf(facts.relations);
  // A fact alone makes a user, too, so a misspelt one is in the directory.
  const users = [...new Set([...added, ...userHosts.map(({ user }) => user)])];
  return [
    ...askedInVain(asked, columns, definitions),
    ...lone(asked, columns, classOf),
    ...noUsers(columns, denied(rules), classOf, users, hosts),
  ];
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
    const compared: Leaf[] = [];
    for (const atom of atoms) {
      if (atom.kind === "compare") compared.push(atom);
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
    // `G != guest` asks for a value of the column of `G`.
    for (const one of compared) {
      if (one.kind !== "compare" || one.left.kind !== "variable" || one.right.kind !== "value") continue;
      const column = variables.get(one.left.name);
      const value = constantOf(one.right.value);
      if (column === undefined || column === FIELD || typeof value !== "string") continue;
      asked.push({ value, column, relation: column.slice(0, column.lastIndexOf("/")), span: one.right.span });
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

/**
 * Whether one value may be a slip for the other: one letter more or fewer, or two in the other order, in one of its words.
 * Words with one other letter (`print`, `point`; `internal`, `interval`), that are further apart (`male`, `female`), and
 * short ones are mostly both meant.
 */
function isNear(one: string, other: string, shortest = SHORTEST): boolean {
  if (isSlip(one, other, Infinity)) return true;
  if (!isSlip(one, other, shortest)) return false;
  const [words, others] = [one, other].map((text) => text.toLowerCase().split(/[^\p{L}]+/u)) as [string[], string[]];
  const at = words.findIndex((word, i) => word !== others[i]);
  if (words.length !== others.length || words.some((word, i) => i !== at && word !== others[i])) return false;
  const [a, b] = [words[at]!, others[at]!];
  // Words that only end otherwise are of one stem, and both meant: inside and insider.
  if (isMaker(a, b) || isMaker(b, a)) return false;
  const isExchange = a.length === b.length;
  if (isExchange && sortedLetters(a) !== sortedLetters(b)) return false;
  return Math.min(a.length, b.length) >= shortest && distance(a, b, 1) <= 1;
}
const isMaker = (word: string, other: string): boolean => other === `${word}r` && word.endsWith("e");
const sortedLetters = (word: string): string => Array.from(word).toSorted(byText).join("");
const SHORTEST = 4;
const SHORTEST_USER = 3;

/** The nearest of some values, first of those that are no slips themselves. */
function nearest(value: string, ...choices: readonly (readonly string[])[]): string | undefined {
  for (const known of choices) {
    const meant = suggest(value, known);
    if (meant !== undefined && isNear(value, meant)) return meant;
  }
  return undefined;
}

const meaning = (meant: string): string => `did you mean \`${meant}\`?`;
const meaningOr = (meant: string, name: string): string =>
  `${meaning(meant)} if both are meant, a rule that asks for \`${name}\` says so`;
const facts = (count: number): string => (count === 1 ? "one fact" : `${count} facts`);

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
 * Values that one fact alone has, where rules ask for nearly the same value, or facts of several columns have that; beside
 * what rules ask for also those of two facts or three. What is in a column of users or hosts is left out.
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
        ([value, { count }]) => count <= MOST_COPIES && inColumns.get(value) === 1 && !anchors.has(value),
      );
      if (alone.length > MOST_LONE) continue;
      for (const [name, { span, count }] of alone) {
        const meant = nearest(name, count === 1 ? known : [...anchors]);
        if (meant === undefined) continue;
        yield codes.loneValue(
          { name, facts: facts(count), relation, other: meant },
          { span, help: meaningOr(meant, name) },
        );
      }
    }
  }
}

/** What the `where` of an extern leaves out, and what is nearly the value that it asks for. */
export function* nearWhere(passedOver: ReadonlyMap<ExternStatement, PassedOver>): Generator<Diagnostic> {
  for (const [{ where, path }, values] of passedOver) {
    if (where === undefined) continue;
    const { text: wanted, span } = where.equals;
    for (const [value, { span: place, count }] of values) {
      const related = [{ span: place, message: "the other one" }];
      const relation = path.text;
      if (value.toLowerCase() === wanted.toLowerCase())
        yield codes.apartInCapitals({ name: wanted, other: value, relation }, { span, related });
      else if (appearance(value) === appearance(wanted)) {
        const help = "write the same letters in both places";
        yield codes.lookAlike({ name: escaped(value), other: escaped(wanted) }, { span: place, help });
      } else if (count <= MOST_COPIES && isNear(value, wanted)) {
        const words = { name: value, facts: facts(count), relation, other: wanted };
        yield codes.loneValue(words, { span: place, help: `${meaning(wanted)} \`where\` leaves this row out` });
      }
    }
  }
}

/** The relations that are asked under `not`, and those that their rules ask. */
function denied(rules: readonly RuleExpr[]): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (body: BodyExpr | undefined): void => {
    for (const leaf of leaves(body)) if (leaf.kind === "atom") found.add(leaf.relation.text);
  };
  const look = (body: BodyExpr | undefined): void => {
    if (body?.kind === "not") add(body.body);
    else if (body?.kind === "and" || body?.kind === "or") for (const part of body.parts) look(part);
  };
  for (const { body } of rules) look(body);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { head, body } of rules) if (head.kind === "atom" && found.has(head.relation.text)) add(body);
  }
  return found;
}

/** Values of few facts alone that are no users otherwise, in columns of users that are asked under `not`: who is meant passes. */
function* noUsers(
  columns: ReadonlyMap<string, Column>,
  relations: ReadonlySet<string>,
  classOf: (column: string) => string,
  users: readonly string[],
  hosts: ReadonlyMap<string, unknown>,
): Generator<Diagnostic> {
  const known = new Set(users);
  const ofUsers = classOf(columnOf("user_host", 0));
  const all = [classOf(FIELD), ofUsers];
  let looked = 0;
  for (const [key, { relation, values }] of columns) {
    if (!relations.has(relation) || DIRECTORY_SORTS.has(relation) || !all.includes(classOf(key))) continue;
    for (const [name, { span, count }] of values) {
      if (count > MOST_COPIES || known.has(name) || hosts.has(name)) continue;
      if (++looked > MOST_ASKED) return;
      const meant = suggest(name, users);
      if (meant === undefined || !isNear(name, meant, SHORTEST_USER)) continue;
      const help = `${meaning(meant)} if both are users, an \`AddUser\` says so`;
      yield codes.loneValue({ name, facts: facts(count), relation, other: meant }, { span, help });
    }
  }
}
