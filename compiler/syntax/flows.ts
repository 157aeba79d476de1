/** Flowgroups as written: trees → AST, with the checks that need no names resolved. */
import type { BasicTree, FlowsTree, PartTree, TermTree } from "#grammar/tree.ts";
import * as codes from "../diagnostics/codes/syntax.ts";
import { fieldElsewhere } from "../diagnostics/elsewhere.ts";
import { correction, suggest } from "../diagnostics/suggest.ts";
import { DOMAINS, type Field, FIELDS } from "../flowgroup/fields.ts";
import { join } from "../source.ts";
import type { FieldTerm, FlowExpr, Name, ValueExpr } from "./ast.ts";
import { type Context, spanOf, spanOfTree, textOf } from "./context.ts";
import { name, value } from "./values.ts";

/** The fields by the names under which they are written; `srcUser` is an alias. */
const fields: ReadonlyMap<string, Field> = new Map([...FIELDS.map((f) => [f, f] as const), ["srcUser", "user"]]);

/** The field of this name, if it is one. */
export function fieldOf(text: string): Field | undefined {
  return fields.get(text);
}

/** All names of fields, for proposals. */
export const fieldNames = (): Iterable<string> => fields.keys();

/** The nearest field name, as help and fix for a name that is none. */
export function fieldHelp(written: Name): { help: string; fix?: { title: string; span: Name["span"]; text: string } } {
  const elsewhere = fieldElsewhere(written.text);
  if (elsewhere !== undefined && "help" in elsewhere) return elsewhere;
  const meant = elsewhere?.field ?? suggest(written.text, fieldNames());
  if (meant === undefined) return { help: `the fields are ${FIELDS.join(", ")}` };
  return correction(meant, written.span);
}

/** Most parts of one flowgroup as written; later passes recurse once for each. */
const MOST = 1_024;

/** A flowgroup; `or` binds loosest and all operators associate to the left. */
export function flows(context: Context, tree: FlowsTree): FlowExpr {
  const count = countParts(tree);
  if (count > MOST) {
    const help = "one field takes a set: `srcHost={10.0.0.1, 10.0.0.2}`";
    context.diagnostics.push(codes.tooManyParts({ count, limit: MOST }, { span: spanOfTree(context, tree), help }));
  }
  return union(context, tree);
}

function countParts(tree: FlowsTree): number {
  let count = 0;
  for (const one of tree.children.part) {
    for (const { children } of one.children.basic) count += children.flows ? countParts(children.flows[0]) : 1;
  }
  return count;
}

function union(context: Context, tree: FlowsTree): FlowExpr {
  return tree.children.part
    .map((one) => part(context, one))
    .reduce((left, right) => ({ kind: "or", left, right, span: join(left.span, right.span) }));
}

function part(context: Context, tree: PartTree): FlowExpr {
  const { basic: operands, operator } = tree.children;
  return operands
    .map((one) => basic(context, one))
    .reduce((left, right, i) => ({
      kind: operator![i - 1]!.image as "and" | "except",
      left,
      right,
      span: join(left.span, right.span),
    }));
}

function basic(context: Context, tree: BasicTree): FlowExpr {
  const span = spanOfTree(context, tree);
  const { Star, flows: inner, term: terms } = tree.children;
  if (Star) return { kind: "all", span };
  if (inner) return { ...union(context, inner[0]), span };
  if (!terms) {
    if (context.dialect !== "prototype") {
      context.diagnostics.push(
        codes.emptyTerms(
          {},
          { span, help: "write `(*)` for all flows", fix: { title: "write `(*)`", span, text: "(*)" } },
        ),
      );
    }
    return { kind: "all", span };
  }
  const seen = new Map<Field, FieldTerm>();
  return {
    kind: "terms",
    terms: terms.map((one) => {
      const lowered = term(context, one);
      if (lowered.kind === "field") checkTwice(context, seen, lowered);
      return lowered;
    }),
    span,
  };
}

function term(context: Context, tree: TermTree): FieldTerm | { kind: "named"; name: Name; span: Name["span"] } {
  const span = spanOfTree(context, tree);
  const written = name(context, tree.children.Name[0]);
  const known = written.quoted ? undefined : fieldOf(written.text);
  if (!tree.children.value) {
    if (known !== undefined) context.diagnostics.push(codes.fieldAlone({ field: written.text }, { span }));
    return { kind: "named", name: written, span };
  }
  if (known === undefined) {
    context.diagnostics.push(
      codes.unknownField({ field: written.text }, { span: written.span, ...fieldHelp(written) }),
    );
  }
  const given = value(context, tree.children.value[0], "flowgroup");
  if (known === undefined) return { kind: "named", name: written, span };
  checkDomain(context, known, given);
  return {
    kind: "field",
    field: known,
    fieldSpan: spanOf(context, tree.children.Name[0]),
    negated: tree.children.NotEqual !== undefined,
    value: given,
    span,
  };
}

/** Numbers beyond a field's last value are refused here; which kinds of value a field takes is the model's to say. */
export function checkDomain(context: Context, field: Field, given: ValueExpr): void {
  const domain = DOMAINS[field];
  if (domain.kind !== "number") return;
  if (given.kind === "range") {
    checkDomain(context, field, given.low);
    checkDomain(context, field, given.high);
  } else if (given.kind === "set") {
    for (const one of given.values) checkDomain(context, field, one);
  } else if (given.kind === "number" && given.value > domain.max) {
    const { span, value } = given;
    context.diagnostics.push(codes.tooLarge({ value, field, max: domain.max }, { span }));
  }
}

function checkTwice(context: Context, seen: Map<Field, FieldTerm>, again: FieldTerm): void {
  const first = seen.get(again.field);
  if (first === undefined) {
    seen.set(again.field, again);
    return;
  }
  const all = [first, again].flatMap((one) => (one.value.kind === "set" ? one.value.values : [one.value]));
  const set = `${again.field}=${first.negated ? "!" : ""}{${all.map((one) => textOf(one.span)).join(", ")}}`;
  context.diagnostics.push(
    codes.fieldTwice(
      { field: textOf(again.fieldSpan) },
      {
        span: again.span,
        related: [{ span: first.span, message: "first here" }],
        ...(first.negated || again.negated
          ? { help: "join two lists of terms with `and`" }
          : { help: `terms of a list hold together; for either value write the set \`${set}\`` }),
      },
    ),
  );
}
