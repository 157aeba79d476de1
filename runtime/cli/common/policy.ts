/**
 * Paths on the command line → a decided policy and its tables: the only file of the command line that calls the
 * compiler's pipeline. The compiler is imported when it is called, and not when the command line starts.
 */
import { createRequire } from "node:module";
import type { Decided } from "#compiler/admission/decided.ts";
import type { DecideOptions, TableOptions } from "#compiler/compile.ts";
import type { OnSwitches } from "#compiler/admission/trials.ts";
import type { Rule } from "#compiler/datalog/types.ts";
import type { When } from "#compiler/lookup/instants.ts";
import type { Lowered, TargetName } from "#compiler/lowering/index.ts";
import type { Source } from "#compiler/source.ts";
import type * as TrialTables from "#compiler/trial-tables.ts";
import { isUndecided } from "#compiler/report/diagnostics.ts";
import { spellingHelp } from "#compiler/diagnostics/suggest.ts";
import type { Arguments } from "./command.ts";
import { loader, readPolicies, shippedPolicy } from "./files.ts";
import { exit, Failure, wrongUsage, type Io } from "./io.ts";
import { trialOf } from "./options.ts";
import { valueOf } from "./output.ts";

/** The admission rules of `policies/pane.fml`, read once in each command. */
export async function shippedRules(): Promise<readonly Rule[]> {
  const { readRules } = await import("#compiler/admission/read-rules.ts");
  return readRules(shippedPolicy("pane.fml")).rules;
}

/**
 * Reads and decides the policy of the paths, with `now` (Unix seconds) as its clock. If the set algebra runs out of
 * budget, everything is decided again with Z3's answers. Z3 is loaded only then, because that takes a third of a
 * second. `heard`: called with each text that is read.
 */
export async function decidePolicy(
  paths: readonly string[],
  now: number,
  io: Io,
  {
    heard,
    ...asked
  }: Pick<DecideOptions, "kept" | "submits" | "foresees"> & { readonly heard?: (source: Source) => void } = {},
): Promise<Decided> {
  const sources = await readPolicies(paths, io);
  if (heard !== undefined) sources.forEach(heard);
  // A program that fails writes nothing into its pipe, and an empty policy would let everything through.
  if (sources.some(({ name, text }) => name === "<stdin>" && text === ""))
    throw new Failure(exit.world, "no policy on standard input: it is empty");
  const { growSlowlyFor } = await import("../../process/old-generation.ts");
  growSlowlyFor(sources);
  const { decide } = await import("#compiler/decide.ts");
  const read = loader(io, paths.length === 0 ? ["."] : paths);
  const load: DecideOptions["load"] = (path, from) => {
    const found = read(path, from);
    if (found !== undefined && "text" in found) heard?.(found);
    return found;
  };
  const options = { ...asked, now, load, rules: await shippedRules() };
  const decided = withTriedOffers((onSwitches) => decide(sources, { ...options, onSwitches }));
  if (!decided.diagnostics.some(isUndecided)) return decided;
  const { loadSolver, MOST_STEPS_OF_Z3 } = await import("#compiler/proof/index.ts");
  const solver = await loadSolver({ total: MOST_STEPS_OF_Z3 });
  // Each text is heard once.
  const settled = decide(sources, { ...options, load: read, settle: (a, b) => solver.subset(a, b) });
  solver.dispose();
  return settled;
}

const require = createRequire(import.meta.url);

/** Decides with no offer of which no table could be made. Lowering is loaded at the first offer, in the midst of deciding. */
function withTriedOffers(decideWith: (onSwitches: DecideOptions["onSwitches"]) => Decided): Decided {
  let isDecided = false;
  const decided = decideWith((model) => {
    let tried: OnSwitches | undefined;
    return (rules, beside, instant) => {
      // What is asked of the decided policy afterwards is admitted alone, where nothing was offered before.
      if (tried === undefined && isDecided) return true;
      const { trialTables } = require("#compiler/trial-tables.ts") as typeof TrialTables;
      tried ??= trialTables("ovs")(model);
      return tried(rules, beside, instant);
    };
  });
  isDecided = true;
  return decided;
}

/** The target that `--target` names. */
export const targetName = (args: Arguments): TargetName => (args.value("target") ?? "ovs") as TargetName;

/**
 * What refuses tables that come to too many entries before anything is decided; of a trial run, which denies less, nothing.
 */
export async function foresight(instant: number, args: Arguments): Promise<NonNullable<DecideOptions["foresees"]>> {
  if (trialOf(args) !== false) return () => [];
  const { foreseeTables } = await import("#compiler/lowering/foreseen.ts");
  return foreseeTables({ target: targetName(args), now: instant });
}

/** The tables of a decided policy at an instant (Unix seconds), for the target that the options name. */
export async function tablesOf(decided: Decided, instant: number, args: Arguments): Promise<Lowered> {
  const { tablesAt } = await import("#compiler/compile.ts");
  const options: TableOptions = { target: targetName(args) };
  const observed = trialOf(args);
  if (typeof observed !== "boolean") return observedTables(decided, observed, instant, options);
  return tablesAt(decided, instant, observed ? { ...options, observe: true } : options);
}

/** The tables of a trial run of single shares. */
async function observedTables(
  decided: Decided,
  shares: readonly string[],
  instant: number,
  options: TableOptions,
): Promise<Lowered> {
  for (const share of shares) {
    const { tree } = decided.admission.state;
    if (tree.get(share) === undefined)
      throw wrongUsage(`--observe-share: there is no share \`${share}\``, spellingHelp(share, [...tree.names()]));
  }
  const { observe, tablesAt } = await import("#compiler/compile.ts");
  const observation = observe(decided, shares, { rules: await shippedRules() });
  if (observation.acting.diagnostics.some(isUndecided))
    throw new Failure(exit.undecided, "what is left without these shares could not be decided within the budget");
  return tablesAt(decided, instant, { ...options, observation });
}

/** The policy's clock and the instants that `--at` names. */
export async function readWhen(args: Arguments, io: Io): Promise<When> {
  const { readInstants } = await import("#compiler/lookup/instants.ts");
  return valueOf(readInstants(args.values("at"), Math.floor(io.now()), "--at"), io);
}
