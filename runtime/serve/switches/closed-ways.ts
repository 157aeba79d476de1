/**
 * Whether ways that have changed are drops on a switch, since another may have older ones (NETWORK, "Sending"), and a word where
 * that takes long.
 */
import { waysClosed } from "#compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";

export class ClosedWays {
  #since: number | undefined;
  #isTold = false;

  get stand(): boolean {
    return this.#since !== undefined;
  }

  /** The switch has taken what it was to have, with drops or without. */
  taken(isClosed: boolean): void {
    this.#since = isClosed ? (this.#since ?? performance.now()) : undefined;
    this.#isTold &&= isClosed;
  }

  /** What is to be told once they have stood for `long` milliseconds; empty before, and where it was told. */
  look(target: string, long: number): readonly Diagnostic[] {
    if (this.#isTold || this.#since === undefined || performance.now() - this.#since < long) return [];
    this.#isTold = true;
    return [waysClosed({ target }, { help: OTHERS })];
  }
}

const OTHERS =
  "bring back the switches that are away, and hold each switch of the policy with --switch or --listen; a `Cancel` of what " +
  "changed the ways opens them, too, where the others had nothing of it";
