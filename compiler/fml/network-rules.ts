/**
 * The rules for `reject` among the rules of the files, and what they ask: they belong to admission, which evaluates them
 * when a statement is decided. A file cannot add to what admission itself answers (`grant`, `speaks`, …).
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Rule } from "../datalog/index.ts";
import type { FactBase } from "../model/facts.ts";
import type { RuleExpr } from "../syntax/ast.ts";
import type { ExternStatement } from "./extern.ts";
import { implicitRules, knownByAdmission } from "./implicit-rules.ts";
import { leaves, uses, type RulesByRelation } from "./predicates.ts";
import { toDatalog } from "./rules.ts";
import { append } from "../net/lists.ts";

type Report = (diagnostic: Diagnostic) => void;

/** What the files define: rules by relation, facts, and externs. */
export interface Defined {
  readonly definitions: Map<string, RuleExpr[]>;
  readonly facts: FactBase;
  readonly externs: readonly ExternStatement[];
}

/** `reject` and what its rules ask, directly or through others. */
function asked(definitions: RulesByRelation): Set<string> {
  const found = new Set<string>(["reject"]);
  for (const name of found) for (const used of uses(definitions, name)) found.add(used);
  return found;
}

/** Reports what the files define under a name of the vocabulary, and takes it out, unless the files alone read it. */
export function refuseNamesOfAdmission(
  defined: Defined,
  policyRules: readonly RuleExpr[],
  vocabulary: ReadonlySet<string>,
  report: Report,
): void {
  for (const name of vocabulary) {
    if (!isDefined(defined, name) || isOwn(defined, name, policyRules)) continue;
    refuse(defined, name, report);
    defined.definitions.delete(name);
    defined.facts.relations.delete(name);
  }
  // Rules for `reject` join admission; a fact of it decides nothing.
  const { definitions, facts } = defined;
  if (vocabulary.size === 0 || !facts.relations.has("reject")) return;
  if (definitions.has("reject") || !isRead(defined, "reject", policyRules)) {
    refuse({ ...defined, definitions: new Map() }, "reject", report, RULES_ONLY);
  }
}

/**
 * A relation of the files that has the name of one of admission's is theirs where their policies and relations read it.
 * Where rules for `reject` read it, admission's would be meant as well; where nothing reads it, it was.
 */
const isOwn = (defined: Defined, name: string, policyRules: readonly RuleExpr[]): boolean =>
  !asked(defined.definitions).has(name) && isRead(defined, name, policyRules);

/** Whether a policy, or a rule of another relation, reads a relation. */
function isRead({ definitions }: Defined, name: string, policyRules: readonly RuleExpr[]): boolean {
  const others = [...definitions].flatMap(([head, rules]) => (head === name ? [] : rules));
  return [...others, ...policyRules].some(({ body }) =>
    [...leaves(body)].some((leaf) => leaf.kind === "atom" && leaf.relation.text === name),
  );
}

function refuse({ definitions, facts, externs }: Defined, name: string, report: Report, help = ANOTHER_NAME): void {
  const [rule] = definitions.get(name) ?? [];
  const [fact] = facts.of(name);
  const extern = externs.find(({ relation }) => relation.text === name);
  const span = rule?.head.span ?? fact?.span ?? extern?.relation.span;
  report(codes.admissionsRelation({ name }, { span, help }));
}

/** What only the reader knows stands as a variable that occurs once, which no rule may have. */
const RULES_ONLY =
  'rules reject statements: `reject(Q, "why") <= request(Q, WHO, KIND, SHARE).` with names, or `_` for any';
const ANOTHER_NAME = "a relation of your own needs another name";

const isDefined = ({ definitions, facts }: Omit<Defined, "externs">, relation: string): boolean =>
  definitions.has(relation) || facts.relations.has(relation);

/** `reject`, and the relations between it and those that admission answers. */
export function admissionRelations(defined: Defined, vocabulary: ReadonlySet<string>): Set<string> {
  const { definitions } = defined;
  // Without a vocabulary a relation that the files do not define is admission's.
  const isAdmissions = (relation: string): boolean =>
    vocabulary.size > 0 ? vocabulary.has(relation) : !isDefined(defined, relation);
  const candidates = asked(definitions);
  const found = new Set<string>(definitions.has("reject") ? ["reject"] : []);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const name of candidates) {
      if (!definitions.has(name) || found.has(name)) continue;
      if ([...uses(definitions, name)].some((used) => found.has(used) || isAdmissions(used))) found.add(name);
    }
  }
  return found;
}

/** The rules of these relations and of the finite relations that they use, for admission's engine. */
export function admissionRules(
  definitions: RulesByRelation,
  admission: ReadonlySet<string>,
  predicates: ReadonlySet<string>,
  report: Report,
): Rule[] {
  const needed = new Set<string>(admission);
  const given = [...implicitRules, knownByAdmission];
  for (const name of needed) {
    for (const used of uses(definitions, name)) needed.add(used);
    for (const { head, body } of given) {
      if (head.relation === name) for (const { atom } of body) needed.add(atom.relation);
    }
  }
  const found = given.filter(({ head }) => needed.has(head.relation));
  for (const [name, rules] of definitions) {
    if (!needed.has(name) || predicates.has(name)) continue;
    for (const rule of rules) {
      const { rules: translated, diagnostics } = toDatalog(rule);
      append(found, translated);
      if (admission.has(name)) for (const diagnostic of diagnostics) report(diagnostic);
    }
  }
  return found;
}
