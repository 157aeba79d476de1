/**
 * Flow predicates (`web <= transport(tcp), dstPort in {80, 443}.`) and views → written out where they are used. A
 * predicate that looks at the flow is never a relation: it is inlined, so it must not recurse (LANGUAGE, "FML rules").
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { circleText } from "../diagnostics/text.ts";
import type { BodyExpr, RuleExpr, TermExpr } from "../syntax/ast.ts";
import { attributeOf } from "./attributes.ts";
import { fieldOf } from "../syntax/flows.ts";

/** The rules of each relation by name. */
export type RulesByRelation = ReadonlyMap<string, readonly RuleExpr[]>;

type Atom = Extract<BodyExpr, { readonly kind: "atom" }>;

/** What stands at the ends of a body. */
export type Leaf = Exclude<BodyExpr, { readonly kind: "and" | "or" | "not" | "true" }>;

/** All literals of a body. */
export function* leaves(body: BodyExpr | undefined): Generator<Leaf> {
  if (body === undefined) return;
  switch (body.kind) {
    case "and":
    case "or":
      for (const part of body.parts) yield* leaves(part);
      break;
    case "not":
      yield* leaves(body.body);
      break;
    case "atom":
    case "in":
    case "compare":
      yield body;
      break;
    case "true":
      break;
  }
}

/** The relations that the rules of a relation ask. */
export function* uses(definitions: RulesByRelation, relation: string): Generator<string> {
  for (const rule of definitions.get(relation) ?? []) {
    for (const leaf of leaves(rule.body)) if (leaf.kind === "atom") yield leaf.relation.text;
  }
}

/** The relations whose rules look at the flow, directly or through others. */
export function flowPredicates(definitions: RulesByRelation): Set<string> {
  const looking = new Set<string>();
  for (let before = -1; before !== looking.size;) {
    before = looking.size;
    for (const [name, rules] of definitions) {
      if (!looking.has(name) && rules.some((rule) => looksAtFlow(rule.body, looking))) looking.add(name);
    }
  }
  return looking;
}

/** Whether a body looks at the flow, given which relations do. */
function looksAtFlow(body: BodyExpr | undefined, looking: ReadonlySet<string>): boolean {
  for (const leaf of leaves(body)) {
    if (leaf.kind === "in" && fieldOf(leaf.field.text) !== undefined) return true;
    if (leaf.kind === "atom" && (attributeOf(leaf.relation, leaf.terms) ?? looking.has(leaf.relation.text)))
      return true;
  }
  return false;
}

/** Reports every flow predicate that uses itself, with its cycle. Inlining must not be tried then. */
export function checkRecursion(definitions: RulesByRelation, looking: ReadonlySet<string>): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const done = new Set<string>();
  /** The predicates on the way to the one that is looked at, each with those that it still has to ask, in order. */
  const way = new Map<string, Iterator<string>>();
  const stack: string[] = [];
  const enter = (name: string): void => {
    if (way.has(name)) {
      const names = [...way.keys()];
      const circle = [...names.slice(names.indexOf(name)), name];
      const span = definitions.get(name)![0]!.head.span;
      const help = "only relations over facts may be recursive";
      diagnostics.push(codes.recursiveFlow({ name, path: circleText(circle) }, { span, help }));
    } else if (!done.has(name)) {
      way.set(name, uses(definitions, name)[Symbol.iterator]());
      stack.push(name);
    }
  };
  for (const first of looking) {
    enter(first);
    // No recursion, since a file may write thirty thousand predicates that use each other.
    for (let name = stack.at(-1); name !== undefined; name = stack.at(-1)) {
      const next = way.get(name)!.next();
      if (next.done !== true) {
        if (looking.has(next.value)) enter(next.value);
        continue;
      }
      done.add(name);
      way.delete(name);
      stack.pop();
    }
  }
  return diagnostics;
}

/** Writes predicates out inside bodies. Variables of a definition get fresh names, so that uses do not meet. */
export class Inliner {
  readonly definitions: RulesByRelation;
  readonly diagnostics: Diagnostic[] = [];
  /** Each part of an `or` that was made, with the part that was written. */
  readonly origins = new Map<BodyExpr, BodyExpr>();
  fresh = 0;
  /** So many conditions may still be written; less than none: it was given up, and what was made means nothing. */
  left: number;

  constructor(definitions: RulesByRelation, most: number) {
    this.definitions = definitions;
    this.left = most;
  }

  /** `body` with every atom of `wanted` replaced by the disjunction of its rules. */
  expand(body: BodyExpr, wanted: (atom: Atom) => boolean, negated = false): BodyExpr {
    switch (body.kind) {
      case "and":
        return { ...body, parts: body.parts.map((part) => this.expand(part, wanted, negated)) };
      case "or":
        return { ...body, parts: body.parts.map((part) => this.part(part, wanted, negated)) };
      case "not":
        return { ...body, body: this.expand(body.body, wanted, !negated) };
      case "atom":
        return wanted(body) && this.left >= 0 ? this.expand(this.unfold(body, negated), wanted, negated) : body;
      case "in":
      case "compare":
      case "true":
        return body;
    }
  }

  /** A part of an `or`, each time a node of its own: one definition may be a part of several. */
  part(part: BodyExpr, wanted: (atom: Atom) => boolean, negated: boolean): BodyExpr {
    const made = { ...this.expand(part, wanted, negated) };
    this.origins.set(made, this.origins.get(part) ?? part);
    return made;
  }

  /** One atom as the disjunction of its rules, head variables made equal to the atom's terms. */
  unfold(atom: Atom, negated: boolean): BodyExpr {
    const rules = this.definitions.get(atom.relation.text) ?? [];
    const parts = rules.map((rule) => this.instance(rule, atom, negated));
    return parts.length === 1 ? parts[0]! : { kind: "or", parts, span: atom.span };
  }

  instance(rule: RuleExpr, atom: Atom, negated: boolean): BodyExpr {
    this.fresh += 1;
    for (const _ of leaves(rule.body)) this.left--;
    this.left--;
    const suffix = `'${this.fresh}`;
    const head = rule.head as RuleExpr["head"] & { kind: "atom" };
    const bound = new Map<string, TermExpr>();
    const equalities: BodyExpr[] = [];
    for (const [at, formal] of head.terms.entries()) {
      const actual = atom.terms[at] ?? { kind: "anonymous", span: atom.span };
      if (actual.kind === "anonymous") {
        // Nothing is asked of this term: the definition's own variable stays, under a fresh name.
      } else if (formal.kind === "variable" && !bound.has(formal.name)) bound.set(formal.name, actual);
      else {
        const left = formal.kind === "variable" ? bound.get(formal.name)! : formal;
        equalities.push({ kind: "compare", operator: "=", left, right: actual, span: atom.span });
      }
    }
    const locals = new Set<string>();
    const term = (t: TermExpr): TermExpr => {
      if (t.kind !== "variable") return t;
      const known = bound.get(t.name);
      if (known) return known;
      locals.add(t.name);
      return { ...t, name: t.name + suffix };
    };
    const body = rename(rule.body ?? { kind: "true", span: rule.span }, term, suffix, locals);
    if (negated && locals.size > 0) {
      const why = `\`${[...locals].toSorted()[0]}\` is free in its definition`;
      const related = [{ span: rule.span, message: "the definition" }];
      const help = "define a relation without flow attributes and negate that";
      const extras = { span: atom.span, related, help };
      this.diagnostics.push(codes.negatedPredicate({ name: atom.relation.text, why }, extras));
    }
    return equalities.length === 0 ? body : { kind: "and", parts: [...equalities, body], span: atom.span };
  }
}

/** Applies a renaming to all terms of a body. */
function rename(
  body: BodyExpr,
  term: (t: TermExpr) => TermExpr,
  suffix: string,
  locals: ReadonlySet<string>,
): BodyExpr {
  switch (body.kind) {
    case "and":
    case "or":
      return { ...body, parts: body.parts.map((part) => rename(part, term, suffix, locals)) };
    case "not":
      return { ...body, body: rename(body.body, term, suffix, locals) };
    case "atom":
      return { ...body, terms: body.terms.map(term) };
    case "compare":
      return { ...body, left: term(body.left), right: term(body.right) };
    case "in":
    case "true":
      return body;
  }
}
