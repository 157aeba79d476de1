/** What a habit is: of a fault of the grammar it says what its author has from other languages, and what that is here. */
import type { SyntaxFault } from "#grammar/errors.ts";
import type { Source } from "../../source.ts";

/** What it is told, and the text for a part of the source where only one thing can be meant. */
export interface Habit {
  readonly help?: string;
  readonly change?: { readonly start: number; readonly end: number; readonly text: string; readonly title?: string };
}

/** The fault, with the text before it (white space too) and behind it. */
export interface FaultPlace extends SyntaxFault {
  readonly source: Source;
  readonly before: string;
  readonly behind: string;
}

/** As much of a unit is looked at by patterns that read all of it. */
const MOST_READ = 2_000;

/** A name as it may be written, in quotes or without. */
export const NAME = String.raw`(?:"[^"\n]*"|[\p{L}_][\p{L}\p{N}_-]*)`;

/** The unit of a fault, without its label and its speaker: those, the rest up to its full stop, and where that begins. */
export function unitAt({ source, unit }: FaultPlace): { head: string; text: string; start: number; end: number } {
  const whole = source.text.slice(unit.start, Math.min(unit.end, unit.start + MOST_READ));
  const head = new RegExp(String.raw`^(?:@\S+\s+(?:"[^"\n]*"\s+)?)?(?:(?!default\b)${NAME}\s*:\s*(?![=-]))?`, "u").exec(
    whole,
  )![0];
  const text = whole.slice(head.length).replace(/\s*\.$/, "");
  const start = unit.start + head.length;
  return { head, text, start, end: start + text.length };
}
