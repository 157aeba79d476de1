/**
 * The lock of a switch's database (RFC 7047, "lock"): applies that can reach the database wait for each other, so that
 * one without bundles has the switch to itself, and meters and queues of one are not taken away by another. It is held
 * by the connection and ends with it (NETWORK, "Two writers").
 */
import type { Database } from "../../ovsdb/index.ts";
import type { Session } from "../../session/index.ts";

/** Milliseconds that one apply waits for another. */
const PATIENCE = 10_000;

/** `busy`: another apply kept it; `none`: there is no database that we can reach. */
export type Lock = "held" | "busy" | "none";

export async function lockSwitch(database: Database | undefined, session: Session, patience = PATIENCE): Promise<Lock> {
  if (database === undefined) return "none";
  const name = `glazier_${session.features.datapath.toString(16).padStart(16, "0")}`;
  return (await database.lock(name, patience)) ? "held" : "busy";
}
