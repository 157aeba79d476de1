/**
 * Two lists of entries → both without the entries that are the same in both. Nearly all entries that are read back are
 * as desired. Removing them by hash and comparison leaves little for `diff` to do, and does not change its result. While a
 * switch is read, each flow that is wholly as desired is kept as the entry that it is: of 100,000 nothing else stays.
 */
import { sameEnd, type Clocks } from "../../compiler/plan/index.ts";
import type { Entry, Match } from "../../compiler/table/entry.ts";
import { MATCH_FIELDS } from "../../compiler/table/match.ts";
import { toInstructions, toMatch, type FlowStats } from "../openflow/index.ts";

const fieldNumber: ReadonlyMap<string, number> = new Map(MATCH_FIELDS.map((field, index) => [field, index + 1]));

const mix = (hash: number, value: number): number => Math.imul(hash ^ value, 0x9e3779b1) ^ (hash >>> 15);

/** Mixes in all bits of a value, since addresses of one network differ in the last bits only. */
function mixBigint(hash: number, value: bigint): number {
  let h = hash;
  let left = value;
  while (left > 0xffff_ffffn) {
    h = mix(h, Number(BigInt.asUintN(32, left)));
    left >>= 32n;
  }
  return mix(h, Number(left));
}

/** A hash of table, priority and match. */
function hashOf({ table, priority, match }: Pick<Entry, "table" | "priority" | "match">): number {
  let h = mix(table, priority);
  for (const { field, value, mask } of match) {
    h = mixBigint(mix(h, fieldNumber.get(field)!), value);
    if (mask !== undefined) h = mixBigint(~h, mask);
  }
  return h ^ (h >>> 16);
}

/** Equality of plain data. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

function sameMatch(a: Match, b: Match): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (x.field !== y.field || x.value !== y.value || x.mask !== y.mask) return false;
  }
  return true;
}

const isUnchanged = (a: Entry, b: Entry, clocks: Clocks): boolean =>
  a.table === b.table &&
  a.priority === b.priority &&
  sameMatch(a.match, b.match) &&
  equal(a.instructions, b.instructions) &&
  sameEnd(a, b, clocks);

/** Entries by hash, of which each is found once. */
class Unpaired {
  readonly #entries: readonly Entry[];
  /** Chains of entries by hash, as index + 1; 0 ends a chain. */
  readonly #heads: Int32Array;
  readonly #links: Int32Array;
  /** The whole hashes: those in one chain differ, and to look at an entry of many is to wait for its memory. */
  readonly #hashes: Int32Array;
  readonly #paired: Uint8Array;

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(entries.length + 1)));
    this.#links = new Int32Array(entries.length);
    this.#hashes = new Int32Array(entries.length);
    this.#paired = new Uint8Array(entries.length);
    for (let index = 0; index < entries.length; index++) {
      const hash = hashOf(entries[index]!);
      const slot = hash & (this.#heads.length - 1);
      this.#hashes[index] = hash;
      this.#links[index] = this.#heads[slot]!;
      this.#heads[slot] = index + 1;
    }
  }

  /** The place of the first that has this hash and passes the test, which is found no more; -1: there is none. */
  take(hash: number, test: (one: Entry) => boolean): number {
    for (let at = this.#heads[hash & (this.#heads.length - 1)]!; at > 0; at = this.#links[at - 1]!) {
      const place = at - 1;
      if (this.#hashes[place] !== hash || this.#paired[place] === 1 || !test(this.#entries[place]!)) continue;
      this.#paired[place] = 1;
      return place;
    }
    return -1;
  }

  /** Those that were not found, in their order. */
  rest(): readonly Entry[] {
    return this.#entries.filter((_, index) => this.#paired[index] === 0);
  }
}

/** Both lists without the entries that are the same, each in its order. Matches must be canonical on both sides. */
export function withoutUnchanged(
  old: readonly Entry[],
  next: readonly Entry[],
  clocks: Clocks = {},
): { readonly old: readonly Entry[]; readonly next: readonly Entry[] } {
  if (old.length === 0) return { old, next };
  const wanted = new Unpaired(next);
  const left = old.filter((entry) => wanted.take(hashOf(entry), (one) => isUnchanged(entry, one, clocks)) < 0);
  return { old: left, next: wanted.rest() };
}

/** What a switch holds and what it should, each without what was found to be the same while it was read. */
export function withoutKnown<Held extends { readonly flow: FlowStats; readonly entry?: Entry }>(
  held: readonly Held[],
  wanted: readonly Entry[],
): { readonly held: readonly Held[]; readonly wanted: readonly Entry[] } {
  const stands = new Uint8Array(wanted.length);
  const left = held.filter(({ flow, entry }) => {
    // The table may have become another since, and the entry may count as another's.
    if (!(flow instanceof KnownFlow) || entry !== flow.entry || wanted[flow.place] !== entry) return true;
    stands[flow.place] = 1;
    return false;
  });
  return left.length === held.length ? { held, wanted } : { held: left, wanted: wanted.filter((_, i) => !stands[i]) };
}

/** A flow of a switch that is wholly as an entry says. What it has counted is not kept. */
export class KnownFlow implements FlowStats {
  readonly entry: Entry;
  /** The entry's place in its table. */
  readonly place: number;
  readonly instructions: FlowStats["instructions"];

  constructor(entry: Entry, place: number, instructions: FlowStats["instructions"]) {
    this.entry = entry;
    this.place = place;
    this.instructions = instructions;
  }

  get table(): number {
    return this.entry.table;
  }
  get priority(): number {
    return this.entry.priority;
  }
  get cookie(): bigint {
    return this.entry.cookie;
  }
  get match(): FlowStats["match"] {
    return this.entry.match;
  }
  get hardTimeout(): number {
    return 0;
  }
  get idleTimeout(): number {
    return 0;
  }
  get flags(): number {
    return 0;
  }
  get seconds(): number {
    return 0;
  }
  get nanoseconds(): number {
    return 0;
  }
  get packets(): bigint {
    return 0n;
  }
  get bytes(): bigint {
    return 0n;
  }
}

/** The entries that a switch should have, while its flows are read. */
export class KnownFlows {
  readonly #entries: readonly Entry[];
  readonly #wanted: Unpaired;
  /** The instructions of flows, of which few are different: those that do the same share theirs. */
  readonly #instructions = new Map<Entry["instructions"], FlowStats["instructions"]>();

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
    this.#wanted = new Unpaired(entries);
  }

  /** The flow as it is kept. One that may end by itself, or differs in anything, is kept as it came. */
  kept(flow: FlowStats): FlowStats {
    const { table, priority, cookie, hardTimeout, idleTimeout, flags } = flow;
    if (hardTimeout + idleTimeout + flags > 0) return flow;
    const match = toMatch(flow.match);
    if (match === undefined) return flow;
    const place = this.#wanted.take(
      hashOf({ table, priority, match }),
      (one) =>
        one.cookie === cookie &&
        one.table === table &&
        one.priority === priority &&
        one.hardTimeout + one.idleTimeout === 0 &&
        sameMatch(one.match, match) &&
        equal(one.instructions, toInstructions(flow.instructions)),
    );
    if (place < 0) return flow;
    const entry = this.#entries[place]!;
    let instructions = this.#instructions.get(entry.instructions);
    if (instructions === undefined) this.#instructions.set(entry.instructions, (instructions = flow.instructions));
    return new KnownFlow(entry, place, instructions);
  }
}
