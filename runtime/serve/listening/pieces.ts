/**
 * A stream → its pieces, one at a time. What comes while nobody waits for it stays on its way: the peer is read more slowly. An
 * iterator of the stream itself, and a clock for each piece, would be a quarter of what a short sentence costs beside its decision.
 */
import type { Duplex } from "node:stream";

export class Pieces {
  readonly #stream: Duplex;
  /** What came, and nobody has waited for yet. */
  #come: Uint8Array[] = [];
  #isOver = false;
  #fault: Error | undefined;
  #waiting: PromiseWithResolvers<Uint8Array | undefined> | undefined;
  #clock: NodeJS.Timeout | undefined;
  #milliseconds = -1;
  #why = "";

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", this.#take).on("end", this.#end).on("error", this.#fail).on("close", this.#close);
  }

  /** The next one; undefined: the peer says no more. Rejects with `why` if it takes longer, and where the stream is lost. */
  next(milliseconds: number, why: string): Promise<Uint8Array | undefined> {
    const piece = this.#come.shift();
    if (piece !== undefined) {
      if (this.#come.length === 0) this.#stream.resume();
      return Promise.resolve(piece);
    }
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    if (this.#isOver) return Promise.resolve(undefined);
    this.#wind(milliseconds, why);
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** Takes no more: what still comes is not read here, and who waits for it hears so. */
  stop(): void {
    this.#come = [];
    this.#fail(new Error("the connection was let go"));
    this.#stream.off("data", this.#take).off("end", this.#end).off("error", this.#fail).off("close", this.#close);
  }

  /** One clock goes on from piece to piece. It may run out while nobody waits. */
  #wind(milliseconds: number, why: string): void {
    this.#why = why;
    if (milliseconds === this.#milliseconds) {
      this.#clock!.refresh();
      return;
    }
    clearTimeout(this.#clock);
    this.#milliseconds = milliseconds;
    this.#clock = setTimeout(() => this.#settle()?.reject(new Error(this.#why)), Math.max(0, milliseconds));
  }

  #settle(): PromiseWithResolvers<Uint8Array | undefined> | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  readonly #take = (piece: Uint8Array): void => {
    const waiting = this.#settle();
    if (waiting !== undefined) {
      waiting.resolve(piece);
      return;
    }
    this.#come.push(piece);
    this.#stream.pause();
  };

  readonly #end = (): void => {
    this.#isOver = true;
    clearTimeout(this.#clock);
    this.#settle()?.resolve(undefined);
  };

  readonly #fail = (error: Error): void => {
    this.#fault ??= error;
    clearTimeout(this.#clock);
    this.#settle()?.reject(this.#fault);
  };

  readonly #close = (): void => {
    if (!this.#isOver) this.#fail(new Error("the connection was lost"));
  };
}
