/** Statements in reading order → lists by what they are. Declarations are free of order; commands keep theirs. */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { ExternStatement } from "../fml/extern.ts";
import type { PlacedStatement } from "../fml/include.ts";
import type { PolicyStatement } from "../fml/policy/plan-policies.ts";
import type { Declared } from "../model/flows.ts";
import type { Model } from "../model/model.ts";
import type { RuleExpr, WrittenStatement } from "../syntax/ast.ts";
import type { NumberedCommand } from "./statements.ts";
import { unsupported } from "./unsupported.ts";

/** Statements by what they are. */
export interface Sorted {
  readonly commands: readonly NumberedCommand[];
  readonly flowgroups: readonly Declared[];
  readonly rules: readonly RuleExpr[];
  readonly externs: readonly { readonly statement: ExternStatement; readonly source: PlacedStatement["source"] }[];
  readonly policies: readonly PolicyStatement[];
  readonly cascades: readonly (WrittenStatement & { readonly kind: "cascade" })[];
  readonly defaults: Model["defaults"];
}

/** Sorts statements; reports what is stated twice, what is left out, and what this version cannot compile. */
export function sortStatements(
  placed: readonly PlacedStatement[],
  trace: boolean,
  report: (diagnostic: Diagnostic) => void,
): Sorted {
  const commands: NumberedCommand[] = [];
  const flowgroups: Declared[] = [];
  const rules: RuleExpr[] = [];
  const externs: { statement: ExternStatement; source: PlacedStatement["source"] }[] = [];
  const policies = new Map<string, PolicyStatement>();
  const cascadeStatements: (WrittenStatement & { kind: "cascade" })[] = [];
  const defaults = new Map<string, WrittenStatement & { kind: "default" }>();
  let transactions = 0;

  const add = (statement: WrittenStatement, source: PlacedStatement["source"], transaction?: number): void => {
    switch (statement.kind) {
      case "command":
        commands.push({ statement, ...(transaction !== undefined && { transaction }) });
        break;
      case "transaction": {
        const number = (transactions += 1);
        for (const one of statement.statements) add(one, source, number);
        break;
      }
      case "flowgroup":
        if (statement.name.text === "") report(codes.emptyName({ what: "a flowgroup" }, { span: statement.name.span }));
        flowgroups.push(statement);
        break;
      case "rule":
        rules.push(statement.rule);
        break;
      case "extern":
        externs.push({ statement, source });
        break;
      case "cascade":
        cascadeStatements.push(statement);
        break;
      case "policy": {
        const { text, span } = statement.name;
        const related = [{ span: policies.get(text)?.name.span ?? span, message: "defined first here" }];
        if (text === "") report(codes.emptyName({ what: "a policy" }, { span }));
        if (statement.guard && statement.share) report(codes.guardOnShare({}, { span: statement.share.span }));
        if (policies.has(text)) report(codes.duplicatePolicy({ name: text }, { span, related }));
        else policies.set(text, statement);
        break;
      }
      case "default": {
        const earlier = defaults.get(statement.of);
        if (earlier === undefined) defaults.set(statement.of, statement);
        else if (earlier.verdict !== statement.verdict) {
          const related = [{ span: earlier.span, message: "stated first here" }];
          report(codes.duplicateDefault({ of: statement.of }, { span: statement.span, related }));
        }
        break;
      }
      case "assert":
        report(unsupported("assert", statement.span));
        break;
      case "include":
        break; // replaced by what it includes
    }
  };
  for (const { statement, source } of placed) add(statement, source);
  const verdict = defaults.get("verdict");
  if (verdict === undefined && !trace)
    report(codes.unwrittenDefault({}, { help: "write `default allow.` or `default deny.`" }));
  return {
    commands,
    flowgroups,
    rules,
    externs,
    policies: [...policies.values()],
    cascades: cascadeStatements,
    defaults: {
      verdict: verdict?.verdict ?? "allow",
      written: verdict !== undefined,
      fragments: defaults.get("fragments")?.verdict ?? "deny",
    },
  };
}
