/** `glazier query`: the language's queries, answered from policy files. */
import type { Arguments, Command } from "../common/command.ts";
import { exit, Failure, wrongUsage, type Exit, type Io } from "../common/io.ts";
import { at, tlsClientOptions } from "../common/options.ts";
import { decidePolicy, readWhen } from "../common/policy.ts";
import { subjectFirst } from "../common/subject.ts";
import { endAtFault, exitOf, printJson, reportFaults, valueOf } from "../common/output.ts";

export const query: Command = {
  name: "query",
  summary: "ask about shares, requests and users",
  synopsis: ['query "QUERY." [PATH…] [--at T]', 'query "QUERY." --server URL'],
  description: [
    "QUERY is one of the language's: ListShares, ListSharesByFlowGroup FG, ListRequests [on SHARE], " +
      "ListRequestsByFlowGroup FG, ListUsers, GetSchedule SHARE, Available RATE for FG on SHARE [lasting D]. A flowgroup " +
      "FG stands in parentheses; shares and requests are listed that have a flow in common with it. Rules of policies are " +
      "requests; a guard's stand above all shares and have none. Where statements are refused the answer tells of what stands " +
      "without them, and the exit code is 1.",
    "GetSchedule tells, from --at on, what is reserved on a share and below it, and what rate can still be asked for: the " +
      "least that is free on it and on all shares above. Available tells whether a reservation would be accepted, how much " +
      "of it fits now, and when the whole of it does, buckets, links and limits included.",
    "Both are for those who speak for the share: `Alice: Available …` asks for Alice, and without a name it is asked " +
      "for one of them.",
    "With --server a running server is asked, over HTTP, as the one whose token is in GLAZIER_TOKEN.",
  ],
  options: {
    at,
    server: { value: "URL", help: "ask a running server: http://127.0.0.1:8080 (this machine alone) or https://…" },
    ...tlsClientOptions,
  },
  examples: [
    ['glazier query "ListShares."', "all shares, who speaks for them, what they grant"],
    ['glazier query "ListRequestsByFlowGroup (dstHost=10.0.0.2)." campus', "who decides about Alice's computer"],
    ['glazier query "GetSchedule aliceBW."', "what is reserved when"],
    ['glazier query "Available 5Mb for (user=Alice) on aliceBW lasting 10min."', "now, or when"],
    ['glazier query "ListUsers." --json', "for programs"],
  ],
  async run(args, io) {
    const [text, ...paths] = args.positionals;
    if (text === undefined) throw wrongUsage("`query` needs a query", "`glazier help query` lists them");
    await subjectFirst("query", args.positionals, io);
    if (args.value("server") !== undefined) return ofServer(text, args, io);
    const { answerQuery, readQuery, resolveQuery } = await import("#compiler/lookup/query.ts");
    const { query: asked, speaker } = valueOf(readQuery(text), io);
    const { now } = await readWhen(args, io);
    const decided = await decidePolicy(paths, now, io);
    reportFaults(decided.diagnostics, io);
    const { good, outcomes, rules } = decided;
    // With faults of the text nothing was decided. If statements were rejected, the others stand and answers are about
    // them.
    if (!good && outcomes.length + rules.length === 0) return endAtFault(decided.diagnostics, args.json, io);
    const { answerDocument, answerText } = await import("#compiler/report/answer.ts");
    const answer = valueOf(answerQuery(valueOf(resolveQuery(asked, decided.model), io), decided, now, speaker), io);
    if (args.json) printJson(io, answerDocument(asked.kind, answer, decided));
    else io.out(answerText(answer));
    return good ? exit.good : exitOf(decided.diagnostics);
  },
};

/** The same of a running server, as the one whose token is in GLAZIER_TOKEN. */
async function ofServer(text: string, args: Arguments, io: Io): Promise<Exit> {
  if (args.positionals.length > 1 || args.value("at") !== undefined)
    throw wrongUsage("with --server neither files nor --at are read: the server has its own policy and clock");
  // Anything else would be said, and change the network.
  const { readQuery } = await import("#compiler/lookup/query.ts");
  valueOf(readQuery(text), io);
  const { asking, openClient } = await import("../common/http.ts");
  const client = await openClient(args, io);
  return asking(args, async () => {
    const answer = await client.say(/\.\s*$/.test(text) ? text : `${text}.`);
    if (answer.kind === "decided") {
      const reason = answer.statements[0]?.certificate?.reason ?? "the server refuses it";
      throw new Failure(exit.fault, reason);
    }
    const { query: kind, rows, more } = answer;
    if (args.json) printJson(io, { ok: true, query: kind, rows, more });
    else {
      const cell = (one: unknown): string =>
        one === null ? "-" : Array.isArray(one) ? one.join(", ") || "-" : String(one as string | number);
      if (rows.length === 0) io.err("note: 0 items\n");
      else io.out(`${Object.keys(rows[0]!).join("\t")}\n`);
      for (const row of rows) io.out(`${Object.values(row).map(cell).join("\t").replaceAll("\n", " ")}\n`);
      if (more) io.err("note: more rows follow, which HTTP gives in pages\n");
    }
    return exit.good;
  });
}
