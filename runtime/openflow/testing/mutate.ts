/** A corpus of frames and a seed → broken frames, such as a hostile or faulty peer might send. */

/** Marsaglia's xorshift with 32 bits: small and repeatable. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % limit;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

/** Numbers at which code for lengths and counts is often wrong. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 9, 12, 15, 16, 24, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff];

const write16 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
};

/** A copy with one change; its length may change. */
function change(bytes: Uint8Array<ArrayBuffer>, other: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  switch (random.below(6)) {
    case 0:
      if (at < bytes.length) bytes[at]! ^= 1 << random.below(8);
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = random.below(256);
      return bytes;
    case 2:
      if (at + 1 < bytes.length) write16(bytes, at & ~1, random.of(EDGES));
      return bytes;
    case 3:
      return bytes.slice(0, at);
    case 4: {
      const from = random.below(other.length);
      return Uint8Array.from([...bytes.subarray(0, at), ...other.subarray(from)]).subarray(0, 4096);
    }
    default:
      return Uint8Array.from([...bytes.subarray(0, at), ...new Uint8Array(random.below(16)), ...bytes.subarray(at)]);
  }
}

/** A frame of the corpus with a few changes. Most headers have the true length, so that the decoder reads the body. */
export function mutate(corpus: readonly Uint8Array[], random: Random): Uint8Array<ArrayBuffer> {
  let bytes = Uint8Array.from(random.of(corpus));
  for (let i = 1 + random.below(4); i > 0; i--) bytes = change(bytes, random.of(corpus), random);
  if (bytes.length >= 4 && random.below(8) > 0) {
    write16(bytes, 2, bytes.length);
    bytes[0] = random.below(16) > 0 ? 4 : bytes[0]!;
  }
  return bytes;
}
