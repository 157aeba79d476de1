/** `glazier query`: the language's queries, answered from policy files. */
import { toJson } from "#compiler/diagnostics/render.ts";
import type { Command } from "../common/command.ts";
import { exit, misuse } from "../common/io.ts";
import { at } from "../common/options.ts";
import { decidePolicy, readWhen } from "../common/policy.ts";
import { exitOf, printJson, reportFaults } from "../common/report.ts";
import { columns, count } from "../../../compiler/report/text.ts";

export const query: Command = {
  name: "query",
  summary: "ask about shares, requests and users",
  synopsis: ['query "QUERY." [PATH…] [--at T]'],
  description: [
    "QUERY is one of the language's: ListShares, ListSharesByFlowGroup FG, ListRequests [on SHARE], " +
      "ListRequestsByFlowGroup FG, ListUsers, GetSchedule SHARE, Available RATE for FG on SHARE [lasting D]. A flowgroup " +
      "FG stands in parentheses; shares and requests are listed that have a flow in common with it. Rules of policies are " +
      "requests; a guard's stand above all shares and have none. Where statements are refused the answer tells of what stands " +
      "without them, and the exit code is 1.",
    "GetSchedule tells, from --at on, what is reserved on a share and below it, and what rate can still be asked for: the " +
      "least that is free on it and on all shares above. Available tells whether a reservation would be accepted, how much " +
      "of it fits now, and when the whole of it does, buckets, links and limits included.",
    "Both are told to those who speak for the share: `Alice: Available …` asks for Alice, and without a name it is asked " +
      "for one of them.",
  ],
  options: { at },
  examples: [
    ['glazier query "ListShares."', "all shares, who speaks for them, what they grant"],
    ['glazier query "ListRequestsByFlowGroup (dstHost=10.0.0.2)." campus', "who decides about Alice's computer"],
    ['glazier query "GetSchedule aliceBW."', "what is reserved when"],
    ['glazier query "Available 5Mb for (user=Alice) on aliceBW lasting 10min."', "now, or when"],
    ['glazier query "ListUsers." --json', "for programs"],
  ],
  async run(args, io) {
    const [text, ...paths] = args.positionals;
    if (text === undefined) throw misuse("`query` needs a query", "`glazier help query` lists them");
    const { readQuery, resolveQuery } = await import("../common/flows.ts");
    const { answerOf } = await import("../common/queries.ts");
    const { answerCells, answerJson } = await import("#compiler/queries/index.ts");
    const { query: asked, speaker } = readQuery(text, io);
    const { now } = await readWhen(args, io);
    const decided = await decidePolicy(paths, now, io);
    reportFaults(decided.diagnostics, io);
    const { good, outcomes, rules } = decided;
    const faults = good ? {} : { diagnostics: decided.diagnostics.map(toJson) };
    // Where statements were refused the others stand, and are told of; a faulty text was not decided at all.
    if (!good && outcomes.length + rules.length === 0) {
      if (args.json) printJson(io, { ok: false, ...faults });
      return exitOf(decided.diagnostics);
    }
    const found = answerOf(resolveQuery(asked, decided.model, io), decided, now, speaker);
    if (args.json) printJson(io, { ok: good, query: asked.kind, rows: answerJson(found), ...faults });
    else {
      const cells = answerCells(found);
      const items = cells.length - 1;
      io.out(`${items === 0 ? "" : `${columns(cells)}\n\n`}${count(items, "item")}\n`);
    }
    return good ? exit.good : exitOf(decided.diagnostics);
  },
};
