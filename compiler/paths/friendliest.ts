/**
 * The friendliest network of the same switches and hosts: every switch is joined to every other, every host stands at a
 * switch of its own, and no user is logged in. A statement without a path even there is wrong in itself; else only facts
 * about the network are missing (SEMANTICS, "What the network takes away").
 */
import type { Host } from "../model/model.ts";
import type { AttachedHost, Port, Topology, Trunk } from "./topology.ts";

/** No frame comes in by such a port, and no fact may name it (OpenFlow 1.3.5, section 7.2.1). */
const RESERVED = 0xff_ff_ff_01;
/** So many cables join each switch to the middle: a path enters no switch twice by one port. */
const CABLES = 4;
/** Names that no fact can give a switch: they are not printable. */
const MIDDLE = "\u0000";

/** The network with all the cables that one could wish for; `named`: hosts whose place is not known, too. */
export function friendliest({ hosts, trunks, rates }: Topology, named: Iterable<string>): Topology {
  const all = new Map<string, Host | AttachedHost>(hosts);
  for (const name of named) if (!all.has(name) && !trunks.has(name)) all.set(name, placeless(name));
  const placed = [...all].map(
    ([name, host]) => [name, { ...host, at: { switch: `${MIDDLE}${name}`, port: 1 } }] as const,
  );
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

const placeless = (name: string): Host => ({ name, addresses: [], macs: [] });

const trunk = (from: Port, to: Port): Trunk => ({
  id: `${from.switch}:${from.port}>${to.switch}:${to.port}`,
  from,
  to,
  rate: Number.MAX_SAFE_INTEGER,
});
