/** A compiled table → a switch, and the report of that, for `apply` and `plan --switch`. */
import { ofSwitch } from "#compiler/lookup/switch.ts";
import { begunMeanwhile } from "#compiler/diagnostics/codes/runtime.ts";
import { hasErrors } from "#compiler/diagnostics/diagnostic.ts";
import { trialRunText } from "#compiler/report/tables.ts";
import type { PolicyState } from "#compiler/report/policy-change.ts";
import { printInstant } from "#compiler/net/index.ts";
import { portRatesOf } from "#compiler/paths/port-rates.ts";
import { spansOf } from "#compiler/admission/decided.ts";
import {
  APPLY_AGAIN,
  apply,
  type ApplyOptions,
  type ApplyResult,
  type EntryOrigin,
  type Failed,
  type SwitchKnown,
} from "../../controller/index.ts";
import { appliedJson, appliedText, isUntouched, othersText, knownText } from "./applied.ts";
import type { Arguments } from "./command.ts";
import { trialOf } from "./options.ts";
import { exit, type Exit, type Io } from "./io.ts";
import { printJson, reportDiagnostics, valueOf } from "./output.ts";
import { progress } from "./terminal.ts";

/** A compiled policy. */
type Compiled = Omit<PolicyState, "rules">;

/** The result for a table that was sent or planned, before it is printed. */
export interface SentTable {
  /**
   * The state of the switch, if the policy must be decided again: with times that another apply keeps by now, or because
   * something in it has begun since it was decided.
   */
  readonly outdated?: Failed["state"];
  /** Prints what was sent, before the policy is decided again. Absent: nothing was sent. */
  reportStep?(): void;
  /** Prints the result. */
  report(): Exit;
}

/**
 * Sends the table, or plans it in a dry run. `earlier`: the state in which an attempt before this one left the switch.
 */
export async function applyTable(
  compiled: Compiled,
  options: ApplyOptions,
  args: Arguments,
  io: Io,
  earlier: Failed["state"] = "unchanged",
): Promise<SentTable> {
  const target = args.value("switch")!;
  const [switchName, table] = valueOf(ofSwitch(compiled.tables, args.value("as"), "--as"), io);
  const spans = compiled.decided === undefined ? undefined : spansOf(compiled.decided);
  const statements = new Map(
    [...compiled.cookies].map(([cookie, name]): [bigint, EntryOrigin] => {
      const span = spans?.get(name);
      return [cookie, { name, ...(span && { span }) }];
    }),
  );
  const done = progress(io, `talking to ${target}`);
  const directory = compiled.decided?.model.directory;
  const known = directory && {
    rates: portRatesOf(directory, switchName),
    intended: { name: switchName, switches: directory.switches },
  };
  let standing: SwitchKnown = { state: earlier, entriesStand: true };
  const calm = io.interrupted?.((signal) => {
    done();
    io.err(`${signal}: ${target}: ${knownText(standing)}${standing.state === "unchanged" ? "" : `; ${APPLY_AGAIN}`}\n`);
    if (args.json) printJson(io, { ok: false, outcome: "interrupted", switch: target, ...standing });
  });
  const watch = (now: SwitchKnown): void => void (standing = now);
  const applied = await apply(target, table, { ...options, statements, ...known, watch });
  calm?.();
  done();
  const result =
    applied.outcome === "failed" && applied.state === "unchanged" ? { ...applied, state: earlier } : applied;
  if (result.outcome === "failed" && result.outdated === true)
    return { outdated: result.state, report: () => report(result, compiled, args, io) };
  if (result.outcome !== "applied" || result.superseded === true || compiled.validUntil > io.now())
    return { report: () => report(result, compiled, args, io) };
  const begun = begunMeanwhile({ target, instant: printInstant(compiled.validUntil) }, { help: APPLY_AGAIN });
  const stale = { ...result, diagnostics: [...result.diagnostics, begun] };
  return {
    outdated: isUntouched(result) ? earlier : "changed",
    reportStep: () => io.out(appliedText(result, target, { ...compiled, validUntil: Infinity })),
    report: () => report(stale, { ...compiled, validUntil: Infinity }, args, io),
  };
}

/** The other switches of the policy, where something was sent to this one. */
function othersOf(result: ApplyResult, { tables }: Compiled, args: Arguments, io: Io): string {
  if (result.outcome !== "applied" || isUntouched(result)) return "";
  const [name] = valueOf(ofSwitch(tables, args.value("as"), "--as"), io);
  return othersText(name, [...tables.keys()]);
}

function report(result: ApplyResult, compiled: Compiled, args: Arguments, io: Io): Exit {
  const target = args.value("switch")!;
  const diagnostics = [...compiled.diagnostics, ...result.diagnostics];
  // A note about the switch is said nowhere else; those of the decisions are `check`'s to tell.
  reportDiagnostics([...compiled.diagnostics.filter(({ severity }) => severity !== "note"), ...result.diagnostics], io);
  // Only a running server has live requests that could be evicted; files have none.
  const evict = args.flag("evict") && result.outcome !== "failed";
  const observe = trialOf(args);
  if (args.json)
    printJson(io, {
      ...appliedJson(result, target, diagnostics, compiled),
      ...(observe !== false && { observe }),
      ...(evict && { evicted: [] }),
    });
  else
    io.out(
      trialRunText(observe) +
        appliedText(result, target, compiled) +
        othersOf(result, compiled, args, io) +
        (evict ? "# there are no live requests here: none was evicted\n" : ""),
    );
  if (result.outcome !== "failed" && !hasErrors(result.diagnostics)) return exit.good;
  return exit.world;
}
