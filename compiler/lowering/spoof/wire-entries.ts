/**
 * Hosts that are waypoints as wires alone → what they would forward as routers is dropped where it comes out of them (NETWORK,
 * "Forward"): it shows the MAC of the box and the address of another host.
 */
import type { Directory, Host } from "../../model/model.ts";
import { printIp, type Ip } from "../../net/address.ts";
import type { FieldMatch } from "../../table/entry.ts";
import { canonicalMatch, exact } from "../../table/match.ts";
import type { SpoofEntry } from "./claims.ts";
import { RETURNED, sourceIs } from "./spoof-entries.ts";

/** Above what comes back from waypoints, which is judged by its address. */
const ROUTED = RETURNED + 1;

/** The entries of one switch. */
export function wireEntries(
  { hosts }: Directory,
  switchName: string | undefined,
  wires: ReadonlySet<string>,
): readonly SpoofEntry[] {
  const boxes = [...wires].flatMap((name) => {
    const host = hosts.get(name);
    return host?.at !== undefined && host.at.switch === switchName ? [host] : [];
  });
  return boxes.flatMap((box) => {
    const isBox = ({ macs }: Host): boolean => macs.some((mac) => box.macs.includes(mac));
    const [own, others] = [new Set<string>(), new Map<string, Ip>()];
    for (const host of hosts.values())
      for (const ip of host.addresses) {
        if (isBox(host)) own.add(printIp(ip));
        else others.set(printIp(ip), ip);
      }
    return [...others].flatMap(([text, ip]) =>
      own.has(text)
        ? []
        : box.macs.map((mac) =>
            dropped(box.name, [exact("in_port", box.at!.port), exact("eth_src", mac), ...sourceIs(ip)[0]!]),
          ),
    );
  });
}

const dropped = (box: string, match: readonly FieldMatch[]): SpoofEntry => ({
  stage: "Spoof",
  priority: ROUTED,
  statement: `host:${box}`,
  does: "drop",
  match: canonicalMatch(match),
});
