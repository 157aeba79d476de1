/**
 * The checks of a bridge before it is changed. They ask four questions: is it the intended bridge (the fact `switch(S,
 * DPID)` gives the datapath of S), does it drop or switch everything when it has no entries, does it hide entries above
 * ours, and does it separate ports that our table would join?
 *
 * Setting fail_mode=secure empties the tables of a bridge at once (NETWORK, "Sending"). So it is set only after
 * everything that can be refused was checked, and no message advises it after sending. Foreign entries are removed with
 * the tables only if the user takes them over.
 */
import {
  portsBonded,
  bridgeUnknown,
  endsCached,
  fallsBack,
  forwardsReserved,
  framesMirrored,
  notSecure,
  othersWouldGo,
  portsAbsent,
  reachedInBand,
  secureNeedsDatabase,
  sharedDatapath,
  vlansJoined,
  wrongSwitch,
} from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Directory } from "../../compiler/model/model.ts";
import { isOurs } from "../../compiler/table/cookie.ts";
import type { Entry, OutputPort, Table } from "../../compiler/table/entry.ts";
import type { FlowStats } from "../openflow/index.ts";
import { numbersIn, type Bridge } from "../ovsdb/index.ts";
import { RequestRefused, type Session } from "../session/index.ts";
import { otherMeaning, settingWarnings } from "./bridge/settings-checks.ts";
import { trackingNotes } from "./bridge/tracking.ts";

/** OFPP_LOCAL (OpenFlow 1.3.5, section 7.2.1): the port that has the bridge's name. */
const LOCAL = 0xffff_fffe;

/** The name of the switch that the table is for, and all switches of the policy. */
export interface IntendedSwitch {
  readonly name: string;
  readonly switches: Directory["switches"];
}

/**
 * E980 if the datapath is not that of the intended switch; nothing if it is, or if no fact gives the switch's datapath.
 */
export function checkDatapath(
  { target, features }: Session,
  intended: IntendedSwitch | undefined,
): readonly Diagnostic[] {
  const known = intended?.switches.get(intended.name);
  const datapath = features.datapath.toString(16).padStart(16, "0");
  if (intended === undefined || known === undefined || known.dpid === datapath) return [];
  const { name, dpid, span } = known;
  const other = [...intended.switches.values()].find((one) => one.dpid === datapath);
  const help =
    other === undefined
      ? `no switch of the policy has this datapath; if this is \`${name}\`, say switch(${name}, "${datapath}")`
      : `this is \`${other.name}\`: --as ${other.name}`;
  return [wrongSwitch({ target, name, datapath, dpid }, { help, span })];
}

/** Numbers above it are no ports that are plugged in (Open vSwitch, OFPP_MAX of OpenFlow 1.0). */
const MOST_PORTS = 0xfeff;

/** The options of `apply` that matter here. */
interface Options {
  readonly secure?: boolean;
  readonly server?: unknown;
  readonly besideForeign?: boolean | undefined;
  readonly takeOver?: boolean;
  readonly purgesAtEnds?: boolean;
}

/** Whether fail_mode=secure is to be set, which empties the tables first. */
export const securesFirst = (bridge: Bridge | undefined, { secure }: Options): boolean =>
  secure === true && bridge !== undefined && bridge.failMode !== "secure";

/** Why the bridge cannot be made secure; nothing if it can be, already is, or need not be. */
export function secureRefused(
  target: string,
  bridge: Bridge | undefined,
  flows: readonly FlowStats[],
  options: Options,
): readonly Diagnostic[] {
  if (options.secure !== true) return [];
  if (bridge === undefined) return [secureNeedsDatabase({ target }, { help: "name it with --db unix:PATH" })];
  const others = flows.filter((flow) => !isOurs(flow.cookie)).length;
  if (bridge.failMode === "secure" || options.takeOver === true || others === 0) return [];
  const entries = others === 1 ? "1 entry" : `${others} entries`;
  const help = "with --take-over they go; without --secure they stay";
  return [othersWouldGo({ bridge: bridge.name, entries }, { help })];
}

/** The most ports or peers that a message names. */
const MOST_NAMED = 4;

const someOf = (names: readonly string[]): string =>
  names.length > MOST_NAMED
    ? `${names.slice(0, MOST_NAMED).join(", ")} and ${names.length - MOST_NAMED} more`
    : names.join(", ");

/**
 * The diagnostics for a bridge on which the table would not have its effect. Entries that the switch adds by itself
 * stand above all of ours, and no command shows them (NETWORK, "Sending"). A table that names ports joins ports that
 * the switch's own forwarding separates.
 */
export function unkeptPromises(bridge: Bridge | undefined, desired: Table, options: Options): readonly Diagnostic[] {
  if (bridge === undefined) return [];
  return [
    ...hiddenEntries(bridge, options),
    ...joinedPorts(bridge, desired),
    ...otherMeaning(bridge, desired, options),
  ];
}

/** No `apply` comes to a switch that a server holds, and that server fills what is emptied. */
const secureHelp = ({ name }: Bridge, { server }: Options): string =>
  server === undefined
    ? "apply with --secure, which sets it before it sends the entries; set alone, it empties the tables"
    : `\`ovs-vsctl set-fail-mode ${name} secure\`, which empties its tables; nothing passes then until this server has filled them, within seconds`;

function hiddenEntries(bridge: Bridge, options: Options): readonly Diagnostic[] {
  const { name, controllers, failMode } = bridge;
  const found: Diagnostic[] = [];
  const peers = bridge.inBandDisabled ? [] : [...controllers, ...bridge.managers].filter(({ inBand }) => inBand);
  if (peers.length > 0) {
    const help =
      `first \`ovs-vsctl set bridge ${name} other-config:disable-in-band=true\`, which leaves all entries as they are, ` +
      "then apply again; what is reached through this bridge alone needs another way, or a statement, before";
    const named = someOf(peers.map(({ target }) => `\`${target}\``));
    found.push(reachedInBand({ bridge: name, peers: named }, { help }));
  }
  const [controller] = controllers;
  if (controller !== undefined && failMode !== "secure" && options.secure !== true) {
    const help = secureHelp(bridge, options);
    found.push(fallsBack({ bridge: name, controller: controller.target }, { help }));
  }
  return found;
}

function joinedPorts({ name, apart }: Bridge, { entries }: Table): readonly Diagnostic[] {
  if (apart.length === 0 || !entries.some(sendsByNumber)) return [];
  const help =
    "without `link` facts, waypoints and avoids the switch forwards by itself and keeps ports apart; with any of these, first " +
    "deny in the policy what must stay apart, and then take the settings from the ports";
  const ports = someOf(apart.map((port) => `${port.name}: ${port.settings.join(" ")}`));
  return [vlansJoined({ bridge: name, ports }, { help })];
}

const sendsTo =
  (isMeant: (port: OutputPort) => boolean) =>
  ({ instructions }: Entry): boolean =>
    instructions.some(
      (one) => one.kind === "apply" && one.actions.some((action) => action.kind === "output" && isMeant(action.port)),
    );

/** Whether an entry sends to ports by their numbers. */
export const sendsByNumber = sendsTo((port) => !["NORMAL", "CONTROLLER"].includes(`${port}`));
const switchesNormally = sendsTo((port) => port === "NORMAL");

/**
 * The bridge at the other end of a session. If several have its datapath id, the name of its own port decides between
 * them; E993 if that fails too.
 */
export async function bridgeOf(
  bridges: readonly Bridge[],
  session: Session,
): Promise<{ readonly bridge?: Bridge | undefined; readonly refused: readonly Diagnostic[] }> {
  if (bridges.length < 2) return { bridge: bridges[0], refused: [] };
  const own = new Set<string>();
  try {
    await session.collect({ kind: "port_desc" }, (part) => {
      if (part.kind === "port_desc") for (const { port, name } of part.ports) if (port === LOCAL) own.add(name);
    });
  } catch (fault) {
    if (!(fault instanceof RequestRefused)) throw fault;
  }
  const found = bridges.filter(({ name }) => own.has(name));
  if (found.length === 1) return { bridge: found[0], refused: [] };
  const { target, features } = session;
  const names = bridges.map(({ name }) => `\`${name}\``).join(", ");
  const datapath = features.datapath.toString(16).padStart(16, "0");
  const help = "give each its own: `ovs-vsctl set bridge NAME other-config:datapath-id=DIGITS`";
  return { refused: [sharedDatapath({ bridges: names, datapath, target }, { help })] };
}

/** W996 for a bridge whose own forwarding, if the table uses it, spares no reserved groups (NETWORK, "Forward"). */
function reservedWarnings(bridge: Bridge, { entries }: Table): readonly Diagnostic[] {
  if (!bridge.forwardsReserved || !entries.some(switchesNormally)) return [];
  const help =
    "`deny(dstEth=01:80:c2:00:00:00-01:80:c2:00:00:0f)` on rootShare holds those of the standard; " +
    "spanning tree protocols that run through this bridge need them";
  return [forwardsReserved({ bridge: bridge.name }, { help })];
}

/** W967 for ports that the table names and the switch lacks, W968 for copies beside the table, W969 for ports that are one. */
function portWarnings(target: string, bridge: Bridge, desired: Table): readonly Diagnostic[] {
  const { name, mirrors, bonds, interfaces } = bridge;
  const named = numbersIn(desired);
  // W965 says it of a port that has a queue.
  const queued = new Set(desired.queues?.map(({ port }) => port));
  const isAbsent = (port: number): boolean => port <= MOST_PORTS && !interfaces.has(port) && !queued.has(port);
  const absent = [...named].filter(isAbsent).toSorted((a, b) => a - b);
  const found: Diagnostic[] = [];
  if (absent.length > 0) {
    const help =
      "what is led there goes nowhere, and nothing comes from there, until it is plugged in; " +
      "`ovs-vsctl set interface NAME ofport_request=NUMBER` gives a port its number";
    const ports = `port${absent.length > 1 ? "s" : ""} ${someOf(absent.map(String))}`;
    found.push(portsAbsent({ target, ports }, { help }));
  }
  if (mirrors.length > 0) {
    const copies = someOf(mirrors.map((one) => `\`${one.to}\` (${one.name})`));
    const columns = new Set(mirrors.map(({ column }) => column));
    const help = `whoever is there sees them; \`ovs-vsctl clear bridge ${name} ${[...columns].join(" ")}\` ends it`;
    found.push(framesMirrored({ bridge: name, copies }, { help }));
  }
  const sends = desired.entries.some(sendsByNumber);
  for (const { name: bond, numbers } of bonds) {
    if (!sends && !numbers.some((port) => named.has(port))) continue;
    const help =
      "without `link` facts, and without facts of hosts at these ports, the switch forwards by itself and takes them as one";
    found.push(portsBonded({ bridge: name, bond, ports: numbers.join(", ") }, { help }));
  }
  return found;
}

/**
 * Warnings of a bridge on which the table may not be all that decides. Where the database does not tell, a note says so;
 * `reached` is whether it answered. `flows`: what the switch holds before.
 */
export function bridgeWarnings(
  { target }: Pick<Session, "target">,
  bridge: Bridge | undefined,
  desired: Table,
  { reached, flows, ...options }: Options & { readonly reached: boolean; readonly flows: readonly FlowStats[] },
): readonly Diagnostic[] {
  const tracking = trackingNotes(target, flows, desired);
  if (bridge !== undefined)
    return [
      ...tracking,
      ...securityWarnings(bridge, options),
      ...reservedWarnings(bridge, desired),
      ...portWarnings(target, bridge, desired),
      ...settingWarnings(bridge, desired),
      ...cacheWarnings(bridge, desired, options),
    ];
  const reason = reached ? "has no bridge with its datapath id" : "was not reached";
  const help =
    "name it with --db: unix:PATH, or tcp:ADDRESS:PORT where ovsdb-server listens; or look there yourself: " +
    "`ovs-vsctl list bridge`, `ovs-vsctl list port`, `ovs-vsctl list controller`";
  return [...tracking, bridgeUnknown({ target, reason }, { help })];
}

/** W951 for a bridge that is not secure. Its help says the order, since setting it by hand would remove the entries. */
function securityWarnings(bridge: Bridge, { secure, server }: Options): readonly Diagnostic[] {
  if (bridge.failMode === "secure" || secure === true) return [];
  return [notSecure({ bridge: bridge.name }, { help: secureHelp(bridge, { server }) })];
}

/** W991 for entries with an end on a bridge that may pass what it has cached after them (NETWORK, "Sending"). */
function cacheWarnings(
  { name, userspace, cachesFlows, allUserspace }: Bridge,
  { entries }: Table,
  { purgesAtEnds }: Options,
): readonly Diagnostic[] {
  if (!userspace || !cachesFlows || purgesAtEnds === true) return [];
  if (!entries.some(({ hardTimeout }) => hardTimeout > 0)) return [];
  const purging =
    "`glazier serve` purges the cache at each end, and by hand `ovs-appctl revalidator/purge` does after it";
  // The kernel's datapath would ask for each packet then.
  const off =
    "; or `ovs-vsctl set Open_vSwitch . other_config:flow-limit=0`, after which nothing is cached, each packet takes " +
    "more processor time, and `ovs-vsctl remove Open_vSwitch . other_config flow-limit` takes it back";
  return [endsCached({ bridge: name }, { help: allUserspace ? purging + off : purging })];
}
