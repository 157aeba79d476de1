/**
 * Shares that no statement makes. Admission rejects what stands on one of them; where other faults keep admission from
 * running, such shares are reported along with those faults, so that one run reports all wrong names.
 */
import { unknownShare } from "../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { PolicyStatement } from "../fml/policy/plan-policies.ts";
import type { CommandExpr, Name } from "../syntax/ast.ts";
import type { NumberedCommand } from "./statements.ts";

/** One finding for each statement and policy on an unknown share, unless it is expected to be refused. */
export function unknownShares(
  commands: readonly NumberedCommand[],
  policies: readonly PolicyStatement[],
): Diagnostic[] {
  const known = new Set(["rootShare"]);
  for (const { statement } of commands) {
    if (statement.command.kind === "NewShare") known.add(statement.command.share.text);
  }
  const names = [...known];
  const first = names.slice(0, MOST_NAMED).map((name) => `\`${name}\``);
  const others = names.length > first.length ? ` and ${names.length - first.length} more` : "";
  const help = names.length === 1 ? `the only share is ${first[0]!}` : `the shares are ${first.join(", ")}${others}`;
  const named = [
    ...commands.map(({ statement }) => (statement.expected === false ? undefined : shareOf(statement.command))),
    ...policies.map(({ share }) => share),
  ];
  return named
    .filter((share) => share !== undefined && !known.has(share.text))
    .map((share) => {
      const { text, span } = share!;
      return unknownShare({ share: text }, { span, help, ...didYouMean(text, names, span) });
    });
}

const MOST_NAMED = 5;

/** The share that must be there already. */
function shareOf(command: CommandExpr): Name | undefined {
  if (command.kind === "NewShare") return command.parent;
  return command.kind !== "query" && "share" in command ? command.share : undefined;
}
