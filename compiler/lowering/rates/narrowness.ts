/** A cube → how narrow it is: the bits that it fixes, as an integer. A cube inside another is at least as narrow. */
import type { Cube, FieldSet } from "../../flowgroup/cube.ts";
import { DOMAINS, FIELDS } from "../../flowgroup/fields.ts";

/** The bits of a name. Names cannot be counted, so they count as IPv4 addresses. */
const NAMES = 32;
const ADDRESSES = 128;

/** The number of bits that the constraints of a cube fix. */
export function narrowness({ mask, sets }: Cube): number {
  let bits = 0;
  let next = 0;
  FIELDS.forEach((field, i) => {
    if ((mask & (1 << i)) === 0) return;
    const domain = DOMAINS[field];
    const all = domain.kind === "number" ? domain.max.toString(2).length : domain.kind === "ip" ? ADDRESSES : NAMES;
    bits += Math.max(0, all - width(sets[next++]!));
  });
  return bits;
}

/** The length in bits of the number of values. */
function width(set: FieldSet): number {
  if (set.kind === "name") return set.not ? NAMES : length(BigInt(set.names.length));
  const ranges = set.kind === "number" ? set.ranges : [...set.v4, ...set.v6];
  let count = 0n;
  for (let i = 0; i < ranges.length; i += 2) count += BigInt(ranges[i + 1]!) - BigInt(ranges[i]!) + 1n;
  return length(count);
}

const length = (count: bigint): number => (count <= 1n ? 0 : count.toString(2).length);
