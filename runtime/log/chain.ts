/** The whole chain of a log, checked once more by its reader, as rows for people who look after it. */
import type { OpenLog } from "./log.ts";
import { EMPTY_LOG, linked, readRecord, type LogRecord } from "./record.ts";

/** What a record tells of: `null` where its kind says nothing of it. */
export interface AuditRow {
  readonly record: number;
  /** RFC 3339. */
  readonly at: string;
  readonly kind: string;
  readonly by: string | null;
  readonly via: string | null;
  readonly verdict: string | null;
  readonly text: string | null;
}

export interface ReadChain {
  readonly records: readonly AuditRow[];
  /** The hash of the last record. */
  readonly hash: string;
  /** Whether a record has the hash that was asked for. */
  readonly holds: boolean;
}

/** @throws {LogError} A record is not in its place, or is not what was written. */
export async function readChain(log: OpenLog, head: string | undefined): Promise<ReadChain> {
  const { at: count } = await log.end();
  const done = new AbortController();
  const records: AuditRow[] = [];
  let end = EMPTY_LOG;
  let holds = head === undefined || head === EMPTY_LOG.hash;
  try {
    if (count > 0)
      for await (const entries of log.follow(0, done.signal)) {
        for (const { n, bytes } of entries) {
          if (n >= count) break;
          end = linked(end, bytes);
          holds ||= end.hash === head;
          records.push(rowOf(readRecord(bytes, n)));
        }
        if (records.length >= count) break;
      }
  } finally {
    done.abort();
  }
  return { records, hash: end.hash, holds };
}

function rowOf(record: LogRecord): AuditRow {
  const { n, at, kind, by, via, text, name, accepted, answers, revoked } = record;
  const word = (value: unknown): string | null => (typeof value === "string" ? value : null);
  const kinds = Array.isArray(answers) ? (answers as readonly { readonly kind: string }[]).map((one) => one.kind) : [];
  const said = accepted === false ? "rejected" : [...new Set(kinds)].join("+") || "accepted";
  const verdict = kind === "say" ? said : kind === "token" ? (revoked === true ? "revoked" : "made") : null;
  const tells = kind === "token" ? `of ${word(name) ?? "-"}` : kind === "policy" ? word(record["hash"]) : word(text);
  return { record: n, at: new Date(at).toISOString(), kind, by: word(by), via: word(via), verdict, text: tells };
}
