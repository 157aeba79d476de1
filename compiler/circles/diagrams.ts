/**
 * Rows → decision diagrams: from a packet, field by field, to the places where it goes next (multi-valued decision
 * diagrams; Srinivasan and others, 1990). Equal diagrams are one object, so what rows treat alike is looked at once.
 */
import type { MatchField } from "../table/entry.ts";
import type { Atoms } from "./atoms.ts";

/** A diagram: what packets come to, by the atom of one field and then of later ones. */
export interface Diagram {
  readonly id: number;
  /** The number of the field that decides; `Infinity` if all packets come to the same. */
  readonly level: number;
  /** What follows for single atoms. */
  readonly atoms: ReadonlyMap<number, Diagram>;
  /** What follows for all other atoms; undefined if there are none. */
  readonly rest: Diagram | undefined;
  /** A bit for each place that some packet comes to. */
  readonly union: bigint;
}

/**
 * What a row asks for from some field on. Equal rests of rows are one object, so rows that differ only in fields that are
 * decided already come to one diagram: a range of ports costs one, and not one for each of its blocks.
 */
export interface AtomRow {
  readonly id: number;
  /** The number of the first field that it asks for; `Infinity`: other fields may show anything. */
  readonly level: number;
  /** The atoms of this field that it holds. */
  readonly set: ReadonlySet<number>;
  /** What it asks for beyond this field; undefined if `level` is `Infinity`. */
  readonly next: AtomRow | undefined;
  readonly isWhole: boolean;
  /** A bit for each place that its packets come to. */
  readonly outs: bigint;
}

export class Diagrams {
  /** The fields in the order in which they decide. */
  readonly fields: readonly MatchField[];
  readonly #counts: readonly number[];
  readonly #spend: (steps: number) => void;
  readonly #leaves = new Map<bigint, Diagram>();
  readonly #nodes = new Map<string, Diagram>();
  readonly #made = new Map<string, Diagram>();
  readonly #joined = new Map<string, Diagram>();
  #ids = 0;

  constructor(atoms: Atoms, fields: readonly MatchField[], spend: (steps: number) => void) {
    this.fields = fields;
    this.#counts = fields.map((field) => atoms.count(field));
    this.#spend = spend;
  }

  /** How many atoms the field of a level has. */
  count(level: number): number {
    return this.#counts[level]!;
  }

  leaf(union: bigint): Diagram {
    let found = this.#leaves.get(union);
    if (found === undefined) {
      found = { id: this.#ids++, level: Infinity, atoms: NO_ATOMS, rest: undefined, union };
      this.#leaves.set(union, found);
    }
    return found;
  }

  /** The diagram of rows of which the first that holds a packet decides. Rows that are not whole only add places. */
  ofRows(rows: readonly AtomRow[]): Diagram {
    const left: AtomRow[] = [];
    let level = Infinity;
    let ids = "";
    for (const row of rows) {
      const isEnd = row.level === Infinity;
      if (isEnd && !row.isWhole && row.outs === 0n) continue;
      left.push(row);
      ids += `${row.id},`;
      if (row.level < level) level = row.level;
      if (isEnd && row.isWhole) break;
    }
    this.#spend(left.length);
    if (level === Infinity) return this.leaf(left.reduce((all, { outs }) => all | outs, 0n));
    const known = this.#made.get(ids);
    if (known !== undefined) return known;
    const parts = new Map<number, AtomRow[]>();
    for (const row of left)
      if (row.level === level) for (const atom of row.set) if (!parts.has(atom)) parts.set(atom, []);
    const rest: AtomRow[] = [];
    const open = new Map(parts);
    const isRestOpen = parts.size < this.count(level);
    for (const row of left) {
      if (row.level === level) {
        const next = row.next!;
        const ends = row.isWhole && next.level === Infinity;
        for (const atom of row.set) {
          open.get(atom)?.push(next);
          if (ends) open.delete(atom);
        }
        this.#spend(row.set.size);
      } else {
        for (const some of open.values()) some.push(row);
        if (isRestOpen) rest.push(row);
        this.#spend(open.size);
        if (row.isWhole && row.level === Infinity) break;
      }
    }
    const found = this.node(
      level,
      new Map([...parts].map(([atom, some]) => [atom, this.ofRows(some)])),
      isRestOpen ? this.ofRows(rest) : undefined,
    );
    this.#made.set(ids, found);
    return found;
  }

  /** The diagram with these parts: without those that need not be told from the rest. */
  node(level: number, atoms: ReadonlyMap<number, Diagram>, rest: Diagram | undefined): Diagram {
    const own = [...atoms].filter(([, one]) => one !== rest);
    const [first] = own;
    if (first === undefined) return rest!;
    if (rest === undefined && own.every(([, one]) => one === first[1])) return first[1];
    own.sort(([a], [b]) => a - b);
    const key = `${level} ${rest?.id} ${own.map(([atom, { id }]) => `${atom}:${id}`).join()}`;
    let found = this.#nodes.get(key);
    if (found === undefined) {
      const union = own.reduce((all, [, one]) => all | one.union, rest?.union ?? 0n);
      found = { id: this.#ids++, level, atoms: new Map(own), rest, union };
      this.#nodes.set(key, found);
    }
    return found;
  }

  /** The places of both. */
  either(a: Diagram, b: Diagram): Diagram {
    if (a === b || b.union === 0n) return a;
    if (a.union === 0n) return b;
    return this.#join("either", a, b, (one, other) => this.leaf(one.union | other.union));
  }

  /** The places of `b` for the packets that come to any place of `a`. */
  guarded(a: Diagram, b: Diagram): Diagram {
    if (a.union === 0n || b.union === 0n) return this.leaf(0n);
    return a.level === Infinity ? b : this.#join("guarded", a, b, (one, other) => this.guarded(one, other));
  }

  /** The same without the places whose bits are set. */
  without(a: Diagram, bits: bigint): Diagram {
    const made = new Map<Diagram, Diagram>();
    const left = (one: Diagram): Diagram => {
      if ((one.union & bits) === 0n) return one;
      if (one.level === Infinity) return this.leaf(one.union & ~bits);
      let found = made.get(one);
      if (found === undefined) {
        this.#spend(one.atoms.size + 1);
        found = this.node(
          one.level,
          new Map([...one.atoms].map(([atom, some]) => [atom, left(some)])),
          one.rest && left(one.rest),
        );
        made.set(one, found);
      }
      return found;
    };
    return left(a);
  }

  #join(how: "either" | "guarded", a: Diagram, b: Diagram, leaf: (a: Diagram, b: Diagram) => Diagram): Diagram {
    if (a.level === Infinity && b.level === Infinity) return leaf(a, b);
    const key = `${how} ${a.id} ${b.id}`;
    const known = this.#joined.get(key);
    if (known !== undefined) return known;
    const level = Math.min(a.level, b.level);
    const { atoms, rest } = branches([a, b], level, this.count(level));
    this.#spend(atoms.size + 1);
    const both = ([x, y]: readonly Diagram[]): Diagram => this[how](x!, y!);
    const found = this.node(
      level,
      new Map([...atoms].map(([atom, some]) => [atom, both(some)])),
      rest === undefined ? undefined : both(rest),
    );
    this.#joined.set(key, found);
    return found;
  }
}

/** What diagrams come to by the field of a level: for single atoms, and for all others if there are any. */
export function branches(
  all: readonly Diagram[],
  level: number,
  count: number,
): { readonly atoms: ReadonlyMap<number, readonly Diagram[]>; readonly rest: readonly Diagram[] | undefined } {
  const told = new Set<number>();
  for (const one of all) if (one.level === level) for (const atom of one.atoms.keys()) told.add(atom);
  const at = (atom: number): readonly Diagram[] =>
    all.map((one) => (one.level === level ? (one.atoms.get(atom) ?? one.rest!) : one));
  const atoms = new Map([...told].map((atom) => [atom, at(atom)]));
  return { atoms, rest: told.size < count ? at(-1) : undefined };
}

const NO_ATOMS: ReadonlyMap<number, Diagram> = new Map();
