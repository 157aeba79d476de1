/**
 * The obstacles to a table, in the user's terms: errors of the switch about single flow-mods, by statement and reason,
 * and foreign entries in our tables.
 */
import {
  changeRefused,
  foreignEntries,
  foreignOpens,
  meterMissing,
  placeTaken,
  statementRefused,
} from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { errorName, reasonWords, type ErrorMessage, type FlowModMessage } from "../openflow/index.ts";
import { nextLack, type Lack } from "../../compiler/plan/lacking.ts";
import { FollowedOpenings } from "../../compiler/plan/followed-openings.ts";
import { isToReservedGroup, openings, packetsText, type ForeignOpening } from "../../compiler/plan/foreign.ts";
import type { FlowMod } from "../../compiler/plan/plan.ts";
import { holdOf, roleOf, type Hold } from "../../compiler/plan/roles.ts";
import type { Entry, Match, Table } from "../../compiler/table/entry.ts";
import { entryKey } from "../../compiler/table/match.ts";
import { learnedBy, widened, type InstalledFlow } from "./installed.ts";
import type { ApplyOptions, ApplyResult, EntryOrigin } from "./result.ts";
import type { Session } from "../session/index.ts";
import { toMessage } from "./flow-mods.ts";
import type { Refused } from "./send.ts";

/** The most diagnostics that are made of one fault. */
export const MOST_REPORTED = 10;

const TOO_SLOW = "nothing was changed; the link to the switch is slow, or stalls: apply again";

const HELP: Readonly<Record<string, string>> = {
  OFPBFC_TIMEOUT: TOO_SLOW,
  OFPBFC_BAD_ID: TOO_SLOW,
  OFPFMFC_TABLE_FULL: "nothing was changed; give the switch a larger table, or ask for less",
  OFPMMFC_OUT_OF_METERS: "nothing was changed; each limit takes one meter: ask for fewer limits",
  OFPBRC_IS_SLAVE: "apply through the management socket, or take the role from the other controller",
  OFPBAC_BAD_EXPERIMENTER: "say `--target of13`",
  OFPBAC_BAD_EXP_TYPE: "say `--target of13`",
};

/** Whether the switch lacks a meter. Open vSwitch has one error for this about meters and another about entries. */
export const isMeterGone = (error: ErrorMessage): boolean =>
  ["OFPMMFC_UNKNOWN_METER", "OFPMMFC_INVALID_METER"].includes(errorName(error));

/** The name of an entry in messages: its statement, or its table and priority. */
export function statementName(
  entry: Pick<FlowModMessage, "cookie" | "table" | "priority">,
  known?: EntryOrigin,
): string {
  return known?.name ?? `the entry of table ${entry.table} with priority ${entry.priority}`;
}

/** The diagnostic for an error about one flow-mod; without `mod` the error is about all of them. */
export function modRefusal(
  target: string,
  error: ErrorMessage,
  mod: FlowModMessage | undefined,
  statements: ReadonlyMap<bigint, EntryOrigin> = new Map(),
): Diagnostic {
  const reason = reasonWords(error);
  const help = HELP[errorName(error)];
  if (mod === undefined) return changeRefused({ target, reason }, { help });
  const known = statements.get(mod.cookie);
  return statementRefused({ target, statement: statementName(mod, known), reason }, { span: known?.span, help });
}

/** Why foreign entries cannot stay: they have the place of a desired entry, or let on packets past one. */
export function foreignRefusals(
  target: string,
  foreign: readonly InstalledFlow[],
  desired: Table,
  options: Pick<ApplyOptions, "statements">,
): readonly Diagnostic[] {
  if (foreign.length === 0) return [];
  const taken = placesTaken(target, foreign, desired, options);
  return taken.length > 0 ? taken : opened(target, foreign, desired, options);
}

/**
 * The table that can stand beside foreign entries: without the entries whose places are taken. `reported` says what is
 * not as the policy wants it then.
 */
export function besideForeign(
  target: string,
  foreign: readonly InstalledFlow[],
  desired: Table,
  options: Pick<ApplyOptions, "statements">,
): { readonly table: Table; readonly reported: readonly Diagnostic[] } {
  if (foreign.length === 0) return { table: desired, reported: [] };
  const places = placesOf(foreign);
  const entries = desired.entries.filter((entry) => !places.has(entryKey(entry)));
  const table = entries.length === desired.entries.length ? desired : { ...desired, entries };
  const reported = [...placesTaken(target, foreign, desired, options), ...opened(target, foreign, desired, options)];
  return { table, reported };
}

/** The places of foreign entries. One whose match we cannot express has the place of no entry of ours. */
const placesOf = (foreign: readonly InstalledFlow[]): ReadonlySet<string> =>
  new Set(foreign.flatMap(({ entry }) => (entry ? [entryKey(entry)] : [])));

/** Entries of others as they are followed: as they are, by what can be read of them, and those that some of them make. */
interface Others {
  readonly all: readonly Entry[];
  readonly inPart: ReadonlySet<Entry>;
  /** Each with the flow that makes it. */
  readonly made: ReadonlyMap<Entry, InstalledFlow["flow"]>;
}

function othersOf(foreign: readonly InstalledFlow[], { entries }: Table): Others {
  const inPart = new Set(foreign.flatMap(({ flow, entry }) => (entry ? [] : [widened(flow)])));
  const tables = new Set(entries.map(({ table }) => table));
  const made = new Map(
    foreign.flatMap(({ flow }) =>
      learnedBy(flow).flatMap((entry) => (tables.has(entry.table) ? [[entry, flow] as const] : [])),
    ),
  );
  return { all: [...foreign.flatMap(({ entry }) => (entry ? [entry] : [])), ...inPart, ...made.keys()], inPart, made };
}

/**
 * E994 for each foreign entry that lets on packets which the policy denies, leads, limits or queues, with the statement that
 * does. One whose match we cannot express counts by what can be read of it, and one that makes entries by these, too.
 */
function opened(
  target: string,
  foreign: readonly InstalledFlow[],
  desired: Table,
  options: Pick<ApplyOptions, "statements">,
): readonly Diagnostic[] {
  const others = othersOf(foreign, desired);
  return openings(others.all, desired.entries, MOST_REPORTED).map((one) => openingText(target, one, others, options));
}

const HOLDS: Readonly<Record<Hold, string>> = {
  denies: "denies",
  leads: "leads by a way of its own",
  limits: "limits",
  queues: "has a queue for",
  rewrites: "rewrites",
};

function openingText(
  target: string,
  { entry, packets, by, isFollowed }: ForeignOpening,
  { inPart, made }: Others,
  { statements }: Pick<ApplyOptions, "statements">,
): Diagnostic {
  const known = by && statements?.get(by.cookie);
  const hold = by === undefined ? "denies" : holdOf(by)!;
  const why =
    by === undefined ? "which no entry of ours lets on" : `which \`${statementName(by, known)}\` ${HOLDS[hold]}`;
  const otherwise = remedy(entry, packets, hold, known);
  const learns = made.get(entry);
  const verb = inPart.has(entry) ? "has conditions that we cannot read, so it may hold" : "holds";
  const help = isFollowed
    ? `it ${learns === undefined ? verb : "learns entries that may hold"} ${packetsText(packets)}, ${why}: with --take-over it goes; else ${otherwise}`
    : "whether it does was not looked at to the end, as too many sets of packets would have to be followed: with --take-over it goes; else have fewer entries of others, or one that matches less";
  const { table, priority, match } = learns === undefined ? entry : widened(learns);
  const holds = isFollowed ? HOLDS[hold] : "denies, leads or limits";
  const place = { target, holds, table, priority, match: packetsText(match) };
  return foreignOpens(place, { help, span: known?.span });
}

/** What ends an opening without `--take-over`. */
function remedy(entry: Entry, packets: Match, hold: Hold, known: EntryOrigin | undefined): string {
  if (isToReservedGroup(packets)) {
    const what = isToReservedGroup(entry.match) ? "match none of these" : "name the `dl_dst` that it is for";
    return `have it ${what}: no policy lets on what is for such a group, which is reserved for one wire`;
  }
  if (hold !== "denies") return "have it match none of these";
  const isOfFacts = /^(?:table|host|port|link):/.test(known?.name ?? "");
  return isOfFacts
    ? "have it match none of these, or let facts say that they may come from where they do"
    : "let the policy allow what it is for";
}

/** The entries of others that were read beside a table → what is to be said of them after each change of that table. */
export class FollowedForeign {
  readonly #target: string;
  readonly #foreign: readonly InstalledFlow[];
  readonly #others: Others;
  readonly #places: ReadonlySet<string>;
  readonly #openings: FollowedOpenings;
  #needsReading = false;

  /** @param isOpen Whether something was to be said of them as they were read. */
  constructor(target: string, foreign: readonly InstalledFlow[], desired: Table, isOpen: boolean) {
    this.#target = target;
    this.#foreign = foreign;
    this.#others = othersOf(foreign, desired);
    this.#places = placesOf(foreign);
    this.#openings = new FollowedOpenings(this.#others.all, desired.entries, isOpen, MOST_REPORTED);
  }

  /**
   * Whether the last change must not be sent before the switch is read back: it would overwrite an entry of others, or
   * whether one of these lets on what is held by now was not looked at to the end.
   */
  get needsReading(): boolean {
    return this.#needsReading;
  }

  /** Whether one of them may let on what entries hold that would be there alone. */
  mayPass(entries: readonly Entry[]): boolean {
    return this.#openings.mayPass(entries);
  }

  /** E958 and E994 after a change; undefined: what was said last is still so. `statements` is asked where there are some. */
  follow(
    mods: readonly FlowMod[],
    statements: () => NonNullable<ApplyOptions["statements"]>,
  ): readonly Diagnostic[] | undefined {
    const found = this.#openings.follow(mods);
    if (found === undefined) return undefined;
    const taken = [...this.#places].flatMap((place) => this.#openings.at(place) ?? []);
    this.#needsReading = taken.length > 0 || found.some(({ isFollowed }) => !isFollowed);
    if (taken.length + found.length === 0) return [];
    const named = { statements: statements() };
    return [
      ...placesTaken(this.#target, this.#foreign, { entries: taken }, named),
      ...found.map((one) => openingText(this.#target, one, this.#others, named)),
    ];
  }
}

/** E958 for desired entries whose table, priority and match a foreign entry has. An add would silently overwrite it. */
function placesTaken(
  target: string,
  foreign: readonly InstalledFlow[],
  desired: Table,
  { statements }: Pick<ApplyOptions, "statements">,
): readonly Diagnostic[] {
  const places = placesOf(foreign);
  return desired.entries
    .filter((entry) => places.has(entryKey(entry)))
    .slice(0, MOST_REPORTED)
    .map((entry) => {
      const known = statements?.get(entry.cookie);
      const { table, priority, match } = entry;
      // Open vSwitch gives every new bridge one entry without a match, whose action is NORMAL.
      const isOfNewBridge = table === 0 && priority === 0 && match.length === 0;
      const help = isOfNewBridge
        ? "a new bridge comes with an entry that switches everything: with --take-over ours replaces it"
        : "with --take-over ours replaces it";
      return placeTaken(
        { target, statement: statementName(entry, known), table, priority },
        { help, span: known?.span },
      );
    });
}

/**
 * W950 for foreign entries in our tables. What they let on was compared with the table as it is sent; an allow in it that ends
 * by itself ends without an apply that would look again, and with none of its packets allowed any more.
 */
export function foreignWarnings(
  target: string,
  foreign: readonly InstalledFlow[],
  desired: Table,
  { takeOver, besideForeign: isServed }: ApplyOptions,
): readonly Diagnostic[] {
  if (takeOver === true || foreign.length === 0) return [];
  const number = foreign.length === 1 ? "1 entry" : `${foreign.length} entries`;
  const lasting = desired.entries.filter((entry) => entry.hardTimeout === 0 || roleOf(entry) !== "allow");
  const isSame = isServed === true || lasting.length === desired.entries.length;
  const [later] = isSame ? [] : openings(othersOf(foreign, desired).all, lasting, 1);
  const ends =
    later === undefined
      ? ""
      : `; once what the policy allows until then has ended, one of table ${later.entry.table}, priority ${later.entry.priority} may let on ${packetsText(later.packets)}: apply again then`;
  return [foreignEntries({ target, entries: number }, { help: `they stay; --take-over removes them${ends}` })];
}

/** Whether the switch refuses entries because another apply has removed a meter of the table. */
export function lacksMeter(refused: readonly Refused[], { meters = [] }: Table): boolean {
  const known = new Set(meters.map(({ meter }) => meter));
  return refused.some(({ error, change }) => {
    if (change === undefined || !("entry" in change) || !isMeterGone(error)) return false;
    return change.entry.instructions.some((one) => one.kind === "meter" && known.has(one.meter));
  });
}

/** The diagnostics for the changes that a switch refused: one for all of a statement that it refuses for one reason. */
export const refusals = (
  session: Session,
  refused: readonly Refused[],
  { statements }: ApplyOptions,
): readonly Diagnostic[] =>
  [
    ...new Map(
      refused.map(({ error, change }) => {
        const refusal = modRefusal(session.target, error, change && toMessage(change, 0), statements);
        return [refusal.message, refusal] as const;
      }),
    ).values(),
  ].slice(0, MOST_REPORTED);

/** The most attempts that are made because a switch refuses single entries or meters. */
const MOST_LACKING = 32;

/** The errors of OpenFlow that are about what one entry says: its actions, instructions, match and place. */
const ABOUT_ONE: readonly number[] = [2, 3, 4, 5];

const TRIED_AGAIN = "it is tried again each minute, and with each change";

/** What a switch has refused of a table. All else can be sent (`compiler/plan/lacking.ts`). */
export class Lacking {
  readonly places = new Map<string, Lack>();
  readonly #entries = new Map<string, { readonly entry: Entry; readonly refusal: Diagnostic }>();
  #attempts = 0;

  /** The cookies of the statements that are lacking in part. */
  get cookies(): ReadonlySet<bigint> {
    return new Set([...this.#entries.values()].map(({ entry }) => entry.cookie));
  }

  /** Notes refused entries; returns whether the rest may be tried. */
  noteEntries({ target }: Session, refused: readonly Refused[], { statements }: ApplyOptions): boolean {
    const isOfEntries = refused.every(({ error, change }) => {
      const isAdded =
        change !== undefined && "entry" in change && !("alone" in change) && change.command !== "delete_strict";
      return (
        isAdded && error.type === "error" && ABOUT_ONE.includes(error.errorType) && errorName(error) !== "OFPFMFC_EPERM"
      );
    });
    if (!isOfEntries || refused.length === 0) return false;
    return this.#note(
      refused.flatMap(({ error, change }) => {
        const { entry } = change as { readonly entry: Entry };
        return { entry, refusal: modRefusal(target, error, toMessage(change!, 0), statements) };
      }),
    );
  }

  /** Notes refused meters by their numbers; returns whether the rest may be tried. */
  noteMeters({ entries }: Table, refused: ReadonlyMap<number, Diagnostic>): boolean {
    return this.#note(
      entries.flatMap((entry) => {
        const meter = entry.instructions.find((one) => one.kind === "meter")?.meter;
        const refusal = meter === undefined ? undefined : refused.get(meter);
        return refusal === undefined ? [] : { entry, refusal };
      }),
    );
  }

  #note(all: readonly { readonly entry: Entry; readonly refusal: Diagnostic }[]): boolean {
    if (all.length === 0 || ++this.#attempts > MOST_LACKING) return false;
    for (const one of all) {
      const key = entryKey(one.entry);
      const lack = nextLack(one.entry, this.places.get(key));
      if (lack === undefined) return false;
      this.places.set(key, lack);
      if (!this.#entries.has(key)) this.#entries.set(key, one);
    }
    return true;
  }

  /** What is not in force, and what is kept back beside it, once for each statement. */
  reports(closed: readonly Entry[], { statements }: ApplyOptions): readonly Diagnostic[] {
    const others = [...new Set(closed.map((entry) => `\`${statementName(entry, statements?.get(entry.cookie))}\``))];
    const more = others.length > MOST_REPORTED ? `, and ${others.length - MOST_REPORTED} more` : "";
    const isGone = (key: string): boolean => this.places.get(key) === "all";
    const found = new Map<string, Diagnostic>();
    for (const [key, { refusal }] of this.#entries) {
      const rest =
        isGone(key) && others.length > 0
          ? `so is all that ${others.slice(0, MOST_REPORTED).join(", ")}${more} lets on below it`
          : "all else is in force";
      const help = `until the switch takes it, what it holds is dropped there, and ${rest}; ${TRIED_AGAIN}`;
      const { message } = refusal;
      if (!found.has(message) || isGone(key)) found.set(message, { ...refusal, help });
    }
    return [...found.values()].slice(0, MOST_REPORTED);
  }
}

/** Whether the only faults are meters that are gone or have other rates, as another apply leaves them. */
export const lacksMetersAlone = (result: ApplyResult): boolean =>
  result.outcome === "failed" && result.diagnostics.every(({ code }) => code === meterMissing.code);
