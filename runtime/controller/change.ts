/**
 * A change of a table that a switch is known to hold → the switch, in one bundle, without reading it back. The token of
 * the last writer stands in the bundle: if anybody else has written since, the switch refuses the whole (NETWORK, "Two
 * writers"), and it must be read back.
 */
import type { FlowMod } from "../../compiler/plan/plan.ts";
import type { Entry } from "../../compiler/table/entry.ts";
import type { Session } from "../session/index.ts";
import { netChange, toFlowChange, type FlowChange } from "./flow-mods.ts";
import { sendBundle, type Sent } from "./send.ts";
import type { Elapsed } from "./timeouts.ts";
import { freshToken } from "./writers/token.ts";

/** The mark that shows a switch to be as we left it: the changes that take it away, for our own next one. */
export type Withdrawal = readonly FlowChange[];

/** The withdrawal of a token. */
export const withdrawalOf = (entry: Entry): Withdrawal => [{ command: "delete_strict", entry }];

/**
 * Sends flow-mods in one bundle; several for one entry count as the last of them.
 *
 * @param elapsed Seconds since the timeouts of the entries began to count.
 * @returns The withdrawal for the next change; undefined: the switch must be read back.
 */
export async function sendChange(
  session: Session,
  stages: readonly (readonly FlowMod[])[],
  last: Withdrawal,
  elapsed: Elapsed,
): Promise<Withdrawal | undefined> {
  const changes = netChange({ stages }).map(toFlowChange);
  if (changes.length === 0) return last;
  const token = freshToken(session);
  const sent: Sent | "no bundles" = await sendBundle(
    session,
    [...last, { command: "add", entry: token, alone: true }, ...changes],
    elapsed,
  );
  // Timeouts that arrive late are sent again by whoever reads the switch back.
  const isDone = sent !== "no bundles" && sent.outcome === "done" && sent.late <= MOST_LATE;
  return isDone ? withdrawalOf(token) : undefined;
}

/** In seconds. */
const MOST_LATE = 1;

/** Whether an entry uses a meter, whose number on the switch need not be that of the table. */
export const isMetered = ({ instructions }: Entry): boolean => instructions.some(({ kind }) => kind === "meter");
