/** Tokens over HTTP: root makes them and takes them away. */
import { printName } from "#compiler/syntax/print-flows.ts";
import { HttpRefusal } from "./refusal.ts";
import { httpRoute } from "./route.ts";
import { knownTokens, madeToken, noInput, revokeBody, revoked, tokenBody } from "./schemas.ts";

const make = httpRoute({
  method: "POST",
  path: "/v1/tokens",
  summary: "Makes a token of a user. It is in this answer and nowhere else.",
  who: "root",
  given: noInput,
  body: tokenBody,
  answers: { 201: madeToken },
  run: async (host, { by, body: { name } }) => {
    const made = await host.server.newToken(name, by);
    if ("token" in made) return { status: 201, body: { name, token: made.token } };
    if (made.refused === "not root") throw new HttpRefusal("forbidden", "only root makes tokens");
    const meant = made.near === undefined ? "" : `did you mean \`${made.near}\`? Else `;
    throw new HttpRefusal("unknown", `there is no user \`${name}\``, {
      help: `${meant}say \`AddUser ${printName({ text: name })}.\` first`,
    });
  },
});

const list = httpRoute({
  method: "GET",
  path: "/v1/tokens",
  summary: "The names that have tokens, and an id of each token; the tokens themselves are kept nowhere.",
  who: "root",
  given: noInput,
  answers: { 200: knownTokens },
  run: (host) => Promise.resolve({ body: { tokens: host.tokens.all() } }),
});

const revoke = httpRoute({
  method: "DELETE",
  path: "/v1/tokens",
  summary: "Takes a token of a name away, or all of them.",
  who: "root",
  given: noInput,
  body: revokeBody,
  answers: { 200: revoked },
  run: async ({ server }, { body: { name, token, id } }) => {
    const gone = await server.revokeTokens(name, token, id);
    if (gone === "last")
      throw new HttpRefusal("conflict", "these are the last tokens of root", {
        help: "make another one of root first",
      });
    if (gone === 0)
      throw new HttpRefusal(
        "unknown",
        `\`${name}\` has no ${token === undefined && id === undefined ? "" : "such "}token`,
        {
          help: "GET /v1/tokens (`glazier token list`) shows who has one",
        },
      );
    return { body: { name, revoked: gone } };
  },
});

export const tokenRoutes = [make, list, revoke];
