/**
 * Colours and progress, for people only: NO_COLOR and FORCE_COLOR decide (no-color.org), else whether it is a terminal.
 */
import { styleText } from "node:util";
import { printable } from "#compiler/diagnostics/text.ts";
import type { Io } from "./io.ts";

export type Colour = "red" | "yellow" | "green" | "cyan" | "bold" | "dim";

/** Whether a stream gets colours. */
export function coloured(io: Io, stream: "out" | "err"): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = io.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0";
  return io.terminal[stream] && TERM !== "dumb";
}

/** The text in a colour, if the stream gets colours. */
export function paint(colour: Colour, text: string, io: Io, stream: "out" | "err"): string {
  return coloured(io, stream) ? styleText(colour, text, { validateStream: false }) : text;
}

/** Shows a message on a terminal until the returned function is called. */
export function progress(io: Io, message: string): () => void {
  if (!io.terminal.err) return () => undefined;
  const shown = printable(message);
  io.raw.err(`\r${shown}…`);
  return () => io.raw.err(`\r${" ".repeat(shown.length + 1)}\r`);
}
