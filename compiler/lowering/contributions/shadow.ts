/**
 * Settled entries → those that must be on the switch, without the shadowed ones (SEMANTICS, "From policy to table"). An
 * entry is shadowed if another in its table matches every packet that it matches, ends no earlier, and has a higher
 * priority, or the same priority and instructions. The relation is transitive, so an entry that shadows may itself be
 * shadowed. Conjunctions neither shadow nor are shadowed, as their members decide nothing alone.
 */
import { does, type Settled } from "./contribution.ts";
import { Forms } from "./forms.ts";
import type { FieldMatch } from "../../table/entry.ts";
import { matchContains, WIDTHS } from "../../table/match.ts";

/** The entries that a change of settled entries takes off a switch and puts on it. */
export interface SettledChange {
  readonly old: readonly Settled[];
  readonly next: readonly Settled[];
}

/** So many entries are one step of a table that is made in steps. */
const PER_STEP = 256;

/** The settled entries of one switch: those that stand, and under each of them those that it shadows. */
export class Shadows {
  /** The entries that stand, by table. */
  readonly #tables = new Map<string, Forms>();
  readonly #over = new Map<Settled, Settled>();
  readonly #under = new Map<Settled, Set<Settled>>();
  #looked = 0;

  /** How many pairs of entries were looked at for whether one shadows the other. */
  get looked(): number {
    return this.#looked;
  }

  /** Whether an entry is shadowed. */
  hides(one: Settled): boolean {
    return this.#over.has(one);
  }

  /** The first entries, in steps; returns those that stand. */
  *load(come: readonly Settled[]): Generator<undefined, SettledChange> {
    const next = come.filter((one) => !casts(one));
    for (const [i, one] of inOrder(come.filter(casts)).entries()) {
      if (i % PER_STEP === PER_STEP - 1) yield;
      const table = this.#table(one.stage);
      const over = table.findAround(one, (other) => this.#covers(other, one));
      if (over !== undefined) {
        this.#hide(one, over);
        continue;
      }
      table.insert(one);
      next.push(one);
    }
    return { old: [], next };
  }

  /** Replaces settled entries; returns those that no longer stand, and those that stand now. */
  change(gone: readonly Settled[], come: readonly Settled[]): SettledChange {
    const fresh = this.#tables.size === 0;
    const old = gone.filter((one) => !this.#over.has(one));
    const next = come.filter((one) => !casts(one));
    const orphans = new Set<Settled>();
    for (const one of gone) {
      if (this.#over.has(one)) this.#release(one);
      else if (casts(one)) {
        this.#table(one.stage).remove(one);
        for (const under of this.#under.get(one) ?? []) orphans.add(under);
      }
    }
    for (const one of gone) {
      this.#under.delete(one);
      orphans.delete(one);
    }
    for (const one of orphans) this.#over.delete(one);
    for (const one of inOrder([...come.filter(casts), ...orphans])) {
      const table = this.#table(one.stage);
      const over = table.findAround(one, (other) => this.#covers(other, one));
      if (over !== undefined) {
        this.#hide(one, over);
        continue;
      }
      if (!fresh) {
        const around = table.around(one.match);
        this.#looked += around.length;
        for (const under of around) {
          if (!shadows(one, under)) continue;
          table.remove(under);
          old.push(under);
          for (const further of this.#under.get(under) ?? []) this.#hide(further, one);
          this.#under.delete(under);
          this.#hide(under, one);
        }
      }
      table.insert(one);
      next.push(one);
    }
    return { old, next };
  }

  #hide(one: Settled, over: Settled): void {
    this.#over.set(one, over);
    const under = this.#under.get(over);
    if (under === undefined) this.#under.set(over, new Set([one]));
    else under.add(one);
  }

  #covers(other: Settled, one: Settled): boolean {
    this.#looked++;
    return shadows(other, one);
  }

  #release(one: Settled): void {
    this.#under.get(this.#over.get(one)!)?.delete(one);
    this.#over.delete(one);
  }

  #table(stage: string): Forms {
    let table = this.#tables.get(stage);
    if (table === undefined) this.#tables.set(stage, (table = new Forms()));
    return table;
  }
}

/** Entries in an order in which none is shadowed by a later one: by priority, then the wider match first. */
function inOrder(entries: readonly Settled[]): readonly Settled[] {
  return entries
    .map((one) => ({ one, bits: one.match.reduce((sum, field) => sum + bitsOf(field), 0) }))
    .sort((a, b) => b.one.priority - a.one.priority || a.bits - b.bits)
    .map(({ one }) => one);
}

function bitsOf({ field, mask }: FieldMatch): number {
  if (mask === undefined) return WIDTHS[field];
  let bits = onesOf.get(mask);
  if (bits === undefined) onesOf.set(mask, (bits = mask.toString(2).replaceAll("0", "").length));
  return bits;
}

/** Masks → how many bits they have. There are few: prefixes of addresses, blocks of ports, tags. */
const onesOf = new Map<bigint, number>();

/** Whether an entry may shadow others: no conjunction, and no verdict that stays on the switch after its end. */
function casts({ effect, waits, match }: Settled): boolean {
  return effect !== undefined && waits === undefined && match[0]?.field !== "conj_id";
}

function shadows(over: Settled, one: Settled): boolean {
  if (over === one || over.end < one.end || over.priority < one.priority) return false;
  return (over.priority > one.priority || does(over) === does(one)) && matchContains(over.match, one.match);
}
