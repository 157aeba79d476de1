/**
 * Sentences of many speakers, one after the other → decisions that are durable before anybody hears of them. What waits
 * is decided as one batch, and the batch is written in one step: so the network never runs ahead of the log by more than
 * the batch at hand, and no answer, no table and no query shows what a crash could take back.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { Recorded } from "#compiler/admission/recorded.ts";
import type { DecidedSentence, Heard, SaidRecord, Spoken } from "./conversation.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { RecordDraft } from "../log/record.ts";
import type { RunningNetwork } from "./network.ts";

/** Where decisions are written. */
export interface Journal {
  /** The number of the next record. */
  readonly next: number;
  /** Why the record of a decision, with its number, cannot be written; undefined: it can. */
  faultOf(record: SaidRecord, number: number): Diagnostic | undefined;
  /** Resolves when all records are durable. A rejection is final: nothing more may be written. */
  append(records: readonly SaidRecord[]): Promise<void>;
  /** The same for one record of another kind. */
  note(at: number, draft: RecordDraft): Promise<void>;
}

export interface ServiceOptions {
  /** Unix milliseconds. */
  readonly clock: () => number;
  /** Called when what is in force may have changed, once that is durable. */
  readonly changed: () => void;
  /** What those hear whose request is accepted: which switches do not have it yet, and why. */
  readonly notes?: (() => readonly string[]) | undefined;
  /** Called with each sentence, once its answer is durable, and the seconds that it took. */
  readonly observe?: ((heard: Heard, seconds: number) => void) | undefined;
  /** Called with an exception that a sentence met: a fault of ours. */
  readonly failed?: ((error: unknown, spoken: Spoken) => void) | undefined;
  /** Brings the network to what its log holds, all of which is durable. Where it rejects nothing more is decided. */
  readonly rebuild?: (() => Promise<void>) | undefined;
}

/** The log cannot be written: nothing is decided any more. */
export class ServiceStopped extends Error {}

/** A sentence could not be decided by a fault of ours. Nothing of it is in force, and the service goes on. */
export class SentenceFault extends Error {
  constructor(cause: unknown) {
    super("this was not decided, by a fault of glazier and not of yours: nothing has changed", { cause });
  }
}

/** Milliseconds after which a batch takes no more sentences: whatever else the process does waits for it. */
const MOST_OF_TURN = 100;

/** The most sentences of one batch. */
const MOST_OF_BATCH = 256;

interface Waiting {
  /** Milliseconds of `performance.now()`. */
  readonly since: number;
  readonly spoken: Spoken;
  readonly resolve: (heard: Heard) => void;
  readonly reject: (error: Error) => void;
}

interface WaitingDraft {
  readonly draft: RecordDraft;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Service {
  readonly #network: RunningNetwork;
  readonly #journal: Journal;
  readonly #options: ServiceOptions;
  #waiting: Waiting[] = [];
  #readers: (() => void)[] = [];
  #drafts: WaitingDraft[] = [];
  #isRunning = false;
  #fault: ServiceStopped | undefined;
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

  /** Decides a sentence; resolves once the decision is durable. Rejects with `ServiceStopped`. */
  say(spoken: Spoken): Promise<Heard> {
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ since: performance.now(), spoken, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  /** Records something that is no statement, between two batches; resolves once it is durable. */
  async note(draft: RecordDraft): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#drafts.push({ draft, resolve, reject });
    if (!this.#isRunning) void this.#run();
    return promise;
  }

  /**
   * Reads the network when all of it is durable: at once, or when the batch at hand is written. Rejects with
   * `ServiceStopped` where it could not be: then the network is ahead of the log.
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
    });
  }

  /** The clock of decisions now, in Unix milliseconds. */
  now(): number {
    this.#last = Math.max(this.#last, this.#options.clock());
    return this.#last;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length + this.#drafts.length > 0 && this.#fault === undefined) {
      await this.#write(this.#drafts.splice(0));
      const batch = this.#waiting.slice(0, MOST_OF_BATCH);
      this.#waiting = this.#waiting.slice(MOST_OF_BATCH);
      await this.#decide(batch);
      for (const read of this.#readers.splice(0)) read();
    }
    this.#isRunning = false;
  }

  async #write(drafts: readonly WaitingDraft[]): Promise<void> {
    for (const { draft, resolve, reject } of drafts) {
      try {
        await this.#journal.note(this.now(), draft);
        resolve();
      } catch (error) {
        this.#stop(error, []);
        reject(this.#fault!);
      }
    }
  }

  async #decide(batch: readonly Waiting[]): Promise<void> {
    const records: SaidRecord[] = [];
    const heard: Heard[] = [];
    let fault: { readonly error: unknown } | undefined;
    const until = performance.now() + MOST_OF_TURN;
    for (const { spoken } of batch) {
      if (heard.length > 0 && performance.now() > until) break;
      try {
        heard.push(this.#hear(spoken, records));
      } catch (error) {
        fault = { error };
        break;
      }
    }
    try {
      if (records.length > 0) await this.#journal.append(records);
      heard.forEach((one, i) => batch[i]!.resolve(this.#noted(one)));
      const now = performance.now();
      heard.forEach((one, i) => this.#options.observe?.(one, (now - batch[i]!.since) / 1000));
      // A network that is built anew tells it then.
      if (fault === undefined && records.some((one) => one.heard.records.length > 0)) this.#options.changed();
      const left = batch.slice(heard.length);
      if (fault !== undefined) await this.#goOn(fault.error, left);
      else this.#waiting = [...left, ...this.#waiting];
      // Questions wait for no disk: sockets and clocks have their turn all the same.
      if (records.length === 0) await turn();
    } catch (error) {
      this.#stop(error, batch);
    }
  }

  #hear(spoken: Spoken, records: SaidRecord[]): Heard {
    const at = this.now();
    const number = this.#journal.next + records.length;
    const { text, by } = spoken;
    const faultOf = (heard: DecidedSentence): Diagnostic | undefined =>
      this.#journal.faultOf({ spoken, at, heard }, number);
    const one = this.#network.hear({ number, text, by, now: Math.floor(at / 1000), faultOf });
    if (one.kind === "decided" && !asks(one)) records.push({ spoken, at, heard: one });
    return one;
  }

  /** After an exception nobody knows what stands: the network is built anew, and what waits behind the sentence goes on. */
  async #goOn(error: unknown, [failed, ...behind]: readonly Waiting[]): Promise<void> {
    this.#waiting = [...behind, ...this.#waiting];
    this.#options.failed?.(error, failed!.spoken);
    try {
      if (this.#options.rebuild === undefined) throw error;
      await this.#options.rebuild();
    } finally {
      failed!.reject(new SentenceFault(error));
    }
    this.#options.changed();
  }

  #noted(heard: Heard): Heard {
    if (heard.kind !== "decided" || !heard.records.some(isCarriedOut)) return heard;
    const notes = this.#options.notes?.() ?? [];
    return notes.length > 0 ? { ...heard, notes } : heard;
  }

  /** A failed append leaves the network ahead of the log: it must not be asked again. */
  #stop(error: unknown, batch: readonly Waiting[]): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#fault = new ServiceStopped(reason, { cause: error });
    for (const { reject } of [...batch, ...this.#waiting]) reject(this.#fault);
    this.#waiting = [];
    for (const { reject } of this.#drafts.splice(0)) reject(this.#fault);
    this.#over.resolve();
  }
}

/** Whether it is a question that was refused: nothing of it is recorded, as of those that are answered. */
const asks = ({ outcomes }: DecidedSentence): boolean => outcomes[0]?.statement.demand.kind === "query";

/** Whether what was accepted is for switches to carry out: shares and users decide no packet. */
const isCarriedOut = ({ statement: { demand } }: Recorded): boolean =>
  !["AddUser", "NewShare", "Grant", "GrantDefault", "query"].includes(demand.kind);
