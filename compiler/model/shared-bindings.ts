/**
 * An address or a MAC that facts give to hosts at several ports: mostly a line that was copied and not changed. Names of
 * one machine (hosts at one port) may share, and where no place is known the switch itself learns who has it.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { parseIp, parseMac, printIp, printMac } from "../net/index.ts";
import type { Span } from "../source.ts";
import type { LocatedFact } from "./facts.ts";

/** What sharing leads to (SEMANTICS, "The network's verdict"). */
const HELP = {
  address: "what names one of them holds the flows of both, and each may send from it: give each its own",
  MAC: "what is sent to it leaves at the port of one of them alone: give each its own",
} as const;

interface Held {
  readonly host: string;
  readonly place: string;
  readonly span: Span;
}

/** One warning for each fact that gives away what a host at another port has. `placeOf`: the one place of a host. */
export function sharedBindings(
  facts: { readonly address: Iterable<LocatedFact>; readonly MAC: Iterable<LocatedFact> },
  placeOf: (host: string) => string | undefined,
): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const what of ["address", "MAC"] as const) {
    const first = new Map<string, Held>();
    for (const { tuple, span } of facts[what]) {
      const host = String(tuple[0]);
      const place = placeOf(host);
      const value = what === "address" ? oneAddress(String(tuple[1])) : oneMac(String(tuple[1]));
      if (place === undefined || value === undefined) continue;
      const earlier = first.get(value);
      if (earlier === undefined) first.set(value, { host, place, span });
      else if (earlier.place !== place) {
        const related = [{ span: earlier.span, message: `\`${earlier.host}\` at \`${earlier.place}\` has it here` }];
        const words = { host, place, other: earlier.host, what, value };
        diagnostics.push(codes.sharedBinding(words, { span, related, help: HELP[what] }));
      }
    }
  }
  return diagnostics;
}

function oneAddress(text: string): string | undefined {
  const ip = parseIp(text);
  return ip.ok ? printIp(ip.value) : undefined;
}

function oneMac(text: string): string | undefined {
  const mac = parseMac(text);
  return mac.ok ? printMac(mac.value) : undefined;
}
