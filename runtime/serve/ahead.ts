/**
 * Batches that are decided and handed to the log, and not durable yet: the next one is decided while the last is written,
 * once enough waits. They are answered in their order, each once all that it was decided on is durable; so is a rejection or a question, which
 * tells of that, too.
 */

/** What becomes of a batch. */
export interface Batched {
  /** Its sentences. */
  readonly size: number;
  /** Resolves once its records, if it has any, are durable. */
  readonly written: Promise<void>;
  /** It and all before it are durable. */
  readonly answer: () => void;
  /** It is not, or `answer` threw. */
  readonly fail: (error: unknown) => void;
}

/** The most sentences that are decided and not durable yet. */
const MOST = 256;

/**
 * While a batch is written the next one begins once so many wait, about what one takes. Of fewer each would be a batch of
 * its own, which costs more than the sentence in it and would wait for the disk all the same: a server with much to do, or a
 * slow machine, fell behind by that alone.
 */
const ENOUGH = 8;

export class Ahead {
  #size = 0;
  #rest: Promise<void> = Promise.resolve();
  #step = Promise.withResolvers<void>();

  /** The sentences of all batches that wait. */
  get size(): number {
    return this.#size;
  }

  /** So many sentences may be decided before anything more is durable. */
  get room(): number {
    return MOST - this.#size;
  }

  /** Whether a batch begins now of so many that wait. */
  takes(waiting: number): boolean {
    return this.#size === 0 ? waiting > 0 : waiting >= ENOUGH && this.room > 0;
  }

  /** Resolves when all that was added so far was answered, or has failed. */
  get rest(): Promise<void> {
    return this.#rest;
  }

  /** Resolves at the next batch that is answered, or at `wake`. */
  get step(): Promise<void> {
    return this.#step.promise;
  }

  add({ size, written, answer, fail }: Batched): void {
    const before = this.#rest;
    this.#size += size;
    const end = async (): Promise<void> => {
      try {
        await Promise.all([before, written]);
        answer();
      } catch (error) {
        fail(error);
      } finally {
        this.#size -= size;
        this.wake();
      }
    };
    this.#rest = end();
  }

  /** There is something to do. */
  wake(): void {
    this.#step.resolve();
    this.#step = Promise.withResolvers();
  }
}
