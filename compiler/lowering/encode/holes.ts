/**
 * A set of addresses → a wider set of a few blocks, and the holes in it: `10.0.0.0/8` but one host is one block and one
 * hole, and 24 blocks without them. The wider set is made of the smallest aligned blocks around the ranges of the set.
 */
import { subtractRanges, toRanges, type Ranges } from "../../flowgroup/ranges.ts";
import type { IpSet } from "../../flowgroup/sets.ts";
import { MAX_V4, MAX_V6 } from "../../net/address.ts";

/** A set as a wider one without holes. INVARIANT: the holes lie in `whole` and are not empty. */
export interface Holed {
  /** Undefined: all frames, those without an address too. */
  readonly whole: IpSet | undefined;
  readonly holes: IpSet;
  /** The blocks of both; all frames are one. */
  readonly count: number;
}

/** More ranges than this are a list, and no block with holes. */
const MOST_RANGES = 64;

/** The wider set and its holes, where they are fewer blocks than the set itself. */
export function holed(set: IpSet): Holed | undefined {
  const { absent, v4, v6 } = set;
  if (v4.length + v6.length > 2 * MOST_RANGES) return undefined;
  if (absent) {
    const missing = { v4: subtractRanges([0, MAX_V4], v4), v6: subtractRanges([0n, MAX_V6], v6) };
    const holes = countBlocks(missing.v4, 32) + countBlocks(missing.v6, 128);
    return holes === 0 ? undefined : { whole: undefined, holes: ipSet(missing.v4, missing.v6), count: 1 + holes };
  }
  // One block has none.
  if (v4.length + v6.length === 2 && countBlocks(v4, 32) + countBlocks(v6, 128) === 1) return undefined;
  const around4 = blocksAround(v4, 32).map(([low, high]) => [Number(low), Number(high)] as const);
  const whole4 = toRanges(around4);
  const whole6 = toRanges(blocksAround(v6, 128));
  const holes4 = subtractRanges(whole4, v4);
  const holes6 = subtractRanges(whole6, v6);
  if (holes4.length + holes6.length === 0) return undefined;
  const wide = countBlocks(whole4, 32) + countBlocks(whole6, 128);
  const count = wide + countBlocks(holes4, 32) + countBlocks(holes6, 128);
  if (count >= countBlocks(v4, 32) + countBlocks(v6, 128)) return undefined;
  return { whole: ipSet(whole4, whole6), holes: ipSet(holes4, holes6), count };
}

const ipSet = (v4: Ranges<number>, v6: Ranges<bigint>): IpSet => ({ kind: "ip", absent: false, v4, v6 });

/** The smallest aligned block around each range. Blocks are nested or disjoint; ranges that touch become one. */
function blocksAround(
  ranges: Ranges<number> | Ranges<bigint>,
  bits: number,
): readonly (readonly [low: bigint, high: bigint])[] {
  const blocks: (readonly [bigint, bigint])[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    const [low, high] = [BigInt(ranges[i]!), BigInt(ranges[i + 1]!)];
    const free = BigInt(low === high ? 0 : (low ^ high).toString(2).length);
    const rest = (1n << free) - 1n;
    blocks.push(free > BigInt(bits) ? [low, high] : [low & ~rest, low | rest]);
  }
  return blocks;
}

/**
 * The number of aligned blocks that cover ranges, without making them. The highest bit in which the ends of a range
 * differ halves it, and each half takes one block for every set bit of its length.
 */
export function countBlocks(ranges: Ranges<number> | Ranges<bigint>, bits: number): number {
  let count = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i] === ranges[i + 1]) {
      count++;
      continue;
    }
    const low = BigInt(ranges[i]!);
    const end = BigInt(ranges[i + 1]!) + 1n;
    if (low === 0n && end === 1n << BigInt(bits)) count++;
    else {
      const differ = (low ^ (end - 1n)).toString(2).length - 1;
      const middle = ((low >> BigInt(differ)) + 1n) << BigInt(differ);
      const left = ones(middle - low);
      const right = ones(end - middle);
      const half = 1n << BigInt(differ);
      const whole = middle - low === half && end - middle === half;
      count += whole ? 1 : left + right;
    }
  }
  return count;
}

function ones(value: bigint): number {
  let count = 0;
  for (const digit of value.toString(2)) if (digit === "1") count++;
  return count;
}
