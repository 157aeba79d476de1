/**
 * Ranges of integers → who is near a range, without looking at all. A 16-way trie over hexadecimal digits: a range
 * lives in the one or two aligned blocks of its own size class, so short ranges lie deep and wide ones near the root.
 * Leaves are split only when they are full. What it finds is a superset: the caller compares exactly.
 */

/** One closed range as digits, most significant first, on behalf of an entry. */
export interface Span<E> {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
  /** The depth of the smallest blocks that are no smaller than the range. */
  readonly depth: number;
  readonly entry: E;
}

interface Node<E> {
  /** Spans here and below; one that lies in two blocks counts twice. */
  count: number;
  /** What lies here; in a leaf also what could lie deeper. */
  readonly own: Set<Span<E>>;
  /** In a leaf: how many of `own` could lie deeper. */
  waiting: number;
  children: (Node<E> | undefined)[] | undefined;
}

function leaf<E>(): Node<E> {
  return { count: 0, own: new Set(), waiting: 0, children: undefined };
}

/** A leaf in which more spans than this could lie deeper is split. */
const FULL = 24;

/** A range of numbers below `16^digits` as digits. */
export function numberSpan<E>(low: number, high: number, digits: number, entry: E): Span<E> {
  let depth = digits;
  for (let block = 1; high - low + 1 > block; block *= 16) depth--;
  return { low: numberDigits(low, digits), high: numberDigits(high, digits), depth, entry };
}

function numberDigits(value: number, digits: number): Uint8Array {
  const result = new Uint8Array(digits);
  let rest = value;
  for (let i = digits - 1; i >= 0; i--) {
    result[i] = rest % 16;
    rest = Math.floor(rest / 16);
  }
  return result;
}

/** A range of 128-bit integers as digits. */
export function bigSpan<E>(low: bigint, high: bigint, entry: E): Span<E> {
  const size = (high - low).toString(16);
  const depth = high === low ? 32 : 32 - size.length;
  return { low: bigDigits(low), high: bigDigits(high), depth, entry };
}

function bigDigits(value: bigint): Uint8Array {
  return Uint8Array.from(value.toString(16).padStart(32, "0"), (digit) => Number.parseInt(digit, 16));
}

/** The trie. An entry may have several spans; a span is removed as the object that was inserted. */
export class RangeTrie<E> {
  readonly #root: Node<E> = leaf();

  insert(span: Span<E>): void {
    insert(this.#root, 0, span, true, true, []);
  }

  remove(span: Span<E>): void {
    remove(this.#root, 0, span, true, true);
  }

  /** An upper bound of what `collect` would find. */
  count(span: Span<unknown>): number {
    return count(this.#root, 0, span, true, true);
  }

  collect(span: Span<unknown>, found: (entry: E) => void): void {
    collect(this.#root, 0, span, true, true, found);
  }
}

// `lowHere`: the low end lies in this block, not before it. `highHere`: the high end lies in it, not after it.

function insert<E>(
  node: Node<E>,
  depth: number,
  span: Span<E>,
  lowHere: boolean,
  highHere: boolean,
  path: number[],
): void {
  node.count++;
  if (span.depth === depth) {
    node.own.add(span);
  } else if (node.children) {
    descend(node, depth, span, lowHere, highHere, path);
  } else {
    node.own.add(span);
    if (++node.waiting > FULL) split(node, depth, path);
  }
}

function descend<E>(
  node: Node<E>,
  depth: number,
  span: Span<E>,
  lowHere: boolean,
  highHere: boolean,
  path: number[],
): void {
  const from = lowHere ? span.low[depth]! : 0;
  const to = highHere ? span.high[depth]! : 15;
  for (let digit = from; digit <= to; digit++) {
    const child = (node.children![digit] ??= leaf());
    path[depth] = digit;
    insert(child, depth + 1, span, lowHere && digit === from, highHere && digit === to, path);
  }
}

/** Gives a full leaf children and sends down what fits into them. */
function split<E>(node: Node<E>, depth: number, path: number[]): void {
  node.children = [];
  node.waiting = 0;
  for (const span of node.own) {
    if (span.depth === depth) continue;
    node.own.delete(span);
    descend(node, depth, span, startsWith(span.low, path, depth), startsWith(span.high, path, depth), path);
  }
}

function startsWith(digits: Uint8Array, path: readonly number[], length: number): boolean {
  for (let i = 0; i < length; i++) if (digits[i] !== path[i]) return false;
  return true;
}

function remove<E>(node: Node<E>, depth: number, span: Span<E>, lowHere: boolean, highHere: boolean): void {
  node.count--;
  if (span.depth === depth || !node.children) {
    node.own.delete(span);
    if (span.depth !== depth) node.waiting--;
    return;
  }
  const from = lowHere ? span.low[depth]! : 0;
  const to = highHere ? span.high[depth]! : 15;
  for (let digit = from; digit <= to; digit++) {
    const child = node.children[digit]!;
    remove(child, depth + 1, span, lowHere && digit === from, highHere && digit === to);
    if (child.count === 0) node.children[digit] = undefined;
  }
  if (node.count === node.own.size) node.children = undefined;
}

function count(node: Node<unknown>, depth: number, span: Span<unknown>, lowHere: boolean, highHere: boolean): number {
  if ((!lowHere && !highHere) || !node.children) return node.count;
  let total = node.own.size;
  const from = lowHere ? span.low[depth]! : 0;
  const to = highHere ? span.high[depth]! : 15;
  for (let digit = from; digit <= to; digit++) {
    const child = node.children[digit];
    if (child) total += count(child, depth + 1, span, lowHere && digit === from, highHere && digit === to);
  }
  return total;
}

function collect<E>(
  node: Node<E>,
  depth: number,
  span: Span<unknown>,
  lowHere: boolean,
  highHere: boolean,
  found: (entry: E) => void,
): void {
  for (const own of node.own) found(own.entry);
  if (!node.children) return;
  const from = lowHere ? span.low[depth]! : 0;
  const to = highHere ? span.high[depth]! : 15;
  for (let digit = from; digit <= to; digit++) {
    const child = node.children[digit];
    if (child) collect(child, depth + 1, span, lowHere && digit === from, highHere && digit === to, found);
  }
}
