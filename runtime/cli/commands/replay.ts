/** `glazier replay`: a trace → each verdict, and whether it is the expected one. */
import { hasErrors } from "#compiler/diagnostics/diagnostic.ts";
import type { Command } from "../common/command.ts";
import { loader, readSource } from "../common/files.ts";
import { exit, wrongUsage } from "../common/io.ts";
import { shippedRules } from "../common/policy.ts";
import { exitOf, printJson, reportDiagnostics } from "../common/output.ts";

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
      throw wrongUsage("`replay` takes one file", "`glazier help replay` shows how");
    const source = await readSource(file, io);
    const { replay: run } = await import("#compiler/replay/replay.ts");
    const { replayJson, replayText } = await import("#compiler/report/replay.ts");
    const dialect = args.value("dialect") === "prototype" ? ({ dialect: "prototype" } as const) : {};
    const replayed = run(source, { rules: await shippedRules(), load: loader(io, [file]), ...dialect });
    reportDiagnostics(replayed.diagnostics, io);
    if (args.json) printJson(io, replayJson(replayed));
    else io.out(replayText(replayed));
    return hasErrors(replayed.diagnostics) ? exitOf(replayed.diagnostics) : exit.good;
  },
};
