/**
 * The sentences of a log whose first records are gone: all that another policy would have to decide again. What has ended or
 * was cancelled is not among them; what was said of shares and users always is, since it cannot be told from their state.
 */
import type { RecordedNames } from "../names/identities.ts";
import type { JsonValue, LogRecord } from "../../log/record.ts";

/** A sentence that was accepted. */
export interface KeptSentence {
  readonly number: number;
  /** Its number among those of its speaker; absent: it was said when all speakers had one namespace. */
  readonly own?: number | undefined;
  readonly by: string;
  readonly text: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** Of a sentence that is one request and nothing else: its identity. It goes with its request. */
  readonly id?: string | undefined;
  /** Its answers, where one was granted in part, or says what was cancelled. */
  readonly answers?: readonly JsonValue[] | undefined;
}

/** The fields of a record of which something was accepted. */
interface AcceptedRecord {
  readonly n: number;
  readonly own?: number;
  readonly at: number;
  readonly by: string;
  readonly text: string;
  readonly answers: readonly { readonly kind: string; readonly id?: string; readonly of?: string }[];
}

const REQUEST = /^\s*(?:@\w+\s+)?(?:allow|deny|pass|limit|reserve|waypoint|avoid)\s*\(/;
const CANCEL = /^\s*Cancel\s+"?(\w+)"?\s*\.\s*$/;

/** A record → the sentence that is kept of it; undefined: nothing of it was accepted. */
export function sentenceOf(record: LogRecord): KeptSentence | undefined {
  if (record.kind !== "say" || record["accepted"] !== true) return undefined;
  const { n: number, own, at, by, text, answers } = record as unknown as AcceptedRecord;
  const { id } = answers[0]!;
  const isRequest = answers.length === 1 && id !== undefined && REQUEST.test(text);
  const isTelling = answers.some(({ kind, of }) => kind === "partial" || of !== undefined);
  return {
    number,
    ...(own !== undefined && { own }),
    by,
    text,
    at,
    ...(isRequest && { id }),
    ...(isTelling && { answers }),
  };
}

/** A sentence, and what has become of it. */
interface Entry {
  readonly one: KeptSentence;
  /** Of a Cancel that took one sentence away and did nothing else: it goes where that goes. */
  readonly of?: Entry;
  /** The number of the Cancel that took it away. */
  over?: number;
}

/**
 * Sentences, one behind the other, without those whose requests were cancelled. One that was granted in part beside another
 * would take more without it, from what was accepted behind it: what stood then stays with it, and so does its Cancel.
 */
export class KeptSentences {
  readonly #all = new Map<number, Entry>();
  /** Identity → the sentence that said it last. */
  readonly #byId = new Map<string, Entry>();
  #lastPartial = -1;

  add(one: KeptSentence): void {
    const { number, id } = one;
    // A label is free again once its request has ended.
    if (id !== undefined) this.#forget(id);
    const cancelled = cancelledBy(one);
    // A request of the policy, or of several statements in one, comes back with them: then the Cancel is kept too.
    const of = cancelled === undefined ? undefined : this.#cancel(cancelled, number);
    if (of !== undefined && !this.#all.has(of.one.number)) return;
    const entry: Entry = { one, ...(of && { of }) };
    this.#all.set(number, entry);
    if (of !== undefined) return;
    if (id !== undefined) this.#byId.set(id, entry);
    if (isPartial(one)) this.#lastPartial = number;
  }

  /** Those that are needed, in their order; `stands` says it of one that is a request. */
  *standing(stands: (one: KeptSentence) => boolean): Generator<KeptSentence> {
    const needed = new Set<Entry>();
    // The first of those behind that are decided again and take what is left for them.
    let taker: KeptSentence | undefined;
    for (const entry of [...this.#all.values()].reverse()) {
      const { one, of, over } = entry;
      if (of !== undefined) continue;
      const isNeeded =
        over === undefined ? one.id === undefined || stands(one) : taker !== undefined && taker.number < over;
      if (!isNeeded) continue;
      needed.add(entry);
      if (isPartial(one)) taker = one;
    }
    for (const entry of this.#all.values()) if (needed.has(entry.of ?? entry)) yield entry.one;
  }

  #forget(id: string): void {
    const entry = this.#byId.get(id);
    this.#byId.delete(id);
    if (entry !== undefined) this.#all.delete(entry.one.number);
  }

  /** Returns the sentence of the request, unless it is not among these or always stays. */
  #cancel(id: string, number: number): Entry | undefined {
    const entry = this.#byId.get(id);
    if (entry === undefined) return undefined;
    if (this.#lastPartial < entry.one.number) this.#forget(id);
    this.#byId.delete(id);
    entry.over = number;
    return entry;
  }
}

/** The identity of what a sentence cancels that does nothing else. */
function cancelledBy({ own, text, answers = [] }: KeptSentence): string | undefined {
  if (own === undefined) return CANCEL.exec(text)?.[1];
  const [{ of, where } = {}, ...more] = answers as readonly RecordedNames[];
  // What the files have comes back with them.
  return more.length === 0 && where !== "files" ? of : undefined;
}

const isPartial = ({ text }: KeptSentence): boolean => /\bpartial\b/.test(text);
