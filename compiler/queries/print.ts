/** Answers as text in columns, and as JSON: rates in bit/s, instants as RFC 3339, `null` for what is not there. */
import { printable } from "../diagnostics/text.ts";
import { readable, render } from "../flowgroup/index.ts";
import type { Flowgroup } from "../flowgroup/cube.ts";
import { printInstant, printRate } from "../net/index.ts";
import { granted } from "../shares/privileges.ts";
import type { Share } from "../shares/tree.ts";
import { privilegeText } from "../certificates/text.ts";
import type { Answer, ColumnKind } from "./answer.ts";
import type { AnswerValue } from "./value.ts";

/** A row by the names of its columns. */
export type JsonRow = Readonly<Record<string, string | number | readonly string[] | null>>;

/** Rows for programs. */
export const answerJson = ({ columns, rows }: Answer): readonly JsonRow[] =>
  Array.from(rows, (row) => Object.fromEntries(columns.map(({ name, kind }, i) => [name, plain(kind, row[i])])));

function plain(kind: ColumnKind, value: AnswerValue): string | number | readonly string[] | null {
  if (value === undefined || value === Infinity || value === -Infinity) return null;
  switch (kind) {
    case "text":
      return value as string;
    case "list":
      return value as readonly string[];
    case "flows":
      return (value as readonly Flowgroup[]).map((one) => render(one));
    case "privileges":
      return privilegesOf(value as Share);
    case "rate":
    case "amount":
      return value as number;
    case "instant":
      return printInstant(value as number);
  }
}

/** The effective values, stated by the share or not (SEMANTICS, "Shares"). */
const privilegesOf = ({ depth, stated, privileges }: Share): string =>
  depth === 0 ? "all" : privilegeText(granted(stated, privileges));

/** Cells for people, heads first; columns in which nothing stands are left out. */
export function answerCells({ columns, rows: all }: Answer): readonly (readonly string[])[] {
  const rows = [...all];
  const kept = columns.flatMap((column, i) => (rows.some((row) => row[i] !== undefined) ? [{ ...column, i }] : []));
  return [kept.map(({ name }) => name), ...rows.map((row) => kept.map(({ kind, i }) => cell(kind, row[i])))];
}

function cell(kind: ColumnKind, value: AnswerValue): string {
  if (value === undefined) return "-";
  if (kind === "rate" || kind === "amount") return printRate(value as number);
  if (kind === "instant") return value === -Infinity ? "always" : printInstant(value as number);
  const printed = kind === "flows" ? (value as readonly Flowgroup[]).map(readable) : plain(kind, value);
  return Array.isArray(printed) ? printable(printed.join(", ")) || "-" : printable(String(printed));
}
