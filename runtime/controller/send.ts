/**
 * Flow-mods onto a switch: in one atomic bundle, or, where the switch has none, stage by stage with barriers. Either
 * way every error is traced to its flow-mod.
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
import { toMessage, type FlowChange } from "./flow-mods.ts";
import { timeLeft, type Elapsed } from "./timeouts.ts";

/** A flow-mod that the switch refused; without `change` the error concerns all of them. */
export interface Refused {
  readonly error: ErrorMessage;
  readonly change?: FlowChange;
}

/** How sending went. */
export type Sent =
  /** `late`: seconds from the last look at the clock until the switch had it all, of what has a timeout. */
  | { readonly outcome: "done"; readonly late: number }
  | { readonly outcome: "refused"; readonly refused: readonly Refused[] }
  /** Connection lost; `decided` when the switch may already have begun to carry it out. */
  | { readonly outcome: "lost"; readonly fault: SessionFault; readonly decided: boolean };

/** Errors kept of one sending: of 100,000 refusals the rest would tell nothing new. */
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

/** Whether an error says that the switch does not know bundles at all. */
function unknownBundles({ error }: RequestRefused): boolean {
  // BAD_TYPE, BAD_EXPERIMENTER, BAD_EXP_TYPE of BAD_REQUEST.
  return error.type === "error" && error.errorType === 1 && [1, 3, 4].includes(error.code);
}

let bundles = 0;

/** A change as it is sent now: with the time that its entry has left, and as a deletion where that is over. */
function stamp(change: FlowChange, seconds: number): FlowChange {
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
 * Everything or nothing (EXT-230): open, add each, commit; on any error discard. Sends nothing where there are no
 * bundles. What has a timeout goes last, and once more if its time has changed until all of the bundle has arrived: a
 * slow link must not lengthen it.
 */
export async function sendBundle(
  session: Session,
  all: readonly FlowChange[],
  elapsed: Elapsed,
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
  const stopListening = session.listen(errors.listen);
  let decided = false;
  try {
    await control("open_request");
    let stamped = elapsed();
    await session.send(adds(changes, { first, bundle, elapsed }));
    // Errors about single messages have arrived when the barrier is answered; committing would carry out the others.
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
    await control("commit_request");
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
    const message = toMessage(stamp(change, elapsed()), xid);
    yield { type: "bundle_add", xid, bundle, flags: ATOMIC_AND_ORDERED, message, properties: EMPTY };
  }
}

/** One stage after the other, each confirmed by a barrier; ends after the first stage with an error. */
export async function sendStages(
  session: Session,
  stages: readonly (readonly FlowChange[])[],
  elapsed: Elapsed,
): Promise<Sent> {
  let late = 0;
  try {
    for (const changes of stages) {
      const first = session.xids(changes.length);
      const errors = new Errors(first, changes);
      const stopListening = session.listen(errors.listen);
      try {
        const stamped = elapsed();
        await session.send(changes.map((change, index) => toMessage(stamp(change, stamped), first + index)));
        await session.barrier();
        if (changes.some(isTimed)) late = Math.max(late, elapsed() - stamped);
      } finally {
        stopListening();
      }
      if (errors.refused.length > 0) return { outcome: "refused", refused: errors.refused };
    }
    return { outcome: "done", late };
  } catch (fault) {
    if (!(fault instanceof SessionFault)) throw fault;
    return { outcome: "lost", fault, decided: true };
  }
}

/** The changes by which a bundle takes the place of whoever was last (`writers/token.ts`). */
export function swap(tokens: readonly FlowStats[], token: Entry): readonly FlowChange[] {
  const before = tokens.map((flow): FlowChange => ({ command: "delete_strict", flow }));
  return [...before, { command: "add", entry: token, alone: true }];
}

/** What became of a token that was sent: an overlap says that another apply came between. */
export function fateOf(sent: Sent, token: Entry): "stands" | "overtaken" | "refused" {
  const refused = sent.outcome === "refused" ? sent.refused : [];
  const fault = refused.find(({ change }) => change !== undefined && "entry" in change && change.entry === token);
  if (fault === undefined) return "stands";
  return errorName(fault.error) === "OFPFMFC_OVERLAP" ? "overtaken" : "refused";
}
