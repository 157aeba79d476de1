/**
 * Reason codes: the stable, machine-readable names by which the admission rules reject, in the order in which they are
 * causes of one another: where several hold, the first is the root cause and is reported. Each has its diagnostic.
 */
import { compareConstants } from "../datalog/index.ts";
import * as codes from "../diagnostics/codes/admission.ts";
import type { Code } from "../diagnostics/define.ts";

/** Reason → diagnostic code, root causes first. */
export const REASONS = {
  "unknown-share": codes.unknownShare,
  "unknown-user": codes.noSuchUser,
  "unknown-request": codes.unknownRequest,
  "not-root": codes.notRoot,
  "not-a-speaker": codes.notASpeaker,
  "may-not-cancel": codes.mayNotCancel,
  "root-stays": codes.rootStays,
  "user-exists": codes.userExists,
  "reserved-user": codes.reservedUser,
  "not-granted": codes.notGranted,
  "open-to-all": codes.openToAll,
  "share-exists": codes.shareExists,
  "label-in-use": codes.labelInUse,
  "guard-not-root": codes.guardNotRoot,
  "guard-denies": codes.guardDenies,
  contradictory: codes.contradictory,
  "no-privilege": codes.noPrivilege,
  "too-permissive": codes.tooPermissive,
  "too-deep": codes.sharesTooDeep,
  "outside-share": codes.outsideShare,
  undecided: codes.undecided,
  "starts-in-the-past": codes.startsInThePast,
  "empty-time": codes.emptyTime,
  "not-empty": codes.notEmpty,
  "too-many-requests": codes.tooManyRequests,
  "too-many-entries": codes.fullOfEntries,
  "above-cap": codes.aboveCap,
  "below-floor": codes.belowFloor,
  "node-outside": codes.nodeOutside,
  "unknown-node": codes.nodeNowhere,
  "unfit-node": codes.unfitNode,
  "no-path": codes.noPath,
  "over-limit": codes.overLimit,
  "share-short": codes.shareShort,
  "link-short": codes.linkShort,
  "too-many-pieces": codes.tooManyPieces,
  "too-many-conflicts": codes.tooManyConflicts,
  "too-costly": codes.tooCostly,
  "nothing-left": codes.nothingLeft,
  conflict: codes.conflict,
  /** A rule that the network added rejects; its own sentence is the reason. */
  "own-rule": codes.ownRule,
  /** Accepted by itself, but another statement of its transaction was not. */
  transaction: codes.transactionFailed,
} as const satisfies Readonly<Record<string, Code>>;

export type Reason = keyof typeof REASONS;

const ORDER = Object.keys(REASONS) as Reason[];

/** Whether this is a reason of the admission rules; anything else is the sentence of a network's rule. */
export const isReason = (code: string | number): code is Reason => Object.hasOwn(REASONS, code);

/** The root cause among the reasons that hold; sentences of the network's rules come last, in their own order. */
export function rootCause<Why extends string | number>(found: readonly Why[]): Why | undefined {
  const first = ORDER.find((reason) => found.some((why) => why === reason));
  return found.find((why) => why === first) ?? found.toSorted(compareConstants)[0];
}
