/** A replayed trace → each statement with its verdict, as text for people and as JSON for programs. */
import { toJson } from "../diagnostics/documents.ts";
import { answerCells, answerJson } from "../queries/index.ts";
import type { Replay } from "../replay/replay.ts";
import type { Replayed } from "../replay/surprises.ts";
import { outcomeJson, outcomeText } from "./decisions.ts";
import { hasErrors } from "../diagnostics/diagnostic.ts";
import { count } from "../diagnostics/text.ts";
import { columns } from "./text.ts";

/** The number of statements with an expected verdict, and of those that had it. */
function expectations(steps: readonly Replayed[]): { readonly expected: number; readonly asExpected: number } {
  const expected = steps.filter((step) => step.asExpected !== undefined);
  return { expected: expected.length, asExpected: expected.filter((step) => step.asExpected === true).length };
}

/** Each statement with its verdict and answer, each move of the clock, and the number of verdicts as expected. */
export function replayText({ steps }: Replay): string {
  const clock = (step: Replayed, before: Replayed | undefined): string =>
    step.at === (before?.at ?? 0) ? "" : `-- at ${step.at} s\n`;
  const rows = ({ answer }: Replayed): string =>
    answer?.kind === "answer" ? `${columns(answerCells(answer.answer), "    ")}\n` : "";
  const lines = steps.map((step, index) => `${clock(step, steps[index - 1])}${outcomeText(step)}\n${rows(step)}`);
  const { expected, asExpected } = expectations(steps);
  return `${lines.join("")}\n${count(steps.length, "statement")}, ${asExpected} of ${expected} as expected\n`;
}

/** The document for programs. */
export const replayJson = ({ steps, diagnostics }: Replay): object => ({
  ok: !hasErrors(diagnostics),
  ...expectations(steps),
  statements: steps.map((step) => ({
    at: step.at,
    ...outcomeJson(step),
    ...(step.answer?.kind === "answer" && { rows: answerJson(step.answer.answer) }),
  })),
  diagnostics: diagnostics.map(toJson),
});
