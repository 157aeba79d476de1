/**
 * The rows of all switches that may hold packets of a set. When a set is split by the values of a field, the rows are
 * divided by the value that they match. So a part of the set costs only the rows of its value and those without one.
 */
import type { FieldMatch, MatchField } from "../table/entry.ts";
import type { Row, SwitchRows } from "./rows.ts";

/** Rows of one table, highest first: those that match no port, and the others by port. */
interface Layer {
  readonly any: readonly Row[];
  readonly at: ReadonlyMap<number, readonly Row[]>;
}

/** The rows that may hold packets of one set. */
export interface RowView {
  /**
   * For each sending table of a switch, the lists of rows, highest first, that may hold packets coming in at a port.
   */
  rows(switchName: string, port: number): readonly (readonly (readonly Row[])[])[];
  /** The view for each value of a field, and for `undefined`, which means all other values. */
  split(field: MatchField, values: readonly FieldMatch[]): (value: FieldMatch | undefined) => RowView;
}

type Layers = readonly (readonly Layer[])[];

/** The view of all rows. */
export function viewOf(rows: ReadonlyMap<string, SwitchRows>): RowView {
  const made = new Map<string, Layers>();
  return new LayeredView((name) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const found = rows
      .get(name)!
      .sending()
      .map((some) => [layerOf(some)]);
    made.set(name, found);
    return found;
  });
}

class LayeredView implements RowView {
  readonly #layers: (switchName: string) => Layers;

  constructor(layers: (switchName: string) => Layers) {
    this.#layers = layers;
  }

  rows(switchName: string, port: number): readonly (readonly (readonly Row[])[])[] {
    return this.#layers(switchName).map((layers) => layers.flatMap(({ any, at }) => [any, at.get(port) ?? NONE]));
  }

  split(field: MatchField, values: readonly FieldMatch[]): (value: FieldMatch | undefined) => RowView {
    const own = new Set(values.flatMap(({ value, mask }) => (mask === undefined ? [value] : [])));
    const laid = new Map<Layer, Apart>();
    const apart = (layer: Layer): Apart => {
      const known = laid.get(layer) ?? layApart(layer, field, own);
      laid.set(layer, known);
      return known;
    };
    return (value) => {
      const made = new Map<string, Layers>();
      return new LayeredView((name) => {
        const known = made.get(name);
        if (known !== undefined) return known;
        const found = this.#layers(name).map((layers) =>
          layers.flatMap((layer) => {
            const { others, by } = apart(layer);
            const mine = value?.mask === undefined && value !== undefined ? by.get(value.value) : undefined;
            return mine === undefined ? [others] : [others, mine];
          }),
        );
        made.set(name, found);
        return found;
      });
    };
  }
}

/** A layer divided by the value that its rows match exactly. */
interface Apart {
  readonly others: Layer;
  readonly by: ReadonlyMap<bigint, Layer>;
}

const NONE: readonly Row[] = [];

function layerOf(rows: readonly Row[]): Layer {
  const any: Row[] = [];
  const at = new Map<number, Row[]>();
  for (const row of rows) {
    const port = row.match.find(({ field }) => field === "in_port");
    if (port === undefined) any.push(row);
    else if (at.has(Number(port.value))) at.get(Number(port.value))!.push(row);
    else at.set(Number(port.value), [row]);
  }
  return { any, at };
}

function layApart({ any, at }: Layer, field: MatchField, own: ReadonlySet<bigint>): Apart {
  const by = new Map<bigint, { readonly any: Row[]; readonly at: Map<number, Row[]> }>();
  const lay = (rows: readonly Row[], port: number | undefined): Row[] =>
    rows.filter((row) => {
      const one = row.match.find((other) => other.field === field);
      if (one === undefined || one.mask !== undefined || !own.has(one.value)) return true;
      const mine = by.get(one.value) ?? { any: [], at: new Map<number, Row[]>() };
      by.set(one.value, mine);
      if (port === undefined) mine.any.push(row);
      else if (mine.at.has(port)) mine.at.get(port)!.push(row);
      else mine.at.set(port, [row]);
      return false;
    });
  const others = { any: lay(any, undefined), at: new Map([...at].map(([port, rows]) => [port, lay(rows, port)])) };
  return { others, by };
}
