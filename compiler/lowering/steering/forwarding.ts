/**
 * The Forward table of one switch of a wired network. Packets to a known host follow a shortest path; all others are
 * flooded. A switch accepts flooded packets along a spanning tree only, so that none circles. Without links the switch
 * forwards by itself (NORMAL), but where flows are steered it does so only with what is for no known host.
 */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { floodsAll } from "../../diagnostics/codes/table.ts";
import { forwarding, type Topology } from "../../paths/index.ts";
import type { FieldMatch, Instruction } from "../../table/entry.ts";
import { canonicalMatch, exact } from "../../table/match.ts";
import type { FixedEntry } from "../contributions/fixed-entry.ts";
import { output } from "../pipeline/instructions.ts";

/** Below `STEERED`, as all of ordinary forwarding. */
const BY_MAC = 8;
/**
 * The priority of ARP from last waypoints to hosts without a stated MAC, where ordinary forwarding would not bring it. What shows
 * the MAC of another host is for that one, here as on every other switch: else it would be sent back and come again.
 */
export const ASKED = 7;
const BY_ADDRESS = 6;
const CLOSED = 5;
/**
 * The priorities of floods from last waypoints: back through the link where they came in, and on the switch of the
 * source. An address stands above every MAC. No flood goes back through a link that is closed.
 */
export const floodBack = (isByMac: boolean): number => (isByMac ? 2 : CLOSED);
export const floodHome = (isByMac: boolean): number => (isByMac ? 1 : 4);

/** Whether the topology knows a link between switches, and so how to forward. */
export function isWired({ trunks }: Topology): boolean {
  return [...trunks.values()].some((links) => links.length > 0);
}

/** Warns of a wired network without known hosts: its switches do not learn where hosts are and flood everything. */
export function floodWarnings(topology: Topology): readonly Diagnostic[] {
  if (!isWired(topology) || topology.hosts.size > 0) return [];
  const help = "say where hosts stand, by `host_at(HOST, SWITCH, PORT).` and their `host_mac` or `host_ip`";
  return [floodsAll({ count: topology.trunks.size }, { help })];
}

/**
 * The forwarding entries of a switch. Without links it forwards by itself what they leave, and does not learn where the sources of
 * steered flows are.
 */
export function forwardEntries(topology: Topology, switchName: string | undefined): readonly FixedEntry[] {
  const here = switchName === undefined ? undefined : forwarding(topology).get(switchName);
  if (here === undefined) return [];
  const entries: FixedEntry[] = [];
  const taken = new Set<string>();
  const add = (
    priority: number,
    statement: string,
    instructions: readonly Instruction[],
    ...match: FieldMatch[]
  ): void => {
    const key = match.map(({ field, value }) => `${field}=${value}`).join();
    if (taken.has(key)) return;
    taken.add(key);
    entries.push({ stage: "Forward", priority, statement, instructions, match: canonicalMatch(match) });
  };
  for (const { host, port } of here.towards) {
    const to = output(port);
    const identity = `host:${host.name}`;
    for (const mac of host.macs) add(BY_MAC, identity, to, exact("eth_dst", mac));
    if (host.macs.length > 0) continue;
    for (const { family, value } of host.addresses) {
      if (family === 6) add(BY_ADDRESS, identity, to, exact("eth_type", 0x86dd), exact("ipv6_dst", value));
      else {
        add(BY_ADDRESS, identity, to, exact("eth_type", 0x0800), exact("ipv4_dst", value));
        add(BY_ADDRESS, identity, to, exact("eth_type", 0x0806), exact("arp_tpa", value));
      }
    }
  }
  for (const port of here.closed) add(CLOSED, `link:${switchName}:${port}`, [], exact("in_port", port));
  return entries;
}
