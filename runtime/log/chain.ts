/** The whole chain of a log, checked once more by its reader, as rows for people who look after it. */
import type { LogEnd, LogEntry, OpenLog } from "./log.ts";
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

/** A chain that was found whole. */
export interface CheckedChain {
  /** The first record that is there: those before it are in the log's snapshot. */
  readonly first: number;
  /** The number of the next record. */
  readonly end: number;
  /** The hash of the last record. */
  readonly hash: string;
  /** Whether a record has the hash that was asked for. */
  readonly holds: boolean;
}

/** @throws {LogError} A record is not in its place, or is not what was written. */
export async function checkChain(log: OpenLog, head: string | undefined): Promise<CheckedChain> {
  const { at: count } = await log.end();
  let end: LogEnd = (await log.snapshot()) ?? EMPTY_LOG;
  const first = end.at;
  let holds = head === undefined || head === end.hash;
  for await (const entries of entriesBetween(log, first, count))
    for (const { bytes } of entries) {
      end = linked(end, bytes);
      holds ||= end.hash === head;
    }
  return { first, end: end.at, hash: end.hash, holds };
}

/** The rows of a chain that was checked, some at a time: a long log is never held as a whole. */
export async function* auditRows(
  log: OpenLog,
  { first, end }: Pick<CheckedChain, "first" | "end">,
): AsyncGenerator<readonly AuditRow[]> {
  for await (const entries of entriesBetween(log, first, end))
    yield entries.map(({ n, bytes }) => rowOf(readRecord(bytes, n)));
}

/** The entries `from … until - 1`. */
export async function* entriesBetween(
  log: Pick<OpenLog, "follow">,
  from: number,
  until: number,
): AsyncGenerator<readonly LogEntry[]> {
  if (from >= until) return;
  const done = new AbortController();
  try {
    for await (const entries of log.follow(from, done.signal)) {
      const within = entries.filter(({ n }) => n < until);
      if (within.length > 0) yield within;
      if (entries.at(-1)!.n >= until - 1) return;
    }
  } finally {
    done.abort();
  }
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
