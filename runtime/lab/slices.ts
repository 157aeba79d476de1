/** Bytes received, by slice of the clock: slice `n` begins `n · SLICE` milliseconds after the epoch. Pure. */

/** The length of a slice in milliseconds. */
export const SLICE = 20;

export type Slices = Readonly<Record<number, number>>;

/** The Mbit/s between two instants in milliseconds. Only whole slices count. */
export function throughput(slices: Slices, from: number, to: number): number {
  const [first, end] = [Math.ceil(from / SLICE), Math.floor(to / SLICE)];
  if (end <= first) return 0;
  const bytes = Object.entries(slices).reduce(
    (sum, [slice, count]) => (Number(slice) >= first && Number(slice) < end ? sum + count : sum),
    0,
  );
  return (bytes * 8) / ((end - first) * SLICE * 1000);
}
