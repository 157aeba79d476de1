/** `glazier token`: who may speak to a running server. */
import type { Command } from "../common/command.ts";
import { exit, wrongUsage } from "../common/io.ts";
import { tlsClientOptions } from "../common/options.ts";
import { printJson } from "../common/output.ts";

export const token: Command = {
  name: "token",
  summary: "tokens of a running server: listed, made, taken away",
  synopsis: ["token list --server URL", "token new NAME --server URL", "token revoke NAME [ID] --server URL"],
  description: [
    "A token lets its owner speak as a user. Root alone makes tokens, lists them and takes them away; root's own token is " +
      "read from the environment, GLAZIER_TOKEN: on a command line every user of the machine could read it.",
    "`new` prints the token once: the server keeps only a digest. `list` prints names with the ids of their tokens; an id " +
      "opens nothing. `revoke` takes one token away, or all of the name; the last ones of root stay.",
  ],
  options: {
    server: { value: "URL", help: "the server's HTTP: http://127.0.0.1:8080 (this machine alone) or https://…" },
    ...tlsClientOptions,
  },
  examples: [
    ["glazier token new Alice --server http://127.0.0.1:8080", "what Alice puts into GLAZIER_TOKEN"],
    ["glazier token list --server http://127.0.0.1:8080 --json", "for programs"],
  ],
  async run(args, io) {
    const [word, name, id, ...more] = args.positionals;
    const isWhole =
      word === "list" ? name === undefined : name !== undefined && (word === "new" ? id === undefined : true);
    if (!["list", "new", "revoke"].includes(word ?? "") || !isWhole || more.length > 0)
      throw wrongUsage("`token` needs `list`, `new NAME` or `revoke NAME [ID]`", "`glazier help token` shows how");
    if (id !== undefined && id.length !== 12)
      throw wrongUsage(`${id} is no id of a token: one has 12 characters`, "`glazier token list` shows them");
    const { asking, openClient } = await import("../common/http.ts");
    const client = await openClient(args, io);
    return asking(args, async () => {
      if (word === "list") {
        const { tokens } = await client.tokens();
        if (args.json) printJson(io, { ok: true, tokens });
        else for (const one of tokens) io.out(`${one.name}\t${one.id}\n`);
      } else if (word === "new") {
        const made = await client.makeToken(name!);
        if (args.json) printJson(io, { ok: true, name, token: made });
        else io.out(`${made}\n`);
      } else {
        const revoked = await client.revokeTokens(name!, id === undefined ? {} : { id });
        if (args.json) printJson(io, { ok: true, name, revoked });
        else io.out(`${revoked} taken away\n`);
      }
      return exit.good;
    });
  },
};
