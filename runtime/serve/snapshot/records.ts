/** Records of a log from one on, as they were written, some at a time: a long log is never held as a whole. */
import type { Log } from "../../log/log.ts";
import { readRecord, type LogRecord } from "../../log/record.ts";

/** The records `from … until - 1`. */
export async function* recordsBetween(
  log: Pick<Log, "follow">,
  from: number,
  until: number,
): AsyncGenerator<readonly LogRecord[]> {
  if (from >= until) return;
  const done = new AbortController();
  try {
    for await (const entries of log.follow(from, done.signal)) {
      const records: LogRecord[] = [];
      for (const { n, bytes } of entries) if (n < until) records.push(readRecord(bytes, n));
      yield records;
      if (entries.at(-1)!.n >= until - 1) return;
    }
  } finally {
    done.abort();
  }
}
