/**
 * Names that nothing knows → whether a fact may bring them back (SEMANTICS, "What the network takes away"). Where a text
 * has a directory, people log in and out and hosts come and go: a name that only such a fact makes known is *awaited*
 * while the fact is gone. It is reported, and what names it stands. Without a directory it is a slip, and refused.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { didYouMean, nameList } from "../diagnostics/suggest.ts";
import type { Span } from "../source.ts";
import { printName, symbolText } from "../syntax/print-flows.ts";

/** Where the name stands: among the terms of a rule a bare word may be a variable. */
type Place = Parameters<typeof didYouMean>[3];

/** Whether a name differs from a known one in nothing but capital letters, so that it is a slip in any case. */
function isMiswritten(name: string, known: readonly string[]): boolean {
  let small = SMALL.get(known);
  if (small === undefined) SMALL.set(known, (small = new Set(known.map((one) => one.toLowerCase()))));
  return small.has(name.toLowerCase());
}

/** Lists of known names in small letters: a text may name many that are unknown. */
const SMALL = new WeakMap<readonly string[], ReadonlySet<string>>();

/** A name that nothing knows, as it stands in a text. */
export interface UnknownName {
  readonly name: string;
  /** The names of its kind that are known; they are read more than once, so no iterator. */
  readonly known: Iterable<string> & { readonly next?: never };
  readonly span: Span;
  /** Whether the text has a directory, so that a fact may bring the name back. */
  readonly awaits: boolean;
  readonly place?: Place;
  /** What else is known by the name: `isA`. */
  readonly other?: string | undefined;
  /** Whether it is to speak for a share, and is no condition of flows. */
  readonly speaks?: boolean;
}

/** That a name is known, of another kind than its field takes. */
export const isA = (name: string, kind: string, field: string): string =>
  `\`${name}\` is a ${kind}: the field is \`${field}\``;

/** The fault of a user that nothing knows: a warning where a login may name the user, else an error. */
export function userFault(of: UnknownName): Diagnostic {
  const add = `\`AddUser ${printName({ text: of.name })}.\``;
  return faultOf(of, {
    kind: "a user",
    slip: (extras) =>
      codes.unknownUser(of, {
        help: everyHelp(of.name, "user", "user") ?? `a user is known by ${add} or by a fact`,
        ...extras,
      }),
    away: (extras) => codes.awaitedUser(of, extras),
    meaning:
      everyHelp(of.name, "user", "user") ??
      `${of.speaks === true ? "the grant stands for that name" : "it means no flows until a login names that user"}${of.other === undefined ? `; ${add} makes the name known for good` : ""}`,
  });
}

/** The fault of a node that nothing knows: a warning where a fact may place a host of that name, else an error. */
export const nodeFault = (of: UnknownName): Diagnostic =>
  faultOf(of, {
    kind: "a waypoint",
    slip: (extras) => codes.unknownNode(of, { help: statedNode(of.name), ...extras }),
    away: (extras) => codes.awaitedNode(of, extras),
    meaning: "it is taken for a host that is away until `host_at` says where it is",
  });

/** The fault of a host that nothing knows, in a rule: a warning where a fact may name it, else an error. */
export const hostFault = (of: UnknownName): Diagnostic =>
  faultOf(of, {
    kind: "a host",
    slip: (extras) => codes.unknownHost(of, { help: statedHost(of.name), ...extras }),
    away: (extras) => codes.awaitedHost(of, extras),
    meaning: "no rule holds by it until a fact names that host",
  });

/** The fault of a switch that nothing knows, in a fact: a warning where other switches are known, else an error. */
export const switchFault = (of: UnknownName): Diagnostic =>
  faultOf(of, switchWords(of, "hosts there count as unplugged, and what comes in by a link to it is dropped,"));

/** The same among the conditions of a flowgroup. */
export const flowSwitchFault = (of: UnknownName): Diagnostic =>
  faultOf(of, switchWords(of, "no flow enters there, and no host stands there,"));

const switchWords = (of: UnknownName, meaning: string): Words => ({
  kind: "a switch",
  slip: (extras) => codes.unknownSwitch(of, { help: statedSwitch(of.name), ...extras }),
  away: (extras) => codes.awaitedSwitch(of, extras),
  meaning: `${meaning} until \`switch(${symbolText(of.name)}, DATAPATH).\` is stated`,
});

/**
 * Facts as advice. What only the reader knows stands as a variable, which no fact may have: whatever was invented for it
 * would be believed.
 */
export const statedHost = (name: string): string =>
  `a host is known by a fact: \`host_ip(${symbolText(name)}, ADDRESS).\``;
export const statedSwitch = (name: string): string => `state it: \`switch(${symbolText(name)}, DATAPATH).\``;
const statedNode = (name: string): string =>
  `a host that can be passed is known by \`host_at(${symbolText(name)}, SWITCH, PORT).\`, a switch by \`switch(${symbolText(name)}, DATAPATH).\``;

/** Words by which other languages mean everybody. */
const EVERY: ReadonlySet<string> = new Set(["any", "all", "every", "everyone", "everybody", "anyone", "anybody"]);

/** The help for a name that hardly is one; undefined for others. */
export const everyHelp = (name: string, what: string, field: string): string | undefined =>
  EVERY.has(name.toLowerCase())
    ? `every ${what} is meant where \`${field}\` is not asked for, and all flows are \`(*)\``
    : undefined;

type Extras = { readonly span: Span } & Pick<Diagnostic, "help" | "fix">;

/** What is said of a name: as a slip, or as one that is awaited and `meaning` what until then. */
interface Words {
  /** What bears such a name, with its article. */
  readonly kind: string;
  readonly slip: (extras: Extras) => Diagnostic;
  readonly away: (extras: Extras) => Diagnostic;
  readonly meaning: string;
}

function faultOf(
  { name, known: names, span, awaits, place, other }: UnknownName,
  { kind, slip, away, meaning }: Words,
): Diagnostic {
  if (name === "") return codes.emptyName({ what: kind }, { span });
  const known = names instanceof Set ? nameList(names) : Array.isArray(names) ? (names as string[]) : [...names];
  const meant = other === undefined ? didYouMean(name, known, span, place) : { help: other };
  if (!awaits || isMiswritten(name, known)) return slip({ span, ...meant });
  return away({
    span,
    ...meant,
    help: meant.help === undefined ? meaning : `${meant.help}${other === undefined ? "" : ";"} ${meaning}`,
  });
}
