/** `glazier compile`: policy files → the flow table of a switch, as text that a switch takes or as JSON. */
import type { Decided } from "#compiler/admission/decided.ts";
import type { When } from "#compiler/lookup/instants.ts";
import { hasErrors } from "#compiler/diagnostics/diagnostic.ts";
import type { Table } from "#compiler/table/entry.ts";
import type { Arguments, Command } from "../common/command.ts";
import { exit, Failure, wrongUsage, type Exit, type Io } from "../common/io.ts";
import { at, observeShare, target, TRIAL_RUN_HELP, trialOf } from "../common/options.ts";
import { endAtFault, exitOf, printJson, reportFaults, valueOf } from "../common/output.ts";
import { decidePolicy, foresight, readWhen, tablesOf, targetName } from "../common/policy.ts";

export const compile: Command = {
  name: "compile",
  summary: "print the flow table",
  synopsis: [
    "compile [PATH…] [--at T] [--timeline] [--target NAME] [--switch NAME] [--format ovs|json] [--observe | --observe-share SHARE…] [--validate]",
  ],
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
    observe: { help: TRIAL_RUN_HELP },
    "observe-share": observeShare,
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
      throw wrongUsage("--validate reads a table, --timeline prints none");
    const observe = trialOf(args);
    if (args.flag("timeline") && typeof observe !== "boolean")
      throw wrongUsage("--timeline follows a policy as it acts: it observes no single share");
    const wanted = args.value("switch");
    const { ofSwitch } = await import("#compiler/lookup/switch.ts");
    const choose = <T>(of: ReadonlyMap<string, T>): readonly [string, T] =>
      valueOf(ofSwitch(of, wanted, "--switch"), io);
    // A timeline refuses what it comes to later.
    const foresees = args.flag("timeline") ? () => [] : await foresight(instant, args);
    const isOfOne = wanted !== undefined || !(args.flag("timeline") || isJson(args));
    const decided = await decidePolicy(args.positionals, now, io, {
      foresees: (model, state) => {
        // Which switch is wanted is asked before the work, which takes long.
        const { switches } = model.directory;
        if (isOfOne) choose<unknown>(switches.size === 0 ? UNNAMED : switches);
        return foresees(model, state);
      },
    });
    if (args.flag("timeline") && decided.good) return printTimeline(decided, when, args, io);
    const lowered = decided.good ? await tablesOf(decided, instant, args) : undefined;
    const diagnostics = [...decided.diagnostics, ...(lowered?.diagnostics ?? [])];
    reportFaults(diagnostics, io);
    if (lowered === undefined || hasErrors(diagnostics)) return endAtFault(diagnostics, isJson(args), io);
    const { tablesJson, tableText } = await import("#compiler/report/tables.ts");
    if (isJson(args) && wanted === undefined) {
      printJson(io, tablesJson(lowered.tables, lowered, { instant, observe }, diagnostics));
      return exit.good;
    }
    const chosen = choose(lowered.tables);
    if (args.flag("validate")) await validate(chosen[1]);
    if (isJson(args)) printJson(io, tablesJson([chosen], lowered, { instant, observe }, diagnostics));
    else io.out(tableText(chosen, lowered, { instant, now, observe }));
    return exit.good;
  },
};

/** The switch of a policy that names none. */
const UNNAMED: ReadonlyMap<string, unknown> = new Map([["", undefined]]);

const isJson = (args: Arguments): boolean => args.json || args.value("format") === "json";

async function printTimeline(decided: Decided, { now, instants }: When, args: Arguments, io: Io): Promise<Exit> {
  const { trialRunText } = await import("#compiler/report/tables.ts");
  const { tableTimeline, timelineJson, timelineText } = await import("#compiler/report/timeline.ts");
  const options = { target: targetName(args), wanted: args.value("switch"), observe: args.flag("observe") };
  const timeline = valueOf(tableTimeline(decided, instants[0]!, options), io);
  const { diagnostics } = timeline;
  const good = !hasErrors(diagnostics);
  reportFaults(diagnostics, io);
  const observe = args.flag("observe");
  if (isJson(args)) printJson(io, { ...timelineJson(timeline), ...(observe && { observe }) });
  else if (good) io.out(trialRunText(observe) + timelineText(timeline, now));
  return good ? exit.good : exitOf(diagnostics);
}

/** Validates the table's text: reads it back, and runs ovs-ofctl on it. Throws a `Failure` if either refuses it. */
async function validate(table: Table): Promise<void> {
  const { fromOvs, toOvs } = await import("#compiler/lowering/index.ts");
  const text = toOvs(table);
  const back = fromOvs(text);
  if ("errors" in back || toOvs(back) !== text)
    throw new Failure(
      exit.fault,
      "the table does not read back as it was written",
      "this is a fault of glazier's: please report it",
    );
  const { command } = await import("../../process/command.ts");
  const read = await command(["ovs-ofctl", "-O", "OpenFlow13", "parse-flows", "-"], { input: text });
  if (read.code === 127) throw wrongUsage("--validate needs ovs-ofctl, which is not installed");
  if (read.code !== 0) throw new Failure(exit.fault, `ovs-ofctl does not take the table: ${read.stderr.trim()}`);
}
