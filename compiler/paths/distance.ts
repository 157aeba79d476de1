/**
 * The number of links between a switch and every other one. Every path in this folder follows these numbers: it goes
 * where the number falls, and takes the link at the lowest port if there are several.
 */
import type { Topology, Trunk } from "./topology.ts";

/** Switch → the number of links to the target. Switches that do not reach it are absent. */
export type Distances = ReadonlyMap<string, number>;

const known = new WeakMap<Topology, Map<string, Distances>>();

/** Distances to a switch without entering the switches in `avoid`. They are memoized, as a topology never changes. */
export function distances(topology: Topology, target: string, avoid: ReadonlySet<string>): Distances {
  let memory = known.get(topology);
  if (memory === undefined) known.set(topology, (memory = new Map()));
  const key = avoid.size === 0 ? target : JSON.stringify([target, ...[...avoid].toSorted()]);
  let found = memory.get(key);
  if (found === undefined) memory.set(key, (found = breadthFirst(topology, target, avoid)));
  return found;
}

/** The links that lead one step closer, in order of their ports. */
export function closerLinks(topology: Topology, at: string, to: Distances): readonly Trunk[] {
  const here = to.get(at);
  return (topology.trunks.get(at) ?? []).filter((link) => to.get(link.to.switch) === here! - 1);
}

function breadthFirst({ trunks }: Topology, target: string, avoid: ReadonlySet<string>): Distances {
  if (avoid.has(target) || !trunks.has(target)) return new Map();
  const found = new Map([[target, 0]]);
  for (const [at, distance] of found) {
    for (const { to } of trunks.get(at)!) {
      if (!avoid.has(to.switch) && !found.has(to.switch)) found.set(to.switch, distance + 1);
    }
  }
  return found;
}
