/**
 * The derived rule set as a table of `@datalogui/datalog`: one long-lived view on it, whose changes fan out to
 * subscribers. The library is sound as tables and views within the guards kept here: sets (it counts, and an
 * unmatched retraction would swallow the next insertion), one type per column (it compares with `<`), sorted loads
 * (its rows are a sorted array), and a fresh table when dead rows outnumber live ones (it never forgets a row).
 */
import { Added, newTable, NumberType, StringType, type Table, type View } from "@datalogui/datalog";
import { compareConstants } from "./constants.ts";

/** The columns of a table, in the order by which rows are sorted. */
export type Columns = Readonly<Record<string, "string" | "number">>;

/** One row: a scalar per column. */
export type Row<Shape extends Columns> = {
  readonly [Name in keyof Shape]: Shape[Name] extends "number" ? number : string;
};

/** Rows that came and went, each list in the order of the columns. */
export interface RowChange<Shape extends Columns> {
  readonly inserted: readonly Row<Shape>[];
  readonly retracted: readonly Row<Shape>[];
}

export type Subscriber<Shape extends Columns> = (change: RowChange<Shape>) => void;

/** Below this many dead rows a rebuild is not worth its pause. */
const FEW = 1024;

export class RuleView<const Shape extends Columns> {
  readonly #columns: readonly (readonly [name: string, type: "string" | "number"])[];
  /** Rows by key; a row that went is set to undefined until a rebuild: see `table.ts` on maps. */
  #rows = new Map<string, Row<Shape> | undefined>();
  #size = 0;
  readonly #subscribers = new Set<Subscriber<Shape>>();
  /** Changes that wait to be told, while an earlier one is being told. */
  readonly #untold: RowChange<Shape>[] = [];
  #telling = false;
  #table!: Table<Row<Shape>>;
  #view!: View<Row<Shape>>;
  /** Rows that the table remembers although they are gone. */
  #dead = 0;

  constructor(columns: Shape) {
    this.#columns = Object.entries(columns);
    this.#rebuild();
  }

  get size(): number {
    return this.#size;
  }

  /** The rows, sorted; a copy. */
  rows(): Row<Shape>[] {
    return this.#sorted([...this.#rows.values()].filter((row) => row !== undefined));
  }

  /** Calls back with every change from now on, until the returned function is called. */
  subscribe(subscriber: Subscriber<Shape>): () => void {
    // A function of its own, so that one subscriber may subscribe twice.
    const own: Subscriber<Shape> = (change) => subscriber(change);
    this.#subscribers.add(own);
    return () => void this.#subscribers.delete(own);
  }

  /**
   * Takes rows out, then puts rows in, and tells the subscribers what that changed. Rows that are not there or are there
   * already do not count. Rows that do not fit the columns are refused before anything changes.
   */
  apply({ inserted, retracted }: RowChange<Shape>): void {
    const gone = this.#keyed(retracted);
    const come = this.#keyed(inserted);
    // A row in both lists stays, or comes.
    const out = [...gone].filter(([key]) => this.#rows.get(key) !== undefined && !come.has(key));
    const into = [...come].filter(([key]) => this.#rows.get(key) === undefined);
    for (const [key] of out) this.#rows.set(key, undefined);
    for (const [key, row] of into) this.#rows.set(key, row);
    for (const row of this.#sorted(out.map(([, each]) => each))) this.#table.retract(row);
    for (const row of this.#sorted(into.map(([, each]) => each))) this.#table.assert(row);
    this.#size += into.length - out.length;
    this.#dead += out.length;
    const change = this.#drain();
    if (this.#dead > FEW && this.#dead > this.#size) this.#rebuild();
    if (change.inserted.length + change.retracted.length > 0) this.#tell(change);
  }

  /** The row in the columns' order and without other properties, under its key. */
  #keyed(rows: readonly Row<Shape>[]): Map<string, Row<Shape>> {
    return new Map(
      rows.map((row) => {
        const entries = this.#columns.map(([name, type]): [string, string | number] => {
          const value: unknown = row[name];
          // NaN and -Infinity would share their key with Infinity, which stands for "never ends".
          const fits = typeof value === type && !(typeof value === "number" && !(value > -Infinity));
          if (!fits) throw new TypeError(`column \`${name}\` takes a ${type}, not ${String(value)}`);
          return [name, value as string | number];
        });
        return [JSON.stringify(entries.map(([, value]) => value)), Object.fromEntries(entries) as Row<Shape>];
      }),
    );
  }

  #sorted(rows: Iterable<Row<Shape>>): Row<Shape>[] {
    return [...rows].toSorted((left, right) => {
      for (const [name] of this.#columns) {
        const order = compareConstants(left[name]!, right[name]!);
        if (order !== 0) return order;
      }
      return 0;
    });
  }

  /** What the view has to tell since it was last asked. */
  #drain(): RowChange<Shape> {
    const inserted: Row<Shape>[] = [];
    const retracted: Row<Shape>[] = [];
    for (let recent = this.#view.recentData(); recent !== null; recent = this.#view.recentData()) {
      for (const { kind, datum } of recent) (kind === Added ? inserted : retracted).push(datum);
    }
    return { inserted, retracted };
  }

  /** A new table with the live rows only; nobody notices. */
  #rebuild(): void {
    const schema = this.#columns.map(([name, type]) => [name, type === "number" ? NumberType : StringType]);
    this.#table = newTable<Row<Shape>>(Object.fromEntries(schema));
    this.#view = this.#table.view();
    for (const row of this.rows()) this.#table.assert(row);
    this.#drain();
    this.#rows = new Map([...this.#rows].filter(([, row]) => row !== undefined));
    this.#dead = 0;
  }

  /** Subscribers hear changes one after the other, also when one of them makes the next. */
  #tell(change: RowChange<Shape>): void {
    this.#untold.push(change);
    if (this.#telling) return;
    this.#telling = true;
    const faults: unknown[] = [];
    try {
      for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) {
        for (const subscriber of this.#subscribers) {
          try {
            subscriber(next);
          } catch (fault) {
            faults.push(fault);
          }
        }
      }
    } finally {
      this.#telling = false;
    }
    // Everybody was told; whoever failed is the caller's to know.
    if (faults.length > 0) throw faults.length === 1 ? faults[0] : new AggregateError(faults);
  }
}
