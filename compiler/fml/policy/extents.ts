/**
 * Values of one variable, as they come out of relations, before they become sets of a field: interned, so that equal
 * ones are one number and vectors of them compare fast.
 */
import { compareConstants } from "../../datalog/constants.ts";
import type { Constant } from "../../datalog/types.ts";
import type { Operator } from "../../syntax/ast.ts";

/** The values of a field: one of these, or none of these, or what compares with one number. */
export type Extent =
  | { readonly kind: "in" | "not in"; readonly values: ReadonlySet<Constant> }
  | { readonly kind: "compare"; readonly operator: Operator; readonly value: Constant };

/** Constants in one order, whatever order they came in. */
export const sortedValues = (values: Iterable<Constant>): Constant[] => [...values].toSorted(compareConstants);

const write = (value: Constant): string => (typeof value === "number" ? `#${value}` : value);

/** Numbers extents; equal extents get the same number. */
export class Extents {
  readonly all: Extent[] = [];
  readonly numbers = new Map<string, number>();

  intern(extent: Extent): number {
    const key =
      extent.kind === "compare"
        ? `${extent.operator}\u0000${write(extent.value)}`
        : `${extent.kind}\u0000${sortedValues(extent.values).map(write).join("\u0000")}`;
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.all.length;
      this.all.push(extent);
      this.numbers.set(key, number);
    }
    return number;
  }

  get(number: number): Extent {
    return this.all[number]!;
  }

  /** The union of several; undefined where it is not an extent itself. */
  union(numbers: readonly number[]): number | undefined {
    const extents = numbers.map((n) => this.get(n));
    if (new Set(numbers).size === 1) return numbers[0];
    const values = new Set<Constant>();
    let excluded: Set<Constant> | undefined;
    for (const extent of extents) {
      if (extent.kind === "compare") return undefined;
      if (extent.kind === "in") for (const v of extent.values) values.add(v);
      else {
        const kept: Set<Constant> | undefined = excluded;
        excluded = new Set([...extent.values].filter((v) => kept?.has(v) ?? true));
      }
    }
    if (excluded === undefined) return this.intern({ kind: "in", values });
    return this.intern({ kind: "not in", values: new Set([...excluded].filter((v) => !values.has(v))) });
  }
}
