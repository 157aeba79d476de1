/**
 * Holds one switch at the table that is in force: connects, reads the switch back, sends the difference, and does so
 * again whenever the table changes or the connection was lost. A switch that comes back empty gets its whole table.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { applyTo, type ApplyOptions, type ApplyResult, type EntryOrigin } from "../controller/index.ts";
import { Session, SessionFault, type SwitchTarget } from "../session/index.ts";
import type { Table } from "#compiler/table/entry.ts";

/** The table of a switch, as it is in force. */
export interface WantedTable {
  readonly table: Table;
  readonly statements: ReadonlyMap<bigint, EntryOrigin>;
  /** Unix seconds since which the table's timeouts count. */
  readonly since: number;
}

export interface KeeperOptions {
  readonly target: SwitchTarget;
  readonly apply: Omit<ApplyOptions, "elapsed" | "statements">;
  /** The table that the switch should have now. */
  readonly wanted: () => Promise<WantedTable>;
  /** Unix seconds. */
  readonly clock: () => number;
  readonly report: (event: KeeperEvent) => void;
}

export type KeeperEvent =
  | { readonly kind: "applied"; readonly result: ApplyResult }
  | { readonly kind: "away"; readonly diagnostic: Diagnostic };

/** Milliseconds before a switch that does not answer is asked again: doubled up to the second. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #end = new AbortController();
  #isDirty = true;
  #wake: (() => void) | undefined;
  #held = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Whether the switch has the table that was wanted last. */
  get isHeld(): boolean {
    return this.#held && !this.#isDirty;
  }

  /** The table has changed. */
  changed(): void {
    this.#isDirty = true;
    this.#wake?.();
  }

  /** Keeps the switch until `stop`. */
  async run(): Promise<void> {
    const { signal } = this.#end;
    for (let wait = FIRST_PAUSE; !signal.aborted; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      if (await this.#hold()) wait = FIRST_PAUSE;
      this.#held = false;
      await pause(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  stop(): void {
    this.#end.abort();
    this.#wake?.();
  }

  /** Holds the switch over one connection; returns whether it had the table once. */
  async #hold(): Promise<boolean> {
    const { target, apply, report } = this.#options;
    let session: Session;
    try {
      session = await Session.connect(target, apply.session);
    } catch (fault) {
      if (!(fault instanceof SessionFault)) throw fault;
      report({ kind: "away", diagnostic: fault.diagnostic });
      return false;
    }
    let wasHeld = false;
    try {
      this.#isDirty = true;
      void session.over.then(() => this.#wake?.());
      while (!this.#end.signal.aborted && session.fault === undefined) {
        if (!this.#isDirty) await this.#sleep();
        else if (await this.#send(session)) wasHeld = true;
        else break;
      }
      if (session.fault !== undefined) report({ kind: "away", diagnostic: session.fault });
      return wasHeld;
    } finally {
      await session.close();
    }
  }

  async #send(session: Session): Promise<boolean> {
    const { apply, wanted, clock, report } = this.#options;
    this.#isDirty = false;
    const { table, statements, since } = await wanted();
    const result = await applyTo(session, table, { ...apply, statements, elapsed: () => clock() - since });
    report({ kind: "applied", result });
    this.#held = result.outcome === "applied";
    return this.#held;
  }

  /** Waits until the table changes, the connection is lost or the keeper is stopped. */
  async #sleep(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }
}
