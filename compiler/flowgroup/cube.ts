/**
 * A cube is a product of one value set per field; a flowgroup is a finite union of cubes. These are the shapes; the
 * operations stand in the files beside this one.
 */
import type { Ip } from "../net/address.ts";
import type { Field } from "./fields.ts";

/**
 * A set of values of one field, canonical: equal sets are structurally equal. `absent` says whether packets that lack
 * the field are held.
 * INVARIANT: never empty, and never the whole domain with absent (that is no constraint at all).
 */
export type FieldSet =
  | {
      readonly kind: "number";
      readonly absent: boolean;
      /** Sorted, disjoint, non-adjacent closed ranges, flat: lo, hi, lo, hi, … */
      readonly ranges: readonly number[];
    }
  | {
      readonly kind: "ip";
      readonly absent: boolean;
      /** As `ranges`, of IPv4 addresses as unsigned 32-bit numbers. */
      readonly v4: readonly number[];
      /** As `ranges`, of IPv6 addresses as 128-bit integers. */
      readonly v6: readonly bigint[];
    }
  | {
      readonly kind: "name";
      readonly absent: boolean;
      /** True: all names except these. */
      readonly not: boolean;
      /** Sorted by UTF-16 units, without duplicates. */
      readonly names: readonly string[];
    };

/**
 * A product of field sets. `mask` has bit i set where `FIELDS[i]` is constrained; `sets` holds the constraints of those
 * fields in field order. The cube without constraints is all flows.
 */
export interface Cube {
  readonly mask: number;
  readonly sets: readonly FieldSet[];
}

/** A union of cubes; the empty list is the empty set. */
export interface Flowgroup {
  readonly cubes: readonly Cube[];
}

/** The value of one field of one flow. Names are strings, numbers are numbers, addresses know their family. */
export type Value = number | string | Ip;

/** A point: one value for every field; a missing field is absent. */
export type Flow = { readonly [F in Field]?: Value };
