/**
 * Flow-mods onto a switch: in one atomic bundle, or, where the switch has none, stage by stage with barriers. Either
 * way every error is led back to the flow-mod that it is about.
 */
import type { BundleAdd, ErrorMessage, Malformed, Message } from "../openflow/index.ts";
import { RequestRefused, SessionFault, type Session } from "../session/index.ts";
import { toMessage, type Step } from "./flow-mods.ts";

/** A flow-mod that the switch refused; without step the error concerns all of them. */
export interface Refused {
  readonly error: ErrorMessage;
  readonly step?: Step;
}

/** How sending went. */
export type Sent =
  | { readonly outcome: "done" }
  | { readonly outcome: "refused"; readonly refused: readonly Refused[] }
  /** Connection lost; `decided` when the switch may already have begun to carry it out. */
  | { readonly outcome: "lost"; readonly fault: SessionFault; readonly decided: boolean };

/** Errors kept of one sending; a switch that refuses 100,000 entries says nothing new with the rest. */
const ERRORS_KEPT = 100;

const ATOMIC_AND_ORDERED = 3;
const EMPTY = new Uint8Array(0);

/** Collects the errors whose xid lies in the range of the steps. */
class Errors {
  readonly refused: Refused[] = [];
  readonly #first: number;
  readonly #steps: readonly Step[];

  constructor(first: number, steps: readonly Step[]) {
    this.#first = first;
    this.#steps = steps;
  }

  readonly hear = (message: Message | Malformed): void => {
    if (message.type !== "error" && message.type !== "experimenter_error") return;
    const step = this.#steps[message.xid - this.#first];
    if (step && this.refused.length < ERRORS_KEPT) this.refused.push({ error: message, step });
  };
}

/** Whether an error says that the switch does not know bundles at all. */
function unknownBundles({ error }: RequestRefused): boolean {
  // BAD_TYPE, BAD_EXPERIMENTER, BAD_EXP_TYPE of BAD_REQUEST.
  return error.type === "error" && error.errorType === 1 && [1, 3, 4].includes(error.code);
}

let bundles = 0;

/** Everything or nothing (EXT-230): open, add each, commit; on any error discard. Sends nothing where there are no bundles. */
export async function sendBundle(session: Session, steps: readonly Step[]): Promise<Sent | "no bundles"> {
  const bundle = (bundles = (bundles % 0xffff_ffff) + 1);
  const flags = ATOMIC_AND_ORDERED;
  const control = (what: "open_request" | "commit_request" | "discard_request"): Promise<Message> =>
    session.request(
      { type: "bundle_control", xid: session.xids(), bundle, control: what, flags, properties: EMPTY },
      `the bundle's ${what.replace("_", " ")}`,
    );
  const first = session.xids(steps.length);
  const errors = new Errors(first, steps);
  const deafen = session.listen(errors.hear);
  let decided = false;
  try {
    await control("open_request");
    await session.send(adds(steps, first, bundle));
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
    deafen();
  }
}

function* adds(steps: readonly Step[], first: number, bundle: number): Generator<BundleAdd> {
  for (const [index, step] of steps.entries()) {
    const xid = first + index;
    const message = toMessage(step, xid);
    yield { type: "bundle_add", xid, bundle, flags: ATOMIC_AND_ORDERED, message, properties: EMPTY };
  }
}

/** One stage after the other, each confirmed by a barrier; ends after the first stage with an error. */
export async function sendStages(session: Session, stages: readonly (readonly Step[])[]): Promise<Sent> {
  try {
    for (const steps of stages) {
      const first = session.xids(steps.length);
      const errors = new Errors(first, steps);
      const deafen = session.listen(errors.hear);
      try {
        await session.send(steps.map((step, index) => toMessage(step, first + index)));
        await session.barrier();
      } finally {
        deafen();
      }
      if (errors.refused.length > 0) return { outcome: "refused", refused: errors.refused };
    }
    return { outcome: "done" };
  } catch (fault) {
    if (!(fault instanceof SessionFault)) throw fault;
    return { outcome: "lost", fault, decided: true };
  }
}
