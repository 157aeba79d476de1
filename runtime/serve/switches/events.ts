/** What a keeper tells of its switch, and which of the things that an apply says are troubles of what kind. */
import {
  bridgeUnknown,
  databaseLost,
  databaseRefused,
  foreignQos,
  noDatabase,
  portMoved,
  queueMissing,
  queuesNeedDatabase,
  statementRefused,
} from "#compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { Applied } from "../../controller/index.ts";
import type { PastTrouble } from "./troubles.ts";

/**
 * What may be wrong with a switch: it is not reached, another server holds it, it does not take the table, it does not take
 * single statements, or entries of others let on what is denied. `lacking` and `opened` are beside a table that is in force.
 */
export type KeeperTrouble = "away" | "elsewhere" | "refused" | "lacking" | "opened";

export type KeeperEvent =
  /** The switch was read back, and brought to the table. It is told where that is new. */
  | { readonly kind: "applied"; readonly result: Applied }
  /** It got so many flow-mods, without being read back. */
  | { readonly kind: "changed"; readonly flowMods: number }
  /** A trouble begins. */
  | { readonly kind: KeeperTrouble | "warned"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "over"; readonly trouble: KeeperTrouble | "warned"; readonly past: PastTrouble };

/** The gravest first. */
export const TROUBLES = ["away", "elsewhere", "refused", "opened", "lacking"] as const;

/** Those beside which the table is in force. */
export const BESIDE = ["lacking", "opened", "warned"] as const;

/** Errors of queues and of the database that makes them. All else is in force, and nothing passes that is denied. */
const OF_QUEUES: readonly string[] = [
  foreignQos,
  queueMissing,
  queuesNeedDatabase,
  noDatabase,
  databaseLost,
  databaseRefused,
].map(({ code }) => code);

/** What the switch does not take of the table. */
const isLack = ({ code }: Diagnostic): boolean => code === statementRefused.code;
const isOpening = (one: Diagnostic): boolean =>
  one.severity === "error" && !OF_QUEUES.includes(one.code) && !isLack(one);
/** What an operator should know of a switch that has its table, for as long as it lasts. */
const isWarning = (one: Diagnostic): boolean =>
  (one.severity === "warning" || OF_QUEUES.includes(one.code) || one.code === bridgeUnknown.code) &&
  one.code !== portMoved.code;
/** Of which of these a diagnostic is, which came with a table that was taken. */
export const OF_KIND = { lacking: isLack, opened: isOpening, warned: isWarning } as const;
/** What is so from now on, and said once. */
export const isNews = ({ code }: Diagnostic): boolean => code === portMoved.code;
