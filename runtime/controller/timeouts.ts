/** The hard timeouts of entries: what is left of them when they are sent, and those that a switch keeps, by statement. */
import type { Action, Entry } from "../../compiler/table/entry.ts";
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

/** Seconds that have gone since the timeouts of a table counted. */
export type Elapsed = () => number;

/** The timeout of an entry after so many seconds, 0 where it has none; undefined where its time is over. */
export function timeLeft(entry: Entry, seconds: number): number | undefined {
  if (entry.hardTimeout === 0) return 0;
  const left = entry.hardTimeout - Math.max(0, seconds);
  const whole = permits(entry) ? Math.floor(left) : Math.ceil(left);
  return whole > 0 ? whole : undefined;
}

/**
 * Whether an entry lets pass what would not pass without it, rather than hold back or lead: its time is rounded down, all
 * others' up. Where a conjunction permits, its verdict does, and its members need not.
 */
const permits = ({ instructions }: Entry): boolean =>
  instructions.length > 0 &&
  instructions.every((one) => one.kind !== "meter" && (one.kind !== "apply" || one.actions.every(goesOn)));

const goesOn = (action: Action): boolean =>
  action.kind !== "conjunction" && (action.kind !== "output" || typeof action.port !== "number");
