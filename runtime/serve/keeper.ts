/**
 * Holds one switch at the table that is in force. After connecting, the switch is read back and gets the difference; from
 * then on it gets what changes, in bundles that it refuses if anybody else has written to it. Whatever is not as it was
 * left, and every switch from time to time, is read back again. A switch that comes back empty gets its whole table.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { SwitchChange } from "#compiler/live.ts";
import {
  applyTo,
  type ApplyOptions,
  type ApplyResult,
  type EntryOrigin,
  type Withdrawal,
} from "../controller/index.ts";
import { isMetered, onTokenGone, sendChange } from "./change.ts";
import { Session, SessionFault, type SwitchTarget } from "../session/index.ts";
import type { Table } from "#compiler/table/entry.ts";

/** The table of a switch, as it is in force. */
export interface WantedTable {
  readonly table: Table;
  readonly statements: ReadonlyMap<bigint, EntryOrigin>;
  /** Unix seconds since which the table's timeouts count. */
  readonly since: number;
}

/** What has changed in the table since it was asked for last. */
export interface WantedChange extends SwitchChange {
  readonly since: number;
}

export interface KeeperOptions {
  readonly target: SwitchTarget;
  readonly apply: Omit<ApplyOptions, "elapsed" | "statements">;
  /** The table that the switch should have now, with all that has changed. */
  readonly wanted: () => Promise<WantedTable>;
  readonly change: () => Promise<WantedChange>;
  /** Unix seconds. */
  readonly clock: () => number;
  readonly report: (event: KeeperEvent) => void;
}

export type KeeperEvent =
  /** The switch was read back, and brought to the table. */
  | { readonly kind: "applied"; readonly result: ApplyResult }
  /** It got so many flow-mods, without being read back. */
  | { readonly kind: "changed"; readonly flowMods: number }
  | { readonly kind: "away"; readonly diagnostic: Diagnostic };

/** Milliseconds before a switch that does not answer is asked again: doubled up to the second. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;
/** Milliseconds after which a switch is read back although nothing points to it. */
const LOOK = 60_000;

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #end = new AbortController();
  #isDirty = true;
  #isUnsure = false;
  #wake: (() => void) | undefined;
  #held = false;
  /** For a change without reading back; undefined: the switch must be read back. */
  #withdrawal: Withdrawal | undefined;
  /** The tokens that the switch has reported as gone since it was read back. */
  readonly #gone = new Set<bigint>();
  #looked = 0;

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

  /** What the switch was sent last is not known any more: it is read back. */
  readBack(): void {
    this.#isUnsure = true;
    this.changed();
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
    this.#isDirty = true;
    this.#withdrawal = undefined;
    void session.over.then(() => this.#wake?.());
    let wasHeld = false;
    try {
      this.#gone.clear();
      await onTokenGone(session, (token) => {
        this.#gone.add(token);
        if (this.#withdrawal?.token === token) this.changed();
      });
      while (!this.#end.signal.aborted && session.fault === undefined) {
        if (performance.now() - this.#looked > LOOK) {
          this.#withdrawal = undefined;
          this.#isDirty = true;
        }
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

  /** Brings the switch to the table as it is now; returns whether it has it. */
  async #send(session: Session): Promise<boolean> {
    this.#isDirty = false;
    if (this.#isUnsure) this.#withdrawal = undefined;
    this.#isUnsure = false;
    const last = this.#withdrawal;
    // A token that is gone was taken away by another writer, or with the whole table.
    if (last !== undefined && !this.#gone.has(last.token) && (await this.#sendChange(session, last))) return true;
    this.#withdrawal = undefined;
    this.#gone.clear();
    const { apply, wanted, clock, report } = this.#options;
    const { table, statements, since } = await wanted();
    const result = await applyTo(session, table, { ...apply, statements, elapsed: () => clock() - since });
    this.#looked = performance.now();
    this.#held = result.outcome === "applied";
    if (result.outcome === "applied") this.#withdrawal = result.withdrawal;
    report({ kind: "applied", result });
    return this.#held;
  }

  async #sendChange(session: Session, last: Withdrawal): Promise<boolean> {
    const { change, clock, report } = this.#options;
    const { stages, resources, since } = await change();
    if (resources || stages.flat().some(({ entry }) => isMetered(entry))) return false;
    this.#withdrawal = await sendChange(session, stages, last, () => clock() - since);
    if (this.#withdrawal === undefined) return false;
    // Our own change takes the one before away.
    this.#gone.delete(last.token);
    if (this.#gone.has(this.#withdrawal.token)) this.changed();
    if (stages.length > 0) report({ kind: "changed", flowMods: stages.flat().length });
    return true;
  }

  /** Waits until the table changes, the connection is lost or the keeper is stopped. */
  async #sleep(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, LOOK);
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
  }
}
