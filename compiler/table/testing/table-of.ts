/** Tables for tests, from their text. */
import type { Table } from "../entry.ts";
import { fromOvs } from "../text.ts";

/** The table of a text; a fault in it fails the test. */
export function tableOf(text: string): Table {
  const table = fromOvs(text);
  if ("errors" in table) throw new Error(JSON.stringify(table.errors));
  return table;
}
