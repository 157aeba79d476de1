/** A writer for tests and benches: seals records one behind the other, appends them, and reads what is there. */
import { logFaultKind, type Leadership, type LogEnd, type LogEntry, type OpenLog } from "../log.ts";
import { seal, type RecordDraft } from "../record.ts";

/** Seals records one behind the other, as a decider does that runs ahead of the log. */
export class Scribe {
  end: LogEnd;
  readonly #term: bigint;
  readonly #clock: () => number;

  constructor(end: LogEnd, term: bigint, clock: () => number = () => 1_700_000_000_000) {
    this.end = end;
    this.#term = term;
    this.#clock = clock;
  }

  /** The next records, one for each text, and the index of the first. */
  write(...texts: readonly string[]): { readonly at: number; readonly records: Uint8Array[] } {
    return this.drafts(texts.map((text) => ({ kind: "say", by: "alice", text })));
  }

  drafts(drafts: readonly RecordDraft[]): { readonly at: number; readonly records: Uint8Array[] } {
    const at = this.end.at;
    const records = drafts.map((draft) => {
      const sealed = seal(this.end, this.#term, this.#clock(), draft);
      this.end = sealed.end;
      return sealed.bytes;
    });
    return { at, records };
  }
}

export interface Writing extends Leadership {
  readonly scribe: Scribe;
  readonly resign: () => void;
  /** Seals and appends. */
  readonly say: (...texts: readonly string[]) => Promise<void>;
}

/** Leads and has a scribe. */
export async function startWriting(log: OpenLog): Promise<Writing> {
  const ends = new AbortController();
  const led = await log.lead(ends.signal);
  const scribe = new Scribe(await log.end(), led.term);
  const say = (...texts: readonly string[]): Promise<void> => {
    const { at, records } = scribe.write(...texts);
    return log.append(at, led.term, records);
  };
  return { ...led, scribe, resign: () => ends.abort(), say };
}

/** `count` records from a number on, as they come. */
export async function take(log: OpenLog, from: number, count: number): Promise<readonly LogEntry[]> {
  const ends = new AbortController();
  const taken: LogEntry[] = [];
  for await (const entries of log.follow(from, ends.signal)) {
    taken.push(...entries);
    if (taken.length >= count) ends.abort();
  }
  return taken;
}

export const textOf = ({ bytes }: LogEntry): unknown =>
  (JSON.parse(Buffer.from(bytes).toString()) as { text: unknown }).text;

/** What a promise was rejected with, as a kind of fault; `done` if it resolved. */
export const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "done",
    (error: unknown) => logFaultKind(error) ?? error,
  );
