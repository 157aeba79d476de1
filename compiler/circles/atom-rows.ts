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
  readonly #made = new Map<Row, Map<bigint, readonly AtomRow[]>>();
  readonly #byPort = new Map<readonly Row[], PortRows>();
  readonly #ends = new Map<bigint, AtomRow>();
  /** Rests of rows → longer ones, by the set that they ask for before. */
  readonly #longer = new Map<AtomRow, Map<ReadonlySet<number>, AtomRow>>();
  #count = 0;

  constructor(atoms: Atoms, fields: readonly MatchField[]) {
    this.#atoms = atoms;
    this.#levels = new Map(fields.map((field, i) => [field, i]));
  }

  /** Rows, highest first, for packets that come in at a port. `outs` gives a bit for each place they come to. */
  at(rows: readonly Row[], { port }: Port, outs: (row: Row) => bigint): readonly AtomRow[] {
    return this.#portRows(rows)
      .at(port)
      .flatMap((row) => this.#rowsOf(row, outs(row)));
  }

  /**
   * How rows treat packets from a port. Ports with one text are treated alike, but for what goes back to them. Undefined:
   * compared with no other port.
   */
  treatmentOf(rows: readonly Row[], port: number): string | undefined {
    return this.#portRows(rows).treatmentOf(port);
  }

  #portRows(rows: readonly Row[]): PortRows {
    let here = this.#byPort.get(rows);
    if (here === undefined) this.#byPort.set(rows, (here = new PortRows(rows)));
    return here;
  }

  /** A row for packets that come to no place. */
  closed(match: Match): AtomRow {
    return this.#chain(this.#setsOfMatch(match), this.#end(true, 0n));
  }

  #rowsOf(row: Row, outs: bigint): readonly AtomRow[] {
    const known = this.#made.get(row) ?? new Map<bigint, readonly AtomRow[]>();
    this.#made.set(row, known);
    let found = known.get(outs);
    if (found === undefined) {
      const { alternatives, isWhole } = this.#setsOf(row);
      found = alternatives.map((sets) => this.#chain(sets, this.#end(isWhole, outs)));
      known.set(outs, found);
    }
    return found;
  }

  #end(isWhole: boolean, outs: bigint): AtomRow {
    const key = (outs << 1n) | (isWhole ? 1n : 0n);
    let found = this.#ends.get(key);
    if (found === undefined) {
      found = { id: this.#count++, level: Infinity, set: NO_ATOMS, next: undefined, isWhole, outs };
      this.#ends.set(key, found);
    }
    return found;
  }

  #chain(sets: Sets, end: AtomRow): AtomRow {
    return sets.reduceRight((next, [level, set]) => {
      const known = this.#longer.get(next) ?? new Map<ReadonlySet<number>, AtomRow>();
      this.#longer.set(next, known);
      let found = known.get(set);
      if (found === undefined) known.set(set, (found = { ...next, id: this.#count++, level, set, next }));
      return found;
    }, end);
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

const NO_ATOMS: ReadonlySet<number> = new Set();
const NO_ROWS: readonly Row[] = [];
/** Ports that more rows name are compared with no other. */
const MOST_COMPARED = 16;

/** Rows by the port that they match, so that each port looks only at its own. */
class PortRows {
  readonly #ofPorts = new Map<number, Row[]>();
  readonly #ranks = new Map<Row, number>();
  readonly #others: Row[] = [];
  /** Rows that name a port → how many that name none stand above them. */
  readonly #ahead = new Map<Row, number>();
  /** Whether some row that names no port sends packets back. */
  readonly #sendsBack: boolean;

  constructor(rows: readonly Row[]) {
    for (const [i, row] of rows.entries()) {
      this.#ranks.set(row, i);
      const asked = row.match.find(({ field }) => field === "in_port");
      if (asked === undefined) this.#others.push(row);
      else {
        const port = Number(asked.value);
        this.#ahead.set(row, this.#others.length);
        const known = this.#ofPorts.get(port);
        if (known === undefined) this.#ofPorts.set(port, [row]);
        else known.push(row);
      }
    }
    this.#sendsBack = this.#others.some(({ outs }) => outs.includes("IN_PORT"));
  }

  treatmentOf(port: number): string | undefined {
    const own = this.#ofPorts.get(port) ?? NO_ROWS;
    if (this.#sendsBack || own.length > MOST_COMPARED) return undefined;
    let text = "";
    for (const row of own) {
      if (row.clauses.length > 0 || row.outs.includes("IN_PORT")) return undefined;
      const match = row.match.flatMap(({ field, value, mask }) =>
        field === "in_port" ? [] : [`${field}=${value}/${mask}`],
      );
      text += `${this.#ahead.get(row)} ${row.isWhole} ${match.join()} ${row.outs.join()};`;
    }
    return text;
  }

  /** The rows that packets from a port may meet, in their order. */
  at(port: number): readonly Row[] {
    const own = this.#ofPorts.get(port) ?? NO_ROWS;
    return [...own, ...this.#others].sort((a, b) => this.#ranks.get(a)! - this.#ranks.get(b)!);
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
