/** `glazier trace`: one packet through the policy and through the table, side by side. */
import { toJson } from "#compiler/diagnostics/render.ts";
import { printInstant } from "#compiler/net/index.ts";
import type { TargetName } from "#compiler/lowering/index.ts";
import type { Command } from "../common/command.ts";
import { exit, misuse } from "../common/io.ts";
import { at, target } from "../common/options.ts";
import { decidePolicy, readWhen, tablesOf } from "../common/policy.ts";
import { exitOf, hasErrors, printJson, reportFaults } from "../common/report.ts";

export const trace: Command = {
  name: "trace",
  summary: "follow one packet through policy and table",
  synopsis: ["trace PACKET [PATH…] [--at T] [--target NAME]"],
  description: [
    "PACKET is a list of fields, `srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, dstPort=22`, or a line pasted from " +
      "tcpdump (best with -n, and -e for the link-level header). What is not said is taken from the directory or chosen, " +
      "and shown.",
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
    ['glazier trace "user=Alice, dstHost=bob_pc, transport=ICMP"', "names of the policy's directory"],
  ],
  async run(args, io) {
    const [words, ...paths] = args.positionals;
    if (words === undefined) throw misuse("`trace` needs a packet", "`glazier help trace` shows some");
    const { now, instants } = await readWhen(args, io);
    const instant = instants[0]!;
    const decided = await decidePolicy(paths, now, io);
    const lowered = decided.good ? await tablesOf(decided, instant, args) : undefined;
    const diagnostics = [...decided.diagnostics, ...(lowered?.diagnostics ?? [])];
    if (lowered === undefined || hasErrors(diagnostics)) {
      reportFaults(diagnostics, io);
      if (args.json) printJson(io, { ok: false, diagnostics: diagnostics.map(toJson) });
      return exitOf(diagnostics);
    }
    const { readPacket } = await import("../common/packet.ts");
    const { explainFlow, flowText } = await import("#compiler/explain/index.ts");
    const { Switch } = await import("#compiler/trace/switch.ts");
    const { renderFlow } = await import("#compiler/flowgroup/index.ts");
    const { entryJson } = await import("../../../compiler/report/entries.ts");
    const { entryText } = await import("#compiler/table/text.ts");

    const { ahead, returnText, spoofed, wayless, indistinct } = await import("../common/agreement.ts");
    const { follow, journeyJson, journeyText, originText } = await import("../common/journey.ts");

    const entering = readPacket(words, decided, io);
    const { packet, switch: on, flow, chosen } = entering;
    const { returnedFlow } = await import("#compiler/explain/returned.ts");
    const back = returnedFlow(decided.admission, flow, instant);
    const explained = explainFlow(decided.admission, back?.flow ?? flow, instant);
    const verdict = explained.verdict === "default" ? decided.model.defaults.verdict : explained.verdict;
    const exception =
      (back === undefined ? spoofed(entering, decided.model.directory) : undefined) ??
      (verdict === "allow" ? wayless(explained) : undefined);
    const expected = exception?.verdict ?? verdict;
    const { topology } = decided.admission.state;
    const asked = {
      passes: expected === "allow",
      led: exception === undefined || explained.led?.lost ? ahead(explained.led, back?.waypoint) : undefined,
    };
    const journey = follow(entering, topology, lowered.tables, asked);
    const run = journey?.visits[0]!.outcome ?? new Switch(lowered.tables.get(on ?? "") ?? { entries: [] }).run(packet);
    const said = journey?.verdict ?? run.verdict;
    const blurred = said === verdict ? undefined : indistinct(entering, (args.value("target") ?? "ovs") as TargetName);
    const why = exception?.why ?? (back && returnText(back)) ?? blurred;
    const faults = journey?.faults ?? [];
    const agree = (said === expected && faults.length === 0) || blurred !== undefined;
    if (args.json) {
      printJson(io, {
        ok: agree,
        at: printInstant(instant),
        packet: { fields: renderFlow(flow), chosen, ...(on !== undefined && { switch: on }) },
        policy: { verdict, ...(explained.decidedBy && { by: explained.decidedBy.id }), text: flowText(explained) },
        table: {
          verdict: said,
          ...(why !== undefined && { why }),
          outputs: run.outputs,
          path: run.path.map(({ table, entry }) =>
            entry === undefined ? { table } : entryJson(entry, lowered.cookies),
          ),
          ...(journey && journeyJson(journey, lowered.cookies)),
        },
      });
      return agree ? exit.good : exit.fault;
    }
    io.out(`packet   ${renderFlow(flow)}\n`);
    if (chosen !== "") io.out(`         chosen: ${chosen}\n`);
    io.out(`policy   ${verdict}: ${flowText(explained).replaceAll("\n", "\n         ")}\n`);
    const where = lowered.tables.size > 1 && on !== undefined ? ` at ${on}, where it enters` : "";
    const lines = journey
      ? journeyText(journey, lowered.cookies)
      : [
          `${said}${where}`,
          ...run.path.map(({ table, entry }) =>
            entry === undefined
              ? `table=${table} no entry: dropped`
              : `${entryText(entry)}${originText(lowered.cookies.get(entry.cookie))}`,
          ),
        ];
    io.out(`table    ${lines.join("\n         ")}\n`);
    if (why !== undefined) io.out(`         ${why}\n`);
    if (!agree) {
      const how = faults.length > 0 ? ` (${faults.join("; ")})` : "";
      io.err(`error: policy and table differ${how}; this is a fault of glazier's: please report it with the policy\n`);
    }
    return agree ? exit.good : exit.fault;
  },
};
