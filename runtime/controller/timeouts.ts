/** The time that a switch keeps: which statement's entries leave by themselves, and when. */
import { isOurs } from "../../compiler/table/cookie.ts";
import { parseTarget, Session, SessionFault } from "../session/index.ts";
import { readFlows, secondsLeft } from "./installed.ts";

/** Of one entry: what it was given when it was made, and what is left of it. Seconds. */
export interface Timeout {
  readonly given: number;
  readonly left: number;
}

/** By cookie; nothing of a switch that cannot be asked: whoever talks to it next is told why. */
export async function readTimeouts(target: string): Promise<ReadonlyMap<bigint, readonly Timeout[]>> {
  const timeouts = new Map<bigint, Timeout[]>();
  const where = parseTarget(target);
  if ("code" in where) return timeouts;
  try {
    const session = await Session.connect(where);
    try {
      for (const flow of await readFlows(session)) {
        if (flow.hardTimeout === 0 || !isOurs(flow.cookie)) continue;
        const one = { given: flow.hardTimeout, left: secondsLeft(flow) };
        const known = timeouts.get(flow.cookie);
        if (known) known.push(one);
        else timeouts.set(flow.cookie, [one]);
      }
    } finally {
      await session.close();
    }
  } catch (fault) {
    if (!(fault instanceof SessionFault)) throw fault;
  }
  return timeouts;
}
