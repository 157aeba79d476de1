/** Addresses as values. Parsing is exact: `010.1.1.1` and `10.1` are errors, never octal or short forms. */

/** An IP address. IPv4 as an unsigned 32-bit number, IPv6 as a 128-bit integer. */
export type Ip = { readonly family: 4; readonly value: number } | { readonly family: 6; readonly value: bigint };

/** An address block; the bits below `length` are zero. */
export interface Prefix {
  readonly address: Ip;
  /** Number of leading bits that are fixed: 0-32 or 0-128. */
  readonly length: number;
}
