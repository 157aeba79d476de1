/** `glazier explain`: why a statement stands as it does, or why a packet or a flowgroup is treated as it is. */
import type { Decided } from "#compiler/admission/decided.ts";
import { toJson } from "#compiler/diagnostics/render.ts";
import { printInstant } from "#compiler/net/index.ts";
import type { Command } from "../common/command.ts";
import { exit, misuse, type Io } from "../common/io.ts";
import { at } from "../common/options.ts";
import { decidePolicy, readWhen } from "../common/policy.ts";
import { exitOf, printJson, reportFaults } from "../common/report.ts";
import { meant } from "../../../compiler/report/text.ts";

export const explain: Command = {
  name: "explain",
  summary: "say why: of a statement, a packet or a flowgroup",
  synopsis: ["explain LABEL|FLOWGROUP|PACKET [PATH…] [--at T]"],
  description: [
    "Of a statement or a policy's rule (its label, with or without @, or its text in any spelling): its verdict with the " +
      "certificate, the shares on its way, what of it was granted, what it overrides and what overrides it, a guard " +
      "included. Of a guard's rule: what it denies, and whom it silences.",
    "Of a packet (`srcHost=10.0.0.3, dstPort=22`, or a line of tcpdump's): the statement that decides it and through which " +
      "shares; where none does, which came closest and on which field they failed. Of a flowgroup, in parentheses: its " +
      "parts, each with the statement that decides it, and the limits and reservations of what is not denied.",
  ],
  options: { at },
  examples: [
    ["glazier explain @noEve", "a statement by its label"],
    ['glazier explain "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, dstPort=22" campus', "one packet"],
    ['glazier explain "(dstHost=10.0.0.2)" --json', "a whole flowgroup, for programs"],
  ],
  async run(args, io) {
    const [subject, ...paths] = args.positionals;
    if (subject === undefined) throw misuse("`explain` needs to know of what", "`glazier help explain` shows examples");
    const { now, instants } = await readWhen(args, io);
    const decided = await decidePolicy(paths, now, io);
    reportFaults(decided.diagnostics, io);
    // Faults of the text: nothing was decided, so there is nothing to explain.
    if (!decided.good && decided.outcomes.length === 0) {
      if (args.json) printJson(io, { ok: false, diagnostics: decided.diagnostics.map(toJson) });
      return exitOf(decided.diagnostics);
    }
    const answer = await answerTo(subject, decided, instants[0]!, io);
    if (args.json) printJson(io, { ok: true, at: printInstant(instants[0]!), ...answer.json });
    else io.out(`${answer.text}\n`);
    return exit.good;
  },
};

interface Answer {
  readonly text: string;
  readonly json: object;
}

async function answerTo(subject: string, decided: Decided, instant: number, io: Io): Promise<Answer> {
  const statement = await ofStatement(subject, decided, instant, io);
  if (statement !== undefined) return statement;
  const { explainFlow, explainFlowgroup, flowText, partsText } = await import("#compiler/explain/index.ts");
  const { admission, model } = decided;
  if (subject.trimStart().startsWith("(")) {
    const { render } = await import("#compiler/flowgroup/index.ts");
    const { readFlowgroup } = await import("../common/flows.ts");
    const parts = explainFlowgroup(admission, readFlowgroup(subject, decided, io), instant);
    const json = {
      parts: parts.map(({ flows, verdict, decidedBy, treatment, led }) => ({
        flows: render(flows),
        verdict,
        decidedBy: decidedBy?.id,
        ...(treatment.length > 0 && {
          treatment: treatment.map(({ id, kind, rate, all }) => ({ id, kind, rate, all })),
        }),
        ...(led && { led: { by: led.by.map(({ id }) => id), lost: led.lost } }),
      })),
    };
    return {
      text: `${partsText(parts)}${byDefault(
        decided,
        parts.some(({ verdict }) => verdict === "default"),
      )}`,
      json,
    };
  }
  const isNamed = subject.split(",").every((word) => model.flowgroups.has(word.trim()));
  if (subject.startsWith("@") || !(subject.includes("=") || subject.includes(" > ") || isNamed))
    throw unknown(subject, decided);
  const { renderFlow } = await import("#compiler/flowgroup/index.ts");
  const { readPacket } = await import("../common/packet.ts");
  const { spoofed, wayless } = await import("../common/agreement.ts");
  const entering = readPacket(subject, decided, io);
  const { flow, chosen } = entering;
  const why = explainFlow(admission, flow, instant);
  const exception = spoofed(entering, model.directory)?.why;
  // The explanation itself tells of flows without a way.
  const but = exception ?? wayless(why)?.why;
  const packet = `${renderFlow(flow)}${chosen === "" ? "" : `\n  chosen: ${chosen}`}`;
  const verdict = why.verdict === "default" ? model.defaults.verdict : why.verdict;
  return {
    text: `${packet}\n${flowText(why)}${byDefault(decided, why.verdict === "default")}${exception === undefined ? "" : `\nbut ${exception}`}`,
    json: {
      packet: { fields: renderFlow(flow), chosen },
      verdict,
      by: why.decidedBy?.id,
      text: flowText(why),
      ...(but !== undefined && { but }),
    },
  };
}

/** What the default is, where it is what decides. */
function byDefault({ model }: Decided, applies: boolean): string {
  if (!applies) return "";
  const { verdict, written } = model.defaults;
  return `\nthe default is ${verdict}${written ? "" : ", as nothing else is written"}`;
}

async function ofStatement(subject: string, decided: Decided, instant: number, io: Io): Promise<Answer | undefined> {
  const { admission } = decided;
  const { findStatement } = await import("../common/statements.ts");
  const found = findStatement(subject, decided, io);
  if (found === undefined) return undefined;
  const { explainGuard, explainStatement, guardJson, guardText, statementJson, statementText, verdictText } =
    await import("#compiler/explain/index.ts");
  const { outcomeJson, outcomeText, ruleJson } = await import("../../../compiler/report/verdicts.ts");
  const standing = explainStatement(admission, found.id, instant);
  const guard = found.kind === "rule" ? explainGuard(admission, found.id, instant) : undefined;
  const more = {
    ...(standing && { standing: statementJson(standing) }),
    ...(guard && { guard: guardJson(guard) }),
  };
  if (found.kind === "statement") {
    const { outcome } = found;
    const text = standing === undefined ? "" : `\n${statementText(standing)}`;
    return { text: `${outcomeText(outcome)}${text}`, json: { ...outcomeJson(outcome), ...more } };
  }
  const { rule } = found;
  const text = standing ? statementText(standing) : guard ? guardText(guard) : verdictText(rule.verdict);
  return { text: `${rule.rule.text}\n${text}`, json: { ...ruleJson(rule), ...more } };
}

function unknown(subject: string, { outcomes, rules }: Decided): Error {
  const labels = [...outcomes.map(({ statement }) => statement.label), ...rules.map(({ rule }) => rule.label)];
  const known = labels.filter((label) => label !== undefined);
  const some = known.slice(0, 8).map((label) => `@${label}`);
  const more = known.length > some.length ? ", …" : "";
  const help =
    meant(subject.replace(/^@/, ""), known, "@") ??
    (subject.startsWith("@") && some.length > 0
      ? `its labels: ${some.join(", ")}${more}`
      : "give a label, a packet (field=value, …) or a flowgroup in parentheses");
  return misuse(`no statement is called \`${subject}\``, help);
}
