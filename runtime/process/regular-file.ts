/**
 * A path → the regular file there, opened without waiting. Opening a pipe waits for whoever writes to it, a device may never
 * end, and links may lead in a circle: what has the name of a file that must be there is refused in words.
 */
import { closeSync, constants, fstatSync, openSync, readFile, readFileSync, statSync, type Stats } from "node:fs";
import { promisify } from "node:util";

/** What has the path is no regular file; the message is a clause that says what it is. */
export class NoRegularFile extends Error {}

/**
 * Opens a regular file.
 *
 * @param flags Of `open`: to read, unless they say another thing.
 * @throws {NoRegularFile} Or what the system says.
 */
export function openRegular(path: string, flags: number = constants.O_RDONLY, mode = 0o600): number {
  let file: number;
  try {
    file = openSync(path, flags | constants.O_NONBLOCK | constants.O_NOCTTY, mode);
  } catch (error) {
    refuseIrregular(path);
    throw error;
  }
  const found = fstatSync(file);
  if (found.isFile()) return file;
  closeSync(file);
  throw new NoRegularFile(kindOf(found));
}

/**
 * The bytes of a regular file.
 *
 * @param most The most bytes that are read.
 * @throws {RangeError} There are more.
 * @throws {NoRegularFile} Or what the system says.
 */
export function readRegular(path: string, most = Infinity): Buffer {
  const file = openRegular(path);
  try {
    if (fstatSync(file).size > most) throw new RangeError(`it is longer than ${most} bytes`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** The same while all else goes on. */
export async function readRegularMeanwhile(path: string): Promise<Buffer> {
  const file = openRegular(path);
  try {
    return await promisify(readFile)(file);
  } finally {
    closeSync(file);
  }
}

/**
 * The same for a file that a library opens, or that is written to next: it is not there, or a regular one.
 *
 * @throws {NoRegularFile}
 */
export function refuseIrregular(path: string): void {
  let found: Stats | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ELOOP")
      throw new NoRegularFile("its symbolic links lead in a circle");
    // Whoever opens it hears what else there is.
    return;
  }
  if (found !== undefined && !found.isFile()) throw new NoRegularFile(kindOf(found));
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return "it is a folder";
  if (found.isFIFO()) return "it is a named pipe and no regular file";
  if (found.isSocket()) return "it is a socket and no regular file";
  return "it is a device and no regular file";
}
