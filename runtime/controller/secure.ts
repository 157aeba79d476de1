/**
 * fail_mode=secure before the entries: setting it empties the tables of a bridge at once (NETWORK, "Sending"). So it is
 * set when all that can be refused has been, never advised after; and entries of others go with it only where they are
 * taken over.
 */
import { notSecure, othersWouldGo, secureNeedsDatabase } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { isOurs } from "../../compiler/table/cookie.ts";
import type { FlowStats } from "../openflow/index.ts";
import type { Bridge } from "../ovsdb/index.ts";
import type { ApplyOptions } from "./result.ts";

type Options = Pick<ApplyOptions, "secure" | "takeOver">;

/** Whether the tables are to be emptied first. */
export const securesFirst = (bridge: Bridge | undefined, { secure }: Options): boolean =>
  secure === true && bridge !== undefined && bridge.failMode !== "secure";

/** Why the bridge cannot be made secure; nothing where it can, already is, or need not be. */
export function secureRefused(
  target: string,
  bridge: Bridge | undefined,
  flows: readonly FlowStats[],
  options: Options,
): readonly Diagnostic[] {
  if (options.secure !== true) return [];
  if (bridge === undefined) return [secureNeedsDatabase({ target }, { help: "name it with --db unix:PATH" })];
  const others = flows.filter((flow) => !isOurs(flow.cookie)).length;
  if (bridge.failMode === "secure" || options.takeOver === true || others === 0) return [];
  const entries = others === 1 ? "1 entry" : `${others} entries`;
  const help = "with --take-over they go; without --secure they stay";
  return [othersWouldGo({ bridge: bridge.name, entries }, { help })];
}

/** W951 of a bridge that is not secure. The advice says the order, since set by hand it takes the entries away. */
export function securityWarnings(bridge: Bridge | undefined, { secure }: Options): readonly Diagnostic[] {
  if (bridge === undefined || bridge.failMode === "secure" || secure === true) return [];
  const help = "apply with --secure, which sets it before it sends the entries; set alone, it empties the tables";
  return [notSecure({ bridge: bridge.name }, { help })];
}
