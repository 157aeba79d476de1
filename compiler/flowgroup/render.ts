/**
 * Sets → text in the language's own syntax (LANGUAGE, "Flowgroups"). What the language can say parses back to the same
 * set; prerequisites that the parser would add again are left out, so `(ethType={…}, transport=TCP, dstPort=80)` reads
 * `(transport=TCP, dstPort=80)`. For readers, sets that the language has no words for are described in prose: `every
 * flow without user`.
 */
import { MAX_V4, MAX_V6 } from "../net/address.ts";
import type { Cube, FieldSet, Flow, Flowgroup } from "./cube.ts";
import { constrainedFields, constraint, constraintsOf, cubeEqual, withConstraint } from "./cubes.ts";
import { DOMAINS, FIELDS, type Domain, type Field } from "./fields.ts";
import { ICMP, ICMPV6, IPV6, normalise } from "./prerequisites.ts";
import { renderValue, valuesOf } from "./render-values.ts";
import { complement, hasValues, names, negation, setDifference, setHolds } from "./sets.ts";
import { append } from "../net/lists.ts";

/** Other words than ours for a set, if there are some. */
type Words = (field: Field, set: FieldSet) => string | undefined;

/** A flowgroup as text that parses back: `(user=alice, dstPort=80) or (dstHost=10.0.0.0/8)`. */
export function render(of: Flowgroup, words?: Words): string {
  if (of.cubes.length === 0) return "(*) except (*)";
  return of.cubes
    .flatMap(sayable)
    .map((cube) => renderCube(cube, words))
    .join(" or ");
}

/** The same for readers: whether a field is present or absent is written out in words. Does not parse back. */
export function readable(of: Flowgroup): string {
  return of.cubes.length === 0 ? "no flow at all" : of.cubes.map((cube) => tellCube(cube)).join(" or ");
}

/** The same in at most about `length` characters, for messages; what is left out is counted. */
export function describe(of: Flowgroup, length = 100): string {
  if (of.cubes.length === 0) return "no flow at all";
  let text = "";
  for (const [i, cube] of of.cubes.entries()) {
    const next = tellCube(cube, 3);
    if (i > 0 && text.length + next.length > length) return `${text} or ${of.cubes.length - i} more`;
    text += (i > 0 ? " or " : "") + next;
  }
  return text;
}

/** A flow as a list of terms: `srcHost=10.0.0.3, transport=TCP, dstPort=22`; without the fields it lacks. */
export function renderFlow(flow: Flow): string {
  return FIELDS.filter((field) => flow[field] !== undefined)
    .map((field) => `${field}=${renderValue(field, flow[field]!)}`)
    .join(", ");
}

/**
 * One set as the right side of a term: `80`, `{10.0.0.0/8, 2001:db8::1}`, `1000-2000`. Absent cannot be written here.
 */
export function renderSet(field: Field, set: FieldSet): string {
  return braces(valuesOf(field, set));
}

function braces(values: readonly string[], most = Number.POSITIVE_INFINITY): string {
  if (values.length === 1) return values[0]!;
  if (values.length <= most) return `{${values.join(", ")}}`;
  return `{${values.slice(0, most).join(", ")}, … ${values.length - most} more}`;
}

/** One cube in the language's syntax. */
function renderCube(of: Cube, words?: Words): string {
  const { terms, exceptions } = phrases(withoutImplied(of), mayBeIpv6(of), undefined, words);
  return [terms ?? "(*)", ...exceptions].join(" except ");
}

/** One cube for readers. */
function tellCube(of: Cube, most?: number): string {
  let shown = withoutImplied(of);
  const words: string[] = [];
  for (const field of constrainedFields(shown)) {
    const presence = presenceOf(field, constraint(shown, field)!);
    if (presence === undefined) continue;
    words.push(presence === "absent" ? `without ${field}` : `with any ${field}`);
    shown = withConstraint(shown, field, undefined);
  }
  const { terms, exceptions } = phrases(shown, mayBeIpv6(of), most);
  const head = [terms ?? (words.length > 0 ? "every flow" : "(*)"), ...words].join(" ");
  return [head, ...exceptions].join(" except ");
}

/** The terms of a cube in parentheses, and the exceptions: sets that hold absent are written by what they lack. */
function phrases(
  shown: Cube,
  overIpv6: boolean,
  most?: number,
  other?: Words,
): { readonly terms: string | undefined; readonly exceptions: readonly string[] } {
  const terms: string[] = [];
  const exceptions: string[] = [];
  for (const field of constrainedFields(shown)) {
    const set = constraint(shown, field)!;
    if (set.absent) {
      append(exceptions, excepted(field, complement(field, set), overIpv6, most));
    } else {
      const word = other?.(field, set);
      terms.push(word === undefined ? term(field, set, overIpv6, most) : `${field}=${word}`);
    }
  }
  return { terms: terms.length > 0 ? `(${terms.join(", ")})` : undefined, exceptions };
}

/** What a set asks of a field, for readers: `80`, `other than 22`, `present`, `absent`. */
export function tellSet(field: Field, set: FieldSet): string {
  const rest = set.absent ? complement(field, set) : saidByNegation(field, set) ? negation(field, set) : undefined;
  return presenceOf(field, set) ?? (rest ? `other than ${renderSet(field, rest)}` : renderSet(field, set));
}

/** Whether a set asks only if a packet has the field, and not for its value. */
function presenceOf(field: Field, set: FieldSet): "absent" | "present" | undefined {
  if (set.absent) return hasValues(set) ? undefined : "absent";
  return hasValues(complement(field, set)) ? undefined : "present";
}

/** `dstPort=80` or `dstPort!=22`, whichever is shorter. */
function term(field: Field, set: FieldSet, overIpv6: boolean, most?: number, isLeftOut = false): string {
  const rest = saidByNegation(field, set) ? negation(field, set) : undefined;
  const values = braces(valuesOf(field, rest ?? set, overIpv6, isLeftOut || rest !== undefined), most);
  return `${field}${rest ? "!=" : "="}${values}`;
}

/**
 * A set that reaches from the first value to the last has fewer gaps than ranges; "all names but some" has no
 * other form. Over IPv6 the value 58 is the number 1, which a range alone says, and together with ICMPv6 (`DOMAINS.transport`):
 * so a set with 58 and without 1 is written by what it lacks.
 */
function saidByNegation(field: Field, set: FieldSet): boolean {
  switch (set.kind) {
    case "name":
      return set.not && set.names.length > 0;
    case "number": {
      const { max } = DOMAINS[field] as Domain & { kind: "number" };
      return field === "transport" ? setHolds(set, ICMPV6) && !setHolds(set, ICMP) : spans(set.ranges, 0, max);
    }
    case "ip":
      return spans(set.v4, 0, MAX_V4) && spans(set.v6, 0n, MAX_V6);
  }
}

function spans<N extends number | bigint>(ranges: readonly N[], first: N, last: N): boolean {
  return ranges[0] === first && ranges.at(-1) === last;
}

/** Whether packets of IPv6 are in the cube, where some transports are not written as one value. */
function mayBeIpv6(of: Cube): boolean {
  const types = constraint(of, "ethType");
  return types === undefined || setHolds(types, IPV6);
}

/** A set of values to leave out, as one or more bracketed terms; “any name” takes two. */
function excepted(field: Field, set: FieldSet, overIpv6: boolean, most?: number): string[] {
  if (isAnyName(set)) return [`(${field}=${someName(field)})`, `(${field}!=${someName(field)})`];
  return [`(${term(field, set, overIpv6, most, true)})`];
}

/** The cube without the constraints that normalising the others brings back. */
export function withoutImplied(of: Cube): Cube {
  let shown = of;
  for (const field of ["ethType", "transport", "switch", "inPort"] as const) {
    if (constraint(shown, field) === undefined) continue;
    const less = withConstraint(shown, field, undefined);
    const back = normalise(constraintsOf(less));
    if (back.kind === "cubes" && back.cubes.length === 1 && cubeEqual(back.cubes[0]!, of)) shown = less;
  }
  return shown;
}

/** The cube in parts that have words: “any name” is “unknown, or not unknown”. */
function sayable(of: Cube): Cube[] {
  let parts = [of];
  for (const field of constrainedFields(of)) {
    const set = constraint(of, field)!;
    if (!isAnyName(set) || set.absent) continue;
    const some = names(someName(field));
    const split = [some, setDifference(set, some)!];
    parts = parts.flatMap((part) => split.map((one) => withConstraint(part, field, one)));
  }
  return parts;
}

function isAnyName(set: FieldSet): boolean {
  return set.kind === "name" && set.not && set.names.length === 0;
}

/** A name to split on. Every directory knows the user `unknown` (NETWORK, "Addresses, users, hosts"). */
function someName(field: Field): string {
  return field === "srcAP" || field === "dstAP" ? "unknown:1" : "unknown";
}
