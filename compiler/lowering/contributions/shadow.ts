/**
 * Settled entries → those that must be on the switch, without the shadowed ones (SEMANTICS, "From policy to table"). An
 * entry is shadowed if another in its table matches every packet that it matches, ends no earlier, and has a higher
 * priority, or the same priority and instructions. The relation is transitive, so an entry that shadows may itself be
 * shadowed. Conjunctions neither shadow nor are shadowed, as their members decide nothing alone.
 */
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { cube } from "../../flowgroup/cubes.ts";
import type { Field } from "../../flowgroup/fields.ts";
import { OverlapIndex } from "../../flowgroup/overlap-index.ts";
import { does, type Settled } from "./contribution.ts";
import type { FieldMatch, Match, MatchField } from "../../table/entry.ts";
import { fullMask, matchContains, WIDTHS } from "../../table/match.ts";

/** The entries that a change of settled entries takes off a switch and puts on it. */
export interface SettledChange {
  readonly old: readonly Settled[];
  readonly next: readonly Settled[];
}

/** The settled entries of one switch: those that stand, and under each of them those that it shadows. */
export class Shadows {
  /**
   * The entries that stand, by table and by the fields of their outlines. An entry can only be shadowed by one that
   * constrains no field beyond those that it constrains itself.
   */
  readonly #groups = new Map<string, Map<number, OverlapIndex<Settled>>>();
  readonly #over = new Map<Settled, Settled>();
  readonly #under = new Map<Settled, Set<Settled>>();

  /** Whether an entry is shadowed. */
  hides(one: Settled): boolean {
    return this.#over.has(one);
  }

  /** Replaces settled entries; returns those that no longer stand, and those that stand now. */
  change(gone: readonly Settled[], come: readonly Settled[]): SettledChange {
    const fresh = this.#groups.size === 0;
    const old = gone.filter((one) => !this.#over.has(one));
    const next = come.filter((one) => !casts(one));
    const orphans = new Set<Settled>();
    for (const one of gone) {
      if (this.#over.has(one)) this.#release(one);
      else if (casts(one)) {
        this.#remove(one);
        for (const under of this.#under.get(one) ?? []) orphans.add(under);
      }
    }
    for (const one of gone) {
      this.#under.delete(one);
      orphans.delete(one);
    }
    for (const one of orphans) this.#over.delete(one);
    for (const one of inOrder([...come.filter(casts), ...orphans])) {
      const shape = outline(one.match);
      const over = this.#find(one, shape);
      if (over !== undefined) {
        this.#hide(one, over);
        continue;
      }
      if (!fresh) {
        for (const under of this.#reach(one, shape)) {
          this.#remove(under);
          old.push(under);
          for (const further of this.#under.get(under) ?? []) this.#hide(further, one);
          this.#under.delete(under);
          this.#hide(under, one);
        }
      }
      this.#insert(one, shape);
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

  #release(one: Settled): void {
    this.#under.get(this.#over.get(one)!)?.delete(one);
    this.#over.delete(one);
  }

  #insert(one: Settled, shape: Cube): void {
    let groups = this.#groups.get(one.stage);
    if (groups === undefined) this.#groups.set(one.stage, (groups = new Map()));
    let group = groups.get(shape.mask);
    if (group === undefined) groups.set(shape.mask, (group = new OverlapIndex()));
    group.insert(shape, one);
  }

  #remove(one: Settled): void {
    const shape = outline(one.match);
    const groups = this.#groups.get(one.stage)!;
    const group = groups.get(shape.mask)!;
    group.remove(shape, one);
    if (group.size === 0) groups.delete(shape.mask);
  }

  /** A standing entry that shadows this one; undefined if there is none. */
  #find(one: Settled, shape: Cube): Settled | undefined {
    for (const [mask, group] of this.#groups.get(one.stage) ?? []) {
      if ((mask & ~shape.mask) !== 0) continue;
      const found = group.containing(shape).find((other) => shadows(other, one));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The standing entries that this one shadows. */
  #reach(one: Settled, shape: Cube): readonly Settled[] {
    return [...(this.#groups.get(one.stage) ?? [])].flatMap(([mask, group]) =>
      (shape.mask & ~mask) === 0 ? group.overlapping(shape).filter((other) => shadows(one, other)) : [],
    );
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
  return mask === undefined ? WIDTHS[field] : mask.toString(2).replaceAll("0", "").length;
}

/** Whether an entry may shadow others: no conjunction, and no verdict that stays on the switch after its end. */
function casts({ effect, waits, match }: Settled): boolean {
  return effect !== undefined && waits === undefined && match[0]?.field !== "conj_id";
}

function shadows(over: Settled, one: Settled): boolean {
  if (over === one || over.end < one.end || over.priority < one.priority) return false;
  return (over.priority > one.priority || does(over) === does(one)) && matchContains(over.match, one.match);
}

const FIELDS: Partial<Record<MatchField, Field>> = {
  in_port: "inPort",
  eth_src: "srcEth",
  eth_dst: "dstEth",
  eth_type: "ethType",
  ip_proto: "transport",
  ip_dscp: "dscp",
  ipv4_src: "srcHost",
  ipv4_dst: "dstHost",
  ipv6_src: "srcHost",
  ipv6_dst: "dstHost",
  tcp_src: "srcPort",
  udp_src: "srcPort",
  sctp_src: "srcPort",
  tcp_dst: "dstPort",
  udp_dst: "dstPort",
  sctp_dst: "dstPort",
};

/** A cube around the match, for the index. Fields that a cube cannot express are not constrained. */
function outline(match: Match): Cube {
  const sets: Partial<Record<Field, FieldSet>> = {};
  for (const { field, value, mask } of match) {
    const name = FIELDS[field];
    if (name === undefined) continue;
    const high = mask === undefined ? value : value | (fullMask(field) & ~mask);
    if (field.startsWith("ipv6")) sets[name] = { kind: "ip", absent: false, v4: [], v6: [value, high] };
    else if (field.startsWith("ipv4")) {
      sets[name] = { kind: "ip", absent: false, v4: [Number(value), Number(high)], v6: [] };
    } else sets[name] = { kind: "number", absent: false, ranges: [Number(value), Number(high)] };
  }
  return cube(sets);
}
