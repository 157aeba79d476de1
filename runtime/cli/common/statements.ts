/**
 * Words on the command line → the statement or the rule of a policy that they mean: its label, its identity, or its text
 * in any spelling that the parser reads alike (SEMANTICS, "Files": identity is the canonical text).
 */
import type { Decided } from "#compiler/admission/decided.ts";
import { distance } from "#compiler/diagnostics/suggest.ts";
import type { Outcome } from "#compiler/certificates/verdict.ts";
import type { RuleOutcome } from "#compiler/admission/policies/policies.ts";
import { locate } from "#compiler/source.ts";
import type { Statement } from "#compiler/syntax/ast.ts";
import { parse, type Parsed } from "#compiler/syntax/parse.ts";
import { printPrivilege } from "#compiler/syntax/print-command.ts";
import { printStatement, printWhole } from "#compiler/syntax/print.ts";
import { isReserved } from "#grammar/tokens.ts";
import { refuse } from "./flows.ts";
import { misuse, type Io } from "./io.ts";
import { statementText } from "../../../compiler/report/verdicts.ts";

/** What was meant, with the identity under which it stands if it does. */
export type Found =
  | { readonly kind: "statement"; readonly id: string; readonly outcome: Outcome }
  | { readonly kind: "rule"; readonly id: string; readonly rule: RuleOutcome };

/** What the words mean; undefined: they are no statement, and name none. Ends the command where they are a wrong one. */
export function findStatement(words: string, decided: Decided, io: Io): Found | undefined {
  const subject = words.trim();
  return named(subject.replace(/^@/, "").replace(/^"([^"\\]*)"$/, "$1"), decided) ?? written(subject, decided, io);
}

/** By a label or an identity. */
function named(name: string, decided: Decided): Found | undefined {
  const outcome = decided.outcomes.find(({ statement }) => statement.label === name || statement.id === name);
  if (outcome !== undefined) return ofOutcome(outcome);
  const rule = decided.rules.find((one) => one.rule.id === name);
  if (rule !== undefined) return ofRule(rule);
  return only(decided.rules.filter((one) => one.rule.label === name).map(ofRule), `the label \`${name}\``);
}

/** By the text of a statement. */
function written(subject: string, decided: Decided, io: Io): Found | undefined {
  const { statements, diagnostics } = read(subject);
  const [statement, ...more] = statements;
  if (diagnostics.length > 0) {
    if (beginsStatement(subject)) refuse(diagnostics, "the statement", io);
    return undefined;
  }
  if (statement === undefined || more.length > 0 || isWord(statement)) return undefined;
  const text = printStatement(statement);
  const all = candidates(statement, text, decided);
  const same = all.filter(
    (found) => isAsSaid(found, statement) && (textOf(found) === text || isShare(found, statement)),
  );
  // Who repeats a text has a number behind it: the text alone means the first.
  const found = same.find(({ id }) => id === text) ?? only(same, `\`${text}\``);
  if (found !== undefined) return found;
  throw misuse(`no statement reads \`${printWhole(statement)}\``, nearest(printWhole(statement), all));
}

/** The full stop may be missing; a policy has none. */
function read(text: string): {
  readonly statements: readonly Statement[];
  readonly diagnostics: Parsed["diagnostics"];
} {
  const { file, diagnostics } = parse({
    name: "<argument>",
    text: /\.$|^policy\b[^]*\}$/.test(text) ? text : `${text}.`,
  });
  return { statements: file.statements, diagnostics };
}

/** Whether it makes the share that is said, with its privileges in another order: any will do (LANGUAGE). */
function isShare(found: Found, said: Statement): boolean {
  if (found.kind === "rule" || said.kind !== "command" || said.command.kind !== "NewShare") return false;
  const { demand, text } = found.outcome.statement;
  if (demand.kind !== "NewShare" || demand.share !== said.command.share.text) return false;
  const [made] = read(text).statements;
  return made !== undefined && inOrder(made) === inOrder(said);
}

/** A NewShare with its privileges sorted. */
function inOrder(statement: Statement): string {
  if (statement.kind !== "command" || statement.command.kind !== "NewShare") return printStatement(statement);
  const { command } = statement;
  const sorted = command.privileges.toSorted((a, b) => (printPrivilege(a) < printPrivilege(b) ? -1 : 1));
  return printStatement({ ...statement, command: { ...command, privileges: sorted } });
}

/** What it may be: a rule of a policy where it is written as one. */
function candidates(statement: Statement, text: string, decided: Decided): readonly Found[] {
  if (statement.kind === "command" && statement.command.kind === "query")
    throw misuse(`\`${text}\` is a question`, `\`glazier query\` answers it`);
  if (statement.kind === "command") return decided.outcomes.map(ofOutcome);
  if (statement.kind === "rule" && statement.rule.head.kind !== "atom") return decided.rules.map(ofRule);
  throw misuse(
    `\`${text.replaceAll(/\s+/g, " ")}\` is not decided`,
    "`explain` tells of commands, of rules of policies, of packets and of flowgroups",
  );
}

/** A name by itself, which a label or a flowgroup may have as well. */
const isWord = (statement: Statement): boolean =>
  statement.kind === "rule" &&
  statement.rule.body === undefined &&
  statement.rule.head.kind === "atom" &&
  statement.rule.head.terms.length === 0;

/** Whether a word that begins statements stands where a statement begins, behind a label and a speaker. */
function beginsStatement(subject: string): boolean {
  const head = /^(?:@(?:"[^"]*"|\S+)\s+(?:"[^"]*"\s+)?)?(?:(?:"[^"]*"|[\w-]+)\s*:\s+)?([A-Za-z]+)/.exec(subject)?.[1];
  return head !== undefined && isReserved(head);
}

const ofOutcome = (outcome: Outcome): Found => ({ kind: "statement", id: outcome.statement.id, outcome });

const ofRule = (rule: RuleOutcome): Found => ({ kind: "rule", id: rule.rule.id, rule });

const textOf = (found: Found): string =>
  found.kind === "statement" ? found.outcome.statement.text : found.rule.rule.text;

/** A label and a speaker, where they are said, are those of the statement. */
function isAsSaid(found: Found, said: Statement): boolean {
  if (found.kind === "rule") {
    const label = said.kind === "rule" ? said.rule.label?.name.text : undefined;
    return label === undefined || label === found.rule.rule.label;
  }
  if (said.kind !== "command") return false;
  const { label, speaker } = found.outcome.statement;
  return (
    (said.label === undefined || said.label.name.text === label) &&
    (said.speaker === undefined || said.speaker.text === speaker)
  );
}

/** The one that there is; several are told apart by their names. */
function only(found: readonly Found[], by: string): Found | undefined {
  if (found.length < 2) return found[0];
  throw misuse(`${by} means ${found.length} statements`, `name one: ${found.slice(0, 8).map(nameOf).join(", ")}`);
}

const nameOf = ({ id, ...found }: Found): string => {
  const { label } = found.kind === "statement" ? found.outcome.statement : found.rule.rule;
  return label === undefined ? `\`${id}\`` : `@${id}`;
};

/** The statement whose text differs in the fewest letters, and where it is. */
function nearest(text: string, all: readonly Found[]): string {
  let best: Found | undefined;
  let least = Infinity;
  for (const found of all) {
    const other = found.kind === "statement" ? statementText(found.outcome) : found.rule.rule.text;
    if (Math.abs(other.length - text.length) >= least) continue;
    const far = distance(text, other);
    if (far < least) [best, least] = [found, far];
  }
  if (best === undefined) return "there is nothing of its kind";
  const { span } = best.kind === "statement" ? best.outcome.statement : best.rule.rule;
  return `the nearest: ${nameOf(best)} (${locate(span)})`;
}
