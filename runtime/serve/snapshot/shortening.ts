/**
 * A log that grows without end is shortened behind a snapshot: the records before it go, and the log keeps what they have come
 * to. A snapshot waits aside until enough records lie behind it, so that those stay that people and programs ask for by
 * number. With it goes what another policy would decide again, and a record of the log vouches for the whole.
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { readRegularMeanwhile } from "../../process/regular-file.ts";
import type { Log, LogEnd } from "../../log/log.ts";
import type { SnapshotDisk } from "./file.ts";
import { fallenIn, requestIdsIn, serverLines, withSentences, type ServerLines, type SnapshotMark } from "./form.ts";
import { recordsBetween } from "./records.ts";
import type { Retention } from "./retention.ts";
import { KeptSentences, sentenceOf } from "./sentences.ts";

export interface Shortening {
  readonly folder: string;
  readonly log: Pick<Log, "follow" | "snapshot" | "keep">;
  readonly disk: SnapshotDisk;
  readonly retention: Retention;
  /** Records what vouches for the snapshot that the log keeps; resolves once that is durable. */
  readonly vouch: (mark: SnapshotMark) => Promise<void>;
}

/** The log must have room for the snapshot beside its journal, or it would never write again. */
const ROOM = 4;
/** So many requests are looked at between two turns of all else. */
const AT_ONCE = 1_000;

export class Shortener {
  readonly #shortening: Shortening;
  readonly #path: string;
  /** Where the log ended when the snapshot was taken that waits. */
  #waiting: LogEnd | undefined;

  constructor(shortening: Shortening) {
    this.#shortening = shortening;
    this.#path = join(shortening.folder, "snapshot.old");
  }

  /** A snapshot was taken when the log ended there: shortens the log if one waits that is old enough, and else has it wait. */
  async note(end: LogEnd): Promise<void> {
    const { folder, disk, retention } = this.#shortening;
    if (this.#waiting !== undefined && !isOld(this.#waiting, end, retention)) return;
    const lines = serverLines(await readRegularMeanwhile(this.#path).catch(() => Buffer.alloc(0)));
    if (lines !== undefined && !isOld(lines.end, end, retention)) {
      this.#waiting = lines.end;
      return;
    }
    if (lines !== undefined) await this.#shorten(lines, end);
    await disk.remove(this.#path);
    // Whatever becomes of the copy, it is used only if the log vouches for it.
    await copyFile(join(folder, "snapshot"), this.#path);
    this.#waiting = end;
  }

  async #shorten({ end, mark, before, network }: ServerLines, now: LogEnd): Promise<void> {
    const { folder, log, disk, vouch } = this.#shortening;
    const kept = await log.snapshot();
    if ((kept?.at ?? 0) >= end.at || end.at > now.at) return;
    if (!(await isVouched(log, end, mark, now))) return;
    const ids = new Set<string>();
    for (const id of requestIdsIn(network)) {
      ids.add(id);
      if (ids.size % AT_ONCE === 0) await turn();
    }
    const sentences = new KeptSentences();
    const earlier = kept && serverLines(kept.bytes);
    if (kept !== undefined && earlier?.sentences === undefined) return;
    for (const one of earlier?.sentences?.() ?? []) sentences.add(one);
    for await (const records of recordsBetween(log, kept?.at ?? 0, end.at))
      for (const record of records) {
        const one = sentenceOf(record);
        if (one !== undefined) sentences.add(one);
      }
    // What fell under the policy of today may stand under another.
    const fallen = fallenIn(before);
    const standing = sentences.standing(({ id, number }) => ids.has(id!) || fallen.has(number));
    const whole = withSentences({ end, mark, before, network }, standing);
    if ((await disk.free(folder)) < ROOM * whole.bytes.length)
      throw new Error("the disk has no room to shorten the log");
    await vouch(whole.mark);
    await log.keep({ ...end, bytes: whole.bytes });
  }
}

const isOld = (one: LogEnd, end: LogEnd, { records, seconds }: Retention): boolean =>
  end.at - one.at >= records && end.time - one.time >= seconds * 1000;

/** Whether the log vouches for a snapshot, and goes on under its policy: another one was decided from the records. */
async function isVouched(log: Pick<Log, "follow">, end: LogEnd, mark: SnapshotMark, now: LogEnd): Promise<boolean> {
  let found = false;
  for await (const records of recordsBetween(log, end.at, now.at))
    for (const one of records) {
      if (one.n === end.at && one.prev !== end.hash) return false;
      if (one.kind === "policy") return false;
      found ||= one.kind === "snapshot" && one["sum"] === mark.sum && one["digest"] === mark.digest;
    }
  return found;
}
