/**
 * The checks of a bridge before it is changed: is it the intended one (the fact `switch(S, DPID)` says which datapath S
 * is), and does it drop or switch everything when it has no entries? Setting fail_mode=secure empties the tables of a
 * bridge at once (NETWORK, "Sending"). So it is set only after everything that can be refused was checked, and it is
 * never advised after sending. Foreign entries are emptied with the tables only if the user takes them over.
 */
import {
  foreignEntries,
  notSecure,
  othersWouldGo,
  placeTaken,
  secureNeedsDatabase,
  wrongSwitch,
} from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { isOurs } from "../../compiler/table/cookie.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { entryKey } from "../../compiler/table/match.ts";
import type { FlowStats } from "../openflow/index.ts";
import type { Bridge } from "../ovsdb/index.ts";
import type { Session } from "../session/index.ts";
import type { InstalledFlow } from "./installed.ts";
import { MOST_REPORTED, statementName } from "./refusal.ts";
import type { ApplyOptions, IntendedSwitch } from "./result.ts";

/** E980 if the datapath is not that of the intended switch; nothing if it is, or if no fact says which it has. */
export function checkDatapath(
  { target, features }: Session,
  intended: IntendedSwitch | undefined,
): readonly Diagnostic[] {
  const known = intended?.switches.get(intended.name);
  const datapath = features.datapath.toString(16).padStart(16, "0");
  if (intended === undefined || known === undefined || known.dpid === datapath) return [];
  const { name, dpid, span } = known;
  const other = [...intended.switches.values()].find((one) => one.dpid === datapath);
  const help =
    other === undefined
      ? `no switch of the policy has this datapath; if this is \`${name}\`, say switch(${name}, "${datapath}")`
      : `this is \`${other.name}\`: --as ${other.name}`;
  return [wrongSwitch({ target, name, datapath, dpid }, { help, span })];
}

/** The options of `apply` that matter here. */
interface Options {
  readonly secure?: boolean;
  readonly takeOver?: boolean;
  readonly statements?: ApplyOptions["statements"];
}

/** Whether fail_mode=secure is to be set, which empties the tables first. */
export const securesFirst = (bridge: Bridge | undefined, { secure }: Options): boolean =>
  secure === true && bridge !== undefined && bridge.failMode !== "secure";

/** Why the bridge cannot be made secure; nothing if it can be, already is, or need not be. */
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

/** W951 for a bridge that is not secure. Its help says the order, since setting it by hand would remove the entries. */
export function securityWarnings(bridge: Bridge | undefined, { secure }: Options): readonly Diagnostic[] {
  if (bridge === undefined || bridge.failMode === "secure" || secure === true) return [];
  const help = "apply with --secure, which sets it before it sends the entries; set alone, it empties the tables";
  return [notSecure({ bridge: bridge.name }, { help })];
}

/**
 * Refuses desired entries with the table, priority and match of a foreign entry, which an add would silently overwrite.
 */
export function placesTaken(
  target: string,
  foreign: readonly InstalledFlow[],
  desired: Table,
  { statements }: Options,
): Diagnostic[] {
  const places = new Set(foreign.flatMap(({ entry }) => (entry ? [entryKey(entry)] : [])));
  if (places.size === 0) return [];
  return desired.entries
    .filter((entry) => places.has(entryKey(entry)))
    .slice(0, MOST_REPORTED)
    .map((entry) => {
      const known = statements?.get(entry.cookie);
      const { table, priority, match } = entry;
      // Open vSwitch gives every new bridge one entry: NORMAL, without a match.
      const isOfNewBridge = table === 0 && priority === 0 && match.length === 0;
      const help = isOfNewBridge
        ? "a new bridge comes with an entry that switches everything: with --take-over ours replaces it"
        : "with --take-over ours replaces it";
      return placeTaken(
        { target, statement: statementName(entry, known), table, priority },
        { help, span: known?.span },
      );
    });
}

/** W950 for entries of others in our tables that stay. */
export function foreignWarnings(
  target: string,
  foreign: readonly InstalledFlow[],
  { takeOver }: Options,
): readonly Diagnostic[] {
  if (takeOver === true || foreign.length === 0) return [];
  const entries = foreign.length === 1 ? "1 entry" : `${foreign.length} entries`;
  return [foreignEntries({ target, entries }, { help: "they stay; --take-over removes them" })];
}
