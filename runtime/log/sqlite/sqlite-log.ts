/**
 * The log of one machine: a folder with a database, two threads over it, a lock for the one that leads, and the head kept
 * outside. Opening checks the whole chain and refuses what is damaged.
 */
import { existsSync, fsyncSync, openSync, closeSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { makeFolders } from "../../process/folders.ts";
import { NoRegularFile, refuseIrregular } from "../../process/regular-file.ts";
import { LogError, type Leadership, type LogEnd, type LogEntry, type LogSnapshot, type OpenLog } from "../log.ts";
import { createDatabase, logFiles, stoppedBy } from "./database.ts";
import { createHead, HeadKeeper, readHead } from "./head.ts";
import { takeWriterLock, type WriterLock } from "./lock.ts";
import { refuseNetworks } from "./place.ts";
import type { LogSpan, ReaderMethods } from "./reader.ts";
import { RecentEntries } from "./recent.ts";
import { Thread } from "./thread.ts";
import type { WriterMethods } from "./writer.ts";

export interface SqliteLogOptions {
  /** Refuse a folder without a log instead of making one: for readers. */
  readonly existing?: boolean;
  /** Hears what is no reason to refuse the log, and must be said. */
  readonly notice?: (sentence: string) => void;
}

/** Between two looks at a log that another process writes, in milliseconds. */
const INTERVAL = 50;
/** A checkpoint follows so many bytes of records. */
const CHECKPOINT = 2 * 1024 * 1024;

/** Opens the log in a folder. Rejects with `damaged`, `newer` or `unsuitable`. */
export async function openSqliteLog(folder: string, options: SqliteLogOptions = {}): Promise<OpenLog> {
  const { existing = false, notice = () => undefined } = options;
  const files = logFiles(folder);
  if (!existing) makeFolder(folder);
  refuseOthers(files);
  if (!existsSync(files.database)) {
    if (existing)
      throw new LogError({
        kind: "unsuitable",
        message: notThere(folder, files.database),
        help: "name the --state of `serve`",
      });
    refuseNetworks(folder);
    create(folder);
  } else refuseNetworks(folder);
  if (!existsSync(files.head))
    notice(`${files.head} is missing, so it was not checked whether the end of the log is lost`);
  const log = new SqliteLog(folder);
  try {
    await log.start();
    return log;
  } catch (error) {
    await log.close();
    throw error;
  }
}

function makeFolder(folder: string): void {
  try {
    if (makeFolders(folder, 0o700) !== undefined) sync(dirname(resolve(folder)));
  } catch (error) {
    const message = `the folder of the log cannot be made at ${folder}: ${noFolder(error as NodeJS.ErrnoException)}`;
    throw new LogError({ kind: "unsuitable", message, help: "name a folder that this user may make, or write to" });
  }
}

/** Nothing may have the name of a file of the log but a regular one: what it is would be waited for, or written to. */
function refuseOthers({ database, head, lock, holder }: ReturnType<typeof logFiles>): void {
  const besides = ["-wal", "-shm", "-journal"].map((end) => `${database}${end}`);
  for (const path of [database, ...besides, head, lock, holder, `${holder}.new`]) {
    try {
      refuseIrregular(path);
    } catch (error) {
      if (!(error instanceof NoRegularFile)) throw error;
      const help = "move it away; if the log was there before, restore its folder from a backup";
      throw new LogError({ kind: "unsuitable", message: `${path} cannot be used: ${error.message}`, help });
    }
  }
}

/** That there is no log, or that this user cannot know. */
function notThere(folder: string, database: string): string {
  try {
    statSync(database);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM") return `the log in ${folder} cannot be read: this user may not`;
  }
  return `there is no log in ${folder}`;
}

/** Why a folder cannot be made or looked into, in words. */
function noFolder({ code, message }: NodeJS.ErrnoException): string {
  const words: Readonly<Record<string, string>> = {
    EEXIST: "there is a file of that name",
    ENOENT: "nothing can be made there",
    ENOTDIR: "a part of the path is a file",
    EACCES: "this user may not",
    EPERM: "this user may not",
    EROFS: "the disk is read-only",
    ENOSPC: "no space is left on the disk",
    ENAMETOOLONG: "the path is too long",
  };
  return words[code ?? ""] ?? message;
}

/** An empty log. The database comes last: a folder in which it is missing is still empty. */
function create(folder: string): void {
  const { database, head } = logFiles(folder);
  const kept = readHead(head);
  if (kept !== undefined && kept.at > 0)
    throw new LogError({
      kind: "damaged",
      record: 0,
      message: `the database of the log in ${folder} is missing, and had ${kept.at} records`,
      help: "restore the folder from a backup or a replica; to begin anew, choose an empty folder",
    });
  try {
    if (kept === undefined) createHead(head, { at: 0, hash: "0".repeat(64) });
    createDatabase(database);
    sync(folder);
  } catch (error) {
    throw error instanceof LogError ? error : new LogError({ ...stoppedBy(error, folder), kind: "unsuitable" });
  }
}

/** Names in a folder are durable after this. */
function sync(folder: string): void {
  const fd = openSync(folder, "r");
  fsyncSync(fd);
  closeSync(fd);
}

/** What it takes to lead. */
interface Lead {
  readonly term: bigint;
  readonly lock: WriterLock;
  readonly writer: Thread<WriterMethods>;
  readonly head: HeadKeeper;
  readonly lost: AbortController;
}

class SqliteLog implements OpenLog {
  readonly #folder: string;
  readonly #reader: Thread<ReaderMethods>;
  #span: LogSpan = { first: 0, end: { at: 0, hash: "", time: 0, term: 0 } };
  #lead: Lead | undefined;
  /** Why this process writes no more. */
  #stopped: LogError | undefined;
  #closed: Promise<void> | undefined;
  /** The end of the log as records come, for those that follow closely. */
  readonly #recent = new RecentEntries();
  #grown = Promise.withResolvers<void>();
  #keeping: Promise<unknown> = Promise.resolve();
  #leading: Promise<unknown> = Promise.resolve();
  #resigned: Promise<void> = Promise.resolve();
  #unsaved = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#reader = new Thread(new URL("./reader.ts", import.meta.url), (error) => this.#stop(error));
  }

  async start(): Promise<void> {
    await this.#reader.call("open", [logFiles(this.#folder).database]);
    await this.#look();
  }

  /** Checks what is new. */
  async #look(): Promise<LogSpan> {
    // The head is read first: the log may grow meanwhile, but the head never runs ahead of it.
    this.#span = await this.#reader.call("check", [readHead(logFiles(this.#folder).head)]);
    return this.#span;
  }

  async end(): Promise<LogEnd> {
    if (this.#lead === undefined && this.#closed === undefined) await this.#look();
    return this.#span.end;
  }

  lead(signal: AbortSignal): Promise<Leadership> {
    const led = this.#leading.then(() => this.#begin(signal));
    this.#leading = led.catch(() => undefined);
    return led;
  }

  async #begin(signal: AbortSignal): Promise<Leadership> {
    signal.throwIfAborted();
    this.#refuseIfOver();
    if (this.#lead?.lost.signal.aborted) this.#resign(this.#lead);
    await this.#resigned;
    if (this.#lead !== undefined) throw new LogError({ kind: "held", message: "this process leads already" });
    const lock = await takeWriterLock(this.#folder);
    const lost = new AbortController();
    const writer = new Thread<WriterMethods>(new URL("./writer.ts", import.meta.url), (error) => this.#stop(error));
    try {
      const { end } = await this.#look();
      const files = logFiles(this.#folder);
      const term = await writer.call("lead", [files.database, end]);
      if (!existsSync(files.head)) createHead(files.head, end);
      const head = new HeadKeeper(files.head, (error) => this.#stop(new LogError(stoppedBy(error, this.#folder))));
      void head.keep(end);
      const lead: Lead = { term, lock, writer, head, lost };
      this.#lead = lead;
      signal.addEventListener("abort", () => this.#resign(lead), { once: true });
      if (signal.aborted) this.#resign(lead);
      signal.throwIfAborted();
      return { term, lost: lost.signal };
    } catch (error) {
      if (this.#lead === undefined && !lost.signal.aborted) {
        await writer.end();
        lock.release();
      }
      throw error;
    }
  }

  async append(at: number, term: bigint, records: readonly Uint8Array[]): Promise<void> {
    this.#refuseIfOver();
    const lead = this.#lead;
    if (lead === undefined || lead.term !== term || lead.lost.signal.aborted)
      throw new LogError({ kind: "conflict", message: `term ${term} is over`, over: true });
    const bytes = Buffer.concat(
      records,
      records.reduce((sum, one) => sum + one.length, 0),
    );
    const packed = { bytes: new Uint8Array(bytes), lengths: records.map(({ length }) => length) };
    try {
      const end = await lead.writer.call("append", [at, packed], [packed.bytes.buffer]);
      this.#grow(lead, at, records, end);
    } catch (error) {
      if (error instanceof LogError) {
        if (error.fault.kind === "stopped") this.#stop(error);
        if (error.fault.over) lead.lost.abort(error);
      }
      throw error;
    }
  }

  /** Records are durable: those that follow get them, and the head is kept. */
  #grow(lead: Lead, at: number, records: readonly Uint8Array[], end: LogEnd): void {
    this.#recent.add(at, records);
    if (end.at > this.#span.end.at) {
      this.#span = { ...this.#span, end };
      void lead.head.keep(end);
    }
    this.#wake();
    this.#unsaved += records.reduce((sum, one) => sum + one.length, 0);
    if (this.#unsaved > CHECKPOINT) void this.#checkpoint(lead);
  }

  /** Most of it beside the commits, the rest between two of them, so that the journal begins anew. */
  async #checkpoint(lead: Lead): Promise<void> {
    this.#unsaved = -Infinity;
    try {
      await this.#reader.call("checkpoint", []);
      await lead.writer.call("checkpoint", []);
    } catch {
      // An append that waits for its answer hears of it.
    }
    this.#unsaved = 0;
  }

  async *follow(from: number, signal: AbortSignal): AsyncGenerator<readonly LogEntry[]> {
    const wake = (): void => this.#wake();
    signal.addEventListener("abort", wake);
    try {
      for (let next = from; !signal.aborted;) {
        this.#refuseIfClosed();
        const grown = this.#grown.promise;
        const leads = this.#lead !== undefined;
        const recent = leads && next >= this.#span.first ? this.#recent.from(next, this.#span.end.at) : undefined;
        const entries = recent ?? (await this.#read(next));
        if (signal.aborted) return;
        if (entries.length > 0) {
          next += entries.length;
          yield entries;
          continue;
        }
        // Another process may write, and says nothing.
        if (!leads) setTimeout(wake, INTERVAL);
        await grown;
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  /** Those that follow look again. */
  #wake(): void {
    this.#grown.resolve();
    this.#grown = Promise.withResolvers();
  }

  /** Durable records, from the reader. */
  async #read(from: number): Promise<readonly LogEntry[]> {
    if (this.#lead === undefined) await this.#look();
    if (from >= this.#span.end.at) return [];
    const { first, entries } = await this.#reader.call("read", [from]);
    if (from < first)
      throw new LogError({
        kind: "compacted",
        record: from,
        message: `record ${from} is gone: the log begins with a snapshot of all before record ${first}`,
      });
    return entries.slice(0, this.#span.end.at - from);
  }

  async snapshot(): Promise<LogSnapshot | undefined> {
    this.#refuseIfClosed();
    return this.#reader.call("snapshot", []);
  }

  keep(snapshot: LogSnapshot): Promise<void> {
    const kept = this.#keeping.then(async () => {
      this.#refuseIfOver();
      if (this.#lead === undefined)
        throw new LogError({ kind: "conflict", message: "only the process that leads keeps snapshots" });
      try {
        const first = await this.#lead.writer.call("keep", [snapshot]);
        this.#span = { ...this.#span, first };
      } catch (error) {
        if (error instanceof LogError && error.fault.kind === "stopped") this.#stop(error);
        throw error;
      }
    });
    this.#keeping = kept.catch(() => undefined);
    return kept;
  }

  #refuseIfClosed(): void {
    if (this.#closed !== undefined) throw new LogError({ kind: "closed", message: "the log was closed" });
  }

  #refuseIfOver(): void {
    this.#refuseIfClosed();
    if (this.#stopped !== undefined) throw this.#stopped;
  }

  /** A write failed. The lock stays ours: this process still answers what it knows, and no other one may go on. */
  #stop(error: LogError): void {
    if (this.#closed !== undefined) return;
    this.#stopped ??= error;
    this.#lead?.lost.abort(error);
  }

  /** The lead is over at once, and the lock is free when `#resigned` resolves. */
  #resign(lead: Lead | undefined): void {
    if (lead === undefined || lead !== this.#lead) return;
    this.#lead = undefined;
    lead.lost.abort(new LogError({ kind: "closed", message: "the lead was given up" }));
    this.#resigned = this.#release(lead);
  }

  async #release(lead: Lead): Promise<void> {
    await this.#keeping;
    await lead.writer.call("close", []).catch(() => undefined);
    await lead.writer.end();
    // After a fault the file may be closed already, or never have been open.
    await lead.head.close().catch(() => undefined);
    lead.lock.release();
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#leading;
      // The connection that closes last moves the journal into the database, if it may write. After a failed write none may.
      const ends = [() => this.#endReader(), () => this.#endLead()];
      for (const end of this.#stopped === undefined ? ends : ends.reverse()) await end();
      this.#wake();
    })();
    return this.#closed;
  }

  async #endLead(): Promise<void> {
    this.#resign(this.#lead);
    await this.#resigned;
  }

  async #endReader(): Promise<void> {
    await this.#reader.call("close", []).catch(() => undefined);
    await this.#reader.end();
  }
}
