/**
 * Rules → tables of which it is proven that no packet circles. What the boxes of several statements forward as routers may go
 * from one to the other and round. A whole table is not refused for that: where it would, these boxes serve as wires alone
 * (NETWORK, "Forward"), which is said.
 */
import { namesInText, proveTables, type RoutedCircle } from "./network.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { takenForWires } from "../diagnostics/codes/table.ts";
import { hasErrors, type Diagnostic } from "../diagnostics/diagnostic.ts";
import { lower, type LowerContext, type Lowered } from "../lowering/index.ts";
import { topology } from "../paths/index.ts";

export interface ProvenTables {
  readonly lowered: Lowered;
  /** What the proof has to say. Where a statement is refused its entries are missing, and nothing is proven. */
  readonly proven: readonly Diagnostic[];
  /** The boxes that serve as wires alone. */
  readonly wires: ReadonlySet<string>;
}

/** The tables of these rules, and what is proven of them. */
export function provenTables(rules: readonly DerivedRule[], context: LowerContext): ProvenTables {
  const of = topology(context.directory);
  const wires = new Set<string>();
  const told: Diagnostic[] = [];
  for (;;) {
    const lowered = lower(rules, { ...context, wires });
    if (hasErrors(lowered.diagnostics)) return { lowered, proven: told, wires };
    const { diagnostics, routed } = proveTables(lowered.tables, of, rules);
    const boxes = routed?.boxes.filter((name) => !wires.has(name)) ?? [];
    if (routed === undefined || boxes.length === 0) return { lowered, proven: [...told, ...diagnostics], wires };
    for (const name of boxes) wires.add(name);
    told.push(toldOf({ ...routed, boxes }, context));
  }
}

function toldOf({ boxes, statements, path }: RoutedCircle, { spanOf }: LowerContext): Diagnostic {
  const help = `boxes that give frames back as they are lose nothing; where these route, change what leads to them: ${namesInText(statements)}`;
  return takenForWires(
    { boxes: namesInText(boxes), path },
    { span: statements.map((one) => spanOf?.(one)).find(Boolean), help },
  );
}
