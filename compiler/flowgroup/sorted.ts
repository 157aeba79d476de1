/** Sets of names as sorted lists without duplicates (UTF-16 order): the same merges as `ranges.ts`, on strings. */
import { byText } from "../net/order.ts";

export type SortedNames = readonly string[];

/** The sorted list of any names. */
export function toNames(names: Iterable<string>): SortedNames {
  return [...new Set(names)].toSorted(byText);
}

/** a ∪ b. */
export function unionNames(a: SortedNames, b: SortedNames): SortedNames {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const result: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const x = a[i]!;
    const y = b[j]!;
    result.push(x <= y ? x : y);
    if (x <= y) i++;
    if (y <= x) j++;
  }
  while (i < a.length) result.push(a[i++]!);
  while (j < b.length) result.push(b[j++]!);
  return result;
}

/** a ∩ b. */
export function intersectNames(a: SortedNames, b: SortedNames): SortedNames {
  if (a.length > b.length) return intersectNames(b, a);
  const result: string[] = [];
  let j = 0;
  for (const x of a) {
    j = seek(b, x, j);
    if (j >= b.length) break;
    if (b[j] === x) result.push(x);
  }
  return result;
}

/** a \ b. */
export function subtractNames(a: SortedNames, b: SortedNames): SortedNames {
  if (b.length === 0) return a;
  const result: string[] = [];
  let j = 0;
  for (const x of a) {
    j = seek(b, x, j);
    if (j >= b.length || b[j] !== x) result.push(x);
  }
  return result;
}

/** a ⊆ b. */
export function namesSubset(a: SortedNames, b: SortedNames): boolean {
  if (a.length > b.length) return false;
  let j = 0;
  for (const x of a) {
    j = seek(b, x, j);
    if (j >= b.length || b[j] !== x) return false;
  }
  return true;
}

/** a ∩ b ≠ ∅. */
export function namesOverlap(a: SortedNames, b: SortedNames): boolean {
  if (a.length > b.length) return namesOverlap(b, a);
  let j = 0;
  for (const x of a) {
    j = seek(b, x, j);
    if (j >= b.length) return false;
    if (b[j] === x) return true;
  }
  return false;
}

/** Is the name in the list? */
export function hasName(names: SortedNames, name: string): boolean {
  return names[seek(names, name, 0)] === name;
}

/** The first index, from `from` on, whose name is not before `name`. */
function seek(names: SortedNames, name: string, from: number): number {
  let at = from;
  for (let step = 0; step < 4; step++) {
    if (at >= names.length || names[at]! >= name) return at;
    at++;
  }
  let high = names.length;
  while (at < high) {
    const middle = (at + high) >> 1;
    if (names[middle]! >= name) high = middle;
    else at = middle + 1;
  }
  return at;
}

/** Lists are canonical, so sets are equal iff their lists are. */
export function sameNames(a: SortedNames, b: SortedNames): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
