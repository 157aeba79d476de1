/**
 * What a start may begin from: the newest snapshot for which the log vouches, and the records behind it. Whatever is
 * damaged, altered or of another log is left aside with a sentence, and the records say it all once more.
 */
import { LogError, logFaultKind, type Log, type LogEnd } from "../../log/log.ts";
import type { LogRecord } from "../../log/record.ts";
import { snapshotFiles } from "./file.ts";
import { readServerSnapshot, type ReadServerSnapshot, type ServerSnapshot } from "./form.ts";
import { recordsBetween } from "./records.ts";

export interface Base {
  readonly snapshot: ServerSnapshot;
  /** The records behind it. */
  readonly tail: readonly LogRecord[];
}

interface Candidate {
  /** Where it lies, for sentences. */
  readonly where: string;
  readonly read: ReadServerSnapshot | string;
}

/**
 * The base of a start; undefined: the records from the first on. Without a folder only what the log itself keeps is looked at.
 *
 * @param end Where the log ends.
 * @param notice Hears why a snapshot that is there is not used.
 * @throws {LogError} The log does not have its first records any more, and nothing stands for them.
 */
export async function findBase(
  log: Pick<Log, "follow" | "snapshot">,
  { at }: LogEnd,
  folder: string | undefined,
  notice: (sentence: string) => void,
): Promise<Base | undefined> {
  const faults: string[] = [];
  const damaged: string[] = [];
  let hasChanged = false;
  for await (const { where, read } of candidates(log, folder)) {
    const found = typeof read === "string" ? read : await vouched(log, at, read);
    if (typeof found === "string") {
      faults.push(`${where} is not used: ${found}`);
      // One that a kill has left, whole and before its record, is nothing to be told of.
      if (typeof read === "string") damaged.push(faults.at(-1)!);
    } else if (!found.tail.some(({ kind }) => kind === "policy")) {
      damaged.forEach(notice);
      return found;
    }
    // Where the policy has changed since, all is decided anew as ever (`keptBase`).
    else hasChanged = true;
  }
  if (!hasChanged) await refuseShortened(log, at, ["no snapshot stands for them", ...faults].join("; "));
  faults.forEach(notice);
  return undefined;
}

/**
 * What is to be read from its first record on needs all of them.
 *
 * @throws {LogError} Some are gone; `why` that matters, as a clause.
 */
export async function refuseShortened(log: Pick<Log, "follow">, at: number, why: string): Promise<void> {
  try {
    for await (const records of recordsBetween(log, 0, Math.min(at, 1))) if (records.length > 0) return;
  } catch (error) {
    if (logFaultKind(error) !== "compacted") throw error;
    throw new LogError({
      kind: "damaged",
      record: 0,
      message: `the first records of the log are gone, and ${why}`,
      help:
        "restore the folder of the log from a backup that has them or their snapshot, or start with the policy as it " +
        "was; the log is left as it is",
    });
  }
}

/**
 * The snapshot that a shortened log keeps, whatever its policy, and the records behind it; undefined: the log has all of its
 * records.
 *
 * @throws {LogError} Some are gone, and nothing says what they would be to another policy.
 */
export async function keptBase(log: Pick<Log, "follow" | "snapshot">, at: number): Promise<Base | undefined> {
  const kept = await log.snapshot();
  const read = kept && readServerSnapshot(kept.bytes);
  const found = read === undefined || typeof read === "string" ? undefined : await vouched(log, at, read);
  if (typeof found === "object" && found.snapshot.sentences !== undefined) return found;
  await refuseShortened(log, at, "under another policy all of them would be decided again");
  return undefined;
}

/** The newest first, each read when those before it were of no use. */
async function* candidates(log: Pick<Log, "snapshot">, folder: string | undefined): AsyncGenerator<Candidate> {
  const read = (bytes: Uint8Array | string): Candidate["read"] =>
    typeof bytes === "string" ? bytes : readServerSnapshot(bytes);
  for (const { path, bytes } of folder === undefined ? [] : await snapshotFiles(folder))
    yield { where: path, read: read(bytes) };
  const kept = await log.snapshot();
  if (kept !== undefined) yield { where: "the snapshot of the log", read: read(kept.bytes) };
}

/** As a clause why not. */
async function vouched(
  log: Pick<Log, "follow">,
  at: number,
  { snapshot, mark }: ReadServerSnapshot,
): Promise<Base | string> {
  const { end } = snapshot;
  const other = "it is of another log, or of a longer one";
  if (end.at >= at) return other;
  const tail: LogRecord[] = [];
  try {
    for await (const records of recordsBetween(log, end.at, at)) for (const one of records) tail.push(one);
  } catch (error) {
    if (logFaultKind(error) === "compacted") return "the records behind it are gone";
    throw error;
  }
  if (tail[0]!.prev !== end.hash) return other;
  const marks = tail.filter((one) => one.kind === "snapshot" && one["of"] === mark.of);
  if (!marks.some((one) => one["sum"] === mark.sum && one["digest"] === mark.digest))
    return marks.length > 0 ? "it is not the one that the log vouches for" : "no record of the log vouches for it";
  return { snapshot, tail };
}
