/** `glazier plan`: what a switch would have to be told to make one policy into another, before it is told. */
import type { Decided } from "#compiler/compile.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { toJson } from "#compiler/diagnostics/render.ts";
import type { Plan } from "#compiler/plan/plan.ts";
import type { ResourceChanges } from "#compiler/plan/resources.ts";
import { printInstant } from "#compiler/net/index.ts";
import type { DerivedRule } from "#compiler/derived/rule.ts";
import type { Table } from "#compiler/table/entry.ts";
import type { Lowered } from "#compiler/lowering/index.ts";
import type { Arguments, Command } from "../common/command.ts";
import { exit, misuse, type Exit, type Io } from "../common/io.ts";
import { as, at, checkTargets, onSwitch, target } from "../common/options.ts";
import { decidePolicy, readWhen, tablesOf } from "../common/policy.ts";
import { exitOf, hasErrors, printJson, reportFaults } from "../common/report.ts";
import { count } from "../../../compiler/report/text.ts";

/** A policy at an instant. */
interface Side {
  readonly decided?: Decided;
  readonly diagnostics: readonly Diagnostic[];
  readonly rules: readonly DerivedRule[];
  readonly tables: ReadonlyMap<string, Table>;
  readonly cookies: ReadonlyMap<bigint, string>;
  readonly validUntil: number;
}

const nothing: Side = { diagnostics: [], rules: [], tables: new Map(), cookies: new Map(), validUntil: Infinity };

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
      "with the meters and queues around them, the statements whose traffic or rate changes, and the requests that stood before and would be evicted.",
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
    if (paths.length > 2) throw misuse("`plan` takes an old and a new policy", "`glazier help plan` shows how");
    const { now, instants } = await readWhen(args, io);
    if (instants.length > 2) throw misuse("two instants make a plan, not more", "give --at once or twice");
    if (instants.length === 2 && paths.length === 2) throw misuse("either two policies or two instants, not both");
    const newest = paths.at(-1);
    const policy = newest === undefined ? [] : [newest];
    if (args.value("switch") !== undefined) {
      await checkTargets(args);
      const { decideForSwitch } = await import("../common/counted.ts");
      const { decided, lowered } = await decideForSwitch(policy, { now, instant: instants.at(-1)! }, args, io);
      return againstSwitch(sideOf(decided, lowered, instants.at(-1)!), args, io);
    }
    const at = async (decided: Decided, instant: number): Promise<Side> =>
      sideOf(decided, decided.good ? await tablesOf(decided, instant, args) : undefined, instant);
    const decided = await decidePolicy(policy, now, io);
    const next = await at(decided, instants.at(-1)!);
    let old = nothing;
    if (instants.length === 2) old = await at(decided, instants[0]!);
    else if (paths.length === 2) old = await at(await decidePolicy([paths[0]!], now, io), instants[0]!);
    return show(old, next, instants, args, io);
  },
};

function sideOf(decided: Decided, lowered: Lowered | undefined, instant: number): Side {
  if (lowered === undefined) return { ...nothing, decided, diagnostics: decided.diagnostics };
  const { tables, cookies, validUntil, diagnostics } = lowered;
  const rules = decided.admission.active(instant);
  return { decided, diagnostics: [...decided.diagnostics, ...diagnostics], rules, tables, cookies, validUntil };
}

/** Requests that the old policy had granted and the new one refuses. */
function evictedFrom(old: Side, next: Side): readonly string[] {
  const refused = new Set(
    next.decided?.outcomes.filter(({ verdict }) => verdict.kind === "rejected").map(({ statement }) => statement.id),
  );
  return (old.decided?.outcomes ?? [])
    .filter(({ statement, verdict }) => statement.demand.kind === "request" && verdict.kind !== "rejected")
    .map(({ statement }) => statement.id)
    .filter((id) => refused.has(id));
}

async function show(old: Side, next: Side, instants: readonly number[], args: Arguments, io: Io): Promise<Exit> {
  const { plans } = await import("#compiler/compile.ts");
  const { planJson, planSummary, planText } = await import("../../../compiler/report/entries.ts");
  const { resourceChanges, resourceChangesJson, unchanged } = await import("../../../compiler/report/resources.ts");
  const { againJson, againText } = await import("../../../compiler/report/again.ts");
  const { trafficChanges, trafficText } = await import("../../../compiler/report/impact.ts");
  // The same policy at two instants says everything twice.
  const diagnostics = old.decided === next.decided ? next.diagnostics : [...old.diagnostics, ...next.diagnostics];
  reportFaults(diagnostics, io);
  const evicted = evictedFrom(old, next);
  const good = !hasErrors(diagnostics);
  const perSwitch = good ? plans(old.tables, next.tables, instants.at(-1)! - instants[0]!) : new Map<string, Plan>();
  const resources = resourceChanges(old.tables, next.tables);
  const around = (name: string): ResourceChanges => resources.get(name) ?? unchanged;
  const cookies = new Map([...old.cookies, ...next.cookies]);
  const traffic = good ? trafficChanges(old.rules, next.rules, perSwitch.values(), cookies) : [];
  if (args.json) {
    printJson(io, {
      ok: good,
      at: instants.map(printInstant),
      ...(good && againJson(next.validUntil)),
      switches: [...perSwitch].map(([name, one]) => ({
        switch: name,
        ...planJson(one, cookies),
        ...resourceChangesJson(around(name)),
      })),
      traffic,
      evicted,
      diagnostics: diagnostics.map(toJson),
    });
    return good ? exit.good : exitOf(diagnostics);
  }
  for (const [name, one] of perSwitch) {
    const on = name === "" ? "" : `${name}: `;
    const head = `# ${on}${planSummary(one, around(name))} (${instants.map(printInstant).join(" → ")})`;
    io.out(`${head}\n${planText(one, cookies, around(name))}`);
  }
  if (good) io.out(againText(next.validUntil));
  if (traffic.length > 0)
    io.out(`\nTraffic that changes, by ${count(traffic.length, "statement")}:\n${trafficText(traffic)}`);
  if (evicted.length > 0) io.out(`\nWould be evicted:\n${evicted.map((id) => `  ${id}\n`).join("")}`);
  return good ? exit.good : exitOf(diagnostics);
}

async function againstSwitch(next: Side, args: Arguments, io: Io): Promise<Exit> {
  if (hasErrors(next.diagnostics)) {
    reportFaults(next.diagnostics, io);
    if (args.json) printJson(io, { ok: false, diagnostics: next.diagnostics.map(toJson) });
    return exitOf(next.diagnostics);
  }
  const { applyTable } = await import("../common/send.ts");
  return applyTable(next, { ...options(args), dryRun: true }, args, io);
}

const options = (args: Arguments): { readonly takeOver: boolean } => ({ takeOver: args.flag("take-over") });
