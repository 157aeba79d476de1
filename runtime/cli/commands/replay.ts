/** `glazier replay`: a trace → each verdict, and whether it is the expected one. */
import { toJson } from "#compiler/diagnostics/render.ts";
import type { Replayed } from "#compiler/replay/surprises.ts";
import type { Command } from "../common/command.ts";
import { loader, readSource } from "../common/files.ts";
import { exit, misuse } from "../common/io.ts";
import { admissionRules } from "../common/policy.ts";
import { hasErrors, printJson, reportDiagnostics } from "../common/report.ts";
import { columns, count } from "../../../compiler/report/text.ts";

export const replay: Command = {
  name: "replay",
  summary: "run a trace, statement by statement",
  synopsis: ["replay FILE [--dialect prototype]"],
  description: [
    "Statements are said one after the other to an empty network whose clock begins at 0; `Tick 60.` moves it by a minute. " +
      "`True <- Alice : deny(…) on aliceAC.` states what is expected: a file of such lines tests itself, and the exit code " +
      "is 1 where an answer was another one.",
    "--dialect prototype reads the traces of the 2012 prototype unchanged: bare integers are Mb and seconds, and a share's " +
      "allow and deny are granted unless refused.",
  ],
  options: { dialect: { value: "NAME", help: "how the trace is written", choices: ["prototype"] } },
  examples: [
    ["glazier replay shares.pane", "each statement with its verdict"],
    ["glazier replay strict1.pane --dialect prototype", "a trace of the prototype"],
    ["glazier replay shares.pane --json | jq .asExpected", "for programs"],
  ],
  async run(args, io) {
    const [file, ...more] = args.positionals;
    if (file === undefined || more.length > 0)
      throw misuse("`replay` takes one file", "`glazier help replay` shows how");
    const source = await readSource(file, io);
    const run = await import("#compiler/replay/replay.ts");
    const dialect = args.value("dialect") === "prototype" ? ({ dialect: "prototype" } as const) : {};
    const { steps, diagnostics } = run.replay(source, { rules: await admissionRules(), load: loader(io), ...dialect });
    const { outcomeJson, outcomeText } = await import("../../../compiler/report/verdicts.ts");
    const { answerCells, answerJson } = await import("#compiler/queries/index.ts");
    reportDiagnostics(diagnostics, io);
    const good = !hasErrors(diagnostics);
    const expected = steps.filter(({ asExpected }) => asExpected !== undefined);
    const met = expected.filter(({ asExpected }) => asExpected === true);
    if (args.json)
      printJson(io, {
        ok: good,
        expected: expected.length,
        asExpected: met.length,
        statements: steps.map((step) => ({
          at: step.at,
          ...outcomeJson(step),
          ...(step.answer?.kind === "answer" && { rows: answerJson(step.answer.answer) }),
        })),
        diagnostics: diagnostics.map(toJson),
      });
    else {
      const clock = (step: Replayed, before: Replayed | undefined): string =>
        step.at === (before?.at ?? 0) ? "" : `-- at ${step.at} s\n`;
      const rows = ({ answer }: Replayed): string =>
        answer?.kind === "answer" ? `${columns(answerCells(answer.answer), "    ")}\n` : "";
      const lines = steps.map((step, index) => `${clock(step, steps[index - 1])}${outcomeText(step)}\n${rows(step)}`);
      io.out(
        `${lines.join("")}\n${count(steps.length, "statement")}, ${met.length} of ${expected.length} as expected\n`,
      );
    }
    return good ? exit.good : exit.fault;
  },
};
