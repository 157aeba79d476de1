/** A policy that has the name of a share, and stands on another → a note: what it decides it decides there (LANGUAGE, "FML rules"). */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { printName } from "../syntax/print-flows.ts";
import type { Sorted } from "./sort-statements.ts";

/** The notes on policies without a share of their own, named like one; those of guards hold everywhere. */
export function namesakes({ commands, policies }: Pick<Sorted, "commands" | "policies">): readonly Diagnostic[] {
  const shares = new Map(
    commands.flatMap(({ statement: { command } }) =>
      command.kind === "NewShare" ? [[command.share.text, command.share.span] as const] : [],
    ),
  );
  return policies.flatMap(({ name, share, guard }) => {
    const span = shares.get(name.text);
    if (span === undefined || share !== undefined || guard) return [];
    const written = printName(name);
    const help = `\`policy ${written} on share ${written} { … }\` stands there; another name says that the root is meant`;
    const related = [{ span, message: "the share" }];
    return [codes.namesake({ name: name.text }, { span: name.span, related, help })];
  });
}
