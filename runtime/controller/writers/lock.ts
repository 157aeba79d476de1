/**
 * The lock in a switch's database (RFC 7047, "lock"). Applies that can reach the database wait for each other. So an
 * apply without bundles has the switch to itself, and no apply removes meters and queues of another. The connection
 * holds the lock, which ends with it (NETWORK, "Two writers").
 */
import type { Database } from "../../ovsdb/index.ts";
import type { Session } from "../../session/index.ts";

/** How long one apply waits for another, in milliseconds. */
const PATIENCE = 10_000;

/** `busy`: another apply holds the lock; `none`: no database can be reached. */
export type Lock = "held" | "busy" | "none";

/** Takes the lock of a switch; waits for another apply at most `patience` milliseconds. */
export async function lockSwitch(database: Database | undefined, session: Session, patience = PATIENCE): Promise<Lock> {
  if (database === undefined) return "none";
  const name = `glazier_${session.features.datapath.toString(16).padStart(16, "0")}`;
  return (await database.lock(name, patience)) ? "held" : "busy";
}
