/**
 * A stream of chunks → frames of whole messages. It holds at most one unfinished message (65,535 bytes), in a buffer
 * that grows once to the message's length. A header with a length below its own 8 bytes ends the stream.
 */
import { HEADER } from "./message.ts";

export class Framer {
  #pending = new Uint8Array(256);
  #held = 0;
  /** Why no further frame will come; undefined while frames may come. */
  fault: string | undefined;

  /** The number of bytes held of an unfinished message. */
  get held(): number {
    return this.#held;
  }

  /** Takes a chunk; yields the frames that are now whole, as views of the chunk if possible. */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    let at = 0;
    while (this.fault === undefined && at < chunk.length) {
      if (this.#held === 0 && chunk.length - at >= HEADER) {
        const length = this.#length(chunk, at);
        if (length > 0 && at + length <= chunk.length) {
          yield chunk.subarray(at, at + length);
          at += length;
          continue;
        }
      }
      const wanted = this.#held < HEADER ? HEADER : this.#length(this.#pending, 0);
      if (this.fault !== undefined) return;
      at = this.#hold(chunk, at, wanted);
      if (this.#held >= HEADER && this.#held === this.#length(this.#pending, 0)) {
        const frame = this.#pending.slice(0, this.#held);
        this.#held = 0;
        yield frame;
      }
    }
  }

  /** The length in a header, or 0 with a fault. */
  #length(bytes: Uint8Array, at: number): number {
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    if (length >= HEADER) return length;
    this.fault = `a message claims a length of ${length} bytes, less than its header has`;
    return 0;
  }

  /** Keeps bytes until `wanted` are held; returns the offset behind what was kept. */
  #hold(chunk: Uint8Array, at: number, wanted: number): number {
    const count = Math.min(wanted - this.#held, chunk.length - at);
    if (wanted > this.#pending.length) {
      const grown = new Uint8Array(wanted);
      grown.set(this.#pending.subarray(0, this.#held));
      this.#pending = grown;
    }
    this.#pending.set(chunk.subarray(at, at + count), this.#held);
    this.#held += count;
    return at + count;
  }
}
