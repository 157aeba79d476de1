/**
 * Ranges of integers → the entries near a range, without a walk over all. A 16-way trie over hexadecimal digits: a
 * range lives in the one or two aligned blocks of its own size class, so short ranges lie deep and wide ones near the
 * root. Leaves are split only when they are full. What it finds is a superset: the caller compares exactly.
 */

import { SegmentedMap } from "../net/segmented-map.ts";

/** An integer as 32-bit words, most significant first, so that digit 0 is its leading one. */
type Key = readonly number[];

/** One closed range on behalf of an entry. */
export interface TrieSpan<E> {
  readonly low: Key;
  readonly high: Key;
  /** The depth of the smallest blocks that are no smaller than the range. */
  readonly depth: number;
  readonly entry: E;
}

/** A range of numbers of `digits` hexadecimal digits, at most twelve. */
export function numberSpan<E>(low: number, high: number, digits: number, entry: E): TrieSpan<E> {
  let depth = digits;
  for (let block = 1; high - low + 1 > block; block *= 16) depth--;
  const key = numberKey(low, digits);
  return { low: key, high: low === high ? key : numberKey(high, digits), depth, entry };
}

function numberKey(value: number, digits: number): Key {
  if (digits <= 8) return [value << (32 - digits * 4)];
  const below = 16 ** (digits - 8);
  return [Math.floor(value / below) | 0, (value % below) << (64 - digits * 4)];
}

/** A range of 128-bit integers. */
export function bigSpan<E>(low: bigint, high: bigint, entry: E): TrieSpan<E> {
  const depth = low === high ? 32 : 32 - (high - low).toString(16).length;
  const key = bigKey(low);
  return { low: key, high: low === high ? key : bigKey(high), depth, entry };
}

function bigKey(value: bigint): Key {
  return [96n, 64n, 32n, 0n].map((shift) => Number((value >> shift) & 0xffffffffn) | 0);
}

function digit(key: Key, depth: number): number {
  return (key[depth >> 3]! >>> (28 - (depth & 7) * 4)) & 15;
}

/** Do the ranges share a value? */
function touch(a: TrieSpan<unknown>, b: TrieSpan<unknown>): boolean {
  return !before(a.high, b.low) && !before(b.high, a.low);
}

function before(a: Key, b: Key): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! >>> 0 < b[i]! >>> 0;
  return false;
}

interface Node<E> {
  /** Spans here and below; one that lies in two blocks counts twice. */
  count: number;
  /** The spans of this block's own size class: a list while they are few. */
  own: TrieSpan<E>[] | SegmentedMap<TrieSpan<E>, true>;
  /** The spans of a leaf that could lie deeper. */
  waiting: TrieSpan<E>[];
  children: (Node<E> | undefined)[] | undefined;
}

/** Shared by all nodes that have nothing of a kind; never written to. */
const NOTHING: never[] = [];

function leaf<E>(): Node<E> {
  return { count: 0, own: NOTHING, waiting: NOTHING, children: undefined };
}

/** A leaf in which more spans than this could lie deeper is split. */
const FULL = 16;

/** The trie. An entry may have several spans; a span is removed as the object that was inserted. */
export class RangeTrie<E> {
  readonly #root: Node<E> = leaf();

  insert(span: TrieSpan<E>): void {
    insert(this.#root, 0, span, true, true);
  }

  remove(span: TrieSpan<E>): void {
    remove(this.#root, 0, span, true, true);
  }

  /** An upper bound of what `collect` would find. */
  count(span: TrieSpan<unknown>): number {
    return count(this.#root, 0, span, true, true);
  }

  /** Visits at least every entry near a range; says whether the visitor ended it. */
  collect(span: TrieSpan<unknown>, ends: (entry: E) => boolean): boolean {
    return collect(this.#root, 0, span, true, true, ends);
  }
}

// `lowHere`: the low end lies in this block, not before it. `highHere`: the high end lies in it, not after it.

function insert<E>(node: Node<E>, depth: number, span: TrieSpan<E>, lowHere: boolean, highHere: boolean): void {
  node.count++;
  if (span.depth === depth) {
    addOwn(node, span);
  } else if (node.children) {
    descend(node.children, depth, span, lowHere, highHere);
  } else {
    if (node.waiting === NOTHING) node.waiting = [span];
    else node.waiting.push(span);
    if (node.waiting.length > FULL) split(node, depth, lowHere ? span.low : span.high);
  }
}

function descend<E>(
  children: (Node<E> | undefined)[],
  depth: number,
  span: TrieSpan<E>,
  lowHere: boolean,
  highHere: boolean,
): void {
  const from = lowHere ? digit(span.low, depth) : 0;
  const to = highHere ? digit(span.high, depth) : 15;
  for (let at = from; at <= to; at++) {
    const child = (children[at] ??= leaf());
    insert(child, depth + 1, span, lowHere && at === from, highHere && at === to);
  }
}

/** Moves the entries of a full leaf down. `inside` is any key in its block. */
function split<E>(node: Node<E>, depth: number, inside: Key): void {
  const children: (Node<E> | undefined)[] = Array.from({ length: 16 });
  const moving = node.waiting;
  node.children = children;
  node.waiting = NOTHING;
  for (const span of moving) {
    descend(children, depth, span, sameBlock(span.low, inside, depth), sameBlock(span.high, inside, depth));
  }
}

function sameBlock(a: Key, b: Key, depth: number): boolean {
  for (let i = 0; i < depth; i++) if (digit(a, i) !== digit(b, i)) return false;
  return true;
}

function remove<E>(node: Node<E>, depth: number, span: TrieSpan<E>, lowHere: boolean, highHere: boolean): void {
  node.count--;
  if (span.depth === depth) {
    if (Array.isArray(node.own)) dropFrom(node.own, span);
    else node.own.delete(span);
  } else if (node.children) {
    const from = lowHere ? digit(span.low, depth) : 0;
    const to = highHere ? digit(span.high, depth) : 15;
    for (let at = from; at <= to; at++) {
      const child = node.children[at]!;
      remove(child, depth + 1, span, lowHere && at === from, highHere && at === to);
      if (child.count === 0) node.children[at] = undefined;
    }
    if (node.count === sizeOf(node.own)) node.children = undefined;
  } else {
    dropFrom(node.waiting, span);
  }
}

function addOwn<E>(node: Node<E>, span: TrieSpan<E>): void {
  if (!Array.isArray(node.own)) node.own.add(span, true);
  else if (node.own === NOTHING) node.own = [span];
  else if (node.own.length < FULL) node.own.push(span);
  else {
    const many = new SegmentedMap<TrieSpan<E>, true>();
    for (const one of [...node.own, span]) many.add(one, true);
    node.own = many;
  }
}

function dropFrom<E>(list: TrieSpan<E>[], span: TrieSpan<E>): void {
  const last = list.pop()!;
  if (last !== span) list[list.indexOf(span)] = last;
}

function sizeOf<E>(own: TrieSpan<E>[] | SegmentedMap<TrieSpan<E>, true>): number {
  return Array.isArray(own) ? own.length : own.size;
}

function count(
  node: Node<unknown>,
  depth: number,
  span: TrieSpan<unknown>,
  lowHere: boolean,
  highHere: boolean,
): number {
  if ((!lowHere && !highHere) || !node.children) return node.count;
  let total = sizeOf(node.own);
  const from = lowHere ? digit(span.low, depth) : 0;
  const to = highHere ? digit(span.high, depth) : 15;
  for (let at = from; at <= to; at++) {
    const child = node.children[at];
    if (child) total += count(child, depth + 1, span, lowHere && at === from, highHere && at === to);
  }
  return total;
}

function collect<E>(
  node: Node<E>,
  depth: number,
  span: TrieSpan<unknown>,
  lowHere: boolean,
  highHere: boolean,
  ends: (entry: E) => boolean,
): boolean {
  for (const own of Array.isArray(node.own) ? node.own : node.own.keys()) if (ends(own.entry)) return true;
  for (const own of node.waiting) if (touch(own, span) && ends(own.entry)) return true;
  if (!node.children) return false;
  const from = lowHere ? digit(span.low, depth) : 0;
  const to = highHere ? digit(span.high, depth) : 15;
  for (let at = from; at <= to; at++) {
    const child = node.children[at];
    if (child && collect(child, depth + 1, span, lowHere && at === from, highHere && at === to, ends)) return true;
  }
  return false;
}
