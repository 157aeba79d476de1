/** What a sentence came to → the answer as JSON. */
import { toJson } from "#compiler/diagnostics/documents.ts";
import { renderLine } from "#compiler/diagnostics/render.ts";
import { answerJson, type Answer, type Answered } from "#compiler/queries/index.ts";
import { outcomeJson } from "#compiler/report/decisions.ts";
import type { JsonValue } from "../../log/record.ts";
import type { DecidedSentence, Heard } from "../conversation.ts";
import { withoutProof } from "../reply.ts";
import { HttpRefusal } from "./refusal.ts";

/** The rows of an answer that are wanted. */
export interface RowPage {
  readonly limit: number;
  readonly skip: number;
}

export const FIRST_PAGE: RowPage = { limit: 1_000, skip: 0 };

/**
 * The body of the answer.
 *
 * @param text What was said.
 * @throws {HttpRefusal} It could not be read, or asks for what is not there.
 */
export function heardJson(heard: Heard, text: string, page: RowPage): object {
  switch (heard.kind) {
    case "faulty":
      throw faulty(heard, text);
    case "answered":
      return rowsJson(heard.answered, page);
    case "explained":
      throw new HttpRefusal("unknown", "`Explain` is answered by GET /v1/explain");
    case "token":
      throw new HttpRefusal("unknown", "tokens are made by POST /v1/tokens");
    case "decided":
      return decidedJson(heard, text);
  }
}

/** The most diagnostics of one answer. */
const MOST = 20;

function faulty({ diagnostics }: Extract<Heard, { readonly kind: "faulty" }>, text: string): HttpRefusal {
  const [first] = diagnostics;
  if (first === undefined)
    return new HttpRefusal("faulty", "nothing was said", { help: "a statement ends with a full stop" });
  const help = /^\s*token\s/.test(text) ? "tokens are made by POST /v1/tokens" : undefined;
  return new HttpRefusal("faulty", renderLine(first), { help, diagnostics: diagnostics.slice(0, MOST).map(toJson) });
}

/** Derivations are long, and left out. */
const decidedJson = ({ outcomes, records, notes }: DecidedSentence, text: string): object => ({
  kind: "decided",
  accepted: records.length > 0,
  text,
  statements: outcomes.map(({ statement, verdict }) => outcomeJson({ statement, verdict: withoutProof(verdict) })),
  ...(notes && { notes }),
});

/** The most characters of an answer that is kept whole. */
const MOST_KEPT = 16_384;

/** A decision as it is kept for those who ask again: long reasons are left out, the first time too. */
export function keptJson(heard: DecidedSentence, text: string): JsonValue {
  // What is no number of JSON becomes null, as it does in every answer.
  const whole = JSON.stringify(decidedJson(heard, text));
  if (whole.length <= MOST_KEPT) return JSON.parse(whole) as JsonValue;
  const statements = heard.outcomes.map(({ statement: { id, speaker }, verdict }) => ({
    id,
    speaker,
    text: "",
    verdict: verdict.kind,
  }));
  return { kind: "decided", accepted: heard.records.length > 0, text: "", statements };
}

function rowsJson(answered: Answered, page: RowPage): object {
  switch (answered.kind) {
    case "unknown":
      throw new HttpRefusal("unknown", `there is no ${answered.what} \`${answered.name}\``);
    case "elsewhere":
      throw new HttpRefusal("unknown", `\`${answered.query}\` is not answered here yet`);
    case "answer": {
      const { answer } = answered;
      const { some, more } = pageOf(answer.rows, page);
      return { kind: "rows", query: answer.query, rows: answerJson({ ...answer, rows: some }), more };
    }
  }
}

/** A schedule is long: its rows are made up to the last one that is wanted. */
function pageOf(rows: Answer["rows"], { limit, skip }: RowPage): { some: Answer["rows"]; more: boolean } {
  const some: (Answer["rows"] extends Iterable<infer Row> ? Row : never)[] = [];
  let at = 0;
  for (const row of rows) {
    if (at >= skip + limit) return { some, more: true };
    if (at++ >= skip) some.push(row);
  }
  return { some, more: false };
}
