/**
 * A reservation that is admitted and not guaranteed because facts about the network are missing → which (NETWORK,
 * "Promises"). One note for all of a file that lack the same.
 */
import * as codes from "../diagnostics/codes/admission.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { list } from "../certificates/text.ts";
import { endPortsOf, linksOf, samePort, type EndPorts, type Port } from "../paths/index.ts";
import { symbolText } from "../syntax/print-flows.ts";
import type { Accepted } from "./state/accepted.ts";
import { isMetBy } from "./state/overlaps.ts";
import { NOT_GUARANTEED, STEERS, type PathWorld } from "./state/steering.ts";

/** What is missing, as a clause, and the facts that would say it; none where no fact would change it. */
export interface MissingFacts {
  readonly why: string;
  readonly facts?: string;
}

/** The facts that a reservation lacks; undefined: it is guaranteed in some way, or something else is the reason. */
export function missingFacts(world: PathWorld, { kind, charge, pieces }: Accepted): MissingFacts | undefined {
  const { topology } = world;
  if (kind !== "reserve" || charge?.promise !== NOT_GUARANTEED) return undefined;
  if (topology === undefined || topology.trunks.size === 0)
    return { why: "no fact says what switches there are", facts: "`switch`, `host_at` and `port_rate`" };
  if (STEERS.some((steers) => isMetBy(world, pieces, steers))) return undefined;
  const flows = { cubes: pieces.flatMap((piece) => piece.flows.cubes) };
  const { links, unrated } = linksOf(topology, flows);
  if (links.length + unrated.length === 0 && endPortsOf(topology, flows).every(staysAtOnePort))
    return { why: AT_ONE_PORT };
  if (links.length + unrated.length === 0)
    return { why: "no fact says where its flows enter or leave", facts: "`host_at(HOST, SWITCH, PORT).`" };
  if (unrated.length === 0) return undefined;
  const ports = new Map(unrated.map(({ from, to }) => (from ?? to)!).map((port) => [nameOf(port), port]));
  const stated = [...ports.values()]
    .slice(0, SHOWN)
    .map((at) => `\`port_rate(${symbolText(at.switch)}, ${at.port}, RATE).\``);
  const many = ports.size === 1 ? "the port" : "these ports:";
  return { why: `no fact says the rate of ${many} ${list([...ports.keys()], SHOWN)}`, facts: stated.join(" ") };
}

/** Whether flows enter and leave at the same port, as what a host sends to itself. */
const staysAtOnePort = ({ sources, destinations }: EndPorts): boolean =>
  sources?.length === 1 && destinations?.length === 1 && samePort(sources[0]!, destinations[0]!);

const AT_ONE_PORT = "its flows enter and leave at one port, where no switch forwards them";
const FOR_OTHERS = "no fact changes it: name a source and a destination at different ports, or take it out";

const nameOf = ({ switch: name, port }: Port): string => `${name}:${port}`;

/** The notes for reservations of a file, each set of them at the first. */
export function noteMissingFacts(world: PathWorld, reservations: Iterable<Accepted>): readonly Diagnostic[] {
  const lacking = new Map<string, { readonly facts: string | undefined; readonly by: [Accepted, ...Accepted[]] }>();
  let left = MOST_ASKED;
  for (const one of reservations) {
    if (left-- === 0) break;
    const missing = missingFacts(world, one);
    if (missing === undefined) continue;
    const known = lacking.get(missing.why);
    if (known) known.by.push(one);
    else lacking.set(missing.why, { facts: missing.facts, by: [one] });
  }
  return [...lacking].map(([why, { facts, by }]) => {
    const names = list(by.map(({ id }) => id));
    return codes.factsMissing(
      { why, names },
      { span: by[0].span, help: facts === undefined ? FOR_OTHERS : `facts say it: ${facts}` },
    );
  });
}

/** So many reservations of a file are looked at, each of which may cross many links. */
const MOST_ASKED = 200;

/** So many ports are named. */
const SHOWN = 4;
