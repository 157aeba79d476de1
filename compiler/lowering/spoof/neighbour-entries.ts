/**
 * The table Neighbour of one switch (NETWORK, "Neighbour"): what comes from no address or a link-local one, and neighbour
 * discovery.
 */
import type { Host } from "../../model/model.ts";
import { exact } from "../../table/match.ts";
import { IPV6 } from "../../flowgroup/prerequisites.ts";
import {
  type Add,
  icmpv6,
  linkIs,
  ADVERTISEMENT,
  SOLICITATION,
  targetIs,
  LINK_LOCAL_TO,
  isLinkLocal,
  placesOf,
} from "./claims.ts";
/** The priorities inside the table Neighbour. */
/** For an advertisement by a host with a known MAC of a link-local address of a host without one at its port. */
const BESIDE_LINK_LOCAL = 57;
/** For an advertisement that gives the host's own MAC or none. */
const OWN_TARGET = 56;
const LINK_LOCAL_ELSEWHERE = 55;
const OWN_LINK_LOCAL = 54;
/** For a probe or an advertisement by a host with a known MAC of an address of a host without one at its port. */
const BESIDE = 51;
/** For a host without a known MAC. */
const UNCHECKED_TARGET = 50;
const TARGET_ELSEWHERE = 45;
/** For any other advertisement of a host with a known MAC. */
const OTHER_TARGET_LINK = 42;
const LINK_LOCAL_TARGET = 40;
/** For a host with a known MAC and without known IPv6 addresses: probes of addresses that no other host has, and the rest. */
const UNSTATED_TARGET = 31;
const UNSTATED_REST = 19;
const OTHER_TARGET = 30;
/** For a solicitation that gives the sender's own MAC or none, and for any other solicitation. */
const OWN_LINK = 25;
const OTHER_LINK = 22;
const NEEDED = 20;

/** ICMPv6 types by which hosts find routers and neighbours, and join groups (RFC 4861, RFC 2710, RFC 3810). */
const DISCOVERY = [130, 131, 132, 133, 134, 135, 137, 143] as const;
/** Source and destination ports of DHCPv6 (RFC 8415, section 7.2): client, server, relay. */
const DHCPV6 = [
  [546, 547],
  [547, 546],
  [547, 547],
] as const;

/**
 * Adds the entries for what a host may send from a link-local address or from none, and for the addresses that it may
 * advertise as its own or probe (RFC 4862, section 5.4). Its port and its MAC were compared before. The rest is
 * dropped.
 */
export function neighbourEntries(
  bound: readonly Host[],
  here: readonly Host[],
  besideIt: (host: Host) => readonly Host[],
  add: Add,
): void {
  const identity = "table:Neighbour";
  const probe = [...SOLICITATION, exact("ipv6_src", 0n)];
  // From no address none gives a MAC (RFC 4861, section 4.3), and one that does would be another's.
  const bare = [...probe, exact("ipv6_nd_sll", 0)];
  for (const { name, addresses } of bound) {
    const who = `host:${name}`;
    for (const { family, value } of addresses) {
      if (family === 4) continue;
      const elsewhere = isLinkLocal(value) ? LINK_LOCAL_ELSEWHERE : TARGET_ELSEWHERE;
      add(elsewhere, who, "drop", ...ADVERTISEMENT, targetIs(value));
      add(TARGET_ELSEWHERE, who, "drop", ...probe, targetIs(value));
    }
  }
  for (const host of here) {
    const own = host.addresses.flatMap(({ family, value }) => (family === 6 ? [value] : []));
    // What a host without known IPv6 addresses sends comes here only from the port of one that has some and no known MAC.
    const beside = besideIt(host).flatMap(({ addresses }) =>
      addresses.flatMap(({ family, value }) => (family === 6 && !own.includes(value) ? [value] : [])),
    );
    if (own.length === 0 && beside.length === 0) continue;
    const who = `host:${host.name}`;
    for (const { from, mac } of placesOf(host)) {
      for (const value of own) {
        const stands = mac === undefined && !isLinkLocal(value) ? UNCHECKED_TARGET : OWN_TARGET;
        add(UNCHECKED_TARGET, who, "next", ...from, ...bare, targetIs(value));
        for (const link of linkIs("ipv6_nd_tll", mac))
          add(stands, who, "next", ...from, ...ADVERTISEMENT, targetIs(value), ...link);
      }
      if (mac === undefined) continue;
      for (const value of beside) {
        add(BESIDE, who, "drop", ...from, ...probe, targetIs(value));
        const above = isLinkLocal(value) ? BESIDE_LINK_LOCAL : BESIDE;
        add(above, who, "drop", ...from, ...ADVERTISEMENT, targetIs(value));
      }
      if (own.length === 0) {
        add(UNSTATED_TARGET, who, "next", ...from, ...bare);
        add(UNSTATED_REST, who, "next", ...from, exact("eth_type", IPV6));
      }
      for (const link of linkIs("ipv6_nd_tll", mac))
        // Spoof has dropped what gives the addresses of others.
        add(
          OWN_LINK_LOCAL,
          who,
          "next",
          ...from,
          ...ADVERTISEMENT,
          ...(own.length > 0 ? [LINK_LOCAL_TO] : []),
          ...link,
        );
      add(OTHER_TARGET_LINK, who, "drop", ...from, ...ADVERTISEMENT);
      for (const link of linkIs("ipv6_nd_sll", mac)) add(OWN_LINK, who, "next", ...from, ...SOLICITATION, ...link);
      add(OTHER_LINK, who, "drop", ...from, ...SOLICITATION);
    }
  }
  for (const asks of [ADVERTISEMENT, bare]) {
    add(LINK_LOCAL_TARGET, identity, "next", ...asks, LINK_LOCAL_TO);
  }
  add(OTHER_TARGET, identity, "drop", ...probe.filter(({ field }) => field !== "icmpv6_code"));
  for (const type of DISCOVERY) add(NEEDED, identity, "next", ...icmpv6(type));
  for (const [from, to] of DHCPV6) {
    add(
      NEEDED,
      identity,
      "next",
      exact("eth_type", IPV6),
      exact("ip_proto", 17),
      exact("udp_src", from),
      exact("udp_dst", to),
    );
  }
}
