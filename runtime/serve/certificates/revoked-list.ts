/**
 * The list of revoked certificates that is in force. Its file is looked at each second, and read again when it has changed:
 * what a certificate opened goes on as long as that certificate would still be taken. A new list that is none, or another
 * authority's, is not taken up: the one before stays, with a sentence.
 */
import { unwatchFile, watchFile } from "node:fs";
import { NoRegularFile, readRegular } from "../../process/regular-file.ts";
import { countLists, isSignedBy, readRevoked, type RevokedCertificates } from "./crl.ts";

/** Milliseconds between two looks at the file. */
const LOOK = 1_000;

/** The longest list that is read while statements wait, in bytes. */
const LONGEST = 64 * 1024 * 1024;

/** The longest time that a timer counts. */
const LONGEST_TIMER = 2 ** 31 - 1;

export interface RevokedListOptions {
  readonly path: string;
  readonly bytes: Buffer;
  /** The authority, in PEM. */
  readonly ca: Uint8Array;
  /** Hears what becomes of the list. */
  readonly notice: (sentence: string) => void;
}

/** A list that cannot be that of the authority; the message is a clause behind the file's name. */
export class NoRevokedList extends Error {}

export class RevokedList {
  readonly #options: RevokedListOptions;
  readonly #listeners = new Set<() => void>();
  #bytes: Buffer;
  #list: RevokedCertificates;
  #fault: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @throws {NoRevokedList} */
  constructor(options: RevokedListOptions) {
    this.#options = options;
    this.#list = listOf(options.bytes, options.ca);
    this.#bytes = options.bytes;
    this.#tellTimes();
  }

  /** In PEM, for handshakes to come. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** The code of OpenSSL by which a certificate is refused now, by its serial number; undefined: it is not. */
  refusal(serial: string): "CERT_REVOKED" | "CRL_HAS_EXPIRED" | undefined {
    if (this.#list.serials.has(serial)) return "CERT_REVOKED";
    return this.#list.until <= Date.now() ? "CRL_HAS_EXPIRED" : undefined;
  }

  /** Calls back with each new list, and where one expires, until the returned function is called. */
  whenChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Follows the file until the returned function is called. */
  follow(): () => void {
    const { path } = this.#options;
    const look = (): void => this.#readAgain();
    watchFile(path, { interval: LOOK, persistent: false }, look);
    // What has changed since the start read it.
    look();
    this.#awaitEnd();
    return () => {
      unwatchFile(path, look);
      clearTimeout(this.#timer);
    };
  }

  #awaitEnd(): void {
    clearTimeout(this.#timer);
    const left = this.#list.until - Date.now();
    if (left <= 0) return;
    const ends = left < LONGEST_TIMER;
    this.#timer = setTimeout(() => (ends ? this.#changed() : this.#awaitEnd()), Math.min(left, LONGEST_TIMER)).unref();
  }

  #changed(): void {
    this.#tellTimes();
    for (const listener of this.#listeners) listener();
  }

  #readAgain(): void {
    const { path, ca, notice } = this.#options;
    try {
      const bytes = bytesOf(path);
      if (bytes.equals(this.#bytes)) {
        this.#fault = undefined;
        return;
      }
      this.#list = listOf(bytes, ca);
      this.#bytes = bytes;
    } catch (error) {
      const why = error instanceof NoRevokedList ? error.message : "cannot be read";
      // Said once, however often it is looked at.
      if (why !== this.#fault) notice(`--client-crl: ${path} ${why}; the list before it stays in force`);
      this.#fault = why;
      return;
    }
    this.#fault = undefined;
    notice(`--client-crl: ${path} was read again, and names ${this.#list.serials.size} revoked certificates`);
    this.#awaitEnd();
    this.#changed();
  }

  #tellTimes(): void {
    const { path, notice } = this.#options;
    const { from, until } = this.#list;
    const none = "so no certificate of a client is taken until";
    const day = (at: number): string => new Date(at).toISOString().replace(".000Z", "Z");
    if (until <= Date.now())
      notice(`--client-crl: ${path} has expired at ${day(until)}, ${none} the file holds a new list`);
    else if (from > Date.now()) notice(`--client-crl: ${path} holds from ${day(from)} on, ${none} then`);
  }
}

function bytesOf(path: string): Buffer {
  try {
    return readRegular(path, LONGEST);
  } catch (error) {
    if (error instanceof NoRegularFile) throw new NoRevokedList("is no regular file");
    throw error instanceof RangeError ? new NoRevokedList("is longer than 64 MiB") : error;
  }
}

function listOf(bytes: Uint8Array, ca: Uint8Array): RevokedCertificates {
  const list = readRevoked(bytes);
  if (list === undefined) throw new NoRevokedList("holds no list of revoked certificates in PEM");
  // Whoever has joined several means them all, and one that is read alone would let in whom another names.
  if (countLists(bytes) > 1) throw new NoRevokedList("holds several lists of revoked certificates, and may hold one");
  if (isSignedBy(list, ca) === false)
    throw new NoRevokedList("is the list of another authority than that of --client-ca");
  if (list.partial !== undefined) throw new NoRevokedList(`${list.partial}: give the authority's whole list`);
  return list;
}
