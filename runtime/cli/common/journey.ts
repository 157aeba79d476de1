/** A traced packet on its way through all switches: where it goes, whether that is what the policy asks, and in words. */
import type { Led } from "#compiler/explain/way.ts";
import type { Host } from "#compiler/model/model.ts";
import { portKey, samePort, type Port, type AttachedHost, type Topology } from "#compiler/paths/topology.ts";
import type { Packet } from "#compiler/trace/packet.ts";
import { faultsOfWalk, walk, type Visit, type Walk } from "#compiler/trace/walk.ts";
import { areJoined, hasPath } from "#compiler/semantics/path-reference.ts";
import type { Table } from "#compiler/table/entry.ts";
import { entryText } from "#compiler/table/text.ts";
import type { Entering } from "./completion.ts";
import { entryJson, type Cookies } from "../../../compiler/report/entries.ts";

export interface Journey extends Walk {
  readonly topology: Topology;
  readonly verdict: "allow" | "deny";
  /** What it does otherwise than it is asked to. */
  readonly faults: readonly string[];
}

/** Networks with more links than this are not searched for a way by trying them all. */
const MOST_LINKS = 12;

/**
 * Follows a packet from switch to switch; undefined where nobody told how they are joined, or it is on its way. `asked`: whether the policy
 * lets it pass, and how it is led.
 */
export function follow(
  { packet, switch: on }: Entering,
  topology: Topology | undefined,
  tables: ReadonlyMap<string, Table>,
  asked: { readonly passes: boolean; readonly led: Led | undefined },
): Journey | undefined {
  const isWired = [...(topology?.trunks.values() ?? [])].some((links) => links.length > 0);
  if (topology === undefined || !isWired || on === undefined || !tables.has(on)) return undefined;
  const from = { switch: on, port: packet.inPort };
  // What comes in by a link is on its way from elsewhere.
  if (topology.trunks.get(on)!.some((link) => samePort(link.from, from))) return undefined;
  const { byMac, byAddress } = meant(topology, packet);
  const goal = destination(topology, packet);
  const { waypoints = [], avoid = [], lost } = asked.led ?? {};
  const went = walk(tables, topology, packet, from, { waypoints, to: goal ?? byAddress?.at });
  // What is flooded where nobody else stands is not dropped.
  const comesOut = ({ outcome, leaves }: Visit): boolean =>
    outcome.outputs.some((one) => typeof one === "string" && one !== "IN_PORT") ||
    leaves.some(({ next }) => !next) ||
    (outcome.outputs.length > 0 && leaves.length === 0);
  const journey = { ...went, topology, verdict: went.visits.some(comesOut) ? "allow" : "deny" } as const;
  const to = goal && !samePort(goal, from) && areJoined(topology, on, goal.switch) ? goal : undefined;
  if (lost !== undefined) {
    const isKnown = [...topology.hosts.values()].some(({ at }) => samePort(at, from));
    const links = [...topology.trunks.values()].reduce((sum, some) => sum + some.length, 0) / 2;
    const ends = [byMac, byAddress].flatMap((host) => host?.at ?? []);
    // Who is led by nodes and around others needs a known end.
    const isOpen = ends.length === 0 && waypoints.length > 0 && avoid.length > 0;
    const isThere =
      isKnown &&
      !isOpen &&
      links <= MOST_LINKS &&
      ends.every((end) => !samePort(end, from)) &&
      (ends.length === 0 ? [undefined] : ends).every((end) => hasPath(topology, { from, to: end, waypoints, avoid }));
    return { ...journey, faults: isThere ? ["it is dropped, and there is a way"] : [] };
  }
  if (!asked.passes) return { ...journey, faults: [] };
  return { ...journey, faults: faultsOfWalk(topology, went, { waypoints, avoid, to }) };
}

/** The hosts that its addresses mean. */
function meant({ hosts }: Topology, { ethDst, ip }: Packet): { readonly [K in "byMac" | "byAddress"]?: AttachedHost } {
  const speaks = ({ addresses }: Host): boolean =>
    addresses.some(({ family, value }) => family === ip?.dst.family && value === ip.dst.value);
  const all = [...hosts.values()];
  const [byMac, byAddress] = [all.find(({ macs }) => macs.includes(ethDst)), all.find(speaks)];
  return { ...(byMac && { byMac }), ...(byAddress && { byAddress }) };
}

/** Where it is to arrive: at the one host that its addresses mean. */
function destination(topology: Topology, packet: Packet): Port | undefined {
  const { byMac, byAddress } = meant(topology, packet);
  const isOne = byMac === undefined ? byAddress?.macs.length === 0 : byAddress === undefined || byAddress === byMac;
  return isOne ? (byMac ?? byAddress)!.at : undefined;
}

/** Its way as lines: what came of it, then every pass with the entries that it met. */
export function journeyText({ visits, out, topology, verdict }: Journey, cookies: Cookies): readonly string[] {
  const last = visits.at(-1)!;
  const where =
    out.length > 0
      ? `it comes out at ${out.map((port) => placeText(topology, port)).join(", ")}`
      : verdict === "deny"
        ? `it is dropped at ${last.at.switch}`
        : last.outcome.outputs.every((one) => typeof one === "number")
          ? `nobody else stands at ${last.at.switch}`
          : `${last.at.switch} sends it out at ports that nobody named`;
  return [
    `${verdict}: ${where}`,
    ...visits.flatMap((visit, i) => [
      `${portKey(visit.at)}${i === 0 ? ", where it enters" : ""}`,
      ...visit.outcome.path.map(({ table, entry }) =>
        entry === undefined
          ? `  table=${table} no entry: dropped`
          : `  ${entryText(entry)}${originText(cookies.get(entry.cookie))}`,
      ),
      ...visit.leaves.map((leave) => `  ${leaveText(topology, leave)}`),
      ...(visit.outcome.verdict === "deny" ? ["  dropped"] : []),
    ]),
  ];
}

/** The statement behind an entry, as a comment. */
export const originText = (statement: string | undefined): string =>
  statement === undefined ? "" : `    # ${statement.replaceAll(/\s+/g, " ")}`;

function leaveText(topology: Topology, { port, next, back }: Visit["leaves"][number]): string {
  if (back) return `out at ${placeText(topology, port)}, and back in`;
  return next ? `out at ${portKey(port)}, to ${portKey(next)}` : `out at ${placeText(topology, port)}`;
}

/** `s1:3, where `a` stands`. */
function placeText({ hosts }: Topology, port: Port): string {
  const here = [...hosts.values()].filter(({ at }) => samePort(at, port)).map(({ name }) => `\`${name}\``);
  return here.length === 0
    ? portKey(port)
    : `${portKey(port)}, where ${here.join(" and ")} stand${here.length > 1 ? "" : "s"}`;
}

/** Its way for programs. */
export const journeyJson = ({ visits, out, faults }: Journey, cookies: Cookies): object => ({
  hops: visits.map(({ at, outcome, leaves }) => ({
    switch: at.switch,
    inPort: at.port,
    verdict: outcome.verdict,
    path: outcome.path.map(({ table, entry }) => (entry === undefined ? { table } : entryJson(entry, cookies))),
    leaves: leaves.map(({ port, next, back }) => ({
      at: portKey(port),
      ...(next && (back ? { back } : { to: portKey(next) })),
    })),
  })),
  out: out.map(portKey),
  ...(faults.length > 0 && { faults }),
});
