/** Options and answers of `apply` and `readTable`: data that the command line prints as text or JSON. */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { ResourceChanges } from "../../compiler/plan/index.ts";
import type { Plan } from "../../compiler/plan/plan.ts";
import type { Span } from "../../compiler/source.ts";
import type { Table } from "../../compiler/table/entry.ts";
import type { SessionOptions } from "../session/index.ts";
import type { InstalledFlow } from "./installed.ts";
import type { IntendedSwitch } from "./bridge-checks.ts";
import type { KeptEnd } from "./writers/ends.ts";
import type { Elapsed } from "./timeouts.ts";
import type { ChangeCounts, Runner } from "./resource-step.ts";

/** The statement that an entry comes from, for messages. */
export interface EntryOrigin {
  /** Label or canonical text. */
  readonly name: string;
  readonly span?: Span;
}

export interface ApplyOptions {
  readonly session?: SessionOptions;
  /** Report what would change; change nothing. */
  readonly dryRun?: boolean;
  /** Remove entries of others from our tables, and put ours where theirs stand. */
  readonly takeOver?: boolean;
  /**
   * Set fail_mode=secure where it is not set, before the entries are sent: nothing passes until they are there. It needs
   * the switch's database, and takes entries of others only with `takeOver`.
   */
  readonly secure?: boolean;
  /**
   * Confirm afterwards. Unless false, entries sent in one atomic bundle are counted and those that changed compared, and
   * after anything else all are read back and compared; `whole` always compares all.
   */
  readonly verify?: boolean | "whole";
  /** Ends that the switch is to keep, and no others; without it those that it keeps stay. */
  readonly ends?: readonly KeptEnd[] | undefined;
  /** Seconds since the timeouts of the table counted; without it they count from the beginning of this apply. */
  readonly elapsed?: Elapsed | undefined;
  /** Milliseconds to wait for another apply that holds the lock of the switch's database. */
  readonly patience?: number | undefined;
  /** Where the switch's database is (`unix:PATH`); without it the one beside a management socket, if there is one. */
  readonly database?: string | undefined;
  /** The policy's switch that the table is for; another datapath is refused (E980). */
  readonly intended?: IntendedSwitch | undefined;
  /** bit/s of ports, by number: what the queues of a port share. */
  readonly rates?: ReadonlyMap<number, number> | undefined;
  /** Runs the filters of the target `ovs-userspace` on the switch's machine; without it they are only named. */
  readonly runFilter?: Runner | undefined;
  /** Have the switch forget, after the entries are there, what its datapath has cached of earlier ones. */
  readonly purge?: boolean;
  /** Tables that are ours even where nothing of ours stands in them. */
  readonly tables?: readonly number[];
  /** Cookie → statement: which statement a refusal of the switch is about. */
  readonly statements?: ReadonlyMap<bigint, EntryOrigin>;
}

/** Milliseconds of each step; steps that did not happen are absent. */
export interface Durations {
  readonly connect?: number;
  readonly read?: number;
  readonly diff?: number;
  /** The resource steps (meters and queues), before and after the entries. */
  readonly surround?: number;
  readonly send?: number;
  readonly verify?: number;
  readonly total: number;
}

export interface Applied {
  readonly outcome: "applied" | "planned";
  readonly added: number;
  readonly replaced: number;
  /** Entries that do the same but time out at another time. */
  readonly renewed: number;
  readonly deleted: number;
  readonly unchanged: number;
  readonly meters: ChangeCounts;
  readonly queues: ChangeCounts;
  /** The changed meters and queues one by one; each queue with its port. */
  readonly resources: ResourceChanges;
  /** Entries of others in our tables: left alone, or (with `takeOver`) among those deleted and replaced. */
  readonly foreign: readonly InstalledFlow[];
  readonly plan: Plan;
  /** How it was sent: in one transaction, stage by stage, or not at all. */
  readonly method: "bundle" | "stages" | "nothing";
  /** fail_mode=secure was set before (or would be), which emptied the tables. */
  readonly secured?: true;
  /** What its datapath had cached was purged. */
  readonly purged?: true;
  readonly durations: Durations;
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface Failed {
  readonly outcome: "failed";
  readonly diagnostics: readonly Diagnostic[];
  /**
   * What the switch holds now. `unknown`: the connection broke during the commit. `changed`: the switch took the change
   * and something else is wrong, or it has no transactions and could not be brought back.
   */
  readonly state: "unchanged" | "changed" | "unknown";
  readonly durations: Durations;
}

export type ApplyResult = Applied | Failed;

/** The answer of `readTable`. */
export type ReadResult =
  | {
      readonly outcome: "read";
      /** All entries that `Entry` can express, ours and those of others. */
      readonly table: Table;
      /** The other flows. */
      readonly inexpressible: readonly InstalledFlow[];
    }
  | { readonly outcome: "failed"; readonly diagnostics: readonly Diagnostic[] };
