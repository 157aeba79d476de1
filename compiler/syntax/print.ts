/**
 * AST → canonical text, on one line. This text is a statement's identity where it has no label (SEMANTICS, "Files"), so
 * layout, comments, quoting and the choice among synonyms leave no trace in it; it parses back to the same tree, and
 * the formatter leaves it as it is.
 */
import { isName, isReserved } from "#grammar/tokens.ts";
import { printDuration, printInstant, printIp, printMac, printRate } from "../net/index.ts";
import type {
  Command,
  FlowExpr,
  HintExpr,
  Name,
  PrivilegeExpr,
  QueryExpr,
  Statement,
  TimeExpr,
  ValueExpr,
} from "./ast.ts";
import { fieldOf } from "./flows.ts";
import { printLabelledRule, printRule } from "./print-rule.ts";

export { printLabelledRule, printRule } from "./print-rule.ts";

/** A statement without its label, speaker and expected answer. */
export function printStatement(statement: Statement): string {
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
export function printWhole(statement: Statement): string {
  if (statement.kind === "rule") return printLabelledRule(statement.rule);
  if (statement.kind !== "command") return printStatement(statement);
  const { expected, label, speaker } = statement;
  const trace = expected === undefined ? "" : `${expected ? "True" : "False"} <- `;
  const mark = label === undefined ? "" : `${printLabel(label)} `;
  const by = speaker === undefined ? "" : `${printName(speaker)}: `;
  return trace + mark + by + printStatement(statement);
}

/** `@call "weekly sync"` */
export function printLabel(label: { readonly name: Name; readonly note?: string }): string {
  const word = isName(label.name.text) ? label.name.text : printQuoted(label.name.text);
  return `@${word}${label.note === undefined ? "" : ` ${printQuoted(label.note)}`}`;
}

/** A name, quoted where it must be. */
export function printName({ text }: Name): string {
  return isName(text) && !isReserved(text) ? text : printQuoted(text);
}

/** Text between quotation marks. */
export function printQuoted(text: string): string {
  const escaped = text
    .replaceAll(/["\\]/g, String.raw`\$&`)
    .replaceAll("\n", String.raw`\n`)
    .replaceAll("\t", String.raw`\t`);
  return `"${escaped}"`;
}

// ---------------------------------------------------------------- flowgroups

/** `(user=Alice) or (dstPort=80) except (web)` */
export function printFlowExpr(flows: FlowExpr): string {
  switch (flows.kind) {
    case "all":
      return "(*)";
    case "terms":
      return `(${flows.terms.map(printTerm).join(", ")})`;
    case "or": {
      const right = printFlowExpr(flows.right);
      return `${printFlowExpr(flows.left)} or ${flows.right.kind === "or" ? `(${right})` : right}`;
    }
    case "and":
    case "except": {
      const left = printFlowExpr(flows.left);
      const right = printFlowExpr(flows.right);
      const simple = flows.right.kind === "all" || flows.right.kind === "terms";
      return `${flows.left.kind === "or" ? `(${left})` : left} ${flows.kind} ${simple ? right : `(${right})`}`;
    }
  }
}

/** A flowgroup as the one argument of a request: `allow(…)`. */
function printArgument(flows: FlowExpr): string {
  const text = printFlowExpr(flows);
  return flows.kind === "all" || flows.kind === "terms" ? text : `(${text})`;
}

type Term = Extract<FlowExpr, { kind: "terms" }>["terms"][number];

function printTerm(term: Term): string {
  if (term.kind === "field") return `${term.field}${term.negated ? "!=" : "="}${printValue(term.value)}`;
  return fieldOf(term.name.text) === undefined ? printName(term.name) : printQuoted(term.name.text);
}

/** A value; `named` says how names are written where it stands (rules have variables). */
export function printValue(value: ValueExpr, named: (name: Name) => string = printName): string {
  switch (value.kind) {
    case "number":
      return String(value.value);
    case "name":
      return named(value.name);
    case "ip":
      return printIp(value.address);
    case "mac":
      return printMac(value.address);
    case "ap":
      return `${printName(value.switch)}:${typeof value.port === "number" ? value.port : printName(value.port)}`;
    case "prefix":
      return `${printIp(value.prefix.address)}/${value.prefix.length}`;
    case "range":
      return `${printValue(value.low, named)}-${printValue(value.high, named)}`;
    case "set":
      return `{${value.values.map((one) => printValue(one, named)).join(", ")}}`;
  }
}

// ---------------------------------------------------------------- commands

/** A command without its full stop. */
export function printCommand(command: Command): string {
  switch (command.kind) {
    case "AddUser":
    case "RemoveUser":
      return `${command.kind} ${printName(command.user)}`;
    case "NewShare": {
      const privileges = command.privileges.map(printPrivilege).join(", ");
      const flows = printFlowExpr(command.flows);
      return `NewShare ${printName(command.share)} for ${flows} [${privileges}] on ${printName(command.parent)}`;
    }
    case "RemoveShare":
      return `RemoveShare ${printName(command.share)}${command.cascade ? " cascade" : ""}`;
    case "Grant":
      return `Grant ${printName(command.share)} to ${printName(command.user)}`;
    case "GrantDefault":
      return `GrantDefault ${printName(command.share)}`;
    case "Revoke": {
      const requests = command.withRequests ? " with requests" : "";
      return `Revoke ${printName(command.share)} from ${printName(command.user)}${requests}`;
    }
    case "request": {
      const value = command.rate ? printRate(command.rate.bits) : command.nodes?.map(printName).join(", ");
      const equals = value === undefined ? "" : ` = ${value}`;
      const modifiers = (command.bothWays ? " both ways" : "") + (command.mode === "partial" ? " partial" : "");
      return `${command.action}${printArgument(command.flows)}${equals}${modifiers}${printPlace(command)}`;
    }
    case "Cancel":
      return `Cancel ${printReference(command.request)}`;
    case "hint":
      return `hint${printArgument(command.flows)} ${printHint(command.hint)}${printPlace(command)}`;
    case "Tick":
      return `Tick ${command.seconds}`;
    case "query":
      return printQuery(command.query);
  }
}

function printPlace(place: { readonly share: Name; readonly from?: TimeExpr; readonly to?: TimeExpr }): string {
  return ` on ${printName(place.share)}${printDuring(place)}`;
}

/** `from now to +10min`, as far as stated; what is the default anyway is left out. */
export function printDuring({ from, to }: { readonly from?: TimeExpr; readonly to?: TimeExpr }): string {
  const begin = from === undefined ? "" : ` from ${printTime(from)}`;
  const end = to === undefined ? "" : ` to ${printTime(to)}`;
  return begin + end;
}

/** A point in time. */
export function printTime(time: TimeExpr): string {
  switch (time.kind) {
    case "now":
    case "forever":
      return time.kind;
    case "relative":
      return time.seconds < 0 ? `-${printDuration(-time.seconds)}` : `+${printDuration(time.seconds)}`;
    case "absolute":
      return printInstant(time.seconds);
  }
}

/** One privilege of a share. */
export function printPrivilege(privilege: PrivilegeExpr): string {
  switch (privilege.kind) {
    case "allow":
    case "deny":
    case "hint":
    case "query":
      return `${privilege.kind} = ${privilege.value ? "True" : "False"}`;
    case "reserve":
    case "limit":
      return `${privilege.kind} ${privilege.bound} ${printRate(privilege.rate.bits)}`;
    case "capacity":
      return `reserveTBCapacity = ${printRate(privilege.rate.bits)}`;
    case "fill":
      return `reserveTBFill = ${printRate(privilege.rate.bits)}`;
    case "waypoint":
    case "avoid":
      return `${privilege.kind} = {${privilege.nodes.map(printName).join(", ")}}`;
    case "requests":
    case "entries":
      return `${privilege.kind} <= ${privilege.count}`;
  }
}

function printHint(hint: HintExpr): string {
  switch (hint.kind) {
    case "duration":
      return `duration = ${printDuration(hint.seconds)}`;
    case "size":
      return `size = ${printSize(hint.bits)}`;
    case "deadline":
      return `deadline = ${printTime(hint.time)}`;
    case "priority":
      return `priority = ${hint.priority}`;
  }
}

/** Whole bytes as bytes, anything else as bits. */
function printSize(bits: number): string {
  return bits % 8 === 0 ? printRate(bits / 8).replace(/b$/, "B") : `${bits}b`;
}

/** A request by its label, or by the number that stands for it. */
function printReference({ text }: Name): string {
  return isName(text) || /^(0|[1-9]\d*)$/.test(text) ? text : printQuoted(text);
}

function printQuery(query: QueryExpr): string {
  switch (query.kind) {
    case "GetSchedule":
      return `GetSchedule ${printName(query.share)}`;
    case "ListShares":
    case "ListUsers":
      return query.kind;
    case "ListSharesByFlowGroup":
    case "ListRequestsByFlowGroup":
    case "Traffic":
      return `${query.kind} ${printFlowExpr(query.flows)}`;
    case "ListRequests":
      return query.share ? `ListRequests on ${printName(query.share)}` : "ListRequests";
    case "Explain":
      return `Explain ${printReference(query.request)}`;
    case "Available": {
      const lasting = query.seconds === undefined ? "" : ` lasting ${printDuration(query.seconds)}`;
      const flows = printFlowExpr(query.flows);
      return `Available ${printRate(query.rate.bits)} for ${flows} on ${printName(query.share)}${lasting}`;
    }
  }
}

// ---------------------------------------------------------------- declarations

function printExtern(extern: Extract<Statement, { kind: "extern" }>): string {
  const list = (names: readonly Name[]): string => `(${names.map(printName).join(", ")})`;
  const select = extern.select ? ` ${printQuoted(extern.select.text)}` : "";
  const columns = extern.columns.length > 0 ? ` ${list(extern.columns)}` : "";
  const where = extern.where
    ? ` where ${printName(extern.where.column)} = ${printQuoted(extern.where.equals.text)}`
    : "";
  const from = `${extern.format} ${printQuoted(extern.path.text)}${select}${columns}${where}`;
  return `extern ${printName(extern.relation)}${list(extern.sorts)} from ${from}${extern.allowEmpty ? " allow empty" : ""}.`;
}

function printPolicy(policy: Extract<Statement, { kind: "policy" }>): string {
  const share = policy.share ? ` on share ${printName(policy.share)}` : "";
  const speaker = policy.speaker && (policy.speaker.text === "guard" ? `"guard"` : printName(policy.speaker));
  const as = policy.guard ? " as guard" : speaker === undefined ? "" : ` as ${speaker}`;
  const head = `policy ${printName(policy.name)}${share}${as}${policy.ordered ? " ordered" : ""} {`;
  return [head, ...policy.rules.map((rule) => `  ${printLabelledRule(rule)}`), "}"].join("\n");
}

function printAssertion({ assertion, at }: Extract<Statement, { kind: "assert" }>): string {
  const flows = printFlowExpr(assertion.flows);
  const claim =
    assertion.kind === "verdict"
      ? `${assertion.verdict} ${flows}`
      : `reserved ${flows} ${assertion.operator} ${printRate(assertion.rate.bits)}`;
  const when = at === undefined ? "" : at.kind === "always" ? " always" : ` at ${printTime(at)}`;
  return `assert ${claim}${when}.`;
}
