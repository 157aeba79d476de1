/** `POST /v1/statements`: statements in, verdicts out; with a key of the client's own, at most once. */
import { hash } from "node:crypto";
import type { KeyedAnswer } from "../../log/once.ts";
import type { DecidedSentence, Once } from "../conversation.ts";
import { Sentences } from "../sentences.ts";
import { FIRST_PAGE, heardJson, keptJson } from "./heard.ts";
import { HttpRefusal } from "./refusal.ts";
import { httpRoute, type Call, type FrontHost, type HttpAnswer } from "./route.ts";
import { answered, noInput, statementsBody } from "./schemas.ts";

export const statements = httpRoute({
  method: "POST",
  path: "/v1/statements",
  summary: "Says a statement, or several that are accepted together or not at all.",
  who: "speaker",
  given: noInput,
  body: statementsBody,
  answers: { 200: answered },
  headers: {
    "Idempotency-Key":
      "a word of the client's own: who repeats it with the same body gets the first answer, for 24 hours",
  },
  run: async (host, call) => {
    const text = call.body.text ?? together(call.body.texts!);
    const key = call.headers["idempotency-key"];
    if (key === undefined) return { body: await say(host, text, call) };
    if (typeof key !== "string" || !/^[\x21-\x7e]{1,200}$/.test(key))
      throw new HttpRefusal("malformed", "an Idempotency-Key has 1 to 200 letters, digits and signs of ASCII");
    return sayOnce(host, call, key, text);
  },
});

/** Several statements as one sentence. Each must be one: none may end the transaction. */
function together(texts: readonly string[]): string {
  texts.forEach((one, i) => {
    const sentences = new Sentences().push(`${one}\ncommit.\n`);
    if (sentences.length !== 2 || !sentences[1]!.endsWith("commit."))
      throw new HttpRefusal("malformed", `\`texts[${i}]\` is not one statement with its full stop`);
  });
  return ["begin.", ...texts, "commit."].join("\n");
}

async function say(
  { server: { service } }: FrontHost,
  text: string,
  { by, from }: Pick<Call<never, never>, "by" | "from">,
  once?: (heard: DecidedSentence, number: number, at: number) => Once,
): Promise<object> {
  const heard = await service.say({ text, by, via: "http", from, ...(once && { once }) });
  // The rows of some answers are made as they are read.
  return service.atRest(() => heardJson(heard, text, FIRST_PAGE));
}

async function sayOnce(
  host: FrontHost,
  { by, bytes, from }: Pick<Call<never, never>, "by" | "bytes" | "from">,
  key: string,
  text: string,
): Promise<HttpAnswer> {
  const { once, server, network } = host;
  // Who gets her name has keys of her own.
  const person = network.labels.persons.key(by);
  const body = hash("sha256", bytes, "hex");
  for (;;) {
    const use = once.use(person, key, body, server.service.now());
    switch (use.kind) {
      case "other":
        throw new HttpRefusal("other-body", "this Idempotency-Key was used for another body", {
          help: "take a new key for a new statement",
        });
      case "answered":
        return { body: use.answer.answer as object };
      case "mine":
        return { body: await sayFirst(host, { by, person, key, body, from }, text) };
      case "waits": {
        const first = await use.answer.catch(() => undefined);
        if (first !== undefined) return { body: first.answer as object };
        // The first one got no record: now it is decided anew.
        if (server.service.fault !== undefined) throw server.service.fault;
      }
    }
  }
}

async function sayFirst(
  host: FrontHost,
  named: Pick<KeyedAnswer, "by" | "key" | "body"> & Pick<Call<never, never>, "from"> & { readonly person: string },
  text: string,
): Promise<object> {
  const { person, key, body } = named;
  const kept: KeyedAnswer[] = [];
  try {
    const answer = await say(host, text, named, (heard, n, at) => {
      const one = { key, body, answer: keptJson(heard, text) };
      kept.push({ by: person, n, at, ...one });
      return one;
    });
    // A long record is made twice: to be measured, and to be written.
    const first = kept.at(-1);
    if (first === undefined) {
      host.once.fail(person, key, new Error("questions are not remembered"));
      return answer;
    }
    host.once.remember(first);
    return first.answer as object;
  } catch (error) {
    host.once.fail(person, key, error as Error);
    throw error;
  }
}
