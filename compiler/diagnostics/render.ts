/**
 * Diagnostics → text: with the lines of source at fault and what is wrong underlined, or on one line each. Colour is an
 * argument; documents for machines are made in `documents.ts`.
 */
import { linesOf, locate, positionOf, type Span } from "../source.ts";
import type { Diagnostic, Severity } from "./diagnostic.ts";
import { expandTabs, printable } from "./text.ts";

export { toJson, toSarif } from "./documents.ts";

/** How parts of a rendered diagnostic are painted. */
export interface Palette {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly note: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly help: (text: string) => string;
}

function sgr(codes: string): (text: string) => string {
  return (text) => `\u001B[${codes}m${text}\u001B[0m`;
}

const plain = (text: string): string => text;

/** No colours. */
export const PLAIN: Palette = { error: plain, warning: plain, note: plain, strong: plain, faint: plain, help: plain };

/** The sixteen colours that every terminal has. */
export const ANSI: Palette = {
  error: sgr("1;31"),
  warning: sgr("1;33"),
  note: sgr("1;36"),
  strong: sgr("1"),
  faint: sgr("34"),
  help: sgr("32"),
};

/** How to render. */
export interface RenderOptions {
  /** True: `ANSI`; a palette of one's own is taken as it is. */
  readonly colour?: boolean | Palette;
}

/** `error[E101]: …` with its code frame, related places, witness, help and fix; ends with a line break. */
export function renderPretty(diagnostic: Diagnostic, options: RenderOptions = {}): string {
  const { colour = false } = options;
  const palette = colour === true ? ANSI : colour === false ? PLAIN : colour;
  const { span, severity, code } = diagnostic;
  const places = [...(span ? [span] : []), ...diagnostic.related.map((one) => one.span)];
  const last = places.reduce((most, one) => Math.max(most, lastShown(one)), 0);
  const margin = " ".repeat(String(last).length);
  const bar = palette.faint("|");
  const lines = [`${palette[severity](`${severity}[${code}]`)}${palette.strong(`: ${printable(diagnostic.message)}`)}`];
  if (span) for (const line of frame(span, margin, "^", "", "-->", severity, palette)) lines.push(line);
  for (const one of diagnostic.related) {
    for (const line of frame(one.span, margin, "-", printable(one.message), ":::", "note", palette)) lines.push(line);
  }
  const notes: (readonly [string, string | undefined])[] = [
    ["witness", diagnostic.witness],
    ["help", diagnostic.help],
    ["fix", diagnostic.fix && fixText(diagnostic)],
  ];
  const stated = notes.filter(([, text]) => text !== undefined);
  if (stated.length > 0 && places.length > 0) lines.push(`${margin} ${bar}`);
  for (const [title, text] of stated) {
    lines.push(`${margin} ${palette.faint("=")} ${palette.help(`${title}:`)} ${printable(text!)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** The title of the fix, unless the help already shows its text. */
function fixText({ fix, help }: Diagnostic): string | undefined {
  return help !== undefined && help.includes(`\`${fix!.text}\``) ? undefined : fix!.title;
}

/** Lines of source around a span, with the span underlined; long spans show their first and last line. */
function frame(
  span: Span,
  margin: string,
  mark: string,
  message: string,
  arrow: string,
  severity: Severity,
  palette: Palette,
): string[] {
  const bar = palette.faint("|");
  const paint = mark === "^" ? palette[severity] : palette.faint;
  const out = [
    `${margin}${palette.faint(arrow)} ${printable(span.source.name)}${locate(span).slice(span.source.name.length)}`,
    `${margin} ${bar}`,
  ];
  const first = positionOf(span.source, span.start).line;
  const last = lastShown(span);
  for (const line of first === last ? [first] : [first, last]) {
    const { text, from, to } = shown(span, line);
    if (line !== first && last - first > 1) out.push(`${palette.faint(`${margin} :`)}`);
    const number = String(line).padStart(margin.length);
    out.push(`${palette.faint(number)} ${bar} ${text}`.trimEnd());
    const words = line === last && message !== "" ? ` ${message}` : "";
    out.push(`${margin} ${bar} ${" ".repeat(from)}${paint(mark.repeat(Math.max(1, to - from)) + words)}`);
  }
  return out;
}

/**
 * The last line of a span that is worth showing: a span that ends at the beginning of a line ends on the one before.
 */
function lastShown({ source, start, end }: Span): number {
  return positionOf(source, Math.max(start, end - 1)).line;
}

/** Widest line of source that is shown whole. */
const WIDTH = 140;

/** One line of a span as it is printed, with the columns that are underlined; of very long lines only what matters. */
function shown(span: Span, line: number): { text: string; from: number; to: number } {
  const starts = linesOf(span.source);
  const begin = starts[line - 1]!;
  const raw = span.source.text.slice(begin, starts[line] ?? span.source.text.length).replace(/\r?\n$/, "");
  const start = Math.min(Math.max(span.start - begin, indentOf(raw, span.start - begin)), raw.length);
  const end = Math.min(Math.max(span.end - begin, start), raw.length);
  const left = raw.length <= WIDTH ? 0 : Math.max(0, start - WIDTH / 4);
  const right = Math.min(raw.length, left + WIDTH);
  const { text, columns } = expandTabs(raw.slice(left, right));
  const cutLeft = left > 0 ? "…" : "";
  const cutRight = right < raw.length ? "…" : "";
  return {
    text: cutLeft + text + cutRight,
    from: columns[start - left]! + cutLeft.length,
    to: columns[Math.min(end, right) - left]! + cutLeft.length,
  };
}

/** Later lines of a span are underlined from their first letter. */
function indentOf(raw: string, start: number): number {
  return start < 0 ? raw.length - raw.trimStart().length : 0;
}

/** `file:line:column: error[E101]: message`, for editors and `grep`. */
export function renderLine(diagnostic: Diagnostic): string {
  const { span, severity, code, message } = diagnostic;
  const place = span ? `${printable(locate(span))}: ` : "";
  return `${place}${severity}[${code}]: ${printable(message)}`;
}
