/** Questions over HTTP. They are asked in the network's own words, so they mean here what they mean in a file. */
import { z } from "zod";
import type { Outcome } from "#compiler/certificates/verdict.ts";
import { toJson } from "#compiler/diagnostics/documents.ts";
import { explainStatement, statementJson } from "#compiler/explain/index.ts";
import { explainWords } from "#compiler/lookup/explain.ts";
import type { Fault } from "#compiler/lookup/found.ts";
import { notAStatement } from "#compiler/lookup/statement.ts";
import { list } from "#compiler/certificates/text.ts";
import { printInstant } from "#compiler/net/index.ts";
import { explanationJson } from "#compiler/report/explanation.ts";
import { printName } from "#compiler/syntax/print-flows.ts";
import type { DecidedSentence } from "../conversation.ts";
import { heardJson, type RowPage } from "./heard.ts";
import { HttpRefusal } from "./refusal.ts";
import { httpRoute, type FrontHost, type HttpAnswer } from "./route.ts";
import { explanation, page, rows, shareWord } from "./schemas.ts";

const common = { method: "GET", who: "speaker", answers: { 200: rows } } as const;

const name = (text: string): string => printName({ text });

async function ask(
  { server: { service } }: FrontHost,
  { by, given }: { readonly by: string; readonly given: RowPage },
  text: string,
): Promise<HttpAnswer> {
  const heard = await service.say({ text, by, via: "http" });
  if (heard.kind === "decided") throw refusalOfQuestion(heard);
  return { body: await service.atRest(() => heardJson(heard, text, given)) };
}

/** A question that was refused. */
function refusalOfQuestion({ outcomes }: DecidedSentence): HttpRefusal {
  const [{ verdict }] = outcomes as [Outcome];
  if (verdict.kind !== "rejected") throw new Error("a question was accepted");
  const { code, reason } = verdict.certificate;
  return new HttpRefusal(code === "unknown-share" ? "unknown" : "forbidden", reason);
}

const shares = httpRoute({
  ...common,
  path: "/v1/shares",
  summary: "The shares, with what they hold and who speaks for them.",
  given: z.strictObject(page),
  run: (host, call) => ask(host, call, "ListShares."),
});

const requests = httpRoute({
  ...common,
  path: "/v1/requests",
  summary: "The requests that stand, of all shares or of one.",
  given: z.strictObject({ share: shareWord.optional(), ...page }),
  run: (host, call) => {
    const { share } = call.given;
    return ask(host, call, share === undefined ? "ListRequests." : `ListRequests on ${name(share)}.`);
  },
});

const schedule = httpRoute({
  ...common,
  path: "/v1/schedule/{share}",
  summary: "What of a share is reserved when, and what is left.",
  given: z.strictObject({ share: shareWord, ...page }),
  run: (host, call) => ask(host, call, `GetSchedule ${name(call.given.share)}.`),
});

const available = httpRoute({
  ...common,
  path: "/v1/available",
  summary: "When there is room for a reservation.",
  given: z.strictObject({
    rate: z.string().describe("such as 5Mb"),
    flows: z.string().describe("a flowgroup, such as (user=Alice)"),
    share: shareWord,
    lasting: z.string().optional().describe("for how long, such as 10min"),
    ...page,
  }),
  run: (host, call) => {
    const { rate, flows, share, lasting } = call.given;
    const long = lasting === undefined ? "" : ` lasting ${lasting}`;
    return ask(host, call, `Available ${rate} for ${flows} on ${name(share)}${long}.`);
  },
});

/** What others asked for stands in explanations, so they are root's. */
const explain = httpRoute({
  method: "GET",
  path: "/v1/explain",
  summary: "Why a request stands as it does, or what decides a flowgroup.",
  who: "root",
  given: z.strictObject({
    of: z.string().min(1).describe("the id or label of a request, or a flowgroup in parentheses"),
  }),
  answers: { 200: explanation },
  run: async ({ server: { service }, network }, { given: { of } }) => ({
    body: await service.atRest(() => {
      const now = Math.floor(service.now() / 1000);
      const { admission, decided } = network;
      admission.advance(now);
      const called = of.replace(/^@/, "");
      const meant = network.labels.meant(called, "root");
      if (meant.length > 1)
        throw new HttpRefusal("conflict", `${meant.length} requests are called \`${called}\``, {
          help: `ask for one of them: ${list(meant)}`,
        });
      const standing = explainStatement(admission, meant[0] ?? called, now);
      if (standing !== undefined) return { at: printInstant(now), standing: statementJson(standing) };
      const found = explainWords(of, decided, now);
      if (!found.ok) throw refusalOfWords(found);
      if (found.value === undefined) throw refusalOfWords(notAStatement(of, decided));
      return explanationJson(found.value, decided.model.defaults, now);
    }),
  }),
});

const refusalOfWords = ({ kind, fault, help, diagnostics }: Fault): HttpRefusal =>
  new HttpRefusal(kind === "misuse" ? "unknown" : "faulty", fault, {
    help,
    ...(diagnostics.length > 0 && { diagnostics: diagnostics.map(toJson) }),
  });

export const queries = [shares, requests, schedule, available, explain];
