/** Constants as values: which are admitted, and the one total order that comparisons and aggregates agree on. */
import type { Constant } from "./types.ts";

/** Strings and safe integers; everything else (fractions, NaN, bigint, null) would break keys or sums. */
export function isConstant(value: unknown): value is Constant {
  return typeof value === "string" || Number.isSafeInteger(value);
}

/** Numbers stand before strings; numbers by value, strings by UTF-16 code units. */
export function compareConstants(left: Constant, right: Constant): number {
  if (left === right) return 0;
  if (typeof left !== typeof right) return typeof left === "number" ? -1 : 1;
  return left < right ? -1 : 1;
}

/** Tuples in the order of their columns; for output that must not depend on the history of insertions. */
export function compareTuples(left: readonly Constant[], right: readonly Constant[]): number {
  const shared = Math.min(left.length, right.length);
  for (let column = 0; column < shared; column++) {
    const order = compareConstants(left[column]!, right[column]!);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
