/**
 * Derived rules → one flow table per switch. `lower` does it for a whole policy, and `LiveTable` follows changes. Both
 * give the same bytes for the same rules, whatever their order.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { LowerContext } from "./pipeline/options.ts";
import type { Table } from "../table/entry.ts";
import { LiveTable } from "./live-table.ts";

export { switchesOf, tableName, type LowerContext } from "./pipeline/options.ts";
export { cookieOf, isOurs, COOKIE_OWNER } from "../table/cookie.ts";
export { entryKey, matchContains, matchKey, MATCH_FIELDS, sortEntries, WIDTHS } from "../table/match.ts";
export { PIPELINE, TARGETS, type StageName, type Target, type TargetName } from "./pipeline/pipeline.ts";
export { meterText } from "../table/notes.ts";
export { fromOvs, toOvs, type UnreadableLine } from "../table/text.ts";
export { LiveTable };

export interface Lowered {
  /** Switch → table. The switch of a network without `switch` facts is "". */
  readonly tables: ReadonlyMap<string, Table>;
  readonly diagnostics: readonly Diagnostic[];
  /** Cookie → statement. */
  readonly cookies: ReadonlyMap<bigint, string>;
  /** Until when the switches keep to the rules by themselves, in Unix seconds; Infinity: for ever. */
  readonly validUntil: number;
}

/** The tables of these rules, with the meters and queues that their entries refer to. */
export function lower(rules: Iterable<DerivedRule>, context: LowerContext): Lowered {
  const live = new LiveTable(context);
  live.load([...rules]);
  return {
    tables: live.tables(),
    diagnostics: live.diagnostics(),
    cookies: live.cookies(),
    validUntil: live.validUntil(),
  };
}
