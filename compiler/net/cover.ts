/**
 * Ranges as aligned blocks and back: what a range costs in masks. The cover by the largest aligned blocks is the
 * smallest one: 1000-2000 takes 8, 1-65534 takes 30, 1024-65535 takes 6.
 */

/** The aligned block of `2^(bits - length)` values that starts at `value`. */
export interface Block<N extends number | bigint> {
  readonly value: N;
  readonly length: number;
}

/** The fewest aligned blocks that hold exactly `low`…`high`, in ascending order. `bits` is the width of the field. */
export function rangeToPrefixes(low: number, high: number, bits: number): Block<number>[];
export function rangeToPrefixes(low: bigint, high: bigint, bits: number): Block<bigint>[];
export function rangeToPrefixes(low: number | bigint, high: number | bigint, bits: number): Block<number | bigint>[] {
  return typeof low === "bigint" ? coverBig(low, high as bigint, bits) : cover(low, high as number, bits);
}

/** Doubles are exact to 53 bits, so division and remainder do for every field up to a MAC address. */
function cover(low: number, high: number, bits: number): Block<number>[] {
  const blocks: Block<number>[] = [];
  let at = low;
  while (at <= high) {
    let length = bits;
    let size = 1;
    while (length > 0 && at % (size * 2) === 0 && at + size * 2 - 1 <= high) {
      size *= 2;
      length--;
    }
    blocks.push({ value: at, length });
    at += size;
  }
  return blocks;
}

/** A block is as large as its start is aligned, and as what is left: asked of their bits at once, as an address has 128. */
function coverBig(low: bigint, high: bigint, bits: number): Block<bigint>[] {
  const blocks: Block<bigint>[] = [];
  let at = low;
  while (at < high) {
    const aligned = at === 0n ? bits : bitsOf(at & -at) - 1;
    const free = Math.min(aligned, bitsOf(high - at + 1n) - 1);
    blocks.push({ value: at, length: bits - free });
    at += 1n << BigInt(free);
  }
  if (at === high) blocks.push({ value: at, length: bits });
  return blocks;
}

const bitsOf = (value: bigint): number => value.toString(2).length;

/** The mask whose first `length` of `bits` bits are one. */
export function maskOf(length: number, bits: number): bigint {
  return ((1n << BigInt(length)) - 1n) << BigInt(bits - length);
}

/** The first and last value of a block. */
export function blockRange(block: Block<number>, bits: number): readonly [low: number, high: number];
export function blockRange(block: Block<bigint>, bits: number): readonly [low: bigint, high: bigint];
export function blockRange(
  block: Block<number> | Block<bigint>,
  bits: number,
): readonly [number | bigint, number | bigint] {
  return typeof block.value === "bigint"
    ? [block.value, block.value + (1n << BigInt(bits - block.length)) - 1n]
    : [block.value, block.value + 2 ** (bits - block.length) - 1];
}
