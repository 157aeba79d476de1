/** Words → a query, and the query → its answer over a decided policy. */
import type { Decided } from "../admission/decided.ts";
import { shellWord } from "../diagnostics/text.ts";
import type { Model, Query } from "../model/model.ts";
import { answer, type Answer } from "../queries/index.ts";
import type { QueryExpr } from "../syntax/ast.ts";
import { found, misuse, refusal, type Lookup } from "./found.ts";
import { readSentence, resolveSentence, type AskedQuery } from "./sentence.ts";
import { spellingHelp } from "../diagnostics/suggest.ts";

const WHAT = "the query";

/** A query as written: `ListShares.`; the full stop may be missing. */
export const readQuery = (text: string): Lookup<AskedQuery> => readSentence(text, WHAT);

/** A query with its flowgroups as sets of the policy's flows. */
export const resolveQuery = (query: QueryExpr, model: Model): Lookup<Query> => resolveSentence(query, model, WHAT);

/**
 * The answer to a query at an instant (Unix seconds). A query without a speaker is asked for the first of those who
 * speak for its share.
 */
export function answerQuery(query: Query, { admission }: Decided, now: number, speaker?: string): Lookup<Answer> {
  const { state } = admission;
  const share = "share" in query ? state.tree.get(query.share) : undefined;
  // Lists are for everybody; schedules and bandwidth are for those who speak for the share.
  const mayAsk = speaker === undefined || query.kind === "ListRequests" || !share || state.speaks(speaker, share);
  if (!mayAsk) return refusal(`\`${speaker}\` does not speak for share \`${share.name}\``);
  const answered = answer(admission, query, now, speaker ?? [...(share?.speakers ?? [])].toSorted()[0] ?? "root");
  switch (answered.kind) {
    case "answer":
      return found(answered.answer);
    case "unknown": {
      const { what, name } = answered;
      return misuse(`there is no ${what} \`${name}\``, spellingHelp(name, state.tree.names()));
    }
    case "elsewhere":
      return query.kind === "Explain"
        ? misuse("`Explain` has a command of its own", `glazier explain ${shellWord(`@${query.request}`)}`)
        : refusal("`Traffic` asks a running network: files have none");
  }
}
