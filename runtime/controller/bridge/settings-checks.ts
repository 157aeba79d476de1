/**
 * Settings of a switch × a table → what of the table would mean something else there, or would not be all that decides
 * (NETWORK, "Settings of a bridge"). Where packets would show other fields than the compiler takes them to show, nothing is
 * sent, nor where entries would leave before their end; the rest is said.
 */
import {
  connectionsShared,
  endsEvicted,
  spanningTreeRuns,
  tagsOfPorts,
  tagsReadOtherwise,
  tunnelsTags,
  waitsForRestore,
} from "../../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { zoneOf } from "../../../compiler/table/conntrack.ts";
import type { Table } from "../../../compiler/table/entry.ts";
import type { ApartPort, Bridge } from "../../ovsdb/index.ts";
import { trackingOf } from "./tracking.ts";

/** The option of `apply` that matters here: a server goes on beside entries of others. */
interface Options {
  readonly besideForeign?: boolean | undefined;
}

/** Why the table would mean something else on this bridge. */
export const otherMeaning = (bridge: Bridge, desired: Table, options: Options): readonly Diagnostic[] => [
  ...tagReading(bridge),
  ...eviction(bridge, desired, options),
];

function tagReading({ name, settings: { tagsRead } }: Bridge): readonly Diagnostic[] {
  if (tagsRead === 1) return [];
  const help =
    "`ovs-vsctl set Open_vSwitch . other_config:vlan-limit=1`, which counts for all bridges of this switch, then apply again";
  const tags = tagsRead === 0 ? "as many VLAN tags as it can" : `${tagsRead} VLAN tags`;
  return [tagsReadOtherwise({ bridge: name, tags, limit: String(tagsRead) }, { help })];
}

/**
 * On a full table ours would make room for ours, too, and what is denied pass (measured). A server is asked for ends, and for
 * what takes one more table, at any time, so there each table counts.
 */
function eviction({ name, settings }: Bridge, { entries }: Table, { besideForeign }: Options): readonly Diagnostic[] {
  const tables = new Set(entries.filter(({ hardTimeout }) => hardTimeout > 0).map(({ table }) => table));
  const evicting = settings.evicting.filter(({ table }) => besideForeign === true || tables.has(table));
  if (evicting.length === 0) return [];
  const again = besideForeign !== true ? ", then apply again" : "";
  const help = `\`ovs-vsctl clear bridge ${name} flow_tables\`${again}: without it a table has no limit of this kind`;
  const named = evicting.map(({ table, limit }) => `flow_limit=${limit} of table ${table}`).join(", ");
  return [endsEvicted({ bridge: name, tables: `overflow_policy=evict, ${named}` }, { help })];
}

/** What decides beside the table. */
export function settingWarnings(bridge: Bridge, desired: Table): readonly Diagnostic[] {
  const { name, settings } = bridge;
  const found: Diagnostic[] = [];
  if (settings.spanningTrees.length > 0) {
    const off = settings.spanningTrees.map((one) => `${one.toLowerCase()}_enable=false`).join(" ");
    const help = `where it breaks no loop: \`ovs-vsctl set bridge ${name} ${off}\``;
    found.push(spanningTreeRuns({ bridge: name, protocols: settings.spanningTrees.join(", ") }, { help }));
  }
  if (settings.waitsForRestore) {
    const help = "once its entries are there: `ovs-vsctl remove Open_vSwitch . other_config flow-restore-wait`";
    found.push(waitsForRestore({ bridge: name }, { help }));
  }
  return [...found, ...tagWarnings(bridge, desired), ...trackingWarnings(bridge, desired)];
}

const portsOf = (ports: readonly ApartPort[]): string => {
  const named = ports.slice(0, 4).map((port) => `${port.name}: ${port.settings.join(" ")}`);
  return ports.length > 4 ? `${named.join(", ")} and ${ports.length - 4} more` : named.join(", ");
};

function tagWarnings({ name, apart }: Bridge, { entries }: Table): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const hasSetting = (part: RegExp) => (port: ApartPort) => port.settings.some((one) => part.test(one));
  const asking = entries.filter(({ match }) => match.some(({ field }) => field === "vlan_vid")).length;
  const tagged = apart.filter(hasSetting(/^tag=/));
  if (asking > 0 && tagged.length > 0) {
    const help = "name such ports beside the VLAN: `deny((vlan=10) or (inPort=3)) on rootShare.`";
    const asks = asking === 1 ? "1 entry" : `${asking} entries`;
    found.push(tagsOfPorts({ bridge: name, ports: portsOf(tagged), entries: asks }, { help }));
  }
  const tunnels = apart.filter(hasSetting(/^vlan_mode=dot1q-tunnel$/));
  if (tunnels.length > 0) {
    const help =
      'what a policy says of addresses holds where the customer\'s frames come in; `include "opaque.fml".` denies frames with both tags';
    found.push(tunnelsTags({ bridge: name, ports: portsOf(tunnels) }, { help }));
  }
  return found;
}

function trackingWarnings({ name, datapath, settings }: Bridge, desired: Table): readonly Diagnostic[] {
  const first = trackingOf(desired);
  if (first === undefined) return [];
  const others = settings.beside.filter((one) => first.zone === undefined || zoneOf(one.datapath) === first.zone);
  if (others.length === 0) return [];
  const help =
    first.zone === undefined
      ? `state which switch it is, \`switch(NAME, "${datapath}")\`: then it remembers its connections apart from them`
      : `give the bridge another id, \`ovs-vsctl set bridge ${name} other-config:datapath-id=DIGITS\`, and state that`;
  return [connectionsShared({ bridge: name, others: others.map((one) => `\`${one.name}\``).join(", ") }, { help })];
}
