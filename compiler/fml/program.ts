/**
 * All rules and facts of the files → one Datalog program, with the relations that exist, those that look at the flow,
 * those of admission, and those that are needed.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { Engine, type Constant, type Rule, type Tuple } from "../datalog/index.ts";
import type { Span } from "../source.ts";
import type { RuleExpr, TermExpr } from "../syntax/ast.ts";
import { aritiesOf, checkRules, declaredSorts, unitFaults } from "./arities.ts";
import { attributeOf } from "./attributes.ts";
import { checkRule, singletons, type Known } from "./check.ts";
import { checkRecursion, flowPredicates, uses } from "./predicates.ts";
import { inlinableViews } from "./views.ts";
import { inferColumns, type ColumnSorts } from "./columns.ts";
import { constantOf, valueText } from "../model/constants.ts";
import { formHelp } from "../model/fact-forms.ts";
import type { ExternStatement } from "./extern.ts";
import { FactBase, type LocatedFact } from "../model/facts.ts";
import { IMPLICIT, implicitRules } from "./implicit-rules.ts";
import { admissionRelations, admissionRules, refuseNamesOfAdmission } from "./network-rules.ts";
import { WrittenOut } from "./clauses.ts";
import { toDatalog } from "./rules.ts";
import { DIRECTORY_SORTS, type Sort } from "./sorts.ts";
import { faultOfRun, MOST_STEPS, oversized } from "./run-faults.ts";
import { append } from "../net/lists.ts";

/** The relation rules of the files and the facts. */
export class Program {
  readonly facts = new FactBase();
  readonly externs: readonly ExternStatement[];
  /** Rules that are no facts, by the relation they define. */
  readonly definitions = new Map<string, RuleExpr[]>();
  readonly predicates: ReadonlySet<string>;
  readonly admission: ReadonlySet<string>;
  readonly report: (diagnostic: Diagnostic) => void;
  readonly translated: Rule[] = [];
  /** Externs that could not be read, or not whole: that has been reported, and what they lack is not reported again. */
  readonly faulty = new Set<ExternStatement>();
  engine: Engine | undefined;

  constructor(
    rules: readonly RuleExpr[],
    externs: readonly ExternStatement[],
    policyRules: readonly RuleExpr[],
    vocabulary: ReadonlySet<string>,
    report: (diagnostic: Diagnostic) => void,
  ) {
    this.report = report;
    this.externs = externs;
    for (const relation of [...DIRECTORY_SORTS.keys(), ...IMPLICIT]) this.facts.declare(relation);
    for (const { relation } of externs) this.facts.declare(relation.text);
    for (const rule of rules) this.add(rule);
    refuseNamesOfAdmission(this, policyRules, vocabulary, report);
    this.admission = admissionRelations(this, vocabulary);
    this.predicates = flowPredicates(this.ordinary());
  }

  add(rule: RuleExpr): void {
    if (rule.head.kind !== "atom") {
      const help = "write it inside `policy NAME { … }`";
      this.report(codes.verdictOutsidePolicy({}, { span: rule.head.span, help }));
      return;
    }
    const { relation, terms } = rule.head;
    if (attributeOf(relation, terms) !== undefined) {
      const { text: name, span } = relation;
      // `switch` is also a relation of the directory: with one term, one was forgotten.
      const columns = DIRECTORY_SORTS.get(name)?.length;
      const help = "a relation of rules has a name of its own; a policy asks for the field";
      if (columns === undefined) this.report(codes.reservedRelation({ name }, { span, help }));
      else
        this.report(
          codes.wrongArity({ name, expected: `${columns} terms`, given: "1 is" }, { span, help: formHelp(name) }),
        );
      return;
    }
    if (rule.body !== undefined) {
      const rules = this.definitions.get(relation.text);
      if (rules) rules.push(rule);
      else this.definitions.set(relation.text, [rule]);
      return;
    }
    this.fact(relation.text, terms, rule.span);
  }

  /** A fact. A variable in it was meant as a name: it is reported, and read as one, so that nothing else goes wrong. */
  fact(relation: string, terms: readonly TermExpr[], span: Span): void {
    for (const fault of unitFaults(relation, terms)) this.report(fault);
    const tuple: Constant[] = [];
    for (const term of terms) {
      const value = term.kind === "value" ? constantOf(term.value) : term.kind === "variable" ? term.name : undefined;
      if (term.kind === "variable") {
        const text = JSON.stringify(term.name);
        const fix = { title: `write ${text}`, span: term.span, text };
        const help = `a name that begins with a capital letter is written ${text} in facts and rules`;
        this.report(codes.variableFact({ variable: term.name }, { span: term.span, help, fix }));
      } else if (value === undefined) {
        const given = term.kind === "value" ? valueText(term.value) : "_";
        this.report(codes.notAConstant({ given }, { span: term.span }));
      }
      if (value !== undefined) tuple.push(value);
    }
    if (tuple.length === terms.length) this.facts.add(relation, { tuple, span });
  }

  /** The definitions that are not admission's. */
  ordinary(): Map<string, readonly RuleExpr[]> {
    return new Map([...this.definitions].filter(([name]) => !this.admission.has(name)));
  }

  /** The relations that the rules of a relation ask. */
  uses(relation: string): Iterable<string> {
    return uses(this.definitions, relation);
  }

  /** Names that a body may use as relations. */
  relations(): Set<string> {
    const names = new Set([...this.definitions.keys(), ...this.facts.relations.keys()]);
    for (const name of this.admission) names.delete(name);
    return names;
  }

  /** Checks and translates the finite rules; false when something is wrong with them. */
  translate(known: Known): boolean {
    let sound = true;
    const written = new WrittenOut();
    const fault = (diagnostic: Diagnostic): void => {
      if (diagnostic.severity === "error") sound = false;
      this.report(diagnostic);
    };
    for (const diagnostic of checkRecursion(this.ordinary(), this.predicates)) fault(diagnostic);
    for (const [name, rules] of this.definitions) {
      for (const rule of rules) {
        const excess = oversized(rule, written);
        if (excess !== undefined) {
          fault(excess);
          continue;
        }
        if (this.admission.has(name)) {
          for (const diagnostic of singletons(rule, rule.body, known)) fault(diagnostic);
          continue;
        }
        for (const diagnostic of checkRule(rule, rule.body, known)) fault(diagnostic);
        if (this.predicates.has(name)) continue;
        const { rules: translated, diagnostics } = toDatalog(rule);
        for (const diagnostic of diagnostics) fault(diagnostic);
        append(this.translated, translated);
      }
    }
    return sound;
  }

  /** Whether arities, sorts, safety and negation are in order, the policies' own bodies included. */
  check(shadows: readonly Rule[]): boolean {
    const found = checkRules(this.translated, shadows, this.arities(), this.externs);
    for (const diagnostic of found) this.report(diagnostic);
    return !found.some(({ severity }) => severity === "error");
  }

  /** Arities of stored relations. Facts that differ are reported and left out. */
  arities(): Record<string, number> {
    return aritiesOf(this.facts, this.externs, this.report);
  }

  /** Runs what the auxiliary rules and the directory need; undefined where that failed. */
  run(auxiliary: readonly Rule[], users: Iterable<string>): Engine | undefined {
    const all = [...implicitRules, ...this.translated, ...auxiliary];
    const byHead = Map.groupBy(all, (r) => r.head.relation);
    const needed = new Set<string>([...DIRECTORY_SORTS.keys(), ...IMPLICIT, ...auxiliary.map((r) => r.head.relation)]);
    for (const name of needed) {
      for (const rule of byHead.get(name) ?? []) for (const { atom } of rule.body) needed.add(atom.relation);
    }
    const engine = new Engine({
      rules: all.filter((r) => needed.has(r.head.relation)),
      base: this.arities(),
      steps: MOST_STEPS,
    });
    const insert: [string, Tuple][] = [...users].map((user) => ["known_user", [user]]);
    for (const [relation, facts] of this.facts.relations) {
      if (needed.has(relation)) for (const { tuple } of facts.values()) insert.push([relation, tuple]);
    }
    try {
      engine.transact({ insert });
    } catch (error) {
      this.report(faultOfRun(error, all));
      return undefined;
    }
    this.engine = engine;
    return engine;
  }

  /** The facts of a relation with their places; derived ones stand at the rule that defines them. */
  factsOf(relation: string): Iterable<LocatedFact> {
    const stated = [...this.facts.of(relation)];
    const [rule] = this.definitions.get(relation) ?? [];
    if (rule === undefined || this.engine === undefined) return stated;
    const places = new Map(stated.map((f) => [f.tuple.join("\u0000"), f.span]));
    const arity = DIRECTORY_SORTS.get(relation)?.length ?? 1;
    const pattern = Array.from({ length: arity }, () => undefined);
    const tuples = this.engine.query(relation, pattern);
    return tuples.map((tuple) => ({ tuple, span: places.get(tuple.join("\u0000")) ?? rule.span }));
  }

  /** Views that policies may write out. */
  inlinable(): Set<string> {
    return inlinableViews(this.ordinary(), (relation) => this.facts.relations.has(relation));
  }

  /** The rules for `reject` and the finite relations that they use, for admission. */
  admissionRules(): Rule[] {
    return admissionRules(this.definitions, this.admission, this.predicates, this.report);
  }

  /** The names in all columns of a sort. */
  *factsOfSort(sort: Sort, columns: ColumnSorts): Generator<string> {
    for (const [relation, sorts] of columns) {
      for (const [column, of] of sorts.entries()) {
        if (of === sort) for (const { tuple } of this.facts.of(relation)) yield String(tuple[column]);
      }
    }
  }

  /** The sorts of all columns, declared or inferred from rules. */
  columns(policyRules: readonly RuleExpr[]): ColumnSorts {
    const rules = [...[...this.ordinary().values()].flat(), ...policyRules];
    return inferColumns(declaredSorts(this.externs), rules);
  }
}
