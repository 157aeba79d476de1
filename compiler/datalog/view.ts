/**
 * The derived rule set as a table of `@datalogui/datalog`: one long-lived view on it, whose changes fan out to
 * subscribers. The library is sound as tables and views within the guards kept here: sets (it counts, and an unmatched
 * retraction would swallow the next insertion), one type per column (it compares with `<`), sorted loads (its rows are
 * a sorted array, so they lie in several tables), and a fresh table when dead rows outnumber live ones (it never
 * forgets a row).
 */
import { Added, newTable, NumberType, StringType, type Table, type View } from "@datalogui/datalog";
import { compareConstants } from "./constants.ts";

/** The columns of a table, in the order by which rows are sorted. */
export type ViewColumns = Readonly<Record<string, "string" | "number">>;

/** One row: a scalar per column. */
export type ViewRow<Shape extends ViewColumns> = {
  readonly [Name in keyof Shape]: Shape[Name] extends "number" ? number : string;
};

/** Rows that came and went, each list in the order of the columns. */
export interface RowChange<Shape extends ViewColumns> {
  readonly inserted: readonly ViewRow<Shape>[];
  readonly retracted: readonly ViewRow<Shape>[];
}

export type Subscriber<Shape extends ViewColumns> = (change: RowChange<Shape>) => void;

/** The view spreads its rows over this many tables: the library moves half of a table's rows to make room for one. */
const PARTS = 64;

/** Below this many dead rows a rebuild of their table is not worth its pause. */
const FEW = 64;

export class RuleView<const Shape extends ViewColumns> {
  readonly #columns: readonly (readonly [name: string, type: "string" | "number"])[];
  readonly #parts: Part<ViewRow<Shape>>[];
  readonly #subscribers = new Set<Subscriber<Shape>>();
  /** Changes that wait until subscribers have heard the earlier ones. */
  readonly #pending: RowChange<Shape>[] = [];
  #telling = false;

  /** @param rows What is there from the first, as values in the order of the columns: no subscriber is told. */
  constructor(columns: Shape, rows: readonly (readonly (string | number)[])[] = []) {
    this.#columns = Object.entries(columns);
    const schema = this.#columns.map(([name, type]) => [name, type === "number" ? NumberType : StringType]);
    const make = (): Table<ViewRow<Shape>> => newTable<ViewRow<Shape>>(Object.fromEntries(schema));
    const sort = (rows: Iterable<ViewRow<Shape>>): ViewRow<Shape>[] => this.#sorted(rows);
    const read = (waiting: readonly (readonly (string | number)[])[]): Iterable<readonly [string, ViewRow<Shape>]> =>
      this.#keyed(waiting.map((values) => this.#rowOf(values)));
    this.#parts = Array.from({ length: PARTS }, () => new Part(make, sort, read));
    for (const values of rows) this.#partOf(values).wait(values);
  }

  #rowOf(values: readonly (string | number)[]): ViewRow<Shape> {
    return Object.fromEntries(this.#columns.map(([name], i) => [name, values[i]!])) as ViewRow<Shape>;
  }

  get size(): number {
    return this.#parts.reduce((sum, { size }) => sum + size, 0);
  }

  /** The rows, sorted; a copy. */
  rows(): ViewRow<Shape>[] {
    return this.#sorted(this.#parts.flatMap((part) => part.live()));
  }

  /** Calls back with every change from now on, until the returned function is called. */
  subscribe(subscriber: Subscriber<Shape>): () => void {
    // A function of its own, so that one subscriber may subscribe twice.
    const own: Subscriber<Shape> = (change) => subscriber(change);
    this.#subscribers.add(own);
    return () => void this.#subscribers.delete(own);
  }

  /**
   * Takes rows out, then puts rows in, and tells the subscribers what that changed. Rows that are not there or are
   * there already do not count. Rows that do not fit the columns are refused before anything changes.
   */
  apply({ inserted, retracted }: RowChange<Shape>): void {
    const gone = this.#keyed(retracted);
    const come = this.#keyed(inserted);
    const touched = new Set<Part<ViewRow<Shape>>>();
    for (const [key, row] of gone) {
      // A row in both lists stays, or comes.
      if (!come.has(key)) touched.add(this.#partOf(Object.values(row)).note(key, row, false));
    }
    for (const [key, row] of come) touched.add(this.#partOf(Object.values(row)).note(key, row, true));
    const settled = [...touched].map((part) => part.settle());
    const change = {
      inserted: this.#sorted(settled.flatMap((each) => each.inserted)),
      retracted: this.#sorted(settled.flatMap((each) => each.retracted)),
    };
    if (change.inserted.length + change.retracted.length > 0) this.#tell(change);
  }

  #partOf(values: readonly (string | number)[]): Part<ViewRow<Shape>> {
    let hash = 0;
    const add = (word: number): void => void (hash = Math.imul(hash ^ word, 0x9e3779b1));
    for (const value of values)
      if (typeof value === "number") add(value | 0);
      else for (let at = 0; at < value.length; at++) add(value.charCodeAt(at));
    return this.#parts[((hash >>> 15) ^ hash) & (PARTS - 1)]!;
  }

  /** The row in the columns' order and without other properties, under its key. */
  #keyed(rows: readonly ViewRow<Shape>[]): Map<string, ViewRow<Shape>> {
    return new Map(
      rows.map((row) => {
        const entries = this.#columns.map(([name, type]): [string, string | number] => {
          const value: unknown = row[name];
          // NaN and -Infinity would share their key with Infinity, which stands for "never ends".
          const fits = typeof value === type && !(typeof value === "number" && !(value > -Infinity));
          if (!fits) throw new TypeError(`column \`${name}\` takes a ${type}, not ${String(value)}`);
          return [name, value as string | number];
        });
        return [JSON.stringify(entries.map(([, value]) => value)), Object.fromEntries(entries) as ViewRow<Shape>];
      }),
    );
  }

  #sorted(rows: Iterable<ViewRow<Shape>>): ViewRow<Shape>[] {
    return [...rows].toSorted((left, right) => {
      for (const [name] of this.#columns) {
        const order = compareConstants(left[name]!, right[name]!);
        if (order !== 0) return order;
      }
      return 0;
    });
  }

  /** Subscribers hear changes one after the other, also when one of them makes the next. */
  #tell(change: RowChange<Shape>): void {
    this.#pending.push(change);
    if (this.#telling) return;
    this.#telling = true;
    const faults: unknown[] = [];
    try {
      for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
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
    // All subscribers were called; the caller gets what they threw.
    if (faults.length > 0) throw faults.length === 1 ? faults[0] : new AggregateError(faults);
  }
}

/** One of the tables, with the view on it. */
class Part<Each extends object> {
  readonly #make: () => Table<Each>;
  readonly #sort: (rows: Iterable<Each>) => Each[];
  readonly #read: (waiting: readonly (readonly (string | number)[])[]) => Iterable<readonly [string, Each]>;
  /** What is there from the first, until the table is first asked for: most of a start's rows never change. */
  #waiting: (readonly (string | number)[])[] = [];
  /** Rows by key; a row that went is set to undefined until a rebuild: see `table.ts` on maps. */
  #rows = new Map<string, Each | undefined>();
  #size = 0;
  #table: Table<Each> | undefined;
  #view: View<Each> | undefined;
  /** Rows that the table remembers although they are gone. */
  #dead = 0;
  #out: Each[] = [];
  #into: Each[] = [];

  constructor(
    make: () => Table<Each>,
    sort: (rows: Iterable<Each>) => Each[],
    read: (waiting: readonly (readonly (string | number)[])[]) => Iterable<readonly [string, Each]>,
  ) {
    this.#make = make;
    this.#sort = sort;
    this.#read = read;
  }

  get size(): number {
    return this.#size + this.#waiting.length;
  }

  /** Takes a row that is there from the first. */
  wait(values: readonly (string | number)[]): void {
    this.#waiting.push(values);
  }

  #begin(): void {
    if (this.#waiting.length === 0) return;
    this.#rows = new Map(this.#read(this.#waiting));
    this.#waiting = [];
    this.#size = this.#rows.size;
    this.#load([...this.#rows.values()] as Each[]);
  }

  live(): Each[] {
    this.#begin();
    return [...this.#rows.values()].filter((row) => row !== undefined);
  }

  /** Takes note that a row comes or goes, if that is a change. */
  note(key: string, row: Each, present: boolean): this {
    this.#begin();
    if ((this.#rows.get(key) !== undefined) === present) return this;
    this.#rows.set(key, present ? row : undefined);
    (present ? this.#into : this.#out).push(row);
    return this;
  }

  /** Brings the table up to what was noted; what its view has to tell. */
  settle(): { readonly inserted: readonly Each[]; readonly retracted: readonly Each[] } {
    if (this.#table === undefined) this.#load([]);
    for (const row of this.#sort(this.#out)) this.#table!.retract(row);
    for (const row of this.#sort(this.#into)) this.#table!.assert(row);
    this.#size += this.#into.length - this.#out.length;
    this.#dead += this.#out.length;
    this.#out = [];
    this.#into = [];
    const change = this.#drain();
    if (this.#dead > FEW && this.#dead > this.#size) this.#load(this.live());
    return change;
  }

  /** A new table with these rows only; subscribers hear nothing of it. */
  #load(rows: readonly Each[]): void {
    this.#table = this.#make();
    this.#view = this.#table.view();
    if (rows.length > 0 || this.#dead > 0) {
      for (const row of this.#sort(rows)) this.#table.assert(row);
      this.#drain();
      this.#rows = new Map([...this.#rows].filter(([, row]) => row !== undefined));
    }
    this.#dead = 0;
  }

  /** What the view has to tell since it was last asked. */
  #drain(): { readonly inserted: readonly Each[]; readonly retracted: readonly Each[] } {
    const inserted: Each[] = [];
    const retracted: Each[] = [];
    for (let recent = this.#view!.recentData(); recent !== null; recent = this.#view!.recentData()) {
      for (const { kind, datum } of recent) (kind === Added ? inserted : retracted).push(datum);
    }
    return { inserted, retracted };
  }
}
