/**
 * The files behind externs, read once however many externs take rows from them, and a budget for the rows that are taken
 * again. A file of 100 kB that 2,000 short statements name comes to eleven million facts.
 */
import type { Source } from "../../source.ts";
import { ReadBudget, sizeOfLength } from "#grammar/reach.ts";
import { readCsv, type Csv, type CsvFault } from "./csv.ts";
import { readJson, type Json } from "./json.ts";

/** The most rows that all externs may read of files that an extern before them has read. They take about two seconds. */
export const MOST_ROWS_AGAIN = 250_000;

interface Known {
  readonly source: Source;
  csv?: Csv;
  json?: Json | CsvFault;
  /** Whether an extern has taken its rows. */
  isTaken: boolean;
}

export class ExternFiles {
  readonly #known = new Map<string, Known>();
  readonly #reading: ReadBudget;
  #left = MOST_ROWS_AGAIN;

  constructor(reading = new ReadBudget()) {
    this.#reading = reading;
  }

  /** Whether a budget is spent, so that an extern was not read. */
  get isSpent(): boolean {
    return this.#left < 0 || this.#reading.isSpent;
  }

  csv(source: Source): Csv {
    return (this.#of(source).csv ??= readCsv(source, this.#reading));
  }

  json(source: Source): Json | CsvFault {
    return (this.#of(source).json ??= readJson(source, this.#reading));
  }

  /** Counts the rows that an extern takes from a file; says whether it may. */
  takes(source: Source, rows: number): boolean {
    const known = this.#of(source);
    if (known.isTaken) this.#left -= rows;
    known.isTaken = true;
    return !this.isSpent;
  }

  #of(source: Source): Known {
    const known = this.#known.get(source.name);
    if (known?.source.text === source.text) return known;
    const made: Known = { source, isTaken: false };
    this.#reading.take(sizeOfLength(source.text));
    this.#known.set(source.name, made);
    return made;
  }
}
