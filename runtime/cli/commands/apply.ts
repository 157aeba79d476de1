/** `glazier apply`: policy files → the table of a real switch, in one atomic step. */
import { hasErrors } from "#compiler/diagnostics/diagnostic.ts";
import type { Command } from "../common/command.ts";
import type { SentTable } from "../common/send.ts";
import { wrongUsage } from "../common/io.ts";
import { as, at, checkTargets, observeShare, onSwitch, target, TRIAL_RUN_HELP } from "../common/options.ts";
import { readWhen } from "../common/policy.ts";
import { endAtFault, reportFaults } from "../common/output.ts";

/**
 * The most times that one apply decides. Each but the first is because another apply keeps times of its statements, or
 * because something has begun meanwhile.
 */
const MOST_DECISIONS = 3;

export const apply: Command = {
  name: "apply",
  summary: "bring a switch to the policy, in one atomic step",
  synopsis: [
    "apply [PATH…] --switch TARGET [--as NAME] [--at T] [--dry-run] [--evict] [--take-over] [--secure] [--purge] [--observe | --observe-share SHARE…] [--db TARGET] [--run-filters]",
  ],
  description: [
    "Connects to the switch, reads its table back, sends only the difference in one bundle, and confirms that it is " +
      "there. Entries that stay keep their counters. A bundle that is refused changes nothing, and what the switch " +
      "refuses is reported with the statement it comes from. If confirming fails, or the connection breaks while the " +
      "switch decides, the answer says that the switch was changed, or that this is not known.",
    "A policy with several switches takes an apply for each, with --as: what enters at a switch is decided there. While some " +
      "have another policy than others, and `link` facts, waypoints or avoids differ, a broadcast may go round between them " +
      "until the last has it. Where that must not be, first apply to each a policy of `default deny.` and the `switch` facts " +
      "alone, which drops everything, and then the new one to each.",
    "Entries that are not ours are reported and left alone, unless --take-over removes them from the tables that we use. A " +
      "policy with an error is not sent.",
    "A bridge of Open vSwitch that is not set to fail_mode=secure switches everything whenever it has no entries, as after a " +
      "restart. --secure sets that before the entries are sent; it empties the tables of the bridge, so nothing passes until " +
      "the entries are there. Set by hand later it would empty them, too, and nothing would fill them.",
    "Open vSwitch caches what its entries came to. Its userspace datapath may go by that after the entries have changed, and " +
      "let on what is denied by now for as long as it is sent. So where the switch's database says that a bridge is such a " +
      "one, and its control socket is on this machine, it is made to forget all of it once the entries are there, also where " +
      "nothing is to send. --purge does so on any datapath. Where entries end by themselves later, a warning (W991) says how " +
      "their ends hold.",
    "A time that counts from the clock (`from +10s`, `to +20min`) is counted once: while the statement is unchanged and has " +
      "not ended, it is the one of the first apply. What is meant to end for good is written with an instant.",
    "A switch enforces what is in force now: another instant (--at) takes --dry-run.",
    "Meters and queues are there before the entries that need them and go after them. Queues are made in the switch's " +
      "database, which is looked for beside its management socket. Open vSwitch's userspace datapath needs filters and short " +
      "queues (--target ovs-userspace): the commands of tc are printed, or with --run-filters run on this machine, which takes root. " +
      "For another target it gets no queues.",
  ],
  options: {
    switch: onSwitch,
    as,
    at,
    target: { ...target, help: `${target.help} (default ovs)` },
    "dry-run": { help: "say what would be sent, and send nothing" },
    "take-over": { help: "remove entries of others from our tables" },
    secure: {
      help: "set fail_mode=secure where it is not set, before the entries are sent; needs the switch's database",
    },
    purge: {
      help: "have Open vSwitch on this machine forget what it has cached, whatever its datapath",
    },
    evict: {
      help: "live requests that no longer fit may go; one apply of files meets none, and evicts nothing",
    },
    db: { value: "TARGET", help: "the switch's database: unix:PATH (default db.sock beside the management socket)" },
    "run-filters": { help: "install the filters and short queues of the target ovs-userspace on this machine's ports" },
    observe: { help: TRIAL_RUN_HELP },
    "observe-share": observeShare,
  },
  examples: [
    ["glazier apply --switch unix:/var/run/openvswitch/br0.mgmt", "the policies below this folder onto a bridge"],
    ["glazier apply campus --switch tcp:192.0.2.1:6653 --as core", "one of several switches"],
    ["glazier apply --switch unix:/run/s1.mgmt --dry-run", "what it would do"],
    [
      "glazier apply --switch unix:/run/s1.mgmt --take-over --secure",
      "the first time: a new bridge has an entry of its own, and falls back to it",
    ],
  ],
  async run(args, io) {
    if (args.value("switch") === undefined) throw wrongUsage("`apply` needs --switch TARGET", onSwitch.help);
    await checkTargets(args);
    // A clock that is set back while this sends must not lengthen an end.
    const { steadyClock } = await import("../../process/steady-clock.ts");
    const clock = steadyClock(() => io.now() * 1000, io.passed ?? (() => 0));
    const begun = clock() / 1000;
    const when = await readWhen(args, io);
    // The clock is read again because seconds may pass before the words are read.
    const isForNow =
      args.value("at") === undefined || (begun - when.instants[0]! < 2 && when.instants[0]! <= clock() / 1000);
    const dryRun = args.flag("dry-run");
    if (!isForNow && !dryRun)
      throw wrongUsage(
        `\`apply --at ${args.value("at")}\`: a switch enforces what is in force now, and this is another instant`,
        "leave out --at; with --dry-run, apply says what it would send at another instant",
      );
    const send = async (present: number, instant: number, earlier?: SentTable["outdated"]): Promise<SentTable> => {
      const { decideForSwitch } = await import("../common/for-switch.ts");
      const instants = { now: when.now, present, instant };
      const { decided, lowered, times } = await decideForSwitch(args.positionals, instants, args, io);
      const diagnostics = [...decided.diagnostics, ...(lowered?.diagnostics ?? [])];
      if (lowered === undefined || hasErrors(diagnostics)) {
        const state = earlier ?? "unchanged";
        return {
          report: () => {
            reportFaults(diagnostics, io);
            return endAtFault(diagnostics, args.json, io, { outcome: "failed", state });
          },
        };
      }
      const { applyTable } = await import("../common/send.ts");
      const { tables, cookies, validUntil } = lowered;
      const { runHere } = await import("../../ovsdb/index.ts");
      // The timeouts of a table for now count from its instant; those of a table for another instant from this moment.
      const since = isForNow ? instant : begun;
      const options = {
        dryRun,
        takeOver: args.flag("take-over"),
        secure: args.flag("secure"),
        purge: args.flag("purge") || undefined,
        database: args.value("db"),
        times,
        elapsed: () => clock() / 1000 - since,
        runFilter: args.flag("run-filters") ? runHere : undefined,
      };
      return applyTable({ decided, diagnostics, tables, cookies, validUntil }, options, args, io, earlier);
    };
    let sent = await send(when.now, when.instants[0]!);
    for (let tries = 1; tries < MOST_DECISIONS && sent.outdated !== undefined; tries++) {
      const now = Math.floor(clock() / 1000);
      if (!args.json) sent.reportStep?.();
      sent = await send(now, now, sent.outdated);
    }
    return sent.report();
  },
};
