/**
 * A switch in user space needs commands for its queues, which a server runs or has nobody for. Where one fails the switch
 * gets its table without any queue until it is looked at again: all else that was said is in force.
 */
import { filterFailed } from "#compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { applyTo, type ApplyOptions } from "../../controller/index.ts";

export class QueueCommands {
  readonly #runner: ApplyOptions["runFilter"];
  readonly #failed: (faults: readonly Diagnostic[]) => void;
  #mayRun = true;

  /** @param failed Called with why commands have failed. */
  constructor({ runFilter }: Pick<ApplyOptions, "runFilter">, failed: (faults: readonly Diagnostic[]) => void) {
    this.#runner = runFilter;
    this.#failed = failed;
  }

  /** Whether queues are made in user space. */
  get areRun(): boolean {
    return this.#mayRun && this.#runner !== undefined;
  }

  /** They are tried again. */
  retry(): void {
    this.#mayRun = true;
  }

  /** `applyTo`, and without queues where their commands fail. */
  readonly applyTo: typeof applyTo = async (session, table, options) => {
    const runFilter = this.areRun ? this.#runner : undefined;
    const result = await applyTo(session, table, { ...options, runFilter });
    if (runFilter === undefined || result.outcome !== "failed") return result;
    if (!result.diagnostics.some(({ code }) => code === filterFailed.code)) return result;
    this.#mayRun = false;
    this.#failed(result.diagnostics);
    return applyTo(session, table, { ...options, runFilter: undefined });
  };
}
