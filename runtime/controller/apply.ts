/**
 * A table → a switch that has it: read the switch, compute the difference, send one atomic bundle, confirm. Meters and
 * queues are made before the entries that refer to them, and removed after them. A refused bundle changes nothing, and
 * every failure says what the switch holds (`Failed.state`). Foreign entries are reported and stay, unless the user
 * takes them over (NETWORK, "Sending" and "Cookies"). If another apply changes the switch between reading and sending,
 * the whole is done again (NETWORK, "Two writers").
 */
import {
  brokenOff,
  curtainTaken,
  otherApply,
  overtaken,
  serverHolds,
  superseded,
  timesKept,
  unprotected,
} from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Entry, Table } from "../../compiler/table/entry.ts";
import { isInCurtainsPlace } from "../../compiler/plan/order.ts";
import { END_TOLERANCE, keepMeters } from "../../compiler/plan/index.ts";
import type { FlowStats } from "../openflow/index.ts";
import { setSecure, type Database } from "../ovsdb/index.ts";
import { parseTarget, Session, SessionFault, type SwitchTarget } from "../session/index.ts";
import { confirmEntries, type Dispatched } from "./confirm.ts";
import { countChanges, tableDifference } from "./difference.ts";
import { byOwner, readFlows } from "./installed.ts";
import { checkDatapath, secureRefused, securesFirst, securityWarnings, unkeptPromises } from "./bridge-checks.ts";
import { limitsOf, readMeters } from "./meters.ts";
import { foreignRefusals, foreignWarnings, MOST_REPORTED, modRefusal } from "./refusal.ts";
import { restore } from "./restore.ts";
import type { Applied, ApplyOptions, ApplyResult, Failed } from "./result.ts";
import { fateOf, sendBundle, sendStages, swap, type Sent } from "./send.ts";
import { flowChangesOf, recordChanges, toMessage, type FlowChange, type FlowChanges } from "./flow-mods.ts";
import { countsOf, isChange, makeAll, undoAll, type ResourceStep } from "./resource-step.ts";
import { findDatabase, planResources, purge } from "./resource-steps.ts";
import { Stopwatch } from "./stopwatch.ts";
import type { Elapsed } from "./timeouts.ts";
import { lockSwitch, type Lock } from "./writers/lock.ts";
import { timeRecord } from "./writers/times.ts";
import { freshToken, readBooks, type Books } from "./writers/token.ts";

/** Connects, applies, and closes. A fault of the switch or the network is a `Failed`, never a rejection. */
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

/** The most attempts of one apply. Each but the first is made because another apply was quicker. */
const MOST_TRIES = 3;

/** Applies over an open session, which stays open. */
export async function applyTo(
  session: Session,
  desired: Table,
  options: ApplyOptions = {},
  stopwatch = new Stopwatch(),
): Promise<ApplyResult> {
  let database: Database | undefined;
  const progress = { underway: false, resources: false, secured: false, late: 0 };
  const start = performance.now();
  const elapsed = options.elapsed ?? (() => (performance.now() - start) / 1000);
  try {
    const other = checkDatapath(session, options.intended);
    if (other.length > 0) return failed(stopwatch, other);
    const lock = await stopwatch.time("surround", async () => {
      database = await findDatabase(session.target, options.database);
      return options.dryRun === true ? "none" : lockSwitch(database, session, options.patience);
    });
    const context = { session, database, lock, progress, elapsed };
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const result = await attempt(context, desired, options, stopwatch);
      if (result === "overtaken") continue;
      const last =
        progress.late > END_TOLERANCE ? await catchUp(context, desired, { result, options, stopwatch }) : result;
      if (options.purge !== true || last.outcome !== "applied") return last;
      const faults = await stopwatch.time("surround", () => purge(session.target, options.database));
      const diagnostics = [...last.diagnostics, ...faults];
      return { ...last, ...(faults.length === 0 && { purged: true }), diagnostics, durations: stopwatch.durations };
    }
    const help = "apply again when they have ended; what this one sent was refused as a whole";
    const faults = [overtaken({ target: session.target, times: MOST_TRIES }, { help })];
    return { ...failed(stopwatch, faults), state: progress.resources || progress.secured ? "changed" : "unchanged" };
  } catch (fault) {
    const state = progress.secured ? "changed" : progress.underway ? "unknown" : "unchanged";
    // Where the switch may have changed, a fault of ours must not hide that.
    const isOurs = !(fault instanceof SessionFault) && progress.underway;
    return { ...failed(stopwatch, isOurs ? [brokeOff(session.target, fault)] : diagnosticsOf(fault)), state };
  } finally {
    await database?.close();
  }
}

/** The state of one apply. */
interface ApplyContext {
  readonly session: Session;
  readonly database: Database | undefined;
  readonly lock: Lock;
  /**
   * `underway`: something may have been sent. `resources`: meters or queues were made. `secured`: fail_mode was set.
   * `late`: seconds by which the timeouts of entries reached the switch late.
   */
  readonly progress: { underway: boolean; resources: boolean; secured: boolean; late: number };
  readonly elapsed: Elapsed;
}

/** Sends timeouts again that reached the switch so late that they would end too late. */
async function catchUp(
  context: ApplyContext,
  desired: Table,
  { result, options, stopwatch }: { result: ApplyResult; options: ApplyOptions; stopwatch: Stopwatch },
): Promise<ApplyResult> {
  for (
    let tries = 0;
    tries < MOST_TRIES && context.progress.late > END_TOLERANCE && result.outcome === "applied";
    tries++
  ) {
    context.progress.late = 0;
    const again = await attempt(context, desired, options, stopwatch);
    if (again === "overtaken") break;
    if (again.outcome === "failed") return again;
  }
  return result.outcome === "applied" ? { ...result, durations: stopwatch.durations } : result;
}

/**
 * Reads, plans, sends and confirms once. `overtaken`: another apply came between, and the switch refused the bundle.
 */
async function attempt(
  context: ApplyContext,
  compiled: Table,
  options: ApplyOptions,
  stopwatch: Stopwatch,
): Promise<ApplyResult | "overtaken"> {
  const { session, database, lock, progress, elapsed } = context;
  const { target } = session;
  const { flows, tokens, times, server } = readBooks(await stopwatch.time("read", () => readFlows(session)));
  if (server !== undefined) {
    const help =
      "tell that server what is to change: it keeps this switch as it decides, and would take the change back";
    return failed(stopwatch, [serverHolds({ target, server }, { help })]);
  }
  if (options.times?.kept.missed(session, times, options.times.wanted) === true) {
    const state = progress.resources || progress.secured ? "changed" : "unchanged";
    return {
      ...failed(stopwatch, [timesKept({ target }, { help: "apply again: it will keep them" })]),
      state,
      outdated: true,
    };
  }
  const owned = await stopwatch.time("diff", () => byOwner(flows, compiled, options.tables));
  const heldMeters = await stopwatch.time("surround", () => readMeters(session));
  const desired = keepMeters(limitsOf(owned, heldMeters), compiled);
  const { takeOver = false } = options;
  const taken = takeOver ? [] : foreignRefusals(target, owned.foreign, desired, options);
  if (taken.length > 0) return failed(stopwatch, taken);
  const resources = await stopwatch.time("surround", () =>
    planResources(session, database, desired, { owned, flows, heldMeters, ...options }),
  );
  const refused = [
    ...resources.refused,
    ...unkeptPromises(resources.bridge, desired, options),
    ...secureRefused(target, resources.bridge, flows, options),
    ...resources.all.flatMap((one) => one.refused),
  ];
  if (refused.length > 0) return failed(stopwatch, refused.slice(0, MOST_REPORTED));
  const secures = securesFirst(resources.bridge, options);
  if (secures && options.dryRun !== true) {
    progress.underway = true;
    await stopwatch.time("surround", () => setSecure(database!, resources.bridge!));
    progress.secured = true;
    const rest = await attempt(context, compiled, { ...options, secure: false }, stopwatch);
    return rest !== "overtaken" && rest.outcome === "failed" ? { ...rest, state: "changed" } : rest;
  }
  const held = secures ? { ours: [], foreign: [] } : owned;
  const found = await stopwatch.time("diff", () => tableDifference(held, desired, { ...options, elapsed: elapsed() }));
  const { plan } = found;
  const flowChanges = flowChangesOf(plan, found.inexpressible);
  const wanted = options.times?.wanted.map((one) => timeRecord(session, one));
  const records = wanted === undefined ? [] : recordChanges(times, wanted);
  const changed = { meters: resources.meters.changes.meters, queues: resources.queues.changes.queues };
  const counts = { meters: countsOf(changed.meters), queues: countsOf(changed.queues) };
  const result = { ...countChanges(found), ...counts, resources: changed, foreign: owned.foreign, plan };
  const diagnostics = [
    ...foreignWarnings(target, owned.foreign, options),
    ...securityWarnings(resources.bridge, options),
    ...resources.all.flatMap((one) => one.warnings),
  ];
  const done = (
    outcome: "applied" | "planned",
    method: Applied["method"],
    more: readonly Diagnostic[] = [],
  ): Applied => {
    const secured = secures || progress.secured ? ({ secured: true } as const) : {};
    return {
      outcome,
      ...result,
      method,
      durations: stopwatch.durations,
      diagnostics: [...diagnostics, ...more],
      ...secured,
    };
  };
  if (options.dryRun === true) return done("planned", "nothing");
  progress.resources ||= resources.all.some(isChange);
  progress.underway ||= flowChanges.atOnce.length + records.length > 0 || progress.resources;
  const made = await stopwatch.time("surround", () => makeAll(resources.all, options.verify !== false));
  if (made.refused.length > 0)
    return { ...failed(stopwatch, made.refused), state: made.restored ? "unchanged" : "changed" };
  const sending = await stopwatch.time("send", () =>
    send(session, flowChanges, { tokens, flows, records, lock, elapsed, takeOver }),
  );
  // Meters and queues stay: another apply may need them by now, and removing a meter removes its entries.
  if (sending === "overtaken") return sending;
  if (sending === "busy") {
    const busy = failed(stopwatch, [otherApply({ target }, { help: "apply again when the other has ended" })]);
    return { ...busy, state: progress.resources ? "changed" : "unchanged" };
  }
  if (sending === "curtained") {
    const undone = await undoAll(resources.all);
    const help = "with --take-over it goes; or apply to a switch with bundles (OpenFlow 1.4, or the extension of 1.3)";
    return { ...failed(stopwatch, [curtainTaken({ target }, { help })]), state: undone ? "unchanged" : "changed" };
  }
  const { method, sent, token } = sending;
  if (sent.outcome !== "done") {
    const attempted = { method, sent, before: flows, flowChanges, resourceSteps: resources.all };
    const failure = await rollBack(session, attempted, options);
    return { ...failure, durations: stopwatch.durations };
  }
  progress.late = sent.late;
  const dispatched = {
    method,
    token,
    changes: flowChanges.atOnce,
    isLate: sent.late > END_TOLERANCE,
    resourceSteps: resources.all,
  };
  const faults = await finish(context, desired, dispatched, options, stopwatch);
  const unsafe = sending.unprotected === undefined ? [] : [unprotected({ target, reason: sending.unprotected })];
  if (faults === "superseded") return done("applied", method, [...unsafe, superseded({ target })]);
  if (faults.length > 0) return { ...failed(stopwatch, faults), state: "changed" };
  return done("applied", method, unsafe);
}

/** How a table is sent, and the steps for its resources. */
interface Sending {
  readonly method: Applied["method"];
  readonly resourceSteps: readonly ResourceStep[];
}

/** Confirms the entries, then removes the meters and queues that no entry uses any more. */
async function finish(
  { session, elapsed }: ApplyContext,
  desired: Table,
  dispatched: Sending & Dispatched,
  options: ApplyOptions,
  stopwatch: Stopwatch,
): Promise<readonly Diagnostic[] | "superseded"> {
  if (options.verify !== false && dispatched.method !== "nothing") {
    const faults = await stopwatch.time("verify", () =>
      confirmEntries(session, desired, dispatched, { ...options, elapsed }),
    );
    // The table of the other apply may need what this one does not. The other apply removes the rest.
    if (faults === "superseded" || faults.length > 0) return faults;
  }
  return stopwatch.time("surround", async () => {
    const faults: Diagnostic[] = [];
    for (const step of dispatched.resourceSteps.toReversed()) faults.push(...(await step.after()));
    return faults;
  });
}

/** The diagnostic of a fault that a session throws. Any other fault is a bug of ours and is thrown again. */
export function diagnosticsOf(fault: unknown): readonly Diagnostic[] {
  if (fault instanceof SessionFault) return [fault.diagnostic];
  throw fault;
}

/** A fault of ours that came after something was sent. */
function brokeOff(target: string, fault: unknown): Diagnostic {
  const help =
    "this is a bug of glazier, please report it; look at the switch, and bring it to a policy that is known to work";
  return brokenOff(
    { target, fault: fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault) },
    { help },
  );
}

function failed(stopwatch: Stopwatch, diagnostics: readonly Diagnostic[]): Failed {
  return { outcome: "failed", diagnostics, state: "unchanged", durations: stopwatch.durations };
}

/** How a change was sent. `unprotected`: why another apply might have come between unseen. */
interface Dispatch {
  readonly method: Applied["method"];
  readonly sent: Sent;
  readonly token?: Entry;
  readonly unprotected?: string;
}

interface Bookkeeping extends Pick<Books, "tokens" | "flows">, Pick<ApplyContext, "lock" | "elapsed"> {
  readonly records: readonly FlowChange[];
  readonly takeOver: boolean;
}

/** Sends a bundle if the switch has bundles, else stages. `busy`: another apply holds the lock that stages need. */
async function send(
  session: Session,
  changes: FlowChanges,
  { tokens, flows, records, lock, elapsed, takeOver }: Bookkeeping,
): Promise<Dispatch | "overtaken" | "busy" | "curtained"> {
  if (changes.atOnce.length + records.length === 0) return { method: "nothing", sent: { outcome: "done", late: 0 } };
  const token = freshToken(session);
  // Such an entry would look like the token of another apply each time.
  const isTaken = flows.some(({ table, priority }) => table === token.table && priority === token.priority);
  let sent = await sendBundle(
    session,
    isTaken ? changes.atOnce : [...swap(tokens, token), ...records, ...changes.atOnce],
    elapsed,
  );
  if (sent === "no bundles") {
    if (lock === "busy") return "busy";
    const isCurtained = changes.stages.flat().some((one) => "entry" in one && isInCurtainsPlace(one.entry));
    if (isCurtained && !takeOver && flows.some(isInCurtainsPlace)) return "curtained";
    const reason = "it has no bundles, and no database to lock is named (--db)";
    const staged = { method: "stages", sent: await sendStages(session, changes.stages, elapsed) } as const;
    // A switch may refuse time records. Then the next apply counts these times anew.
    if (staged.sent.outcome === "done") await sendStages(session, [records], elapsed);
    return lock === "held" ? staged : { ...staged, unprotected: reason };
  }
  const fate = isTaken ? "refused" : fateOf(sent, token);
  if (fate === "overtaken") return fate;
  if (fate === "stands") return { method: "bundle", sent, token };
  if (!isTaken) sent = await sendBundle(session, changes.atOnce, elapsed);
  if (sent === "no bundles") throw new Error("a switch that had bundles has none");
  const reason = isTaken
    ? `an entry of others stands in table ${token.table} with priority ${token.priority}`
    : "it does not take the entry that tells one apply from another";
  return lock === "held" ? { method: "bundle", sent } : { method: "bundle", sent, unprotected: reason };
}

/** A failed sending. */
interface Attempt extends Sending {
  readonly sent: Exclude<Sent, { outcome: "done" }>;
  readonly before: readonly FlowStats[];
  readonly flowChanges: FlowChanges;
}

/** Why sending failed, and what the switch holds now. A switch without bundles is brought back to what it held. */
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
  // Entries first: the meters and queues that they refer to must not be removed before them.
  const whole = method === "bundle" || (await restore(session, before, flowChanges.stages.flat()));
  const undone = await undoAll(resourceSteps);
  return { outcome, diagnostics, state: whole && undone ? "unchanged" : "changed" };
}
