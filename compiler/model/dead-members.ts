/**
 * Lists of values → their members that no packet can have beside the other conditions, and a warning that names them
 * (LANGUAGE, "Flowgroups"). A range is one member, whatever numbers it leaves out.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Cube, FieldSet, Flowgroup } from "../flowgroup/cube.ts";
import type { Field } from "../flowgroup/fields.ts";
import { constrainedFields, constraint, LATER, namesLater, overlaps, setDifference } from "../flowgroup/index.ts";
import type { Span } from "../source.ts";
import type { ValueExpr } from "../syntax/ast.ts";
import { fieldFlows, type Names } from "./values.ts";

/** A field and the values of which it must have one. */
export interface ListCondition {
  readonly field: Field;
  readonly value: ValueExpr;
  readonly span: Span;
}

/** A condition that holds beside a list, and whether it holds none of some flows. */
export interface Beside {
  readonly span: Span;
  readonly excludes: (flows: Flowgroup) => boolean;
}

/** Members of a list that hold nothing. */
export interface DeadMembers {
  readonly of: ListCondition;
  readonly members: readonly ValueExpr[];
}

/**
 * The first `most` members of a list that are in none of the flows that it and all beside it hold; undefined: each is in
 * some.
 */
export function deadMembers(
  of: ListCondition,
  flows: Flowgroup,
  names: Names,
  most = Infinity,
): DeadMembers | undefined {
  const quiet = { ...names, report: () => undefined };
  const all = fieldFlows(of.field, of.value, false, quiet);
  if (all === undefined || all.cubes.every((one) => isWhole(one, flows))) return undefined;
  const members: ValueExpr[] = [];
  for (const one of membersOf(of.value)) {
    if (members.length >= most) break;
    const own = fieldFlows(of.field, one, false, quiet);
    if (own !== undefined && !overlaps(own, flows)) members.push(one);
  }
  return members.length === 0 ? undefined : { of, members };
}

/** The warning of dead members, with the first condition that excludes the first of them. */
export function deadMembersWarning(
  { of, members }: DeadMembers,
  beside: readonly Beside[],
  names: Names,
  place: "statement" | "rule",
): Diagnostic {
  const flowsOf = (one: ValueExpr): Flowgroup =>
    fieldFlows(of.field, one, false, { ...names, report: () => undefined })!;
  const own = flowsOf(members[0]!);
  const other = beside.find(({ span, excludes }) => span !== of.span && excludes(own));
  const others = other === undefined ? "what stands with it" : `\`${textOf(other.span)}\``;
  const listed = members.slice(0, MOST_DEAD_NAMED).map((one) => `\`${textOf(one.span)}\``);
  const named = `${listed.join(", ")}${members.length > MOST_DEAD_NAMED ? ", …" : ""}`;
  const isLater = of.field === "transport" && members.some((one) => flowsOf(one).cubes.some(namesLater));
  const alone = place === "rule" ? `ethType(ipv6), transport(${LATER})` : `(ethType=IPv6, transport=${LATER})`;
  const help = isLater
    ? `a later IPv6 fragment shows ${LATER}, and neither ports nor types: a second ${place} of \`${alone}\` holds it`
    : `take it out, or write a second ${place} for it`;
  const related = other === undefined ? {} : { related: [{ span: other.span, message: "the other condition" }] };
  return codes.deadMember({ list: textOf(of.span), named, others }, { span: of.span, help, ...related });
}

/** So many members are named; one more shows that there are others. */
export const MOST_DEAD_NAMED = 3;

const textOf = ({ source, start, end }: Span): string => source.text.slice(start, end).replaceAll(/\s+/g, " ");

/** The values of a list, however deep its braces. */
function membersOf(value: ValueExpr): readonly ValueExpr[] {
  return value.kind === "set" ? value.values.flatMap(membersOf) : [value];
}

/** Whether each value of a cube of one field is in some of the flows. */
function isWhole(one: Cube, flows: Flowgroup): boolean {
  const [field, ...more] = constrainedFields(one);
  if (field === undefined || more.length > 0) return false;
  let left: FieldSet | undefined = constraint(one, field)!;
  for (const each of flows.cubes) {
    const held = constraint(each, field);
    if (held === undefined) return true;
    left = setDifference(left, held);
    if (left === undefined) return true;
  }
  return false;
}
