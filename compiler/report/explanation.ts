/** An explanation of a statement, a packet or a flowgroup → text for people and JSON for programs. */
import {
  flowText,
  guardJson,
  guardText,
  partsText,
  statementJson,
  statementText,
  verdictText,
  type DecidedPart,
} from "../explain/index.ts";
import { printable } from "../diagnostics/text.ts";
import { render, renderFlow } from "../flowgroup/index.ts";
import type { Model } from "../model/model.ts";
import { printInstant } from "../net/index.ts";
import type { ExplainedFlowgroup, ExplainedStatement } from "../lookup/explain.ts";
import type { ExplainedPacket } from "../trace/explain-packet.ts";
import { outcomeJson, outcomeText, ruleJson } from "./decisions.ts";
import { amongText } from "./trace.ts";

type Defaults = Model["defaults"];

export type Explained = ExplainedStatement | ExplainedFlowgroup | ExplainedPacket;

/** The explanation as text. `defaults`: the policy's verdict on flows that no statement decides. */
export function explanationText(explained: Explained, defaults: Defaults): string {
  switch (explained.kind) {
    case "statement":
      return decisionText(explained);
    case "flowgroup": {
      const { parts } = explained;
      const applies = parts.some(({ verdict }) => verdict === "default");
      return `${partsText(parts)}${defaultText(defaults, applies)}`;
    }
    case "packet": {
      const { entering, explanation, spoofed } = explained;
      const { flow, among, chosen } = entering;
      // The explanation itself names flows without a path.
      return [
        renderFlow(flow),
        ...(chosen === "" ? [] : [`  chosen: ${chosen}`]),
        ...amongText(among).map((one) => `  ${one}`),
        `${flowText(explanation)}${defaultText(defaults, explanation.verdict === "default")}`,
        ...(spoofed === undefined ? [] : [printable(`but ${spoofed.why}`)]),
      ].join("\n");
    }
  }
}

function decisionText({ decision, accepted, guard }: ExplainedStatement): string {
  const text = accepted && statementText(accepted);
  if (decision.kind === "statement") return `${outcomeText(decision.outcome)}${text === undefined ? "" : `\n${text}`}`;
  const { rule, verdict } = decision.rule;
  return `${rule.text}\n${text ?? (guard ? guardText(guard) : verdictText(verdict))}`;
}

/** The default, if it decides. */
const defaultText = ({ verdict, written }: Defaults, applies: boolean): string =>
  applies ? `\nthe default is ${verdict}${written ? "" : ", as nothing else is written"}` : "";

/** The document for programs; `instant` in Unix seconds. */
export const explanationJson = (explained: Explained, defaults: Defaults, instant: number): object => ({
  ok: true,
  at: printInstant(instant),
  ...explainedJson(explained, defaults),
});

function explainedJson(explained: Explained, defaults: Defaults): object {
  switch (explained.kind) {
    case "statement": {
      const { decision, accepted, guard } = explained;
      return {
        ...(decision.kind === "statement" ? outcomeJson(decision.outcome) : ruleJson(decision.rule)),
        ...(accepted && { standing: statementJson(accepted) }),
        ...(guard && { guard: guardJson(guard) }),
      };
    }
    case "flowgroup":
      return { parts: explained.parts.map(partJson) };
    case "packet": {
      const { entering, explanation, spoofed, unsteerable } = explained;
      const but = (spoofed ?? unsteerable)?.why;
      return {
        packet: { fields: renderFlow(entering.flow), ...entering.among, chosen: entering.chosen },
        verdict: explanation.verdict === "default" ? defaults.verdict : explanation.verdict,
        by: explanation.decidedBy?.id,
        text: flowText(explanation),
        ...(but !== undefined && { but }),
      };
    }
  }
}

const partJson = ({ flows, verdict, decidedBy, treatment, led }: DecidedPart): object => ({
  flows: render(flows),
  verdict,
  decidedBy: decidedBy?.id,
  ...(treatment.length > 0 && {
    treatment: treatment.map(({ id, kind, rate, divided, suspended, all }) => ({
      id,
      kind,
      rate,
      ...(suspended && { suspended }),
      ...(divided && { divided }),
      all,
    })),
  }),
  ...(led && { led: { by: led.by.map(({ id }) => id), lost: led.lost } }),
});
