/** Records of a log from one on, as they were written, some at a time: a long log is never held as a whole. */
import { entriesBetween } from "../../log/chain.ts";
import type { Log } from "../../log/log.ts";
import { readRecord, type LogRecord } from "../../log/record.ts";

/** The records `from … until - 1`. */
export async function* recordsBetween(
  log: Pick<Log, "follow">,
  from: number,
  until: number,
): AsyncGenerator<readonly LogRecord[]> {
  for await (const entries of entriesBetween(log, from, until))
    yield entries.map(({ n, bytes }) => readRecord(bytes, n));
}
