/**
 * The users that a packet may be of, read naively from the facts (NETWORK, "Addresses, users, hosts"). It shares no code
 * with the directory that lowering applies.
 */
import type { Directory, Host } from "../model/model.ts";
import type { Ip } from "../net/address.ts";
import type { Packet } from "../trace/packet.ts";

const same = (a: Ip, b: Ip | undefined): boolean => a.family === b?.family && a.value === b.value;

/** The users who may have sent a packet that came in at this switch. None: no user, not even `unknown`. */
export function senders(packet: Packet, directory: Directory, switchName: string | undefined): ReadonlySet<string> {
  const hosts = [...directory.hosts.values()];
  const here = hosts.filter(({ at }) => at !== undefined && at.switch === switchName && at.port === packet.inPort);
  // "What is sent where it is known who stands there is that user's: from a MAC that is bound there, or from the port of
  // hosts without a known MAC."
  const bound = here.filter(({ macs }) => macs.includes(packet.ethSrc));
  if (bound.length > 0) return usersOf(bound, directory);
  const bare = here.filter(({ macs }) => macs.length === 0);
  const own = usersOf(bare, directory);
  // "Where hosts of several users without known MACs stand at one port, an address of theirs says whose a packet is, and
  // all else from there may be of each of them."
  const telling = bare.filter(({ addresses }) => addresses.some((one) => same(one, packet.ip?.src)));
  if (bare.length > 1 && own.size > 1 && telling.length > 0) return usersOf(telling, directory);
  if (bare.length > 0) return own;
  return byMarks(packet.ip?.src, packet.ethSrc, directory);
}

/** The users to whom a packet may be addressed. */
export const receivers = ({ ip, ethDst }: Packet, directory: Directory): ReadonlySet<string> =>
  byMarks(ip?.dst, ethDst, directory);

/** "Elsewhere a packet is of the user at its source address, and of the one at its MAC where that host has no address." */
function byMarks(ip: Ip | undefined, mac: number, directory: Directory): ReadonlySet<string> {
  const hosts = [...directory.hosts.values()];
  const byAddress = hosts.filter(({ addresses }) => addresses.some((one) => same(one, ip)));
  const byMac = hosts.filter(({ addresses, macs }) => addresses.length === 0 && macs.includes(mac));
  // "An address that only hosts without a user have says no more than one that is nobody's."
  const telling = byAddress.some((host) => named(host, directory).length > 0) ? byAddress : [];
  const users = usersOf([...telling, ...byMac], directory);
  return users.size > 0 || ip === undefined ? users : new Set(["unknown"]);
}

/** "A host on which nobody is known has the user `unknown`." */
const usersOf = (hosts: readonly Host[], directory: Directory): ReadonlySet<string> =>
  new Set(
    hosts.flatMap((host) => {
      const users = named(host, directory);
      return users.length > 0 ? users : ["unknown"];
    }),
  );

const named = ({ name }: Host, { userHosts }: Directory): readonly string[] =>
  userHosts.flatMap(({ user, host }) => (host === name ? [user] : []));
