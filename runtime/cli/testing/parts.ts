/**
 * Parts of policies. A few of them together make a small policy, which costs little to decide and is another one nearly
 * every time: a million mutants of whole files would be the same few thousand texts again and again.
 */
import { oneOf, type Dice } from "./mutants.ts";

/** What a flow gets that nothing decides. */
const DEFAULTS = [
  "default allow.",
  "default deny.",
  "default deny. default fragments allow.",
  "default allow.",
] as const;

/** Networks, of which a policy has one. */
const NETWORKS = [
  "",
  'host_ip(a, 10.0.0.1). host_ip(b, 10.0.0.2). host_ip(m, 10.0.0.3). user_host("A", a).',
  'host_ip(a, 10.0.0.1). host_ip(b, 2001:db8::2). host_mac(a, 00:00:00:00:00:01). user_host("A", a). user_host("A", b).',
  `switch(s1, 1). switch(s2, 2). link(s1, 1, s2, 1, 10Mb). host_ip(a, 10.0.0.1). host_ip(b, 10.0.0.2). host_ip(m, 10.0.0.3).
host_at(a, s1, 2). host_at(b, s2, 2). host_at(m, s2, 3). port_rate(s1, 2, 5Mb).`,
] as const;

/** Statements that need nothing of each other. */
const PARTS = [
  "allow(dstHost=10.0.0.2, transport=TCP, dstPort={80, 443}) both ways on rootShare.",
  "@d deny(srcHost=10.0.0.1-10.0.0.9, dstPort!=22, transport=TCP) partial on rootShare.",
  "limit(dstHost=10.0.0.2, transport=UDP) = 1Mb on rootShare to +2h.",
  "@r reserve(dstHost=10.0.0.2, transport=TCP, dstPort=443) = 2Mb on rootShare from now to +20min.",
  "waypoint(srcHost=10.0.0.1, dstHost=10.0.0.2) = m on rootShare.",
  "avoid(srcHost=10.0.0.1, dstHost=10.0.0.3) = s2 on rootShare.",
  "flowgroup web = (transport=TCP, dstPort=1024-2047). deny((web) except (vlan=7)) on rootShare.",
  "deny((dscp=46) or (ethType=0x0806) except (srcHost=10.0.0.9)) on rootShare from 2026-12-01T09:00:00Z to +1h.",
  "AddUser A. NewShare s for (dstHost=10.0.0.2) [allow = True, deny = True, reserve <= 9Mb] on rootShare. Grant s to A. @k A: deny(dstHost=10.0.0.2, transport=ICMP) on s.",
  "AddUser B. NewShare t for (user=B) [limit <= 9Mb, requests <= 3, entries <= 40] on rootShare. GrantDefault t. B: limit(user=B) = 2Mb on t to +1min5s.",
  "NewShare u for (*) [reserve <= 9Mb, reserveTBFill = 1Mb, reserveTBCapacity = 60Mb] on rootShare. reserve(dstHost=10.0.0.2) = 9Mb on u from +1min to +1min5s.",
  "policy p on share rootShare { @q deny <= srcHost in 10.0.0.7, not dstPort = 53. allow <= dstPort in {80, 443}, transport(tcp). }",
  "policy o on share rootShare ordered { deny <= dstPort = 22, transport(tcp). pass <= dstHost in 10.0.0.0/31. limit(1Mb) <= vlan != 7. allow <= true. }",
  "bad(10.0.0.4). bad(10.0.0.5). policy g as guard { deny <= srcHost(H), bad(H). }",
  'member(g, "A"). member(g, "C"). many(X, count(Y)) <= member(X, Y). policy c on share rootShare { deny <= srcUser(U), member(G, U), many(G, N), N > 1. }',
  "cascade one > requests. policy one on share rootShare { deny <= srcPort(P), low(P). pass. } low(1). low(7).",
  "begin. AddUser V. allow(direction=request, transport=TCP) on rootShare. commit.",
  "@x deny(transport=TCP, dstPort=22) on rootShare. Cancel x. False <- V: deny(*) on rootShare.",
  "deny(srcEth=00:00:00:00:00:01, inPort=3) on rootShare. allow(dstHost=2001:db8::/32, transport=UDP, dstPort=53) on rootShare.",
  'reject(Q, "too much") <= request(Q, _, "reserve", _), rate(Q, R), R > 5Mb. False <- reserve(dscp=1, srcHost=10.0.0.1) = 6Mb on rootShare to +1h.',
] as const;

/** Lines of other tools, which the compiler translates where they are whole (E115). */
const FOREIGN = [
  "iptables -A FORWARD -s 10.0.0.0/8 -p tcp --dport 22 -j DROP",
  "nft add rule ip filter forward ip saddr 10.0.0.0/8 udp dport { 53, 123 } counter accept",
  "ufw deny from 10.0.0.0/8 to any port 22 proto tcp",
  "access-list 101 deny tcp 10.0.0.0 0.0.0.255 any eq 80",
  "block in proto tcp from 10.0.0.1 to any port 80",
  "priority=7,tcp,nw_dst=10.0.0.2,tp_dst=80 actions=drop",
] as const;

/** All parts that statements are borrowed from. */
export const BORROWED: readonly string[] = PARTS;

/** A policy of a default, a network and one to three parts. */
export function assemble(roll: Dice): string {
  const parts = Array.from({ length: 1 + roll(3) }, () => oneOf(PARTS, roll));
  const foreign = roll(16) === 0 ? [oneOf(FOREIGN, roll)] : [];
  return [oneOf(DEFAULTS, roll), oneOf(NETWORKS, roll), ...new Set(parts), ...foreign].join("\n");
}
