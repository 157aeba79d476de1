/** The answer to a query → text for people and JSON for programs. */
import type { Decided } from "../admission/decided.ts";
import { toJson } from "../diagnostics/documents.ts";
import type { Query } from "../model/model.ts";
import { answerCells, answerJson, type Answer } from "../queries/index.ts";
import { count } from "../diagnostics/text.ts";
import { columns } from "./text.ts";

/** The rows in columns, then their number. */
export function answerText(answer: Answer): string {
  const cells = answerCells(answer);
  const items = cells.length - 1;
  return `${items === 0 ? "" : `${columns(cells)}\n\n`}${count(items, "item")}\n`;
}

/** The document for programs. For a policy with faults it has the answer about the rest, and the faults. */
export const answerDocument = (
  kind: Query["kind"],
  answer: Answer,
  { good, diagnostics }: Pick<Decided, "good" | "diagnostics">,
): object => ({
  ok: good,
  query: kind,
  rows: answerJson(answer),
  ...(!good && { diagnostics: diagnostics.map(toJson) }),
});
