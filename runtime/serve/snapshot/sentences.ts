/**
 * The sentences of a log whose first records are gone: all that another policy would have to decide again. What has ended or
 * was cancelled is not among them; what was said of shares and users always is, since it cannot be told from their state.
 */
import type { LogRecord } from "../../log/record.ts";

/** A sentence that was accepted. */
export interface KeptSentence {
  readonly number: number;
  readonly by: string;
  readonly text: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** Of a sentence that is one request and nothing else: its id or label. It goes with its request. */
  readonly id?: string | undefined;
}

/** The fields of a record of which something was accepted. */
interface AcceptedRecord {
  readonly n: number;
  readonly at: number;
  readonly by: string;
  readonly text: string;
  readonly answers: readonly { readonly id?: string }[];
}

const REQUEST = /^\s*(?:@\w+\s+)?(?:allow|deny|pass|limit|reserve|waypoint|avoid)\s*\(/;
const CANCEL = /^\s*Cancel\s+(\w+)\s*\.\s*$/;

/** A record → the sentence that is kept of it; undefined: nothing of it was accepted. */
export function sentenceOf(record: LogRecord): KeptSentence | undefined {
  if (record.kind !== "say" || record["accepted"] !== true) return undefined;
  const { n: number, at, by, text, answers } = record as unknown as AcceptedRecord;
  const { id } = answers[0]!;
  const isRequest = answers.length === 1 && id !== undefined && REQUEST.test(text);
  return { number, by, text, at, ...(isRequest && { id }) };
}

/** Sentences, one behind the other, without those whose requests were cancelled. */
export class KeptSentences {
  readonly #all = new Map<number, KeptSentence>();
  /** Id or label → the number of the sentence that said it last. */
  readonly #byId = new Map<string, number>();

  add(one: KeptSentence): void {
    const { number, text, id } = one;
    if (id !== undefined) {
      // A label is free again once its request has ended.
      this.#drop(id);
      this.#byId.set(id, number);
    }
    const cancelled = CANCEL.exec(text)?.[1];
    // A request of the policy, or of several statements in one, comes back with them: then the Cancel is kept too.
    if (cancelled !== undefined && this.#drop(cancelled)) return;
    this.#all.set(number, one);
  }

  /** Those that stand, in their order; `stands` says it of one that is a request. */
  *standing(stands: (one: KeptSentence) => boolean): Generator<KeptSentence> {
    for (const one of this.#all.values()) if (one.id === undefined || stands(one)) yield one;
  }

  #drop(id: string): boolean {
    const number = this.#byId.get(id);
    this.#byId.delete(id);
    return number !== undefined && this.#all.delete(number);
  }
}
