/** `glazier compile`: policy files → the flow table of a switch, as text that a switch takes or as JSON. */
import { toJson } from "#compiler/diagnostics/render.ts";
import { printInstant } from "#compiler/net/index.ts";
import type { Table } from "#compiler/table/entry.ts";
import type { Command } from "../common/command.ts";
import { exit, Failure, misuse } from "../common/io.ts";
import { at, target } from "../common/options.ts";
import { chooseTable, decidePolicy, readWhen, tablesOf } from "../common/policy.ts";
import { exitOf, hasErrors, printJson, reportFaults } from "../common/report.ts";
import { count } from "../../../compiler/report/text.ts";

export const compile: Command = {
  name: "compile",
  summary: "print the flow table",
  synopsis: ["compile [PATH…] [--at T] [--timeline] [--target NAME] [--switch NAME] [--format ovs|json] [--validate]"],
  description: [
    "Prints the table that the policy means at an instant: one line an entry, highest priority first, in the notation of " +
      "ovs-ofctl. Lines that begin with # say when it holds and which statement the entries come from; " +
      "`ovs-ofctl -O OpenFlow13 add-flows` takes the output as it is.",
    "With --timeline it prints no table but every later instant at which the table changes, with the entries, meters and " +
      "queues that come (+), are replaced (~) and go (-): requests begin and end by themselves.",
    "--target says what the switch can do. ovs: Open vSwitch with all it has. of13: OpenFlow 1.3 and no extensions; what " +
      "needs one is refused. ovs-userspace: Open vSwitch's userspace datapath, which ignores queues: what is reserved is " +
      "marked by its DSCP for filters that `apply` makes or prints, and while the policy has a reservation the DSCP of all " +
      "other IP packets is set to 0, so that nobody's own mark gets him a queue.",
    "The same policy and the same --at give the same bytes. A policy with an error has no table. What ends within 65,000 s " +
      "ends on the switch by itself; where more is to come, the table says when to apply again.",
  ],
  options: {
    at,
    timeline: { help: "every instant at which the table changes after --at, and what changes" },
    target: { ...target, help: `${target.help} (default ovs)` },
    switch: { value: "NAME", help: "the switch whose table is printed, where the policy has several" },
    format: { value: "FORMAT", help: "how to print it", choices: ["ovs", "json"] },
    observe: { help: "a trial run: what would be denied is counted and passes" },
    validate: { help: "have ovs-ofctl read the table before it is printed, and fail where it does not" },
  },
  examples: [
    ["glazier compile", "the table of the policies below this folder, now"],
    ["glazier compile campus --switch core", "the table of one of several switches"],
    ["glazier compile --at +1h", "the table as it will be in an hour"],
    ["glazier compile campus --timeline", "when it changes from now on, and how"],
    ["glazier compile --target of13", "for a switch without Open vSwitch's extensions"],
    ["glazier compile | ovs-ofctl -O OpenFlow13 add-flows br0 -", "by hand what `glazier apply` does better"],
  ],
  async run(args, io) {
    const when = await readWhen(args, io);
    const { now, instants } = when;
    const instant = instants[0]!;
    if (args.flag("timeline") && args.flag("validate"))
      throw misuse("--validate reads a table, --timeline prints none");
    const decided = await decidePolicy(args.positionals, now, io);
    if (args.flag("timeline") && decided.good) {
      const { printTimeline } = await import("../common/timeline.ts");
      return printTimeline(decided, when, args, io);
    }
    const lowered = decided.good ? await tablesOf(decided, instant, args) : undefined;
    const diagnostics = [...decided.diagnostics, ...(lowered?.diagnostics ?? [])];
    reportFaults(diagnostics, io);
    const good = !hasErrors(diagnostics);
    const json = args.json || args.value("format") === "json";
    if (lowered === undefined || !good) {
      if (json) printJson(io, { ok: false, diagnostics: diagnostics.map(toJson) });
      return exitOf(diagnostics);
    }
    const { toOvs } = await import("#compiler/lowering/index.ts");
    const wanted = args.value("switch");
    const { tableJson } = await import("../../../compiler/report/entries.ts");
    const { againJson, againText } = await import("../../../compiler/report/again.ts");
    const { resourcesJson } = await import("../../../compiler/report/resources.ts");
    const switchJson = (name: string, table: Table): object => ({
      switch: name,
      entries: tableJson(table, lowered.cookies),
      ...resourcesJson(table),
    });
    if (json && wanted === undefined) {
      const switches = [...lowered.tables].map(([name, table]) => switchJson(name, table));
      printJson(io, {
        ok: true,
        at: printInstant(instant),
        ...againJson(lowered.validUntil),
        switches,
        diagnostics: diagnostics.map(toJson),
      });
      return exit.good;
    }
    const [name, table] = chooseTable(lowered.tables, wanted);
    if (args.flag("validate")) await validate(table, toOvs(table));
    if (json) {
      printJson(io, {
        ok: true,
        at: printInstant(instant),
        ...againJson(lowered.validUntil),
        switches: [switchJson(name, table)],
        diagnostics: diagnostics.map(toJson),
      });
      return exit.good;
    }
    const on = name === "" ? "" : ` of ${name}`;
    const head = `# ${count(table.entries.length, "entry", "entries")}${on} at ${printInstant(instant)}`;
    io.out(
      `${head} (--at ${printInstant(now)})\n${againText(lowered.validUntil)}${legend(table, lowered.cookies)}${toOvs(table)}`,
    );
    return exit.good;
  },
};

/** Which statement each cookie stands for, as comments. */
function legend(table: Table, cookies: ReadonlyMap<bigint, string>): string {
  const used = new Set(table.entries.map(({ cookie }) => cookie));
  return [...cookies]
    .filter(([cookie]) => used.has(cookie))
    .map(([cookie, statement]) => `# cookie=0x${cookie.toString(16)} ${statement.replaceAll(/\s+/g, " ")}\n`)
    .join("");
}

/** Reads the text back ourselves, and has ovs-ofctl read it. */
async function validate(table: Table, text: string): Promise<void> {
  const { fromOvs, toOvs } = await import("#compiler/lowering/index.ts");
  const back = fromOvs(text);
  if ("errors" in back || toOvs(back) !== text)
    throw new Failure(
      exit.fault,
      "the table does not read back as it was written",
      "this is a fault of glazier's: please report it",
    );
  const { command } = await import("../../process/command.ts");
  const read = await command(["ovs-ofctl", "-O", "OpenFlow13", "parse-flows", "-"], { input: text });
  if (read.code === 127) throw misuse("--validate needs ovs-ofctl, which is not installed");
  if (read.code !== 0) throw new Failure(exit.fault, `ovs-ofctl does not take the table: ${read.stderr.trim()}`);
}
