/** `glazier check`: policy files → what is accepted, what is not, and why. */
import type { Decided } from "#compiler/admission/decided.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { hasErrors } from "#compiler/diagnostics/diagnostic.ts";
import type { Span } from "#compiler/source.ts";
import type { ProofTally } from "#compiler/report/prove.ts";
import type { Arguments, Command } from "../common/command.ts";
import { exit, type Io } from "../common/io.ts";
import { at, target } from "../common/options.ts";
import { shippedRules, decidePolicy, readWhen, tablesOf, targetName } from "../common/policy.ts";
import { exitOf, printJson, reportDiagnostics } from "../common/output.ts";
import { progress } from "../common/terminal.ts";

export const check: Command = {
  name: "check",
  summary: "say what is accepted, what is not, and why",
  synopsis: ["check [PATH…] [--at T] [--target NAME] [--all] [--prove]"],
  description: [
    "Parses, resolves and admits the policy. Every error is shown with the place, the reason, a packet on which it shows " +
      "and, where there is one, the nearest statement that would be accepted. Files are one transaction: with any error " +
      "there is no table. It also says what `compile` of the same policy would say of its table, for the same target.",
    "With --prove a second engine (Z3, which shares no code with the set algebra) decides every subset and overlap that " +
      "admission used once more; a disagreement is an error, and what it cannot decide within 500,000 steps, as Z3 counts " +
      "them and the same on every machine, ends with 4.",
  ],
  options: {
    at,
    target: { ...target, help: `${target.help} (default ovs)` },
    all: { help: "list every statement with its verdict, not only what was not plainly accepted" },
    prove: { help: "have Z3 decide again what admission decided about sets" },
  },
  examples: [
    ["glazier check", "the policies below this folder"],
    ["glazier check base.fml requests.pane", "two files, in this order"],
    ["glazier check --at 2026-12-01T09:00:00Z", "as if it were then"],
    ["glazier check --json | jq '.statements[] | select(.verdict != \"accepted\")'", "what was not accepted"],
  ],
  async run(args, io) {
    const { now, instants } = await readWhen(args, io);
    const policy = await decidePolicy(args.positionals, now, io);
    const proof = args.flag("prove") ? await proofOf(policy, io) : undefined;
    const lowered = await diagnosticsOfTables(policy, instants[0]!, args);
    const diagnostics = [...policy.diagnostics, ...lowered, ...(proof?.diagnostics ?? [])];
    reportDiagnostics(diagnostics, io);
    const code = hasErrors(diagnostics)
      ? exitOf(diagnostics)
      : (proof?.undecided ?? 0) > 0
        ? exit.undecided
        : exit.good;
    const { decisionsJson, summary } = await import("#compiler/report/decisions.ts");
    if (args.json) printJson(io, decisionsJson(policy, { ok: code === exit.good, now, proof, diagnostics }));
    else io.out(summary(policy, args.flag("all"), proof) + (hasErrors(lowered) ? NO_TABLE : ""));
    return code;
  },
};

const NO_TABLE = "but no table can be made of them: see the errors\n";

/**
 * The diagnostics of lowering, and the errors of the tables when something begins later. Tables are made only if there may be
 * any, since that takes longer than deciding.
 */
async function diagnosticsOfTables(policy: Decided, instant: number, args: Arguments): Promise<readonly Diagnostic[]> {
  if (!policy.good) return [];
  const { mayWarn } = await import("#compiler/lowering/quick-check.ts");
  if (args.value("target") === undefined && !mayWarn(policy)) return [];
  const { diagnostics } = await tablesOf(policy, instant, args);
  if (hasErrors(diagnostics)) return diagnostics;
  const { faultsAhead } = await import("#compiler/circles/tables-ahead.ts");
  const { spansOf } = await import("#compiler/admission/decided.ts");
  const spans = spansOf(policy);
  const spanOf = (statement: string): Span | undefined => spans.get(statement);
  return [...diagnostics, ...faultsAhead(policy, { target: targetName(args), spanOf }, instant)];
}

/** Decides the questions about sets once more with Z3. */
async function proofOf(policy: Decided, io: Io): Promise<ProofTally> {
  const done = progress(io, "asking Z3");
  const { prove } = await import("#compiler/report/prove.ts");
  const proof = await prove(policy.model, await shippedRules());
  done();
  return proof;
}
