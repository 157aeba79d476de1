/**
 * CSV text → rows whose cells know where they stand (RFC 4180: quoted cells, doubled quotes, line breaks inside quotes;
 * also a byte order mark, CRLF, CR or LF, and a last line without an end).
 */
import type { Source, Span } from "../../source.ts";
import { ReadBudget } from "#grammar/reach.ts";

export interface Cell {
  readonly text: string;
  readonly span: Span;
}

export interface CsvRow {
  readonly cells: readonly Cell[];
  readonly span: Span;
}

/** A fault in the text; reading goes on behind it. */
export interface CsvFault {
  readonly reason: string;
  readonly span: Span;
  readonly help?: string;
  /** Whether there is more from here on than may be read. */
  readonly isExcess?: boolean;
}

export interface Csv {
  readonly rows: readonly CsvRow[];
  readonly malformed: readonly CsvFault[];
}

/** Reads all rows, the header among them. Blank lines are skipped. */
export function readCsv(source: Source, reading = new ReadBudget()): Csv {
  const { text } = source;
  const rows: CsvRow[] = [];
  const malformed: CsvFault[] = [];
  let at = text.startsWith("\uFEFF") ? 1 : 0;

  while (at < text.length) {
    const start = at;
    const cells: Cell[] = [];
    for (;;) {
      cells.push(text[at] === '"' ? quoted() : plain());
      if (!reading.take(1)) return { rows: [], malformed: [excess(cells.at(-1)!.span)] };
      if (text[at] !== ",") break;
      at += 1;
    }
    const end = at;
    if (text[at] === "\r") at += 1;
    if (text[at] === "\n") at += 1;
    const blank = cells.length === 1 && cells[0]!.text === "" && end === start;
    if (!blank) rows.push({ cells, span: { source, start, end } });
  }
  return { rows, malformed };

  function excess(span: Span): CsvFault {
    return { reason: "more cells than may be read", span, isExcess: true };
  }

  function plain(): Cell {
    const start = at;
    at = endOfCell(at);
    const stray = text.slice(start, at).indexOf('"');
    if (stray >= 0) {
      malformed.push({
        reason: "a quotation mark inside a cell that is not quoted",
        help: QUOTED,
        span: { source, start: start + stray, end: start + stray + 1 },
      });
    }
    return { text: text.slice(start, at), span: { source, start, end: at } };
  }

  function quoted(): Cell {
    const start = at;
    let value = "";
    at += 1;
    for (;;) {
      const close = text.indexOf('"', at);
      if (close < 0) {
        malformed.push({
          reason: "this quoted cell is never closed",
          span: { source, start, end: start + 1 },
          help: CLOSED,
        });
        value += text.slice(at);
        at = text.length;
        break;
      }
      value += text.slice(at, close);
      at = close + 1;
      if (text[at] !== '"') break;
      value += '"';
      at += 1;
    }
    const end = at;
    at = endOfCell(at);
    if (at > end)
      malformed.push({ reason: "text behind a quoted cell", span: { source, start: end, end: at }, help: QUOTED });
    return { text: value, span: { source, start, end } };
  }

  function endOfCell(from: number): number {
    let here = from;
    while (here < text.length && text[here] !== "," && text[here] !== "\n" && text[here] !== "\r") here += 1;
    return here;
  }
}

const QUOTED =
  'where a cell has quotation marks, they stand around all of it, and each one inside is doubled: `"a ""b"" c"`';
const CLOSED = "a quotation mark at the end of the cell closes it";
