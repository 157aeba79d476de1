/**
 * Text → its SHA-256 (FIPS 180-4). The compiler imports nothing of Node, and a shorter hash would let two crafted texts
 * pass for one.
 */

/** The fractions of the roots of the first primes: 64 cube roots, 8 square roots; 32 bits each. */
const PRIMES = Array.from({ length: 310 }, (_, i) => i + 2).filter((n) => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
});
const ROUNDS = Int32Array.from(PRIMES.slice(0, 64), (p) => fraction(p, 3n));
const START = Int32Array.from(PRIMES.slice(0, 8), (p) => fraction(p, 2n));

/** The first 32 bits behind the point of a root, exactly: the integer root of the prime, moved up by 32 bits a power. */
function fraction(prime: number, power: bigint): number {
  const wanted = BigInt(prime) << (32n * power);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** power <= wanted) low = middle;
    else high = middle;
  }
  return Number(BigInt.asIntN(32, low));
}

/** The digest of a text's UTF-8, as 64 hexadecimal digits. */
export function sha256(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  const state = START.slice();
  const words = new Int32Array(64);
  for (let at = 0; at < padded.length; at += 64) digestBlock(state, words, view, at);
  return [...state].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function digestBlock(state: Int32Array, words: Int32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) words[i] = view.getInt32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const [two, fifteen] = [words[i - 2]!, words[i - 15]!];
    const one = turn(two, 17) ^ turn(two, 19) ^ (two >>> 10);
    const other = turn(fifteen, 7) ^ turn(fifteen, 18) ^ (fifteen >>> 3);
    words[i] = words[i - 16]! + other + words[i - 7]! + one;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[i]! + words[i]!;
    const other = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + other) | 0];
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i]! += word;
}

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}
