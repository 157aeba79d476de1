/** "Did you mean": the known word nearest to one that is unknown, or none where nothing is near. */
import { isReserved } from "#grammar/heads.ts";
import type { Span } from "../source.ts";
import type { Fix } from "./diagnostic.ts";

/**
 * Help and fix for a name at a span, to be spread into the extras of a diagnostic. Among the terms of a rule a bare word
 * that begins with a capital letter is a variable.
 */
export function didYouMean(
  name: string,
  known: Iterable<string>,
  span: Span,
  place: "command" | "rule" = "command",
): { help?: string; fix?: Fix } {
  const meant = suggest(name, known);
  if (meant === undefined) return {};
  const bare = place === "rule" ? /^[a-z][\w-]*$/ : /^[A-Za-z_][\w-]*$/;
  const plain = bare.test(meant) && !isReserved(meant) && !/^["']/.test(span.source.text.slice(span.start, span.end));
  const text = plain ? meant : JSON.stringify(meant);
  return correction(meant, span, text);
}

/** Help and fix where it is known what was meant. */
export const correction = (meant: string, span: Span, text = meant): { readonly help: string; readonly fix: Fix } => ({
  help: `did you mean \`${meant}\`?`,
  fix: { title: `write \`${meant}\``, span, text },
});

/** The help alone, or undefined where no known word is near. `prefix` is written before the known word. */
export function spellingHelp(word: string, known: readonly string[], prefix = ""): string | undefined {
  const nearest = suggest(word, known);
  return nearest === undefined ? undefined : `did you mean \`${prefix}${nearest}\`?`;
}

/**
 * The nearest of `candidates` by the number of letters to insert, delete, change or swap (case counts half), or
 * undefined where even that is far off. Ties go to the same length, then to the earlier candidate.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least =
    word.length === 1 ? 0.51 : word.length <= 3 ? 1.02 : word.length <= 5 ? 1.52 : Math.min(3, word.length / 3 + 0.02);
  const letters = lettersOf(word);
  let looked = 0;
  let passed = 0;
  for (const candidate of candidates) {
    if (++passed > MOST_PASSED) break;
    if (candidate === word || Math.abs(candidate.length - word.length) >= 3) continue;
    // One edit takes a letter away and brings another.
    if (countBits(letters ^ lettersOf(candidate)) > 2 * least) continue;
    if (++looked > MOST_COMPARED) break;
    const far = distance(word, candidate) + (candidate.length === word.length ? 0 : 0.01);
    if (far < least || (far === least && best === undefined)) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

/** A file may hold as many unknown names as known ones, so each is compared with the first of those that could be near. */
const MOST_COMPARED = 64;
/** So many known names are looked at for one that could be near. */
const MOST_PASSED = 3000;

/** The letters of a word as bits, upper and lower case alike. */
function lettersOf(word: string): number {
  let letters = 0;
  for (let at = 0; at < word.length; at++) letters |= 1 << (word.charCodeAt(at) & 31);
  return letters;
}

function countBits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Edit distance with swaps of neighbours; letters that differ only in case cost a half. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + change(a[i - 1]!, b[j - 1]!));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}

function change(a: string, b: string): number {
  if (a === b) return 0;
  return a.toLowerCase() === b.toLowerCase() ? 0.5 : 1;
}
