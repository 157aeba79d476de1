/** A packet's path from switch to switch → text for people and JSON for programs. */
import { portKey, samePort, type Port, type Topology } from "../paths/topology.ts";
import { entryText } from "../table/text.ts";
import type { Journey } from "../trace/journey.ts";
import type { TableHop } from "../trace/switch.ts";
import type { Visit } from "../trace/walk.ts";
import { entryJson, originText, type Cookies } from "./entries.ts";

/** The fate of the packet, then every pass through a switch with the entries that matched, line by line. */
export function journeyText({ visits, out, topology, verdict }: Journey, cookies: Cookies): readonly string[] {
  const last = visits.at(-1)!;
  const end =
    out.length > 0
      ? `it comes out at ${out.map((port) => portText(topology, port)).join(", ")}`
      : verdict === "deny"
        ? `it is dropped at ${last.at.switch}`
        : last.outcome.outputs.every((one) => typeof one === "number")
          ? `nobody else stands at ${last.at.switch}`
          : `${last.at.switch} sends it out at ports that nobody named`;
  return [
    `${verdict}: ${end}`,
    ...visits.flatMap((visit, i) => [
      `${portKey(visit.at)}${i === 0 ? ", where it enters" : ""}`,
      ...hopsText(visit.outcome.path, cookies).map((line) => `  ${line}`),
      ...visit.leaves.map((leave) => `  ${leaveText(topology, leave)}`),
      ...(visit.outcome.verdict === "deny" ? ["  dropped"] : []),
    ]),
  ];
}

/** The entries that matched a packet on one switch, a line each. */
export const hopsText = (path: readonly TableHop[], cookies: Cookies): readonly string[] =>
  path.map(({ table, entry }) =>
    entry === undefined ? `table=${table} no entry: dropped` : `${entryText(entry)}${originText(entry, cookies)}`,
  );

/** The same for programs; for a table without a matching entry only the table. */
export const hopsJson = (path: readonly TableHop[], cookies: Cookies): readonly object[] =>
  path.map(({ table, entry }) => (entry === undefined ? { table } : entryJson(entry, cookies)));

function leaveText(topology: Topology, { port, next, back }: Visit["leaves"][number]): string {
  if (back) return `out at ${portText(topology, port)}, and back in`;
  return next ? `out at ${portKey(port)}, to ${portKey(next)}` : `out at ${portText(topology, port)}`;
}

/** `s1:3, where `a` stands`. */
function portText({ hosts }: Topology, port: Port): string {
  const here = [...hosts.values()].filter(({ at }) => samePort(at, port)).map(({ name }) => `\`${name}\``);
  return here.length === 0
    ? portKey(port)
    : `${portKey(port)}, where ${here.join(" and ")} stand${here.length > 1 ? "" : "s"}`;
}

/** The whole path for programs. */
export const journeyJson = ({ visits, out, faults }: Journey, cookies: Cookies): object => ({
  hops: visits.map(({ at, outcome, leaves }) => ({
    switch: at.switch,
    inPort: at.port,
    verdict: outcome.verdict,
    path: hopsJson(outcome.path, cookies),
    leaves: leaves.map(({ port, next, back }) => ({
      at: portKey(port),
      ...(next && (back ? { back } : { to: portKey(next) })),
    })),
  })),
  out: out.map(portKey),
  ...(faults.length > 0 && { faults }),
});
