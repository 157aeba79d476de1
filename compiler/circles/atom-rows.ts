/**
 * Rows → rows over atoms, as diagrams are made of them, for packets that come in at one port. Only the first table's
 * rows and the sending ones matter.
 */
import type { Port } from "../paths/topology.ts";
import type { FieldMatch, Match, MatchField } from "../table/entry.ts";
import type { Atoms } from "./atoms.ts";
import type { AtomRow } from "./diagrams.ts";
import type { Row } from "./rows.ts";

/** The most rows that the clauses of one conjunction are written out as. */
const MOST_ALTERNATIVES = 256;

type Sets = readonly (readonly [number, ReadonlySet<number>])[];

export class AtomRows {
  readonly #atoms: Atoms;
  readonly #levels: ReadonlyMap<MatchField, number>;
  readonly #sets = new Map<Row, { readonly alternatives: readonly Sets[]; readonly isWhole: boolean }>();
  readonly #held = new Map<string, ReadonlySet<number>>();
  readonly #ids = new Map<Row | Match, Map<bigint, number>>();
  #count = 0;

  constructor(atoms: Atoms, fields: readonly MatchField[]) {
    this.#atoms = atoms;
    this.#levels = new Map(fields.map((field, i) => [field, i]));
  }

  /** Rows, highest first, for packets that come in at a port. `outs` gives a bit for each place they come to. */
  at(rows: readonly Row[], { port }: Port, outs: (row: Row) => bigint): readonly AtomRow[] {
    return rows.flatMap((row): readonly AtomRow[] => {
      const asked = row.match.find(({ field }) => field === "in_port");
      if (asked !== undefined && Number(asked.value) !== port) return [];
      const { alternatives, isWhole } = this.#setsOf(row);
      const to = outs(row);
      return alternatives.map((sets, i) => ({ id: this.#idOf(row, (to << 9n) | BigInt(i)), sets, isWhole, outs: to }));
    });
  }

  /** A row for packets that come to no place. `owner` gives it its number. */
  closed(owner: Match, match: Match): AtomRow {
    return { id: this.#idOf(owner, 0n), sets: this.#setsOfMatch(match), isWhole: true, outs: 0n };
  }

  #idOf(row: Row | Match, key: bigint): number {
    const known = this.#ids.get(row) ?? new Map<bigint, number>();
    this.#ids.set(row, known);
    let id = known.get(key);
    if (id === undefined) known.set(key, (id = this.#count++));
    return id;
  }

  #setsOf(row: Row): { readonly alternatives: readonly Sets[]; readonly isWhole: boolean } {
    let found = this.#sets.get(row);
    if (found === undefined) this.#sets.set(row, (found = this.#makeSets(row)));
    return found;
  }

  #makeSets({ match, clauses, isWhole }: Row): { readonly alternatives: readonly Sets[]; readonly isWhole: boolean } {
    let all: readonly Sets[] = [this.#setsOfMatch(match)];
    let isExact = isWhole;
    for (const clause of clauses) {
      const members = unitedSets(clause.map((one) => this.#setsOfMatch(one)));
      const next = all.flatMap((one) => members.flatMap((other) => both(one, other) ?? []));
      if (next.length > MOST_ALTERNATIVES) isExact = false;
      else all = next;
    }
    return { alternatives: all, isWhole: isExact };
  }

  #setsOfMatch(match: Match): Sets {
    return match
      .filter(({ field }) => field !== "in_port")
      .map((one): readonly [number, ReadonlySet<number>] => [this.#levels.get(one.field)!, this.#setOf(one)])
      .sort(([a], [b]) => a - b);
  }

  #setOf(one: FieldMatch): ReadonlySet<number> {
    const key = `${one.field} ${one.value}/${one.mask}`;
    let found = this.#held.get(key);
    if (found === undefined) this.#held.set(key, (found = new Set(this.#atoms.of(one))));
    return found;
  }
}

/** Unions of sets that differ in one field become one. */
function unitedSets(members: readonly Sets[]): readonly Sets[] {
  const [first] = members;
  if (first === undefined) return [];
  const alike = members.every(
    (one) => one.length === first.length && one.every(([level], i) => level === first[i]![0]),
  );
  const varying = first.flatMap(([, set], i) => (members.every((one) => one[i]?.[1] === set) ? [] : [i]));
  if (!alike || varying.length > 1) return members;
  const [i] = varying;
  if (i === undefined) return [first];
  const union = new Set(members.flatMap((one) => [...one[i]![1]]));
  return [first.map((one, j) => (i === j ? ([one[0], union] as const) : one))];
}

/** The sets that two ask for together; undefined if no packet meets both. */
function both(one: Sets, other: Sets): readonly Sets[] | undefined {
  const found = new Map(one);
  for (const [level, set] of other) {
    const had = found.get(level);
    const common = had === undefined || had === set ? set : new Set([...had].filter((atom) => set.has(atom)));
    if (common.size === 0) return undefined;
    found.set(level, common);
  }
  return [[...found].sort(([a], [b]) => a - b)];
}
