/**
 * Decisions ↔ records of the log. A record holds what was said, who said it and what was answered; carried out again it
 * gives what was granted then, and is never decided a second time.
 */
import { flowsJson, asFlowgroup } from "#compiler/admission/snapshot/cubes.ts";
import type { Recorded } from "#compiler/admission/recorded.ts";
import type { Piece, Verdict } from "#compiler/certificates/verdict.ts";
import type { Statement } from "#compiler/model/model.ts";
import type { JsonValue, LogRecord, RecordDraft } from "../log/record.ts";
import { removedUsers, type RecordedOutcome, type SaidAgain, type SaidRecord } from "./conversation.ts";
import type { RecordedNames } from "./names/identities.ts";

/** The record of a sentence that was decided; `number` is its place in the log. */
export function draftOf({ spoken, heard, at, own }: SaidRecord, number: number): RecordDraft {
  const { by, via, text } = spoken;
  const answers = heard.outcomes.map(({ verdict }, i) => answerJson(verdict, heard.recorded[i]!));
  const once = spoken.once?.(heard, number, at);
  const removed = removedUsers(heard.records);
  return {
    kind: "say",
    by,
    own,
    via,
    text,
    accepted: heard.records.length > 0,
    answers,
    ...(removed.length > 0 && { removed }),
    ...(once !== undefined && { once: { ...once } }),
  };
}

/** `code`: the reason of a rejection, of which the speaker may have been told another one. */
function answerJson(verdict: Verdict, { id, of, where, was, code }: RecordedOutcome): JsonValue {
  if (verdict.kind === "rejected") {
    const told = verdict.certificate.code;
    return { code: code ?? told, kind: "rejected", ...(code !== undefined && code !== told && { told }) };
  }
  if (verdict.kind === "accepted")
    return {
      // In the order in which it is written.
      id,
      kind: "accepted",
      ...(of !== undefined && { of, ...(where !== undefined && { where }), ...(was !== undefined && { was }) }),
    };
  const { pieces, rate } = verdict;
  return { kind: "partial", id, pieces: pieces.map(pieceJson), ...(rate !== undefined && { rate }) };
}

/** Answers of a record as they were told; `called`: what their reader calls a request of that identity. */
export function toldAnswers(answers: JsonValue, called: (id: string) => string): JsonValue {
  if (!Array.isArray(answers)) return answers;
  return answers.map((one: JsonValue) => {
    if (one === null || typeof one !== "object" || Array.isArray(one)) return one;
    const { told, id, of, where: _, was: _was, ...rest } = one as Readonly<Record<string, JsonValue>>;
    return {
      ...rest,
      ...(told !== undefined && { code: told }),
      ...(typeof id === "string" && { id: called(id) }),
      ...(typeof of === "string" && { of: called(of) }),
    };
  });
}

/** The identities that the answer of a record names. */
export function recordedNamesOf(answer: JsonValue): RecordedNames {
  const { id, of, where, was } = answer as RecordedNames;
  return {
    ...(typeof id === "string" && { id }),
    ...(typeof of === "string" && { of }),
    ...((where === "files" || where === "said") && { where }),
    ...(typeof was === "string" && { was }),
  };
}

/** Infinity is no number of JSON: a piece for ever has no end, one that has always been no start. */
const pieceJson = ({ flows, interval: { start, end } }: Piece): JsonValue => ({
  flows: flowsJson(flows) as JsonValue,
  ...(Number.isFinite(start) && { from: start }),
  ...(Number.isFinite(end) && { to: end }),
});

/** The sentence of a record; undefined: nothing of it was accepted. */
export function saidOf({ n, own, at, by, text, accepted, answers }: LogRecord): SaidAgain | undefined {
  if (accepted !== true) return undefined;
  return {
    number: n,
    own: own as number | undefined,
    at,
    by: by as string,
    text: text as string,
    answers: answers as readonly JsonValue[],
  };
}

/** A statement of a record with what it was granted. */
export function recordedOf(statement: Statement, id: string, at: number, answer: JsonValue): Recorded {
  const { demand } = statement;
  const { kind, pieces, rate } = answer as { kind: string; pieces?: readonly JsonValue[]; rate?: number };
  if (demand.kind !== "request") return { statement, id, at, grant: { pieces: [] } };
  if (kind === "partial")
    return { statement, id, at, grant: { pieces: pieces!.map(pieceOf), ...(rate !== undefined && { rate }) } };
  const whole = [{ flows: demand.flows, interval: demand.interval }];
  return { statement, id, at, grant: { pieces: whole, ...(demand.rate !== undefined && { rate: demand.rate }) } };
}

/**
 * A statement that asks for no more than it was granted: decided again beside less, it would take what was accepted behind it.
 * `answer`: of its record; undefined: it was granted whole.
 */
export function atMost(statement: Statement, answer: JsonValue | undefined): Statement {
  const { demand } = statement;
  if (answer === undefined || demand.kind !== "request") return statement;
  const { kind, pieces, rate } = answer as { kind: string; pieces: readonly JsonValue[]; rate?: number };
  if (kind !== "partial") return statement;
  const flows = { cubes: pieces.flatMap((one) => pieceOf(one).flows.cubes) };
  return { ...statement, demand: { ...demand, flows, ...(rate !== undefined && { rate }) } };
}

/** A statement as far as it has not ended; nothing where it has. */
export function leftOf(statement: Statement, now: number): readonly Statement[] {
  const { demand } = statement;
  if (demand.kind !== "request" || demand.interval.start >= now) return [statement];
  const { end } = demand.interval;
  return end <= now ? [] : [{ ...statement, demand: { ...demand, interval: { start: now, end } } }];
}

function pieceOf(json: JsonValue): Piece {
  const { flows, from = -Infinity, to = Infinity } = json as { flows: JsonValue; from?: number; to?: number };
  return { flows: asFlowgroup(flows, "a piece"), interval: { start: from, end: to } };
}
