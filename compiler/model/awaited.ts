/**
 * Names that nothing knows → whether a fact may bring them back (SEMANTICS, "What the network takes away"). Where a text
 * has a directory, people log in and out and hosts come and go: a name that only such a fact makes known is *awaited*
 * while the fact is gone. It is reported, and what names it stands. Without a directory it is a slip, and refused.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Span } from "../source.ts";
import { printName } from "../syntax/print-flows.ts";

/** Where the name stands: among the terms of a rule a bare word may be a variable. */
type Place = Parameters<typeof didYouMean>[3];

/** Whether a name differs from a known one in nothing but capital letters, so that it is a slip in any case. */
function isMiswritten(name: string, known: Iterable<string>): boolean {
  const lower = name.toLowerCase();
  for (const one of known) if (one.length === name.length && one.toLowerCase() === lower) return true;
  return false;
}

/** A name that nothing knows, as it stands in a text. */
export interface UnknownName {
  readonly name: string;
  /** The names of its kind that are known. */
  readonly known: Iterable<string>;
  readonly span: Span;
  /** Whether the text has a directory, so that a fact may bring the name back. */
  readonly awaits: boolean;
  readonly place?: Place;
}

/** The fault of a user that nothing knows: a warning where a login may name the user, else an error. */
export function userFault(of: UnknownName): Diagnostic {
  const add = `\`AddUser ${printName({ text: of.name })}.\``;
  return faultOf(of, {
    slip: (extras) => codes.unknownUser(of, { help: `a user is known by ${add} or by a fact`, ...extras }),
    away: (extras) => codes.awaitedUser(of, extras),
    meaning: `it means no flows until a login names that user; ${add} makes the name known for good`,
  });
}

/** The fault of a node that nothing knows: a warning where a fact may place a host of that name, else an error. */
export const nodeFault = (of: UnknownName): Diagnostic =>
  faultOf(of, {
    slip: (extras) => codes.unknownNode(of, { help: NODE, ...extras }),
    away: (extras) => codes.awaitedNode(of, extras),
    meaning: "it is taken for a host that is away until `host_at` says where it is",
  });

/** The fault of a host that nothing knows, in a rule: a warning where a fact may name it, else an error. */
export const hostFault = (of: UnknownName): Diagnostic =>
  faultOf(of, {
    slip: (extras) => codes.unknownHost(of, extras),
    away: (extras) => codes.awaitedHost(of, extras),
    meaning: "no rule holds by it until a fact names that host",
  });

/** The fault of a switch that nothing knows, in a fact: a warning where other switches are known, else an error. */
export const switchFault = (of: UnknownName, stated: string): Diagnostic =>
  faultOf(of, {
    slip: (extras) => codes.unknownSwitch(of, { help: `state it: \`${stated}\``, ...extras }),
    away: (extras) => codes.awaitedSwitch(of, extras),
    meaning: `hosts there count as unplugged, and what comes in by a link to it is dropped, until it is stated: \`${stated}\``,
  });

const NODE = "a node is known by a fact such as `host_at(ids, s1, 3).` or `switch(s1, 1).`";

type Extras = { readonly span: Span } & Pick<Diagnostic, "help" | "fix">;

/** What is said of a name: as a slip, or as one that is awaited and `meaning` what until then. */
interface Words {
  readonly slip: (extras: Extras) => Diagnostic;
  readonly away: (extras: Extras) => Diagnostic;
  readonly meaning: string;
}

function faultOf({ name, known, span, awaits, place }: UnknownName, { slip, away, meaning }: Words): Diagnostic {
  const meant = didYouMean(name, known, span, place);
  if (!awaits || isMiswritten(name, known)) return slip({ span, ...meant });
  return away({ span, ...meant, help: meant.help === undefined ? meaning : `${meant.help} ${meaning}` });
}
