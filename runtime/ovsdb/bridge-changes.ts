/**
 * Tells when others change, in the switch's database, what `apply` has read of it: ports that come, go or get another
 * number, their VLANs and queues, controllers, how a bridge falls back. Our own queues are no news.
 */
import { ROW_OWNER } from "./bridge.ts";
import type { Database } from "./database.ts";
import { readId, readMap, readSet } from "./value.ts";

const COLUMNS = {
  Bridge: [
    "name",
    "ports",
    "datapath_id",
    "datapath_type",
    "fail_mode",
    "controller",
    "other_config",
    "mirrors",
    "stp_enable",
    "rstp_enable",
    "flow_tables",
  ],
  Port: ["interfaces", "tag", "trunks", "vlan_mode", "cvlans", "protected", "qos"],
  Interface: ["name", "ofport"],
  QoS: ["external_ids"],
  Controller: ["target", "connection_mode", "type"],
  Manager: ["target", "connection_mode"],
  Open_vSwitch: ["other_config"],
  Mirror: ["name", "output_port", "output_vlan"],
  Flow_Table: ["overflow_policy"],
};

type Cells = Readonly<Record<string, unknown>>;
/** A row before and after: one of them is absent where it comes or goes, and `old` has only the columns that changed. */
interface Change {
  readonly old?: Cells;
  readonly new?: Cells;
}
type Changes = Readonly<Record<string, Readonly<Record<string, Change>>>>;

/**
 * Calls back at each such change until the connection ends. Rejects with a `SessionFault` if the database does not tell
 * them, as one of an old Open vSwitch.
 */
export async function watchBridges(database: Database, changed: () => void): Promise<void> {
  const ours = new Set<string>();
  const isOurs = ([id, row]: readonly [string, Change]): boolean =>
    ours.has(id) || readMap(row.new?.["external_ids"])["owner"] === ROW_OWNER.owner;
  const watched = Object.fromEntries(Object.entries(COLUMNS).map(([table, columns]) => [table, { columns }]));
  const first = await database.watch(watched, (changes) => {
    const queues = Object.entries((changes as Changes)["QoS"] ?? {});
    for (const one of queues) if (isOurs(one)) ours.add(one[0]);
    const isNews = tellsNews(changes as Changes, ours);
    for (const [id, row] of queues) if (row.new === undefined) ours.delete(id);
    if (isNews) changed();
  });
  for (const one of Object.entries((first as Changes)["QoS"] ?? {})) if (isOurs(one)) ours.add(one[0]);
}

function tellsNews(changes: Changes, ours: ReadonlySet<string>): boolean {
  return Object.entries(changes).some(([table, rows]) =>
    Object.entries(rows).some(([id, row]) => {
      if (table === "QoS") return !ours.has(id);
      if (table !== "Port" || row.old === undefined || row.new === undefined) return true;
      if (Object.keys(row.old).join() !== "qos") return true;
      const [before, after] = [queuesOf(row.old), queuesOf(row.new)];
      // We give a port queues that are ours, and take ours away together with their rows.
      const isGiven = after !== undefined && ours.has(after);
      const isTaken = after === undefined && before !== undefined && changes["QoS"]?.[before]?.new === undefined;
      return !isGiven && !(isTaken && changes["QoS"]?.[before] !== undefined && ours.has(before));
    }),
  );
}

const queuesOf = (port: Cells): string | undefined => readId(readSet(port["qos"])[0]);
