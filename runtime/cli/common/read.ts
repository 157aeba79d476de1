/**
 * A file or standard input → its text, of a bounded size. Only regular files are read, because a pipe may never end and
 * a device never does.
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { exit, Failure } from "./io.ts";

/** The largest text that is read, in bytes: half a million requests. */
const MOST_BYTES = 2 ** 26;

const TOO_LARGE = `it is larger than ${MOST_BYTES / 2 ** 20} MiB`;

/** The reason of the operating system for a fault of a file, as a clause. */
export function systemReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file or folder",
    EEXIST: "there is one of that name that is no folder",
    EACCES: "access is denied",
    EPERM: "access is denied",
    EISDIR: "it is a folder",
    ENOTDIR: "a part of the path is not a folder",
    ELOOP: "its symbolic links lead in a circle",
    ENAMETOOLONG: "the path is too long",
    ENXIO: "it is not a regular file",
    EMFILE: "too many files are open",
    ENOSPC: "no space is left on the disk",
    EDQUOT: "no space is left in the quota",
    EROFS: "the disk is read-only",
    EIO: "the disk failed",
    ERR_INVALID_ARG_VALUE: "the path holds a character that no path has",
  };
  return words[code ?? ""] ?? message;
}

/** The reason why a file that exists cannot be read as text. */
export interface NoText {
  readonly reason: string;
  readonly help?: string;
}

export const OUTSIDE: NoText = {
  reason: "it lies outside the policy's folder",
  help: "copy it there, or allow its folder on the command line with `--include-root FOLDER`",
};

/**
 * The text of a regular file. Throws the operating system's error if it cannot be opened or read.
 *
 * @param isOutside Whether a real path may not be read. It is asked about the file that is open: a link may be changed
 * between any check of its path and the opening.
 */
export function readText(path: string, isOutside?: (real: string) => boolean): string | NoText {
  // Without O_NONBLOCK opening a named pipe waits for a writer.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const place = isOutside && placeOf(file);
    if (place !== undefined && isOutside!(place)) return OUTSIDE;
    const found = fstatSync(file);
    if (found.isDirectory()) return { reason: "it is a folder" };
    if (!found.isFile())
      return { reason: "it is not a regular file", help: "pipe its text in instead: a path of - is standard input" };
    if (found.size > MOST_BYTES) return { reason: TOO_LARGE };
    const pieces: Uint8Array[] = [];
    // The size is not reliable: files of the kernel have size 0, and a log grows while it is read.
    for (let total = 0; ;) {
      const piece = new Uint8Array(Math.max(2 ** 16, found.size - total + 1));
      const length = readSync(file, piece);
      if (length === 0) return decode(pieces);
      total += length;
      if (total > MOST_BYTES) return { reason: TOO_LARGE };
      pieces.push(piece.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}

/** The real path of an open file, where the kernel says it (Linux); undefined elsewhere, where only its path is checked. */
function placeOf(file: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${file}`);
  } catch {
    return undefined;
  }
}

/**
 * Standard input of this process. Throws if it is a folder or a block device: Node reads these as an empty text, and an
 * empty policy lets everything through.
 */
export function standardInput(): AsyncIterable<Uint8Array> {
  const found = fstatSync(0);
  if (found.isDirectory()) throw new Error("it is a folder");
  if (found.isBlockDevice()) throw new Error("it is a block device");
  return process.stdin;
}

/** The text of standard input. Throws a `Failure` if it is not text or is too large. */
export async function readStdin(stream: () => AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  try {
    for await (const piece of stream()) {
      total += piece.length;
      if (total > MOST_BYTES) break;
      pieces.push(piece);
    }
  } catch (error) {
    throw new Failure(exit.world, `cannot read standard input: ${systemReason(error)}`);
  }
  const text = total > MOST_BYTES ? { reason: TOO_LARGE } : decode(pieces);
  if (typeof text !== "string") throw new Failure(exit.world, `cannot read standard input: ${text.reason}`, text.help);
  return text;
}

/** Decodes UTF-8. Other bytes are refused, because a guess at their meaning could change the policy. */
function decode(pieces: readonly Uint8Array[]): string | NoText {
  const bytes = Buffer.concat(pieces);
  const coding = wideCoding(bytes);
  if (coding !== undefined)
    return { reason: "it is UTF-16 text", help: `save it as UTF-8, or with \`iconv -f ${coding} -t UTF-8\`` };
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { reason: "it is not UTF-8 text", help: "save it as UTF-8, or with `iconv -f CODING -t UTF-8`" };
  }
}

/** The name of a coding of two bytes a sign: by its mark, or since every second byte of the first two signs is zero. */
function wideCoding(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return "UTF-16";
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return "UTF-16LE";
  return a === 0 && b !== 0 && c === 0 && d !== 0 && d !== undefined ? "UTF-16BE" : undefined;
}
