/** Text → statements and diagnostics: the grammar's units are lowered one at a time and put together into a file. */

import { ReadBudget } from "#grammar/reach.ts";
import { lex } from "#grammar/tokens.ts";
import { readUnits } from "#grammar/units.ts";
import type { PolicyRuleTree, StatementTree } from "#grammar/tree.ts";
import * as codes from "../diagnostics/codes/syntax.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Source, Span } from "../source.ts";
import type { File, RuleExpr, WrittenStatement } from "./ast.ts";
import { commandOf } from "./commands.ts";
import { type Context, type Dialect, spanOfTree } from "./context.ts";
import { type Declaration, declaration, policyHead, type PolicyOpening } from "./declarations.ts";
import { faultDiagnostic } from "./faults.ts";
import { tellForeignLines } from "./habits/foreign-lines.ts";
import { label, rule } from "./rules.ts";
import { name } from "./values.ts";

/** How to read. */
export interface ParseOptions {
  readonly dialect?: Dialect | undefined;
  /** What the texts before this one have left; absent: there are none. */
  readonly reading?: ReadBudget;
}

/** What a text says, and what is wrong with it. */
export interface ParsedText {
  readonly file: File;
  readonly diagnostics: Diagnostic[];
}

/** Parses a source. Never throws; statements with errors are missing from the file and reported, in source order. */
export function parse(source: Source, options: ParseOptions = {}): ParsedText {
  const context: Context = { source, dialect: options.dialect ?? "glazier", diagnostics: [] };
  const assembly = new Assembly(context);
  const reading = options.reading ?? new ReadBudget();
  // Where it is spent, that was told at the text that was too much.
  if (reading.isSpent) return { file: assembly.finish(), diagnostics: [] };
  const lexed = lex(source.text, reading.left);
  reading.take(lexed.size);
  for (const unit of readUnits(source.text, lexed)) {
    const before = context.diagnostics.length;
    switch (unit.kind) {
      case "fault":
        context.diagnostics.push(faultDiagnostic(source, unit.fault));
        break;
      case "policyHead":
        assembly.openPolicy(policyHead(context, unit.tree));
        break;
      case "policyRule": {
        const one = policyRule(context, unit.tree);
        if (context.diagnostics.length === before) assembly.addRule(one);
        break;
      }
      case "policyEnd":
        assembly.closePolicy(unit.end);
        break;
      case "statement": {
        const one = statement(context, unit.tree);
        if (context.diagnostics.length === before) assembly.add(one);
        break;
      }
    }
  }
  const file = assembly.finish();
  if (context.diagnostics.length === 0) return { file, diagnostics: [] };
  // What was left open is known at the end only, and a statement's parts are read in an order of their own.
  const found = context.diagnostics.toSorted((a, b) => startOf(a) - startOf(b));
  return { file, diagnostics: [...tellForeignLines(source, toldOnce(found))] };
}

/** Without those full stops that are missing because a semicolon stands there: it is told, and mended, as what it is. */
function toldOnce(found: readonly Diagnostic[]): readonly Diagnostic[] {
  const mended = new Set(
    found.flatMap(({ code, fix }) => (code === codes.strangeCharacter.code && fix?.text === "." ? [fix.span.end] : [])),
  );
  if (mended.size === 0) return found;
  return found.filter(
    ({ code, fix }) => code !== codes.unexpected.code || fix?.text !== "." || !mended.has(fix.span.end),
  );
}

const startOf = ({ span }: Diagnostic): number => span?.start ?? -1;

function policyRule(context: Context, tree: PolicyRuleTree): RuleExpr {
  return rule(context, tree.children.rule[0], tree.children.label?.[0]);
}

function statement(context: Context, tree: StatementTree): Declaration {
  const {
    expectation,
    label: labelled,
    speaker,
    rule: ruled,
    command: commanded,
    declaration: declared,
  } = tree.children;
  const span = spanOfTree(context, tree);
  const misplaced = (what: string, where: string, at: Span): void => {
    context.diagnostics.push(codes.misplaced({ what, where }, { span: at }));
  };
  if (commanded) {
    return {
      kind: "command",
      command: commandOf(context, commanded[0]),
      ...(labelled && { label: label(context, labelled[0]) }),
      ...(speaker && { speaker: name(context, speaker[0].children.Name[0]) }),
      ...(expectation && { expected: expectation[0].children.True !== undefined }),
      span,
    };
  }
  const where = ruled ? "a rule" : "a declaration";
  if (expectation) misplaced("an expected answer", where, spanOfTree(context, expectation[0]));
  if (speaker) misplaced("a speaker", where, spanOfTree(context, speaker[0]));
  if (ruled) return { kind: "rule", rule: rule(context, ruled[0], labelled?.[0]), span };
  if (labelled) misplaced("a label", where, spanOfTree(context, labelled[0]));
  return declaration(context, declared![0], span);
}

/** The file as far as it was read: open policies and transactions collect what stands inside them. */
class Assembly {
  private readonly context: Context;
  private readonly statements: WrittenStatement[] = [];
  private policy: { readonly opening: PolicyOpening; readonly rules: RuleExpr[] } | undefined;
  private transaction: { readonly span: Span; readonly statements: WrittenStatement[] } | undefined;

  constructor(context: Context) {
    this.context = context;
  }

  add(one: Declaration): void {
    if (one.kind === "begin") {
      if (this.transaction) this.reportOpen(this.transaction.span);
      this.transaction = { span: one.span, statements: [] };
    } else if (one.kind === "commit") {
      if (this.transaction) {
        const { span, statements } = this.transaction;
        this.statements.push({ kind: "transaction", statements, span: { ...span, end: one.span.end } });
      } else {
        this.context.diagnostics.push(codes.strayCommit({}, { span: one.span }));
      }
      this.transaction = undefined;
    } else {
      (this.transaction?.statements ?? this.statements).push(one);
    }
  }

  openPolicy(opening: PolicyOpening): void {
    this.policy = { opening, rules: [] };
  }

  addRule(one: RuleExpr): void {
    this.policy?.rules.push(one);
  }

  closePolicy(end: number): void {
    if (this.policy) {
      const { opening, rules } = this.policy;
      this.add({ ...opening, rules, span: { ...opening.span, end } });
    }
    this.policy = undefined;
  }

  finish(): File {
    if (this.transaction) this.reportOpen(this.transaction.span);
    const { source } = this.context;
    return { statements: this.statements, span: { source, start: 0, end: source.text.length } };
  }

  private reportOpen(span: Span): void {
    this.context.diagnostics.push(codes.openTransaction({}, { span }));
  }
}
