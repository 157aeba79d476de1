/**
 * A switch in user space needs commands for its queues, which a server runs or has nobody for. Where one fails the switch
 * gets its table without any queue until it is looked at again: all else that was said is in force.
 */
import { filterFailed } from "#compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { applyTo, type ApplyOptions } from "../../controller/index.ts";
import { unreservedBy, type Unreserved } from "./events.ts";

export class QueueCommands {
  readonly #runner: ApplyOptions["runFilter"];
  readonly #failed: (faults: readonly Diagnostic[]) => void;
  #mayRun = true;
  #isUserspace = false;
  #lacking: Unreserved | undefined;

  /** @param failed Called with why commands have failed. */
  constructor({ runFilter }: Pick<ApplyOptions, "runFilter">, failed: (faults: readonly Diagnostic[]) => void) {
    this.#runner = runFilter;
    this.#failed = failed;
  }

  /** Whether queues are made in user space. */
  get areRun(): boolean {
    return this.#mayRun && this.#runner !== undefined;
  }

  /** Why the switch is known to lack queues; undefined: it had all that were asked for when it was read back last. */
  get unreserved(): Unreserved | undefined {
    return this.#isUserspace && !this.areRun ? "userspace" : this.#lacking;
  }

  /** They are tried again. */
  retry(): void {
    this.#mayRun = true;
  }

  /** `applyTo`, and without queues where their commands fail. */
  readonly applyTo: typeof applyTo = async (session, table, options) => {
    const result = await this.#apply(session, table, options);
    if (result.outcome === "failed") return result;
    // A database that is away does not tell; what it told last is still so.
    this.#isUserspace ||= result.userspace !== undefined;
    this.#lacking = unreservedBy(result.diagnostics);
    return result;
  };

  readonly #apply: typeof applyTo = async (session, table, options) => {
    const runFilter = this.areRun ? this.#runner : undefined;
    const result = await applyTo(session, table, { ...options, runFilter });
    if (runFilter === undefined || result.outcome !== "failed") return result;
    if (!result.diagnostics.some(({ code }) => code === filterFailed.code)) return result;
    this.#mayRun = false;
    this.#failed(result.diagnostics);
    return applyTo(session, table, { ...options, runFilter: undefined });
  };
}
