/** `glazier watch`: what is said to a running server, as it happens. */
import type { Command } from "../common/command.ts";
import { exit, wrongUsage } from "../common/io.ts";
import { tlsClientOptions } from "../common/options.ts";

export const watch: Command = {
  name: "watch",
  summary: "what is said to a running server, as it happens",
  synopsis: ["watch --server URL [--after RECORD] [--count N]"],
  description: [
    "Prints a line for each record once it is durable: its number, when, its kind, who, and what was said. Root sees all, a " +
      "user her own statements. The token is read from the environment, GLAZIER_TOKEN.",
    "It goes on through restarts of the server. To go on after a pause of your own, give the number of the last line as " +
      "--after; -1 begins with the first record. With --count it ends after so many lines, else when it is stopped.",
    "With --json it prints one document a line for each record, and no other.",
  ],
  options: {
    server: { value: "URL", help: "the server's HTTP: http://127.0.0.1:8080 (this machine alone) or https://…" },
    after: { value: "RECORD", help: "the last record that is known (default: only new ones)" },
    count: { value: "N", help: "how many lines are printed" },
    ...tlsClientOptions,
  },
  examples: [["glazier watch --server http://127.0.0.1:8080 --after -1 --count 10", "the first ten records"]],
  async run(args, io) {
    if (args.positionals.length > 0)
      throw wrongUsage("`watch` takes no words, only options", "`glazier help watch` shows how");
    const number = (name: string, form: RegExp, what: string, help: string): number | undefined => {
      const given = args.value(name);
      if (given !== undefined && !form.test(given)) throw wrongUsage(`--${name}: ${given} is no ${what}`, help);
      return given === undefined ? undefined : Number(given);
    };
    const after = number(
      "after",
      /^(-1|\d{1,15})$/,
      "number of a record",
      "write the number of the last line that was printed, or -1 to begin with the first record",
    );
    const count = number("count", /^[1-9]\d{0,8}$/, "number of lines", "write a whole number, 1 at the least");
    const { asking, openClient } = await import("../common/http.ts");
    const client = await openClient(args, io);
    return asking(args, async () => {
      let seen = 0;
      for await (const { record, kind, data } of client.events(after === undefined ? {} : { after })) {
        if (args.json) io.out(`${JSON.stringify({ ok: true, ...data, record, kind })}\n`);
        else {
          const verdict = data["accepted"] === undefined ? "-" : data["accepted"] === true ? "accepted" : "rejected";
          const cells = [record, data["at"], kind, data["by"] ?? data["name"] ?? "-", verdict, data["text"] ?? "-"];
          io.out(`${cells.join("\t").replaceAll("\n", " ")}\n`);
        }
        if (++seen === count) break;
      }
      return exit.good;
    });
  },
};
