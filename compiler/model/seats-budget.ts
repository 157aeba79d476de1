/**
 * How large a network may be. Every switch has entries for every address of a host at a port (NETWORK, "Spoof" and
 * "Forward"), so switches and hosts multiply, and a few pages of facts would come to millions of entries.
 */
import { thousands } from "../diagnostics/text.ts";
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Span } from "../source.ts";

/** Each pair takes about six entries: these are about a million, made in some seconds with less than a gigabyte. */
const MOST_PAIRS_OF_SEATS = 160_000;

/** A host at a port. */
interface Seated {
  readonly span: Span;
  /** How many addresses and MACs it has. */
  readonly addresses: number;
}

/** The diagnostic for more pairs of a switch and an address than that, at the host with which there are; else none. */
export function tooManySeats(switches: number, hosts: Iterable<Seated>): readonly Diagnostic[] {
  if (switches < 2) return [];
  let pairs = 0;
  for (const { addresses, span } of hosts) {
    pairs += switches * addresses;
    if (pairs <= MOST_PAIRS_OF_SEATS) continue;
    const words = { switches: thousands(switches), limit: thousands(MOST_PAIRS_OF_SEATS) };
    return [codes.manySeats(words, { span, help: "give each part of the network a policy of its own" })];
  }
  return [];
}
