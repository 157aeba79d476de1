/**
 * Several who each wait for one answer before they ask for the next: without a pause, or at a load that is offered.
 *
 * Those who ask again as soon as they are answered find out how much is done at most. Of n of them each waits for the others:
 * on the average n / throughput, whatever is done in that time (Little's law). What they wait who ask for less is measured at
 * a part of that, from the instant at which each question was due: one that comes late, since the one before was answered
 * late, has waited since then.
 */
import { setTimeout as pause } from "node:timers/promises";

export interface Waits {
  /** Milliseconds of each. */
  readonly times: readonly number[];
  /** Answers a second. */
  readonly rate: number;
}

/**
 * @param every Each asks once in so many milliseconds, all of them evenly apart; 0: at once.
 * @param ask Rejects where the answer is not the right one.
 */
export async function waits(
  askers: number,
  seconds: number,
  ask: (asker: number) => Promise<void>,
  every = 0,
): Promise<Waits> {
  const times: number[] = [];
  const begin = performance.now();
  const one = async (_: unknown, asker: number): Promise<void> => {
    let due = begin + (every * asker) / askers;
    while (performance.now() - begin < seconds * 1000) {
      const early = due - performance.now();
      if (every > 0 && early > 0) await pause(early);
      const asked = every > 0 ? due : performance.now();
      await ask(asker);
      times.push(performance.now() - asked);
      due += every;
    }
  };
  await Promise.all(Array.from({ length: askers }, one));
  return { times, rate: (1000 * times.length) / (performance.now() - begin) };
}
