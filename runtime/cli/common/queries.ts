/** Questions on the command line → answers over a decided policy; what cannot be answered ends the command. */
import type { Decided } from "#compiler/admission/decided.ts";
import type { Query } from "#compiler/model/model.ts";
import { answer, type Answer } from "#compiler/queries/index.ts";
import { exit, Failure, misuse } from "./io.ts";
import { meant } from "../../../compiler/report/text.ts";

/** The answer to a question at an instant; without a speaker it is asked for one of those who may ask. */
export function answerOf(query: Query, { admission }: Decided, now: number, speaker?: string): Answer {
  const { state } = admission;
  const share = "share" in query ? state.tree.get(query.share) : undefined;
  // The lists are for everybody.
  const isTold = speaker === undefined || query.kind === "ListRequests" || !share || state.speaks(speaker, share);
  if (!isTold) throw new Failure(exit.fault, `\`${speaker}\` does not speak for share \`${share.name}\``);
  const found = answer(admission, query, now, speaker ?? [...(share?.speakers ?? [])].toSorted()[0] ?? "root");
  switch (found.kind) {
    case "answer":
      return found.answer;
    case "unknown":
      throw misuse(`there is no ${found.what} \`${found.name}\``, meant(found.name, [...admission.state.tree.names()]));
    case "elsewhere":
      if (query.kind === "Explain")
        throw misuse("`Explain` has a command of its own", `glazier explain @${query.request}`);
      throw new Failure(exit.fault, "`Traffic` asks a running network: files have none");
  }
}
