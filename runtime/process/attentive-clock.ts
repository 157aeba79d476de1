/**
 * How long this process could have read an answer. While it is busy with something else, or does not run at all, nothing that
 * waits for it is late: what is asked of others is measured by this, and not by the time that has passed.
 */

/** Milliseconds between two looks. Of what passes between these no more than twice as much counts. */
const LOOK = 50;

let counted = 0;
let last = 0;
let timer: ReturnType<typeof setInterval> | undefined;

const sinceLook = (now: number): number => Math.min(now - last, 2 * LOOK);

/** Milliseconds in which the process attended to what comes in, since this was asked first. */
export function attentiveNow(): number {
  const now = performance.now();
  if (timer === undefined) {
    last = now;
    timer = setInterval(() => {
      const then = performance.now();
      counted += sinceLook(then);
      last = then;
    }, LOOK).unref();
  }
  return counted + sinceLook(now);
}

/** Calls `done` once the process has attended for so many milliseconds; returns what ends the wait before that. */
export function afterAttentive(milliseconds: number, done: () => void): () => void {
  const due = attentiveNow() + milliseconds;
  let waiting: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    const left = due - attentiveNow();
    if (left <= 0) done();
    else waiting = setTimeout(wait, Math.max(1, left));
  };
  waiting = setTimeout(wait, milliseconds);
  return () => clearTimeout(waiting);
}
