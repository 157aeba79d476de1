/** Since when a switch has left unanswered what changes nothing there: questions that one asks to hear whether it answers. */
export class UnansweredQuestion {
  #since: number | undefined;

  /** Milliseconds of `performance.now`; undefined: nothing is unanswered. */
  get since(): number | undefined {
    return this.#since;
  }

  /** Waits for the answer. One question at a time. */
  async until<T>(answer: Promise<T>): Promise<T> {
    this.#since = performance.now();
    try {
      return await answer;
    } finally {
      this.#since = undefined;
    }
  }
}
