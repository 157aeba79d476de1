/**
 * Sentences of many speakers, one after the other → decisions that are durable before anybody hears of them. What waits
 * is decided as one batch, which is written in one step while the next one gathers, or is decided. So the network runs ahead of the log
 * by some batches; but no answer, no table and no query shows what a crash could take back: each answer waits for all that
 * it was decided on, and whoever reads the network waits until nothing is ahead.
 */
import { setImmediate as turn } from "node:timers/promises";
import { Ahead } from "./ahead.ts";
import { asks, isCarriedOut, removedUsers } from "./conversation.ts";
import type { DecidedSentence, Heard, SaidRecord, ServiceOptions, Spoken, TokenRecord } from "./conversation.ts";
import type { Journal } from "./journal.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { RecordDraft } from "../log/record.ts";
import { TablesFirst, type RunningNetwork } from "./network.ts";
import { madeFor, tokenDigest } from "./tokens.ts";
import { Turns } from "./turns.ts";

/** Nothing is decided any more: the log cannot be written, or the server was stopped. */
export class ServiceStopped extends Error {}

/** A sentence could not be decided by a fault of ours. Nothing of it is in force, and the service goes on. */
export class SentenceFault extends Error {
  constructor(cause: unknown) {
    super("this was not decided, by a fault of glazier and not of yours: nothing has changed", { cause });
  }
}

/** The connection that said it was gone before its turn came: it was not decided. */
export class SpeakerGone extends Error {}

/** Milliseconds after which a batch takes no more sentences: all else the process does waits for it, and the log does. */
const MOST_OF_TURN = 5;

/** Milliseconds of one step of the tables. */
const MAKING = 5;

interface Waiting {
  /** Milliseconds of `performance.now()`. */
  readonly since: number;
  readonly spoken: Spoken;
  readonly resolve: (heard: Heard) => void;
  readonly reject: (error: Error) => void;
}

/** What was decided at once. */
interface Batch {
  readonly records: (SaidRecord | TokenRecord)[];
  readonly heard: (readonly [Waiting, Heard])[];
  /** A fault of ours, and the sentence that met it, where it is known. */
  failed?: { readonly one?: Waiting; readonly error: unknown } | undefined;
}

/** So many sentences are decided one by one behind a batch that the tables would not keep. */
const ALONE = 1_024;

interface WaitingDraft {
  readonly draft: RecordDraft;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Service {
  readonly #network: RunningNetwork;
  readonly #journal: Journal;
  readonly #options: ServiceOptions;
  readonly #waiting = new Turns<Waiting>();
  /** Sentences that wait for the tables to be made, and what their speakers have said since. */
  #held: Waiting[] = [];
  /** Sentences of a batch that could not be kept as one: they are decided again, before all others. */
  #again: Waiting[] = [];
  /** How many sentences are decided one by one. */
  #alone = 0;
  #readers: (() => void)[] = [];
  #drafts: WaitingDraft[] = [];
  /** What was decided, and is not durable yet. */
  readonly #ahead = new Ahead();
  #isRunning = false;
  /** Whether the network must be built anew before the next batch. */
  #isBroken = false;
  #fault: ServiceStopped | undefined;
  /** Set once it was closed: what the log holds and what is in force are one, and stay so. */
  #closed: ServiceStopped | undefined;
  #closing: (() => void)[] = [];
  readonly #over = Promise.withResolvers<void>();
  /** Unix milliseconds of the last decision: the clock of the network never goes back. */
  #last = 0;

  constructor(network: RunningNetwork, journal: Journal, options: ServiceOptions) {
    this.#network = network;
    this.#journal = journal;
    this.#options = options;
  }

  /** Why nothing is decided any more; undefined: all is well. */
  get fault(): Error | undefined {
    return this.#fault;
  }

  /** Resolves when nothing is decided any more. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /**
   * Decides a sentence when its turn comes; resolves once the decision is durable. Rejects with `ServiceStopped`,
   * `SentenceFault` or `SpeakerGone`.
   */
  say(spoken: Spoken): Promise<Heard> {
    const stopped = this.#fault ?? this.#closed;
    if (stopped !== undefined) return Promise.reject(stopped);
    return new Promise((resolve, reject) => {
      this.#waiting.add(spoken, { since: performance.now(), spoken, resolve, reject });
      this.#goOn();
    });
  }

  /** Records something that is no statement, between two batches; resolves once it is durable. */
  async note(draft: RecordDraft): Promise<void> {
    const stopped = this.#fault ?? this.#closed;
    if (stopped !== undefined) throw stopped;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#drafts.push({ draft, resolve, reject });
    this.#goOn();
    return promise;
  }

  /**
   * Decides nothing more. What is begun is answered, what waits and what still comes is refused. Resolves once nothing is
   * begun any more; what is in force may still be read.
   */
  async close(): Promise<void> {
    this.#closed = new ServiceStopped("the server was stopped");
    this.#refuse(this.#closed);
    if (this.#isRunning) await new Promise<void>((resolve) => void this.#closing.push(resolve));
  }

  /**
   * Reads the network when all of it is durable: at once, or when what was decided is written. Nothing is decided before
   * that. Rejects with `ServiceStopped` where it could not be: then the network is ahead of the log.
   */
  atRest<T>(read: () => T): Promise<T> {
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    if (!this.#isRunning) return new Promise((resolve) => resolve(read()));
    return new Promise((resolve, reject) => {
      this.#readers.push(() => {
        try {
          if (this.#fault !== undefined) throw this.#fault;
          resolve(read());
        } catch (error) {
          reject(error as Error);
        }
      });
      this.#ahead.wake();
    });
  }

  /** After an exception that no sentence met the network is built anew, or nothing more is decided. */
  restore(): void {
    if (this.#options.rebuild === undefined || this.#closed !== undefined || this.#fault !== undefined) return;
    this.#isBroken = true;
    this.#goOn();
  }

  /** The clock of decisions now, in Unix milliseconds. */
  now(): number {
    this.#last = Math.max(this.#last, this.#options.clock());
    return this.#last;
  }

  #goOn(): void {
    if (this.#isRunning) this.#ahead.wake();
    else void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // Sockets that can be read are read first: what they bring is of the same batch.
    await turn();
    while (this.#fault === undefined && (this.#isBroken || this.#hasWork || this.#ahead.size > 0)) {
      await this.#rest();
      if (this.#held.length > 0 && !this.#network.hasTables) await this.#makeTables();
      if (this.#ahead.takes(this.#waits)) await this.#decide();
      else await this.#wait();
    }
    if (this.#fault !== undefined) await this.#ahead.rest;
    for (const read of this.#readers.splice(0)) read();
    this.#isRunning = false;
    for (const closed of this.#closing.splice(0)) closed();
  }

  /** What all that was decided must be durable for. */
  async #rest(): Promise<void> {
    if (!this.#isBroken && this.#drafts.length + this.#readers.length === 0) return;
    await this.#ahead.rest;
    if (this.#isBroken && this.#fault === undefined) await this.#buildAnew();
    await this.#write(this.#drafts.splice(0));
    for (const read of this.#readers.splice(0)) read();
  }

  /** Until something is durable or something comes. */
  async #wait(): Promise<void> {
    if (this.#drafts.length + this.#readers.length > 0 || this.#isBroken || this.#ahead.size === 0) return;
    await this.#ahead.step;
    await turn();
  }

  /** Sentences that can be decided now. */
  get #waits(): number {
    return this.#waiting.size + this.#again.length + (this.#network.hasTables ? this.#held.length : 0);
  }

  get #hasWork(): boolean {
    return this.#waiting.size + this.#drafts.length + this.#held.length + this.#again.length > 0;
  }

  /** A step of the tables for which sentences wait; all else has its turn behind it. */
  async #makeTables(): Promise<void> {
    const until = performance.now() + MAKING;
    try {
      this.#network.makeTables(() => performance.now() < until);
    } catch (error) {
      if (this.#options.rebuild === undefined) this.#stop(error, []);
      else this.#isBroken = true;
    }
    await turn();
  }

  async #buildAnew(): Promise<void> {
    this.#isBroken = false;
    try {
      await this.#options.rebuild!();
      this.#options.changed();
    } catch (error) {
      this.#stop(error, []);
    }
  }

  async #write(drafts: readonly WaitingDraft[]): Promise<void> {
    for (const { draft, resolve, reject } of drafts) {
      try {
        if (this.#fault !== undefined) throw this.#fault;
        await this.#journal.note(this.now(), draft);
        resolve();
      } catch (error) {
        if (this.#fault === undefined) this.#stop(error, []);
        reject(this.#fault!);
      }
    }
  }

  async #decide(): Promise<void> {
    const batch = this.#alone === 0 && this.#network.hasTables ? this.#together() : this.#oneByOne();
    const { records, heard, failed } = batch;
    for (const one of records) {
      if (!("spoken" in one)) this.#options.tokenMade?.(one.name, one.digest);
      else for (const user of removedUsers(one.heard.records)) this.#remove(user);
    }
    this.#ahead.add({
      size: heard.length,
      // What cannot even be handed in is a failure to write, too.
      written: records.length > 0 ? (async () => this.#journal.append(records))() : Promise.resolve(),
      answer: () => {
        // Before the answers, which say what the tables of now come to on the switches. A network that is built anew tells it then.
        if (failed === undefined && records.some((one) => "spoken" in one && one.heard.records.length > 0))
          this.#options.changed();
        for (const [one, answer] of heard) one.resolve(this.#noted(answer));
        const now = performance.now();
        for (const [one, answer] of heard) this.#options.observe?.(answer, (now - one.since) / 1000);
      },
      fail: (error) =>
        this.#stop(
          error,
          heard.map(([one]) => one),
        ),
    });
    if (failed !== undefined) await this.#buildBehind(failed.error, failed.one);
    // Sockets and clocks have their turn, and the log is asked to write.
    else await turn();
  }

  /** What waits is decided for one instant, and the tables are shown it at once. */
  #together(): Batch {
    const batch: Batch = { records: [], heard: [] };
    const at = this.now();
    try {
      const take = (): void => this.#take(batch, at);
      if (this.#network.together(Math.floor(at / 1000), take) !== undefined && batch.failed === undefined) return batch;
      this.#alone = ALONE;
    } catch (error) {
      // Whose sentence it was shows when each is decided alone.
      batch.failed ??= { error };
      this.#alone = ALONE;
    }
    // Nothing of it is in the log, and nobody has heard of it.
    this.#again = [...batch.heard.map(([one]) => one), ...this.#again];
    return { records: [], heard: [], failed: batch.failed };
  }

  #oneByOne(): Batch {
    const batch: Batch = { records: [], heard: [] };
    this.#take(batch);
    this.#alone = Math.max(0, this.#alone - batch.heard.length);
    return batch;
  }

  /** Decides what waits, for some milliseconds, but one sentence at least. `at`: the instant of all of it. */
  #take(batch: Batch, at?: number): void {
    const { records, heard } = batch;
    const until = performance.now() + MOST_OF_TURN;
    const { room } = this.#ahead;
    while (heard.length === 0 || (heard.length < room && performance.now() <= until)) {
      const one = this.#next();
      if (one === undefined) break;
      try {
        const answer = this.#hear(one.spoken, records, at ?? this.now());
        heard.push([one, answer]);
        // What the one who is removed has said must not be another's of that name who is added behind it.
        if (answer.kind === "decided" && removedUsers(answer.records).length > 0) break;
      } catch (error) {
        if (error instanceof TablesFirst) {
          this.#held.push(one);
          continue;
        }
        batch.failed = { one, error };
        break;
      }
    }
  }

  /** The next one whose speaker is still there. */
  #next(): Waiting | undefined {
    for (;;) {
      const held = this.#again.shift() ?? (this.#network.hasTables ? this.#held.shift() : undefined);
      const one = held ?? this.#waiting.next();
      if (one?.spoken.from?.aborted === true) one.reject(new SpeakerGone("the connection is gone"));
      // What she says behind a sentence that waits may be about it.
      else if (one !== undefined && this.#held.some(({ spoken }) => spoken.by === one.spoken.by && held === undefined))
        this.#held.push(one);
      else return one;
    }
  }

  #hear(spoken: Spoken, records: Batch["records"], at: number): Heard {
    const number = this.#journal.next + records.length;
    const { text, by, tokenOf } = spoken;
    if (tokenOf !== undefined) {
      const made = madeFor(tokenOf, by, this.#network.admission.state);
      if ("token" in made) records.push({ at, name: tokenOf, digest: tokenDigest(made.token) });
      return { kind: "token", name: tokenOf, made };
    }
    const own = this.#journal.nextOf(by) + records.filter((one) => "spoken" in one && one.spoken.by === by).length;
    const faultOf = (heard: DecidedSentence): Diagnostic | undefined =>
      this.#journal.faultOf({ spoken, at, heard, own }, number);
    const one = this.#network.hear({ own, text, by, now: Math.floor(at / 1000), faultOf });
    if (one.kind === "decided" && !asks(one)) records.push({ spoken, at, heard: one, own });
    return one;
  }

  /** Nothing that waits of a user who is removed is decided. */
  #remove(user: string): void {
    this.#options.userRemoved?.(user);
    const isOthers = ({ spoken: { by } }: Waiting): boolean => by !== user;
    const gone = [...this.#waiting.of(user), ...[...this.#held, ...this.#again].filter((one) => !isOthers(one))];
    [this.#held, this.#again] = [this.#held.filter(isOthers), this.#again.filter(isOthers)];
    for (const { reject } of gone) reject(new SpeakerGone("the user was removed"));
  }

  /** After an exception it is not known what stands: the network is built anew, and what waits behind the sentence goes on. */
  async #buildBehind(error: unknown, one: Waiting | undefined): Promise<void> {
    await this.#ahead.rest;
    if (this.#fault !== undefined) return one?.reject(this.#fault);
    this.#options.failed?.(error, one?.spoken);
    if (this.#options.rebuild === undefined) this.#stop(error, []);
    else await this.#buildAnew();
    one?.reject(new SentenceFault(error));
  }

  #noted(heard: Heard): Heard {
    if (heard.kind !== "decided" || !heard.records.some(isCarriedOut)) return heard;
    return this.#options.noted?.(heard) ?? heard;
  }

  /** A failed append leaves the network ahead of the log: it must not be asked again. */
  #stop(error: unknown, batch: readonly Waiting[]): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#fault ??= new ServiceStopped(reason, { cause: error });
    for (const { reject } of batch) reject(this.#fault);
    this.#refuse(this.#fault);
    this.#over.resolve();
  }

  #refuse(fault: ServiceStopped): void {
    for (const { reject } of [...this.#again.splice(0), ...this.#held.splice(0), ...this.#waiting.all()]) reject(fault);
    for (const { reject } of this.#drafts.splice(0)) reject(fault);
  }
}
