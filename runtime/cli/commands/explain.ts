/** `glazier explain`: why a statement, a packet or a flowgroup is decided as it is. */
import type { Command } from "../common/command.ts";
import { exit, wrongUsage } from "../common/io.ts";
import { at } from "../common/options.ts";
import { decidePolicy, readWhen } from "../common/policy.ts";
import { subjectFirst } from "../common/subject.ts";
import { endAtFault, printJson, reportFaults, valueOf } from "../common/output.ts";

export const explain: Command = {
  name: "explain",
  summary: "say why: of a statement, a packet or a flowgroup",
  synopsis: ["explain LABEL|FLOWGROUP|PACKET [PATH…] [--at T]"],
  description: [
    "Of a statement or a policy's rule (its label, with or without @, or its text in any spelling): its verdict with the " +
      "certificate, the shares on its way, what of it was granted, what it overrides and what overrides it, a guard " +
      "included. Of a guard's rule: what it denies, and whom it silences.",
    "Of a packet (`srcHost=10.0.0.3, dstPort=22`, or a line of tcpdump's): the statement that decides it and through which " +
      "shares; where none does, which came closest and on which field they failed. Of a flowgroup, in parentheses: its " +
      "parts, each with the statement that decides it, and the limits and reservations of what is not denied.",
  ],
  options: { at },
  examples: [
    ["glazier explain @noEve", "a statement by its label"],
    ['glazier explain "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, dstPort=22" campus', "one packet"],
    ['glazier explain "(dstHost=10.0.0.2)" --json', "a whole flowgroup, for programs"],
  ],
  async run(args, io) {
    const [subject, ...paths] = args.positionals;
    if (subject === undefined)
      throw wrongUsage("`explain` needs to know of what", "`glazier help explain` shows examples");
    await subjectFirst("explain", args.positionals, io);
    const { now, instants } = await readWhen(args, io);
    const decided = await decidePolicy(paths, now, io);
    reportFaults(decided.diagnostics, io);
    // With faults of the text nothing was decided, so there is nothing to explain.
    if (!decided.good && decided.outcomes.length === 0) return endAtFault(decided.diagnostics, args.json, io);
    const { explainWords } = await import("#compiler/lookup/explain.ts");
    const { explanationJson, explanationText } = await import("#compiler/report/explanation.ts");
    const [instant] = instants as readonly [number];
    const explained =
      valueOf(explainWords(subject, decided, instant), io) ??
      valueOf((await import("#compiler/trace/explain-packet.ts")).explainPacket(subject, decided, instant), io);
    const { defaults } = decided.model;
    if (args.json) printJson(io, explanationJson(explained, defaults, instant));
    else io.out(`${explanationText(explained, defaults)}\n`);
    return exit.good;
  },
};
