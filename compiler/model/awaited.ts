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

/** Help that ends in the names which may have been meant. */
function helpOf(
  what: string,
  name: string,
  known: Iterable<string>,
  span: Span,
  place?: Place,
): Pick<Diagnostic, "help" | "fix"> {
  const meant = didYouMean(name, known, span, place);
  return { ...meant, help: meant.help === undefined ? what : `${meant.help} ${what}` };
}

/** The fault of a user that nothing knows: a warning where a login may name the user, else an error. */
export function userFault(
  name: string,
  known: Iterable<string>,
  span: Span,
  awaits: boolean,
  place?: Place,
): Diagnostic {
  if (!awaits || isMiswritten(name, known)) {
    const help = `a user is known by \`AddUser ${printName({ text: name })}.\` or by a fact`;
    return codes.unknownUser({ name }, { span, help, ...didYouMean(name, known, span, place) });
  }
  const what = `it means no flows until a login names that user; \`AddUser ${printName({ text: name })}.\` makes the name known for good`;
  return codes.awaitedUser({ name }, { span, ...helpOf(what, name, known, span, place) });
}

/** The fault of a node that nothing knows: a warning where a fact may place a host of that name, else an error. */
export function nodeFault(
  name: string,
  known: Iterable<string>,
  span: Span,
  awaits: boolean,
  place?: Place,
): Diagnostic {
  if (!awaits || isMiswritten(name, known)) {
    const help = "a node is known by a fact such as `host_at(ids, s1, 3).` or `switch(s1, 1).`";
    return codes.unknownNode({ name }, { span, help, ...didYouMean(name, known, span, place) });
  }
  const what = "it is taken for a host that is away until `host_at` says where it is";
  return codes.awaitedNode({ name }, { span, ...helpOf(what, name, known, span, place) });
}

/** The fault of a host that nothing knows, in a rule: a warning where a fact may name it, else an error. */
export function hostFault(
  name: string,
  known: Iterable<string>,
  span: Span,
  awaits: boolean,
  place?: Place,
): Diagnostic {
  if (!awaits || isMiswritten(name, known))
    return codes.unknownHost({ name }, { span, ...didYouMean(name, known, span, place) });
  const what = "no rule holds by it until a fact names that host";
  return codes.awaitedHost({ name }, { span, ...helpOf(what, name, known, span, place) });
}
