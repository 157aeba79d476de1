/** The switch's database → its bridges with ports and queues, read in one transaction, and the writes to their rows. */
import { by } from "../../compiler/net/order.ts";
import type { Database } from "./database.ts";
import { isUserspace, settingsOf, type BridgeSettings, type Cells, type Rows } from "./settings.ts";
import { map, readId, readMap, readPairs, readSet, uuid, type Operation } from "./value.ts";

/** Our mark in `external_ids`. The bridge and, for human readers, the statement stand beside it. */
export const ROW_OWNER = { owner: "glazier" } as const;

export interface QueueRow {
  readonly uuid: string;
  readonly config: Readonly<Record<string, string>>;
  readonly ids: Readonly<Record<string, string>>;
  /** Whether a QoS has it under another number, or another QoS has it, too. */
  readonly shared?: boolean;
}

export interface QosRow {
  readonly uuid: string;
  readonly ours: boolean;
  /** The name of the port that it was made for; absent: it does not say. */
  readonly port?: string | undefined;
  /** How many ports of the database have it; absent: one. */
  readonly users?: number;
  readonly type: string;
  readonly config: Readonly<Record<string, string>>;
  /** Queue id → queue. */
  readonly queues: ReadonlyMap<number, QueueRow>;
}

export interface BridgePort {
  readonly uuid: string;
  readonly name: string;
  /** The OpenFlow port number. */
  readonly number: number;
  readonly qos?: QosRow;
}

/** A port that the switch's own forwarding does not join with all others. */
export interface ApartPort {
  readonly name: string;
  /** What holds it apart, as `ovs-vsctl` writes it: `tag=10`. */
  readonly settings: readonly string[];
}

/** A peer that the switch connects to by itself, with the address that it asks for. */
export interface ActivePeer {
  /** `tcp:192.0.2.1:6653`. */
  readonly target: string;
  /** Whether the switch may reach it through the bridge, by hidden entries. */
  readonly inBand: boolean;
}

export interface Mirror {
  /** The column of the bridge that says it. All but `mirrors` tell a collector of frames. */
  readonly column: "mirrors" | Collecting;
  /** As a message names it. */
  readonly name: string;
  /** Where the copies go: the name of a port, `VLAN 7`, or the address of a collector. */
  readonly to: string;
}

/** sFlow shows the heads of frames, the others who sent how much to whom. */
const COLLECTORS = { sflow: "sFlow", netflow: "NetFlow", ipfix: "IPFIX" } as const;
type Collecting = keyof typeof COLLECTORS;
const COLLECTING = Object.keys(COLLECTORS) as readonly Collecting[];

export interface Bond {
  readonly name: string;
  /** The numbers of its interfaces, in order. */
  readonly numbers: readonly number[];
}

export interface Bridge {
  readonly uuid: string;
  readonly name: string;
  /** Sixteen hexadecimal digits. */
  readonly datapath: string;
  readonly failMode: "secure" | "standalone";
  /** Controllers whose loss `failMode` is about; those that come to the switch by themselves do not count. */
  readonly controllers: readonly ActivePeer[];
  /** Of the whole database: what manages it, and is reached through any bridge that allows it. */
  readonly managers: readonly ActivePeer[];
  /** `disable-in-band`: no hidden entries for controllers and managers. */
  readonly inBandDisabled: boolean;
  /** `forward-bpdu`: its own forwarding spares no reserved groups. */
  readonly forwardsReserved: boolean;
  /** Ports with VLANs and the like, in order of their names. */
  readonly apart: readonly ApartPort[];
  /** Copies of frames that the switch makes beside its tables, in order of their names, those for collectors last. */
  readonly mirrors: readonly Mirror[];
  readonly settings: BridgeSettings;
  /** Ports that join several interfaces into one, in order of their names. */
  readonly bonds: readonly Bond[];
  /** Whether its datapath runs in user space. */
  readonly userspace: boolean;
  /** Whether the datapath caches what entries came to: not where the database sets a `flow-limit` of 0. */
  readonly cachesFlows: boolean;
  /** Whether the datapaths of all bridges of this database run in user space. */
  readonly allUserspace: boolean;
  /** How many bridges of this database do: the ports of all of them share one send buffer. */
  readonly inUserspace: number;
  readonly ids: Readonly<Record<string, string>>;
  /** Port number → name of the interface; of a bond each of its interfaces. */
  readonly interfaces: ReadonlyMap<number, string>;
  /** In order of number. */
  readonly ports: readonly BridgePort[];
  /** Its ports without a single number that have a QoS of ours: their device is gone, or they are bonds by now. */
  readonly idle: readonly { readonly uuid: string; readonly qos: QosRow }[];
  /** QoS rows of ours in this database that no port has. */
  readonly stray: readonly QosRow[];
  /** Queue rows of ours in this database, by identifier, that no QoS has. */
  readonly strayQueues: readonly string[];
}

/** Port numbers from this one on are no physical ports (OFPP_MAX, OpenFlow 1.3.5, section 7.2.1). */
const PHYSICAL = 0xffff_ff00;
/** The bridge's own port (OFPP_LOCAL as Open vSwitch writes it into its database). */
const LOCAL = 0xfffe;

const select = (table: string, ...columns: readonly string[]): Operation => ({
  op: "select",
  table,
  where: [],
  columns: ["_uuid", ...columns],
});

/** With all columns: older switches lack some, and a question for one that is not there is refused. */
const selectAll = (table: string): Operation => ({ op: "select", table, where: [] });

const QUESTIONS: readonly Operation[] = [
  selectAll("Bridge"),
  selectAll("Port"),
  select("Interface", "name", "ofport", "ifindex", "mac_in_use"),
  select("QoS", "type", "queues", "other_config", "external_ids"),
  select("Queue", "other_config", "external_ids"),
  selectAll("Controller"),
  selectAll("Manager"),
  select("Open_vSwitch", "other_config"),
  select("Mirror", "name", "output_port", "output_vlan"),
  selectAll("Flow_Table"),
  ...COLLECTING.map((column) => select(COLLECTORS[column], "targets")),
];

/** The bridges with this datapath id: mostly one, and none where the database is another switch's. */
export async function readBridges(database: Database, datapath: bigint): Promise<readonly Bridge[]> {
  const results = await database.transact(QUESTIONS);
  const rows = (index: number): Rows =>
    new Map((results[index]?.rows ?? []).map((row) => [readId(row["_uuid"]) ?? "", row]));
  const [bridges, ports, interfaces, qosRows, queues] = [rows(0), rows(1), rows(2), rows(3), rows(4)];
  const [controllers, managers, mirrors, flowTables] = [rows(5), rows(6), rows(8), rows(9)];
  const collectors = COLLECTING.map((column, index) => ({ column, found: rows(10 + index) }));
  const settings = [...rows(7).values()].map((row) => readMap(row["other_config"]));
  const cachesFlows = !settings.some((one) => /^0+$/.test(one["flow-limit"] ?? ""));
  const inUserspace = [...bridges.values()].filter(isUserspace).length;
  const id = datapath.toString(16).padStart(16, "0");
  const users = counted([...ports.values()].flatMap((port) => readSet(port["qos"])));
  const shares = counted([...qosRows.values()].flatMap((cells) => readPairs(cells["queues"]).map(([, ref]) => ref)));
  const qos = new Map(
    [...qosRows].map(([key, cells]) => [key, readQos(key, cells, { queues, users, shares })] as const),
  );
  // Our rows are made and put to use in one step, so what is not in use was left behind.
  const stray = [...qos.values()].filter((one) => one.ours && one.users === 0);
  const strayQueues = [...queues].flatMap(([key, cells]) => (isMarked(cells) && !shares.has(key) ? [key] : []));
  const bridgeOf = ([bridgeId, row]: readonly [string, Cells]): Bridge => {
    const portRows = readSet(row["ports"]).map((ref) => [readId(ref) ?? "", ports.get(readId(ref) ?? "")] as const);
    const own = portRows.flatMap(([key, port]): BridgePort[] => {
      const number = port && portNumber(port, interfaces);
      if (port === undefined || number === undefined) return [];
      const held = qos.get(readSet(port["qos"]).map(readId)[0] ?? "");
      return [{ uuid: key, name: String(port["name"]), number, ...(held && { qos: held }) }];
    });
    const idle = portRows.flatMap(([key, port]) => {
      const held = qos.get(readId(readSet(port?.["qos"])[0]) ?? "");
      return held?.ours !== true || own.some((one) => one.uuid === key) ? [] : [{ uuid: key, qos: held }];
    });
    return {
      uuid: bridgeId,
      name: String(row["name"]),
      datapath: id,
      failMode: row["fail_mode"] === "secure" ? "secure" : "standalone",
      controllers: readSet(row["controller"]).flatMap((ref) => activePeer(controllers.get(readId(ref) ?? ""))),
      managers: [...managers.values()].flatMap(activePeer),
      inBandDisabled: readMap(row["other_config"])["disable-in-band"] === "true",
      forwardsReserved: readMap(row["other_config"])["forward-bpdu"] === "true",
      apart: portRows.flatMap(([, port]) => apartPort(port)).toSorted(by(({ name }) => name)),
      mirrors: [
        ...readSet(row["mirrors"])
          .flatMap((ref) => mirrorOf(mirrors.get(readId(ref) ?? ""), ports))
          .toSorted(by(({ name }) => name)),
        ...collectors.flatMap(({ column, found }) =>
          readSet(row[column])
            .flatMap((ref) => readSet(found.get(readId(ref) ?? "")?.["targets"]))
            .map((to) => ({ column, name: COLLECTORS[column], to: String(to) })),
        ),
      ],
      bonds: portRows.flatMap(([, port]) => bondOf(port, interfaces)).toSorted(by(({ name }) => name)),
      settings: settingsOf([bridgeId, row], { bridges, flowTables, all: settings }),
      userspace: isUserspace(row),
      cachesFlows,
      allUserspace: inUserspace === bridges.size,
      inUserspace,
      ids: readMap(row["external_ids"]),
      interfaces: new Map(portRows.flatMap(([, port]) => interfaceNames(port, interfaces))),
      ports: own.toSorted((a, b) => a.number - b.number),
      idle,
      stray,
      strayQueues,
    };
  };
  return [...bridges].filter(([, row]) => row["datapath_id"] === id).map(bridgeOf);
}

/** The number of a port that can be shaped. A bond has several interfaces and no single number. */
function portNumber(port: Cells, interfaces: Rows): number | undefined {
  const [first, ...more] = readSet(port["interfaces"]);
  const number = numberOf(interfaces.get(readId(first) ?? ""));
  return more.length > 0 || number === undefined || number >= PHYSICAL ? undefined : number;
}

/** None has one whose device is gone: the switch keeps its number until it starts anew (measured with 3.1). */
function numberOf(cells: Cells | undefined): number | undefined {
  const number = readSet(cells?.["ofport"])[0];
  const isGone = readSet(cells?.["ifindex"])[0] === 0 && readSet(cells?.["mac_in_use"]).length === 0;
  return typeof number === "number" && number > 0 && number !== LOCAL && !isGone ? number : undefined;
}

function interfaceNames(port: Cells | undefined, interfaces: Rows): readonly (readonly [number, string])[] {
  return readSet(port?.["interfaces"]).flatMap((ref) => {
    const row = interfaces.get(readId(ref) ?? "");
    const number = numberOf(row);
    return number === undefined ? [] : [[number, String(row!["name"])] as const];
  });
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** One that the switch connects to; a passive target (`ptcp:`), or a controller for service alone, is none. */
function activePeer(cells: Cells | undefined): readonly ActivePeer[] {
  const target = textOf(cells?.["target"]);
  if (!/^(?:tcp|ssl|unix):/.test(target) || readSet(cells?.["type"])[0] === "service") return [];
  const isRemote = !target.startsWith("unix:");
  return [{ target, inBand: isRemote && readSet(cells?.["connection_mode"])[0] !== "out-of-band" }];
}

/** One without an output copies nothing. */
function mirrorOf(cells: Cells | undefined, ports: Rows): readonly Mirror[] {
  const port = ports.get(readId(readSet(cells?.["output_port"])[0]) ?? "");
  const vlan = readSet(cells?.["output_vlan"])[0];
  if (cells === undefined || (port === undefined && typeof vlan !== "number")) return [];
  const to = port === undefined ? `VLAN ${Number(vlan)}` : String(port["name"]);
  return [{ column: "mirrors", name: `mirror \`${String(cells["name"])}\``, to }];
}

function bondOf(cells: Cells | undefined, interfaces: Rows): readonly Bond[] {
  const members = interfaceNames(cells, interfaces).map(([number]) => number);
  return members.length < 2 ? [] : [{ name: String(cells!["name"]), numbers: members.toSorted((a, b) => a - b) }];
}

/** A port with VLANs of its own, or protected from others. One without any setting carries all VLANs. */
function apartPort(cells: Cells | undefined): readonly ApartPort[] {
  const mode = textOf(readSet(cells?.["vlan_mode"])[0]);
  const lists = (["tag", "trunks", "cvlans"] as const).flatMap((column) => {
    const numbers = readSet(cells?.[column]).map(Number);
    return numbers.length === 0 ? [] : [`${column}=${numbers.toSorted((a, b) => a - b).join(",")}`];
  });
  const settings = [
    ...lists,
    ...(mode === "" || mode === "trunk" ? [] : [`vlan_mode=${mode}`]),
    ...(cells?.["protected"] === true ? ["protected=true"] : []),
  ];
  return settings.length === 0 ? [] : [{ name: String(cells!["name"]), settings }];
}

const isMarked = (cells: Cells): boolean => readMap(cells["external_ids"])["owner"] === ROW_OWNER.owner;

/** How often each row is referred to. */
function counted(refs: readonly unknown[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const id of refs.map(readId)) if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** `users` and `shares`: how often each QoS and each queue is referred to. */
interface AroundQos {
  readonly queues: Rows;
  readonly users: ReadonlyMap<string, number>;
  readonly shares: ReadonlyMap<string, number>;
}

function readQos(id: string, cells: Cells, { queues, users, shares }: AroundQos): QosRow {
  const members = readPairs(cells["queues"]).map(([queue, ref]): [number, QueueRow] => {
    const key = readId(ref) ?? "";
    const row = queues.get(key);
    const config = readMap(row?.["other_config"]);
    return [
      Number(queue),
      { uuid: key, config, ids: readMap(row?.["external_ids"]), shared: (shares.get(key) ?? 0) > 1 },
    ];
  });
  return {
    uuid: id,
    ours: isMarked(cells),
    port: readMap(cells["external_ids"])["port"],
    users: users.get(id) ?? 0,
    type: String(cells["type"]),
    config: readMap(cells["other_config"]),
    queues: new Map(members.toSorted(([a], [b]) => a - b)),
  };
}

/** The key in the bridge's own row for the numbers of our meters, since meters carry no mark. */
const METERS = "glazier-meters";

/** The meters that are recorded as ours. */
export function recordedMeters(bridge: Bridge | undefined): ReadonlySet<number> {
  const text = bridge?.ids[METERS] ?? "";
  return new Set(
    text
      .split(" ")
      .filter((word) => /^\d+$/.test(word))
      .map(Number),
  );
}

/** Records exactly these meters as ours. Other values in the row stay. */
export async function recordMeters(database: Database, bridge: Bridge, meters: Iterable<number>): Promise<void> {
  const text = [...new Set(meters)].toSorted((a, b) => a - b).join(" ");
  const where = [["_uuid", "==", uuid(bridge.uuid)]];
  const remove = ["external_ids", "delete", ["set", [METERS]]];
  const insert = ["external_ids", "insert", map({ [METERS]: text })];
  await database.transact([
    { op: "mutate", table: "Bridge", where, mutations: text === "" ? [remove] : [remove, insert] },
  ]);
}

/**
 * Sets fail_mode=secure, and resolves when the switch has carried that out. Its tables are then empty and nothing
 * passes.
 */
export async function setSecure(database: Database, bridge: Bridge): Promise<void> {
  const where = [["_uuid", "==", uuid(bridge.uuid)]];
  await database.configure([{ op: "update", table: "Bridge", where, row: { fail_mode: "secure" } }]);
}
