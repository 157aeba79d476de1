/**
 * What has changed in the tables of a running network, until each switch gets it. Where the ways of packets change on several
 * switches, some have the old ones and some the new for a moment, and a packet could go round between them. So it is break
 * before make (NETWORK, "Sending"): what changes in the tables that lead packets is a drop on every switch first, and is
 * made once no other switch may have anything older. A switch with such drops is *closed*.
 */
import { entryKey, sortEntries } from "../table/match.ts";
import type { Entry, Table } from "../table/entry.ts";
import { sameInstructions } from "./compare.ts";
import type { FlowMod } from "./plan.ts";

/** What has changed in the table of a switch; timeouts count from when it was taken. */
export interface SwitchChange {
  /** In a safe order. An entry may occur several times; the last one counts. */
  readonly stages: readonly (readonly FlowMod[])[];
  /** Whether meters or queues have changed, which the flow-mods may need. */
  readonly resources: boolean;
  /** More has changed than is kept: there are no stages, and the switch is to be compared with its whole table. */
  readonly tooMuch?: true;
  /** What changes the ways of packets is a drop in it, and the rest waits for other switches. */
  readonly isClosed?: true;
  /** To be called once the switch is known to have it; returns whether others may have more of theirs by that. */
  readonly reached?: () => boolean;
}

/** A table as a switch should have it now. */
export interface TableToHave extends Pick<SwitchChange, "isClosed" | "reached"> {
  readonly table: Table;
}

/**
 * So many flow-mods wait for all switches together. A switch that is away for days, or that no keeper holds, takes none,
 * and gets its whole table when it comes.
 */
export const MOST_WAITING = 65_536;

/** The tables that lead packets. */
export interface LeadingTables {
  readonly numbers: ReadonlySet<number>;
  /** Whether the change has given tables other numbers, so that any of its entries may lead. */
  readonly isRenumbered: boolean;
}

export class PendingChanges {
  readonly #changes = new Map<string, Pending>();
  /** The flow-mods in all of them. */
  #waiting = 0;
  readonly #linked: ReadonlySet<string>;
  /** The switches that may have ways older than those in force → the number of the last change that they may lack. */
  readonly #behind = new Map<string, number>();
  #number = 0;

  /** @param linked The switches between which packets go. */
  constructor(linked: Iterable<string>) {
    this.#linked = new Set(linked);
  }

  /** The table of a switch has changed at an instant (Unix seconds). */
  add(name: string, at: number, stages: readonly (readonly FlowMod[])[], leading: LeadingTables): void {
    const change = this.#of(name);
    const leads = this.#linked.has(name) && stages.some((mods) => mods.some((mod) => isLeading(mod, leading)));
    const lacked = this.#behind.get(name);
    if (leads) this.#behind.set(name, ++this.#number);
    if (change.tooMuch) return;
    if (leads && change.stages.every((one) => one.leading === undefined)) change.lacked = lacked;
    for (const some of stages) {
      const mods = this.#linked.has(name) ? some.flatMap((mod) => lasting(mod, leading.numbers)) : some;
      if (mods.length === 0) continue;
      change.stages.push({ at, mods, leading: leads ? leading : undefined });
      this.#resize(change, mods.length);
    }
    if (leads && !changesWays(change)) this.#resume(name, change.lacked);
    while (this.#waiting > MOST_WAITING) this.#forgetMost();
  }

  /** A switch that was not sent a change of ways lacks nothing of it once it is taken back. */
  #resume(name: string, lacked: number | undefined): void {
    if (lacked === undefined) this.#behind.delete(name);
    else this.#behind.set(name, lacked);
  }

  /** Meters or queues of a switch have changed. */
  addResources(name: string): void {
    this.#of(name).resources = true;
  }

  /** Whether there is something to send to a switch. */
  has(name: string): boolean {
    const change = this.#changes.get(name);
    if (change === undefined) return false;
    const { stages, resources, tooMuch, isShut, closed } = change;
    if (stages.length > 0 || resources || (tooMuch && !isShut)) return true;
    return (tooMuch || closed.size > 0) && this.#mayOpen(name);
  }

  /** What waits for a switch and was not given here before. It waits on. */
  news(name: string): readonly FlowMod[] {
    const change = this.#changes.get(name);
    if (change === undefined) return [];
    const { seen, stages } = change;
    change.seen = stages.length;
    return stages.slice(seen).flatMap(({ mods }) => mods);
  }

  /** Whether no other switch may have ways that are older than those in force. */
  #mayOpen(name: string): boolean {
    return !this.#linked.has(name) || this.#behind.size === 0 || (this.#behind.size === 1 && this.#behind.has(name));
  }

  /** For when a switch has taken all up to now, made or as drops. Returns whether others may open by that. */
  #arrival(name: string): () => boolean {
    const number = this.#behind.get(name);
    return () => number !== undefined && this.#behind.get(name) === number && this.#behind.delete(name);
  }

  /** What is to be sent to a switch whose table is known; `now` in Unix seconds. */
  take(name: string, now: number): SwitchChange {
    const change = this.#changes.get(name);
    const reached = this.#arrival(name);
    if (change === undefined) return { stages: [], resources: false, reached };
    const { stages, resources, tooMuch, closed } = change;
    const found = { resources, ...(tooMuch && { tooMuch }), reached };
    if (this.#mayOpen(name)) {
      this.#forget(name, change);
      const rest = stages.map(({ at, mods }) =>
        mods.flatMap((mod) => (isTaken(closed, mod, at) ? [] : [later(mod, now - at)])),
      );
      const made = [...closed.values()].map(({ at, place, next }): FlowMod =>
        next === undefined ? { kind: "delete", entry: place } : later(replaced(place, next), now - at),
      );
      return { ...found, stages: [made, ...rest].filter((mods) => mods.length > 0) };
    }
    const sent = this.#close(change, now);
    return { ...found, stages: sent, ...((closed.size > 0 || tooMuch) && { isClosed: true }) };
  }

  /** The table that a switch is to be brought to, whatever it has; `table`: the one in force. */
  takeTable(name: string, now: number, inForce: Table, leading: ReadonlySet<number>): TableToHave {
    const change = this.#changes.get(name);
    const table = this.#linked.has(name) ? lastingTable(inForce, leading) : inForce;
    const reached = this.#arrival(name);
    if (change === undefined) return { table, reached };
    if (this.#mayOpen(name)) {
      this.#forget(name, change);
      return { table, reached };
    }
    if (change.tooMuch) {
      change.isShut = true;
      change.resources = false;
      return { table: shutTable(table, leading), isClosed: true, reached };
    }
    this.#close(change, now);
    if (change.closed.size === 0) return { table, reached };
    return { table: closedTable(table, change.closed), isClosed: true, reached };
  }

  /** Notes what is a drop from now on; returns what is to be sent so that it is. */
  #close(change: Pending, now: number): readonly (readonly FlowMod[])[] {
    const { stages, closed } = change;
    const isWhole = isRenumbered(change);
    change.isRenumbered = isWhole;
    const open = stages.map(({ at, mods, leading }) =>
      mods.flatMap((mod) => (isWay(mod, leading, isWhole) ? [] : [later(mod, now - at)])),
    );
    const drops: FlowMod[] = [];
    for (const [key, { at, old, next }] of waysOf(stages, isWhole)) {
      const isKnown = closed.has(key);
      if (!isKnown && isSame(old, next)) continue;
      const place = dropIn((next ?? old ?? closed.get(key)?.place)!);
      closed.set(key, { at, place, next });
      if (!isKnown)
        drops.push(old === undefined ? { kind: "add", entry: place } : { kind: "replace", entry: place, old });
    }
    change.stages = [];
    change.seen = 0;
    change.resources = false;
    this.#resize(change, closed.size - change.size);
    return [drops, ...open].filter((mods) => mods.length > 0);
  }

  #resize(change: Pending, by: number): void {
    change.size += by;
    this.#waiting += by;
  }

  #forget(name: string, change: Pending): void {
    this.#waiting -= change.size;
    this.#changes.delete(name);
  }

  /** Forgets what waits for the switch for which most does. */
  #forgetMost(): void {
    let most: Pending | undefined;
    for (const one of this.#changes.values()) if (most === undefined || one.size > most.size) most = one;
    this.#resize(most!, -most!.size);
    Object.assign(most!, { stages: [], seen: 0, tooMuch: true });
    most!.closed.clear();
  }

  #of(name: string): Pending {
    let change = this.#changes.get(name);
    if (change === undefined) {
      change = { lacked: undefined, stages: [], size: 0, seen: 0, closed: new Map(), ...UNTROUBLED };
      this.#changes.set(name, change);
    }
    return change;
  }
}

/** Flow-mods with the instant from which their timeouts count, in Unix seconds. */
interface PendingStage {
  readonly at: number;
  readonly mods: readonly FlowMod[];
  /** Undefined: none of them leads packets. */
  readonly leading: LeadingTables | undefined;
}

/** An entry that is a drop on the switch, or is to be, and what it will be; undefined: gone. */
interface ClosedEntry {
  readonly at: number;
  readonly place: Entry;
  readonly next: Entry | undefined;
}

interface Pending {
  /** The number of the change of ways that the switch may have lacked before these. */
  lacked: number | undefined;
  stages: PendingStage[];
  /** What the switch was sent as drops, by the keys of the entries. */
  readonly closed: Map<string, ClosedEntry>;
  /** The flow-mods in all stages, and the drops. */
  size: number;
  /** How many of the stages `news` has given. */
  seen: number;
  resources: boolean;
  /** Whether the stages were forgotten, since they were too many. */
  tooMuch: boolean;
  /** Whether that switch has a table that leads no packet. */
  isShut: boolean;
  /** Whether tables have other numbers than where it was closed from. */
  isRenumbered: boolean;
}

const UNTROUBLED = { resources: false, tooMuch: false, isShut: false, isRenumbered: false };

const isLeading = ({ kind, entry }: FlowMod, { numbers, isRenumbered }: LeadingTables): boolean =>
  kind !== "timeout" && (isRenumbered || numbers.has(entry.table));

/** Whether a flow-mod changes the ways of packets. `isWhole`: each does, since tables have other numbers. */
const isWay = (mod: FlowMod, leading: LeadingTables | undefined, isWhole: boolean): boolean =>
  isWhole || (leading !== undefined && isLeading(mod, leading));

const isRenumbered = ({ stages, isRenumbered: wasRenumbered }: Pending): boolean =>
  wasRenumbered || stages.some(({ leading }) => leading?.isRenumbered === true);

/** An entry before and after changes. */
interface ChangedWay {
  readonly at: number;
  readonly old: Entry | undefined;
  readonly next: Entry | undefined;
}

/** The entries on which the ways of packets depend, by their keys, that stages change. */
function waysOf(stages: readonly PendingStage[], isWhole: boolean): ReadonlyMap<string, ChangedWay> {
  const changed = new Map<string, ChangedWay>();
  for (const { at, mods, leading } of stages)
    for (const mod of mods) {
      if (!isWay(mod, leading, isWhole)) continue;
      const key = entryKey(mod.entry);
      const known = changed.get(key);
      const old = known === undefined ? oldOf(mod) : known.old;
      changed.set(key, { at, old, next: mod.kind === "delete" ? undefined : mod.entry });
    }
  return changed;
}

/** What came and went again is no change. */
const isSame = (old: Entry | undefined, next: Entry | undefined): boolean =>
  old === undefined || next === undefined ? old === next : sameInstructions(old, next);

const changesWays = (change: Pending): boolean =>
  change.closed.size > 0 ||
  [...waysOf(change.stages, isRenumbered(change)).values()].some(({ old, next }) => !isSame(old, next));

/** Of a drop in the place of an entry: what it will be, once that has changed. Returns whether there is one. */
function isTaken(closed: Map<string, ClosedEntry>, { kind, entry }: FlowMod, at: number): boolean {
  const key = closed.size === 0 ? undefined : entryKey(entry);
  const known = key === undefined ? undefined : closed.get(key);
  if (known !== undefined) closed.set(key!, { at, place: known.place, next: kind === "delete" ? undefined : entry });
  return known !== undefined;
}

/** An entry without a timeout where it leads packets: each switch would end it at another moment. */
const lastingEntry = (entry: Entry, leading: ReadonlySet<number>): Entry =>
  entry.hardTimeout > 0 && leading.has(entry.table) ? { ...entry, hardTimeout: 0 } : entry;

const lastingTable = (table: Table, leading: ReadonlySet<number>): Table => ({
  ...table,
  entries: table.entries.map((entry) => lastingEntry(entry, leading)),
});

function lasting(mod: FlowMod, leading: ReadonlySet<number>): readonly FlowMod[] {
  if (mod.kind === "delete") return [mod];
  const entry = lastingEntry(mod.entry, leading);
  if (entry === mod.entry) return [mod];
  return mod.kind === "timeout" ? [] : [{ ...mod, entry }];
}

const oldOf = (mod: FlowMod): Entry | undefined =>
  mod.kind === "add" ? undefined : mod.kind === "delete" ? mod.entry : mod.old;

/** A drop in the place of an entry. It stays until it is replaced: what it hid below would be another way. */
const dropIn = (entry: Entry): Entry => ({ ...entry, instructions: [], hardTimeout: 0, idleTimeout: 0 });

const replaced = (old: Entry, entry: Entry): FlowMod => ({ kind: "replace", entry, old });

/**
 * A table with drops in some places. In each of its tables the entry that decides of a packet is a drop, or the same one as
 * before and after the change, so it leads no packet where these two do not.
 */
function closedTable(table: Table, closed: ReadonlyMap<string, ClosedEntry>): Table {
  const left = new Map(closed);
  const entries = table.entries.map((entry) => (left.delete(entryKey(entry)) ? dropIn(entry) : entry));
  return { ...table, entries: sortEntries([...entries, ...[...left.values()].map(({ place }) => place)]) };
}

/** A table that leads no packet anywhere. */
const shutTable = (table: Table, leading: ReadonlySet<number>): Table => ({
  ...table,
  entries: table.entries.map((entry) => (leading.has(entry.table) ? dropIn(entry) : entry)),
});

/** The same so many seconds later. What has ended by then is taken away by a flow-mod behind it. */
function later(mod: FlowMod, seconds: number): FlowMod {
  const { hardTimeout } = mod.entry;
  if (seconds === 0 || mod.kind === "delete" || hardTimeout === 0) return mod;
  return { ...mod, entry: { ...mod.entry, hardTimeout: Math.max(1, hardTimeout - seconds) } };
}
