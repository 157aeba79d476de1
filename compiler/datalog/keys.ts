/**
 * Keys for hash tables out of numbered constants: one exact number for up to two of them, a flat string of two
 * UTF-16 units each for more. The same function reads a fact's columns and a plan's registers.
 */
import { CONSTANT_LIMIT } from "./intern.ts";

export type Key = number | string;

/** The key of `ids[places[0]], ids[places[1]], …`. */
export function keyOf(ids: readonly number[], places: readonly number[]): Key {
  switch (places.length) {
    case 0:
      return 0;
    case 1:
      return ids[places[0]!]!;
    case 2:
      return ids[places[0]!]! * CONSTANT_LIMIT + ids[places[1]!]!;
    case 3: {
      const first = ids[places[0]!]!;
      const second = ids[places[1]!]!;
      const third = ids[places[2]!]!;
      return String.fromCharCode(
        first & 0xffff,
        first >>> 16,
        second & 0xffff,
        second >>> 16,
        third & 0xffff,
        third >>> 16,
      );
    }
    default: {
      let key = "";
      for (const place of places) {
        const id = ids[place]!;
        key += String.fromCharCode(id & 0xffff, id >>> 16);
      }
      return key;
    }
  }
}
