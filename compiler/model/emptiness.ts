/**
 * A group that became empty must not become an open door (fml.md, 5.1.6): an empty `extern` under a deny, or under the
 * `not` of an allow, is an error unless `allow empty` says that it may be. Anything else that is empty is a warning.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Effect } from "./model.ts";
import type { Program } from "./program.ts";
import type { RuleExpr } from "../syntax/ast.ts";

/** Effects whose absence gives somebody more than was meant. */
const RESTRICTS: ReadonlySet<Effect["kind"]> = new Set(["deny", "limit", "waypoint", "avoid"]);

/** What rules may ask about relations that hold nothing. */
export class Emptiness {
  readonly program: Program;
  readonly report: (diagnostic: Diagnostic) => void;

  constructor(program: Program, report: (diagnostic: Diagnostic) => void) {
    this.program = program;
    this.report = report;
  }

  /** Looks behind every relation that a rule asks. `asked` says which of them stand under `not`. */
  check = (rule: RuleExpr, effect: Effect, asked: ReadonlyMap<string, boolean>, holdsNothing: boolean): void => {
    let told = false;
    for (const [relation, negated] of asked) {
      const closes = RESTRICTS.has(effect.kind) !== negated;
      for (const extern of this.emptyExterns(relation)) {
        if (extern.allowEmpty || !closes) continue;
        told = true;
        if (this.program.missing.has(extern)) continue;
        const related = [{ span: extern.span, message: `\`${extern.relation.text}\` is read here` }];
        const help = "write `allow empty` behind the extern if that may be";
        const words = { relation: extern.relation.text, effect: effect.kind };
        this.report(codes.emptyUnderDeny(words, { span: rule.span, related, help }));
      }
    }
    if (told || !holdsNothing) return;
    const empty = [...asked].find(([relation, negated]) => !negated && this.isEmpty(relation))?.[0];
    if (empty !== undefined && this.mayBeEmpty(empty)) return;
    const words = {
      what: empty === undefined ? "nothing meets its conditions" : `\`${empty}\` is empty`,
      effect: effect.kind,
    };
    this.report(codes.holdsNothing(words, { span: rule.span }));
  };

  /** The empty externs that a relation is made of. */
  emptyExterns(relation: string): Program["externs"] {
    const seen = new Set([relation]);
    for (const name of seen) for (const used of this.program.uses(name)) seen.add(used);
    return this.program.externs.filter((e) => seen.has(e.relation.text) && this.hasNoFacts(e.relation.text));
  }

  mayBeEmpty(relation: string): boolean {
    const externs = this.emptyExterns(relation);
    return externs.length > 0 && externs.every((e) => e.allowEmpty);
  }

  hasNoFacts(relation: string): boolean {
    for (const _ of this.program.facts.of(relation)) return false;
    return true;
  }

  isEmpty(relation: string): boolean {
    if (!this.program.definitions.has(relation)) return this.hasNoFacts(relation);
    const arity = this.program.arityOf(relation);
    return (
      arity === undefined ||
      this.program.engine!.query(
        relation,
        Array.from({ length: arity }, () => undefined),
      ).length === 0
    );
  }
}
