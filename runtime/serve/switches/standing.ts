/** What is wrong with switches → the words for those whose request is accepted, and for whoever asks whether the server is ready. */
import type { Directory } from "#compiler/model/model.ts";
import { count, fewNames } from "#compiler/diagnostics/text.ts";
import { printTarget } from "../../session/index.ts";
import type { Unreserved } from "./events.ts";
import type { Keeper } from "./keeper.ts";
import type { HeldSwitch } from "./options.ts";

const NOT_YET = "not yet in force on";
const NOTES = {
  making: NOT_YET,
  new: NOT_YET,
  silent: NOT_YET,
  away: NOT_YET,
  elsewhere: NOT_YET,
  refused: NOT_YET,
  lacking: "not wholly in force on",
  opened: "not alone in force on",
} as const;
export type SwitchTrouble = keyof typeof NOTES;
const WHY = {
  making: "the server has started, and makes its table",
  new: "it is not reached yet",
  silent: "it does not answer",
  away: "it is not reached",
  elsewhere: "another server holds it",
  refused: "it does not take the table",
  lacking: "it does not take all of the table, and drops what that would decide",
  opened:
    "what is denied, led, limited or reserved may pass there as if it were not, by entries or settings of others or for want of ours",
} as const;

/** What clients read that a switch is called. One that the policy need not name has no name, and its address is not everybody's. */
export const saidSwitch = (name: string): string => (name === "" ? "the switch" : name);

/** What a switch is called in what the server prints: a network of one switch need not name it. */
export const calledSwitch = ({ name, target }: Pick<HeldSwitch, "name" | "target">): string =>
  name === "" && target.kind !== "dials" ? printTarget(target) : name;

/** Reasons are for root alone. */
export const standingNote = (trouble: SwitchTrouble, name: string): string =>
  `${NOTES[trouble]} ${saidSwitch(name)}: ${WHY[trouble]}`;

/** The switches of the policy that a server never holds which holds others; one that holds none says so at its start. */
export const unheldSwitches = (
  { switches }: Pick<Directory, "switches">,
  held: readonly Pick<HeldSwitch, "name">[],
): readonly string[] =>
  held.length === 0 ? [] : [...switches.keys()].filter((name) => !held.some((one) => one.name === name)).sort();

/** What is said of these to whoever says something for switches. */
export const unheldNotes = (names: readonly string[]): readonly string[] =>
  names.length === 0
    ? []
    : [`${NOT_YET} ${fewNames(names)}: this server does not hold ${names.length === 1 ? "it" : "them"}`];

const UNRESERVED = {
  userspace: ["", "its datapath runs in user space, and has no queues of ours"],
  database: ["", "its database, which makes queues, is not reached or refuses them"],
  ports: [" at some ports", "they cannot be shaped, have queues of others, or are not there"],
} as const satisfies Record<Unreserved, readonly string[]>;

/** For whoever has reserved something. */
export function unreservedNote(why: Unreserved, name: string): string {
  const [where, reason] = UNRESERVED[why];
  return `nothing is reserved on ${saidSwitch(name)}${where}: ${reason}`;
}

const CLOSED = "what changed ways hold is dropped there until every switch with links is known to have no older ones";

type Kept = Pick<Keeper, "isHeld" | "trouble" | "stands" | "keepsBack">;

/**
 * Why not all switches hold all that is in force, and nothing beside it lets on what is held; for anybody, so that none
 * is named. What costs nobody but the speaker who asked for it is none: she would decide whether the server is ready.
 */
export function unheld(keepers: readonly Kept[]): readonly string[] {
  const numbers = new Map<string, number>();
  for (const keeper of keepers) {
    const { trouble, isHeld } = keeper;
    const reasons = new Set<string>(keeper.stands("opened") ? [WHY.opened] : []);
    if (trouble !== undefined && (!isHeld || keeper.keepsBack)) reasons.add(WHY[trouble]);
    if (keeper.stands("closed")) reasons.add(CLOSED);
    if (!isHeld && reasons.size === 0) reasons.add("it is sent a change");
    for (const why of reasons) numbers.set(why, (numbers.get(why) ?? 0) + 1);
  }
  return [...numbers].map(([why, number]) => `${number} of ${count(keepers.length, "switch", "switches")}: ${why}`);
}
