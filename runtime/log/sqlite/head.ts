/**
 * The head of the log, kept outside of the database. SQLite takes a damaged end of its journal for the end of the journal,
 * and the records behind it would be missing without a word. So a small file says how long the log was. It is written for
 * one batch of records while the next one is committed, so it may lag behind by one batch, and is never ahead.
 *
 * Two places in the file are written in turn. A torn write destroys one of them, and the other one holds.
 */
import { closeSync, constants, fsyncSync, writeSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import { openRegular, readRegular } from "../../process/regular-file.ts";
import { LogError } from "../log.ts";
import { recordHash } from "../record.ts";

export interface KeptHead {
  /** How many records there were, and the hash of the last of them. */
  readonly at: number;
  readonly hash: string;
}

const PLACES = [0, 4096] as const;
const SIZE = 512;

/** One place: `AT HASH CHECK`, padded with blanks to its size. */
function written({ at, hash }: KeptHead): Buffer {
  const text = `${at} ${hash}`;
  return Buffer.from(`${text} ${recordHash(text)}`.padEnd(SIZE - 1).concat("\n"));
}

function readPlace(bytes: Buffer): KeptHead | undefined {
  const [at, hash, check, ...rest] = bytes.toString("latin1").trimEnd().split(" ");
  if (check === undefined || rest.length > 0 || recordHash(`${at} ${hash}`) !== check) return undefined;
  return { at: Number(at), hash: hash! };
}

/** The head that was kept last, or undefined if there is no file. Throws `damaged` if neither place can be read. */
export function readHead(file: string): KeptHead | undefined {
  let bytes: Buffer;
  try {
    bytes = readRegular(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const heads = PLACES.flatMap((place) => readPlace(bytes.subarray(place, place + SIZE)) ?? []);
  if (heads.length > 0) return heads.reduce((a, b) => (b.at > a.at ? b : a));
  throw new LogError({
    kind: "damaged",
    message: `${file} is damaged, so the end of the log cannot be checked`,
    help: "compare the last record with a backup, a replica or a receipt; only if it is the last one, remove that file",
  });
}

/** Writes the file with one head in both places. */
export function createHead(file: string, head: KeptHead): void {
  const fd = openRegular(file, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC);
  for (const place of PLACES) writeSync(fd, written(head), 0, SIZE, place);
  fsyncSync(fd);
  closeSync(fd);
}

/** Keeps the head up to date: one write at a time, always of the latest. */
export class HeadKeeper {
  readonly #file: Promise<FileHandle>;
  readonly #failed: (error: unknown) => void;
  #next: KeptHead | undefined;
  #place = 0;
  #writing: Promise<void> | undefined;

  /** The file must be there. `failed` is called once if it cannot be written. */
  constructor(file: string, failed: (error: unknown) => void) {
    this.#file = open(file, constants.O_WRONLY | constants.O_DSYNC);
    this.#failed = failed;
    this.#file.catch(() => undefined);
  }

  /** The log is durable up to here. Resolves once this or a later one is written, or cannot be. */
  keep(head: KeptHead): Promise<void> {
    this.#next = head;
    return (this.#writing ??= this.#write());
  }

  /** Resolves when the latest head is written. */
  async close(): Promise<void> {
    await this.#writing;
    await (await this.#file).close();
  }

  async #write(): Promise<void> {
    try {
      // Who waits for the batch is answered first. That of the next batch is not kept before this one is begun.
      await turn();
      const file = await this.#file;
      while (this.#next !== undefined) {
        const head = this.#next;
        this.#next = undefined;
        this.#place = 1 - this.#place;
        // It is on the disk when this resolves: one call for each batch, and not a second one that syncs.
        await file.write(written(head), 0, SIZE, PLACES[this.#place]);
      }
      this.#writing = undefined;
    } catch (error) {
      // `#writing` stays: a file that failed is never written again.
      this.#failed(error);
    }
  }
}
