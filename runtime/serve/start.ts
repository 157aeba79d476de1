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
  readonly fallen: readonly Fallen[];
  /** The records that were read. */
  readonly read: number;
  /** Brings the network to what the log holds, whatever has become of it. Rejects where that cannot be. */
  readonly rebuild: () => Promise<void>;
}

type Fallen = Pick<Sentence, "number" | "by" | "text">;

/** Decides the policy with a clock (Unix seconds). */
type ReadPolicy = (now: number) => Promise<ServedPolicy>;

/**
 * Takes the lead of the log and carries out what it holds.
 *
 * @param policy Times of a policy that count from the clock are counted once, so a log goes on with the clock of its
 *   first start.
 * @param clock Unix milliseconds.
 * @returns The faults of the policy, if it has any: then nothing is written.
 * @throws {LogError} Another process leads, or the log is not as it was written.
 */
export async function startNetwork(
  policy: ReadPolicy,
  log: OpenLog,
  options: TableOptions,
  clock: () => number,
): Promise<Started | { readonly faults: readonly Diagnostic[] }> {
  const { term } = await log.lead(new AbortController().signal);
  const end = await log.end();
  const records = await readAll(log, end.at);
  const now = Math.floor(clock() / 1000);
  const built = await build(policy, records, options, now);
  if ("faults" in built) return built;
  const { network, fallen, hash } = built;
  const tokens = new Tokens();
  const once = new OnceKeys();
  for (const record of records) {
    if (record.kind === "token") readToken(tokens, record);
    const keyed = record.kind === "say" ? keyedOf(record) : undefined;
    if (keyed !== undefined) once.remember(keyed);
  }
  const journal = new LogJournal(log, term, end);
  const at = clock();
  if (built.isNew) await journal.write([{ at, draft: { kind: "policy", hash, now: network.decided.model.now } }]);
  let rootToken: string | undefined;
  if (tokens.isEmpty) {
    const made = makeToken();
    await journal.write([{ at, draft: { kind: "token", name: "root", digest: made.digest } }]);
    tokens.add("root", made.digest);
    rootToken = made.token;
  }
  const rebuild = async (): Promise<void> => {
    const again = await build(policy, await readAll(log, journal.next), options, Math.floor(clock() / 1000));
    if ("faults" in again || again.isNew)
      throw new Error(
        "the network must be built anew, and the files of its policy have changed: start the server again",
      );
    network.become(again.network);
  };
  return { network, journal, tokens, once, rootToken, fallen, read: records.length, rebuild };
}

interface Built {
  readonly network: RunningNetwork;
  readonly hash: string;
  /** Whether the records were written under another policy, or there are none. */
  readonly isNew: boolean;
  readonly fallen: readonly Fallen[];
}

/** The policy and all records → the network that they make at `now` (Unix seconds). The policy is decided once, unless it is another. */
async function build(
  policy: ReadPolicy,
  records: readonly LogRecord[],
  options: TableOptions,
  now: number,
): Promise<Built | { readonly faults: readonly Diagnostic[] }> {
  const last = records.findLast(({ kind }) => kind === "policy");
  let served = await policy(last === undefined ? now : clockOf(last));
  const isNew = last?.["hash"] !== served.hash;
  if (isNew && last !== undefined) served = await policy(now);
  const { decided, hash } = served;
  if (!decided.good) return { faults: decided.diagnostics };
  const faults = tablesAt(decided, decided.model.now, options).diagnostics;
  if (hasErrors(faults)) return { faults };
  const network = new RunningNetwork(decided, options);
  const fallen: Fallen[] = [];
  for (const record of records) {
    const said = record.kind === "say" ? saidOf(record) : undefined;
    if (said === undefined) continue;
    // What was said before the policy changed was decided anew then, and is now.
    const holds = isNew || record.n < last!.n ? network.hearAgain(said) : network.carryOut(said);
    if (!holds) fallen.push(said);
  }
  network.tables.follow(now);
  return { network, hash, isNew, fallen };
}

/** The clock with which a policy was read, in Unix seconds. */
const clockOf = ({ at, now }: LogRecord): number => (typeof now === "number" ? now : Math.floor(at / 1000));

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
