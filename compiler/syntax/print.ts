/**
 * AST → canonical text, on one line. This text is a statement's identity where it has no label (SEMANTICS, "Files"), so
 * layout, comments, quoting and the choice among synonyms leave no trace in it; it parses back to the same tree, and
 * the formatter leaves it as it is.
 */
import { printRate } from "../net/index.ts";
import type { Name, WrittenStatement } from "./ast.ts";
import { printCommand } from "./print-command.ts";
import { printFlowExpr, printLabel, printName, printQuoted, printTime } from "./print-flows.ts";
import { printLabelledRule, printRule } from "./print-rule.ts";

export { printCommand } from "./print-command.ts";
export { printFlowExpr, printName } from "./print-flows.ts";
export { printLabelledRule, printRule } from "./print-rule.ts";

/** A statement without its label, speaker and expected answer. */
export function printStatement(statement: WrittenStatement): string {
  switch (statement.kind) {
    case "command":
      return `${printCommand(statement.command)}.`;
    case "transaction":
      return ["begin.", ...statement.statements.map(printWhole), "commit."].join("\n");
    case "flowgroup":
      return `flowgroup ${printName(statement.name)} = ${printFlowExpr(statement.flows)}.`;
    case "default":
      return `default ${statement.of === "fragments" ? "fragments " : ""}${statement.verdict}.`;
    case "include":
      return `include ${printQuoted(statement.path.text)}.`;
    case "extern":
      return printExtern(statement);
    case "rule":
      return printRule(statement.rule);
    case "policy":
      return printPolicy(statement);
    case "cascade":
      return `cascade ${statement.policies.map(printName).join(" > ")}.`;
    case "assert":
      return printAssertion(statement);
  }
}

/** A statement with everything that was written before it. */
export function printWhole(statement: WrittenStatement): string {
  if (statement.kind === "rule") return printLabelledRule(statement.rule);
  if (statement.kind !== "command") return printStatement(statement);
  const { expected, label, speaker } = statement;
  const trace = expected === undefined ? "" : `${expected ? "True" : "False"} <- `;
  const mark = label === undefined ? "" : `${printLabel(label)} `;
  const by = speaker === undefined ? "" : `${printName(speaker)}: `;
  return trace + mark + by + printStatement(statement);
}

// ---------------------------------------------------------------- declarations

function printExtern(extern: Extract<WrittenStatement, { kind: "extern" }>): string {
  const list = (names: readonly Name[]): string => `(${names.map(printName).join(", ")})`;
  const select = extern.select ? ` ${printQuoted(extern.select.text)}` : "";
  const columns = extern.columns.length > 0 ? ` ${list(extern.columns)}` : "";
  const where = extern.where
    ? ` where ${printName(extern.where.column)} = ${printQuoted(extern.where.equals.text)}`
    : "";
  const from = `${extern.format} ${printQuoted(extern.path.text)}${select}${columns}${where}`;
  return `extern ${printName(extern.relation)}${list(extern.sorts)} from ${from}${extern.allowEmpty ? " allow empty" : ""}.`;
}

function printPolicy(policy: Extract<WrittenStatement, { kind: "policy" }>): string {
  const share = policy.share ? ` on share ${printName(policy.share)}` : "";
  const speaker = policy.speaker && (policy.speaker.text === "guard" ? `"guard"` : printName(policy.speaker));
  const as = policy.guard ? " as guard" : speaker === undefined ? "" : ` as ${speaker}`;
  const head = `policy ${printName(policy.name)}${share}${as}${policy.ordered ? " ordered" : ""} {`;
  return [head, ...policy.rules.map((rule) => `  ${printLabelledRule(rule)}`), "}"].join("\n");
}

function printAssertion({ assertion, at }: Extract<WrittenStatement, { kind: "assert" }>): string {
  const flows = printFlowExpr(assertion.flows);
  const claim =
    assertion.kind === "verdict"
      ? `${assertion.verdict} ${flows}`
      : `reserved ${flows} ${assertion.operator} ${printRate(assertion.rate.bits)}`;
  const when = at === undefined ? "" : at.kind === "always" ? " always" : ` at ${printTime(at)}`;
  return `assert ${claim}${when}.`;
}
