/**
 * Words → the statement or the policy's rule that they mean: its label, its identity, or its text in any spelling that
 * the parser reads alike (SEMANTICS, "Files": identity is the canonical text).
 */
import { isReserved } from "#grammar/heads.ts";
import type { RuleOutcome } from "../admission/policies/policies.ts";
import type { Outcome } from "../certificates/verdict.ts";
import type { Decided } from "../admission/decided.ts";
import { distance } from "../diagnostics/suggest.ts";
import { printable } from "../diagnostics/text.ts";
import { by } from "../net/order.ts";
import { locate } from "../source.ts";
import type { WrittenStatement } from "../syntax/ast.ts";
import { parse, type ParsedText } from "../syntax/parse.ts";
import { printPrivilege } from "../syntax/print-command.ts";
import { printName } from "../syntax/print-flows.ts";
import { ESCAPES } from "../syntax/values.ts";
import { printStatement, printWhole } from "../syntax/print.ts";
import { found, misuse, type Fault, type Lookup } from "./found.ts";
import { ARGUMENT, notUnderstood } from "./sentence.ts";
import { spellingHelp } from "../diagnostics/suggest.ts";

/** A statement or a policy's rule with what was decided of it, and the identity under which it is known if accepted. */
export type Decision =
  | { readonly kind: "statement"; readonly id: string; readonly outcome: Outcome }
  | { readonly kind: "rule"; readonly id: string; readonly rule: RuleOutcome };

/** What the words mean; undefined where they are no statement and name none. A fault where they are a wrong statement. */
export function findStatement(words: string, decided: Decided): Lookup<Decision | undefined> {
  const subject = words.trim();
  const named = byName(unquoted(subject.replace(/^@/, "")), decided);
  return !named.ok || named.value !== undefined ? named : byText(subject, decided);
}

/** The fault of words that name no statement, nor are anything else that can be explained. */
export function notAStatement(subject: string, { outcomes, rules }: Decided): Fault {
  const labels = [...outcomes.map(({ statement }) => statement.label), ...rules.map(({ rule }) => rule.label)];
  const known = labels.filter((label) => label !== undefined);
  const some = known.slice(0, 8).map((label) => `@${printName({ text: label })}`);
  const more = known.length > some.length ? ", …" : "";
  const ids = rules.map(({ rule }) => rule.id);
  const word = subject.replace(/^@/, "");
  const help =
    spellingHelp(word, known, "@") ??
    spellingHelp(word, ids, "@") ??
    (subject.startsWith("@") && some.length > 0
      ? `its labels: ${some.join(", ")}${more}`
      : "give a label, a packet (field=value, …) or a flowgroup in parentheses");
  return misuse(`no statement is called \`${subject}\``, help);
}

/** A statement with its label and speaker, on one line, as it may be written in a file. */
export function writtenText({ label, speaker, text }: Outcome["statement"]): string {
  const line = `${speaker === "root" ? "" : `${printName({ text: speaker })}: `}${text.replaceAll(/\s+/g, " ")}`;
  return label === undefined ? line : `@${printName({ text: label })} ${line}`;
}

/** By a label or an identity, as it is or as it is shown: on one line. */
function byName(name: string, decided: Decided): Lookup<Decision | undefined> {
  const is = (one: string | undefined): boolean => one === name || (one !== undefined && printable(one) === name);
  const { outcomes, rules } = decided;
  const outcome =
    outcomes.find(({ statement: { label, id } }) => label === name || id === name) ??
    outcomes.find(({ statement: { label, id } }) => is(label) || is(id));
  if (outcome !== undefined) return found(ofOutcome(outcome));
  const rule = rules.find((one) => one.rule.id === name) ?? rules.find((one) => is(one.rule.id));
  if (rule !== undefined) return found(ofRule(rule));
  return theOnly(rules.filter((one) => is(one.rule.label)).map(ofRule), `the label \`${name}\``);
}

/** What stands between quotation marks, if they hold all of the words. */
const unquoted = (words: string): string =>
  /^"(?:[^"\\]|\\.)*"$/.test(words)
    ? words.slice(1, -1).replaceAll(/\\(.)/g, (escape, letter: string) => ESCAPES[letter] ?? escape)
    : words;

/** By the text of a statement. */
function byText(subject: string, decided: Decided): Lookup<Decision | undefined> {
  const { statements, diagnostics } = read(subject);
  const [statement, ...more] = statements;
  if (diagnostics.length > 0)
    return beginsStatement(subject) ? notUnderstood("the statement", diagnostics) : found(undefined);
  if (statement === undefined || more.length > 0 || isWord(statement)) return found(undefined);
  const text = printStatement(statement);
  const candidates = candidatesFor(statement, text, decided);
  if (!candidates.ok) return candidates;
  const all = candidates.value;
  const same = all.filter((one) => hasNamesOf(one, statement) && (textOf(one) === text || isShare(one, statement)));
  // A text that is repeated has a number in its identity; the text alone means the first.
  const first = same.find(({ id }) => id === text);
  const meant = first === undefined ? theOnly(same, `\`${text}\``) : found(first);
  if (!meant.ok || meant.value !== undefined) return meant;
  return misuse(`no statement reads \`${printWhole(statement)}\``, nearest(printWhole(statement), all));
}

/** The full stop may be missing; a policy has none. */
function read(text: string): {
  readonly statements: readonly WrittenStatement[];
  readonly diagnostics: ParsedText["diagnostics"];
} {
  const { file, diagnostics } = parse({ name: ARGUMENT, text: /\.$|^policy\b[^]*\}$/.test(text) ? text : `${text}.` });
  return { statements: file.statements, diagnostics };
}

/** Whether a statement makes the share of a given one, its privileges in any order. */
function isShare(decision: Decision, given: WrittenStatement): boolean {
  if (decision.kind === "rule" || given.kind !== "command" || given.command.kind !== "NewShare") return false;
  const { demand, text } = decision.outcome.statement;
  if (demand.kind !== "NewShare" || demand.share !== given.command.share.text) return false;
  const [made] = read(text).statements;
  return made !== undefined && inOrder(made) === inOrder(given);
}

/** The canonical text of a statement; the privileges of a NewShare are sorted. */
function inOrder(statement: WrittenStatement): string {
  if (statement.kind !== "command" || statement.command.kind !== "NewShare") return printStatement(statement);
  const { command } = statement;
  const sorted = command.privileges.toSorted(by(printPrivilege));
  return printStatement({ ...statement, command: { ...command, privileges: sorted } });
}

/** What a statement may mean: rules of policies where it is written as one, else commands. */
function candidatesFor(statement: WrittenStatement, text: string, decided: Decided): Lookup<readonly Decision[]> {
  if (statement.kind === "command" && statement.command.kind === "query")
    return misuse(`\`${text}\` is a question`, `\`glazier query\` answers it`);
  if (statement.kind === "command") return found(decided.outcomes.map(ofOutcome));
  if (statement.kind === "rule" && statement.rule.head.kind !== "atom") return found(decided.rules.map(ofRule));
  return misuse(
    `\`${text.replaceAll(/\s+/g, " ")}\` is not decided`,
    "`explain` tells of commands, of rules of policies, of packets and of flowgroups",
  );
}

/** Whether a statement is a bare name, which may also be that of a label or a flowgroup. */
const isWord = (statement: WrittenStatement): boolean =>
  statement.kind === "rule" &&
  statement.rule.body === undefined &&
  statement.rule.head.kind === "atom" &&
  statement.rule.head.terms.length === 0;

/** Whether a word that begins statements stands where a statement begins, behind a label and a speaker. */
function beginsStatement(subject: string): boolean {
  const head = /^(?:@(?:"[^"]*"|\S+)\s+(?:"[^"]*"\s+)?)?(?:(?:"[^"]*"|[\w-]+)\s*:\s+)?([A-Za-z]+)/.exec(subject)?.[1];
  return head !== undefined && isReserved(head);
}

const ofOutcome = (outcome: Outcome): Decision => ({ kind: "statement", id: outcome.statement.id, outcome });

const ofRule = (rule: RuleOutcome): Decision => ({ kind: "rule", id: rule.rule.id, rule });

const textOf = (one: Decision): string => (one.kind === "statement" ? one.outcome.statement.text : one.rule.rule.text);

/** Whether a decision has the label and the speaker that a written statement has, where it has them. */
function hasNamesOf(one: Decision, given: WrittenStatement): boolean {
  if (one.kind === "rule") {
    const label = given.kind === "rule" ? given.rule.label?.name.text : undefined;
    return label === undefined || label === one.rule.rule.label;
  }
  if (given.kind !== "command") return false;
  const { label, speaker } = one.outcome.statement;
  return (
    (given.label === undefined || given.label.name.text === label) &&
    (given.speaker === undefined || given.speaker.text === speaker)
  );
}

/** The only one, if any; several are a fault that tells them apart by their names. `what` is what was looked up. */
function theOnly(all: readonly Decision[], what: string): Lookup<Decision | undefined> {
  if (all.length < 2) return found(all[0]);
  return misuse(`${what} means ${all.length} statements`, `name one: ${all.slice(0, 8).map(nameOf).join(", ")}`);
}

const nameOf = ({ id, ...one }: Decision): string => {
  const { label } = one.kind === "statement" ? one.outcome.statement : one.rule.rule;
  return label === undefined ? `\`${id}\`` : `@${id}`;
};

/** The statement whose text differs in the fewest letters, and where it is. */
function nearest(text: string, all: readonly Decision[]): string {
  let best: Decision | undefined;
  let least = Infinity;
  for (const one of all) {
    const other = one.kind === "statement" ? writtenText(one.outcome.statement) : one.rule.rule.text;
    if (Math.abs(other.length - text.length) >= least) continue;
    const far = distance(text, other);
    if (far < least) [best, least] = [one, far];
  }
  if (best === undefined) return "there is nothing of its kind";
  const { span } = best.kind === "statement" ? best.outcome.statement : best.rule.rule;
  return `the nearest: ${nameOf(best)} (${locate(span)})`;
}
