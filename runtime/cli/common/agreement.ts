/**
 * Where the table may say another thing than the policy, and rightly: the spoof guard judges before the policy is asked,
 * ports between switches are trusted, and some targets cannot tell what the policy tells apart.
 */
import type { Host, Directory } from "#compiler/model/model.ts";
import type { FlowExplanation } from "#compiler/explain/index.ts";
import type { CameBack, Led } from "#compiler/explain/way.ts";
import { Switch } from "#compiler/trace/switch.ts";
import type { Entry } from "#compiler/table/entry.ts";
import { TARGETS, type TargetName } from "#compiler/lowering/index.ts";
import { spoofEntries, type SpoofEntry } from "#compiler/lowering/spoof/spoof-entries.ts";
import { nameText } from "#compiler/certificates/text.ts";
import type { Ip } from "#compiler/net/index.ts";
import type { Entering } from "./completion.ts";

/** Their tables' order, as in the pipeline. */
const SPOOF = 0;
const NEIGHBOUR = 1;

/** Who judged a packet in place of the policy, and why. */
export interface Exception {
  readonly verdict: "allow" | "deny";
  /** As a clause: `dropped by the spoof guard: host a sits at s1:1`. */
  readonly why: string;
}

/** What the spoof guard does with a packet before the policy is asked; undefined: it lets it on. */
export function spoofed({ packet, switch: on }: Entering, directory: Directory): Exception | undefined {
  const fixed = spoofEntries(directory, on);
  const entries = fixed.map((one): Entry => ({
    ...one,
    table: one.stage === "Spoof" ? SPOOF : NEIGHBOUR,
    cookie: 0n,
    hardTimeout: 0,
    idleTimeout: 0,
    ...does(one),
  }));
  const { entry, table } = new Switch({ entries }).run(packet).path.at(-1)!;
  const met = entry && fixed.find(({ match, priority }) => match === entry.match && priority === entry.priority);
  if (met === undefined ? table === SPOOF : met.does === "next") return undefined;
  if (table === NEIGHBOUR) return { verdict: "deny", why: `dropped by the spoof guard: ${excess(packet)}` };
  if (met?.does === "trust") {
    return { verdict: "allow", why: `passed as judged before: ${on}:${packet.inPort} is a link between switches` };
  }
  return { verdict: "deny", why: `dropped by the spoof guard: ${offence({ packet, switch: on! }, directory)}` };
}

const does = ({ does: what }: SpoofEntry): Pick<Entry, "instructions"> =>
  what === "drop"
    ? { instructions: [] }
    : what === "ask"
      ? { instructions: [{ kind: "goto", table: NEIGHBOUR }] }
      : { instructions: [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }] };

/** What goes beyond what one may say from an address that nobody stated, or of whose address. */
const excess = ({ icmp }: Entering["packet"]): string =>
  icmp?.type === 135 || icmp?.type === 136
    ? "it speaks for an address of which no `host_ip` says that it is this host's"
    : "from a link-local address that no `host_ip` states, or from none, one may only find neighbours and ask for an address";

/** The fact that the packet contradicts. */
function offence(
  { packet, switch: on }: Pick<Entering, "packet"> & { readonly switch: string },
  directory: Directory,
): string {
  const bound = [...directory.hosts.values()].filter((host) => host.at !== undefined);
  const isHere = ({ at }: Host): boolean => at!.switch === on && at!.port === packet.inPort;
  const source: Ip | undefined = packet.ip?.src ?? (packet.arp && { family: 4, value: packet.arp.spa });
  const speaks = ({ addresses }: Host): boolean =>
    addresses.some(({ family, value }) => family === source?.family && value === source.value);
  const elsewhere =
    bound.find((host) => speaks(host) && !isHere(host)) ??
    bound.find((host) => host.macs.includes(packet.ethSrc) && !isHere(host));
  if (elsewhere !== undefined)
    return `host ${elsewhere.name} sits at ${elsewhere.at!.switch}:${elsewhere.at!.port}, ${saysSo(elsewhere)}`;
  const here = bound.filter(isHere);
  const whose = `${on}:${packet.inPort} is the place of host ${here.map(({ name }) => name).join(" and ")}, ${here.map(saysSo).join(" and ")}`;
  return `${whose}, and this is ${here.some(speaks) ? "not its MAC" : here.some(({ macs }) => macs.includes(packet.ethSrc)) ? "not its address" : "somebody else"}`;
}

/** The fact that puts a host where it is. */
const saysSo = ({ name, at }: Host): string =>
  `by \`host_at(${nameText(name)}, ${nameText(at!.switch)}, ${at!.port})\``;

/** What the target cannot tell apart (`compiler/lowering/encode/shape.ts`). */
export function indistinct({ packet }: Entering, target: TargetName): string | undefined {
  const { ports } = packet;
  if (TARGETS[target].fragmentField || ports === undefined || (ports.src !== 0 && ports.dst !== 0)) return undefined;
  return `${target} cannot tell a packet with port 0 from a fragment, and treats it as one`;
}

/** How it is led once it has been at a waypoint. */
export function ahead(led: Led | undefined, waypoint: string | undefined): Led | undefined {
  if (led === undefined || waypoint === undefined) return led;
  return { ...led, waypoints: led.waypoints.slice(led.waypoints.indexOf(waypoint) + 1) };
}

/** What something is taken for that comes in at a waypoint's port. */
export const returnText = ({ source, waypoint }: CameBack): string =>
  `judged as what ${nameText(source)} sent and ${nameText(waypoint)} gives back`;

/** What a waypoint or an avoid drops of that which the policy allows: it has no way that does what is asked. */
export function wayless({ led }: FlowExplanation): Exception | undefined {
  return led?.lost === undefined ? undefined : { verdict: "deny", why: `dropped: ${led.lost}` };
}
