/**
 * The file of the snapshot in the folder of the log. It is written aside, synced, vouched for by a record of the log, and
 * only then given its name: wherever that is cut off, a whole one is there that the log vouches for, if there ever was one.
 */
import { open, rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { readRegularMeanwhile } from "../../process/regular-file.ts";

/** What is done to the disk, step by step. */
export interface SnapshotDisk {
  /** Bytes that are free where a folder lies. */
  free(folder: string): Promise<number>;
  /** A new file in the place of one that is there. */
  create(path: string): Promise<SnapshotFile>;
  rename(from: string, to: string): Promise<void>;
  /** Names in a folder are durable after this. */
  syncFolder(folder: string): Promise<void>;
  remove(path: string): Promise<void>;
}

interface SnapshotFile {
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export const DISK: SnapshotDisk = {
  async free(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
  async create(path) {
    // What stood there may be a pipe, whose opening would wait.
    await rm(path, { force: true });
    const file = await open(path, "wx", 0o600);
    return {
      async write(bytes) {
        for (let at = 0; at < bytes.length; at += (await file.write(bytes, at)).bytesWritten);
      },
      sync: () => file.datasync(),
      close: () => file.close(),
    };
  },
  rename,
  async syncFolder(folder) {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  remove: (path) => rm(path, { force: true }),
};

/** The log waits for the same disk: so many bytes are synced at a time, that it waits for no more. */
const SYNCED_AT_ONCE = 1 << 18;

/** The names of the files in a folder, the newest first. */
const namesIn = (folder: string): readonly [aside: string, kept: string] => [
  join(folder, "snapshot.new"),
  join(folder, "snapshot"),
];

/**
 * Writes a snapshot in parts, between which everything else goes on.
 *
 * @param vouch Called with what the parts return, once they are durable; what it does must be durable when it resolves.
 * @param rest Called with the milliseconds that a part took to make; the next one is made once it resolves.
 */
export async function writeSnapshotFile<Mark>(
  folder: string,
  parts: Generator<Uint8Array, Mark>,
  vouch: (mark: Mark) => Promise<void>,
  disk: SnapshotDisk = DISK,
  rest: (spent: number) => Promise<void> = async () => undefined,
): Promise<void> {
  const [aside, kept] = namesIn(folder);
  const mark = await written(aside, parts, disk, rest).catch(async (error: unknown) => {
    await disk.remove(aside).catch(() => undefined);
    throw error;
  });
  await disk.syncFolder(folder);
  await vouch(mark);
  await disk.rename(aside, kept);
  await disk.syncFolder(folder);
}

async function written<Mark>(
  path: string,
  parts: Generator<Uint8Array, Mark>,
  disk: SnapshotDisk,
  rest: (spent: number) => Promise<void>,
): Promise<Mark> {
  const file = await disk.create(path);
  try {
    let unsynced = 0;
    for (;;) {
      const begun = performance.now();
      const next = parts.next();
      const spent = performance.now() - begun;
      if (next.done === true) {
        await file.sync();
        return next.value;
      }
      await file.write(next.value);
      await rest(spent);
      if ((unsynced += next.value.length) < SYNCED_AT_ONCE) continue;
      unsynced = 0;
      await file.sync();
    }
  } finally {
    await file.close();
  }
}

/** What a file holds, or as a clause why it cannot be read. */
export interface FoundSnapshotFile {
  readonly path: string;
  readonly bytes: Uint8Array | string;
}

/** The files that may hold a snapshot, the newest first. */
export async function snapshotFiles(folder: string): Promise<readonly FoundSnapshotFile[]> {
  const found: FoundSnapshotFile[] = [];
  for (const path of namesIn(folder)) {
    try {
      found.push({ path, bytes: await readRegularMeanwhile(path) });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT") found.push({ path, bytes: message });
    }
  }
  return found;
}
