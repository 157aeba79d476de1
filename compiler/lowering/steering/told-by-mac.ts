/**
 * Rules that tell the MACs of one host apart → where boxes that forward as routers take that away: what comes back has one MAC of its
 * sender (`restored.ts`), for N866.
 */
import type { DerivedRule } from "../../derived/rule.ts";
import { constraint } from "../../flowgroup/cubes.ts";
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { setHolds } from "../../flowgroup/sets.ts";
import { byText } from "../../net/order.ts";
import { hostsAtPorts, restoredMacs, type AttachedHost, type Topology } from "../../paths/index.ts";
import type { Returned } from "./returning.ts";

/** The rules by `srcEth`, and the senders of which each holds some MACs and not all, at most. */
const MOST_TOLD = 20_000;

/** Such statements with these hosts, sorted. `returns`: where flows come back from boxes. */
export function toldByMac(
  rules: readonly DerivedRule[],
  topology: Topology,
  returns: readonly Returned[],
): readonly { readonly statement: string; readonly hosts: readonly string[] }[] {
  const sent = hostsAtPorts(topology, [
    ...new Map(returns.map(({ from }) => [`${from.switch}:${from.port}`, from])).values(),
  ]);
  // Only what shows a stated address gets a MAC back.
  const senders = sent.filter(({ addresses, macs }) => addresses.length > 0 && macs.length !== 1);
  if (senders.length === 0) return [];
  const bound = new Set([...topology.hosts.values()].flatMap(({ macs }) => macs));
  const macOf = restoredMacs(topology);
  const found = new Map<string, Set<string>>();
  let left = MOST_TOLD;
  const byStatement = Map.groupBy(rules, ({ statement }) => statement);
  for (const { statement, cube } of rules) {
    const macs = constraint(cube, "srcEth");
    if (macs === undefined) continue;
    for (const host of senders) {
      if (left-- === 0) return sorted(found);
      if (!isTold(macs, host, macOf(host), bound)) continue;
      if (byStatement.get(statement)!.some((rule) => isByAddress(rule.cube, host))) continue;
      const hosts = found.get(statement) ?? new Set();
      found.set(statement, hosts.add(host.name));
    }
  }
  return sorted(found);
}

/** Whether flows are those of a host by its addresses, whatever its MAC. */
function isByAddress(flows: Cube, { addresses }: AttachedHost): boolean {
  const named = constraint(flows, "srcHost");
  return named !== undefined && !constraint(flows, "srcEth") && addresses.every((one) => setHolds(named, one));
}

/** Whether a set holds a MAC that a host may have, and not the one that it gets back, or the reverse. */
function isTold(set: FieldSet, { macs }: AttachedHost, restored: number, bound: ReadonlySet<number>): boolean {
  const isHeld = setHolds(set, restored);
  if (macs.length > 0) return macs.some((mac) => setHolds(set, mac) !== isHeld);
  // It has some MAC that is of no host; most sets of MACs are lists.
  return !isHeld && set.kind === "number" && set.ranges.some((mac) => !bound.has(mac));
}

const sorted = (found: ReadonlyMap<string, ReadonlySet<string>>): ReturnType<typeof toldByMac> =>
  [...found]
    .map(([statement, hosts]) => ({ statement, hosts: [...hosts].toSorted(byText) }))
    .toSorted((a, b) => byText(a.statement, b.statement));
