/**
 * Empties the flow cache of the datapath: sends `revalidator/purge` to `ovs-vswitchd` over the control socket beside
 * its database. The socket's protocol is that of the database (JSON-RPC; ovs-appctl(8)).
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { SessionFault } from "../session/index.ts";
import { Database } from "./database.ts";

/** The names of control sockets. A switch that has ended leaves its socket behind, which refuses connections. */
const CONTROL = /^ovs-vswitchd(?:\.\d+)?\.ctl$/;
/** In milliseconds. */
const PATIENCE = 5_000;

/**
 * Empties the cache by the first socket in a folder that answers. Returns the reason if none does. `learned`: a bridge that then
 * forgets the MACs that it has learned, too.
 */
export async function purgeFlows(directory: string, learned?: string): Promise<string | undefined> {
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
      if (learned !== undefined) await control.call("fdb/flush", [learned]);
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
