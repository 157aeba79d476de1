/** What a keeper is given: its switch, the tables that this should have, and whom to tell of it. */
import type { Entry } from "#compiler/table/entry.ts";
import type { SwitchChange, TableToHave } from "#compiler/plan/pending-changes.ts";
import type { ApplyOptions, EntryOrigin, ServerClaim } from "../../controller/index.ts";
import type { SwitchTarget } from "../../session/index.ts";
import type { KeeperEvent } from "./events.ts";
import type { HeldBefore } from "./held-before.ts";
import type { DiallingSwitch } from "./listener.ts";

/** The table of a switch, as it is in force. */
export interface WantedTable extends TableToHave {
  readonly statements: ReadonlyMap<bigint, EntryOrigin>;
  /** Unix seconds since which the table's timeouts count. */
  readonly since: number;
}

/** What has changed in the table since it was asked for last. */
export interface WantedChange extends SwitchChange {
  readonly since: number;
}

/** Milliseconds after which a switch is read back although nothing points to it. */
export const LOOK = 60_000;
/** Milliseconds after which a switch that has not taken a change counts as silent. A session waits longer before it gives up. */
export const SILENT = 5_000;
/** Milliseconds before a switch is tried again: doubled each time, up to this. One that does not take its table is read whole. */
export const FIRST_PAUSE = 100;
export const LONGEST_PAUSE = 5_000;
/** The same for one that is not reached: it comes back empty, and stands still until it has its table. */
export const LONGEST_AWAY = 1_000;
/** Milliseconds between two times that the role is asked for, or an echo of a switch that has no roles. */
export const ASSERT_ROLE = 1_000;
/** Milliseconds until a switch whose keeper met a fault of ours is held again. */
export const KEEP_AGAIN = 5_000;
/** Milliseconds that switches get when the server ends. */
export const LAST_WORDS = 2_000;

export interface KeeperOptions {
  /** Where it is reached, or what gives the connections that it makes to us. */
  readonly target: SwitchTarget | DiallingSwitch;
  readonly apply: Omit<ApplyOptions, "elapsed" | "statements">;
  /** The table that the switch should have now, with all that has changed. */
  readonly wanted: () => Promise<WantedTable>;
  readonly change: () => Promise<WantedChange>;
  /** Called where others may have more of their changes, since this switch has what it was to have first. */
  readonly opened?: (() => void) | undefined;
  /** Cookie → statement of the table as it is; absent: entries are told by their places. */
  readonly statements?: (() => ReadonlyMap<bigint, EntryOrigin>) | undefined;
  /** The entries that the table has whatever is said; absent: none. */
  readonly least?: (() => readonly Entry[]) | undefined;
  /** Unix seconds. */
  readonly clock: () => number;
  readonly report: (event: KeeperEvent) => void;
  /**
   * Called with the cookies of what the switch does not wholly have, each time that it was read back and brought to the table;
   * returns whether the operator asked for some of it.
   */
  readonly lacks?: ((cookies: ReadonlySet<bigint>) => boolean) | undefined;
  /** Absent: `LOOK`. */
  readonly look?: number | undefined;
  /** Absent: `SILENT`. */
  readonly silent?: number | undefined;
}

/** As what a keeper holds its switch: with a marker that others see, and with the role of MASTER. */
export interface Holder {
  readonly claim: ServerClaim;
  /** The lowest generation of the role. */
  readonly generation: bigint;
  /** The bridges that held a table of this server before it started; absent: none did. */
  readonly before?: HeldBefore | undefined;
}

/** A switch that the server holds. */
export interface HeldSwitch {
  /** Its name in the policy. */
  readonly name: string;
  readonly target: KeeperOptions["target"];
  readonly apply: KeeperOptions["apply"];
  readonly look?: KeeperOptions["look"];
  readonly silent?: KeeperOptions["silent"];
}
