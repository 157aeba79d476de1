/** What a switch is asked, and how long it leaves that unanswered while we could have read an answer. */
import { afterAttentive, attentiveNow } from "../../process/attentive-clock.ts";

/** Since when a switch has left unanswered what it was asked, and a word where that takes long. */
export class UnansweredQuestion {
  /** Milliseconds after which an answer takes long. */
  readonly long: number;
  readonly #tell: (target: string, long: number) => void;
  readonly #over: (hasAnswered: boolean) => void;
  #since: number | undefined;

  /**
   * @param long Milliseconds after which `tell` is called with the switch.
   * @param over Called once nothing is waited for.
   */
  constructor(long: number, tell: (target: string, long: number) => void, over: (hasAnswered: boolean) => void) {
    this.long = long;
    this.#tell = tell;
    this.#over = over;
  }

  /** Milliseconds of `attentiveNow`; undefined: no question is unanswered that changes nothing there. */
  get since(): number | undefined {
    return this.#since;
  }

  /** Waits for the answer to a question that changes nothing there: one asks to hear whether it answers. One at a time. */
  async until<T>(asked: Asked, answer: Promise<T>): Promise<T> {
    this.#since = attentiveNow();
    try {
      return await this.watch(asked, answer);
    } finally {
      this.#since = undefined;
    }
  }

  /** Waits for any answer that does not take long where the switch answers. */
  async watch<T>(asked: Asked, answer: Promise<T>): Promise<T> {
    const end = afterAttentive(this.long, () => this.#tell(asked.target, this.long));
    let hasAnswered = false;
    try {
      const answered = await answer;
      hasAnswered = asked.fault === undefined;
      return answered;
    } finally {
      end();
      this.#over(hasAnswered);
    }
  }
}

/** A connection with a switch. */
interface Asked {
  readonly target: string;
  /** Present once the connection is lost. */
  readonly fault?: unknown;
}
