/**
 * A table onto a switch: read back, difference, one atomic bundle, confirm. Meters and queues are made before the
 * entries that refer to them, and removed after them. A bundle that is refused changes nothing; every failure says what
 * the switch holds (`Failed.state`). Entries of others are reported and left alone unless the user takes them over
 * (NETWORK, "Sending" and "Cookies").
 */
import { foreignEntries, notSecure, placeTaken } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { entryKey } from "../../compiler/table/match.ts";
import type { FlowStats } from "../openflow/index.ts";
import type { Bridge, Database } from "../ovsdb/index.ts";
import { parseTarget, Session, SessionFault, type SwitchTarget } from "../session/index.ts";
import { confirmEntries } from "./confirm.ts";
import { countChanges, tableDifference } from "./difference.ts";
import { byOwner, readFlows, type InstalledFlow } from "./installed.ts";
import { checkDatapath } from "./datapath-check.ts";
import { MOST_REPORTED, modRefusal, statementName } from "./refusal.ts";
import { restore } from "./restore.ts";
import type { Applied, ApplyOptions, ApplyResult, Failed } from "./result.ts";
import { sendBundle, sendStages, type Sent } from "./send.ts";
import { flowChangesOf, toMessage, type FlowChanges } from "./flow-mods.ts";
import { countsOf, isChange, makeAll, undoAll, type ResourceStep } from "./resource-step.ts";
import { findDatabase, planResources } from "./resource-steps.ts";
import { Stopwatch } from "./stopwatch.ts";

/** Connects, applies, and closes. Never rejects for anything that a switch or a network does. */
export async function apply(
  target: SwitchTarget | string,
  desired: Table,
  options: ApplyOptions = {},
): Promise<ApplyResult> {
  const stopwatch = new Stopwatch();
  const where = typeof target === "string" ? parseTarget(target) : target;
  if ("code" in where) return failed(stopwatch, [where]);
  let session: Session;
  try {
    session = await stopwatch.time("connect", () => Session.connect(where, options.session));
  } catch (fault) {
    return failed(stopwatch, diagnosticsOf(fault));
  }
  try {
    return await applyTo(session, desired, options, stopwatch);
  } finally {
    await session.close();
  }
}

/** Applies over a session that is open and stays so. */
export async function applyTo(
  session: Session,
  desired: Table,
  options: ApplyOptions = {},
  stopwatch = new Stopwatch(),
): Promise<ApplyResult> {
  let database: Database | undefined;
  let underway = false;
  try {
    const other = checkDatapath(session, options.intended);
    if (other.length > 0) return failed(stopwatch, other);
    const flows = await stopwatch.time("read", () => readFlows(session));
    const owned = await stopwatch.time("diff", () => byOwner(flows, desired, options.tables));
    const taken = options.takeOver === true ? [] : placesTaken(session.target, owned.foreign, desired, options);
    if (taken.length > 0) return failed(stopwatch, taken);
    const found = await stopwatch.time("diff", () => tableDifference(owned, desired, options));
    const resources = await stopwatch.time("surround", async () => {
      database = await findDatabase(session.target, options.database);
      return planResources(session, database, desired, { owned, flows, ...options });
    });
    const refused = resources.all.flatMap((one) => one.refused);
    if (refused.length > 0) return failed(stopwatch, refused.slice(0, MOST_REPORTED));
    const { plan } = found;
    const flowChanges = flowChangesOf(plan, found.inexpressible);
    const changed = { meters: resources.meters.changes.meters, queues: resources.queues.changes.queues };
    const counts = { meters: countsOf(changed.meters), queues: countsOf(changed.queues) };
    const result = { ...countChanges(found), ...counts, resources: changed, foreign: owned.foreign, plan };
    const diagnostics = [
      ...warnings(session.target, owned.foreign, resources.bridge, options),
      ...resources.all.flatMap((one) => one.warnings),
    ];
    const done = (outcome: "applied" | "planned", method: Applied["method"]): Applied => {
      return { outcome, ...result, method, durations: stopwatch.durations, diagnostics };
    };
    if (options.dryRun === true) return done("planned", "nothing");
    underway = flowChanges.atOnce.length > 0 || resources.all.some(isChange);
    const made = await stopwatch.time("surround", () => makeAll(resources.all, options.verify !== false));
    if (made.refused.length > 0)
      return { ...failed(stopwatch, made.refused), state: made.restored ? "unchanged" : "changed" };
    const { method, sent } = await stopwatch.time("send", () => send(session, flowChanges));
    if (sent.outcome !== "done") {
      const failure = await rollBack(
        session,
        { method, sent, before: flows, flowChanges, resourceSteps: resources.all },
        options,
      );
      return { ...failure, durations: stopwatch.durations };
    }
    const faults = await finish(session, desired, { method, resourceSteps: resources.all }, options, stopwatch);
    if (faults.length > 0) return { ...failed(stopwatch, faults), state: "changed" };
    return done("applied", method);
  } catch (fault) {
    return { ...failed(stopwatch, diagnosticsOf(fault)), state: underway ? "unknown" : "unchanged" };
  } finally {
    await database?.close();
  }
}

/** How a table is sent, and the resources around it. */
interface Sending {
  readonly method: Applied["method"];
  readonly resourceSteps: readonly ResourceStep[];
}

/** Confirms the entries, then removes the meters and queues that no entry uses any more. */
async function finish(
  session: Session,
  desired: Table,
  { method, resourceSteps }: Sending,
  options: ApplyOptions,
  stopwatch: Stopwatch,
): Promise<readonly Diagnostic[]> {
  const { verify = true } = options;
  if (verify !== false && method !== "nothing") {
    const faults = await stopwatch.time("verify", () => confirmEntries(session, desired, { ...options, method }));
    if (faults.length > 0) return faults;
  }
  return stopwatch.time("surround", async () => {
    const faults: Diagnostic[] = [];
    for (const step of resourceSteps.toReversed()) faults.push(...(await step.after()));
    return faults;
  });
}

/** The diagnostic of a fault that a session throws; any other fault is a bug of ours, and is thrown on. */
export function diagnosticsOf(fault: unknown): readonly Diagnostic[] {
  if (fault instanceof SessionFault) return [fault.diagnostic];
  throw fault;
}

function failed(stopwatch: Stopwatch, diagnostics: readonly Diagnostic[]): Failed {
  return { outcome: "failed", diagnostics, state: "unchanged", durations: stopwatch.durations };
}

/** Desired entries whose table, priority and match an entry of others has: an add would silently overwrite that one. */
function placesTaken(
  target: string,
  foreign: readonly InstalledFlow[],
  desired: Table,
  { statements }: ApplyOptions,
): Diagnostic[] {
  const places = new Set(foreign.flatMap(({ entry }) => (entry ? [entryKey(entry)] : [])));
  if (places.size === 0) return [];
  return desired.entries
    .filter((entry) => places.has(entryKey(entry)))
    .slice(0, MOST_REPORTED)
    .map((entry) => {
      const known = statements?.get(entry.cookie);
      const { table, priority, match } = entry;
      // Open vSwitch gives every new bridge one entry, without a match: NORMAL.
      const isOfNewBridge = table === 0 && priority === 0 && match.length === 0;
      const help = isOfNewBridge
        ? "a new bridge comes with an entry that switches everything: with --take-over ours replaces it"
        : "with --take-over ours replaces it";
      return placeTaken(
        { target, statement: statementName(entry, known), table, priority },
        { help, span: known?.span },
      );
    });
}

function warnings(
  target: string,
  foreign: readonly InstalledFlow[],
  bridge: Bridge | undefined,
  { takeOver }: ApplyOptions,
): readonly Diagnostic[] {
  const warned: Diagnostic[] = [];
  if (takeOver !== true && foreign.length > 0) {
    const entries = foreign.length === 1 ? "1 entry" : `${foreign.length} entries`;
    warned.push(foreignEntries({ target, entries }, { help: "they stay; --take-over removes them" }));
  }
  if (bridge !== undefined && bridge.failMode !== "secure") {
    const help = `ovs-vsctl set-fail-mode ${bridge.name} secure`;
    warned.push(notSecure({ bridge: bridge.name }, { help }));
  }
  return warned;
}

/** A bundle if the switch has them, else stages. */
async function send(
  session: Session,
  changes: FlowChanges,
): Promise<{ readonly method: Applied["method"]; readonly sent: Sent }> {
  if (changes.atOnce.length === 0) return { method: "nothing", sent: { outcome: "done" } };
  const sent = await sendBundle(session, changes.atOnce);
  return sent === "no bundles"
    ? { method: "stages", sent: await sendStages(session, changes.stages) }
    : { method: "bundle", sent };
}

/** A sending that failed. */
interface Attempt extends Sending {
  readonly sent: Exclude<Sent, { outcome: "done" }>;
  readonly before: readonly FlowStats[];
  readonly flowChanges: FlowChanges;
}

/** Why it failed, and what the switch holds now. A switch without transactions is brought back to what it held. */
async function rollBack(session: Session, attempt: Attempt, options: ApplyOptions): Promise<Omit<Failed, "durations">> {
  const { method, sent, before, flowChanges, resourceSteps } = attempt;
  const outcome = "failed";
  if (sent.outcome === "lost") {
    const known = !sent.decided && !resourceSteps.some(isChange);
    return { outcome, diagnostics: [sent.fault.diagnostic], state: known ? "unchanged" : "unknown" };
  }
  const diagnostics = sent.refused
    .slice(0, MOST_REPORTED)
    .map(({ error, change }) => modRefusal(session.target, error, change && toMessage(change, 0), options.statements));
  // The entries first: the meters and queues that they refer to must not go before them.
  const whole = method === "bundle" || (await restore(session, before, flowChanges.stages.flat()));
  const undone = await undoAll(resourceSteps);
  return { outcome, diagnostics, state: whole && undone ? "unchanged" : "changed" };
}
