/**
 * A packet → the reason why the table rightly gives another verdict than the policy: the spoof guard decides before the
 * policy, ports between switches are trusted, reserved groups go nowhere, a waypoint or an avoid may leave a packet no
 * path, and some targets cannot distinguish what the policy distinguishes.
 */
import { nameText } from "../certificates/text.ts";
import type { FlowExplanation } from "../explain/index.ts";
import type { ReturnedFlow } from "../explain/returned.ts";
import type { Holds } from "../explain/fragments.ts";
import { closedText } from "../explain/treatment.ts";
import type { FlowSteering } from "../explain/steering.ts";
import { TARGETS, type TargetName } from "../lowering/index.ts";
import { spoofEntries } from "../lowering/spoof/spoof-entries.ts";
import { isLinkLocal, type SpoofEntry } from "../lowering/spoof/claims.ts";
import { sharedOfBox } from "../lowering/steering/bare-boxes.ts";
import { foreignEndsOf } from "../lowering/steering/foreign-macs.ts";
import { hostsAtPorts } from "../paths/index.ts";
import { toKnownEnds } from "../lowering/encode/untold.ts";
import { beyondUntold, untoldParts } from "../lowering/steering/untold.ts";
import { tellingHosts, type SharedMark } from "../lowering/encode/telling-hosts.ts";
import { boxesOfStatedSources } from "../lowering/steering/unstated-sources.ts";
import { steers, type DerivedRule } from "../derived/rule.ts";
import type { Directory, Host } from "../model/model.ts";
import { waypointOrders } from "../paths/route.ts";
import type { Topology } from "../paths/topology.ts";
import { printIp, printMac, type Ip } from "../net/address.ts";
import type { Entry } from "../table/entry.ts";
import type { Entering } from "./complete-packet.ts";
import { isReservedGroup } from "../table/reserved-groups.ts";
import { Switch } from "./switch.ts";

/** The tables of the spoof guard in a switch of its own. What no entry matches goes on, but for neighbour discovery. */
const NUMBERS = { Spoof: 0, Sender: 1, Neighbour: 2 } as const;

/** A verdict in place of the policy's, and its reason. */
export interface Exception {
  readonly verdict: "allow" | "deny";
  /** As a clause: `dropped by the spoof guard: host a sits at s1:1`. */
  readonly why: string;
}

/** What the spoof guard decides about a packet before the policy is asked; undefined where it lets the packet on. */
export function spoofException({ packet, switch: switchName }: Entering, directory: Directory): Exception | undefined {
  const fixed = spoofEntries(directory, switchName);
  const entries = fixed.map((one): Entry => ({
    ...one,
    table: NUMBERS[one.stage],
    cookie: 0n,
    hardTimeout: 0,
    idleTimeout: 0,
    instructions: instructionsOf(one),
  }));
  const { entry, table } = new Switch({ entries }).run(packet).path.at(-1)!;
  const met = entry && fixed.find(({ match, priority }) => match === entry.match && priority === entry.priority);
  if (met === undefined ? table !== NUMBERS.Neighbour : met.does === "next") return undefined;
  if (table === NUMBERS.Sender) return { verdict: "deny", why: `dropped by the spoof guard: ${FOREIGN_MAC}` };
  if (table === NUMBERS.Neighbour)
    return { verdict: "deny", why: `dropped by the spoof guard: ${neighbourFault(packet)}` };
  if (met?.does === "trust") {
    return {
      verdict: "allow",
      why: `passed as judged before: ${switchName}:${packet.inPort} is a link between switches`,
    };
  }
  return { verdict: "deny", why: `dropped by the spoof guard: ${sourceFault(packet, switchName!, directory)}` };
}

function instructionsOf({ does }: SpoofEntry): Entry["instructions"] {
  if (does === "drop") return [];
  if (does === "check") return [{ kind: "goto", table: NUMBERS.Sender }];
  if (does === "ask") return [{ kind: "goto", table: NUMBERS.Neighbour }];
  return [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }];
}

/** What goes beyond neighbour discovery from an address that no `host_ip` states, or about such an address. */
const neighbourFault = ({ icmp, ndLink, ethSrc }: Entering["packet"]): string =>
  ndLink !== undefined && ndLink !== ethSrc
    ? FOREIGN_MAC
    : icmp?.type === 135 || icmp?.type === 136
      ? "it speaks for an address of which no `host_ip` says that it is this host's"
      : "from a link-local address that no `host_ip` states, or from none, one may only find neighbours and ask for an address";

const FOREIGN_MAC = "it gives another host's MAC as its own";

/** The fact of the directory that the packet's source contradicts. */
function sourceFault(packet: Entering["packet"], switchName: string, directory: Directory): string {
  const isIn = (at: { readonly switch: string; readonly port: number }): boolean =>
    at.switch === switchName && at.port === packet.inPort;
  if (directory.disputedPorts?.some(isIn) === true)
    return `facts contradict each other about the wire at ${switchName}:${packet.inPort}, so what comes in there is dropped`;
  const bound = [...directory.hosts.values()].filter((host) => host.at !== undefined);
  const isHere = ({ at }: Host): boolean => at!.switch === switchName && at!.port === packet.inPort;
  const source: Ip | undefined = packet.ip?.src ?? (packet.arp && { family: 4, value: packet.arp.spa });
  const hasSource = ({ addresses }: Host): boolean =>
    addresses.some(({ family, value }) => family === source?.family && value === source.value);
  const hasMac = ({ macs }: Host): boolean => macs.includes(packet.ethSrc);
  const asks = packet.arp?.spa === 0 ? packet.arp.tpa : undefined;
  const isAskedOf = ({ addresses }: Host): boolean =>
    addresses.some(({ family, value }) => family === 4 && value === asks);
  const gives = ({ macs }: Host): boolean => packet.arp !== undefined && macs.includes(packet.arp.sha);
  const isOf = (host: Host): boolean => [hasSource, hasMac, isAskedOf, gives].some((is) => is(host));
  const isBetween = ({ disputed = [] }: Host): boolean => disputed.some(isIn);
  const disputed = [...directory.hosts.values()].filter((host) => host.disputed !== undefined);
  const unplaced = disputed.find(isOf) ?? (bound.some(isHere) ? undefined : disputed.find(isBetween));
  if (unplaced !== undefined) {
    const places = unplaced.disputed!.map((at) => `${at.switch}:${at.port}`).join(" and at ");
    if (places === "") return `a fact puts host ${unplaced.name} at a switch that no fact names`;
    return unplaced.disputed!.length === 1
      ? `facts put host ${unplaced.name} at ${places}, and a link as well, so it is not believed to be there`
      : `facts put host ${unplaced.name} at ${places}, so it is believed to be at none of them`;
  }
  const elsewhere = [hasSource, hasMac, isAskedOf, gives]
    .map((is) => bound.find((host) => is(host) && !isHere(host)))
    .find((host) => host !== undefined);
  if (elsewhere !== undefined)
    return `host ${elsewhere.name} sits at ${elsewhere.at!.switch}:${elsewhere.at!.port}, ${factText(elsewhere)}`;
  const here = bound.filter(isHere);
  const place = `${switchName}:${packet.inPort} is the place of host ${here.map(({ name }) => name).join(" and ")}, ${here.map(factText).join(" and ")}`;
  const fault = here.some(hasSource) ? "not its MAC" : here.some(hasMac) ? "not its address" : "somebody else";
  // Such a frame may be meant: a router's, from other networks.
  const isFromElsewhere = packet.ip !== undefined && here.some(({ addresses }) => addresses.length > 0);
  const uplink = isFromElsewhere && fault !== "not its MAC" ? UPLINK : "";
  return `${place}, and this is ${fault}${uplink}`;
}

const UPLINK =
  "; an uplink, which forwards what others send, is stated by `host_mac` and `host_at` without `host_ip`, and may send from every address that is no known host's";

/** The fact that puts a host where it is. */
const factText = ({ name, at }: Host): string =>
  `by \`host_at(${nameText(name)}, ${nameText(at!.switch)}, ${at!.port})\``;

/**
 * The drop of a frame to a reserved group, which is meant for the neighbour on the wire alone, whatever the policy
 * says.
 */
export function reservedException({ packet }: Entering): Exception | undefined {
  if (!isReservedGroup(BigInt(packet.ethDst))) return undefined;
  return {
    verdict: "deny",
    why: `dropped: ${printMac(packet.ethDst)} is reserved for one link, and no switch forwards it`,
  };
}

/** The packets that the target cannot distinguish (`compiler/lowering/encode/shape.ts`); undefined if it can. */
export function indistinctPorts({ packet }: Entering, target: TargetName): string | undefined {
  const { ports, ip } = packet;
  if (TARGETS[target].fragmentField) return undefined;
  if (ip?.fragment !== "no" && ip !== undefined)
    return `${target} cannot tell a fragment from a packet whose ports are 0`;
  if (ports === undefined || (ports.src !== 0 && ports.dst !== 0)) return undefined;
  return `${target} cannot tell a packet with port 0 from a fragment, and treats it as one`;
}

/**
 * Why a packet that statements lead may be dropped at the switch where it enters; undefined if its destination is
 * elsewhere. What a host sends to itself has no path (NETWORK, "Forward").
 */
export function sentToItself({ packet, switch: switchName }: Entering, directory: Directory): string | undefined {
  const isMeant = ({ macs, addresses }: Host): boolean =>
    macs.includes(packet.ethDst) ||
    addresses.some(({ family, value }) => family === packet.ip?.dst.family && value === packet.ip.dst.value);
  const here = [...directory.hosts.values()].find(
    (host) => host.at?.switch === switchName && host.at?.port === packet.inPort && isMeant(host),
  );
  return (
    here && `dropped: host ${here.name}, where it is to go, sits where it enters, and what is led has no path there`
  );
}

/**
 * Why a frame that is neither IP nor ARP gets no further than the first waypoint that is a host; undefined if it passes
 * none. Coming back it has no address to show whose it is (NETWORK, "Forward").
 */
export function endsAtBox(
  { packet: { ip, arp, ethType } }: Entering,
  led: FlowSteering | undefined,
  topology: Topology | undefined,
): string | undefined {
  if (ip !== undefined || arp !== undefined) return undefined;
  if (led === undefined || topology === undefined) return undefined;
  const box = waypointOrders(led)[0]?.find((node) => topology.hosts.has(node));
  return (
    box &&
    `it ends at ${nameText(box)}, the first waypoint that is a host: what is neither IP nor ARP (0x${ethType.toString(16)}) has no address to show whose it is when it comes back`
  );
}

/** The drop of what a waypoint sends with its own MAC from an address that no fact states for it (NETWORK, "Spoof"). */
export function unstatedException(
  { packet, switch: switchName }: Entering,
  rules: readonly DerivedRule[],
  topology: Topology | undefined,
): Exception | undefined {
  const { ip, ethSrc, inPort } = packet;
  if (ip === undefined || topology === undefined || isOfNoAddress(ip.src)) return undefined;
  // A host without a stated MAC has any that is of no host.
  const isOf = ({ macs }: Host): boolean =>
    macs.length > 0 ? macs.includes(ethSrc) : ![...topology.hosts.values()].some((host) => host.macs.includes(ethSrc));
  const found = boxesOfStatedSources(rules.filter(steers), topology).find(
    ({ box, lacked }) =>
      box.at.switch === switchName && box.at.port === inPort && isOf(box) && lacked.includes(ip.src.family),
  );
  if (found === undefined) return undefined;
  const name = nameText(found.box.name);
  const why = `dropped: ${name} is a waypoint, and what it sends from an IPv${ip.src.family} address that no \`host_ip\` states may be what others sent`;
  return { verdict: "deny", why };
}

/** The drop of what shows the address of a host without a stated MAC and the MAC of another (NETWORK, "Forward"). */
export function foreignEndException(
  { packet: { ip, ethDst } }: Entering,
  rules: readonly DerivedRule[],
  topology: Topology | undefined,
): Exception | undefined {
  if (ip === undefined || topology === undefined) return undefined;
  const isTo = ({ addresses }: Host): boolean =>
    addresses.some(({ family, value }) => family === ip.dst.family && BigInt(value) === BigInt(ip.dst.value));
  const steering = rules.filter(steers);
  const telling = tellingHosts(topology, steering);
  const { rules: held } = toKnownEnds(beyondUntold(steering, telling), telling.topology);
  const end = foreignEndsOf(held, telling.topology)
    .filter(({ others }) => others.some(({ macs }) => macs.includes(ethDst)))
    .flatMap(({ bare }) => bare.find(isTo) ?? [])[0];
  if (end === undefined) return undefined;
  const why = `dropped: it shows the address of ${nameText(end.name)}, whose MAC no \`host_mac\` states, and the MAC of another host`;
  return { verdict: "deny", why };
}

/**
 * Why what comes from a port of hosts without a stated MAC, and shows no MAC and no address that facts state, may be dropped where
 * statements lead it; undefined: it shows one. No later switch could tell it from what others send (NETWORK, "Forward").
 */
export function untoldSource(
  { packet: { ip, ethSrc, inPort }, switch: switchName }: Entering,
  topology: Topology | undefined,
): string | undefined {
  if (topology === undefined || switchName === undefined) return undefined;
  const all = [...topology.hosts.values()];
  if (all.some(({ macs }) => macs.includes(ethSrc))) return undefined;
  const bare = hostsAtPorts(topology, [{ switch: switchName, port: inPort }]).filter(({ macs }) => macs.length === 0);
  const isIts = ({ addresses }: Host): boolean =>
    addresses.some(({ family, value }) => family === ip?.src.family && value === ip.src.value);
  if (bare.length === 0 || bare.some(isIts)) return undefined;
  const names = bare.map(({ name }) => nameText(name)).join(" and ");
  return `dropped: no \`host_mac\` states the MAC of ${names}, so no switch beyond the first could tell what shows no stated address from what others send`;
}

/** The drop of what shows a MAC or an address that tells nobody, where a statement leads it (NETWORK, "Spoof"). */
export function untoldException(
  { packet: { ip, ethSrc, ethDst, inPort }, switch: switchName, flow }: Entering,
  rules: readonly DerivedRule[],
  topology: Topology | undefined,
  holds: Holds,
): Exception | undefined {
  if (topology === undefined) return undefined;
  const shown = { mac: ethSrc, ip: ip?.src };
  const ofBox = switchName && sharedOfBox(rules, topology, { switch: switchName, port: inPort }, shown);
  if (ofBox) {
    const value = typeof ofBox.value === "number" ? printMac(ofBox.value) : printIp(ofBox.value);
    const why = `dropped: a waypoint stands at ${switchName}:${inPort}, and ${value} is of hosts at other ports, too`;
    return { verdict: "deny", why };
  }
  const steering = rules.filter(steers);
  const telling = tellingHosts(topology, steering);
  for (const rule of steering) {
    const met = untoldParts(rule, topology, telling).find(({ flows }) =>
      holds(rule.effect as "waypoint" | "avoid", flows, flow),
    );
    if (met === undefined) continue;
    const isMac = met.field === "srcEth" || met.field === "dstEth";
    const mac = met.field === "srcEth" ? ethSrc : ethDst;
    const address = met.field === "srcHost" ? ip?.src : ip?.dst;
    const isShown = ({ value: one }: SharedMark): boolean =>
      typeof one === "number" ? one === mac : one.family === address?.family && one.value === address.value;
    const names = met.shared.find(isShown)!.hosts.map(({ name }) => nameText(name));
    const value = isMac ? printMac(mac) : printIp(address!);
    return {
      verdict: "deny",
      why: `dropped: ${value} is of ${names.join(" and ")}, and nothing tells which of them it is`,
    };
  }
  return undefined;
}

const isOfNoAddress = ({ value }: Ip): boolean => BigInt(value) === 0n || isLinkLocal(BigInt(value));

/** How a packet is steered once it has been at a waypoint. */
export function steeredAfter(led: FlowSteering | undefined, waypoint: string | undefined): FlowSteering | undefined {
  if (led === undefined || waypoint === undefined) return led;
  // Of statements that do not name it nothing is known: what they ask for may lie behind it.
  const lists = led.lists
    .filter((list) => list.includes(waypoint))
    .map((list) => list.slice(list.indexOf(waypoint) + 1));
  return { ...led, lists, waypoints: [...new Set(lists.flat())] };
}

/** The drop of what shows the MAC of a waypoint and an address of several hosts (NETWORK, "Restore"). */
export function sharedException(back: ReturnedFlow | undefined): Exception | undefined {
  if (back?.sharedBy === undefined) return undefined;
  const why = `dropped: it has the MAC of ${nameText(back.waypoint)}, and its address is that of ${back.sharedBy.map(nameText).join(" and ")}, so nothing tells whose it is`;
  return { verdict: "deny", why };
}

/** What a packet that comes in at a waypoint's port is taken for. */
export const returnText = ({ source, waypoint, isRouted }: ReturnedFlow): string =>
  `judged as what ${nameText(source)} sent and ${nameText(waypoint)} gives back${isRouted ? " with its own MAC, as a router; it gets the MAC of its sender back, and later waypoints do the same" : ""}`;

/** The drop of a packet that a limit holds, because the share of each switch in the limit is too small for a meter. */
export function limitException({ treatment }: FlowExplanation): Exception | undefined {
  const closed = treatment.map(closedText).find((one) => one !== undefined);
  return closed === undefined ? undefined : { verdict: "deny", why: `dropped: ${closed}` };
}

/** The drop of a packet that the policy allows and that no path leads as its waypoints and avoids ask. */
export function steeringException({ led }: FlowExplanation): Exception | undefined {
  return led?.lost === undefined ? undefined : { verdict: "deny", why: `dropped: ${led.lost}` };
}
