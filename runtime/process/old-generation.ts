/** How far the heap of a command grows before V8 collects what is old. */
import { setFlagsFromString } from "node:v8";

/** In percent of what is left after a collection. V8's own choice is up to 300. */
const GROWTH = 60;
/** UTF-16 units of text. */
const LARGE = 1 << 20;

/**
 * A command that decides a hundred thousand statements keeps half a gigabyte, and V8 would let it take three more before
 * it looks for what is not needed any more. A small policy never comes so far, and is not slowed down by collections.
 */
export function growSlowlyFor(texts: readonly { readonly text: string }[]): void {
  if (texts.reduce((all, { text }) => all + text.length, 0) < LARGE) return;
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
}
