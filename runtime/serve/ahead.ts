/**
 * Batches that are decided and handed to the log, and not durable yet: the next one is decided while the last is written.
 * They are answered in their order, each once all that it was decided on is durable; so is a rejection or a question, which
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

export class Ahead {
  #size = 0;
  #rest: Promise<void> = Promise.resolve();
  #step = Promise.withResolvers<void>();

  /** The sentences of all batches that wait. */
  get size(): number {
    return this.#size;
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
