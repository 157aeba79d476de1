/** `glazier plan`: two policies → the flow-mods that lead a switch from one to the other; nothing is sent. */
import type { Decided } from "#compiler/admission/decided.ts";
import { hasErrors } from "#compiler/diagnostics/diagnostic.ts";
import type { PolicyState } from "#compiler/report/policy-change.ts";
import type { Arguments, Command } from "../common/command.ts";
import { exit, wrongUsage, type Exit, type Io } from "../common/io.ts";
import { as, at, checkTargets, onSwitch, target } from "../common/options.ts";
import { endAtFault, exitOf, printJson, reportFaults } from "../common/output.ts";
import { decidePolicy, foresight, readWhen, tablesOf } from "../common/policy.ts";

export const plan: Command = {
  name: "plan",
  summary: "show what would change on a switch, and whose traffic",
  synopsis: [
    "plan [OLD] NEW [--at T]",
    "plan POLICY --at T1 --at T2",
    "plan NEW --switch TARGET [--as NAME] [--take-over]",
  ],
  description: [
    "Prints the fewest flow-mods that make the old table into the new one, in a safe order (+ add, ~ replace, - delete), " +
      "with the meters and queues around them, the traffic that changes and by which statement (`default` where none decides), and the requests that stood before and would be evicted.",
    "OLD and NEW are files or folders; without OLD the plan starts from an empty switch. With two --at it is the same " +
      "policy at two instants; with --switch the old side is what that switch holds now. Nothing is changed.",
  ],
  options: {
    at: { ...at, multiple: true },
    switch: onSwitch,
    as,
    target: { ...target, help: `${target.help} (default ovs)` },
    "take-over": { help: "with --switch: plan to remove foreign entries from our tables" },
  },
  examples: [
    ["glazier plan yesterday today", "two folders"],
    ["glazier plan . --at 2026-12-01T08:00:00Z --at 2026-12-01T20:00:00Z", "what changes over the day"],
    ["glazier plan . --switch unix:/var/run/openvswitch/br0.mgmt", "what `glazier apply` would send"],
  ],
  async run(args, io) {
    const paths = args.positionals;
    if (paths.length > 2) throw wrongUsage("`plan` takes an old and a new policy", "`glazier help plan` shows how");
    const { now, instants } = await readWhen(args, io);
    if (instants.length > 2) throw wrongUsage("two instants make a plan, not more", "give --at once or twice");
    if (instants.length === 2 && paths.length === 2) throw wrongUsage("either two policies or two instants, not both");
    if (paths.length === 2 && args.value("switch") !== undefined)
      throw wrongUsage(
        "with --switch the old side is what the switch holds, and one policy is given",
        `leave out ${paths[0]!}`,
      );
    const newest = paths.at(-1);
    const policy = newest === undefined ? [] : [newest];
    const { EMPTY, policyChange, policyChangeJson, policyChangeText, policyState } =
      await import("#compiler/report/policy-change.ts");
    if (args.value("switch") !== undefined) {
      await checkTargets(args);
      const { decideForSwitch } = await import("../common/for-switch.ts");
      const { decided, lowered } = await decideForSwitch(policy, { now, instant: instants.at(-1)! }, args, io);
      return againstSwitch(policyState(decided, lowered, instants.at(-1)!), args, io);
    }
    const at = async (decided: Decided, instant: number): Promise<PolicyState> =>
      policyState(decided, decided.good ? await tablesOf(decided, instant, args) : undefined, instant);
    const foresees = await foresight(instants.at(-1)!, args);
    const decided = await decidePolicy(policy, now, io, { foresees });
    const next = await at(decided, instants.at(-1)!);
    let old = EMPTY;
    if (instants.length === 2) old = await at(decided, instants[0]!);
    else if (paths.length === 2) old = await at(await decidePolicy([paths[0]!], now, io), instants[0]!);
    const change = policyChange(old, next, instants);
    reportFaults(change.diagnostics, io);
    if (args.json) printJson(io, policyChangeJson(change));
    else io.out(policyChangeText(change));
    return change.good ? exit.good : exitOf(change.diagnostics);
  },
};

async function againstSwitch(next: PolicyState, args: Arguments, io: Io): Promise<Exit> {
  if (hasErrors(next.diagnostics)) {
    reportFaults(next.diagnostics, io);
    return endAtFault(next.diagnostics, args.json, io);
  }
  const { applyTable } = await import("../common/send.ts");
  const planned = await applyTable(next, { takeOver: args.flag("take-over"), dryRun: true }, args, io);
  return planned.report();
}
