/** Cables of networks that several tests use: the ends of each as `SWITCH:PORT`. */

/** s1, s2, s3 and s4 in a ring. */
export const RING_OF_FOUR = [
  ["s1:10", "s2:10"],
  ["s2:11", "s3:10"],
  ["s3:11", "s4:10"],
  ["s4:11", "s1:11"],
] as const;
