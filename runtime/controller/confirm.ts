/**
 * Confirms, by content, that the switch holds the entries that it was sent. A switch carries out a bundle whole or not
 * at all, and the bundle's token, read last, shows that no other apply came after. All entries are read back and
 * compared, and those of others that came meanwhile are looked at. A large table is spared that where the switch tells
 * that no other program has changed it since it was read (`writers/monitor.ts`): then our entries are counted, and the
 * changed ones are read back, up to a number of statements. Entries with a timeout may have expired.
 */
import { append } from "#compiler/net/lists.ts";
import { notConfirmed, otherCookies, partlyRead } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { isBookkeeping, SERVER, TIME, TOKEN } from "../../compiler/table/bookkeeping.ts";
import { sameEnd, sameInstructions } from "../../compiler/plan/compare.ts";
import { COOKIE_OWNER } from "../../compiler/table/cookie.ts";
import type { ResourceChanges } from "../../compiler/plan/index.ts";
import type { FlowMod } from "../../compiler/plan/plan.ts";
import type { Entry, Table } from "../../compiler/table/entry.ts";
import { entryKey } from "../../compiler/table/match.ts";
import { ALL_TABLES, ANY } from "../openflow/index.ts";
import { RequestRefused, type Session } from "../session/index.ts";
import { tableDifference } from "./difference.ts";
import type { FlowChange } from "./flow-mods.ts";
import { byOwner, entryOf, readFlows, widened, type InstalledFlow } from "./installed.ts";
import { foreignRefusals } from "./refusal.ts";
import { joined, type Aftermath, type ResourceStep } from "./resource-step.ts";
import type { Applied, ApplyOptions, Stopwatch } from "./result.ts";
import type { Elapsed } from "./timeouts.ts";
import { APPLY_AGAIN } from "./writers/progress.ts";
import { isSuperseded, readBooks, readCookie } from "./writers/token.ts";

/** The most statements whose entries are read back after a bundle. Of more, this many are chosen evenly among them. */
const MOST_READ = 2_000;
/** Reading the entries of one cookie costs as much as reading this many in a whole table (measured: 80 µs, 8 µs). */
const COOKIE_COST = 10;

/** In seconds. */
const SOON = 5;
/** A table of so few entries is read back whole: it costs a few milliseconds. */
const FEW = 1_000;

/** What was sent, and how. `foreign`: the entries of others in our tables, as they were read before. */
export interface Dispatched extends Pick<Applied, "method" | "foreign"> {
  readonly changes: readonly FlowChange[];
  /**
   * The tokens that stand there if no other apply came after: the one that was sent, or those that were read where nothing
   * was sent. Absent where the switch does not take ours.
   */
  readonly tokens?: readonly bigint[] | undefined;
  /** Whether entries with a timeout were late. Those that are over and still there are removed by the next attempt. */
  readonly isLate: boolean;
  /** Whether the switch has told since the reading that others change nothing; false where it tells nothing. */
  readonly isAlone: () => boolean;
}

/** Whether a table may be confirmed without reading it whole, if the switch tells that no other program changed it. */
export const maySpare = ({ entries }: Table, { verify, takeOver, dryRun }: ApplyOptions): boolean =>
  dryRun !== true && verify !== "whole" && verify !== false && takeOver !== true && entries.length > FEW;

export interface Confirmed {
  /** E959 if entries are missing or too many, E994 if others let on what is held. */
  readonly faults: readonly Diagnostic[];
  /** N998 if only a part was read back; N999 of other cookies; E994 with `besideForeign`. */
  readonly notes: readonly Diagnostic[];
  /** The entries of others in our tables by then; absent if they were not read. */
  readonly foreign?: readonly InstalledFlow[];
  /** Present if another apply came after this one. */
  readonly superseded?: true;
  /** Present if nothing was sent, and entries have changed since they were read. */
  readonly outrun?: true;
}

export async function confirmEntries(
  session: Session,
  desired: Table,
  { method, changes, tokens, isLate, foreign, isAlone }: Dispatched,
  options: ApplyOptions & { readonly elapsed: Elapsed },
): Promise<Confirmed> {
  let deviation: (Deviation & Partial<Read>) | undefined;
  if (method !== "stages" && maySpare(desired, options) && isAlone()) {
    deviation = await byNumber(session, desired, await countBooks(session));
    if (deviation?.missing === 0 && deviation.excess === 0) deviation = await byChanges(session, desired, changes);
  }
  let opened: readonly Diagnostic[] = [];
  let others: Pick<Confirmed, "foreign"> = {};
  if (deviation === undefined || !isAlone()) {
    const found = await byContent(session, desired, { ...options, isLate, changes });
    deviation = found;
    if (options.takeOver !== true) {
      others = { foreign: found.foreign };
      opened = foreignRefusals(session.target, added(found.foreign, foreign), desired, options);
    }
  }
  if (await isAnothers(session, tokens)) return { faults: [], notes: [], superseded: true };
  const { missing, excess, read = 0, changed = 0, recounted = 0 } = deviation;
  if (method === "nothing" && missing + excess > 0) return { faults: [], notes: [], outrun: true };
  const faults =
    missing + excess > 0 ? [notConfirmed({ target: session.target, missing, excess }, { help: APPLY_AGAIN })] : [];
  const counted = { target: session.target, read, changed };
  const notes = [
    ...(read < changed ? [partlyRead(counted, { help: PARTLY })] : []),
    ...(recounted > 0 ? [otherCookies({ target: session.target, entries: recounted })] : []),
  ];
  return options.besideForeign === true
    ? { faults, notes: [...notes, ...opened], ...others }
    : { faults: [...faults, ...opened], notes, ...others };
}

const PARTLY =
  "the switch took the whole change, all entries were counted, and it tells of no change by others; `apply --dry-run` reads all of them back and shows what differs";

/** The foreign entries that came or changed since others were read. */
function added(now: readonly InstalledFlow[], before: readonly InstalledFlow[]): readonly InstalledFlow[] {
  const known = new Map(before.map((one) => [placeOf(one), one.entry ?? widened(one.flow)]));
  return now.filter((one) => {
    const same = known.get(placeOf(one));
    return same === undefined || !sameInstructions(same, one.entry ?? widened(one.flow));
  });
}

/** Table, priority and match of an entry, also of a match that `Entry` cannot express. */
const placeOf = ({ flow, entry }: InstalledFlow): string =>
  entry
    ? entryKey(entry)
    : [
        flow.table,
        flow.priority,
        ...flow.match.map((one) =>
          one.field === "unknown"
            ? `${one.header}=${one.data.join(" ")}`
            : `${one.field}=${one.value}/${one.mask ?? "all"}`,
        ),
      ].join();

/** Whether the switch holds another token than these, so that another apply came. */
const isAnothers = async (session: Session, tokens: Dispatched["tokens"]): Promise<boolean> =>
  tokens !== undefined && isSuperseded(tokens, await readCookie(session, session.features.tables - 1, TOKEN.cookie));

interface Deviation {
  readonly missing: number;
  readonly excess: number;
  /** The entries that do what was sent under another cookie than was sent. */
  readonly recounted?: number;
}

/** The number of statements that changed, and of those whose entries were read back. */
interface Read {
  readonly changed: number;
  readonly read: number;
}

const lasting = ({ hardTimeout, idleTimeout }: Entry): boolean => hardTimeout === 0 && idleTimeout === 0;

/** The number of bookkeeping entries. Our owner mark counts them with the entries. */
async function countBooks(session: Session): Promise<number> {
  const kinds = await Promise.all([TOKEN, TIME, SERVER].map(({ cookie }) => readCookie(session, ALL_TABLES, cookie)));
  return kinds.flat().filter(isBookkeeping).length;
}

/** Compares the number of entries with our owner mark; `undefined` if the switch cannot count. */
async function byNumber(session: Session, { entries }: Table, books: number): Promise<Deviation | undefined> {
  const mark = { cookie: COOKIE_OWNER << 48n, cookieMask: 0xffffn << 48n };
  let held = 0;
  try {
    await session.collect(
      { kind: "aggregate", table: ALL_TABLES, outPort: ANY, outGroup: ANY, ...mark, match: [] },
      (part) => {
        if (part.kind === "aggregate") held += part.flows;
      },
    );
  } catch (fault) {
    if (fault instanceof RequestRefused) return undefined;
    throw fault;
  }
  const least = entries.filter(lasting).length;
  const there = held - books;
  return { missing: Math.max(0, least - there), excess: Math.max(0, there - entries.length) };
}

/** Reads changed entries back by their cookies, and compares table, match, priority, actions and cookie. */
async function byChanges(session: Session, desired: Table, changes: readonly FlowChange[]): Promise<Deviation & Read> {
  const cookies = [...new Set(changes.map((one) => ("entry" in one ? one.entry.cookie : one.flow.cookie)))];
  const isSmall = desired.entries.length <= COOKIE_COST * Math.min(cookies.length, MOST_READ);
  const chosen = isSmall ? new Set(cookies) : new Set(spread(cookies));
  const held = new Map<string, Entry>();
  const found = isSmall
    ? await readFlows(session)
    : (await Promise.all([...chosen].map((cookie) => readCookie(session, ALL_TABLES, cookie)))).flat();
  for (const flow of found) {
    const entry = entryOf(flow);
    if (entry) held.set(`${entry.cookie} ${entryKey(entry)}`, entry);
  }
  let [missing, excess] = [0, 0];
  for (const change of changes) {
    if (!("entry" in change) || !chosen.has(change.entry.cookie)) continue;
    const { entry } = change;
    const there = held.get(`${entry.cookie} ${entryKey(entry)}`);
    if (change.command === "delete_strict") excess += there ? 1 : 0;
    else if (there === undefined ? lasting(entry) : !sameInstructions(there, entry) || !sameEnd(there, entry, ANY_END))
      missing++;
  }
  return { missing, excess, changed: cookies.length, read: chosen.size };
}

function* spread(cookies: readonly bigint[]): Generator<bigint> {
  const step = Math.max(1, cookies.length / MOST_READ);
  for (let at = 0; at < cookies.length; at += step) yield cookies[Math.floor(at)]!;
}

/** The remaining time of an entry is not compared, since it runs on during reading. */
const ANY_END = { tolerance: Infinity };

interface Reading extends Pick<ApplyOptions, "takeOver" | "tables">, Pick<Dispatched, "isLate" | "changes"> {
  readonly elapsed: Elapsed;
}

async function byContent(
  session: Session,
  desired: Table,
  options: Reading,
): Promise<Deviation & Pick<Dispatched, "foreign">> {
  const { flows } = readBooks(await readFlows(session, desired));
  const { ours, foreign } = byOwner(flows, desired, options.tables);
  const rest = options.takeOver === true ? foreign : [];
  const elapsed = options.elapsed();
  const { plan } = tableDifference({ ours, foreign: rest }, desired, { ...options, elapsed });
  const ending = new Set(desired.entries.filter((entry) => !lasting(entry)).map(entryKey));
  // An entry that ends within these seconds may have gone already, or may not have gone yet.
  const isDue = (entry: Entry): boolean => lasting(entry) || (!options.isLate && entry.hardTimeout - elapsed > SOON);
  const isMissed = (kind: FlowMod["kind"], entry: Entry): boolean =>
    kind === "replace" || (kind === "add" && isDue(entry)) || (kind === "timeout" && lasting(entry));
  const isGone = (entry: Entry): boolean => lasting(entry) || (!options.isLate && !ending.has(entryKey(entry)));
  const mods = plan.stages.flat();
  const wrong = new Set(mods.map(({ entry }) => entryKey(entry)));
  const sent = cookiesSent(options.changes);
  const isRecounted = ({ entry }: InstalledFlow): boolean => {
    if (entry === undefined) return false;
    const key = entryKey(entry);
    return !wrong.has(key) && (sent.get(key) ?? entry.cookie) !== entry.cookie;
  };
  return {
    missing: mods.filter(({ kind, entry }) => isMissed(kind, entry)).length,
    excess: mods.filter(({ kind, entry }) => kind === "delete" && isGone(entry)).length,
    recounted: ours.filter(isRecounted).length,
    foreign,
  };
}

/**
 * The cookies of the entries that were sent. An entry that was not sent keeps the one that it has, while it does the same
 * (SEMANTICS, "Diff").
 */
function cookiesSent(changes: readonly FlowChange[]): ReadonlyMap<string, bigint> {
  const sent = new Map<string, bigint>();
  for (const change of changes) {
    // A modification leaves the cookie as it is (OpenFlow 1.3.5, section 6.4).
    if (!("entry" in change) || change.command === "modify_strict") continue;
    if (change.command === "add") sent.set(entryKey(change.entry), change.entry.cookie);
    else sent.delete(entryKey(change.entry));
  }
  return sent;
}

/** What was sent, with the steps for its resources. */
type Sending = Dispatched & { readonly resourceSteps: readonly ResourceStep[] };

/** Confirms the entries, then removes the meters and queues that no entry uses any more. */
export async function finish(
  { session, elapsed }: { readonly session: Session; readonly elapsed: Elapsed },
  desired: Table,
  dispatched: Sending,
  options: ApplyOptions,
  stopwatch: Stopwatch,
): Promise<Aftermath & Partial<Pick<Confirmed, "notes" | "foreign" | "outrun">>> {
  const { resourceSteps, tokens } = dispatched;
  let isOver = false;
  let notes: readonly Diagnostic[] = [];
  let others: Pick<Confirmed, "foreign"> = {};
  if (options.verify !== false) {
    const found = await stopwatch.time("verify", () =>
      confirmEntries(session, desired, dispatched, { ...options, elapsed }),
    );
    if (found.faults.length > 0 || found.outrun === true)
      return { ...found, changes: joined(resourceSteps.map(({ begun }) => begun)) };
    isOver = found.superseded === true;
    notes = found.notes;
    if (found.foreign !== undefined) others = { foreign: found.foreign };
  }
  const isOurs = async (): Promise<boolean> => !(await isAnothers(session, tokens));
  return stopwatch.time("surround", async () => {
    const faults: Diagnostic[] = [];
    const changes: ResourceChanges[] = [];
    for (const step of resourceSteps.toReversed()) {
      const after = await step.after(isOurs);
      append(faults, after.faults);
      changes.push(after.changes);
      isOver ||= after.superseded === true;
    }
    if (faults.length === 0 && options.verify !== false && !isOver)
      for (const step of resourceSteps) append(faults, await step.verify());
    return { faults, notes, ...others, changes: joined(changes), ...(isOver && { superseded: true }) };
  });
}
