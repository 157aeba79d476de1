/**
 * An address or a MAC that facts give to hosts at several ports: mostly a line that was copied and not changed. Names of
 * one machine (hosts at one port) may share, and where no place is known the switch itself learns who has it.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { LocatedFact } from "./facts.ts";

/** What sharing leads to. */
const HELP = {
  address:
    "what names one of them holds the flows of both, each may send from it, and what waypoints and avoids hold of it, or comes in from it at the port of a waypoint, is dropped: give each its own",
  MAC: "what is sent to it leaves at the port of one of them alone, and what waypoints and avoids hold of it, or comes in with it at the port of a waypoint, is dropped: give each its own",
} as const;

/** One warning for each fact that gives away what a host at another port has. `placeOf`: the one place of a host. */
export function sharedBindings(
  facts: { readonly address: Iterable<LocatedFact>; readonly MAC: Iterable<LocatedFact> },
  placeOf: (host: string) => string | undefined,
): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const what of ["address", "MAC"] as const) {
    const first = new Map<string, LocatedFact>();
    for (const fact of facts[what]) {
      // Constants are in one spelling, and quoted ones differ from it in capital letters at most.
      const value = String(fact.tuple[1]).toLowerCase();
      const earlier = first.get(value);
      const otherPlace = earlier && placeOf(String(earlier.tuple[0]));
      if (earlier === undefined || otherPlace === undefined) {
        first.set(value, fact);
        continue;
      }
      const host = String(fact.tuple[0]);
      const other = String(earlier.tuple[0]);
      const place = placeOf(host);
      if (place === undefined || place === otherPlace) continue;
      const related = [{ span: earlier.span, message: `\`${other}\` at \`${otherPlace}\` has it here` }];
      const words = { host, place, other, what, value };
      diagnostics.push(codes.sharedBinding(words, { span: fact.span, related, help: HELP[what] }));
    }
  }
  return diagnostics;
}
