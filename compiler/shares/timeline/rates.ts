/**
 * A rate that changes at instants: an integer step function of time, from a first instant to infinity. Steps lie in
 * chunks, sorted; each chunk knows its highest and lowest rate and carries what was added to all of it as one number,
 * so that adding a rate to a span and asking for the highest in a span touch two chunks and the heads of the others.
 */

/** A chunk holds at most this many steps; then it splits. */
export const SIZE = 256;

/** Neighbouring steps. Position `i` holds the rate from `times[i]` on, less `lift`. */
export class Chunk {
  times: number[];
  rates: number[];
  /** What was added to the whole chunk. */
  lift = 0;
  /** The highest and the lowest of `rates`, so without `lift`. */
  high = 0;
  low = 0;
  /** Whatever a reader derived from the chunk; gone when it changes. */
  summary: unknown = undefined;
  /** Several step functions hold it: none of them may change it. */
  shared = false;

  constructor(times: number[], rates: number[]) {
    this.times = times;
    this.rates = rates;
    this.measure();
  }

  measure(): void {
    const { rates } = this;
    let high = rates[0]!;
    let low = high;
    for (let i = 1; i < rates.length; i += 1) {
      const rate = rates[i]!;
      if (rate > high) high = rate;
      else if (rate < low) low = rate;
    }
    this.high = high;
    this.low = low;
    this.summary = undefined;
  }

  clone(): Chunk {
    const copy = new Chunk(this.times.slice(), this.rates.slice());
    copy.lift = this.lift;
    return copy;
  }

  /** The last position at or before the instant; -1 if all are later. */
  position(at: number): number {
    const { times } = this;
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** The step function. No two neighbouring steps have the same rate. */
export class Rates {
  #chunks: Chunk[];
  readonly #size: number;
  /** The chunk found last: the next one asked for is most often the same. */
  #found = 0;

  /** A rate of 0. A small `size` of chunks makes few steps exercise what many would. */
  constructor(start: number, size = SIZE) {
    this.#chunks = [new Chunk([start], [0])];
    this.#size = size;
  }

  /** A copy that changes independently; chunks are shared until one of the two changes them. */
  clone(): Rates {
    const copy = new Rates(this.start, this.#size);
    for (const chunk of this.#chunks) chunk.shared = true;
    copy.#chunks = this.#chunks.slice();
    return copy;
  }

  /** A chunk that may be changed. */
  #own(c: number): Chunk {
    const chunk = this.#chunks[c]!;
    if (!chunk.shared) return chunk;
    const own = chunk.clone();
    this.#chunks[c] = own;
    return own;
  }

  /** The first instant. */
  get start(): number {
    return this.#chunks[0]!.times[0]!;
  }

  /** The steps, as they lie in memory: to be read only. */
  get chunks(): readonly Chunk[] {
    return this.#chunks;
  }

  /** How many steps there are. */
  get size(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.times.length, 0);
  }

  /** The rate at an instant that is not before the start. */
  at(instant: number): number {
    const chunk = this.#chunks[this.chunkAt(instant)]!;
    return chunk.rates[chunk.position(instant)]! + chunk.lift;
  }

  /** The rate that holds in the end. */
  get last(): number {
    const chunk = this.#chunks.at(-1)!;
    return chunk.rates.at(-1)! + chunk.lift;
  }

  /** The chunk that holds the step of an instant. */
  chunkAt(instant: number): number {
    const chunks = this.#chunks;
    const found = this.#found;
    if (found < chunks.length && chunks[found]!.times[0]! <= instant) {
      if (found + 1 === chunks.length || instant < chunks[found + 1]!.times[0]!) return found;
    }
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (chunks[middle]!.times[0]! <= instant) low = middle + 1;
      else high = middle;
    }
    this.#found = Math.max(0, low - 1);
    return this.#found;
  }

  /** The highest rate in [from, to). */
  highest(from: number, to: number): number {
    let highest = -Infinity;
    for (let c = this.chunkAt(from); c < this.#chunks.length; c += 1) {
      const chunk = this.#chunks[c]!;
      const { times, rates, lift } = chunk;
      if (times[0]! >= to) break;
      if (chunk.high + lift <= highest) continue;
      if (times[0]! >= from && times.at(-1)! < to) highest = chunk.high + lift;
      else {
        for (let i = Math.max(0, chunk.position(from)); i < times.length && times[i]! < to; i += 1) {
          if (rates[i]! + lift > highest) highest = rates[i]! + lift;
        }
      }
    }
    return highest;
  }

  /** The lowest rate in [from, to). */
  lowest(from: number, to: number): number {
    let lowest = Infinity;
    for (let c = this.chunkAt(from); c < this.#chunks.length; c += 1) {
      const chunk = this.#chunks[c]!;
      const { times, rates, lift } = chunk;
      if (times[0]! >= to) break;
      if (chunk.low + lift >= lowest) continue;
      if (times[0]! >= from && times.at(-1)! < to) lowest = chunk.low + lift;
      else {
        for (let i = Math.max(0, chunk.position(from)); i < times.length && times[i]! < to; i += 1) {
          if (rates[i]! + lift < lowest) lowest = rates[i]! + lift;
        }
      }
    }
    return lowest;
  }

  /** The first instant in [from, to) with a rate above `bound` (or below it); its rate is `at(instant)`. */
  first(from: number, to: number, beyond: "above" | "below", bound: number): number | undefined {
    for (let c = this.chunkAt(from); c < this.#chunks.length; c += 1) {
      const chunk = this.#chunks[c]!;
      const { times, rates, lift } = chunk;
      if (times[0]! >= to) break;
      if (beyond === "above" ? chunk.high + lift <= bound : chunk.low + lift >= bound) continue;
      for (let i = Math.max(0, chunk.position(from)); i < times.length && times[i]! < to; i += 1) {
        const rate = rates[i]! + lift;
        if (beyond === "above" ? rate > bound : rate < bound) return Math.max(from, times[i]!);
      }
    }
    return undefined;
  }

  /** Adds a rate, which may be negative, from one instant to another. */
  add(from: number, to: number, rate: number): void {
    if (rate === 0 || from >= to) return;
    this.#cut(from);
    if (to < Infinity) this.#cut(to);
    for (let c = this.chunkAt(from); c < this.#chunks.length; c += 1) {
      if (this.#chunks[c]!.times[0]! >= to) break;
      const chunk = this.#own(c);
      const { times, rates } = chunk;
      if (times[0]! >= from && times.at(-1)! < to) {
        chunk.lift += rate;
        chunk.summary = undefined;
      } else {
        for (let i = Math.max(0, chunk.position(from)); i < times.length && times[i]! < to; i += 1) rates[i]! += rate;
        chunk.measure();
      }
    }
    this.#heal(from);
    if (to < Infinity) this.#heal(to);
  }

  /** Forgets what was before the instant. */
  dropBefore(instant: number): void {
    if (instant <= this.start) return;
    const c = this.chunkAt(instant);
    if (c > 0) this.#chunks.splice(0, c);
    const chunk = this.#own(0);
    const i = chunk.position(instant);
    chunk.times.splice(0, i);
    chunk.rates.splice(0, i);
    chunk.times[0] = instant;
    chunk.measure();
  }

  /** Makes the instant the beginning of a step. */
  #cut(at: number): void {
    const c = this.chunkAt(at);
    const i = this.#chunks[c]!.position(at);
    if (this.#chunks[c]!.times[i] === at) return;
    const chunk = this.#own(c);
    chunk.times.splice(i + 1, 0, at);
    chunk.rates.splice(i + 1, 0, chunk.rates[i]!);
    chunk.summary = undefined;
    if (chunk.times.length > this.#size) this.#split(c, i + 1);
  }

  /** Halves a chunk, or starts the next one where steps arrive in order of time. */
  #split(c: number, inserted: number): void {
    const chunk = this.#chunks[c]!;
    const middle = inserted === this.#size && c === this.#chunks.length - 1 ? this.#size : chunk.times.length >> 1;
    const right = new Chunk(chunk.times.splice(middle), chunk.rates.splice(middle));
    right.lift = chunk.lift;
    chunk.measure();
    this.#chunks.splice(c + 1, 0, right);
  }

  /** Removes the step that begins at the instant if the rate does not change there. */
  #heal(at: number): void {
    const c = this.chunkAt(at);
    const here = this.#chunks[c]!;
    const i = here.position(at);
    if (c === 0 && i === 0) return;
    const before = i > 0 ? here : this.#chunks[c - 1]!;
    const previous = before.rates[i > 0 ? i - 1 : before.rates.length - 1]! + before.lift;
    if (previous !== here.rates[i]! + here.lift) return;
    const chunk = this.#own(c);
    chunk.times.splice(i, 1);
    chunk.rates.splice(i, 1);
    if (chunk.times.length === 0) this.#chunks.splice(c, 1);
    else chunk.measure();
    const next = this.#chunks[c + 1];
    if (chunk.times.length > 0 && next && chunk.times.length + next.times.length <= this.#size >> 1) this.#merge(c);
  }

  #merge(c: number): void {
    const [left, right] = [this.#chunks[c]!, this.#chunks[c + 1]!];
    const rates = [...left.rates.map((rate) => rate + left.lift), ...right.rates.map((rate) => rate + right.lift)];
    this.#chunks.splice(c, 2, new Chunk([...left.times, ...right.times], rates));
  }
}
