/**
 * A policy and a log → the network as it stood when the log ended, ready to be spoken to: its last snapshot, and the
 * records behind it carried out. A log that was written under another policy is decided again, statement by statement:
 * what the new policy does not allow any more falls, and is listed.
 */
import type { Decided } from "#compiler/admission/decided.ts";
import { openAdmission } from "#compiler/admission/network-rules.ts";
import type { State } from "#compiler/admission/state/state.ts";
import type { Rule } from "#compiler/datalog/types.ts";
import { hasErrors, type Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { tablesAt, type TableOptions } from "#compiler/compile.ts";
import type { LogEnd, OpenLog } from "../log/log.ts";
import { OnceKeys } from "../log/once.ts";
import type { LogRecord, RecordDraft } from "../log/record.ts";
import type { SaidAgain } from "./conversation.ts";
import { LogJournal } from "./journal.ts";
import { Persons } from "./names/persons.ts";
import { RunningNetwork } from "./network.ts";
import { saidOf } from "./said-records.ts";
import { findBase, keptBase, refuseShortened, type Base } from "./snapshot/base.ts";
import { RecordBooks } from "./snapshot/books.ts";
import { FallenSentences, stillMissed } from "./snapshot/fallen.ts";
import type { FallenSentence, ServerSnapshot } from "./snapshot/form.ts";
import type { Captured } from "./snapshot/keeping.ts";
import { recordsBetween } from "./snapshot/records.ts";
import type { KeptSentence } from "./snapshot/sentences.ts";
import { makeToken, Tokens } from "./tokens.ts";

/** A policy as a server starts with it. */
export interface ServedPolicy {
  readonly decided: Decided;
  /** SHA-256 of its texts, in hexadecimal. */
  readonly hash: string;
  /** The admission rules that it was decided with. */
  readonly rules: readonly Rule[];
  /** It was read, and nothing of it was submitted. */
  readonly isBare?: true;
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
  readonly fallen: readonly FallenSentence[];
  /** The records that were read. */
  readonly read: number;
  /** The records in the snapshot that it began with; 0: there was none. */
  readonly kept: number;
  /** What the records tell beside the network, also those that are written since. */
  readonly books: RecordBooks;
  /** The clock of decisions does not go back behind this, in Unix milliseconds. */
  readonly since: number;
  /** What a snapshot holds of the network and its log, at an instant when all of it is durable. */
  readonly capture: () => Captured;
  /** Brings the network to what the log holds, whatever has become of it. Rejects where that cannot be. */
  readonly rebuild: () => Promise<void>;
}

/** Decides the policy with a clock (Unix seconds); one of the hash that is `known` need only be read. */
export type ReadPolicy = (now: number, known?: string) => Promise<ServedPolicy>;

/** Where a start looks for a snapshot, and whom it tells why one is not used. */
export interface SnapshotPlace {
  readonly folder: string;
  readonly notice: (sentence: string) => void;
}

/**
 * Takes the lead of the log and carries out what it holds.
 *
 * @param policy Times of a policy that count from the clock are counted once, so a log goes on with the clock of its
 *   first start.
 * @param clock Unix milliseconds.
 * @param place Absent: there are no snapshots but what the log itself keeps.
 * @returns The faults of the policy, if it has any: then nothing is written.
 * @throws {LogError} Another process leads, or the log is not as it was written.
 */
export async function startNetwork(
  policy: ReadPolicy,
  log: OpenLog,
  options: TableOptions,
  clock: () => number,
  place?: SnapshotPlace,
): Promise<Started | { readonly faults: readonly Diagnostic[] }> {
  const { term } = await log.lead(new AbortController().signal);
  const end = await log.end();
  const now = Math.floor(clock() / 1000);
  const built = await build(policy, { log, end, options, now, place });
  if ("faults" in built) return built;
  const { network, fallen, hash, books, kept } = built;
  network.labels.persons = books.persons;
  const tokens = new Tokens();
  for (const [digest, name] of books.tokens) tokens.add(name, digest);
  const once = new OnceKeys(books.once.kept(end.time));
  const journal = new LogJournal(log, term, end, books);
  const at = clock();
  if (built.isNew) {
    const draft: RecordDraft = { kind: "policy", hash, now: network.decided.model.now, target: nameOf(options) };
    await journal.write([{ at, draft }]);
  }
  let rootToken: string | undefined;
  if (tokens.isEmpty) {
    const made = makeToken();
    await journal.write([{ at, draft: { kind: "token", name: "root", digest: made.digest } }]);
    tokens.add("root", made.digest);
    rootToken = made.token;
  }
  const rebuild = async (): Promise<void> => {
    const again = await build(policy, { log, end: journal.end, options, now: Math.floor(clock() / 1000), place });
    if ("faults" in again || again.isNew)
      throw new Error(
        "the network must be built anew, and the files of its policy have changed: start the server again",
      );
    again.network.makeTables(() => true);
    network.become(again.network);
  };
  return {
    network,
    journal,
    tokens,
    once,
    rootToken,
    fallen,
    read: end.at - kept,
    kept,
    books,
    since: Math.max(end.time, network.admission.state.now * 1000),
    capture: () => ({
      end: journal.end,
      books: journal.books,
      network: network.admission.snapshot({ hash, model: network.decided.model }),
      fallen: stillMissed(fallen, network.admission.state.tree, network.admission.state.now),
    }),
    rebuild,
  };
}

interface Built {
  readonly network: RunningNetwork;
  readonly hash: string;
  /** Whether the records were written under another policy, or there are none. */
  readonly isNew: boolean;
  readonly fallen: readonly FallenSentence[];
  readonly books: RecordBooks;
  /** The records in the snapshot that it began with. */
  readonly kept: number;
}

/** What a network is built of. */
interface Ground {
  readonly log: OpenLog;
  readonly end: LogEnd;
  readonly options: TableOptions;
  /** Unix seconds. */
  readonly now: number;
  readonly place: SnapshotPlace | undefined;
}

/** What the records before a snapshot tell. Of a name that is taken away behind it the books alone know. */
const booksOf = ({ end, tokens, keys, target, numbers, persons }: ServerSnapshot): RecordBooks =>
  new RecordBooks(end.at, tokens, keys, target, numbers, new Persons(persons.taken));

interface Faults {
  readonly faults: readonly Diagnostic[];
}

/** The policy and the log → the network that they make at `now`. */
async function build(policy: ReadPolicy, ground: Ground): Promise<Built | Faults> {
  const { log, end, place } = ground;
  const notice = (sentence: string): void => place?.notice(sentence);
  const base = await findBase(log, end, place?.folder, notice);
  const built = base && (await fromBase(policy, base, ground, notice));
  if (built !== undefined) return built;
  return fromRecords(policy, ground, await keptBase(log, end.at));
}

/** From a snapshot, of which nothing is decided, and what is behind it; undefined: the policy is another. */
async function fromBase(
  policy: ReadPolicy,
  { snapshot, tail }: Base,
  { options, now }: Ground,
  notice: (sentence: string) => void,
): Promise<Built | Faults | undefined> {
  const isChecked = snapshot.target !== undefined && snapshot.target === nameOf(options);
  const known = snapshot.network.policy;
  const served = await policy(known.now, isChecked ? known.hash : undefined);
  const { hash, rules, isBare } = served;
  if (hash !== known.hash) return undefined;
  const faults = faultsOf(served, options, isChecked);
  if (faults.length > 0) return { faults };
  const { model } = served.decided;
  const empty = { rules, now: model.now, suspends: true };
  const { admission } = isBare === true ? served.decided : openAdmission(model, empty);
  const misfit = admission.restore(snapshot.network, { hash, model });
  if (misfit !== undefined) {
    notice(`the snapshot is not used: ${misfit}`);
    return undefined;
  }
  const network = new RunningNetwork({ ...served.decided, admission }, options);
  const books = booksOf(snapshot);
  const more: FallenSentence[] = [];
  const persons = (network.labels.persons = new Persons(snapshot.persons.taken));
  for (const record of tail) {
    books.read(record);
    const said = record.kind === "say" ? saidOf(record) : undefined;
    if (said !== undefined && !network.carryOut(said)) more.push(said);
    persons.remove(removedIn(record), record.n);
  }
  network.beginTables(now);
  const fallen = stillMissed([...snapshot.fallen, ...more], network.admission.state.tree, now);
  return { network, hash, isNew: false, fallen, books, kept: snapshot.end.at };
}

/**
 * From all records, or from what a shortened log keeps of them. The policy is decided once, unless it is another.
 *
 * @param base What a shortened log keeps.
 */
async function fromRecords(
  policy: ReadPolicy,
  { log, end, options, now }: Ground,
  base: Base | undefined,
): Promise<Built | Faults> {
  const kept = base?.snapshot;
  const [from, first] = [kept?.end.at ?? 0, kept?.network.policy];
  const books = kept === undefined ? new RecordBooks() : booksOf(kept);
  let last = first && { n: from, hash: first.hash as unknown, now: first.now };
  for await (const records of recordsBetween(log, from, end.at))
    for (const record of records) {
      books.read(record);
      if (record.kind === "policy") last = { n: record.n, hash: record["hash"], now: clockOf(record) };
    }
  let served = await policy(last === undefined ? now : last.now);
  const isNew = last?.hash !== served.hash;
  // Under the policy of the snapshot what it holds was not decided from sentences, and is not now.
  if (kept !== undefined && !isNew && last!.n === from)
    await refuseShortened(log, end.at, "their snapshot does not fit");
  if (isNew && last !== undefined) served = await policy(now);
  const faults = faultsOf(served, options, !isNew && books.target !== undefined && books.target === nameOf(options));
  if (faults.length > 0) return { faults };
  const network = new RunningNetwork(served.decided, options);
  const fallen = new FallenSentences();
  const tree = (): State["tree"] => network.admission.state.tree;
  // What is decided again was said by who had the name then.
  const { persons } = network.labels;
  for (const one of kept?.sentences ?? []) {
    const said = { ...one, answers: one.answers ?? namesOf(one) };
    const { holds, statements } = network.hearAgain(said);
    fallen.read(said, holds, statements, tree());
    persons.remove(
      statements.flatMap(({ demand }) => (demand.kind === "RemoveUser" ? [demand.user] : [])),
      one.number,
    );
  }
  for await (const records of recordsBetween(log, from, end.at))
    for (const record of records) {
      const said = record.kind === "say" ? saidOf(record) : undefined;
      if (said === undefined) continue;
      // What was said before the policy changed was decided anew then, and is now.
      const isAgain = isNew || record.n < last!.n;
      const { holds, statements } = isAgain
        ? network.hearAgain(said)
        : { holds: network.carryOut(said), statements: [] };
      fallen.read(said, holds, statements, tree());
      persons.remove(removedIn(record), record.n);
    }
  network.beginTables(now);
  return { network, hash: served.hash, isNew, fallen: fallen.missed(tree(), now), books, kept: from };
}

/** Why a policy starts nothing. Its tables are checked when the log takes it up, and when they are for another target. */
function faultsOf({ decided }: ServedPolicy, options: TableOptions, isChecked: boolean): readonly Diagnostic[] {
  if (!decided.good) return decided.diagnostics;
  if (isChecked) return [];
  const { diagnostics } = tablesAt(decided, decided.model.now, options);
  return hasErrors(diagnostics) ? diagnostics : [];
}

/** The name of the target, by which the log knows for which one the tables of its policy were checked. */
const nameOf = ({ target }: TableOptions): string | undefined => (typeof target === "string" ? target : undefined);

/** What was answered to a sentence that is one request, granted whole. */
const namesOf = ({ id }: KeptSentence): SaidAgain["answers"] => (id === undefined ? [] : [{ kind: "accepted", id }]);

/** The users whom a record removes. */
const removedIn = ({ removed }: LogRecord): readonly string[] => (removed ?? []) as readonly string[];

/** The clock with which a policy was read, in Unix seconds. */
const clockOf = ({ at, now }: LogRecord): number => (typeof now === "number" ? now : Math.floor(at / 1000));
