/**
 * The bridges that a state's server has held, by their datapath ids, kept beside its log: a server and a switch that start
 * again together must not be strangers, or the bridge's own entry would stand in the place of ours.
 */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LogError } from "../../log/log.ts";
import { NoRegularFile, readRegular } from "../../process/regular-file.ts";

const FILE = "held.bridges";

export class HeldBefore {
  readonly #path: string;
  readonly #notice: (sentence: string) => void;
  readonly #ids: Set<bigint>;

  /**
   * Only who leads the log of the state may make one.
   *
   * @param notice Called with a sentence where a bridge cannot be noted.
   * @throws {LogError} What has the file's name is no regular file.
   */
  constructor(folder: string, notice: (sentence: string) => void) {
    this.#path = join(folder, FILE);
    this.#notice = notice;
    this.#ids = new Set(read(this.#path));
  }

  has(id: bigint): boolean {
    return this.#ids.has(id);
  }

  /** Notes that the bridge has a table of ours, once. A disk that takes no more keeps no table from a switch. */
  add(id: bigint): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    const lines = [...this.#ids].map((one) => `${one.toString(16).padStart(16, "0")}\n`);
    const written = `${this.#path}.new`;
    try {
      rmSync(written, { force: true });
      writeFileSync(written, lines.join(""), { flag: "wx", mode: 0o600, flush: true });
      renameSync(written, this.#path);
    } catch (error) {
      this.#notice(`after the next start a bridge counts as a new one: ${(error as Error).message}`);
    }
  }
}

/** A line that is not as it was written is none: its bridge counts as a new one. */
function read(path: string): readonly bigint[] {
  try {
    const lines = readRegular(path).toString().split("\n");
    return lines.flatMap((line) => (/^[0-9a-f]{16}$/.test(line) ? [BigInt(`0x${line}`)] : []));
  } catch (error) {
    if (!(error instanceof NoRegularFile)) return [];
    const message = `${path} cannot be used: ${error.message}`;
    throw new LogError({ kind: "unsuitable", message, help: "move it away: the server makes a file there" });
  }
}
