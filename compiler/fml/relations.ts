/**
 * All rules and facts of the files → one Datalog program, and what must be known of it before it runs: which relations
 * exist, which look at the flow, which belong to admission, and which are needed at all.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { checkProgram, Engine, type Constant, type Rule, type Tuple } from "../datalog/index.ts";
import { FIELDS } from "../flowgroup/fields.ts";
import type { Span } from "../source.ts";
import type { RuleExpr, TermExpr } from "../syntax/ast.ts";
import { attributeOf } from "./attributes.ts";
import { checkRule, singletons, type Known } from "./check.ts";
import { checkRecursion, flowPredicates, leaves } from "./predicates.ts";
import { inlinableViews } from "./views.ts";
import { inferColumns, type Columns } from "./columns.ts";
import { constantOf, printValue } from "../model/constants.ts";
import type { ExternStatement } from "./extern.ts";
import { FactBase, type Fact } from "../model/facts.ts";
import { toDatalog } from "./rules.ts";
import { DIRECTORY_SORTS, FIELD_SORTS, type Sort } from "./sorts.ts";
import { faultOfSum } from "./sums.ts";

/** Relations that every policy has: all hosts and users that anything names. */
export const IMPLICIT = ["known_host", "known_user"] as const;

const v = (name: string) => ({ kind: "variable", name }) as const;
const any = { kind: "anonymous" } as const;

/** `known_host(H) <= host_ip(H, _).` and so on. */
const implicitRules: readonly Rule[] = (
  [
    ["known_host", "host_ip", [v("X"), any]],
    ["known_host", "host_mac", [v("X"), any]],
    ["known_host", "host_at", [v("X"), any, any]],
    ["known_host", "user_host", [any, v("X")]],
    ["known_user", "user_host", [v("X"), any]],
  ] as const
).map(([relation, from, terms]) => ({
  head: { relation, terms: [v("X")] },
  body: [{ negated: false, atom: { relation: from, terms } }],
}));

/** `known_user(U) <= user(U).`: in admission users are added as they are accepted. */
const knownByAdmission: Rule = {
  head: { relation: "known_user", terms: [v("X")] },
  body: [{ negated: false, atom: { relation: "user", terms: [v("X")] } }],
};

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
  /** Externs that could not be read, or not whole: that has been reported, and what they lack is no news. */
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
    for (const relation of [...Object.keys(DIRECTORY_SORTS), ...IMPLICIT]) this.facts.declare(relation);
    for (const { relation } of externs) this.facts.declare(relation.text);
    for (const rule of rules) this.add(rule);
    for (const name of vocabulary) if (this.isDefined(name)) this.claim(name, policyRules);
    this.admission = this.admissionRelations(vocabulary);
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
      this.report(codes.reservedRelation({ name: relation.text }, { span: relation.span }));
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
    const tuple: Constant[] = [];
    for (const term of terms) {
      const value = term.kind === "value" ? constantOf(term.value) : term.kind === "variable" ? term.name : undefined;
      if (term.kind === "variable") {
        const text = JSON.stringify(term.name);
        const fix = { title: `write ${text}`, span: term.span, text };
        const help = `a name that begins with a capital letter is written ${text} in facts and rules`;
        this.report(codes.variableFact({ variable: term.name }, { span: term.span, help, fix }));
      } else if (value === undefined) {
        const given = term.kind === "value" ? printValue(term.value) : "_";
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

  /**
   * `reject`, and the relations between it and those that admission answers (`grant`, `speaks`, …): they are evaluated
   * when a statement is decided, not here.
   */
  admissionRelations(vocabulary: ReadonlySet<string>): Set<string> {
    const asked = this.asked();
    const found = new Set<string>(this.definitions.has("reject") ? ["reject"] : []);
    for (let before = -1; before !== found.size;) {
      before = found.size;
      for (const name of asked) {
        if (!this.definitions.has(name) || found.has(name)) continue;
        if ([...this.uses(name)].some((u) => found.has(u) || this.isAdmissions(u, vocabulary))) found.add(name);
      }
    }
    return found;
  }

  /** `reject` and what its rules ask, directly or through others. */
  asked(): Set<string> {
    const asked = new Set<string>(["reject"]);
    for (const name of asked) for (const used of this.uses(name)) asked.add(used);
    return asked;
  }

  /**
   * A relation of the files that is called like one of admission's. It is the files' own where policies and relations of
   * theirs read it; where rules for `reject` do, they would meet admission's, and where nobody does, that was meant.
   */
  claim(name: string, policyRules: readonly RuleExpr[]): void {
    const isRead = (rules: readonly RuleExpr[]): boolean =>
      rules.some(({ body }) => [...leaves(body)].some((leaf) => leaf.kind === "atom" && leaf.relation.text === name));
    const others = [...this.definitions].flatMap(([head, rules]) => (head === name ? [] : rules));
    if (!this.asked().has(name) && isRead([...others, ...policyRules])) return;
    const [rule] = this.definitions.get(name) ?? [];
    const [fact] = this.facts.of(name);
    const extern = this.externs.find(({ relation }) => relation.text === name);
    const span = rule?.head.span ?? fact?.span ?? extern?.relation.span;
    const help = "a relation of your own needs another name";
    this.report(codes.admissionsRelation({ name }, { span, help }));
    this.definitions.delete(name);
    this.facts.relations.delete(name);
  }

  /** A relation that nobody here defines is admission's, if it is anybody's. */
  isAdmissions(relation: string, vocabulary: ReadonlySet<string>): boolean {
    return vocabulary.size > 0 ? vocabulary.has(relation) : !this.isDefined(relation);
  }

  isDefined(relation: string): boolean {
    return this.definitions.has(relation) || this.facts.relations.has(relation);
  }

  *uses(relation: string): Generator<string> {
    for (const rule of this.definitions.get(relation) ?? []) {
      for (const leaf of leaves(rule.body)) if (leaf.kind === "atom") yield leaf.relation.text;
    }
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
    const fault = (diagnostic: Diagnostic): void => {
      sound = false;
      this.report(diagnostic);
    };
    for (const diagnostic of checkRecursion(this.ordinary(), this.predicates)) fault(diagnostic);
    for (const [name, rules] of this.definitions) {
      for (const rule of rules) {
        if (this.admission.has(name)) {
          for (const diagnostic of singletons(rule, rule.body, known)) fault(diagnostic);
          continue;
        }
        for (const diagnostic of checkRule(rule, rule.body, known)) fault(diagnostic);
        if (this.predicates.has(name)) continue;
        const { rules: translated, diagnostics } = toDatalog(rule);
        for (const diagnostic of diagnostics) fault(diagnostic);
        this.translated.push(...translated);
      }
    }
    return sound;
  }

  /** Whether arities, sorts, safety and negation are in order, the policies' own bodies included. */
  check(shadows: readonly Rule[]): boolean {
    const attributes: Record<string, number> = Object.fromEntries([...FIELDS, "srcUser"].map((f) => [f, 1]));
    delete attributes["switch"]; // the fact of this name has two terms, and the attribute needs no check
    const sorts: Record<string, (Sort | undefined)[]> = {};
    for (const [relation, columns] of Object.entries(DIRECTORY_SORTS)) sorts[relation] = columns.map(plainSort);
    for (const { relation, sorts: columns } of this.externs) {
      sorts[relation.text] = columns.map((s) => plainSort(s.text));
    }
    for (const [field, sort] of Object.entries(FIELD_SORTS)) if (field !== "switch") sorts[field] = [plainSort(sort)];
    sorts["srcUser"] = ["user"];
    sorts["known_user"] = ["user"];
    sorts["known_host"] = ["host"];
    const own = shadows.map((s) => ({
      ...s,
      body: s.body.filter((l) => l.atom.relation !== "switch" || l.atom.terms.length > 1),
    }));
    const found = checkProgram({
      rules: [...implicitRules, ...this.translated, ...own],
      base: { ...this.arities(), ...attributes },
      sorts,
    });
    for (const diagnostic of found) this.report(diagnostic);
    return !found.some((d) => d.severity === "error");
  }

  /** Arities of stored relations, by their first fact or their declaration. Facts that differ are reported and left out. */
  arities(): Record<string, number> {
    const arities: Record<string, number> = { known_host: 1, known_user: 1 };
    for (const [relation, sorts] of Object.entries(DIRECTORY_SORTS)) arities[relation] = sorts.length;
    for (const { relation, sorts } of this.externs) arities[relation.text] ??= sorts.length;
    for (const [relation, facts] of this.facts.relations) {
      for (const [key, { tuple, span }] of facts) {
        const expected = (arities[relation] ??= tuple.length);
        if (tuple.length === expected) continue;
        const words = {
          name: relation,
          expected: terms(expected),
          given: `${tuple.length} ${tuple.length === 1 ? "is" : "are"}`,
        };
        this.report(codes.wrongArity(words, { span }));
        facts.delete(key);
      }
    }
    return arities;
  }

  /** Runs what is needed for `wanted` relations and the directory; undefined where a sum could not be made. */
  run(auxiliary: readonly Rule[], users: Iterable<string>): Engine | undefined {
    const all = [...implicitRules, ...this.translated, ...auxiliary];
    const byHead = Map.groupBy(all, (r) => r.head.relation);
    const needed = new Set<string>([
      ...Object.keys(DIRECTORY_SORTS),
      ...IMPLICIT,
      ...auxiliary.map((r) => r.head.relation),
    ]);
    for (const name of needed) {
      for (const rule of byHead.get(name) ?? []) for (const { atom } of rule.body) needed.add(atom.relation);
    }
    const engine = new Engine({ rules: all.filter((r) => needed.has(r.head.relation)), base: this.arities() });
    const insert: [string, Tuple][] = [...users].map((user) => ["known_user", [user]]);
    for (const [relation, facts] of this.facts.relations) {
      if (needed.has(relation)) for (const { tuple } of facts.values()) insert.push([relation, tuple]);
    }
    try {
      engine.transact({ insert });
    } catch (error) {
      this.report(faultOfSum(error, all));
      return undefined;
    }
    this.engine = engine;
    return engine;
  }

  /** The facts of a relation with their places; derived ones stand at the rule that defines them. */
  factsOf(relation: string): Iterable<Fact> {
    const stated = [...this.facts.of(relation)];
    const [rule] = this.definitions.get(relation) ?? [];
    if (rule === undefined || this.engine === undefined) return stated;
    const places = new Map(stated.map((f) => [f.tuple.join("\u0000"), f.span]));
    const arity = DIRECTORY_SORTS[relation]?.length ?? 1;
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
    const needed = new Set<string>(this.admission);
    const given = [...implicitRules, knownByAdmission];
    for (const name of needed) {
      for (const used of this.uses(name)) needed.add(used);
      for (const { head, body } of given)
        if (head.relation === name) for (const { atom } of body) needed.add(atom.relation);
    }
    const found = given.filter(({ head }) => needed.has(head.relation));
    for (const [name, rules] of this.definitions) {
      if (!needed.has(name) || this.predicates.has(name)) continue;
      for (const rule of rules) {
        const { rules: translated, diagnostics } = toDatalog(rule);
        found.push(...translated);
        if (this.admission.has(name)) for (const diagnostic of diagnostics) this.report(diagnostic);
      }
    }
    return found;
  }

  /** The names in all columns of a sort. */
  *factsOfSort(sort: Sort, columns: Columns): Generator<string> {
    for (const [relation, sorts] of columns) {
      for (const [column, of] of sorts.entries()) {
        if (of === sort) for (const { tuple } of this.facts.of(relation)) yield String(tuple[column]);
      }
    }
  }

  /** The sorts of all columns, declared or told by rules. */
  columns(policyRules: readonly RuleExpr[]): Columns {
    const declared = new Map<string, (Sort | undefined)[]>();
    for (const [relation, sorts] of Object.entries(DIRECTORY_SORTS)) declared.set(relation, [...sorts]);
    for (const { relation, sorts } of this.externs)
      declared.set(
        relation.text,
        sorts.map((s) => s.text),
      );
    return inferColumns(declared, [...[...this.ordinary().values()].flat(), ...policyRules]);
  }

  arityOf(relation: string): number | undefined {
    const head = this.definitions.get(relation)?.[0]?.head;
    return head?.kind === "atom" ? head.terms.length : undefined;
  }
}

const terms = (n: number): string => (n === 1 ? "1 term" : `${n} terms`);

/** Sorts as the engine compares them: an address stands for a host, and what is counted is a number. */
const plainSort = (sort: Sort): Sort =>
  sort === "ip" || sort === "prefix" || sort === "address"
    ? "host"
    : sort === "rate" || sort === "dpid" || sort === "protocol"
      ? "number"
      : sort;
