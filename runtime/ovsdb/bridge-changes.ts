/**
 * Tells when others change, in the switch's database, what `apply` has read of it: ports that come, go or get another
 * number, their VLANs and queues, what is set of these, controllers, how a bridge falls back.
 */
import type { Database } from "./database.ts";

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
    "sflow",
    "netflow",
    "ipfix",
    "stp_enable",
    "rstp_enable",
    "flow_tables",
  ],
  Port: ["interfaces", "tag", "trunks", "vlan_mode", "cvlans", "protected", "qos"],
  Interface: ["name", "ofport", "ifindex"],
  QoS: ["type", "queues", "other_config", "external_ids"],
  Queue: ["other_config", "external_ids"],
  Controller: ["target", "connection_mode", "type"],
  Manager: ["target", "connection_mode"],
  Open_vSwitch: ["other_config"],
  Mirror: ["name", "output_port", "output_vlan"],
  Flow_Table: ["overflow_policy", "flow_limit"],
  sFlow: ["targets"],
  NetFlow: ["targets"],
  IPFIX: ["targets"],
};

/**
 * Calls back at each such change until the connection ends. Rejects with a `SessionFault` if the database does not tell
 * them, as one of an old Open vSwitch. A change of ours is news, too: nothing in it says whose it is, and others may act
 * while we do.
 */
export async function watchBridges(database: Database, changed: () => void): Promise<void> {
  const watched = Object.fromEntries(Object.entries(COLUMNS).map(([table, columns]) => [table, { columns }]));
  await database.watch(watched, changed);
}
