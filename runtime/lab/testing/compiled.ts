/** Policies of one switch → their table, for tests that send frames through it. */
import { RULES } from "../../../compiler/admission/testing/networks.ts";
import { decide, tablesAt } from "../../../compiler/compile.ts";
import type { Table } from "../../../compiler/table/entry.ts";

export const decidedOf = (text: string): ReturnType<typeof decide> =>
  decide([{ name: "lab.pane", text }], { now: 0, load: () => undefined, rules: RULES });

/** @throws {Error} The policy has errors: their messages. */
export function compiled(text: string): Table {
  const decided = decidedOf(text);
  const { tables, diagnostics } = tablesAt(decided, 0, { target: "ovs" });
  const errors = [...decided.diagnostics, ...diagnostics].filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("; "));
  return tables.get("")!;
}
