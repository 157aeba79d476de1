/** The log as a service sees it: decisions become sealed records, each behind the one before. */
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { longDecision } from "#compiler/diagnostics/codes/model.ts";
import { appendSurely, type LogEnd, type OpenLog } from "../log/log.ts";
import { canonicalJson, LARGEST_RECORD, seal, type RecordDraft } from "../log/record.ts";
import { draftOf } from "./said-records.ts";
import type { SaidRecord } from "./conversation.ts";
import type { Journal } from "./service.ts";

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
 * the text; what is granted in part has pieces, of any number.
 */
const isShort = ({ spoken: { text, by, once }, heard: { outcomes } }: SaidRecord): boolean =>
  text.length + by.length <= MOST_OF_SHORT &&
  (once === undefined || (text.length <= MOST_OF_KEYED && by.length <= MOST_OF_NAME)) &&
  outcomes.every(({ verdict }) => verdict.kind !== "partial");

export class LogJournal implements Journal {
  readonly #log: OpenLog;
  readonly #term: bigint;
  #end: LogEnd;

  /** @param end Where the log ends; nobody else may write into it. */
  constructor(log: OpenLog, term: bigint, end: LogEnd) {
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

  /** Where the log ends with all that was handed in. */
  get end(): LogEnd {
    return this.#end;
  }

  faultOf(record: SaidRecord, number: number): Diagnostic | undefined {
    if (isShort(record)) return undefined;
    const size = Buffer.byteLength(canonicalJson(draftOf(record, number))) + MOST_OF_HEAD;
    return size > LARGEST_RECORD ? longDecision({ size, most: LARGEST_RECORD }, { help: LESS }) : undefined;
  }

  append(records: readonly SaidRecord[]): Promise<void> {
    return this.write(records.map((one, i) => ({ at: one.at, draft: draftOf(one, this.next + i) })));
  }

  note(at: number, draft: RecordDraft): Promise<void> {
    return this.write([{ at, draft }]);
  }

  /** Writes records of any kind as one; `at` in Unix milliseconds. */
  async write(drafts: readonly { readonly at: number; readonly draft: RecordDraft }[]): Promise<void> {
    const from = this.#end.at;
    const bytes = drafts.map(({ at, draft }) => {
      const sealed = seal(this.#end, this.#term, at, draft);
      this.#end = sealed.end;
      return sealed.bytes;
    });
    await appendSurely(this.#log, from, this.#term, bytes);
  }
}
