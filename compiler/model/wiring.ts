/**
 * Facts about wires → the links that are believed, and the ports at which facts contradict each other (SEMANTICS, "What
 * the network takes away"). Of a port with two wires nothing is certain, and leaving out either could close a circle. So
 * neither is believed, and what comes in at these ports and at the other ends of their links is dropped.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic, Related } from "../diagnostics/diagnostic.ts";
import { printRate } from "../net/index.ts";
import type { Span } from "../source.ts";
import type { Directory } from "./model.ts";

type Link = Directory["links"][number];
/** A port of a switch. */
export type WiredPort = NonNullable<Directory["disputedPorts"]>[number];

/** A link as a fact states it. */
export type StatedLink = Link & { readonly span: Span };

/** A host at a port as a fact states it. */
export type StatedPlace = WiredPort & { readonly host: string; readonly span: Span };

const key = (port: WiredPort): string => `${port.switch}:${port.port}`;
const ends = ({ from, fromPort, to, toPort }: Link): readonly [WiredPort, WiredPort] => [
  { switch: from, port: fromPort },
  { switch: to, port: toPort },
];
const wire = (link: Link): string => ends(link).map(key).toSorted().join(" ");

const NEITHER =
  "neither is believed: what comes in there, and at the other end of a link, is dropped until one of the facts is gone";
const LOWER = "the lower one counts until one of the facts is gone";

/**
 * The links that no other fact contradicts, and the ports of all that are contradicted. `open`: ports of links to a switch
 * of which nothing is known, which count among them.
 */
export function believed(
  stated: readonly StatedLink[],
  hosts: readonly StatedPlace[],
  open: readonly WiredPort[],
): {
  readonly links: readonly Link[];
  readonly disputed: readonly WiredPort[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const diagnostics: Diagnostic[] = [];
  const wires = new Map<string, StatedLink>();
  for (const link of stated) {
    const known = wires.get(wire(link));
    if (known === undefined) wires.set(wire(link), link);
    else if (known.rate !== link.rate) {
      const related = [{ span: known.span, message: `${printRate(known.rate)} here` }];
      const [one, other] = ends(link).map(key) as [string, string];
      const help = `a link has one rate, both ways, and \`port_rate\` slows down one of its ports; ${LOWER}`;
      diagnostics.push(codes.linkOfTwoRates({ one, other }, { span: link.span, related, help }));
      wires.set(wire(link), { ...known, rate: Math.min(known.rate, link.rate) });
    } // else it is stated from both ends
  }
  const first = new Map<string, StatedLink>();
  const contested = new Set(open.map(key));
  const contest = (port: WiredPort, other: Span): { readonly related: readonly Related[]; readonly help: string } => {
    contested.add(key(port));
    return { related: [{ span: other, message: "the other link" }], help: NEITHER };
  };
  for (const link of wires.values()) {
    const [near, far] = ends(link);
    if (near.switch === far.switch) {
      for (const end of [near, far]) contested.add(key(end));
      const help = "what comes in at its ports is dropped, and nothing is led over it";
      diagnostics.push(codes.linkToItself({ switch: near.switch }, { span: link.span, help }));
    }
    for (const end of near.switch === far.switch && near.port === far.port ? [near] : [near, far]) {
      const other = first.get(key(end));
      if (other === undefined) first.set(key(end), link);
      else
        diagnostics.push(
          codes.twoLinks({ switch: end.switch, port: end.port }, { span: link.span, ...contest(end, other.span) }),
        );
    }
  }
  // Frames that come in by a link were checked where they entered, so a host at its port would never be checked.
  for (const place of hosts) {
    const link = first.get(key(place));
    if (link === undefined) continue;
    contested.add(key(place));
    const related = [{ span: link.span, message: "the link" }];
    const words = { host: place.host, switch: place.switch, port: place.port };
    diagnostics.push(codes.hostOnLink(words, { span: place.span, related, help: NEITHER }));
  }
  const isDisputed = (link: Link): boolean => ends(link).some((end) => contested.has(key(end)));
  const all = [...wires.values()];
  const cut = [...open, ...all.filter(isDisputed).flatMap(ends)];
  const disputed = new Map(cut.map((port) => [key(port), port]));
  return {
    links: all
      .filter((link) => !isDisputed(link))
      .map(({ from, fromPort, to, toPort, rate }) => ({ from, fromPort, to, toPort, rate })),
    disputed: [...disputed.values()],
    diagnostics,
  };
}

/** The fault of a port for which facts state two rates. The lower one counts. */
export function twoRatesOf(port: WiredPort, span: Span, other: Span): Diagnostic {
  const related = [{ span: other, message: "the other rate" }];
  return codes.twoRates({ switch: port.switch, port: port.port }, { span, related, help: LOWER });
}

/** The fault of a link or a port that sends nothing. A link is cut off then, and of a host's port no rate is known. */
export const standsStill = (at: string, span: Span): Diagnostic =>
  codes.rateOfZero(
    { at },
    {
      span,
      help: "it counts as down: no link is led over it, what comes in by one is dropped, and no reservation is guaranteed there",
    },
  );
