/**
 * A group that vanished must not open what it was to close (LANGUAGE, "FML rules"): an `extern` without rows, or without
 * those that a rule selects (`member(U, suspended)`), is an error under a deny, and under the `not` of an allow, unless
 * `allow empty` permits it. So is a group that rules make of externs. Anything else that is empty is a warning.
 */
import * as codes from "../../diagnostics/codes/model.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Constant } from "../../datalog/types.ts";
import { renderConstant } from "./because.ts";
import type { BodyExpr, RuleExpr } from "../../syntax/ast.ts";
import { fieldOf } from "../../syntax/flows.ts";
import { constantOf } from "../../model/constants.ts";
import type { Span } from "../../source.ts";
import type { ExternStatement } from "../extern.ts";
import type { Effect } from "../../model/model.ts";
import type { Program } from "../program.ts";

/** Effects that restrict: where one of them is missing, a flow gets more than was meant. */
export const RESTRICTS: ReadonlySet<Effect["kind"]> = new Set(["deny", "limit", "waypoint", "avoid"]);

/** A literal of a rule as a selection of tuples: constants where it has them. */
export interface Group {
  readonly relation: string;
  readonly pattern: readonly (Constant | undefined)[];
  /** Whether it lists members. `mode(emergency)` and `alarm(_)` are conditions, which may fail. */
  readonly selects: boolean;
  readonly negated: boolean;
}

/** A group without members, and the externs that should have had them. */
interface Vanished {
  readonly group: Group;
  readonly externs: readonly ExternStatement[];
}

const keyOf = ({ relation, pattern, negated }: Group): string => JSON.stringify([relation, negated, pattern]);

/** What holds no flow: a rule, or a part of an `or` in it. */
interface Vain {
  readonly span: Span;
  readonly asked: readonly Group[];
  readonly isWhole: boolean;
}

/** What rules may ask about relations that hold nothing. */
export class Emptiness {
  readonly program: Program;
  readonly report: (diagnostic: Diagnostic) => void;
  readonly memory = new Map<string, readonly Vanished[]>();

  constructor(program: Program, report: (diagnostic: Diagnostic) => void) {
    this.program = program;
    this.report = report;
  }

  /** Looks behind every group that a rule asks for. */
  check = (rule: RuleExpr, effect: Effect, asked: readonly Group[], vain: readonly Vain[]): void => {
    if (asked.some(({ relation }) => this.externsOf(relation).some((e) => this.program.faulty.has(e)))) return;
    const word = this.fieldAsWord(asked);
    if (word !== undefined) {
      this.report(codes.fieldAsWord({ ...word, relation: render(word.group) }, { span: rule.span, help: word.help }));
      return;
    }
    const reported = new Set<string>();
    for (const group of asked) {
      const opens = RESTRICTS.has(effect.kind);
      for (const { group: gone, externs } of this.vanished(group)) {
        const relation = render(gone);
        if (opens === gone.negated || reported.has(relation)) continue;
        reported.add(relation);
        const related = externs.map((e) => ({ span: e.span, message: `\`${e.relation.text}\` is read here` }));
        const help = "write `allow empty` behind the extern if that may be";
        this.report(codes.emptyUnderDeny({ relation, effect: effect.kind }, { span: rule.span, related, help }));
      }
    }
    if (reported.size === 0) for (const one of vain) this.checkVain(one, effect);
  };

  checkVain({ span, asked, isWhole }: Vain, effect: Effect): void {
    const empty = asked.find((group) => !group.negated && this.isEmpty(group));
    if (empty !== undefined && this.mayBeEmpty(empty.relation)) return;
    const what = empty === undefined ? "nothing meets its conditions" : `\`${render(empty)}\` is empty`;
    const out = isWhole ? "take the rule out" : "take the alternative out";
    const help =
      empty === undefined
        ? `${out}, or change a condition that no fact meets`
        : `${this.computed(empty) ?? `state a fact of \`${empty.relation}\` that it asks for`}, or ${out}`;
    const held = isWhole ? effect.kind : `alternative of the ${effect.kind}`;
    this.report(codes.holdsNothing({ what, effect: held }, { span, help }));
  }

  /**
   * The name of a field as a term of a relation, which no fact has there: `staff(srcUser)` asks whether the word is
   * `staff`. A fact of it as advice would make the condition true of every flow. `user` or `switch` may be words of a file.
   */
  fieldAsWord(
    asked: readonly Group[],
  ): { readonly name: string; readonly group: Group; readonly help: string } | undefined {
    for (const group of asked) {
      const { relation, pattern } = group;
      const isAlone = pattern.every((one) => one !== undefined);
      const at = pattern.findIndex(
        (one) =>
          typeof one === "string" && fieldOf(one) !== undefined && (/[A-Z]/.test(one) || (isAlone && one === "user")),
      );
      if (at < 0 || !this.isEmpty(group)) continue;
      const name = String(pattern[at]);
      const asks = pattern.map((one, n) => (n === at ? "V" : one === undefined ? "_" : renderConstant(one)));
      return { name, group, help: `the field's value is a variable: \`${name}(V), ${relation}(${asks.join(", ")})\`` };
    }
    return undefined;
  }

  /**
   * What has vanished of a group: selections of externs, its own or those in the rules that make it; where none of these
   * is missing, selections of relations on the way; else the group itself.
   */
  vanished(group: Group): readonly Vanished[] {
    const key = keyOf(group);
    let found = this.memory.get(key);
    if (found === undefined) this.memory.set(key, (found = this.search(group)));
    return found;
  }

  search(group: Group): readonly Vanished[] {
    const externs: Vanished[] = [];
    const others: Vanished[] = [];
    for (const one of this.reached(group)) {
      const { relation, pattern, selects } = one;
      const own = this.program.externs.filter((e) => e.relation.text === relation);
      if (own.length > 0 && this.hasNoFacts(relation)) {
        const blamed = own.filter((e) => !e.allowEmpty);
        if (blamed.length > 0) externs.push({ group: { ...one, pattern: [] }, externs: blamed });
      } else if (selects && (one === group || pattern.some((c) => c !== undefined))) {
        const blamed = this.externsOf(relation).filter((e) => !e.allowEmpty);
        if (blamed.length > 0 && this.isEmpty(one))
          (own.length > 0 ? externs : others).push({ group: one, externs: blamed });
      }
    }
    if (externs.length > 0) return externs;
    const nested = others.filter((one) => one.group !== group);
    return nested.length > 0 ? nested : others;
  }

  /** The group and all that its rules ask for, and so on; `negated` is turned by every `not` on the way. */
  reached(group: Group): Iterable<Group> {
    const seen = new Map([[keyOf(group), group]]);
    for (const { relation, negated } of seen.values()) {
      for (const { body } of this.program.definitions.get(relation) ?? []) {
        for (const deeper of groupsOf(body, negated)) {
          const key = keyOf(deeper);
          if (!seen.has(key)) seen.set(key, deeper);
        }
      }
    }
    return seen.values();
  }

  /** The externs that a relation is made of. */
  externsOf(relation: string): readonly ExternStatement[] {
    const seen = new Set([relation]);
    for (const name of seen) for (const used of this.program.uses(name)) seen.add(used);
    return this.program.externs.filter((e) => seen.has(e.relation.text));
  }

  /** What a relation that is summed or counted comes to where a rule asks for another value: no fact mends that. */
  computed({ relation, pattern }: Group): string | undefined {
    const columns = new Set(
      (this.program.definitions.get(relation) ?? []).flatMap(({ head }) =>
        head.kind === "atom" ? head.terms.flatMap((term, at) => (term.kind === "aggregate" ? [at] : [])) : [],
      ),
    );
    if (columns.size === 0) return undefined;
    const others = pattern.map((one, at) => (columns.has(at) ? undefined : one));
    const [found] = this.program.engine!.query(relation, others);
    const is =
      found === undefined
        ? "nothing is computed there"
        : `what is computed is \`${render({ relation, pattern: found })}\``;
    return `${is}: ask for another value`;
  }

  mayBeEmpty(relation: string): boolean {
    const externs = this.externsOf(relation);
    const empty = externs.filter((e) => this.hasNoFacts(e.relation.text));
    return [empty, externs].some((some) => some.length > 0 && some.every((e) => e.allowEmpty));
  }

  hasNoFacts(relation: string): boolean {
    for (const _ of this.program.facts.of(relation)) return false;
    return true;
  }

  isEmpty({ relation, pattern }: Group): boolean {
    return this.program.engine!.query(relation, pattern).length === 0;
  }
}

/** `member(_, suspended)`; a whole relation by its name. */
function render({ relation, pattern }: Pick<Group, "relation" | "pattern">): string {
  if (pattern.every((c) => c === undefined)) return relation;
  return `${relation}(${pattern.map((c) => (c === undefined ? "_" : renderConstant(c))).join(", ")})`;
}

/** The groups that a body asks for, each with what the `not`s above it make of its sign. */
function* groupsOf(body: BodyExpr | undefined, negated: boolean): Generator<Group> {
  if (body === undefined) return;
  if (body.kind === "and" || body.kind === "or") for (const part of body.parts) yield* groupsOf(part, negated);
  else if (body.kind === "not") yield* groupsOf(body.body, !negated);
  else if (body.kind === "atom") {
    yield {
      relation: body.relation.text,
      pattern: body.terms.map((t) => (t.kind === "value" ? constantOf(t.value) : undefined)),
      selects: body.terms.some((t) => t.kind === "variable"),
      negated,
    };
  }
}
