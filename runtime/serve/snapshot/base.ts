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
  for (const { where, read } of await candidates(log, folder)) {
    const found = typeof read === "string" ? read : await vouched(log, at, read);
    if (typeof found !== "string") return found;
    if (found !== "") faults.push(`${where} is not used: ${found}`);
  }
  await refuseShortened(log, at, ["no snapshot stands for them", ...faults].join("; "));
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

/** The newest first. */
async function candidates(log: Pick<Log, "snapshot">, folder: string | undefined): Promise<readonly Candidate[]> {
  const files = folder === undefined ? [] : await snapshotFiles(folder);
  const kept = await log.snapshot();
  const all = [...files, ...(kept === undefined ? [] : [{ path: "the snapshot of the log", bytes: kept.bytes }])];
  return all.map(({ path, bytes }) => ({
    where: path,
    read: typeof bytes === "string" ? bytes : readServerSnapshot(bytes),
  }));
}

/** As a clause why not; without words where the policy has changed since, and all is decided anew as ever. */
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
  return tail.some(({ kind }) => kind === "policy") ? "" : { snapshot, tail };
}
