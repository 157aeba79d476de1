/**
 * A bridge's row → the settings that change what entries mean, or what becomes of packets beside them (NETWORK,
 * "Settings of a bridge").
 */
import { by } from "../../compiler/net/order.ts";
import { readId, readPairs, readSet } from "./value.ts";

export type Cells = Readonly<Record<string, unknown>>;
export type Rows = ReadonlyMap<string, Cells>;

export interface BridgeSettings {
  /** `vlan-limit` of the switch: how many tags of a frame are read before its type. 0: as many as it can. */
  readonly tagsRead: number;
  /** `flow-restore-wait` of the switch: after its start nothing passes until that is taken away. */
  readonly waitsForRestore: boolean;
  /** The spanning tree protocols that the bridge runs. */
  readonly spanningTrees: readonly ("STP" | "RSTP")[];
  /** Tables that, once they hold `limit` entries, give up those with an end where others come (`overflow_policy`), in order. */
  readonly evicting: readonly { readonly table: number; readonly limit: number }[];
  /** Other bridges of the same datapath, which has one memory of connections for all of them, in order of their names. */
  readonly beside: readonly { readonly name: string; readonly datapath: string }[];
}

/** Those of a new bridge that is alone. */
export const NO_SETTINGS: BridgeSettings = {
  tagsRead: 1,
  waitsForRestore: false,
  spanningTrees: [],
  evicting: [],
  beside: [],
};

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

export const isUserspace = (bridge: Cells): boolean => bridge["datapath_type"] === "netdev";

/** Rows of tables by identifier; `all`: `other_config` of the whole switch. */
interface Around {
  readonly bridges: Rows;
  readonly flowTables: Rows;
  readonly all: readonly Readonly<Record<string, string>>[];
}

export function settingsOf([id, row]: readonly [string, Cells], { bridges, flowTables, all }: Around): BridgeSettings {
  // What is no number counts as absent, and a negative one as 0 (measured).
  const limit = all.map((one) => one["vlan-limit"] ?? "").find((text) => /^[-+]?\d+$/.test(text));
  // A table without a limit is never full.
  const evictingFrom = (ref: unknown): readonly number[] => {
    const cells = flowTables.get(readId(ref) ?? "");
    return readSet(cells?.["overflow_policy"])[0] === "evict" ? readSet(cells?.["flow_limit"]).map(Number) : [];
  };
  return {
    tagsRead: limit === undefined ? NO_SETTINGS.tagsRead : Math.max(0, Number(limit)),
    waitsForRestore: all.some((one) => one["flow-restore-wait"] === "true"),
    spanningTrees: [
      ...(row["stp_enable"] === true ? (["STP"] as const) : []),
      ...(row["rstp_enable"] === true ? (["RSTP"] as const) : []),
    ],
    evicting: readPairs(row["flow_tables"])
      .flatMap(([number, ref]) => evictingFrom(ref).map((limit) => ({ table: Number(number), limit })))
      .toSorted((a, b) => a.table - b.table),
    beside: [...bridges]
      .filter(([other, cells]) => other !== id && isUserspace(cells) === isUserspace(row))
      .map(([, cells]) => ({ name: String(cells["name"]), datapath: textOf(readSet(cells["datapath_id"])[0]) }))
      .toSorted(by(({ name }) => name)),
  };
}
