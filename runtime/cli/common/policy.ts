/**
 * From paths on the command line to a decided policy and its tables: the one place where the command line meets the
 * compiler's pipeline. The compiler is imported when it is called, not when the command line starts.
 */
import type { Decided } from "#compiler/admission/decided.ts";
import type { DecideOptions, TableOptions } from "#compiler/compile.ts";
import type { Rule } from "#compiler/datalog/types.ts";
import type { Lowered, TargetName } from "#compiler/lowering/index.ts";
import type { Arguments } from "./command.ts";
import { loader, readPolicies, shippedPolicy } from "./files.ts";
import { misuse, type Io } from "./io.ts";
import { isUndecided } from "./report.ts";

/** The rules that decide: `policies/pane.fml`, read once per command. */
export async function admissionRules(): Promise<readonly Rule[]> {
  const { readRules } = await import("#compiler/admission/read-rules.ts");
  return readRules(shippedPolicy("pane.fml")).rules;
}

/**
 * Reads and decides the policy that the paths mean, with `now` as its clock. Where the set algebra runs out of budget,
 * everything is decided again with Z3 to ask: it costs a third of a second to load, which nobody else should pay. `kept`:
 * ends that counted from an earlier clock.
 */
export async function decidePolicy(
  paths: readonly string[],
  now: number,
  io: Io,
  kept?: DecideOptions["kept"],
): Promise<Decided> {
  const sources = await readPolicies(paths, io);
  const { decide } = await import("#compiler/decide.ts");
  const options = { now, kept, load: loader(io), rules: await admissionRules() };
  const decided = decide(sources, options);
  if (!decided.diagnostics.some(isUndecided)) return decided;
  const { loadSolver } = await import("#compiler/proof/index.ts");
  const solver = await loadSolver();
  const settled = decide(sources, { ...options, settle: (a, b) => solver.subset(a, b) });
  solver.dispose();
  return settled;
}

/** The tables of a decided policy at an instant, for the target that the options name. */
export async function tablesOf(decided: Decided, instant: number, args: Arguments): Promise<Lowered> {
  const { tablesAt } = await import("#compiler/compile.ts");
  const options: TableOptions = { target: (args.value("target") ?? "ovs") as TargetName };
  return tablesAt(decided, instant, args.flag("observe") ? { ...options, observe: true } : options);
}

/** One switch's table: the one that `--switch NAME` names, or the only one. */
export function chooseTable<T>(tables: ReadonlyMap<string, T>, wanted: string | undefined): readonly [string, T] {
  const names = [...tables.keys()];
  if (wanted === undefined && names.length === 1) return [names[0]!, tables.get(names[0]!)!];
  const found = wanted === undefined ? undefined : tables.get(wanted);
  if (found !== undefined) return [wanted!, found];
  const known = names.filter((name) => name !== "").join(", ") || "one, and it has no name";
  if (wanted === undefined) throw misuse(`this policy has ${names.length} switches: ${known}`, "choose one");
  throw misuse(`this policy has no switch \`${wanted}\``, `its switches: ${known}`);
}

/** The policy's clock and the instants that are looked at. */
export interface When {
  readonly now: number;
  readonly instants: readonly number[];
}

/**
 * `--at`: an absolute time is the policy's clock as well as the instant, so that the same command line always gives the
 * same bytes; `+20min` looks ahead of the clock.
 */
export async function readWhen(args: Arguments, io: Io): Promise<When> {
  const { parseDuration, parseInstant } = await import("#compiler/net/index.ts");
  const readings = args.values("at").map((text) => {
    if (text === "now") return { ahead: 0 };
    const read = text.startsWith("+") ? parseDuration(text.slice(1)) : parseInstant(text);
    if (read.ok) return text.startsWith("+") ? { ahead: read.value } : { at: read.value };
    const help = read.fix === undefined ? "write 2026-12-01T09:00:00Z, @1796115600 or +20min" : `write ${read.fix}`;
    throw misuse(`--at ${text}: ${read.fault}`, help);
  });
  const now = readings[0]?.at ?? io.now();
  const instants = readings.map((reading) => reading.at ?? now + (reading.ahead ?? 0));
  return { now, instants: instants.length === 0 ? [now] : instants };
}
