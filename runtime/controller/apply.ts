/**
 * A table onto a switch: read back, difference, one atomic bundle, confirm; what entries refer to is made before them
 * and removed after them. Nothing changes if anything fails; entries
 * of others are reported and left alone unless the user takes them over (NETWORK, "The pipeline").
 */
import { foreignEntries, notSecure, placeTaken } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { entryKey } from "../../compiler/table/match.ts";
import type { FlowStats } from "../openflow/index.ts";
import type { Bridge, Database } from "../ovsdb/index.ts";
import { parseTarget, Session, SessionFault, type Target } from "../session/index.ts";
import { confirmEntries } from "./confirm.ts";
import { count, difference } from "./difference.ts";
import { byOwner, readFlows, type Held } from "./installed.ts";
import { mistaken } from "./datapath-check.ts";
import { refusal, statementName } from "./refusal.ts";
import { restore } from "./restore.ts";
import type { Applied, ApplyOptions, ApplyResult, Failed } from "./result.ts";
import { sendBundle, sendStages, type Sent } from "./send.ts";
import { stepsOf, toMessage, type Steps } from "./flow-mods.ts";
import { changes, makeAll, numbersOf, undoAll, type Surround } from "./resource-step.ts";
import { findDatabase, surroundings } from "./resource-steps.ts";
import { Watch } from "./stopwatch.ts";

/** Connects, applies, and closes. Never rejects for anything that a switch or a network does. */
export async function apply(target: Target | string, desired: Table, options: ApplyOptions = {}): Promise<ApplyResult> {
  const watch = new Watch();
  const where = typeof target === "string" ? parseTarget(target) : target;
  if ("code" in where) return failed(watch, [where]);
  let session: Session;
  try {
    session = await watch.time("connect", () => Session.connect(where, options.session));
  } catch (fault) {
    return failed(watch, diagnosticsOf(fault));
  }
  try {
    return await applyTo(session, desired, options, watch);
  } finally {
    await session.close();
  }
}

/** Applies over a session that is open and stays so. */
export async function applyTo(
  session: Session,
  desired: Table,
  options: ApplyOptions = {},
  watch = new Watch(),
): Promise<ApplyResult> {
  let database: Database | undefined;
  let underway = false;
  try {
    const other = mistaken(session, options.meant);
    if (other.length > 0) return failed(watch, other);
    const flows = await watch.time("read", () => readFlows(session));
    const owned = await watch.time("diff", () => byOwner(flows, desired, options.tables));
    const taken = options.takeOver === true ? [] : taking(session.target, owned.foreign, desired, options);
    if (taken.length > 0) return failed(watch, taken);
    const found = await watch.time("diff", () => difference(owned, desired, options));
    const around = await watch.time("surround", async () => {
      database = await findDatabase(session.target, options.database);
      return surroundings(session, database, desired, { owned, flows, ...options });
    });
    const refused = around.surrounds.flatMap((one) => one.refused);
    if (refused.length > 0) return failed(watch, refused.slice(0, TOLD));
    const { plan } = found;
    const steps = stepsOf(plan, found.unsayable);
    const resources = { meters: around.meters.changes.meters, queues: around.queues.changes.queues };
    const numbers = { meters: numbersOf(resources.meters), queues: numbersOf(resources.queues) };
    const result = { ...count(found), ...numbers, resources, foreign: owned.foreign, plan };
    const diagnostics = [
      ...warnings(session.target, owned.foreign, around.bridge, options),
      ...around.surrounds.flatMap((one) => one.warnings),
    ];
    const done = (outcome: "applied" | "planned", method: Applied["method"]): Applied => {
      return { outcome, ...result, method, durations: watch.durations, diagnostics };
    };
    if (options.dryRun === true) return done("planned", "nothing");
    underway = steps.atOnce.length > 0 || around.surrounds.some(changes);
    const made = await watch.time("surround", () => makeAll(around.surrounds, options.verify !== false));
    if (made.refused.length > 0)
      return { ...failed(watch, made.refused), state: made.restored ? "unchanged" : "changed" };
    const { method, sent } = await watch.time("send", () => send(session, steps));
    if (sent.outcome !== "done") {
      const failure = await retreat(
        session,
        { method, sent, before: flows, steps, surrounds: around.surrounds },
        options,
      );
      return { ...failure, durations: watch.durations };
    }
    const amiss = await finish(session, desired, { method, surrounds: around.surrounds }, options, watch);
    if (amiss.length > 0) return { ...failed(watch, amiss), state: "changed" };
    return done("applied", method);
  } catch (fault) {
    return { ...failed(watch, diagnosticsOf(fault)), state: underway ? "unknown" : "unchanged" };
  } finally {
    await database?.close();
  }
}

interface Sending {
  readonly method: Applied["method"];
  readonly surrounds: readonly Surround[];
}

/** Confirms what was sent, then removes what nothing uses any more. */
async function finish(
  session: Session,
  desired: Table,
  { method, surrounds }: Sending,
  options: ApplyOptions,
  watch: Watch,
): Promise<readonly Diagnostic[]> {
  const { verify = true } = options;
  if (verify !== false && method !== "nothing") {
    const amiss = await watch.time("verify", () => confirmEntries(session, desired, { ...options, method }));
    if (amiss.length > 0) return amiss;
  }
  return watch.time("surround", async () => {
    const amiss: Diagnostic[] = [];
    for (const surround of surrounds.toReversed()) amiss.push(...(await surround.after()));
    return amiss;
  });
}

/** A fault that a session throws is the user's to read; any other is ours, and goes on. */
export function diagnosticsOf(fault: unknown): readonly Diagnostic[] {
  if (fault instanceof SessionFault) return [fault.diagnostic];
  throw fault;
}

function failed(watch: Watch, diagnostics: readonly Diagnostic[]): Failed {
  return { outcome: "failed", diagnostics, state: "unchanged", durations: watch.durations };
}

/** Most that one fault is told of. */
const TOLD = 10;

/** Desired entries in whose place somebody else's stand: an add would silently overwrite them. */
function taking(target: string, foreign: readonly Held[], desired: Table, { statements }: ApplyOptions): Diagnostic[] {
  const places = new Set(foreign.flatMap(({ entry }) => (entry ? [entryKey(entry)] : [])));
  if (places.size === 0) return [];
  return desired.entries
    .filter((entry) => places.has(entryKey(entry)))
    .slice(0, TOLD)
    .map((entry) => {
      const known = statements?.get(entry.cookie);
      const { table, priority, match } = entry;
      // Open vSwitch gives every new bridge one entry, without a match: NORMAL.
      const isFromBirth = table === 0 && priority === 0 && match.length === 0;
      const help = isFromBirth
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
  foreign: readonly Held[],
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
  steps: Steps,
): Promise<{ readonly method: Applied["method"]; readonly sent: Sent }> {
  if (steps.atOnce.length === 0) return { method: "nothing", sent: { outcome: "done" } };
  const sent = await sendBundle(session, steps.atOnce);
  return sent === "no bundles"
    ? { method: "stages", sent: await sendStages(session, steps.stages) }
    : { method: "bundle", sent };
}

interface Attempt extends Sending {
  readonly sent: Exclude<Sent, { outcome: "done" }>;
  readonly before: readonly FlowStats[];
  readonly steps: Steps;
}

/** Why it failed, and what the switch holds now. A switch without transactions is brought back to what it held. */
async function retreat(session: Session, attempt: Attempt, options: ApplyOptions): Promise<Omit<Failed, "durations">> {
  const { method, sent, before, steps, surrounds } = attempt;
  const outcome = "failed";
  if (sent.outcome === "lost") {
    const known = !sent.decided && !surrounds.some(changes);
    return { outcome, diagnostics: [sent.fault.diagnostic], state: known ? "unchanged" : "unknown" };
  }
  const diagnostics = sent.refused
    .slice(0, TOLD)
    .map(({ error, step }) => refusal(session.target, error, step && toMessage(step, 0), options.statements));
  // The entries first: what they refer to must not go before them.
  const whole = method === "bundle" || (await restore(session, before, steps.stages.flat()));
  const undone = await undoAll(surrounds);
  return { outcome, diagnostics, state: whole && undone ? "unchanged" : "changed" };
}
