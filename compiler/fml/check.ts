/**
 * A rule → its faults before it is evaluated: unknown relations, and variables that occur once. (`deny <=
 * srcUser(Alice).` would deny every user, since `Alice` is a variable there: LANGUAGE, "FML rules".)
 */
import { hostFault, userFault } from "../model/awaited.ts";
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic, Fix } from "../diagnostics/diagnostic.ts";
import type { Field } from "../flowgroup/fields.ts";
import type { Span } from "../source.ts";
import type { BodyExpr, Name, RuleExpr, TermExpr } from "../syntax/ast.ts";
import type { ColumnSorts } from "./columns.ts";
import { bareWord, smallWord } from "../diagnostics/bare-words.ts";
import { symbolText } from "../syntax/print-flows.ts";
import { didYouMean, nameList } from "../diagnostics/suggest.ts";
import { attributeOf } from "./attributes.ts";
import { fieldNames, fieldOf } from "../syntax/flows.ts";
import type { MeantWords } from "./meant-words.ts";
import { leaves } from "./predicates.ts";
import { append } from "../net/lists.ts";
import { textOf } from "../syntax/context.ts";

/** Relations that rules may use, and names that exist in the network. */
export interface Known {
  readonly relations: ReadonlySet<string>;
  readonly users: ReadonlySet<string>;
  readonly hosts: ReadonlySet<string>;
  /** Whether a name that nothing knows may be one that a fact brings back. */
  readonly awaits: boolean;
  /** The named flowgroups, which rules cannot ask. */
  readonly flowgroups: ReadonlySet<string>;
  /** What the columns of relations hold. */
  readonly columns: ColumnSorts;
  /** The values that a variable may have been meant as. */
  readonly words: MeantWords;
  /** The relations that rules for `reject` alone may ask. */
  readonly vocabulary: ReadonlySet<string>;
}

/** A use of a variable. */
interface Use {
  readonly name: string;
  readonly span: Span;
  /** The field that it is the value of. */
  readonly field?: Field | undefined;
}

/** Every use of a variable in a rule, head first. */
function* uses(rule: RuleExpr, body: BodyExpr | undefined): Generator<Use> {
  const terms = function* (of: readonly TermExpr[], field?: Field): Generator<Use> {
    for (const t of of) {
      if (t.kind === "variable") yield { name: t.name, span: t.span, field };
      else if (t.kind === "aggregate") yield { name: t.variable, span: t.span };
    }
  };
  if (rule.head.kind === "atom") yield* terms(rule.head.terms);
  for (const leaf of leaves(body)) {
    if (leaf.kind === "atom") yield* terms(leaf.terms, attributeOf(leaf.relation, leaf.terms));
    else if (leaf.kind === "compare") yield* terms([leaf.left, leaf.right]);
  }
}

/** Variables that occur once in a body. */
export function occurringOnce(rule: RuleExpr, body: BodyExpr): Set<string> {
  const once = new Set<string>();
  const more = new Set<string>();
  for (const { name } of uses(rule, body)) (once.has(name) ? more : once).add(name);
  for (const name of more) once.delete(name);
  return once;
}

/** Checks one rule; `body` is its body with positional terms written out. */
export function checkRule(rule: RuleExpr, body: BodyExpr | undefined, known: Known): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const leaf of leaves(body)) {
    if (leaf.kind !== "atom") continue;
    const { relation, terms } = leaf;
    if (attributeOf(relation, terms) !== undefined) continue;
    append(found, unknownNames(relation.text, terms, known));
    if (known.relations.has(relation.text)) continue;
    const candidates = nameList(known.relations, FIELDS);
    if (fieldOf(relation.text) !== undefined) {
      found.push(fieldOfMany(relation.text, terms.length, leaf.span));
      continue;
    }
    const extras = {
      span: relation.span,
      ...(known.flowgroups.has(relation.text) && { help: OF_REQUESTS }),
      ...(!known.flowgroups.has(relation.text) &&
        ((terms.length === 0 ? wordHelp(relation, known) : undefined) ??
          ofAdmission(relation.text, known) ??
          orStated(relation.text, terms, didYouMean(relation.text, candidates, relation.span)))),
    };
    found.push(codes.unknownRelation({ name: relation.text }, extras));
  }
  return [...found, ...singletons(rule, body, known)];
}

/** A relation of admission: a fact of its name would hold at all times, and for all requests. */
const ofAdmission = (name: string, { vocabulary }: Known): { readonly help: string } | undefined =>
  vocabulary.has(name)
    ? { help: `only rules for \`reject\` ask \`${name}\`: take it out, or make a relation of another name` }
    : undefined;

/** Where no relation is near: what makes one of that name. */
function orStated(
  name: string,
  terms: readonly TermExpr[],
  meant: ReturnType<typeof didYouMean>,
): ReturnType<typeof didYouMean> {
  if (meant.help !== undefined) return meant;
  if (terms.length === 0) return { help: `a rule makes it: \`${name} <= CONDITION.\`` };
  const values = terms.map((term) => (term.kind === "value" ? textOf(term.span) : "VALUE")).join(", ");
  return { help: `a fact, a rule or an extern makes it, such as the fact \`${name}(${values}).\`` };
}

const FIELDS: ReadonlySet<string> = new Set(fieldNames());

/** `dstPort(80, 443)`: a field has one value. */
function fieldOfMany(name: string, terms: number, span: Span): Diagnostic {
  const help =
    terms === 0
      ? `write \`${name} = VALUE\``
      : `\`${name}\` takes one value; for either of several write \`${name} in {…, …}\``;
  return codes.wrongArity({ name, expected: "1 term", given: `${terms} are` }, { span, help });
}

/** `tcp`, `"Alice"` as a condition: what it is a value of. */
function wordHelp({ text, quoted, span }: Name, known: Known): Pick<Diagnostic, "help" | "fix"> | undefined {
  const value = symbolText(text);
  if (known.users.has(text))
    return { help: `\`${text}\` is a user: write \`srcUser(${value})\` or \`dstUser(${value})\`` };
  if (known.hosts.has(text))
    return { help: `\`${text}\` is a host: write \`srcHost(${value})\` or \`dstHost(${value})\`` };
  return quoted ? undefined : bareWord(text, span, "rule");
}

const OF_REQUESTS =
  "that is a flowgroup, which requests and shares name; a rule asks for fields, or for a predicate that a rule defines";

/** Users and hosts that a rule names in a relation and that nothing else knows: the relation cannot hold them. */
function unknownNames(relation: string, terms: readonly TermExpr[], known: Known): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const [column, t] of terms.entries()) {
    if (t.kind !== "value" || t.value.kind !== "name") continue;
    const { text, span } = t.value.name;
    const sort = known.columns.get(relation)?.[column];
    if (sort === "user" && !known.users.has(text)) {
      found.push(userFault({ name: text, known: known.users, span, awaits: known.awaits, place: "rule" }));
    } else if (sort === "host" && !known.hosts.has(text)) {
      found.push(hostFault({ name: text, known: known.hosts, span, awaits: known.awaits, place: "rule" }));
    }
  }
  return found;
}

/**
 * Variables that occur once, unless their name begins with `_`, which says that this is meant; and those with the name
 * of a user, a host or a value of their column, which were hardly meant to stand for anything:
 * `deny <= srcUser(Alice), dstHost(H), owner(Alice, H).`
 */
export function singletons(rule: RuleExpr, body: BodyExpr | undefined, known: Known): Diagnostic[] {
  const found: Diagnostic[] = [];
  const counts = new Map<string, { readonly use: Use; count: number }>();
  for (const use of uses(rule, body)) {
    const seen = counts.get(use.name);
    if (seen) seen.count += 1;
    else counts.set(use.name, { use, count: 1 });
  }
  for (const [name, { use, count }] of counts) {
    if (name.startsWith("_")) continue;
    const meant = known.words.find(rule, name);
    if (count === 1) {
      found.push(singleton(use, known, meant?.value));
      continue;
    }
    const who = name.length > 1 ? whose(name, known) : undefined;
    const other = `for any value take another name, such as \`${name[0]!}\``;
    if (who !== undefined) {
      const help = `the ${who} ${name} is written ${JSON.stringify(name)} in rules; ${other}`;
      found.push(codes.nameAsVariable({ variable: name, what: `a ${who} has that name` }, { span: use.span, help }));
    } else if (meant !== undefined) {
      const value = symbolText(meant.value);
      const help = `write \`${value}\` where that value is meant; ${other}`;
      const what = `\`${meant.relation}\` holds \`${value}\``;
      found.push(codes.nameAsVariable({ variable: name, what }, { span: use.span, help }));
    }
  }
  return found;
}

/** Whether a user or a host has this name. */
const whose = (name: string, known: Known): "user" | "host" | undefined =>
  known.users.has(name) ? "user" : known.hosts.has(name) ? "host" : undefined;

/** `meant`: the value that it is spelled like. */
function singleton({ name: variable, span, field }: Use, known: Known, meant: string | undefined): Diagnostic {
  const word = field === undefined ? undefined : smallWord(field, variable);
  if (word !== undefined) {
    const fix: Fix = { title: `write \`${word}\``, span, text: word };
    return codes.singleton({ variable }, { span, help: "a word is written with a small letter in rules", fix });
  }
  const who = whose(variable, known);
  if (who === undefined && meant !== undefined) {
    const text = symbolText(meant);
    const fix: Fix = { title: `write \`${text}\``, span, text };
    return codes.singleton(
      { variable },
      { span, help: "a variable begins with a capital letter, and a value does not, or stands in quotes", fix },
    );
  }
  if (who === undefined) {
    const help = `write \`_${variable}\` or \`_\` if any value is meant, or quotes if a name is`;
    return codes.singleton({ variable }, { span, help });
  }
  const text = JSON.stringify(variable);
  const fix: Fix = { title: `write ${text}`, span, text };
  return codes.singleton({ variable }, { span, help: `the ${who} ${variable} is written ${text} in rules`, fix });
}
