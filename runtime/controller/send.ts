/**
 * Flow-mods onto a switch: in one atomic bundle, or, where the switch has none, stage by stage with barriers. Either
 * way every error is traced to its flow-mod.
 */
import type { BundleAdd, ErrorMessage, MalformedFrame, Message } from "../openflow/index.ts";
import { RequestRefused, SessionFault, type Session } from "../session/index.ts";
import { toMessage, type FlowChange } from "./flow-mods.ts";

/** A flow-mod that the switch refused; without `change` the error concerns all of them. */
export interface Refused {
  readonly error: ErrorMessage;
  readonly change?: FlowChange;
}

/** How sending went. */
export type Sent =
  | { readonly outcome: "done" }
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

/**
 * Everything or nothing (EXT-230): open, add each, commit; on any error discard. Sends nothing where there are no
 * bundles.
 */
export async function sendBundle(session: Session, changes: readonly FlowChange[]): Promise<Sent | "no bundles"> {
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
    await session.send(adds(changes, first, bundle));
    // Errors about single messages have arrived when the barrier is answered; committing would carry out the others.
    await session.barrier();
    if (errors.refused.length > 0) {
      await control("discard_request");
      return { outcome: "refused", refused: errors.refused };
    }
    decided = true;
    await control("commit_request");
    return { outcome: "done" };
  } catch (fault) {
    if (!(fault instanceof SessionFault)) throw fault;
    if (!(fault instanceof RequestRefused)) return { outcome: "lost", fault, decided };
    if (!decided && errors.refused.length === 0 && unknownBundles(fault)) return "no bundles";
    return { outcome: "refused", refused: errors.refused.length > 0 ? errors.refused : [{ error: fault.error }] };
  } finally {
    stopListening();
  }
}

function* adds(changes: readonly FlowChange[], first: number, bundle: number): Generator<BundleAdd> {
  for (const [index, change] of changes.entries()) {
    const xid = first + index;
    const message = toMessage(change, xid);
    yield { type: "bundle_add", xid, bundle, flags: ATOMIC_AND_ORDERED, message, properties: EMPTY };
  }
}

/** One stage after the other, each confirmed by a barrier; ends after the first stage with an error. */
export async function sendStages(session: Session, stages: readonly (readonly FlowChange[])[]): Promise<Sent> {
  try {
    for (const changes of stages) {
      const first = session.xids(changes.length);
      const errors = new Errors(first, changes);
      const stopListening = session.listen(errors.listen);
      try {
        await session.send(changes.map((change, index) => toMessage(change, first + index)));
        await session.barrier();
      } finally {
        stopListening();
      }
      if (errors.refused.length > 0) return { outcome: "refused", refused: errors.refused };
    }
    return { outcome: "done" };
  } catch (fault) {
    if (!(fault instanceof SessionFault)) throw fault;
    return { outcome: "lost", fault, decided: true };
  }
}
