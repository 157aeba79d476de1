/**
 * A policy and a log → the network as it stood when the log ended, ready to be spoken to. A log that was written under
 * another policy is decided again, statement by statement: what the new policy does not allow any more falls, and is
 * listed.
 */
import type { Decided } from "#compiler/admission/decided.ts";
import { hasErrors, type Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { tablesAt, type TableOptions } from "#compiler/compile.ts";
import type { OpenLog } from "../log/log.ts";
import { OnceKeys } from "../log/once.ts";
import { readRecord, type LogRecord } from "../log/record.ts";
import { LogJournal } from "./journal.ts";
import type { Sentence } from "./conversation.ts";
import { RunningNetwork } from "./network.ts";
import { keyedOf, saidOf } from "./said-records.ts";
import { makeToken, Tokens } from "./tokens.ts";

/** A policy as a server starts with it. */
export interface ServedPolicy {
  readonly decided: Decided;
  /** SHA-256 of its texts, in hexadecimal. */
  readonly hash: string;
}

export interface Started {
  readonly network: RunningNetwork;
  readonly journal: LogJournal;
  readonly tokens: Tokens;
  /** What was answered to those who named their requests by keys. */
  readonly once: OnceKeys;
  /** Root's token, where this start made it: it is shown once and kept nowhere. */
  readonly rootToken: string | undefined;
  /** Sentences that were accepted under an earlier policy and are not any more. */
  readonly fallen: readonly Pick<Sentence, "number" | "by" | "text">[];
  /** The records that were read. */
  readonly read: number;
}

/**
 * Takes the lead of the log and carries out what it holds.
 *
 * @param policy Decides the policy with a clock (Unix seconds). Times of a policy that count from the clock are counted
 *   once, so a log goes on with the clock of its first start.
 * @param clock Unix milliseconds.
 * @returns The faults of the policy, if it has any: then nothing is written.
 * @throws {LogError} Another process leads, or the log is not as it was written.
 */
export async function startNetwork(
  policy: (now: number) => Promise<ServedPolicy>,
  log: OpenLog,
  options: TableOptions,
  clock: () => number,
): Promise<Started | { readonly faults: readonly Diagnostic[] }> {
  const { term } = await log.lead(new AbortController().signal);
  const end = await log.end();
  const records = await readAll(log, end.at);
  const now = Math.floor(clock() / 1000);
  const fresh = await policy(now);
  const last = records.findLast(({ kind }) => kind === "policy");
  const isSamePolicy = last?.["hash"] === fresh.hash;
  const { decided } = isSamePolicy ? await policy(Math.floor(last.at / 1000)) : fresh;
  if (!decided.good) return { faults: decided.diagnostics };
  const faults = tablesAt(decided, decided.model.now, options).diagnostics;
  if (hasErrors(faults)) return { faults };
  const network = new RunningNetwork(decided, options);
  const tokens = new Tokens();
  const once = new OnceKeys();
  const fallen: Started["fallen"][number][] = [];
  for (const record of records) {
    if (record.kind === "token") readToken(tokens, record);
    const keyed = record.kind === "say" ? keyedOf(record) : undefined;
    if (keyed !== undefined) once.remember(keyed);
    const said = record.kind === "say" ? saidOf(record) : undefined;
    if (said === undefined) continue;
    const holds = isSamePolicy ? network.carryOut(said) : network.hearAgain(said);
    if (!holds) fallen.push(said);
  }
  network.tables.follow(now);
  const journal = new LogJournal(log, term, end);
  const at = clock();
  if (!isSamePolicy) await journal.write([{ at, draft: { kind: "policy", hash: fresh.hash } }]);
  let rootToken: string | undefined;
  if (tokens.isEmpty) {
    const made = makeToken();
    await journal.write([{ at, draft: { kind: "token", name: "root", digest: made.digest } }]);
    tokens.add("root", made.digest);
    rootToken = made.token;
  }
  return { network, journal, tokens, once, rootToken, fallen, read: records.length };
}

function readToken(tokens: Tokens, { name, digest, revoked }: LogRecord): void {
  if (revoked === true) tokens.remove(name as string, digest as string);
  else tokens.add(name as string, digest as string);
}

async function readAll(log: OpenLog, count: number): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  if (count === 0) return records;
  const done = new AbortController();
  try {
    for await (const entries of log.follow(0, done.signal)) {
      for (const { n, bytes } of entries) records.push(readRecord(bytes, n));
      if (records.length >= count) break;
    }
  } finally {
    done.abort();
  }
  return records;
}
