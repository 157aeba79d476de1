/**
 * The entries of others that were read on a switch → whether they let on what is held by now: denied, led, limited or queued. The table changes between
 * two readings, by statements and by time, and what was harmless beside the one may not be beside the next.
 */
import { vlansJoined } from "#compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { append } from "#compiler/net/lists.ts";
import type { FlowMod } from "#compiler/plan/plan.ts";
import type { Entry, Table } from "#compiler/table/entry.ts";
import { FollowedForeign, sendsByNumber, type Applied } from "../../controller/index.ts";
import { isOfForeign, OF_KIND } from "./events.ts";
import type { KeeperOptions } from "./options.ts";

export class OthersBeside {
  readonly #least: () => readonly Entry[];
  readonly #statements: NonNullable<KeeperOptions["statements"]>;
  #followed: FollowedForeign | undefined;
  /** All else that may let on what is held, as it was found when the switch was read last. */
  #else: readonly Diagnostic[] = [];
  /** Whether some of that is so whatever anybody says. */
  #isForAll = false;
  /** The kinds of entries that the table had when the switch was read last, and whether one of another kind has come since. */
  #known: ReadonlySet<string> = new Set();
  #isNew = false;
  /** The table that the switch is being brought to, and how it has changed since; undefined: to none. */
  #wanted: { readonly table: Table; readonly since: FlowMod[] } | undefined;

  constructor({ statements = () => new Map(), least = () => [] }: Pick<KeeperOptions, "statements" | "least">) {
    this.#least = least;
    this.#statements = statements;
  }

  /** Whether the last change must be planned against what stands on the switch. */
  get needsReading(): boolean {
    return this.#isNew || this.#followed?.needsReading === true;
  }

  /** The switch is to be brought to a table. */
  wanted(table: Table): void {
    this.#wanted = { table, since: [] };
  }

  /** It was read and brought to that table; returns all that may let on what is held by now. */
  read(target: string, { foreign, takenOver, diagnostics }: Applied): readonly Diagnostic[] {
    const { table, since } = this.#wanted!;
    this.#wanted = undefined;
    this.#known = new Set(table.entries.map(kindOf));
    this.#isNew = false;
    const found = diagnostics.filter(OF_KIND.opened);
    this.#else = found.filter((one) => !isOfForeign(one));
    // Ports that the table joins are joined by what is said, unless the least of it does.
    this.#isForAll = this.#else.some(({ code }) => code !== vlansJoined.code || this.#least().some(sendsByNumber));
    const isOpen = found.length > this.#else.length;
    this.#followed =
      takenOver || foreign.length === 0 ? undefined : new FollowedForeign(target, foreign, table, isOpen);
    return this.changed(since) ?? found;
  }

  /**
   * Whether what has been held may pass, as its own speaker reads it: of what others say nothing counts. `denies`: the entries
   * that it would have alone.
   */
  concerns(denies: () => readonly Entry[]): boolean {
    return this.#isForAll || this.#followed?.mayPass(denies()) === true;
  }

  /** The table has changed; undefined: what may let on what is held is as before. */
  changed(mods: readonly FlowMod[]): readonly Diagnostic[] | undefined {
    if (this.#wanted !== undefined) append(this.#wanted.since, mods);
    this.#isNew ||= mods.some(({ kind, entry }) => kind !== "delete" && !this.#known.has(kindOf(entry)));
    const found = this.#followed?.follow(mods, this.#statements);
    return found && [...this.#else, ...found];
  }

  /** What stands on the switch is not known any more. */
  lost(): void {
    this.#followed = undefined;
    this.#wanted = undefined;
  }
}

/**
 * What an entry has to be the first of for others or the bridge to matter that did not before: it makes a table one of ours, or
 * sends to ports by number, which the bridge may hold apart.
 */
const kindOf = (entry: Entry): string => `${entry.table} ${sendsByNumber(entry)}`;
