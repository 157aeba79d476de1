/** The progress of an apply → what is known of its switch at that moment, even if the apply fails or is interrupted. */

import { connectionLost, databaseLost, noAnswer } from "../../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import type { Bridge } from "../../ovsdb/index.ts";

/** What is known of a switch while an apply changes it. */
export interface SwitchKnown {
  /** `unknown`: the switch may be carrying a change out, or the connection broke while it did. */
  readonly state: "unchanged" | "changed" | "unknown";
  /** Whether none of its entries was changed. Only meters, queues or settings may then have been. */
  readonly entriesStand: boolean;
}

/**
 * `resources`: meters and queues are being made. `made`: they are there. `entries`: the switch may be changing entries.
 * `sent`: the entries have changed.
 */
type Reached = "before" | "resources" | "made" | "entries" | "sent";

/** The progress of one apply. `watch` is called at each change. */
export class Progress {
  /** Seconds by which the timeouts of entries reached the switch late. */
  late = 0;
  /** The bridge, once it is known. Of a datapath in user space cached flows may outlive their entries. */
  bridge: Pick<Bridge, "name" | "userspace"> | undefined;
  #reached: Reached = "before";
  #secured = false;
  /** Whether some attempt has changed entries. */
  #sent = false;
  readonly #watch: ((known: SwitchKnown) => void) | undefined;

  constructor(watch?: (known: SwitchKnown) => void) {
    this.#watch = watch;
  }

  /** Whether fail_mode=secure was set, or is being set. Setting it empties the tables. */
  get secured(): boolean {
    return this.#secured;
  }

  reach(reached: Reached): void {
    this.#reached = reached;
    this.#sent ||= reached === "sent";
    this.#watch?.(this.known);
  }

  secure(): void {
    this.#secured = true;
    this.#watch?.(this.known);
  }

  get known(): SwitchKnown {
    const entriesStand = !this.#secured && !this.#sent;
    switch (this.#reached) {
      case "before":
        return { state: entriesStand ? "unchanged" : "changed", entriesStand };
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

/** The remedy for every apply that did not finish. */
export const APPLY_AGAIN = "apply again: it reads what the switch holds, and sends what is missing";

/** What an apply has left on the switch, in words for a remedy. */
export const standing = ({ secured, known: { state, entriesStand } }: Progress): string => {
  if (state === "unchanged") return "nothing of this one is on the switch";
  if (entriesStand) return "of this one only meters or queues are on the switch, which no entry uses";
  return secured
    ? "until then nothing may pass: fail_mode=secure was set, which emptied the tables"
    : "a part of this one may be on the switch";
};

/** Adds the remedy to a fault of a connection. It is the same for all, because each apply first reads the switch. */
export function withRemedy(fault: Diagnostic): Diagnostic {
  if (fault.help !== undefined || !LOST.has(fault.code)) return fault;
  return { ...fault, help: APPLY_AGAIN };
}

const LOST: ReadonlySet<string> = new Set([noAnswer, connectionLost, databaseLost].map(({ code }) => code));
