/**
 * A few fields of a packet → a whole packet. Fields that are not given come from the directory, else a plain value is
 * chosen.
 */
import {
  constrainedFields,
  constraint,
  holds,
  renderFlow,
  setEqual,
  setHolds,
  LATER,
  witness,
} from "../flowgroup/index.ts";
import type { Cube, Field, FieldSet, Flow, Flowgroup, Value } from "../flowgroup/index.ts";
import { UserIndex } from "../lowering/encode/user-index.ts";
import type { Directory } from "../model/model.ts";
import type { Ip } from "../net/index.ts";
import { endsOf, freeMac, freePort, type End } from "./ends.ts";
import { flowOf, isIcmp, PORTED, possibleUsers, type Packet, type PossibleUsers } from "./packet.ts";
import type { ArpAddresses } from "./tcpdump.ts";

/** Properties of a packet that are no fields of the policy language. */
export interface BeyondFields {
  readonly arp?: ArpAddresses | undefined;
  readonly fragment?: "first" | "later" | undefined;
}

/** A packet, where it enters the network, and the flow that the policy sees in it. */
export interface Entering {
  readonly packet: Packet;
  /** The switch that it enters by; absent in a network of one unnamed switch. */
  readonly switch?: string;
  readonly flow: Flow;
  /** The users that it may be of, where it does not show which. */
  readonly among?: PossibleUsers;
  /** The fields that were given no value, or several, and were therefore chosen, as `field=value`. */
  readonly chosen: string;
}

/** A dynamic port (RFC 6335, section 6): no rule means it in particular. */
const ANY_PORT = 49_152;
/** For experiments (RFC 3692): an IP protocol without ports that no rule means in particular. */
const ANY_PROTOCOL = 253;
const IPV6 = 0x86dd;
const IPV4 = 0x0800;
const ARP = 0x0806;
/** The value of `direction` that means a response. */
const RESPONSE = 1;

/** A packet of this network that is one of these flows; undefined where the directory allows none. */
export function complete(asked: Flowgroup, directory: Directory, beyond: BeyondFields = {}): Entering | undefined {
  const userIndex = new UserIndex(directory);
  for (const cube of asked.cubes) {
    const plain = witness({ cubes: [cube] })!;
    const sources = endsOf("source", cube, plain, directory, userIndex, beyond.arp?.from);
    const destinations = endsOf("destination", cube, plain, directory, userIndex, beyond.arp?.to);
    for (const from of sources) {
      for (const to of destinations) {
        if (from.ip && to.ip && from.ip.family !== to.ip.family) continue;
        const completion = new Completion(cube, plain, directory, beyond.fragment);
        const entering = completion.between(from, to, userIndex);
        const flow = datagramOf(entering, userIndex);
        if (!withUsers(flow, entering.among).some((one) => holds(asked, one))) continue;
        for (const field of severalValued(asked, cube)) completion.note(field, flow[field]);
        return { ...entering, chosen: completion.chosen };
      }
    }
  }
  return undefined;
}

/** The fields of the cube for which what was asked leaves more than one value: the answer is for one of them alone. */
function severalValued(asked: Flowgroup, cube: Cube): readonly Field[] {
  return constrainedFields(cube).filter((field) => {
    const here = constraint(cube, field)!;
    const isShared = asked.cubes.every((other) => {
      const there = constraint(other, field);
      return there !== undefined && setEqual(there, here);
    });
    return !isShared || !isOneValue(here);
  });
}

function isOneValue(set: FieldSet): boolean {
  if (set.absent) return false;
  if (set.kind === "name") return !set.not && set.names.length === 1;
  const bounds: readonly (number | bigint)[] = set.kind === "number" ? set.ranges : [...set.v4, ...set.v6];
  return bounds.length === 2 && bounds[0] === bounds[1];
}

/** The flows that a packet may be of. */
const withUsers = (flow: Flow, { user, dstUser }: PossibleUsers = {}): readonly Flow[] =>
  (user ?? [flow.user]).flatMap((from) =>
    (dstUser ?? [flow.dstUser]).map((to) => ({
      ...flow,
      ...(from !== undefined && { user: from }),
      ...(to !== undefined && { dstUser: to }),
    })),
  );

/** The flow that the user asks about: that of a packet, or of the datagram to which a fragment belongs. */
function datagramOf({ packet, switch: switchName, flow }: Entering, userIndex: UserIndex): Flow {
  const { ip } = packet;
  return ip === undefined || ip.fragment === "no"
    ? flow
    : flowOf({ ...packet, ip: { ...ip, fragment: "no" } }, userIndex, switchName);
}

/** One packet while its fields are filled in. */
class Completion {
  readonly #cube: Cube;
  readonly #plain: Flow;
  readonly #directory: Directory;
  readonly #fragment: BeyondFields["fragment"];
  readonly #chosen: { -readonly [F in Field]?: Value } = {};

  constructor(cube: Cube, plain: Flow, directory: Directory, fragment: BeyondFields["fragment"]) {
    this.#fragment = fragment;
    this.#cube = cube;
    this.#plain = plain;
    this.#directory = directory;
  }

  between(from: End, to: End, userIndex: UserIndex): Entering {
    const plain = this.#plain;
    const switchName = this.#switchOf(from);
    const inPort = this.#portOf(from, switchName);
    const ethSrc = this.#known("srcEth", from.host?.macs ?? [], () => freeMac(this.#directory, 1)) as number;
    const ethDst = this.#known("dstEth", to.host?.macs ?? [], () => freeMac(this.#directory, 2)) as number;
    const link = { inPort, ethSrc, ethDst, ...(plain.vlan !== undefined && { vlan: plain.vlan as number }) };
    const isIp =
      this.#fragment !== undefined || plain.ethType === undefined || plain.ethType === IPV4 || plain.ethType === IPV6;
    const packet: Packet = isIp ? this.#ipPacket(link, from, to) : frame(link, plain.ethType as number, from, to);
    const flow = flowOf(packet, userIndex, switchName);
    const among = possibleUsers(packet, userIndex, switchName);
    return {
      packet,
      ...(switchName !== undefined && { switch: switchName }),
      flow,
      ...(Object.keys(among).length > 0 && { among }),
      chosen: this.chosen,
    };
  }

  #ipPacket(link: Pick<Packet, "inPort" | "ethSrc" | "ethDst" | "vlan">, from: End, to: End): Packet {
    const plain = this.#plain;
    const family = from.ip?.family ?? to.ip?.family ?? (plain.ethType === IPV6 ? 6 : 4);
    const transport = this.#number("transport", ANY_PROTOCOL);
    // ICMP is one transport over both families (`fields.ts`).
    const protocol = family === 6 && (transport === 1 || transport === 58) ? 59 - transport : transport;
    const unspecified: Ip = family === 4 ? { family: 4, value: 0 } : { family: 6, value: 0n };
    const src = from.ip ?? (this.#choose("srcHost", unspecified) as Ip);
    const dst = to.ip ?? (this.#choose("dstHost", unspecified) as Ip);
    // Only a fragment shows the number of the IPv6 fragment header.
    const fragment: "no" | "first" | "later" = this.#fragment ?? (family === 6 && protocol === LATER ? "later" : "no");
    const ip = { src, dst, protocol, dscp: (plain.dscp as number | undefined) ?? 0, fragment };
    const tracked = plain.direction === RESPONSE && { response: true as const };
    const packet: Packet = { ...link, ethType: family === 4 ? IPV4 : IPV6, ip, ...tracked };
    if (fragment !== "no") return packet;
    if (PORTED[protocol] !== undefined) {
      return { ...packet, ports: { src: this.#number("srcPort", ANY_PORT), dst: this.#number("dstPort", ANY_PORT) } };
    }
    if (!isIcmp(family, protocol)) return packet;
    const echo = family === 4 ? 8 : 128;
    const icmp = { type: this.#number("icmpType", echo), code: this.#number("icmpCode", 0) };
    if (family === 4 || !isUntracked(icmp.type)) return { ...packet, icmp };
    const { response: _, ...untracked } = packet;
    return { ...untracked, icmp, invalid: true };
  }

  /** The switch that it enters by: a given one, else the one where the host is, else the first. */
  #switchOf({ host }: End): string | undefined {
    const names = [...this.#directory.switches.keys()].toSorted();
    if (names.length === 0) return undefined;
    const points = constraint(this.#cube, "srcAP");
    const at = host?.at && `${host.at.switch}:${host.at.port}`;
    if (points?.kind === "name" && !points.not && !(at !== undefined && setHolds(points, at))) {
      return points.names[0]!.slice(0, points.names[0]!.lastIndexOf(":"));
    }
    const first = host?.at ? [host.at.switch] : [];
    return [...first, ...names].find((name) => this.#allows("switch", name)) ?? names[0];
  }

  #portOf({ host }: End, switchName: string | undefined): number {
    const points = constraint(this.#cube, "srcAP");
    const here = host?.at?.switch === switchName ? host?.at?.port : undefined;
    const point = (port: number): boolean =>
      this.#allows("srcAP", `${switchName}:${port}`) && this.#allows("inPort", port);
    if (here !== undefined && point(here)) return here;
    if (points?.kind === "name" && !points.not) {
      const named = points.names.find((name) => name.slice(0, name.lastIndexOf(":")) === switchName);
      const port = Number(named?.slice(named.lastIndexOf(":") + 1));
      if (Number.isInteger(port)) return port;
    }
    return this.#known("inPort", [], () => freePort(this.#directory, switchName, point)) as number;
  }

  #allows(field: Field, value: Value): boolean {
    const set = constraint(this.#cube, field);
    return set === undefined || setHolds(set, value);
  }

  /** The directory's value where the given fields allow it, else the given one, else a choice. */
  #known(field: Field, values: readonly Value[], choice: () => Value): Value {
    const known = values.find((value) => this.#allows(field, value));
    return known ?? this.#plain[field] ?? this.#choose(field, choice());
  }

  /** What was chosen, as `field=value`. */
  get chosen(): string {
    return renderFlow(this.#chosen);
  }

  /** Says that a value is one of several; what the packet does not show was not chosen. */
  note(field: Field, value: Value | undefined): void {
    if (value !== undefined) this.#chosen[field] = value;
  }

  #choose(field: Field, value: Value): Value {
    this.#chosen[field] = value;
    return value;
  }

  #number(field: Field, value: number): number {
    return (this.#plain[field] ?? this.#choose(field, value)) as number;
  }
}

/** Whether connection tracking never follows ICMPv6 of this type: neighbour and router discovery, and multicast reports. */
const isUntracked = (type: number): boolean => (type >= 130 && type <= 137) || type === 143;

/** A frame that is not IP. An ARP frame names the host that asks, or the spoof guard would take it for another's. */
function frame(
  link: Pick<Packet, "inPort" | "ethSrc" | "ethDst" | "vlan">,
  ethType: number,
  from: End,
  to: End,
): Packet {
  if (ethType !== ARP) return { ...link, ethType };
  const address = ({ asks, host }: End): number => {
    const own = asks ?? host?.addresses.find(({ family }) => family === 4);
    return own?.family === 4 ? own.value : 0;
  };
  const question = { op: 1, spa: address(from), tpa: address(to), sha: link.ethSrc, tha: 0 };
  return { ...link, ethType, arp: question };
}
