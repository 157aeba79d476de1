/**
 * A change of a table that a switch is known to hold → the switch, in one bundle, without reading it back. The token of
 * the last writer stands in the bundle: if anybody else has written since, the switch refuses the whole (NETWORK, "Two
 * writers"), and it must be read back.
 */
import type { FlowMod } from "#compiler/plan/plan.ts";
import type { Entry } from "#compiler/table/entry.ts";
import {
  freshToken,
  netChange,
  sendBundle,
  toFlowChange,
  tokenOf,
  withdrawalOf,
  type Elapsed,
  type Sent,
  type Withdrawal,
} from "../../controller/index.ts";
import type { Session } from "../../session/index.ts";

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
    [{ command: "delete_strict", ...last.of }, { command: "add", entry: token, alone: true }, ...changes],
    elapsed,
  );
  // Timeouts that arrive late are sent again by whoever reads the switch back.
  const isDone = sent !== "no bundles" && sent.outcome === "done" && sent.late <= MOST_LATE;
  return isDone ? withdrawalOf({ entry: token }) : undefined;
}

/**
 * Calls back with every token that is taken away, by us or by anybody else, who has replaced it or emptied the table; until
 * the session ends. A switch tells that to those who have asked for messages of its own accord (OpenFlow 1.3.5, section
 * 7.4.2; Open vSwitch wants a length of packets above zero).
 */
export async function onTokenGone(session: Session, gone: (token: bigint) => void): Promise<void> {
  session.listen((message) => {
    if (message.type === "flow_removed") gone(tokenOf(message.match));
  });
  await session.send([{ type: "set_config", xid: session.xids(), flags: 0, missSendLength: 1 }]);
}

/** In seconds. */
const MOST_LATE = 1;

/** Whether an entry uses a meter, whose number on the switch need not be that of the table. */
export const isMetered = ({ instructions }: Entry): boolean => instructions.some(({ kind }) => kind === "meter");
