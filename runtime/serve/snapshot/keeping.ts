/**
 * When a snapshot is taken, and how: a log that has grown by enough records gets one, in parts between which statements
 * are decided as ever. A snapshot that cannot be written costs the next start time, and nothing else.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { TakenSnapshot } from "#compiler/admission/snapshot/snapshot.ts";
import type { Log, LogEnd } from "../../log/log.ts";
import type { RecordDraft } from "../../log/record.ts";
import type { TakenBooks } from "./books.ts";
import { DISK, writeSnapshotFile, type SnapshotDisk } from "./file.ts";
import { serverSnapshotParts, type FallenSentence, type SnapshotMark } from "./form.ts";
import { RETENTION, type Retention } from "./retention.ts";
import { Shortener } from "./shortening.ts";

/** What a network and its log are at one instant, all of it durable. */
export interface Captured {
  readonly end: LogEnd;
  readonly network: TakenSnapshot;
  readonly books: TakenBooks;
  /** What a changed policy does not take, and is still missed. */
  readonly fallen: readonly FallenSentence[];
}

export interface SnapshotKeeping {
  /** The folder of the log. */
  readonly folder: string;
  readonly log: Pick<Log, "follow" | "snapshot" | "keep">;
  /** How many records the snapshot at hand holds; 0: there is none. */
  readonly kept: number;
  /** The number of the next record. */
  readonly next: () => number;
  readonly capture: () => Promise<Captured>;
  /** Records what vouches for a snapshot; resolves once that is durable. */
  readonly note: (draft: RecordDraft) => Promise<void>;
  /** Hears why a snapshot could not be written, once for each reason. */
  readonly failed: (reason: string) => void;
  readonly disk?: SnapshotDisk;
  /** The records after which a snapshot is taken, of a network with few requests. */
  readonly every?: number;
  /** What stays of the log. */
  readonly retention?: Retention;
}

/** A restart carries out so many records in a second or two; more often, snapshots take their part of each answer. */
const EVERY = 8_192;
/** One more for so many standing requests: what a snapshot costs is in proportion to what was decided since. */
const STANDING = 16;
/** Bytes that a request has in a snapshot, generously: a disk without room for twice as much is left to the log. */
const BYTES = 1_000;
/** Milliseconds between two looks. */
const LOOK = 1_000;
/**
 * So many times as long as a part was made nothing more of a snapshot is: it takes a fifth of the processor, however little
 * of it what is said leaves free. Turn by turn with sentences it took a half, and a server that had enough to do fell behind.
 */
const REST = 4;
/** Milliseconds of one such rest at the most: a part that took longer was held up by others. */
const MOST_REST = 25;

export class SnapshotKeeper {
  readonly #keeping: SnapshotKeeping;
  readonly #shortener: Shortener;
  #kept: number;
  /** Requests in the last snapshot. */
  #standing = 0;
  #timer: NodeJS.Timeout | undefined;
  #taking: Promise<void> | undefined;
  #reason: string | undefined;
  /** Whoever ends the server waits for what is being taken, and nobody says anything any more. */
  #isEnding = false;
  /** After a failure the log must grow up to here before it is tried again. */
  #notBefore = 0;

  constructor(keeping: SnapshotKeeping) {
    this.#keeping = keeping;
    const { folder, log, note, disk = DISK, retention = RETENTION } = keeping;
    this.#shortener = new Shortener({ folder, log, disk, retention, vouch: (mark) => note(draftOfMark(mark)) });
    this.#kept = keeping.kept;
  }

  /** Whether enough was recorded since the last one. */
  get isDue(): boolean {
    const { next, every = EVERY } = this.#keeping;
    return next() - this.#kept >= every + this.#standing / STANDING && next() >= this.#notBefore;
  }

  /** Looks every second from now on. */
  start(): void {
    this.#timer = setInterval(() => {
      if (this.isDue) void this.take();
    }, LOOK);
    this.#timer.unref();
  }

  /** Takes a snapshot now, or waits for the one that is being taken. It never rejects. */
  take(): Promise<void> {
    this.#taking ??= this.#take().then(
      () => {
        this.#taking = undefined;
        this.#reason = undefined;
      },
      (error: unknown) => {
        this.#taking = undefined;
        this.#notBefore = this.#keeping.next() + (this.#keeping.every ?? EVERY);
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== this.#reason) this.#keeping.failed(reason);
        this.#reason = reason;
      },
    );
    return this.#taking;
  }

  /** Takes no more of itself; resolves when none is being taken. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    clearInterval(this.#timer);
    await this.#taking;
  }

  /** The last one of a server that ends in peace, where that saves the next start time worth waiting for. */
  async end(): Promise<void> {
    await this.stop();
    const { next, every = EVERY } = this.#keeping;
    if (next() - this.#kept >= every / 8) await this.take();
  }

  async #take(): Promise<void> {
    const { folder, capture, note, disk = DISK } = this.#keeping;
    const { end, network, books, fallen } = await capture();
    const wanted = 2 * BYTES * (network.requests.length + network.shares.length);
    if ((await disk.free(folder)) < wanted) throw new Error("the disk has no room for it beside the log");
    const parts = serverSnapshotParts({ end, fallen, network, ...books });
    const rest = async (spent: number): Promise<void> => {
      if (!this.#isEnding) await pause(Math.min(REST * spent, MOST_REST));
    };
    await writeSnapshotFile(folder, parts, (mark) => note(draftOfMark(mark)), disk, rest);
    this.#kept = end.at;
    this.#standing = network.requests.length;
    await this.#shortener.note(end);
  }
}

/** The record that vouches for a snapshot. */
const draftOfMark = ({ of, sum, digest }: SnapshotMark): RecordDraft => ({ kind: "snapshot", of, sum, digest });
