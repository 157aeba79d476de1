/**
 * Flow expressions → flowgroups. An expression that can never match is an error with both places, and not an empty
 * flowgroup (LANGUAGE, "Flowgroups"). Each named flowgroup is resolved once, wherever it stands.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Cube, Flowgroup } from "../flowgroup/cube.ts";
import {
  ALL,
  constraintsOf,
  cubeEqual,
  difference,
  onlyNamed,
  flowgroup,
  intersect,
  intersectWithin,
  isEmpty,
  MOST_PIECES,
  normalise,
  possible,
} from "../flowgroup/index.ts";
import type { Span } from "../source.ts";
import type { FieldTerm, FlowExpr, Name } from "../syntax/ast.ts";
import { printName } from "../syntax/print-flows.ts";
import { bareWord } from "../diagnostics/bare-words.ts";
import { didYouMean, nameList } from "../diagnostics/suggest.ts";
import { append } from "../net/lists.ts";
import { isLiteral } from "./constants.ts";
import { deadMembers, deadMembersWarning, MOST_DEAD_NAMED } from "./dead-members.ts";
import { notesOn } from "./flow-notes.ts";
import { fieldFlows, type Names } from "./values.ts";

/** A `flowgroup name = …` declaration. */
export interface Declared {
  readonly name: Name;
  readonly flows: FlowExpr;
}

const SIMPLER = "say it in fewer parts: one field takes a set, `srcHost={10.0.0.1, 10.0.0.2}`";

/** Results of up to so many cubes are not counted. */
const FEW = 100;

/** The cubes that all other results of a file may have together. */
const MOST_IN_ALL = 8_000;

/** The cubes that names may bring into the unions of a file, beyond the parts that are written there. */
const MOST_OF_NAMES = 40_000;

type Operation = FlowExpr & { kind: "and" | "except" | "or" };
/** How deep named flowgroups may stand within each other. */
const DEEPEST_NAMES = 200;

type Terms = (FlowExpr & { kind: "terms" })["terms"];

/** Resolves flow expressions against the directory and the named flowgroups. */
export class Flows {
  readonly names: Names;
  readonly declared = new Map<string, Declared>();
  readonly known: ReadonlyMap<string, Flowgroup>;
  readonly resolved = new Map<string, Flowgroup | undefined>();
  /** The names that expressions used. */
  readonly used = new Set<string>();
  readonly open: string[] = [];
  /** How many expressions around this one are being resolved, and whether one of them was over budget. */
  depth = 0;
  isOverBudget = false;
  /** How deep the names within a name stand within each other; of those that are open, as far as they were read. */
  readonly depths = new Map<string, number>();
  /** So many cubes may `and` and `except` still make, where they make many. */
  left = MOST_IN_ALL;
  /** So many cubes may be joined by `or` where names stand for more than they are long. */
  leftOfNames = MOST_OF_NAMES;

  /** @param known Flowgroups that are resolved already, by name. */
  constructor(names: Names, declarations: readonly Declared[], known: ReadonlyMap<string, Flowgroup> = new Map()) {
    this.names = names;
    this.known = known;
    for (const declaration of declarations) {
      const { text, span } = declaration.name;
      const earlier = this.declared.get(text);
      if (earlier === undefined) this.declared.set(text, declaration);
      else {
        const related = [{ span: earlier.name.span, message: "defined first here" }];
        names.report(codes.duplicateFlowgroup({ name: text }, { span, related }));
      }
    }
  }

  /** Name → flowgroup. Named flowgroups with faults are absent. */
  all(): Map<string, { readonly flows: Flowgroup; readonly span: Span }> {
    const all = new Map<string, { flows: Flowgroup; span: Span }>();
    for (const name of [...this.declared.keys()].toSorted()) {
      const declaration = this.declared.get(name)!;
      const isUsed = this.used.has(name);
      const flows = this.named(declaration.name);
      if (!isUsed) this.used.delete(name);
      if (flows) all.set(name, { flows, span: declaration.name.span });
    }
    return all;
  }

  /** The flowgroup of an expression with its prerequisites; undefined if it was refused. */
  resolve(expression: FlowExpr, isOperandOfAnd = false): Flowgroup | undefined {
    if (this.depth === 0) this.isOverBudget = false;
    this.depth++;
    const flows = this.inside(expression);
    this.depth--;
    // What stands in an operand is judged with the other one.
    if (flows !== undefined && !isOperandOfAnd) this.lists(expression, flows);
    return flows;
  }

  inside(expression: FlowExpr): Flowgroup | undefined {
    switch (expression.kind) {
      case "all":
        return ALL;
      case "terms":
        return this.terms(expression);
      case "and":
      case "except":
        return this.combine(expression, expression.kind);
      case "or":
        return this.union(expression);
    }
  }

  combine(expression: Operation, kind: "and" | "except"): Flowgroup | undefined {
    const left = this.resolve(expression.left, kind === "and");
    const right = this.resolve(expression.right, kind === "and");
    if (left === undefined || right === undefined) return undefined;
    const made = this.combined(kind, left, right);
    if (made === "undecided") return this.refuse(expression);
    const result = possibleFlows(made);
    if (!isEmpty(result)) {
      if (kind === "except") this.vain(expression, left, right);
      return result;
    }
    if (kind === "and") this.contradiction(expression.left.span, expression.right.span, codes.disjoint);
    else {
      const words = { one: textOnOneLine(expression.left.span), other: textOnOneLine(expression.right.span) };
      this.names.report(codes.takesAllAway(words, { span: expression.span }));
    }
    return undefined;
  }

  /** Warns of an exception of which nothing is among the flows that it stands behind: what was to be left out is not. */
  vain({ left: from, right: hole }: Operation, left: Flowgroup, right: Flowgroup): void {
    if (left.cubes.length * right.cubes.length > MOST_VAIN || !holdsLiterals(from) || !holdsLiterals(hole)) return;
    if (!isEmpty(possibleFlows(intersect(left, right)))) return;
    const words = { one: textOnOneLine(from.span), other: textOnOneLine(hole.span) };
    this.names.report(codes.takesNothingAway(words, { span: hole.span }));
  }

  /** All operands of a chain at once: merging them one after the other would cost the square of their number. */
  union(expression: Operation): Flowgroup | undefined {
    const operands: FlowExpr[] = [];
    let rest: FlowExpr = expression;
    for (; rest.kind === "or"; rest = rest.left) operands.push(rest.right);
    operands.push(rest);
    const found = operands.toReversed().flatMap((one) => this.resolve(one) ?? []);
    if (found.length < operands.length) return undefined;
    const cubes = found.flatMap((one) => one.cubes);
    // What is written costs what it is long; names may stand for much more.
    this.leftOfNames -= Math.max(0, cubes.length - operands.length - FEW);
    return this.leftOfNames < 0 ? this.refuse(expression) : flowgroup(cubes);
  }

  /** Warns of the members of lists that hold nothing beside all that must be met with them. */
  lists(expression: FlowExpr, flows: Flowgroup): void {
    if (expression.kind !== "and" && expression.kind !== "terms") return;
    const terms = expression.kind === "terms" ? expression.terms : termsOf(expression);
    if (terms.length === 1) return;
    for (const term of terms) {
      if (term.kind !== "field" || term.negated || term.value.kind !== "set") continue;
      const dead = deadMembers(term, flows, this.names, MOST_DEAD_NAMED + 1);
      if (dead === undefined) continue;
      const beside = terms.map((one) => ({
        span: one.span,
        excludes: (own: Flowgroup): boolean => {
          const other = one.kind === "named" ? this.named(one.name) : this.field(one, true);
          return other !== undefined && isEmpty(possibleFlows(intersect(own, other)));
        },
      }));
      this.names.report(deadMembersWarning(dead, beside, this.names, "statement"));
    }
  }

  /** Reports that an expression costs more than its budget. */
  refuse({ span }: FlowExpr): undefined {
    if (!this.isOverBudget) this.names.report(codes.manyParts({}, { span, help: SIMPLER }));
    // What is left of the budget is too little for the rest of the expression as well.
    this.isOverBudget = true;
    return undefined;
  }

  /** Two flowgroups as one; `"undecided"`: it, or all of a file together, would have too many cubes. */
  combined(kind: "and" | "except", left: Flowgroup, right: Flowgroup): Flowgroup | "undecided" {
    // Finding out that one is too many costs the whole budget, which a file full of them must not do for each.
    const most = this.left < 0 ? FEW : MOST_PIECES;
    const made = kind === "and" ? intersectWithin(left, right, most) : excepted(left, right, most);
    if (made === "undecided" || made.cubes.length > most) {
      this.left -= MOST_PIECES;
      return "undecided";
    }
    if (made.cubes.length > FEW) this.left -= made.cubes.length;
    return this.left < 0 ? "undecided" : made;
  }

  terms(expression: FlowExpr & { kind: "terms" }): Flowgroup | undefined {
    const { terms } = expression;
    const besideVlan = terms.some((term) => term.kind === "field" && term.field === "vlan");
    const all = terms.map((term) => (term.kind === "named" ? this.named(term.name) : this.field(term, besideVlan)));
    if (!all.includes(undefined)) {
      const [first, ...others] = all as readonly Flowgroup[];
      if (others.length === 0 && terms[0]!.kind === "named") return first;
      let made = first!;
      for (const one of others) {
        const both = this.combined("and", made, one);
        if (both === "undecided") return this.refuse(expression);
        made = both;
      }
      const flows = possibleFlows(made);
      if (!isEmpty(flows)) {
        const fields = terms.filter((term) => term.kind === "field");
        for (const note of notesOn(fields, flows)) this.names.report(note);
        return flows;
      }
    }
    this.blame(terms, all);
    return undefined;
  }

  /** Reports the two terms between which no flow is left, unless a term before them is at fault itself. */
  blame(terms: Terms, all: readonly (Flowgroup | undefined)[]): void {
    let flows = ALL;
    for (const [at, term] of terms.entries()) {
      const one = all[at];
      if (one === undefined) return;
      flows = possibleFlows(intersect(flows, one));
      if (!isEmpty(flows)) continue;
      const before = terms.slice(0, at);
      const other = before.find((_, i) => isEmpty(possibleFlows(intersect(all[i]!, one)))) ?? before.at(-1);
      // The values of the one term leave nothing, as `dstPort!=0-65535` does.
      if (other === undefined) {
        this.names.report(codes.emptyTerm({ term: textOnOneLine(term.span) }, { span: term.span }));
        return;
      }
      const isSame = other.kind === "field" && term.kind === "field" && other.field === term.field;
      const code = isSame ? codes.disjoint : codes.missingPrerequisite;
      this.contradiction(other.span, term.span, code);
      return;
    }
  }

  field(term: FieldTerm, besideVlan: boolean): Flowgroup | undefined {
    return fieldFlows(term.field, term.value, term.negated, besideVlan ? { ...this.names, besideVlan } : this.names);
  }

  /** A name of the network where a term belongs: the fields that it is a value of. */
  fieldHelp(name: Name): { readonly help: string } | undefined {
    const { text } = name;
    const { users, hosts, switches } = this.names;
    const value = printName(name);
    const told = (what: string, ...fields: readonly string[]): { readonly help: string } => ({
      help: `\`${text}\` is a ${what}: write ${fields.map((field) => `\`${field}=${value}\``).join(" or ")}`,
    });
    if (users.has(text)) return told("user", "user", "dstUser");
    if (hosts.has(text)) return told("host", "srcHost", "dstHost");
    return switches.has(text) ? told("switch", "switch") : undefined;
  }

  named(name: Name): Flowgroup | undefined {
    const { text, span } = name;
    this.used.add(text);
    const known = this.known.get(text);
    if (known !== undefined) return known;
    if (this.resolved.has(text)) {
      this.holds(text);
      return this.resolved.get(text);
    }
    const declaration = this.declared.get(text);
    if (declaration === undefined) {
      const names = nameList(this.known, this.declared);
      const word = this.fieldHelp(name) ?? (name.quoted ? undefined : bareWord(text, span, "flows"));
      this.names.report(codes.unknownFlowgroup({ name: text }, { span, ...(word ?? didYouMean(text, names, span)) }));
      return undefined;
    }
    const at = this.open.indexOf(text);
    if (at >= 0) {
      const witness = [...this.open.slice(at), text].join(" → ");
      this.names.report(codes.circularFlowgroup({ name: text }, { span, witness }));
      return undefined;
    }
    this.open.push(text);
    // Deeper names are not read: reading recurses.
    const isOpen = this.open.length <= DEEPEST_NAMES;
    let flows = isOpen ? this.resolve(declaration.flows) : undefined;
    this.open.pop();
    if (!isOpen || (flows !== undefined && this.depths.get(text)! >= DEEPEST_NAMES)) {
      this.names.report(codes.namesTooDeep({ limit: DEEPEST_NAMES }, { span: declaration.name.span, help: SIMPLER }));
      flows = undefined;
    }
    this.resolved.set(text, flows);
    this.holds(text);
    return flows;
  }

  /** Notes that the innermost open name holds this one. */
  holds(text: string): void {
    const depth = this.depths.get(text) ?? 0;
    this.depths.set(text, depth);
    const outer = this.open.at(-1);
    if (outer !== undefined) this.depths.set(outer, Math.max(this.depths.get(outer) ?? 0, depth + 1));
  }

  contradiction(one: Span, other: Span, code: typeof codes.disjoint | typeof codes.missingPrerequisite): void {
    const words = { one: textOnOneLine(one), other: textOnOneLine(other) };
    this.names.report(code(words, { span: other, related: [{ span: one, message: "the other condition" }] }));
  }
}

/** The terms that are met together. */
function termsOf(expression: FlowExpr): Terms {
  const found: Terms[number][] = [];
  const open = [expression];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (one.kind === "terms") append(found, one.terms);
    else if (one.kind === "and") open.push(one.right, one.left);
  }
  return found;
}

/** Every cube with the prerequisites of its fields, without cubes that contradict themselves. */
export function possibleFlows(flows: Flowgroup): Flowgroup {
  const made = flows.cubes.map(possibleCubes);
  const isSame = made.every((cubes, at) => cubes.length === 1 && cubeEqual(cubes[0]!, flows.cubes[at]!));
  // The cubes of a flowgroup are merged already.
  return isSame ? flows : flowgroup(made.flat());
}

/** The cubes that a cube means with its prerequisites; none if no packet can be like that. */
export function possibleCubes(one: Cube): readonly Cube[] {
  const result = normalise(constraintsOf(one));
  return result.kind === "cubes" ? result.cubes.filter(possible) : [];
}

const MOST_VAIN = 4_096;

/** Whether what an expression holds stands in it. */
function holdsLiterals(flows: FlowExpr): boolean {
  if (flows.kind === "all") return true;
  if (flows.kind !== "terms") return holdsLiterals(flows.left) && holdsLiterals(flows.right);
  return flows.terms.every((term) => term.kind === "field" && isLiteral(term.value));
}

/** The text of a span on one line. */
export const textOnOneLine = (span: Span): string =>
  span.source.text.slice(span.start, span.end).replaceAll(/\s+/g, " ");

/** What an exception leaves: it names no later IPv6 fragments that nobody named. */
function excepted(flows: Flowgroup, hole: Flowgroup, most: number): Flowgroup | "undecided" {
  const left = difference(flows, hole, most);
  if (left === "undecided") return left;
  const cubes = onlyNamed(left.cubes, flows.cubes);
  return cubes === left.cubes ? left : flowgroup(cubes);
}
