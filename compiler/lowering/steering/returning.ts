/**
 * What comes back from a waypoint is judged once more, as if it came in where its source stands: a host that is a
 * waypoint gets no further with the address of another than that one does. Rules that name a switch, port or access point
 * hold it by where its source stands, and not by the port where it comes back.
 */
import type { Cube } from "../../flowgroup/cube.ts";
import { bitOf, constraint, cube as cubeOf, withConstraint } from "../../flowgroup/cubes.ts";
import { cut } from "../../flowgroup/index.ts";
import { numbers, setHolds } from "../../flowgroup/sets.ts";
import { portKey, type Port, type Topology } from "../../paths/index.ts";
import { framedBy, narrow, sentFrom, within } from "../encode/endpoints.ts";

/** A packet that comes in at the port `at` and whose source stands at `from` comes back from a waypoint. */
export interface Returned {
  readonly at: Port;
  readonly from: Port;
}

const INGRESS = ["switch", "inPort", "srcAP"] as const;
const PLACED = INGRESS.reduce((mask, field) => mask | bitOf(field), 0);

/** Whether a cube names where its flows come in. */
export const namesIngress = ({ mask }: Cube): boolean => (mask & PLACED) !== 0;

/** What a cube that names where its flows come in holds on one switch; a union of cubes. */
export function cubesJudgedOn(
  of: Cube,
  switchName: string | undefined,
  returns: readonly Returned[],
  topology: Topology,
): readonly Cube[] {
  let own: readonly Cube[] = [of];
  const others: Cube[] = [];
  const anywhere = INGRESS.reduce((rest, field) => withConstraint(rest, field, undefined), of);
  for (const { at, from } of returns) {
    if (at.switch !== switchName || comesInAt(of, at) === comesInAt(of, from)) continue;
    const there = cubeOf({ inPort: numbers("inPort", at.port) });
    if (comesInAt(of, from)) {
      const back = narrow(anywhere, "inPort", numbers("inPort", at.port))!;
      others.push(...within(back, topology, from, undefined));
    } else for (const hole of within(there, topology, from, undefined)) own = own.flatMap((one) => cut(one, hole));
  }
  return [...own, ...others];
}

/**
 * Flows of a cube that names where they come in, recognized on all switches by the hosts that stand there; of other cubes,
 * all. `flows`: the cube without those constraints.
 */
export function fromIngressHosts(flows: Cube, of: Cube, topology: Topology): readonly Cube[] {
  if (!namesIngress(of)) return [flows];
  const ports = [...topology.hosts.values()].map(({ at }) => at).filter((at) => comesInAt(of, at));
  if (ports.length === 0) return [];
  const framed = framedBy(flows, topology, ports);
  return [...sentFrom(flows, topology, ports), ...(framed ? [framed] : [])];
}

function comesInAt(of: Cube, port: Port): boolean {
  const values = { switch: port.switch, inPort: port.port, srcAP: portKey(port) };
  return INGRESS.every((field) => {
    const set = constraint(of, field);
    return set === undefined || setHolds(set, values[field]);
  });
}
