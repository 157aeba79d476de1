/**
 * `extern` statements → facts: rows of CSV and JSON files become tuples of a relation. A bad row is a diagnostic at its
 * own line of the data file; the rows around it are still read, so that all bad rows show at once.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Constant } from "../datalog/types.ts";
import type { Source, Span } from "../source.ts";
import type { WrittenStatement } from "../syntax/ast.ts";
import type { Cell, CsvFault, CsvRow } from "./data/csv.ts";
import { ExternFiles, MOST_ROWS_AGAIN } from "./data/extern-files.ts";
import type { LocatedFact } from "../model/facts.ts";
import type { UnreadableFile } from "./include.ts";
import { article, parsePath, select, type Json } from "./data/json.ts";
import { readConstant } from "./sorts.ts";
import { MOST_WORDS } from "#grammar/reach.ts";
import { didYouMean } from "../diagnostics/suggest.ts";

export type ExternStatement = WrittenStatement & { readonly kind: "extern" };

/** More bad rows than this of one file are counted, not listed. */
const MOST_BAD_ROWS = 20;

/** The facts of one extern; `undefined` source: the file was not found. `files`: what the externs before it have read. */
export function readExtern(
  extern: ExternStatement,
  source: Source | UnreadableFile | undefined,
  files: ExternFiles = new ExternFiles(),
): {
  readonly facts: readonly LocatedFact[];
  readonly diagnostics: readonly Diagnostic[];
  readonly passedOver?: PassedOver;
} {
  const { columns, sorts, relation } = extern;
  if (columns.length > 0 && columns.length !== sorts.length) {
    const words = {
      relation: relation.text,
      sorts: count(sorts.length, "column"),
      columns: `${columns.length} ${columns.length === 1 ? "is" : "are"}`,
    };
    return { facts: [], diagnostics: [codes.columnCount(words, { span: relation.span })] };
  }
  if (source === undefined) {
    // Missing is never empty, whatever the extern allows: a quarantine whose file is lost must not open in silence.
    const help = extern.allowEmpty
      ? "check the path, which is relative to this file; `allow empty` is for a file without rows, not for none"
      : "check the path, which is relative to this file";
    return {
      facts: [],
      diagnostics: [codes.missingExtern({ path: extern.path.text }, { span: extern.path.span, help })],
    };
  }
  if ("reason" in source) {
    const words = { path: extern.path.text, reason: source.reason };
    return { facts: [], diagnostics: [codes.unreadable(words, { span: extern.path.span, help: source.help })] };
  }
  const reader = new Rows(extern, files);
  if (extern.format === "csv") reader.csv(source);
  else reader.json(source);
  return { facts: reader.facts, diagnostics: reader.finish(), passedOver: reader.passedOver };
}

/** What becomes of rows that have nothing in a column. */
const EMPTY_CELL =
  "fill it in, or leave such rows out: into a file of their own, or by `where COLUMN = VALUE` behind the file";

/** What the header of a file is, for who has written none or has other signs between the cells. */
function headerHelp({ cells }: CsvRow): string {
  const [only] = cells;
  return cells.length === 1 && /[;\t|]/.test(only!.text)
    ? "cells stand between commas"
    : "the first line of the file names its columns";
}

/** The columns of a CSV file: their names, and where each name stands first and second. */
interface Header {
  readonly names: readonly string[];
  readonly first: ReadonlyMap<string, number>;
  readonly twins: ReadonlyMap<string, number>;
}

/** What rows that `where` leaves out have in its column: each value with its first place and how often it stands there. */
export type PassedOver = ReadonlyMap<string, { readonly span: Span; count: number }>;

/** So many values are kept, and of the others those that differ from what is asked for in capital letters alone. */
const MOST_PASSED = 1000;

class Rows {
  readonly extern: ExternStatement;
  readonly facts: LocatedFact[] = [];
  readonly seen = new Set<string>();
  readonly passedOver = new Map<string, { readonly span: Span; count: number }>();
  readonly diagnostics: Diagnostic[] = [];
  bad = 0;
  header: Header | undefined;
  readonly #files: ExternFiles;

  constructor(extern: ExternStatement, files: ExternFiles) {
    this.extern = extern;
    this.#files = files;
  }

  /** Whether the budget allows these rows; the first extern beyond it is an error. */
  mayTake(source: Source, rows: number): boolean {
    if (this.#files.isSpent) return false;
    if (this.#files.takes(source, rows)) return true;
    const { relation, path } = this.extern;
    const help = `one extern with all columns of \`${path.text}\` reads it once, and a rule like \`${relation.text}(X) <= rows(X, _).\` takes what is wanted`;
    this.diagnostics.push(codes.rowsAgain({ limit: MOST_ROWS_AGAIN }, { span: relation.span, help }));
    return false;
  }

  faultOfFile({ reason, span, isExcess, help }: CsvFault): void {
    if (isExcess !== true) return this.fail(reason, span, help);
    const { relation } = this.extern;
    const related = [{ span: relation.span, message: `read for \`${relation.text}\`` }];
    this.diagnostics.push(codes.readTooMuch({ limit: MOST_WORDS }, { span, related }));
  }

  // -------------------------------------------------------------- CSV

  csv(source: Source): void {
    const { rows, malformed } = this.#files.csv(source);
    for (const one of malformed) this.faultOfFile(one);
    const [header, ...data] = rows;
    if (header === undefined) return;
    const columns = this.csvColumns(header, source);
    const where = this.extern.where;
    const filter = where && this.csvColumn(header, where.column.text, where.column.span, source);
    if (columns === undefined || (where && filter === undefined)) return;
    if (!this.mayTake(source, data.length)) return;
    for (const row of data) {
      if (row.cells.length !== header.cells.length) {
        // Where its quotation marks are at fault, its cells are not those that were meant.
        const { start, end } = row.span;
        if (malformed.some(({ span }) => start <= span.start && span.start < end)) continue;
        const isLong = row.cells.length > header.cells.length;
        const reason = `${count(header.cells.length, "column")} expected, ${row.cells.length} found`;
        this.fail(reason, row.span, isLong ? MORE_CELLS : FEWER_CELLS);
      } else if (filter === undefined || this.isWanted(row.cells[filter]!.text.trim(), row.cells[filter]!.span)) {
        this.row(
          columns.map((at) => row.cells[at]!),
          row.span,
        );
      }
    }
  }

  /** Positions of the wanted columns: as named, else all columns in their order. */
  csvColumns(header: CsvRow, source: Source): number[] | undefined {
    const { columns, sorts, relation } = this.extern;
    if (columns.length > 0) {
      const found = columns.map((c) => this.csvColumn(header, c.text, c.span, source));
      return found.every((at) => at !== undefined) ? found : undefined;
    }
    if (header.cells.length === sorts.length) return header.cells.map((_, at) => at);
    this.diagnostics.push(
      codes.columnCount(
        {
          relation: relation.text,
          sorts: count(sorts.length, "column"),
          columns: `\`${source.name}\` has ${header.cells.length} and none are`,
        },
        { span: relation.span, help: "name the wanted columns behind the file, in parentheses" },
      ),
    );
    return undefined;
  }

  csvColumn(header: CsvRow, name: string, span: Span, source: Source): number | undefined {
    const { names, first, twins } = this.headerOf(header);
    const at = first.get(name);
    const twin = twins.get(name);
    if (twin !== undefined) {
      this.fail(`two columns are called \`${name}\`, and which one is meant is open`, header.cells[twin]!.span);
      return undefined;
    }
    if (at !== undefined) return at;
    const help = headerHelp(header);
    const related = [{ span: header.span, message: "the header" }];
    const extras = { span, help, ...didYouMean(name, names, span), related };
    this.diagnostics.push(codes.missingColumn({ path: source.name, column: name }, extras));
    return undefined;
  }

  /** The columns of a header by name, read once however many are wanted. */
  headerOf(header: CsvRow): Header {
    if (this.header !== undefined) return this.header;
    const names = header.cells.map((cell) => cell.text.trim());
    const first = new Map<string, number>();
    const twins = new Map<string, number>();
    for (const [at, name] of names.entries()) {
      if (!first.has(name)) first.set(name, at);
      else if (!twins.has(name)) twins.set(name, at);
    }
    return (this.header = { names, first, twins });
  }

  // -------------------------------------------------------------- JSON

  json(source: Source): void {
    const document = this.#files.json(source);
    if ("reason" in document) return this.faultOfFile(document);
    const path = this.extern.select;
    const steps = parsePath(path?.text ?? "$[*]");
    if (steps === undefined) {
      const help = "a path looks like `$.people[*].login`";
      this.diagnostics.push(codes.badData({ reason: `\`${path!.text}\` is no path` }, { span: path!.span, help }));
      return;
    }
    const { found, malformed } = select(document, steps);
    for (const { reason, span } of malformed) this.fail(reason, span);
    if (!this.mayTake(source, found.length)) return;
    // The path leads to the list, and its items were meant.
    const isList = found.length === 1 && found[0]!.kind === "array";
    const help = isList ? `each item of the list is a row with \`${path?.text ?? "$"}[*]\`` : undefined;
    for (const value of found) this.jsonRow(value, help);
  }

  jsonRow(value: Json, help: string | undefined): void {
    const { columns, sorts, where } = this.extern;
    if (where) {
      const tested = value.kind === "object" ? value.members.get(where.column.text) : undefined;
      if (tested === undefined) return this.fail(`"${where.column.text}" is missing`, value.span, help);
      if (isRounded(tested)) return this.fail(ROUNDED, tested.span);
      if (!this.isWanted(scalarText(tested), tested.span)) return;
    }
    if (columns.length === 0) {
      const items = value.kind === "array" ? value.items : [value];
      if (items.length !== sorts.length) {
        return this.fail(`${count(sorts.length, "value")} expected, ${items.length} found`, value.span, help);
      }
      return this.jsonCells(items, value.span);
    }
    if (value.kind !== "object")
      return this.fail(`an object was expected, not ${article(value.kind)}`, value.span, help);
    const cells = columns.map((column) => value.members.get(column.text));
    const absent = columns.find((_, at) => cells[at] === undefined);
    if (absent) return this.fail(`"${absent.text}" is missing`, value.span);
    return this.jsonCells(cells as Json[], value.span);
  }

  jsonCells(values: readonly Json[], span: Span): void {
    const cells: Cell[] = [];
    for (const value of values) {
      if (isRounded(value)) return this.fail(ROUNDED, value.span);
      const text = scalarText(value);
      // `"login": true` is no user called so.
      if (text === undefined || (value.kind === "boolean" && NAMED.has(this.extern.sorts[cells.length]?.text ?? ""))) {
        return this.fail(`a text or a number was expected, not ${article(value.kind)}`, value.span);
      }
      cells.push({ text, span: value.span });
    }
    this.row(cells, span);
  }

  // -------------------------------------------------------------- both

  isWanted(value: string | undefined, span: Span): boolean {
    const wanted = this.extern.where!.equals.text;
    if (value === undefined || value === wanted) return value === wanted;
    const known = this.passedOver.get(value);
    if (known !== undefined) known.count++;
    else if (this.passedOver.size < MOST_PASSED || value.toLowerCase() === wanted.toLowerCase())
      this.passedOver.set(value, { span, count: 1 });
    return false;
  }

  row(cells: readonly Cell[], span: Span): void {
    const tuple: Constant[] = [];
    for (const [at, sort] of this.extern.sorts.entries()) {
      const cell = cells[at]!;
      const value = readConstant(sort.text, cell.text);
      if (!value.ok) return this.fail(value.fault, cell.span, cell.text.trim() === "" ? EMPTY_CELL : undefined);
      tuple.push(value.value);
    }
    const key = JSON.stringify(tuple);
    if (!this.seen.has(key)) this.facts.push({ tuple, span });
    this.seen.add(key);
  }

  fail(reason: string, span: Span, help?: string): void {
    this.bad += 1;
    if (this.bad > MOST_BAD_ROWS) return;
    const { relation } = this.extern;
    const related = [{ span: relation.span, message: `read for \`${relation.text}\`` }];
    this.diagnostics.push(codes.badRow({ reason }, { span, related, help }));
  }

  finish(): readonly Diagnostic[] {
    const more = this.bad - MOST_BAD_ROWS;
    if (more > 0) {
      const reason = `${count(more, "more fault")} of this kind in \`${this.extern.path.text}\``;
      this.diagnostics.push(codes.badRow({ reason }, { span: this.extern.path.span }));
    }
    return this.diagnostics;
  }
}

const MORE_CELLS = 'the first row names the columns; a cell with a comma in it stands in quotation marks: `"a, b"`';
const FEWER_CELLS = "the first row names the columns, and the comma before an empty cell stays";

/** A number that lost digits would be another number, and in a column of names the name of somebody else. */
/** Sorts of columns that name what the network knows; words of the reader's own may be `true`. */
const NAMED: ReadonlySet<string> = new Set(["user", "host", "switch"]);

const isRounded = (value: Json): boolean => value.kind === "number" && !value.isExact;

const ROUNDED = "this number has more digits than are kept: write it as text, in quotation marks";

const scalarText = (value: Json): string | undefined =>
  value.kind === "string" || value.kind === "number" || value.kind === "boolean" ? String(value.value) : undefined;

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
