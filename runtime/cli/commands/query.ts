/** `glazier query`: the language's queries, answered from policy files. */
import { toJson } from "#compiler/diagnostics/render.ts";
import type { Command } from "../command.ts";
import { exit, misuse } from "../io.ts";
import { at } from "../options.ts";
import { decidePolicy, readWhen } from "../policy.ts";
import { exitOf, printJson, reportFaults } from "../report.ts";
import { columns, count } from "../words.ts";

export const query: Command = {
  name: "query",
  summary: "ask about shares, requests and users",
  synopsis: ['query "QUERY." [PATH…] [--at T]'],
  description: [
    "QUERY is one of the language's: ListShares, ListSharesByFlowGroup FG, ListRequests [on SHARE], " +
      "ListRequestsByFlowGroup FG, ListUsers. A flowgroup FG stands in parentheses; shares and requests are listed that " +
      "have a flow in common with it.",
  ],
  options: { at },
  examples: [
    ['glazier query "ListShares."', "all shares, who speaks for them, what they grant"],
    ['glazier query "ListRequestsByFlowGroup (dstHost=10.0.0.2)." campus', "who decides about Alice's computer"],
    ['glazier query "ListUsers." --json', "for programs"],
  ],
  async run(args, io) {
    const [text, ...paths] = args.positionals;
    if (text === undefined) throw misuse("`query` needs a query", "`glazier help query` lists them");
    const { readQuery, resolveFlows } = await import("../flows.ts");
    const { answer } = await import("../queries.ts");
    const asked = readQuery(text, io);
    const { now } = await readWhen(args, io);
    const decided = await decidePolicy(paths, now, io);
    reportFaults(decided.diagnostics, io);
    if (!decided.good) {
      if (args.json) printJson(io, { ok: false, diagnostics: decided.diagnostics.map(toJson) });
      return exitOf(decided.diagnostics);
    }
    const rows = answer(asked, decided, (flows) => resolveFlows(flows, decided.model, io));
    if (args.json) printJson(io, { ok: true, query: asked.kind, rows });
    else {
      const heads = [...new Set(rows.flatMap((row) => Object.keys(row)))];
      const cells = rows.map((row) => heads.map((head) => cell(row[head])));
      io.out(`${rows.length === 0 ? "" : `${columns([heads, ...cells])}\n\n`}${count(rows.length, "item")}\n`);
    }
    return exit.good;
  },
};

const cell = (value: string | number | readonly string[] | null | undefined): string =>
  value === null || value === undefined ? "-" : typeof value === "object" ? value.join(", ") || "-" : String(value);
