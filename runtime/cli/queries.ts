/** Questions on the command line → answers over a decided policy; what cannot be answered ends the command. */
import type { Decided } from "#compiler/compile.ts";
import type { Query } from "#compiler/model/model.ts";
import { answer, type Answer } from "#compiler/queries/index.ts";
import { exit, Failure, misuse } from "./io.ts";
import { meant } from "./words.ts";

/** The answer to a question at an instant. */
export function answerOf(query: Query, { admission }: Decided, now: number): Answer {
  const found = answer(admission, query, now);
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
