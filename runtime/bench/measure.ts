/** How a figure is taken: warmed up, repeated, the median of what the processor spent or of what the wall clock showed. */

export interface Measured {
  /** Milliseconds of wall time. */
  readonly wall: number;
  /** Milliseconds of processor time of this process, all threads: steadier on a machine with other work. */
  readonly cpu: number;
}

/** The middle one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** One of a hundred is longer. */
export const p99 = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)]!;

/** One run. */
export async function once(job: () => unknown): Promise<Measured> {
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const begin = performance.now();
  await job();
  const wall = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / 1000 };
}

/** The medians of several runs after `warm` unmeasured ones; `job` must do the same each time. */
export async function measure(job: () => unknown, { runs = 3, warm = 1 } = {}): Promise<Measured> {
  for (let i = 0; i < warm; i += 1) await job();
  const all: Measured[] = [];
  for (let i = 0; i < runs; i += 1) all.push(await once(job));
  return { wall: median(all.map((one) => one.wall)), cpu: median(all.map((one) => one.cpu)) };
}

/** Median milliseconds of single steps, each measured alone: what one more request costs. */
export function medianStep(steps: number, step: (index: number) => void): number {
  const times: number[] = [];
  for (let i = 0; i < steps; i += 1) {
    const begin = performance.now();
    step(i);
    times.push(performance.now() - begin);
  }
  return median(times);
}
