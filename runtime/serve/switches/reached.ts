/** Where a switch is reached, or what gives the connections that it makes → a connection with it. */
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { Session, SessionFault } from "../../session/index.ts";
import { notConnected } from "./events.ts";
import type { KeeperOptions } from "./options.ts";

/** Milliseconds after which a switch that should connect to us counts as away. */
const TO_DIAL = 15_000;

/** A connection with a switch; undefined: there is none, or `signal` has ended the waiting. `away` is told why. */
export async function reached(
  { target, apply }: Pick<KeeperOptions, "target" | "apply">,
  signal: AbortSignal,
  away: (fault: Diagnostic) => void,
): Promise<Session | undefined> {
  if (target.kind === "dials") {
    const timer = setTimeout(() => away(notConnected(target.name, TO_DIAL)), TO_DIAL);
    const session = await target.next(signal);
    clearTimeout(timer);
    return session;
  }
  try {
    return await Session.connect(target, apply.session);
  } catch (fault) {
    if (!(fault instanceof SessionFault)) throw fault;
    away(fault.diagnostic);
    return undefined;
  }
}
