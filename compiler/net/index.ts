/** Value types of networks with exact parsing and canonical printing: addresses, prefixes, rates, times, covers. */
export * from "./address.ts";
export * from "./cover.ts";
export * from "./parsed.ts";
export * from "./prefix.ts";
export * from "./rate.ts";
export * from "./special.ts";
export * from "./time.ts";
