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
  const at = spotOf(name, span);
  if (at === undefined) return { help: correction(meant, span).help };
  const bare = place === "rule" || at !== span ? /^[a-z][\w-]*$/ : /^[A-Za-z_][\w-]*$/;
  const plain = bare.test(meant) && !isReserved(meant) && !/^["']/.test(at.source.text.slice(at.start, at.end));
  const text = plain ? meant : JSON.stringify(meant);
  return correction(meant, at, text);
}

/**
 * The place of a name at a span, which is that of the whole where a fact or a row of data names it: the one place where it
 * stands there. None where it stands at several, since what is written over the whole would take the fact away.
 */
function spotOf(name: string, span: Span): Span | undefined {
  const written = span.source.text.slice(span.start, span.end);
  if (WORD.test(written)) return span;
  const spots = [...written.matchAll(WORDS)].filter(([word]) => word === name || word === JSON.stringify(name));
  if (spots.length !== 1) return undefined;
  const start = span.start + spots[0]!.index;
  return { source: span.source, start, end: start + spots[0]![0].length };
}

const WORD = /^(?:"(?:\\.|[^"\\])*"|[^\s(),"]+)$/;
const WORDS = /"(?:\\.|[^"\\])*"|[^\s(),;.:"]+/g;

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
  const { words, lengths, masks } = knownOf(candidates);
  for (let at = 0; at < lengths.length; at++) {
    const length = lengths[at]!;
    if (Math.abs(length - word.length) >= 3) continue;
    // One edit takes a letter away and brings another.
    if (countBits(letters ^ masks[at]!) > 2 * least) continue;
    const candidate = words[at]!;
    if (candidate === word) continue;
    looked += Math.max(LEAST_LETTERS, length);
    if (looked > MOST_COMPARED) break;
    const far = distance(word, candidate, least) + (candidate.length === word.length ? 0 : 0.01);
    if (far < least || (far === least && best === undefined)) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

/**
 * A file may hold as many unknown names as known ones, so each is compared with the first of those that could be near:
 * so many letters of them, and of each at least so many.
 */
const MOST_COMPARED = 4096;
const LEAST_LETTERS = 64;
/** So many known names are looked at for one that could be near. */
export const MOST_PASSED = 3000;

/** The first known names, with what rules most of them out at a glance. */
interface Known {
  readonly words: readonly string[];
  readonly lengths: Uint32Array;
  readonly masks: Int32Array;
}

/** Of lists that were asked before. A list does not change, as its type says, so what was read of it holds. */
const KNOWN = new WeakMap<readonly string[], Known>();

function knownOf(candidates: Iterable<string>): Known {
  if (!Array.isArray(candidates)) return read(candidates);
  const list = candidates as readonly string[];
  let known = KNOWN.get(list);
  // A list that its owner still fills is read again.
  if (known === undefined || known.words.length !== Math.min(list.length, MOST_PASSED)) {
    known = read(list);
    KNOWN.set(list, known);
  }
  return known;
}

/** The keys of maps that only grow, as one list that is made once: each unknown name is compared with it. */
export function nameList(first: Names, second: Names = NO_NAMES): readonly string[] {
  const found = LISTS.get(first);
  const size = first.size + second.size;
  if (found?.second === second && found.list.length === size) return found.list;
  const list = [...first.keys(), ...second.keys()];
  LISTS.set(first, { second, list });
  return list;
}

/** A map or a set of names. */
interface Names {
  readonly size: number;
  keys(): Iterable<string>;
}
const NO_NAMES: Names = new Set<string>();
const LISTS = new WeakMap<Names, { readonly second: Names; readonly list: readonly string[] }>();

function read(candidates: Iterable<string>): Known {
  const words: string[] = [];
  for (const candidate of candidates) {
    if (words.length >= MOST_PASSED) break;
    words.push(candidate);
  }
  return { words, lengths: Uint32Array.from(words, ({ length }) => length), masks: Int32Array.from(words, lettersOf) };
}

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

/**
 * Edit distance with swaps of neighbours; letters that differ only in case cost a half. What is farther than `most` may
 * be said to be infinitely far: then only the pairs of letters that stand about as far from the start are compared.
 */
export function distance(a: string, b: string, most = Infinity): number {
  const band = Math.min(Math.floor(most) + 1, Math.max(a.length, b.length));
  if (Math.abs(a.length - b.length) > band) return Infinity;
  const [small, smallB] = [a.toLowerCase(), b.toLowerCase()];
  // A few letters become two when they are small; then each is compared alone.
  const isEven = small.length === a.length && smallB.length === b.length;
  const change = (i: number, j: number): number => {
    if (a[i] === b[j]) return 0;
    return (isEven ? small[i] === smallB[j] : a[i]!.toLowerCase() === b[j]!.toLowerCase()) ? 0.5 : 1;
  };
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => (j <= band ? j : Infinity));
  let row = above.map(() => Infinity);
  for (let i = 1; i <= a.length; i++) {
    const [from, to] = [Math.max(1, i - band), Math.min(b.length, i + band)];
    row[from - 1] = from === 1 && i <= band ? i : Infinity;
    let nearest = row[from - 1]!;
    for (let j = from; j <= to; j++) {
      let cost = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + change(i - 1, j - 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row[j] = cost;
      nearest = Math.min(nearest, cost);
    }
    if (to < b.length) row[to + 1] = Infinity;
    // A swap alone may look past one row.
    if (nearest > most + 1) return Infinity;
    const spare = i > 1 ? before : above.map(() => Infinity);
    before = above;
    above = row;
    row = spare;
  }
  return above[b.length]!;
}
