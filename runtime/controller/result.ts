/** The options and results of `apply` and `readTable`, as data that the command line prints as text or JSON. */
import { brokenOff } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { ResourceChanges } from "../../compiler/plan/index.ts";
import type { Plan } from "../../compiler/plan/plan.ts";
import type { Span } from "../../compiler/source.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { SessionFault, type SessionOptions } from "../session/index.ts";
import type { InstalledFlow } from "./installed.ts";
import type { IntendedSwitch } from "./bridge-checks.ts";
import type { KeptTime, Times } from "./writers/times.ts";
import type { SwitchKnown } from "./writers/progress.ts";
import type { Withdrawal } from "./writers/token.ts";
import type { Elapsed } from "./timeouts.ts";
import type { ChangeCounts, Runner } from "./resource-step.ts";

/** The statement that an entry comes from, for messages. */
export interface EntryOrigin {
  /** Label or canonical text. */
  readonly name: string;
  readonly span?: Span;
}

/** What tells a server from all others. */
export interface ServerMark {
  /** 64 bits that belong to the server's state: one that starts again with it is the same server. */
  readonly id: bigint;
  readonly process: number;
  /** The TCP port at which it listens, on this machine or another; absent: at a socket of its machine alone. */
  readonly at?: { readonly host: string; readonly port: number } | undefined;
}

/** How an apply stands to servers: it is one itself. */
export interface ServerClaim {
  readonly mark: ServerMark;
  /** Takes the switch from another server that holds it. */
  readonly take?: boolean | undefined;
}

/** The options of one apply. */
export interface ApplyOptions {
  readonly session?: SessionOptions;
  /** Reports what would change and changes nothing. */
  readonly dryRun?: boolean;
  /**
   * Sends what it can although entries of others let on what is denied, led or limited (E994) or have the place of one of ours (E958),
   * which is left out then. Both are among the diagnostics of the result. Absent: such a table is refused whole.
   */
  readonly besideForeign?: boolean;
  /**
   * Sends what it can although the switch refuses single entries or meters (E956): so that nothing passes that the whole
   * would not let on. They are among the diagnostics of the result. Absent: such a table is refused whole.
   */
  readonly besideRefused?: boolean;
  /**
   * The switch has taken a table from this caller before. It is sent what can be sent without a database that is named and
   * not reached, which is among the diagnostics of the result; and where it has lost that table, nothing of the bridge keeps
   * it back, the entry included with which one begins that is not secure.
   */
  readonly wasHeld?: boolean;
  /** The apply is of a server, which holds the switch from then on. */
  readonly server?: ServerClaim | undefined;
  /** Removes foreign entries from our tables, and replaces those that have the place of one of ours. */
  readonly takeOver?: boolean;
  /**
   * Sets fail_mode=secure if it is not set, before the entries are sent: nothing passes until they are there. It needs
   * the switch's database. It also removes foreign entries, so it is refused (E982) if there are any without
   * `takeOver`.
   */
  readonly secure?: boolean;
  /**
   * Whether to confirm afterwards; true if absent. After a bundle entries are counted and the changed ones compared.
   * After stages all entries are read back and compared. `whole` always compares all.
   */
  readonly verify?: boolean | "whole";
  /**
   * The times that the switch should keep, and those that it kept when the table was made. Absent: its records stay.
   */
  readonly times?: { readonly wanted: readonly KeptTime[]; readonly kept: Times } | undefined;
  /** Seconds since the timeouts of the table began to count; absent, they count from the beginning of this apply. */
  readonly elapsed?: Elapsed | undefined;
  /** Called at each change of what is known of the switch, for a caller that may be interrupted. */
  readonly watch?: ((known: SwitchKnown) => void) | undefined;
  /** Milliseconds to wait for another apply that holds the lock of the switch's database. */
  readonly patience?: number | undefined;
  /** The switch's database (`unix:PATH`); absent: the one beside a management socket, if there is one. */
  readonly database?: string | undefined;
  /** The switch of the policy that the table is for; another datapath is refused (E980). */
  readonly intended?: IntendedSwitch | undefined;
  /** Port number → its rate in bit/s, which the queues of the port share. */
  readonly rates?: ReadonlyMap<number, number> | undefined;
  /** Runs the filters of the target `ovs-userspace` on the switch's machine; absent, a warning (W954) names them. */
  readonly runFilter?: Runner | undefined;
  /**
   * Empties the cache of the switch's datapath after the entries are sent, which may still hold flows of earlier ones.
   * Absent: where the datapath is known to run in user space, since its cache is known to lie. Where nothing was to send,
   * entries may have ended by themselves.
   */
  readonly purge?: boolean | undefined;
  /** Whether the caller empties that cache at each end, so that W991 has nothing to warn of. */
  readonly purgesAtEnds?: boolean;
  /** Tables that are ours although no entry of ours stands in them. */
  readonly tables?: readonly number[];
  /** Cookie → statement, for messages about what the switch refuses. */
  readonly statements?: ReadonlyMap<bigint, EntryOrigin>;
}

/** Milliseconds of each phase; phases that did not happen are absent. */
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

/** A table that was applied, or planned in a dry run. */
export interface Applied {
  readonly outcome: "applied" | "planned";
  readonly added: number;
  readonly replaced: number;
  /** Entries with the same instructions whose timeout changed. */
  readonly renewed: number;
  readonly deleted: number;
  readonly unchanged: number;
  readonly meters: ChangeCounts;
  readonly queues: ChangeCounts;
  /** The changed meters and queues; each queue with its port. */
  readonly resources: ResourceChanges;
  /** Foreign entries in our tables. They stay, or are among those deleted and replaced with `takeOver`. */
  readonly foreign: readonly InstalledFlow[];
  /** Whether they are among those deleted and replaced. */
  readonly takenOver: boolean;
  readonly plan: Plan;
  /** How the change was sent: in one bundle, stage by stage, or not at all as nothing changed. */
  readonly method: "bundle" | "stages" | "nothing";
  /** Present if another apply came after this one, so that the switch holds the other's table. */
  readonly superseded?: true;
  /** Present if fail_mode=secure was set (or would be, of a plan), which emptied the tables. */
  readonly secured?: true;
  /** Present if the cache of the datapath was emptied, and `purge` asked for it. */
  readonly purged?: true;
  /** The bridge, if its datapath is known to run in user space: the cache outlives the entries it came from. */
  readonly userspace?: string;
  /**
   * Takes away the token that stands on the switch, for a change that may be sent without reading back; absent: another
   * writer could come between unseen.
   */
  readonly withdrawal?: Withdrawal;
  /** With `besideRefused`: the cookies of the statements of which the switch does not have all; absent: it has all. */
  readonly lacking?: ReadonlySet<bigint>;
  /** Present if the switch drops more than what these statements hold, since it takes no entry in their place. */
  readonly keepsBack?: true;
  readonly durations: Durations;
  /** Warnings; with `besideForeign` also what others let on, with `besideRefused` what the switch refuses. */
  readonly diagnostics: readonly Diagnostic[];
}

/** An apply that failed. */
export interface Failed {
  readonly outcome: "failed";
  readonly diagnostics: readonly Diagnostic[];
  /**
   * What the switch holds now. `unknown`: the connection broke while the switch decided. `changed`: the switch took the
   * change or a part of it, and something else is wrong, or it could not be brought back.
   */
  readonly state: SwitchKnown["state"];
  /** Whether none of the entries was changed. Only meters and queues may then have been. */
  readonly entriesStand: boolean;
  /** Present if another apply began to keep a time of the same statement. The policy must be decided again with it. */
  readonly outdated?: true;
  readonly durations: Durations;
}

export type ApplyResult = Applied | Failed;

/** The result of `readTable`. */
export type ReadResult =
  | {
      readonly outcome: "read";
      /** All entries that `Entry` can express, ours and foreign ones. */
      readonly table: Table;
      /** The other flows. */
      readonly inexpressible: readonly InstalledFlow[];
    }
  | { readonly outcome: "failed"; readonly diagnostics: readonly Diagnostic[] };

/** The diagnostic of a fault that a session throws. Any other fault is a bug of ours and is thrown again. */
export function diagnosticsOf(fault: unknown): readonly Diagnostic[] {
  if (fault instanceof SessionFault) return [fault.diagnostic];
  throw fault;
}

/** The diagnostic for a bug of ours that broke an apply off after something was sent. */
export function brokeOff(target: string, fault: unknown): Diagnostic {
  const help =
    "this is a bug of glazier, please report it; look at the switch, and bring it to a policy that is known to work";
  return brokenOff(
    { target, fault: fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault) },
    { help },
  );
}

/** The result for a failure that changed nothing. */
export function failed({ durations }: { readonly durations: Durations }, diagnostics: readonly Diagnostic[]): Failed {
  return { outcome: "failed", diagnostics, state: "unchanged", entriesStand: true, durations };
}

/** Adds up the milliseconds of each phase of one `apply`. */
export class Stopwatch {
  readonly #start = performance.now();
  readonly #phases: Partial<Record<Exclude<keyof Durations, "total">, number>> = {};

  async time<T>(phase: Exclude<keyof Durations, "total">, work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#phases[phase] = (this.#phases[phase] ?? 0) + performance.now() - start;
    }
  }

  get durations(): Durations {
    return { ...this.#phases, total: performance.now() - this.#start };
  }
}
