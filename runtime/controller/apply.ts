/**
 * A table → a switch that has it: read the switch, compute the difference, send one atomic bundle, confirm. Meters and
 * queues are made before the entries that refer to them, and removed after them. A refused bundle changes nothing, and
 * every failure says what the switch holds (`Failed.state`). Foreign entries are reported and stay, unless the user
 * takes them over (NETWORK, "Sending" and "Cookies"). If another apply changes the switch between reading and sending,
 * the whole is done again (NETWORK, "Two writers").
 */
import {
  curtainTaken,
  otherApply,
  overtaken,
  serverHolds,
  superseded,
  timesKept,
  unprotected,
} from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { keepMeters, type ResourceChanges } from "../../compiler/plan/index.ts";
import { withoutLacking } from "../../compiler/plan/lacking.ts";
import { setSecure } from "../ovsdb/index.ts";
import { parseTarget, Session, SessionFault, type SwitchTarget } from "../session/index.ts";
import { finish, maySpare } from "./confirm.ts";
import { countChanges, tableDifference } from "./difference.ts";
import { byOwner, readFlows, withFirst } from "./installed.ts";
import { bridgeWarnings, checkDatapath, secureRefused, securesFirst, unkeptPromises } from "./bridge-checks.ts";
import { askSettings } from "./bridge/switch-settings.ts";
import { foreignMeters, limitsOf, readMeters } from "./meters.ts";
import {
  besideForeign,
  foreignRefusals,
  foreignWarnings,
  lacksMeter,
  lacksMetersAlone,
  Lacking,
  MOST_REPORTED,
  refusals,
} from "./refusal.ts";
import { takeBack } from "./restore.ts";
import {
  brokeOff,
  diagnosticsOf,
  failed,
  Stopwatch,
  type Applied,
  type ApplyOptions,
  type ApplyResult,
} from "./result.ts";
import { isHeldBack, sendChanges } from "./send.ts";
import { flowChangesOf, recordChanges } from "./flow-mods.ts";
import { countsOf, isBegun, joined, makeAll, undoAll } from "./resource-step.ts";
import { planResources, purge, reachDatabase, unsettledIn, type ReachedDatabase } from "./resource-steps.ts";
import type { Elapsed } from "./timeouts.ts";
import { aloneFromNow } from "./writers/monitor.ts";
import { heldHelp, markChanges, markerText, othersMarker } from "./marker.ts";
import { Progress, standing, withRemedy } from "./writers/progress.ts";
import { timeRecord } from "./writers/times.ts";
import { readBooks, tokenOf, withdrawalAfter } from "./writers/token.ts";
import { append } from "#compiler/net/lists.ts";

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

/** In seconds. Timeouts that reach the switch later than this are sent again. */
const LATE = 1;

/** The most attempts of one apply. Each but the first is made because another apply was quicker. */
const MOST_TRIES = 3;

/** Applies over an open session, which stays open. */
export async function applyTo(
  session: Session,
  desired: Table,
  options: ApplyOptions = {},
  stopwatch = new Stopwatch(),
): Promise<ApplyResult> {
  const progress = new Progress(options.watch);
  const result = await applyOrFail(session, desired, options, { progress, stopwatch });
  return purged(session, result, options, { progress, stopwatch });
}

/** What accompanies an apply to its end, whatever that is. */
interface Companions {
  readonly progress: Progress;
  readonly stopwatch: Stopwatch;
}

async function applyOrFail(
  session: Session,
  desired: Table,
  options: ApplyOptions,
  { progress, stopwatch }: Companions,
): Promise<ApplyResult> {
  let reached: ReachedDatabase | undefined;
  const start = performance.now();
  const elapsed = options.elapsed ?? (() => (performance.now() - start) / 1000);
  try {
    const other = checkDatapath(session, options.intended);
    if (other.length > 0) return failed(stopwatch, other);
    reached = await stopwatch.time("surround", () => reachDatabase(session, options));
    if (reached.lock === "busy") {
      const help = "apply again when it has ended; one that hangs is to be ended, and its lock goes with it";
      return failed(stopwatch, [otherApply({ target: session.target }, { help })]);
    }
    const lacking = options.besideRefused === true ? new Lacking() : undefined;
    const context: ApplyContext = { ...reached, session, progress, elapsed, lacking };
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const result = await attemptRest(context, desired, options, stopwatch);
      if (result === "overtaken" || (tries < MOST_TRIES - 1 && lacksMetersAlone(result))) continue;
      return progress.late > LATE ? await catchUp(context, desired, { result, options, stopwatch }) : result;
    }
    const help = `apply again when they have ended; ${standing(progress)}`;
    const faults = [overtaken({ target: session.target, times: MOST_TRIES }, { help })];
    return { ...failed(stopwatch, faults), ...progress.known };
  } catch (fault) {
    const { known } = progress;
    // A bug of ours must not hide that the switch may have changed.
    const isOurs = !(fault instanceof SessionFault) && known.state !== "unchanged";
    const diagnostics = isOurs ? [brokeOff(session.target, fault)] : diagnosticsOf(fault).map(withRemedy);
    return { ...failed(stopwatch, diagnostics), ...known };
  } finally {
    await reached?.database?.close();
  }
}

/**
 * Has the switch forget what it has cached, where that is asked for, or where its datapath is known to need it. So it does after a
 * failure that changed entries (it is applied again), and where nothing was to send: entries may have ended by themselves.
 */
async function purged(
  { target }: Session,
  result: ApplyResult,
  options: ApplyOptions,
  { progress: { bridge }, stopwatch }: Companions,
): Promise<ApplyResult> {
  if (result.outcome === "planned") return result;
  const own = bridge?.userspace === true ? { userspace: bridge.name } : {};
  const known = result.outcome === "failed" ? result : { ...result, ...own };
  if (!(options.purge ?? bridge?.userspace) || (known.outcome === "failed" && known.entriesStand)) return known;
  const plan = "plan" in known ? known.plan : undefined;
  const faults = await stopwatch.time("surround", () => purge(target, options.database, bridge?.name, plan));
  if (known.outcome === "failed") return known;
  const isPurged = options.purge === true && faults.length === 0;
  const diagnostics = [...known.diagnostics, ...faults];
  return { ...known, ...(isPurged && { purged: true }), diagnostics, durations: stopwatch.durations };
}

/** The state of one apply. */
interface ApplyContext extends ReachedDatabase {
  readonly session: Session;
  readonly progress: Progress;
  readonly elapsed: Elapsed;
  /** The seconds by which an end on the switch may differ from the wanted one; absent: END_TOLERANCE. */
  readonly tolerance?: number;
  /** What the switch has refused of the table; absent: then the whole is refused. */
  readonly lacking?: Lacking | undefined;
}

/** Attempts the table without what the switch refuses of it, each time that it refuses something more. */
async function attemptRest(
  context: ApplyContext,
  compiled: Table,
  options: ApplyOptions,
  stopwatch: Stopwatch,
): Promise<ApplyResult | "overtaken"> {
  for (;;) {
    const result = await attempt(context, compiled, options, stopwatch);
    if (result !== "lacking") return result;
  }
}

/** Sends timeouts again that reached the switch late, because their entries would end too late. */
async function catchUp(
  context: ApplyContext,
  desired: Table,
  { result, options, stopwatch }: { result: ApplyResult; options: ApplyOptions; stopwatch: Stopwatch },
): Promise<ApplyResult> {
  const { progress } = context;
  for (let tries = 0; tries < MOST_TRIES && progress.late > LATE && result.outcome === "applied"; tries++) {
    progress.late = 0;
    const again = await attemptRest({ ...context, tolerance: LATE }, desired, options, stopwatch);
    if (again === "overtaken") break;
    if (again.outcome === "failed") return again;
  }
  return result.outcome === "applied" ? { ...result, durations: stopwatch.durations } : result;
}

/**
 * Reads, plans, sends and confirms once. `overtaken`: another apply came between, and the switch refused the bundle.
 * `lacking`: it refused single entries or meters, and the rest can be attempted.
 */
async function attempt(
  context: ApplyContext,
  compiled: Table,
  options: ApplyOptions,
  stopwatch: Stopwatch,
): Promise<ApplyResult | "overtaken" | "lacking"> {
  const { session, database, lock, progress, elapsed, tolerance, lacking } = context;
  const { target } = session;
  const isAlone = maySpare(compiled, options) ? await aloneFromNow(session) : () => false;
  const settings = askSettings(session);
  const { flows, tokens, times, markers } = readBooks(await stopwatch.time("read", () => readFlows(session, compiled)));
  // What the switch counts was read now, however long it takes until it is compared.
  const readAt = elapsed();
  const claim = options.server;
  const other = claim?.take === true ? undefined : othersMarker(markers, claim?.mark);
  if (other !== undefined) {
    const fault = serverHolds({ target, server: markerText(other) }, { help: heldHelp(other, claim) });
    return failed(stopwatch, [fault]);
  }
  if (options.times?.kept.missed(session, times, options.times.wanted) === true) {
    return {
      ...failed(stopwatch, [timesKept({ target }, { help: "apply again: it will keep them" })]),
      ...progress.known,
      outdated: true,
    };
  }
  const read = await stopwatch.time("diff", () => byOwner(flows, compiled, options.tables));
  const owned = options.wasHeld === true && read.ours.length === 0 ? withFirst(read) : read;
  const heldMeters = await stopwatch.time("surround", () => readMeters(session));
  const unsettled = await stopwatch.time("surround", () => unsettledIn(session, { flows, tokens, heldMeters }));
  // Beside the entries of others a limit takes a number that none of these uses.
  const leave = options.besideForeign === true ? new Set([...unsettled, ...foreignMeters(flows)]) : unsettled;
  const whole = keepMeters(limitsOf(owned, heldMeters), compiled, leave);
  const taken = options.takeOver === true ? [] : foreignRefusals(target, owned.foreign, whole, options);
  if (taken.length > 0 && options.besideForeign !== true) return failed(stopwatch, taken);
  const { table: beside, reported } =
    taken.length > 0 ? besideForeign(target, owned.foreign, whole, options) : { table: whole, reported: [] };
  const { table: desired, closed } = withoutLacking(beside, lacking?.places ?? new Map());
  const resources = await stopwatch.time("surround", () =>
    planResources(session, database, desired, {
      owned,
      flows,
      heldMeters,
      unsettled: lock === "held" ? new Set() : unsettled,
      ...options,
    }),
  );
  progress.bridge = resources.bridge;
  const unkept = [...unkeptPromises(resources.bridge, desired, options), ...settings.faults(resources.bridge)];
  // Where our entries stand already, or stood, to send no more of them would keep what is denied later from the switch.
  const isBeside = options.besideForeign === true && (read.ours.length > 0 || options.wasHeld === true);
  const refused = [
    ...resources.refused,
    ...(isBeside ? [] : unkept),
    ...secureRefused(target, resources.bridge, flows, options),
    ...resources.all.flatMap((one) => one.refused),
  ];
  if (refused.length > 0) return failed(stopwatch, refused.slice(0, MOST_REPORTED));
  const secures = securesFirst(resources.bridge, options);
  if (secures && options.dryRun !== true) {
    progress.secure();
    await stopwatch.time("surround", () => setSecure(database!, resources.bridge!));
    const rest = await attempt(context, compiled, { ...options, secure: false }, stopwatch);
    return typeof rest !== "string" && rest.outcome === "failed" && rest.state === "unchanged"
      ? { ...rest, ...progress.known }
      : rest;
  }
  const held = secures ? { ours: [], foreign: [] } : owned;
  const found = await stopwatch.time("diff", () =>
    tableDifference(held, desired, { ...options, elapsed: readAt, tolerance }),
  );
  const { plan } = found;
  const flowChanges = flowChangesOf(plan, found.inexpressible);
  const wanted = options.times?.wanted.map((one) => timeRecord(session, one));
  const records = [
    ...(wanted === undefined ? [] : recordChanges(times, wanted)),
    ...(claim === undefined ? [] : markChanges(session, markers, claim)),
  ];
  const diagnosticsBeside = (foreign: Applied["foreign"]): readonly Diagnostic[] => [
    ...reported,
    ...(lacking?.reports(closed, options) ?? []),
    ...context.unreached,
    ...foreignWarnings(target, foreign, desired, options),
    ...(isBeside ? unkept : []),
    ...bridgeWarnings(session, resources.bridge, desired, { ...options, flows, reached: database !== undefined }),
    ...settings.warnings(resources.bridge),
  ];
  const done = (
    outcome: "applied" | "planned",
    method: Applied["method"],
    { more = [], changes = joined(resources.all.map((one) => one.changes)), ...seen }: Outcome = {},
  ): Applied => {
    const { foreign = owned.foreign, isSuperseded = false } = seen;
    const interrupts = method === "stages" && flowChanges.stages.flat().some(isHeldBack) ? "some" : undefined;
    return {
      outcome,
      ...countChanges(found),
      foreign,
      takenOver: options.takeOver === true,
      meters: countsOf(changes.meters),
      queues: countsOf(changes.queues),
      resources: changes,
      plan: interrupts === undefined ? plan : { ...plan, interrupts: plan.interrupts ?? interrupts },
      method,
      ...(isSuperseded && { superseded: true }),
      ...(lacking !== undefined &&
        lacking.places.size > 0 && {
          lacking: new Set([...lacking.cookies, ...closed.map(({ cookie }) => cookie)]),
          ...(closed.length > 0 && { keepsBack: true as const }),
        }),
      durations: stopwatch.durations,
      diagnostics: [...diagnosticsBeside(foreign), ...resources.all.flatMap((one) => one.warnings), ...more],
      ...((secures || progress.secured) && { secured: true }),
    };
  };
  if (options.dryRun === true) return done("planned", "nothing");
  const begins = resources.all.some(isBegun);
  if (begins) progress.reach("resources");
  const made = await stopwatch.time("surround", () => makeAll(resources.all, options.verify !== false));
  const settle = (isRestored: boolean): void => progress.reach(isRestored ? "before" : "made");
  if (made.refused.length > 0) {
    settle(made.restored);
    if (made.overtaken) return "overtaken";
    if (made.restored && lacking?.noteMeters(desired, made.meters ?? new Map()) === true) return "lacking";
    return { ...failed(stopwatch, made.refused), ...progress.known };
  }
  settle(!begins);
  const sending = await stopwatch.time("send", () =>
    sendChanges(session, flowChanges, {
      tokens,
      flows,
      records,
      lock,
      elapsed,
      takeOver: options.takeOver === true,
      decide: () => progress.reach("entries"),
    }),
  );
  if (sending === "overtaken" || sending === "curtained") {
    settle(await undoAll(resources.all));
    if (sending === "overtaken") return sending;
    const help = "with --take-over it goes; or apply to a switch with bundles (OpenFlow 1.4, or the extension of 1.3)";
    return { ...failed(stopwatch, [curtainTaken({ target }, { help })]), ...progress.known };
  }
  const { method, sent, token } = sending;
  if (sent.outcome === "lost") return { ...failed(stopwatch, [withRemedy(sent.fault.diagnostic)]), ...progress.known };
  if (sent.outcome === "refused") {
    const before = { flows, stages: method === "stages" ? flowChanges.stages : [] };
    const isAsBefore = await takeBack(session, before, resources.all);
    settle(isAsBefore);
    // Another apply has removed a meter that this attempt read or made, so everything is planned again.
    if (lacksMeter(sent.refused, desired)) return "overtaken";
    if (isAsBefore && lacking?.noteEntries(session, sent.refused, options) === true) return "lacking";
    return { ...failed(stopwatch, refusals(session, sent.refused, options)), ...progress.known };
  }
  if (method !== "nothing" || begins) progress.reach("sent");
  progress.late = sent.late;
  const dispatched = {
    method,
    tokens: method === "nothing" ? tokens.map(({ match }) => tokenOf(match)) : token && [tokenOf(token.match)],
    changes: flowChanges.atOnce,
    isLate: sent.late > LATE,
    foreign: owned.foreign,
    isAlone,
    resourceSteps: resources.all,
  };
  const finished = await finish(context, desired, dispatched, options, stopwatch);
  if (finished.faults.length > 0) return { ...failed(stopwatch, finished.faults), ...progress.known };
  const unsafe = sending.unprotected === undefined ? [] : [unprotected({ target, reason: sending.unprotected })];
  append(unsafe, finished.notes ?? []);
  const isSuperseded = finished.superseded === true;
  // Its stages and the changes of the other may have mixed.
  if (finished.outrun === true || (isSuperseded && method === "stages")) return "overtaken";
  const help = "apply this policy again if it is the one that is meant";
  const more = isSuperseded ? [...unsafe, superseded({ target }, { help })] : unsafe;
  const applied = done("applied", method, { ...finished, more, isSuperseded });
  // A change that is not planned against what stands there would overwrite the entry of others.
  const hasGaps = desired !== whole;
  return isSuperseded || hasGaps ? applied : { ...applied, ...withdrawalAfter(method, token, tokens) };
}

/** The result of an attempt apart from its entries. */
interface Outcome {
  readonly more?: readonly Diagnostic[];
  /** The changes of meters and queues that were made; absent: all that were planned. */
  readonly changes?: ResourceChanges;
  /** The entries of others when it was confirmed; absent: as they were read before. */
  readonly foreign?: Applied["foreign"] | undefined;
  readonly isSuperseded?: boolean;
}
