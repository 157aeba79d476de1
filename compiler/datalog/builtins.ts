/**
 * The built-ins that every program has: equality, which also binds, comparison in the order of constants, and
 * arithmetic (plus, minus, times).
 */
import { compareConstants } from "./constants.ts";
import type { Builtin, Constant } from "./types.ts";

function comparison(holds: (order: number) => boolean): Builtin {
  return { kind: "test", arity: 2, test: (left, right) => holds(compareConstants(left!, right!)) };
}

function arithmetic(apply: (left: number, right: number) => number): Builtin {
  return {
    kind: "function",
    arity: 3,
    apply: (left?: Constant, right?: Constant) => {
      if (typeof left !== "number" || typeof right !== "number") return undefined;
      const result = apply(left, right);
      return Number.isSafeInteger(result) ? result : undefined;
    },
  };
}

/** Names as rules write them. Arithmetic on anything but numbers, or out of the safe range, has no result. */
export const standardBuiltins: Readonly<Record<string, Builtin>> = {
  "=": { kind: "equality", arity: 2 },
  "!=": { kind: "test", arity: 2, test: (left, right) => left !== right },
  "<": comparison((order) => order < 0),
  "<=": comparison((order) => order <= 0),
  ">": comparison((order) => order > 0),
  ">=": comparison((order) => order >= 0),
  plus: arithmetic((left, right) => left + right),
  minus: arithmetic((left, right) => left - right),
  times: arithmetic((left, right) => left * right),
};
