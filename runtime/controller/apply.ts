/**
 * A table onto a switch: read back, difference, one atomic bundle, confirm. Nothing changes if anything fails; entries
 * of others are reported and left alone unless the user takes them over (NETWORK, "The pipeline").
 */
import { diffEntries } from "../../compiler/diff/index.ts";
import type { Plan } from "../../compiler/diff/plan.ts";
import { foreignEntries, notConfirmed, notSecure, placeTaken } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { entryKey, sortEntries } from "../../compiler/table/match.ts";
import { parseTarget, Session, SessionFault, type Target } from "../session/index.ts";
import { byOwner, entryOf, readFlows, type Held, type Owned } from "./holding.ts";
import { readFailMode } from "./failmode.ts";
import { refusal, statementName } from "./refusal.ts";
import { restore } from "./restore.ts";
import type { ApplyOptions, ApplyResult, Durations, Failed } from "./result.ts";
import { setAside } from "./same.ts";
import { sendBundle, sendStages, type Sent } from "./send.ts";
import { net, stepsOf, toMessage, type Steps } from "./step.ts";
import type { FlowStats } from "../openflow/index.ts";

/** Times the steps of one application. */
class Watch {
  readonly #start = performance.now();
  readonly #steps: Partial<Record<Exclude<keyof Durations, "total">, number>> = {};

  async time<T>(step: Exclude<keyof Durations, "total">, work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#steps[step] = performance.now() - start;
    }
  }

  get durations(): Durations {
    return { ...this.#steps, total: performance.now() - this.#start };
  }
}

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
  let underway = false;
  try {
    const flows = await watch.time("read", () => readFlows(session));
    const owned = byOwner(flows, desired, options.tables);
    const taken = options.takeOver === true ? [] : taking(session.target, owned.foreign, desired, options);
    if (taken.length > 0) return failed(watch, taken);
    const found = await watch.time("diff", () => difference(owned, desired, options));
    const { plan } = found;
    const steps = stepsOf(plan, found.unsayable);
    const result = { ...count(found), foreign: owned.foreign, plan } as const;
    const diagnostics = await warnings(session, owned.foreign, options);
    if (options.dryRun === true || steps.atOnce.length === 0) {
      const outcome = options.dryRun === true ? "planned" : "applied";
      return { outcome, ...result, method: "nothing", durations: watch.durations, diagnostics };
    }
    underway = true;
    const { method, sent } = await watch.time("send", () => send(session, steps));
    if (sent.outcome !== "done") {
      const failure = await retreat(session, { method, sent, before: flows, steps }, options);
      return { ...failure, durations: watch.durations };
    }
    if (options.verify !== false) {
      const amiss = await watch.time("verify", () => verify(session, desired, options));
      if (amiss) return { ...failed(watch, [amiss]), state: "changed" };
    }
    return { outcome: "applied", ...result, method, durations: watch.durations, diagnostics };
  } catch (fault) {
    return { ...failed(watch, diagnosticsOf(fault)), state: underway ? "unknown" : "unchanged" };
  }
}

/** A fault that a session throws is the user's to read; any other is ours, and goes on. */
export function diagnosticsOf(fault: unknown): readonly Diagnostic[] {
  if (fault instanceof SessionFault) return [fault.diagnostic];
  throw fault;
}

function failed(watch: Watch, diagnostics: readonly Diagnostic[]): Failed {
  return { outcome: "failed", diagnostics, state: "unchanged", durations: watch.durations };
}

interface Difference {
  readonly plan: Plan;
  /** Flows that must go and are no entries. */
  readonly unsayable: readonly FlowStats[];
  /** Number of entries, of those that we answer for, that the switch holds. */
  readonly held: number;
}

function difference({ ours, foreign }: Owned, desired: Table, { takeOver }: ApplyOptions): Difference {
  // What is taken over differs from ours even where it does the same: its cookie is not ours.
  const theirs = foreign.map(({ flow }): Held => {
    const entry = entryOf(flow, true);
    return entry ? { flow, entry } : { flow };
  });
  const held = takeOver === true ? [...ours, ...theirs] : ours;
  const entries = held.flatMap(({ entry }) => (entry ? [entry] : []));
  const { old, next } = setAside(entries, desired.entries);
  const unsayable = held.flatMap(({ entry, flow }) => (entry ? [] : [flow]));
  return { plan: diffEntries(sortEntries(old), next), unsayable, held: entries.length };
}

/** What the plan comes to; what is only there on the way (see `compiler/diff/order.ts`) does not count. */
function count({ plan, unsayable, held }: Difference): Counts {
  const number = { add: 0, replace: 0, delete: 0 };
  for (const { kind } of net(plan)) number[kind]++;
  const { add: added, replace: replaced } = number;
  return { added, replaced, deleted: number.delete + unsayable.length, unchanged: held - replaced - number.delete };
}

type Counts = { readonly [K in "added" | "replaced" | "deleted" | "unchanged"]: number };

/** Most that one fault is told of. */
const TOLD = 10;

/** Desired entries in whose place somebody else's stand: an add would silently overwrite them. */
function taking(target: string, foreign: readonly Held[], desired: Table, { statements }: ApplyOptions): Diagnostic[] {
  const places = new Set(foreign.flatMap(({ entry }) => (entry ? [entryKey(entry)] : [])));
  if (places.size === 0) return [];
  const help = "with --take-over ours replaces it";
  return desired.entries
    .filter((entry) => places.has(entryKey(entry)))
    .slice(0, TOLD)
    .map((entry) => {
      const known = statements?.get(entry.cookie);
      const { table, priority } = entry;
      return placeTaken(
        { target, statement: statementName(entry, known), table, priority },
        { help, span: known?.span },
      );
    });
}

async function warnings(session: Session, foreign: readonly Held[], { takeOver }: ApplyOptions): Promise<Diagnostic[]> {
  const warned: Diagnostic[] = [];
  const { target } = session;
  if (takeOver !== true && foreign.length > 0) {
    warned.push(foreignEntries({ target, count: foreign.length }, { help: "they stay; --take-over removes them" }));
  }
  const failure = await readFailMode(target, session.features.datapath);
  if (failure !== undefined && failure.mode !== "secure") {
    const help = `ovs-vsctl set-fail-mode ${failure.bridge} secure`;
    warned.push(notSecure({ bridge: failure.bridge }, { help }));
  }
  return warned;
}

/** A bundle if the switch has them, else stages. */
async function send(
  session: Session,
  steps: Steps,
): Promise<{ readonly method: "bundle" | "stages"; readonly sent: Sent }> {
  const sent = await sendBundle(session, steps.atOnce);
  return sent === "no bundles"
    ? { method: "stages", sent: await sendStages(session, steps.stages) }
    : { method: "bundle", sent };
}

/** Compares what the switch holds now with what was desired. Entries with a timeout may be gone for good reason. */
async function verify(session: Session, desired: Table, options: ApplyOptions): Promise<Diagnostic | undefined> {
  const { ours, foreign } = byOwner(await readFlows(session), desired, options.tables);
  const rest = options.takeOver === true ? foreign : [];
  const { plan } = difference({ ours, foreign: rest, elsewhere: 0 }, desired, options);
  const mods = plan.stages.flat();
  const missing = mods.filter(
    ({ kind, entry }) => kind !== "delete" && entry.hardTimeout === 0 && entry.idleTimeout === 0,
  ).length;
  const excess = mods.filter(({ kind }) => kind === "delete").length;
  return missing + excess > 0 ? notConfirmed({ target: session.target, missing, excess }) : undefined;
}

interface Attempt {
  readonly method: "bundle" | "stages";
  readonly sent: Exclude<Sent, { outcome: "done" }>;
  readonly before: readonly FlowStats[];
  readonly steps: Steps;
}

/** Why it failed, and what the switch holds now. A switch without transactions is brought back to what it held. */
async function retreat(session: Session, attempt: Attempt, options: ApplyOptions): Promise<Omit<Failed, "durations">> {
  const { method, sent, before, steps } = attempt;
  const outcome = "failed";
  if (sent.outcome === "lost") {
    return { outcome, diagnostics: [sent.fault.diagnostic], state: sent.decided ? "unknown" : "unchanged" };
  }
  const diagnostics = sent.refused
    .slice(0, TOLD)
    .map(({ error, step }) => refusal(session.target, error, step && toMessage(step, 0), options.statements));
  const whole = method === "bundle" || (await restore(session, before, steps.stages.flat()));
  return { outcome, diagnostics, state: whole ? "unchanged" : "changed" };
}
