/**
 * The friendliest network of the same switches and hosts: every switch is joined to every other, every host stands at a
 * switch of its own and has a MAC, and no user is logged in. A statement that has no path even there is wrong in itself. A statement
 * that has one lacks only facts about the network (SEMANTICS, "What the network takes away").
 */
import type { Host } from "../model/model.ts";
import type { AttachedHost, Port, Topology, Trunk } from "./topology.ts";

/**
 * The first port number of the added cables. Frames never come in there, and facts cannot name it (OpenFlow 1.3.5,
 * section 7.2.1).
 */
const RESERVED = 0xff_ff_ff_01;
/**
 * The cables from each switch to the middle. A path may pass a switch again only by another port, so one is too few.
 */
const CABLES = 4;
/** The name of the switch in the middle. It is not printable, so no fact can name it. */
const MIDDLE = "\u0000";

/** Hosts of which no fact states a MAC have one from here on there. No frame has so large a one. */
const ABOVE_MACS = 2 ** 48;

/** That of each network for the hosts that were named last: the statements of a file mostly name none that is unknown. */
const known = new WeakMap<Topology, { readonly unknown: string; readonly made: Topology }>();

/** The friendliest network. `named`: the hosts that statements name; those without a known place stand in it too. */
export function friendliest(actual: Topology, named: readonly string[]): Topology {
  const unknown = JSON.stringify(named.filter((name) => !actual.hosts.has(name) && !actual.trunks.has(name)));
  let found = known.get(actual);
  if (found?.unknown !== unknown) known.set(actual, (found = { unknown, made: friendliestOf(actual, named) }));
  return found.made;
}

function friendliestOf({ hosts, trunks, rates }: Topology, named: readonly string[]): Topology {
  const all = new Map<string, Host | AttachedHost>(hosts);
  for (const name of named) if (!all.has(name) && !trunks.has(name)) all.set(name, placeless(name));
  const placed = [...all].map(([name, host], i) => {
    const macs = host.macs.length > 0 ? host.macs : [ABOVE_MACS + i];
    return [name, { ...host, macs, at: { switch: `${MIDDLE}${name}`, port: 1 } }] as const;
  });
  const outer = [...trunks.keys(), ...placed.map(([, { at }]) => at.switch)];
  const spokes = outer.flatMap((name, i) =>
    Array.from({ length: CABLES }, (_, n) => {
      return [
        { switch: name, port: RESERVED + n },
        { switch: MIDDLE, port: i * CABLES + n + 1 },
      ] as const;
    }),
  );
  const out = Map.groupBy(
    spokes.flatMap(([far, near]) => [trunk(far, near), trunk(near, far)]),
    ({ from }) => from.switch,
  );
  return { trunks: new Map([[MIDDLE, []], ...out]), hosts: new Map(placed), rates, userHosts: [] };
}

/** The port where facts put what stands at a port of the friendliest network; undefined: they say nothing of its host. */
export function statedPort({ hosts }: Topology, port: Port): Port | undefined {
  return port.switch.startsWith(MIDDLE) ? hosts.get(port.switch.slice(MIDDLE.length))?.at : port;
}

/** Whether this is the friendliest network of another: any host could stand anywhere, and anybody be logged in on it. */
export const isFriendliest = ({ trunks }: Topology): boolean => trunks.has(MIDDLE);

const placeless = (name: string): Host => ({ name, addresses: [], macs: [] });

const trunk = (from: Port, to: Port): Trunk => ({
  id: `${from.switch}:${from.port}>${to.switch}:${to.port}`,
  from,
  to,
  rate: Number.MAX_SAFE_INTEGER,
});
