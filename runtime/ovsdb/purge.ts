/**
 * Has `ovs-vswitchd` forget the flows that its datapath has cached: `revalidator/purge`, over the control socket beside its
 * database, whose protocol is the database's own (JSON-RPC; ovs-appctl(8)).
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { SessionFault } from "../session/index.ts";
import { Database } from "./database.ts";

/** A socket of a switch that has ended is left behind, and refuses. */
const CONTROL = /^ovs-vswitchd(?:\.\d+)?\.ctl$/;
const PATIENCE = 5_000;

/** Purges; gives why not, or nothing. */
export async function purgeFlows(directory: string): Promise<string | undefined> {
  let names: readonly string[];
  try {
    names = readdirSync(directory).filter((name) => CONTROL.test(name));
  } catch {
    return `\`${directory}\` cannot be read`;
  }
  let reason = `there is no control socket of ovs-vswitchd in \`${directory}\``;
  for (const name of names.toSorted()) {
    let control: Database | undefined;
    try {
      control = await Database.connect({ kind: "unix", path: join(directory, name) }, PATIENCE);
      await control.call("revalidator/purge", []);
      return undefined;
    } catch (fault) {
      if (!(fault instanceof SessionFault)) throw fault;
      reason = `\`${join(directory, name)}\` does not answer`;
    } finally {
      await control?.close();
    }
  }
  return reason;
}
