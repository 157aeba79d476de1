/** The bracketed privileges of a NewShare → stated privileges. Bounds that nothing can meet are refused. */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { printRate } from "../net/index.ts";
import type { PrivilegeExpr } from "../syntax/ast.ts";
import type { StatedPrivileges } from "./model.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The key under which a privilege is stored. */
function keyOf(privilege: PrivilegeExpr): keyof StatedPrivileges {
  if (privilege.kind === "reserve") return privilege.bound === "<=" ? "reserveMax" : "reserveMin";
  if (privilege.kind === "limit") return privilege.bound === "<=" ? "limitCap" : "limitFloor";
  return privilege.kind;
}

function valueOf(privilege: PrivilegeExpr): boolean | number | readonly string[] {
  switch (privilege.kind) {
    case "allow":
    case "deny":
    case "hint":
    case "query":
      return privilege.value;
    case "reserve":
    case "limit":
    case "capacity":
    case "fill":
      return privilege.rate.bits;
    case "waypoint":
    case "avoid":
      return privilege.nodes.map((n) => n.text).toSorted();
    case "requests":
    case "entries":
      return privilege.count;
  }
}

/** The privileges that a list states. If one is stated twice, the first is kept. */
export function privileges(written: readonly PrivilegeExpr[]): {
  readonly stated: StatedPrivileges;
  readonly diagnostics: readonly Diagnostic[];
} {
  const stated: Mutable<StatedPrivileges> = {};
  const first = new Map<string, PrivilegeExpr>();
  const diagnostics: Diagnostic[] = [];
  for (const privilege of written) {
    // The parser has reported a privilege that is stated twice.
    const key = keyOf(privilege);
    if (first.has(key)) continue;
    first.set(key, privilege);
    Object.assign(stated, { [key]: valueOf(privilege) });
  }
  const between = (what: string, low: keyof StatedPrivileges, high: keyof StatedPrivileges): void => {
    const [least, most] = [stated[low], stated[high]] as [number | undefined, number | undefined];
    if (least === undefined || most === undefined || least <= most) return;
    const related = [{ span: first.get(high)!.span, message: "the upper bound" }];
    const words = { what, low: printRate(least), high: printRate(most) };
    diagnostics.push(codes.contradictoryPrivileges(words, { span: first.get(low)!.span, related }));
  };
  between("reservation", "reserveMin", "reserveMax");
  between("limit", "limitFloor", "limitCap");
  // Either bound grants limits; reservations are granted by the maximum drain alone (SEMANTICS, "Shares").
  const [idle] = (["reserveMin", "fill", "capacity"] as const).filter((key) => stated[key] !== undefined);
  if (idle !== undefined && stated.reserveMax === undefined) {
    const { span } = first.get(idle)!;
    const written = span.source.text.slice(span.start, span.end);
    diagnostics.push(
      codes.grantsNothing({ privilege: written }, { span, help: "reserve <= RATE grants reservations" }),
    );
  }
  return { stated, diagnostics };
}
