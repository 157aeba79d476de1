/**
 * Sends flow-mods to a switch: in one atomic bundle, or, if the switch has no bundles, stage by stage with barriers.
 * Either way every error is traced to its flow-mod.
 */
import {
  errorName,
  type BundleAdd,
  type ErrorMessage,
  type FlowStats,
  type MalformedFrame,
  type Message,
} from "../openflow/index.ts";
import { RequestRefused, SessionFault, type Session } from "../session/index.ts";
import type { Entry } from "../../compiler/table/entry.ts";
import { lacksRoomForCurtain, toMessage, type FlowChange, type FlowChanges } from "./flow-mods.ts";
import type { Applied } from "./result.ts";
import { permits, timeLeft, type Elapsed } from "./timeouts.ts";
import type { Lock } from "./writers/lock.ts";
import { freshToken, type Books } from "./writers/token.ts";

/** An error of the switch and the flow-mod that it is about; without `change` it is about all of them. */
export interface Refused {
  readonly error: ErrorMessage;
  readonly change?: FlowChange;
}

/** The result of sending. */
export type Sent =
  /** `late`: seconds from when timeouts were computed until the switch had all of them; 0 without timeouts. */
  | { readonly outcome: "done"; readonly late: number }
  | { readonly outcome: "refused"; readonly refused: readonly Refused[] }
  /** The connection broke. `decided`: the switch may already have begun to carry the changes out. */
  | { readonly outcome: "lost"; readonly fault: SessionFault; readonly decided: boolean };

/** The most errors kept of one sending: the rest of 100,000 errors would say nothing new. */
const ERRORS_KEPT = 100;

const ATOMIC_AND_ORDERED = 3;
const EMPTY = new Uint8Array(0);

/** Collects the errors whose xid lies in the range of the changes. */
class Errors {
  readonly refused: Refused[] = [];
  readonly #first: number;
  readonly #changes: readonly FlowChange[];

  constructor(first: number, changes: readonly FlowChange[]) {
    this.#first = first;
    this.#changes = changes;
  }

  readonly listen = (message: Message | MalformedFrame): void => {
    if (message.type !== "error" && message.type !== "experimenter_error") return;
    const change = this.#changes[message.xid - this.#first];
    if (change && this.refused.length < ERRORS_KEPT) this.refused.push({ error: message, change });
  };
}

/** Whether an error says that the switch has no bundles. */
function unknownBundles({ error }: RequestRefused): boolean {
  // BAD_TYPE, BAD_EXPERIMENTER, BAD_EXP_TYPE of BAD_REQUEST.
  return error.type === "error" && error.errorType === 1 && [1, 3, 4].includes(error.code);
}

let bundles = 0;

/**
 * A change as it is sent after so many seconds: with the remaining timeout of its entry, or as a deletion if it is
 * over.
 */
function withTimeLeft(change: FlowChange, seconds: number): FlowChange {
  if (change.command !== "add" || !("entry" in change) || change.entry.hardTimeout === 0) return change;
  const hardTimeout = timeLeft(change.entry, seconds);
  return hardTimeout === undefined
    ? { command: "delete_strict", entry: change.entry }
    : { ...change, entry: { ...change.entry, hardTimeout } };
}

type Timed = Extract<FlowChange, { command: "add"; entry: Entry }>;

const isTimed = (change: FlowChange): change is Timed =>
  change.command === "add" && "entry" in change && change.entry.hardTimeout > 0;

/**
 * All changes or none (EXT-230): open, add each, commit; discard on any error. `no bundles`: the switch has none, and
 * nothing was sent. Entries with a timeout are sent last, and again if their remaining time has changed when the whole
 * bundle has arrived: a slow link must not lengthen a timeout.
 */
export async function sendBundle(
  session: Session,
  all: readonly FlowChange[],
  elapsed: Elapsed,
  decide: () => void = () => undefined,
): Promise<Sent | "no bundles"> {
  const timed = all.filter(isTimed);
  const changes = timed.length === 0 ? all : [...all.filter((one) => !isTimed(one)), ...timed];
  const bundle = (bundles = (bundles % 0xffff_ffff) + 1);
  const flags = ATOMIC_AND_ORDERED;
  const control = (what: "open_request" | "commit_request" | "discard_request"): Promise<Message> =>
    session.request(
      { type: "bundle_control", xid: session.xids(), bundle, control: what, flags, properties: EMPTY },
      `the bundle's ${what.replace("_", " ")}`,
    );
  const first = session.xids(changes.length);
  const errors = new Errors(first, changes);
  const expiry = Promise.withResolvers<never>();
  expiry.promise.catch(() => undefined);
  const stopListening = session.listen((message) => {
    errors.listen(message);
    // A switch gives up a bundle that waits too long for its commit, and reports it at once.
    if (message.type === "experimenter_error" && errorName(message) === "OFPBFC_TIMEOUT")
      expiry.reject(new RequestRefused(session.target, message));
  });
  let decided = false;
  try {
    await control("open_request");
    let stamped = elapsed();
    await session.send(adds(changes, { first, bundle, elapsed }));
    // All errors about single messages come before the answer to the barrier. A commit would carry out the other
    // messages.
    await session.barrier();
    if (errors.refused.length > 0) {
      await control("discard_request");
      return { outcome: "refused", refused: errors.refused };
    }
    const now = elapsed();
    const late = timed.filter(({ entry }) => timeLeft(entry, stamped) !== timeLeft(entry, now));
    if (late.length > 0)
      await session.send(adds(late, { first: session.xids(late.length), bundle, elapsed: () => now }));
    if (late.length > 0) stamped = now;
    decided = true;
    decide();
    const committed = control("commit_request");
    committed.catch(() => undefined);
    await Promise.race([committed, expiry.promise]);
    return { outcome: "done", late: timed.length > 0 ? elapsed() - stamped : 0 };
  } catch (fault) {
    if (!(fault instanceof SessionFault)) throw fault;
    if (!(fault instanceof RequestRefused)) return { outcome: "lost", fault, decided };
    if (!decided && errors.refused.length === 0 && unknownBundles(fault)) return "no bundles";
    return { outcome: "refused", refused: errors.refused.length > 0 ? errors.refused : [{ error: fault.error }] };
  } finally {
    stopListening();
  }
}

interface Adding {
  readonly first: number;
  readonly bundle: number;
  readonly elapsed: Elapsed;
}

function* adds(changes: readonly FlowChange[], { first, bundle, elapsed }: Adding): Generator<BundleAdd> {
  for (const [index, change] of changes.entries()) {
    const xid = first + index;
    const message = toMessage(withTimeLeft(change, elapsed()), xid);
    yield { type: "bundle_add", xid, bundle, flags: ATOMIC_AND_ORDERED, message, properties: EMPTY };
  }
}

/** In seconds. A round trip of this length delays an end by too little to matter. */
const SLACK = 0.5;
/** The most attempts to send an end in time. */
const MOST_ATTEMPTS = 5;

/**
 * Whether a change is sent in two steps to a switch without bundles. A message may be delayed for any time, even after
 * this program has ended, and the delay must not let an allow outlive its end. So the first message adds the entry as
 * one that drops, with the rest of its time. Once the entry is known to have arrived in time, a second message gives it
 * its instructions. That message changes no timeout, and does nothing if the entry has expired.
 */
export const isHeldBack = (change: FlowChange): change is Timed => isTimed(change) && permits(change.entry);

/** Sends the held-back entries of a stage again until their ends are right, then gives them their instructions. */
async function letAct(
  session: Session,
  held: readonly Timed[],
  { elapsed, stamped }: { readonly elapsed: Elapsed; readonly stamped: number },
): Promise<{ readonly refused: readonly Refused[]; readonly late: number }> {
  let sent = stamped;
  let margin = 0;
  for (let tries = 0; tries < MOST_ATTEMPTS && elapsed() - sent - margin > SLACK; tries++) {
    // The first delay may be a stall. After a second one the link counts as slow, and the next message may take as long.
    margin = tries === 0 ? 0 : elapsed() - sent;
    sent = elapsed();
    const again = held.map((change) => dropping(withTimeLeft(change, sent + margin)));
    const refused = await sendAll(session, again);
    if (refused.length > 0) return { refused, late: 0 };
  }
  const late = Math.max(0, elapsed() - sent - margin);
  const acting = held.filter(({ entry }) => timeLeft(entry, sent + margin) !== undefined);
  const changes = acting.map(({ entry }): FlowChange => ({ command: "modify_strict", entry }));
  return { refused: await sendAll(session, changes), late };
}

const dropping = (change: FlowChange): FlowChange =>
  "entry" in change ? { ...change, entry: { ...change.entry, instructions: [] } } : change;

/** Sends changes and waits until they are carried out. Each error names the change at the same index of `meant`. */
async function sendAll(
  session: Session,
  changes: readonly FlowChange[],
  meant: readonly FlowChange[] = changes,
): Promise<readonly Refused[]> {
  const first = session.xids(changes.length);
  const errors = new Errors(first, meant);
  const stopListening = session.listen(errors.listen);
  try {
    await session.send(changes.map((change, index) => toMessage(change, first + index)));
    await session.barrier();
  } finally {
    stopListening();
  }
  return errors.refused;
}

/** Sends one stage after the other, each followed by a barrier, up to the first stage with an error. */
export async function sendStages(
  session: Session,
  stages: readonly (readonly FlowChange[])[],
  elapsed: Elapsed,
): Promise<Sent> {
  let late = 0;
  try {
    for (const changes of stages.filter(({ length }) => length > 0)) {
      const stamped = elapsed();
      const held = changes.filter(isHeldBack);
      const sent = changes.map((change) => {
        const now = withTimeLeft(change, stamped);
        return isHeldBack(change) ? dropping(now) : now;
      });
      let refused = await sendAll(session, sent, changes);
      if (changes.some((one) => isTimed(one) && !isHeldBack(one))) late = Math.max(late, elapsed() - stamped);
      if (refused.length === 0 && held.length > 0) {
        const acted = await letAct(session, held, { elapsed, stamped });
        refused = acted.refused;
        late = Math.max(late, acted.late);
      }
      if (refused.length > 0) return { outcome: "refused", refused };
    }
    return { outcome: "done", late };
  } catch (fault) {
    if (!(fault instanceof SessionFault)) throw fault;
    return { outcome: "lost", fault, decided: true };
  }
}

/** The changes that replace the token of the last apply by one of ours (`writers/token.ts`). */
export function swap(tokens: readonly FlowStats[], token: Entry): readonly FlowChange[] {
  const before = tokens.map((flow): FlowChange => ({ command: "delete_strict", flow }));
  return [...before, { command: "add", entry: token, alone: true }];
}

/** The fate of a token that was sent. An overlap error means that another apply came between (`overtaken`). */
function fateOf(sent: Sent, token: Entry): "stands" | "overtaken" | "refused" {
  const refused = sent.outcome === "refused" ? sent.refused : [];
  const fault = refused.find(({ change }) => change !== undefined && "entry" in change && change.entry === token);
  if (fault === undefined) return "stands";
  return errorName(fault.error) === "OFPFMFC_OVERLAP" ? "overtaken" : "refused";
}

/** How a change was sent. `unprotected`: why another apply might have come between without notice. */
interface Dispatch {
  readonly method: Applied["method"];
  readonly sent: Sent;
  readonly token?: Entry;
  readonly unprotected?: string;
}

interface Bookkeeping extends Pick<Books, "tokens" | "flows"> {
  readonly lock: Lock;
  readonly elapsed: Elapsed;
  readonly records: readonly FlowChange[];
  readonly takeOver: boolean;
  /** Called right before the switch may begin to change entries. */
  readonly decide: () => void;
}

/** Sends a bundle if the switch has bundles, else stages. */
export async function sendChanges(
  session: Session,
  changes: FlowChanges,
  { tokens, flows, records, lock, elapsed, takeOver, decide }: Bookkeeping,
): Promise<Dispatch | "overtaken" | "curtained"> {
  if (changes.atOnce.length + records.length === 0) return { method: "nothing", sent: { outcome: "done", late: 0 } };
  const token = freshToken(session);
  // A foreign entry in the token's place would look like the token of another apply each time.
  const isTaken = flows.some(({ table, priority }) => table === token.table && priority === token.priority);
  let sent = await sendBundle(
    session,
    isTaken ? changes.atOnce : [...swap(tokens, token), ...records, ...changes.atOnce],
    elapsed,
    decide,
  );
  if (sent === "no bundles") {
    if (!takeOver && lacksRoomForCurtain(changes, flows)) return "curtained";
    const reason = "it has no bundles, and no database to lock is named (--db)";
    decide();
    // No bundle holds these messages together. So the token goes first: a bundle that was planned before is refused from
    // now on, and whoever writes meanwhile replaces it, which is seen at the end.
    const staked = isTaken ? "refused" : fateOf(await sendStages(session, [swap(tokens, token)], elapsed), token);
    if (staked === "overtaken") return staked;
    const kept = records.filter(({ command }) => command === "add");
    // The time record of an end comes before its entry, so that no later apply counts the time anew. A switch may refuse
    // the record.
    let sent = await sendStages(session, [kept], elapsed);
    if (sent.outcome !== "lost") sent = await sendStages(session, changes.stages, elapsed);
    if (sent.outcome === "done") await sendStages(session, [records.filter((one) => !kept.includes(one))], elapsed);
    const staged = { method: "stages", sent, ...(staked === "stands" && { token }) } as const;
    return lock === "held" ? staged : { ...staged, unprotected: reason };
  }
  const fate = isTaken ? "refused" : fateOf(sent, token);
  if (fate === "overtaken") return fate;
  if (fate === "stands") return { method: "bundle", sent, token };
  if (!isTaken) sent = await sendBundle(session, changes.atOnce, elapsed, decide);
  if (sent === "no bundles") throw new Error("a switch that had bundles has none");
  const reason = isTaken
    ? `an entry of others stands in table ${token.table} with priority ${token.priority}`
    : "it does not take the entry that tells one apply from another";
  return lock === "held" ? { method: "bundle", sent } : { method: "bundle", sent, unprotected: reason };
}
