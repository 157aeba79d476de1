/** A packet that this network cannot have → the fact of the directory, or the kind of packet, that rules it out. */
import {
  constraint,
  flowgroup,
  renderFlow,
  renderSet,
  withConstraint,
  type Field,
  type Flow,
  type Flowgroup,
} from "../flowgroup/index.ts";
import { misuse, type Fault } from "../lookup/found.ts";
import type { Directory, Host } from "../model/model.ts";
import { printIp, printMac, type Ip } from "../net/index.ts";
import { complete } from "./complete-packet.ts";

/** Fields that the directory decides; the first of them without which there is such a packet is at fault. */
const SUSPECTS = ["dstAP", "direction", "user", "dstUser", "srcAP", "inPort", "switch", "srcEth", "dstEth"] as const;

/** Why no packet of this network is one of these flows. */
export function contradiction(asked: Flowgroup, directory: Directory): Fault {
  for (const field of SUSPECTS) {
    const set = asked.cubes.map((cube) => constraint(cube, field)).find((one) => one !== undefined);
    if (set === undefined) continue;
    if (field === "dstAP") return misuse("`dstAP` is not seen where a packet enters", "name the host by `dstHost`");
    if (field === "direction") return misuse("no packet like that has a `direction`", "leave it out");
    const rest = flowgroup(asked.cubes.map((cube) => withConstraint(cube, field, undefined)));
    const other = complete(rest, directory);
    if (other === undefined) continue;
    const given =
      set.kind === "name" && set.not ? `${field}!=${set.names.join(", ")}` : `${field}=${renderSet(field, set)}`;
    const isUser = field === "user" || field === "dstUser";
    if (isUser && other.flow[field] === undefined) {
      const kind = renderFlow({ ethType: other.flow.ethType! });
      const others = field === "user" ? ", and what comes from where `host_at` says who stands" : "";
      return misuse(`\`${given}\` contradicts \`${kind}\``, `only IP packets have a ${field}${others}`);
    }
    const names = set.kind === "name" && !set.not ? set.names : [];
    const fact = isUser ? whereIs(field, names, other.flow, rest, directory) : undefined;
    return misuse(
      `\`${given}\` contradicts the directory`,
      fact ?? `there the packet has ${valueOf(other.flow, field)}`,
    );
  }
  return misuse(
    "no packet of this network is like that",
    "`glazier explain` with parentheses answers for a whole flowgroup",
  );
}

const valueOf = (flow: Flow, field: Field): string =>
  flow[field] === undefined ? `no ${field}` : renderFlow({ [field]: flow[field] });

/** The facts about a user, or about the address that the packet has; undefined where there are none. */
function whereIs(
  field: "user" | "dstUser",
  names: readonly string[],
  flow: Flow,
  rest: Flowgroup,
  directory: Directory,
): string | undefined {
  const address = field === "user" ? "srcHost" : "dstHost";
  const hasAddress = rest.cubes.some((cube) => constraint(cube, address) !== undefined);
  if (hasAddress) return ownerOf(flow[address] as Ip | undefined, flow, address, directory);
  const [name] = names;
  if (name === undefined) return undefined;
  const at = directory.userHosts.filter(({ user }) => user === name).map(({ host }) => host);
  if (at.length === 0)
    return `\`${name}\` is on no host that the directory knows: state \`user_host(${JSON.stringify(name)}, HOST).\``;
  const others = at.map((host) => sharedBy(host, directory)).filter((text) => text !== undefined);
  return others.length === at.length
    ? `${others.join("; ")}: no packet of theirs is one user's`
    : `\`${name}\` is on ${at.map((host) => hostText(host, directory)).join(", ")}`;
}

/** `h2 (10.0.0.2)`: a host with what is known of it; the packet contradicts a part of that. */
function hostText(name: string, { hosts }: Directory): string {
  const { addresses = [], macs = [], at } = hosts.get(name) ?? {};
  const known = [
    ...addresses.map((ip) => printIp(ip)),
    ...macs.map((mac) => printMac(mac)),
    ...(at ? [`at ${at.switch}:${at.port}`] : []),
  ];
  return `${name} (${known.join(", ") || "of which no address is known"})`;
}

/** The users of the host that has an address. */
function ownerOf(ip: Ip | undefined, flow: Flow, field: Field, directory: Directory): string | undefined {
  if (ip === undefined) return undefined;
  const hasAddress = ({ addresses }: Host): boolean =>
    addresses.some((one) => one.family === ip.family && one.value === ip.value);
  const host = [...directory.hosts.values()].find(hasAddress)?.name;
  const address = valueOf(flow, field).slice(field.length + 1);
  if (host === undefined) return `${address} is no known host's: its user is \`unknown\``;
  const users = directory.userHosts.filter((one) => one.host === host).map(({ user }) => user);
  if (users.length === 0) return `${address} is host \`${host}\`, on which nobody is: its user is \`unknown\``;
  return sharedBy(host, directory) ?? `${address} is host \`${host}\`, where \`${users[0]}\` is`;
}

/** The users of a host that has several; undefined where it has not. */
function sharedBy(host: string, directory: Directory): string | undefined {
  const users = directory.userHosts.filter((one) => one.host === host).map(({ user }) => user);
  return users.length < 2 ? undefined : `host \`${host}\` is shared by ${users.join(" and ")}`;
}
