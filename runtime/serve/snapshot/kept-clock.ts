/**
 * How far the clock of decisions has come, kept beside the log: a record tells it only up to when something was said last,
 * and what began or ended by itself since has no record. The file has the form of the log's head, with milliseconds for
 * records.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { LogError, logFaultKind } from "../../log/log.ts";
import { createHead, HeadKeeper, readHead } from "../../log/sqlite/head.ts";

const fileIn = (folder: string): string => join(folder, "clock");

/** What stands for a hash. */
const UNIT = "milliseconds";

/**
 * The Unix milliseconds that were kept last; 0: there are none.
 *
 * @throws {LogError} The file is damaged, or is none.
 */
export function readClock(folder: string): number {
  const file = fileIn(folder);
  try {
    return readHead(file)?.at ?? 0;
  } catch (error) {
    if (logFaultKind(error) !== "damaged") {
      const message = `${file} cannot be used: ${(error as Error).message}`;
      throw new LogError({ kind: "unsuitable", message, help: "move it away: the server makes a file there" });
    }
    // A start that was killed had made the file, and nothing in it.
    if (statSync(file).size === 0) return 0;
    throw new LogError({
      kind: "damaged",
      message: `${file} is damaged, so it is not known how far the clock of this state has come`,
      help: "see that the machine's clock is right, and remove that file",
    });
  }
}

/** Keeps the clock. Only who leads the log of the state may make one. */
export class KeptClock {
  readonly #keeper: HeadKeeper | undefined;

  /** @param failed Called once, where it cannot be written. */
  constructor(folder: string, failed: (error: unknown) => void) {
    const file = fileIn(folder);
    try {
      if (readClock(folder) === 0) createHead(file, { at: 0, hash: UNIT });
      this.#keeper = new HeadKeeper(file, failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Resolves once it is durable that the clock has come so far (Unix milliseconds), or cannot be. */
  async keep(at: number): Promise<void> {
    await this.#keeper?.keep({ at, hash: UNIT });
  }

  async close(): Promise<void> {
    await this.#keeper?.close();
  }
}
