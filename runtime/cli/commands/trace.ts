/** `glazier trace`: one packet through the policy and through the table, side by side. */
import { hasErrors } from "#compiler/diagnostics/diagnostic.ts";
import type { Command } from "../common/command.ts";
import { exit, wrongUsage } from "../common/io.ts";
import { at, target } from "../common/options.ts";
import { decidePolicy, readWhen, tablesOf, targetName } from "../common/policy.ts";
import { subjectFirst } from "../common/subject.ts";
import { endAtFault, printJson, reportFaults, valueOf } from "../common/output.ts";

export const trace: Command = {
  name: "trace",
  summary: "follow one packet through policy and table",
  synopsis: ["trace PACKET [PATH…] [--at T] [--target NAME]"],
  description: [
    "PACKET is a list of fields, `srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, dstPort=22`, or a line pasted from " +
      "tcpdump (best with -n, and -e for the link-level header). What is not said is taken from the directory or chosen, " +
      "and shown. `fragment=first` or `fragment=later` beside the fields makes it a fragment, which shows no ports.",
    "The policy's answer names the statement that decides, and the waypoints and avoids that lead the packet; the table's " +
      "answer names the entries that it met and, where links are known, follows it from switch to switch to where it comes " +
      "out. They agree, waypoints in their order and avoided nodes too, or the exit code is 1 and glazier is at fault. Who " +
      "comes from another place than the directory says is dropped by the spoof guard before the policy is asked; what comes " +
      "in at a waypoint's port with the address of one who is led there is judged as that one's. Both are said, and no fault.",
  ],
  options: { at, target: { ...target, help: `${target.help} (default ovs)` } },
  examples: [
    ['glazier trace "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, dstPort=22"', "may Eve reach Alice's ssh?"],
    ['glazier trace "IP 10.0.0.3.40000 > 10.0.0.2.22: Flags [S], seq 1" campus', "a pasted line"],
    ['glazier trace "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=UDP, fragment=later"', "a later fragment"],
    ['glazier trace "user=Alice, dstHost=bob_pc, transport=ICMP"', "names of the policy's directory"],
  ],
  async run(args, io) {
    const [words, ...paths] = args.positionals;
    if (words === undefined) throw wrongUsage("`trace` needs a packet", "`glazier help trace` shows some");
    await subjectFirst("trace", args.positionals, io);
    const { now, instants } = await readWhen(args, io);
    const instant = instants[0]!;
    const decided = await decidePolicy(paths, now, io);
    const lowered = decided.good ? await tablesOf(decided, instant, args) : undefined;
    const diagnostics = [...decided.diagnostics, ...(lowered?.diagnostics ?? [])];
    if (lowered === undefined || hasErrors(diagnostics)) {
      reportFaults(diagnostics, io);
      return endAtFault(diagnostics, args.json, io);
    }
    const { readPacket } = await import("#compiler/trace/read-packet.ts");
    const { tracePacket } = await import("#compiler/trace/trace.ts");
    const { disagreementText, traceJson, traceText } = await import("#compiler/report/trace.ts");
    const { tables, cookies } = lowered;
    const entering = valueOf(readPacket(words, decided.model), io);
    const traced = tracePacket(decided, tables, entering, { instant, target: targetName(args) });
    if (args.json) printJson(io, traceJson(traced, instant, cookies));
    else {
      io.out(traceText(traced, { cookies, hasSeveral: tables.size > 1 }));
      const disagreement = disagreementText(traced);
      if (disagreement !== undefined) io.err(`error: ${disagreement}\n`);
    }
    return traced.agree ? exit.good : exit.fault;
  },
};
