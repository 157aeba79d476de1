/** The timeouts that a switch keeps, by statement. */
import { isOurs } from "../../compiler/table/cookie.ts";
import { parseTarget, Session, SessionFault } from "../session/index.ts";
import { readFlows, secondsLeft } from "./installed.ts";

/** The hard timeout of one entry, in seconds: as it was set, and what is left. */
export interface Timeout {
  readonly given: number;
  readonly left: number;
}

/** Timeouts by cookie; none of a switch that cannot be reached, as the next connection to it reports why. */
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
