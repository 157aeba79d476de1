/**
 * What was heard → the lines of the text protocol. The first line is `True` or `False`, of a query `N;`; every line
 * below begins with a blank, and an empty line ends the reply. So a reader needs no more than the first character.
 */
import { renderPretty } from "#compiler/diagnostics/render.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { count, visible } from "#compiler/diagnostics/text.ts";
import { verdictText } from "#compiler/explain/certificate.ts";
import { printName } from "#compiler/syntax/print-flows.ts";
import type { Outcome, Verdict } from "#compiler/certificates/verdict.ts";
import { answerCells } from "#compiler/queries/index.ts";
import type { Heard } from "./conversation.ts";

/** The reply to one sentence, with the empty line that ends it. */
export function replyText(heard: Heard): string {
  return `${visible(linesOf(heard).join("\n "))}\n\n`;
}

function linesOf(heard: Heard): readonly string[] {
  switch (heard.kind) {
    case "faulty":
      return ["False", ...diagnosticLines(heard.diagnostics)];
    case "decided": {
      const { outcomes, records, notes = [] } = heard;
      const blocks = outcomes.map((one) => outcomeLines(one).join("\n"));
      // What refuses a whole transaction is one thing, however many statements it has.
      const told =
        blocks.length === 1
          ? blocks
          : blocks.filter((block, i) => !isOfWhole(outcomes[i]!) || blocks.indexOf(block) === i);
      return [records.length > 0 ? "True" : "False", ...told.flatMap((block) => block.split("\n")), ...notes];
    }
    case "explained": {
      const lines = heard.text?.split("\n");
      return lines === undefined ? ["False", "explanations are root's"] : [`${lines.length};`, ...lines];
    }
    case "token": {
      const { name, made } = heard;
      if ("token" in made) return ["True", made.token];
      if (made.refused === "not root") return ["False", "only root makes tokens"];
      const meant = made.near === undefined ? [] : [`did you mean \`${made.near}\`?`];
      return ["False", ...meant, `there is no user \`${name}\`: \`AddUser ${printName({ text: name })}.\` makes one`];
    }
    case "answered": {
      const { answered } = heard;
      if (answered.kind === "unknown") return ["False", `there is no ${answered.what} \`${answered.name}\``];
      if (answered.kind === "elsewhere") return ["False", `\`${answered.query}\` is not answered here yet`];
      const [, ...rows] = answerCells(answered.answer);
      return [`${rows.length};`, ...rows.map((cells) => cells.join("\t"))];
    }
  }
}

/** The most diagnostics of one sentence. */
const MOST = 20;

function diagnosticLines(diagnostics: readonly Diagnostic[]): readonly string[] {
  if (diagnostics.length === 0) return ["nothing was said: a statement ends with a full stop"];
  const shown = diagnostics.slice(0, MOST).flatMap((one) => renderPretty(one, { colour: false }).trimEnd().split("\n"));
  const more = diagnostics.length - MOST;
  return more > 0 ? [...shown, `and ${count(more, "more diagnostic")}`] : shown;
}

/** The derivation is for those who ask for it. */
export function withoutProof(verdict: Verdict): Verdict {
  if (verdict.kind === "accepted") return verdict;
  const { proof: _, ...certificate } = verdict.certificate;
  return { ...verdict, certificate };
}

const isOfWhole = ({ verdict }: Outcome): boolean =>
  verdict.kind === "rejected" && verdict.certificate.code === "transaction";

function outcomeLines({ statement, verdict }: Outcome): readonly string[] {
  const lines = verdictText(withoutProof(verdict)).split("\n");
  const isNew = verdict.kind !== "rejected" && statement.demand.kind === "request";
  return isNew ? [...lines, `id: ${statement.id}`] : lines;
}
