/**
 * Cursors over bytes in network order. Neither ever throws: each keeps its first fault. A reader is then at its end, so
 * that every loop over the remaining bytes stops. A writer goes on with bytes that its owner discards.
 */

/** Reads one frame. After a fault all numbers read as 0 and all byte strings as empty. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** The offset of the next byte. `end`: that of the end of the innermost structure that is being read. */
  at = 0;
  end: number;
  /** The first fault, with its offset. */
  fault: string | undefined;
  /** The nesting of structures that may contain their own kind (a message in a bundle, actions in an action). */
  depth = 0;

  constructor(bytes: Uint8Array) {
    // `slice` of a Buffer would be a view.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.byteLength;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  fail(reason: string): void {
    this.fault ??= `${reason} at byte ${this.at}`;
    this.at = this.end;
  }

  /** Moves past `count` bytes; returns their offset, or -1 if there are fewer. */
  #claim(count: number): number {
    const at = this.at;
    if (count > this.end - at) {
      this.fail(`${count} bytes expected, ${this.end - at} left`);
      return -1;
    }
    this.at = at + count;
    return at;
  }

  u8(): number {
    const at = this.#claim(1);
    return at < 0 ? 0 : this.#view.getUint8(at);
  }

  u16(): number {
    const at = this.#claim(2);
    return at < 0 ? 0 : this.#view.getUint16(at);
  }

  u32(): number {
    const at = this.#claim(4);
    return at < 0 ? 0 : this.#view.getUint32(at);
  }

  /** An unsigned integer of up to 6 bytes. */
  number(size: number): number {
    let value = 0;
    const at = this.#claim(size);
    if (at >= 0) for (let i = at; i < at + size; i++) value = value * 256 + this.bytes[i]!;
    return value;
  }

  /** An unsigned integer of any size. */
  bigint(size: number): bigint {
    if (size <= 4) return BigInt(size === 4 ? this.u32() : size === 2 ? this.u16() : this.number(size));
    if (size === 8) {
      const at = this.#claim(8);
      return at < 0 ? 0n : this.#view.getBigUint64(at);
    }
    if (size === 16) return (this.bigint(8) << 64n) | this.bigint(8);
    return BigInt(this.number(size));
  }

  /** A copy of bytes, so that a message does not keep its whole chunk of the stream alive. */
  take(count: number): Uint8Array {
    const at = this.#claim(count);
    return at < 0 ? new Uint8Array(0) : this.bytes.slice(at, at + count);
  }

  skip(count: number): void {
    this.#claim(count);
  }

  /** Narrows the reader to the next `count` bytes; returns the outer end, for `leave`. */
  enter(count: number): number {
    const outer = this.end;
    if (count < 0) this.fail("a length says less than what stands before it");
    else if (count > outer - this.at) this.fail(`length ${count} exceeds the ${outer - this.at} bytes left`);
    else this.end = this.at + count;
    return outer;
  }

  /** Ends what `enter` began; bytes that were not read are a fault. */
  leave(outer: number): void {
    if (this.at !== this.end) this.fail(`${this.end - this.at} bytes too many`);
    this.end = outer;
    if (this.fault !== undefined) this.at = outer;
  }
}

/**
 * Appends to one growing buffer. A value out of range is a fault and never truncated, since a wrong number must not
 * reach a switch.
 */
export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  at = 0;
  fault: string | undefined;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  fail(reason: string): void {
    this.fault ??= reason;
  }

  #claim(count: number): number {
    const at = this.at;
    this.at = at + count;
    if (this.at > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(2 * this.#bytes.length, this.at));
      bytes.set(this.#bytes.subarray(0, at));
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    return at;
  }

  #check(value: number, limit: number): void {
    if (!(value >= 0 && value <= limit && Number.isInteger(value))) this.fail(`${value} is not within 0-${limit}`);
  }

  u8(value: number): void {
    this.#check(value, 0xff);
    const at = this.#claim(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    this.#check(value, 0xffff);
    const at = this.#claim(2);
    this.#view.setUint16(at, value);
  }

  u32(value: number): void {
    this.#check(value, 0xffff_ffff);
    const at = this.#claim(4);
    this.#view.setUint32(at, value);
  }

  /** An unsigned integer of up to 6 bytes. */
  number(value: number, size: number): void {
    this.#check(value, 2 ** (8 * size) - 1);
    const at = this.#claim(size);
    for (let i = at + size - 1, rest = value; i >= at; i--, rest = Math.floor(rest / 256)) this.#bytes[i] = rest % 256;
  }

  /** An unsigned integer of any size. */
  bigint(value: bigint, size: number): void {
    if (size <= 6) {
      const small = Number(value);
      if (size === 4) this.u32(small);
      else if (size === 2) this.u16(small);
      else this.number(small, size);
    } else if (value < 0n || value >> BigInt(8 * size)) {
      this.fail(`${value} does not fit into ${size} bytes`);
    } else if (size === 8) {
      const at = this.#claim(8);
      this.#view.setBigUint64(at, value);
    } else {
      this.bigint(value >> 64n, size - 8);
      this.bigint(value & 0xffff_ffff_ffff_ffffn, 8);
    }
  }

  put(bytes: Uint8Array): void {
    const at = this.#claim(bytes.length);
    this.#bytes.set(bytes, at);
  }

  zeros(count: number): void {
    const at = this.#claim(count);
    this.#bytes.fill(0, at, at + count);
  }

  /** Zeros up to the next multiple of 8 bytes, counted from `start`. */
  align(start: number): void {
    const over = (this.at - start) % 8;
    if (over > 0) this.zeros(8 - over);
  }

  /** Overwrites a 16-bit length that was written before it was known. */
  patch(at: number, length: number): void {
    if (length > 0xffff) this.fail(`${length} bytes are more than a length of 16 bits can say`);
    else this.#view.setUint16(at, length);
  }

  /** Forgets all bytes from `at` on, and the fault. */
  rewind(at: number): void {
    this.at = at;
    this.fault = undefined;
  }

  /** The bytes since the last `flush`. The writer starts anew with memory of its own. */
  flush(): Uint8Array {
    const written = this.#bytes.subarray(0, this.at);
    this.#bytes = new Uint8Array(this.#bytes.length);
    this.#view = new DataView(this.#bytes.buffer);
    this.at = 0;
    return written;
  }
}
