/**
 * Settled entries of one table → those that match all that another matches, or some of it. Entries stand together by form,
 * that is by the bits of the fields that they match (tuple space search; Srinivasan and others, 1999). Of each form at
 * most one key can hold an entry, so a question costs as many look-ups as there are forms. Where a set of fields has many
 * forms, as lists of prefixes in several fields have, a tree of their masks is asked instead, field by field.
 */
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { cube } from "../../flowgroup/cubes.ts";
import type { Field } from "../../flowgroup/fields.ts";
import { OverlapIndex } from "../../flowgroup/overlap-index.ts";
import type { FieldMatch, Match, MatchField } from "../../table/entry.ts";
import { SteadyMap } from "../../net/steady-map.ts";
import { append } from "../../net/lists.ts";
import { fullMask } from "../../table/match.ts";
import type { Settled } from "./contribution.ts";
import { findLasting, insertByEnd } from "./lasting.ts";
import { MaskTrie } from "./mask-trie.ts";

/** From so many forms on the tree is faster. */
const MANY_FORMS = 24;

/** Entries with the same masks, by their values: of each the one that ends last first. */
interface Form {
  readonly masks: readonly (bigint | undefined)[];
  readonly byValues: SteadyMap<string, Settled[]>;
}

/** Entries that match the same fields. */
interface Family {
  readonly fields: readonly MatchField[];
  readonly forms: Map<string, Form>;
  /** All of them by their masks, and by their ranges; made when they are first asked for. */
  trie: MaskTrie | undefined;
  index: OverlapIndex<Settled> | undefined;
}

export class Forms {
  readonly #families = new Map<string, Family>();

  insert(one: Settled): void {
    const { match } = one;
    const name = match.map(({ field }) => field).join();
    let family = this.#families.get(name);
    if (family === undefined) {
      family = { fields: match.map(({ field }) => field), forms: new Map(), trie: undefined, index: undefined };
      this.#families.set(name, family);
    }
    const key = masksOf(match);
    let form = family.forms.get(key);
    if (form === undefined)
      family.forms.set(key, (form = { masks: match.map(({ mask }) => mask), byValues: new SteadyMap() }));
    const values = valuesOf(match);
    const here = form.byValues.get(values);
    if (here === undefined) form.byValues.set(values, [one]);
    else insertByEnd(here, one);
    family.trie?.insert(one);
    family.index?.insert(outline(match), one);
  }

  /** Removes an entry that stands here. */
  remove(one: Settled): void {
    const { match } = one;
    const name = match.map(({ field }) => field).join();
    const family = this.#families.get(name)!;
    const key = masksOf(match);
    const form = family.forms.get(key)!;
    const values = valuesOf(match);
    const left = form.byValues.get(values)!.filter((other) => other !== one);
    if (left.length > 0) form.byValues.set(values, left);
    else form.byValues.delete(values);
    if (form.byValues.size === 0) family.forms.delete(key);
    family.trie?.remove(one);
    family.index?.remove(outline(match), one);
    if (family.forms.size === 0) this.#families.delete(name);
  }

  /** An entry that may match all that this one does, ends no earlier and passes the test; undefined if there is none. */
  findAround({ match, end }: Settled, test: (other: Settled) => boolean): Settled | undefined {
    for (const family of this.#families.values()) {
      const own = fieldsWithin(family.fields, match);
      if (own === undefined) continue;
      if (family.forms.size >= MANY_FORMS) {
        const found = trieOf(family).findAround(own, end, test);
        if (found !== undefined) return found;
        continue;
      }
      const masked = new Masked(own);
      for (const { masks, byValues } of family.forms.values()) {
        const values = masked.under(masks);
        const here = values === undefined ? undefined : byValues.get(values);
        const found = here && findLasting(here, end, test);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** The entries that may match only what `match` does, and others that overlap it. */
  around(match: Match): readonly Settled[] {
    let shape: Cube | undefined;
    const found: Settled[] = [];
    for (const family of this.#families.values()) {
      if (!holdsFields(family.fields, match)) continue;
      const same = sameFormIn(family, match);
      append(found, same ?? indexOf(family).overlapping((shape ??= outline(match))));
    }
    return found;
  }
}

/**
 * Where no form of the family asks for more bits than the match does, all that it can hold has the match's own form and
 * values: one look-up, and no index. Undefined: some form may, or there are too many to look at.
 */
function sameFormIn(family: Family, match: Match): readonly Settled[] | undefined {
  if (family.fields.length !== match.length || family.forms.size >= MANY_FORMS) return undefined;
  let own: Form | undefined;
  for (const form of family.forms.values()) {
    const order = narrower(form.masks, match);
    if (order === "more") return undefined;
    if (order === "same") own = form;
  }
  return own?.byValues.get(valuesOf(match)) ?? NONE;
}

/** Whether masks ask for the same bits as a match, for all of these and more, or not for all. */
function narrower(masks: readonly (bigint | undefined)[], match: Match): "same" | "more" | "other" {
  let order: "same" | "more" = "same";
  for (let i = 0; i < masks.length; i++) {
    const [mask, own] = [masks[i], match[i]!.mask];
    if (mask === own) continue;
    // No mask asks for every bit.
    if (own === undefined || (mask !== undefined && (mask & own) !== own)) return "other";
    order = "more";
  }
  return order;
}

/** Whether all fields of the match are among these; both are in canonical order. */
function holdsFields(fields: readonly MatchField[], match: Match): boolean {
  let at = 0;
  for (const field of fields) if (at < match.length && match[at]!.field === field) at++;
  return at === match.length;
}

const NONE: readonly Settled[] = [];

function indexOf(family: Family): OverlapIndex<Settled> {
  if (family.index !== undefined) return family.index;
  const index = new OverlapIndex<Settled>();
  for (const one of membersOf(family)) index.insert(outline(one.match), one);
  family.index = index;
  return index;
}

function trieOf(family: Family): MaskTrie {
  if (family.trie !== undefined) return family.trie;
  const trie = new MaskTrie();
  for (const one of membersOf(family)) trie.insert(one);
  family.trie = trie;
  return trie;
}

function* membersOf({ forms }: Family): Iterable<Settled> {
  for (const { byValues } of forms.values()) for (const some of byValues.values()) yield* some;
}

/** The matches of these fields; undefined if one of them is not matched. Both are in canonical order. */
function fieldsWithin(fields: readonly MatchField[], match: Match): Match | undefined {
  if (fields.length > match.length) return undefined;
  if (fields.length === match.length) return match.every(({ field }, i) => field === fields[i]) ? match : undefined;
  // Most families that are looked at have a field that the match has not.
  let count = 0;
  for (const { field } of match) if (field === fields[count]) count++;
  if (count < fields.length) return undefined;
  const found: FieldMatch[] = [];
  for (const one of match) if (one.field === fields[found.length]) found.push(one);
  return found;
}

function masksOf(match: Match): string {
  let key = "";
  for (const { mask } of match) key += mask === undefined ? "," : `${mask},`;
  return key;
}

/** Joined at once: put together piece by piece, it stays a tree of pieces in the map that it is a key of. */
function valuesOf(match: Match): string {
  const texts: string[] = [];
  for (const { value } of match) texts.push(valueText(value));
  return texts.join();
}

/** In the base that is written fastest. */
const valueText = (value: bigint): string => value.toString(32);

/** A match whose values are wanted under the masks of several forms. */
class Masked {
  readonly #match: Match;
  readonly #texts: readonly string[];

  constructor(match: Match) {
    this.#match = match;
    this.#texts = match.map(({ value }) => valueText(value));
  }

  /** The values under wider masks; undefined if one of these asks for a bit that the match does not. */
  under(masks: readonly (bigint | undefined)[]): string | undefined {
    const texts: string[] = [];
    for (let i = 0; i < masks.length; i++) {
      const { value, mask } = this.#match[i]!;
      const wide = masks[i];
      if (wide === mask) texts.push(this.#texts[i]!);
      else if (wide === undefined || (mask !== undefined && (mask & wide) !== wide)) return undefined;
      else texts.push(valueText(value & wide));
    }
    return texts.join();
  }
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
