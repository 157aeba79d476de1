/**
 * The table Sender of one switch (NETWORK, "Sender"): packets of hosts without a known MAC, which may have and give every
 * MAC that is not bound.
 */
import type { Host } from "../../model/model.ts";
import { exact } from "../../table/match.ts";
import { IPV6 } from "../../flowgroup/prerequisites.ts";
import { type Add, ADVERTISEMENT, ARP, isLinkLocal, LINK_LOCAL, SOLICITATION } from "./claims.ts";

/** The priorities inside the table Sender. */
export const BOUND_SENDER = 40;
/** For IPv6 that comes back from a waypoint. */
export const RETURNED_IPV6 = 35;
/** For neighbour discovery that gives a bound MAC. */
const BOUND_LINK = 32;
const DISCOVERS = 30;
const STATED_LINK_LOCAL = 20;
const NO_ADDRESS = 10;

/** Adds the entries: what has or gives a bound MAC is dropped, and neighbour discovery goes on to the table Neighbour. */
export function senderEntries(bound: readonly Host[], here: readonly Host[], add: Add): void {
  for (const { name, macs } of bound)
    for (const mac of macs) {
      add(BOUND_SENDER, `host:${name}`, "drop", exact("eth_src", mac));
      add(BOUND_SENDER, `host:${name}`, "drop", exact("eth_type", ARP), exact("arp_sha", mac));
    }
  const six = here.flatMap(({ name, macs, addresses }) =>
    macs.length > 0 ? [] : addresses.flatMap(({ family, value }) => (family === 6 ? [{ name, value }] : [])),
  );
  if (six.length === 0) return;
  for (const { name, macs } of bound)
    for (const mac of macs) {
      add(BOUND_LINK, `host:${name}`, "drop", ...ADVERTISEMENT, exact("ipv6_nd_tll", mac));
      add(BOUND_LINK, `host:${name}`, "drop", ...SOLICITATION, exact("ipv6_nd_sll", mac));
    }
  const [identity, ipv6] = ["table:Sender", exact("eth_type", IPV6)];
  for (const says of [ADVERTISEMENT, SOLICITATION]) add(DISCOVERS, identity, "ask", ...says);
  for (const { name, value } of six)
    if (isLinkLocal(value)) add(STATED_LINK_LOCAL, `host:${name}`, "next", ipv6, exact("ipv6_src", value));
  for (const from of [LINK_LOCAL, exact("ipv6_src", 0n)]) add(NO_ADDRESS, identity, "ask", ipv6, from);
}
