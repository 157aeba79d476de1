/** How far an apply has come → what is known of its switch at that moment, also where it fails or is interrupted. */

/** What is known of a switch that an apply is at work on. */
export interface Known {
  /** `unknown`: the switch may be carrying something out just now, or the connection broke while it did. */
  readonly state: "unchanged" | "changed" | "unknown";
  /** Whether its entries are as before. What else changed is meters, queues or settings. */
  readonly entriesStand: boolean;
}

/**
 * `resources`: meters and queues are being made. `made`: they are there. `entries`: the switch may be changing entries.
 * `sent`: it has changed them.
 */
export type Stage = "before" | "resources" | "made" | "entries" | "sent";

export class Progress {
  /** Seconds by which the timeouts of entries reached the switch late. */
  late = 0;
  #stage: Stage = "before";
  #secured = false;
  readonly #watch: ((known: Known) => void) | undefined;

  constructor(watch?: (known: Known) => void) {
    this.#watch = watch;
  }

  /** fail_mode=secure was set, or is being set, which empties the tables. */
  get secured(): boolean {
    return this.#secured;
  }

  reach(stage: Stage): void {
    this.#stage = stage;
    this.#watch?.(this.known);
  }

  secure(): void {
    this.#secured = true;
    this.#watch?.(this.known);
  }

  get known(): Known {
    const entriesStand = !this.#secured;
    switch (this.#stage) {
      case "before":
        return { state: this.#secured ? "changed" : "unchanged", entriesStand };
      case "resources":
        return { state: "unknown", entriesStand };
      case "made":
        return { state: "changed", entriesStand };
      case "entries":
        return { state: "unknown", entriesStand: false };
      case "sent":
        return { state: "changed", entriesStand: false };
    }
  }
}
