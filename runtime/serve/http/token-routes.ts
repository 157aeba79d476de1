/** Tokens over HTTP: root makes them and takes them away. */
import { METRICS } from "./askers.ts";
import { Refusal } from "./refusal.ts";
import { route, type FrontHost } from "./route.ts";
import { madeToken, noInput, revokeBody, revoked, tokenBody } from "./schemas.ts";

const make = route({
  method: "POST",
  path: "/v1/tokens",
  summary: "Makes a token of a user. It is in this answer and nowhere else.",
  who: "root",
  given: noInput,
  body: tokenBody,
  answers: { 201: madeToken },
  run: async (host, { by, body: { name } }) => {
    if (name !== METRICS && !(await isUser(host, name)))
      throw new Refusal("unknown", `there is no user \`${name}\``, { help: "`AddUser` makes one" });
    const token = await host.server.newToken(name, by);
    if (token === undefined) throw new Refusal("forbidden", "only root makes tokens");
    return { status: 201, body: { name, token } };
  },
});

const revoke = route({
  method: "DELETE",
  path: "/v1/tokens",
  summary: "Takes a token of a name away, or all of them.",
  who: "root",
  given: noInput,
  body: revokeBody,
  answers: { 200: revoked },
  run: async ({ server }, { body: { name, token } }) => {
    const gone = await server.revokeTokens(name, token);
    if (gone === "last")
      throw new Refusal("conflict", "these are the last tokens of root", { help: "make another one of root first" });
    if (gone === 0) throw new Refusal("unknown", `\`${name}\` has no such token`);
    return { body: { name, revoked: gone } };
  },
});

const isUser = ({ server, network }: FrontHost, name: string): Promise<boolean> =>
  server.service.atRest(() => name === "root" || network.admission.state.isUser(name));

export const tokenRoutes = [make, revoke];
