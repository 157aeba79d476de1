/** What a keeper tells of its switch, and which of the things that an apply says are troubles of what kind. */
import {
  bridgeUnknown,
  databaseLost,
  databaseRefused,
  foreignOpens,
  foreignQos,
  noAnswer,
  noDatabase,
  noSuchPort,
  notConfirmed,
  placeTaken,
  portMoved,
  queueMissing,
  queuesNeedDatabase,
  statementRefused,
  trackingBegins,
  unreachable,
} from "#compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { Applied } from "../../controller/index.ts";
import { NO_DATABASE } from "../../session/index.ts";
import type { PastTrouble } from "./troubles.ts";

/**
 * What may be wrong with a switch: it is not reached, does not answer, another server holds it, it does not take the table,
 * it does not take single statements, or entries or settings of others may let on what is held. `lacking` and `opened` are
 * beside a table that is in force.
 */
export type KeeperTrouble = "away" | "silent" | "elsewhere" | "refused" | "lacking" | "opened";

/** What is told of beside these: what is to be warned of, and that changed ways are drops for long. */
export type KeeperWord = KeeperTrouble | "warned" | "closed";

export type KeeperEvent =
  /** The switch was read back, and brought to the table. It is told where that is new. */
  | { readonly kind: "applied"; readonly result: Applied }
  /** It got so many flow-mods, without being read back. */
  | { readonly kind: "changed"; readonly flowMods: number }
  /** A trouble begins. */
  | { readonly kind: KeeperWord; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "over"; readonly trouble: KeeperWord; readonly past: PastTrouble };

/** The gravest first. */
export const TROUBLES = ["away", "elsewhere", "refused", "opened", "lacking"] as const;

/** Those beside which the table is in force. */
export const BESIDE = ["lacking", "opened", "warned"] as const;
export const isBeside = (kind: KeeperWord): boolean =>
  kind === "closed" || (BESIDE as readonly string[]).includes(kind);

/** Of a switch that should connect to us, and has not within so many milliseconds. */
export const notConnected = (target: string, within: number): Diagnostic =>
  unreachable({ target, reason: `it has not connected within ${within / 1000} s` }, { help: NO_CALL });

const NO_CALL =
  "it must have our address as a controller: for Open vSwitch `ovs-vsctl set-fail-mode BRIDGE secure -- set-controller " +
  "BRIDGE tcp:ADDRESS:PORT`, which empties its tables; the server fills them once it has connected";

/** Of a switch that has left what it was sent unanswered for so many milliseconds. */
export const notAnswered = (target: string, within: number): Diagnostic =>
  noAnswer({ target, seconds: within / 1000, awaited: "what it was sent last" }, { help: NO_DATABASE });

/** Advice that an apply gives, as it is for a server: that applies by itself, and keeps every other apply off (E984). */
export const advised = (one: Diagnostic): Diagnostic =>
  one.help === undefined
    ? one
    : { ...one, help: one.help.replaceAll(/\b(?:then )?apply again\b/g, "the server applies again by itself") };

const codesOf = (some: readonly { readonly code: string }[]): readonly string[] => some.map(({ code }) => code);
const OF_DATABASE = codesOf([queuesNeedDatabase, noDatabase, databaseLost, databaseRefused]);
/** Errors of queues and of the database that makes them. All else is in force, and nothing passes that is denied. */
const OF_QUEUES = [...OF_DATABASE, ...codesOf([foreignQos, queueMissing])];
const OF_PORTS = codesOf([foreignQos, queueMissing, noSuchPort]);

/** Why a switch has no queues of what is reserved, in whole or at some ports. */
export type Unreserved = "userspace" | "database" | "ports";

/** The same, by what came with a table that was taken. */
export function unreservedBy(diagnostics: readonly Diagnostic[]): Unreserved | undefined {
  const has = (codes: readonly string[]): boolean => diagnostics.some(({ code }) => codes.includes(code));
  return has(OF_DATABASE) ? "database" : has(OF_PORTS) ? "ports" : undefined;
}

/** What the switch does not take of the table. */
const isLack = ({ code }: Diagnostic): boolean => code === statementRefused.code;
/**
 * All other errors beside a table that is taken: an entry of others in the place of ours or that lets on (E958, E994), hidden
 * entries (E990, E991), ports that are joined (E992), another bridge of the same datapath id (E993), tags and fragments that are
 * read otherwise (E997, E998), tables that give up entries (E999). Warnings let on nothing.
 */
const isOpening = (one: Diagnostic): boolean =>
  one.severity === "error" && !OF_QUEUES.includes(one.code) && !isLack(one);
/** Which of these entries of others are, that depend on the table beside which they stand. */
export const isOfForeign = ({ code }: Diagnostic): boolean => code === placeTaken.code || code === foreignOpens.code;
/** What an operator should know of a switch that has its table, for as long as it lasts. */
const isWarning = (one: Diagnostic): boolean =>
  (one.severity === "warning" || OF_QUEUES.includes(one.code) || one.code === bridgeUnknown.code) &&
  one.code !== portMoved.code;
/** Of which of these a diagnostic is, which came with a table that was taken. */
export const OF_KIND = { lacking: isLack, opened: isOpening, warned: isWarning } as const;
/** Whether a table that failed is known to lack entries on the switch: denies may be among them. */
export const lacksEntries = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ code }) => code === notConfirmed.code);
/** What is so from now on, and said once. */
export const isNews = ({ code }: Diagnostic): boolean => code === portMoved.code || code === trackingBegins.code;
