/** The log as a service sees it: decisions become sealed records, each behind the one before. */
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { longDecision } from "#compiler/diagnostics/codes/model.ts";
import { appendSurely, logFaultKind, type LogEnd, type OpenLog } from "../log/log.ts";
import { canonicalJson, LARGEST_RECORD, seal, type RecordDraft } from "../log/record.ts";
import type { RecordBooks, TakenBooks } from "./snapshot/books.ts";
import type { OwnNumbers } from "./snapshot/own-numbers.ts";
import { draftOf } from "./said-records.ts";
import type { SaidRecord, TokenRecord } from "./conversation.ts";

/** More bytes than number, term, time and the hash before take. */
const MOST_OF_HEAD = 512;

const LESS = "say it in several statements, or of fewer flows: each piece that is granted is written down";

/** The most characters of a text whose record is short whatever they are: JSON takes six bytes at the most for each. */
const MOST_OF_SHORT = 16_384;
/** The same where an answer is kept for a key, which says something of each of its statements once more. */
const MOST_OF_KEYED = 4_096;
const MOST_OF_NAME = 64;

/**
 * Whether a record surely has room, so that it need not be made to be measured. Names of what is granted whole stand in
 * the text, each behind its speaker; what is granted in part has pieces, of any number.
 */
const isShort = ({ spoken: { text, by, once }, heard: { outcomes } }: SaidRecord): boolean =>
  text.length + by.length * (1 + outcomes.length) <= MOST_OF_SHORT &&
  (once === undefined || (text.length <= MOST_OF_KEYED && by.length <= MOST_OF_NAME)) &&
  outcomes.every(({ verdict }) => verdict.kind !== "partial");

/** Where decisions are written. */
export interface Journal {
  /** The number of the next record. */
  readonly next: number;
  /** The number of the next record of a speaker's sentence among those. */
  nextOf(by: string): number;
  /** Why the record of a decision, with its number, cannot be written; undefined: it can. */
  faultOf(record: SaidRecord, number: number): Diagnostic | undefined;
  /**
   * Resolves when all records are durable, and all that was handed in before. More may be handed in meanwhile. A rejection
   * is final: nothing more may be written.
   */
  append(records: readonly (SaidRecord | TokenRecord)[]): Promise<void>;
  /** The same for one record of another kind. */
  note(at: number, draft: RecordDraft): Promise<void>;
}

export class LogJournal implements Journal {
  readonly #log: OpenLog;
  readonly #term: bigint;
  #end: LogEnd;
  readonly #books: RecordBooks;
  /** What was handed in last. */
  #last: Promise<void> = Promise.resolve();

  /**
   * @param end Where the log ends; nobody else may write into it.
   * @param books What the records up to there tell; from now on they are this journal's.
   */
  constructor(log: OpenLog, term: bigint, end: LogEnd, books: RecordBooks) {
    this.#books = books;
    this.#log = log;
    this.#term = term;
    this.#end = end;
  }

  /** The term in which it writes: every start has a higher one. */
  get term(): bigint {
    return this.#term;
  }

  get next(): number {
    return this.#end.at;
  }

  /** The first and the last numbers of speakers' sentences among their own. */
  get numbers(): Pick<OwnNumbers, "first" | "last"> {
    return this.#books.numbers;
  }

  nextOf(by: string): number {
    return this.#books.numbers.nextOf(by);
  }

  /** Where the log ends with all that was handed in. */
  get end(): LogEnd {
    return this.#end;
  }

  /** What all records tell that were handed in. */
  get books(): TakenBooks {
    return this.#books.taken(this.#end.time);
  }

  faultOf(record: SaidRecord, number: number): Diagnostic | undefined {
    if (isShort(record)) return undefined;
    const size = Buffer.byteLength(canonicalJson(draftOf(record, number))) + MOST_OF_HEAD;
    return size > LARGEST_RECORD ? longDecision({ size, most: LARGEST_RECORD }, { help: LESS }) : undefined;
  }

  append(records: readonly (SaidRecord | TokenRecord)[]): Promise<void> {
    const drafts = records.map((one, i) => {
      const draft: RecordDraft =
        "spoken" in one ? draftOf(one, this.next + i) : { kind: "token", name: one.name, digest: one.digest };
      return { at: one.at, draft };
    });
    return this.write(drafts);
  }

  note(at: number, draft: RecordDraft): Promise<void> {
    return this.write([{ at, draft }]);
  }

  /** Writes records of any kind as one; `at` in Unix milliseconds. */
  write(drafts: readonly { readonly at: number; readonly draft: RecordDraft }[]): Promise<void> {
    const from = this.#end.at;
    const bytes = drafts.map(({ at, draft }) => {
      const sealed = seal(this.#end, this.#term, at, draft);
      this.#end = sealed.end;
      this.#books.write(draft, sealed.bytes);
      return sealed.bytes;
    });
    this.#last = this.#behind(this.#last, from, bytes);
    return this.#last;
  }

  /** Where what was handed in before got lost on its way, and is handed in again, this finds no place until then. */
  async #behind(before: Promise<void>, from: number, bytes: readonly Uint8Array[]): Promise<void> {
    const append = (): Promise<void> => appendSurely(this.#log, from, this.#term, bytes);
    const [, first] = await Promise.allSettled([before, append()]);
    await before;
    if (first.status === "fulfilled") return;
    if (logFaultKind(first.reason) !== "conflict") throw first.reason;
    await append();
  }
}
