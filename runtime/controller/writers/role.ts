/**
 * The role of MASTER on a switch, for a server that holds it (OpenFlow 1.3.5, section 6.3.6). The switch makes whoever
 * was MASTER before a SLAVE, which it lets write nothing; so a server that slept through its replacement changes nothing
 * when it wakes. A one-shot apply never asks for a role: it would make the server a slave for good.
 */
import { errorName, type Message } from "../../openflow/index.ts";
import { RequestRefused, type Session } from "../../session/index.ts";

/** Generations are compared as signed numbers of 64 bits; all ones: there was none yet. */
const NONE = 0xffff_ffff_ffff_ffffn;

/**
 * Becomes MASTER, with a generation above the last one.
 *
 * @param least The lowest generation to take.
 * @returns The generation; undefined: the switch has no roles.
 * @throws {RequestRefused} Another controller was quicker.
 */
export async function becomeMaster(session: Session, least: bigint): Promise<bigint | undefined> {
  const ask = (role: "nochange" | "master", generation: bigint): Promise<Message> =>
    session.request({ type: "role_request", xid: session.xids(), role, generation }, "the answer about our role");
  try {
    const now = await ask("nochange", 0n);
    if (now.type !== "role_reply") return undefined;
    const next = BigInt.asUintN(64, now.generation + 1n);
    const generation = now.generation === NONE || next < least ? least : next;
    await ask("master", generation);
    await session.barrier();
    return generation;
  } catch (fault) {
    if (!(fault instanceof RequestRefused) || fault.error.type !== "error") throw fault;
    if (errorName(fault.error) === "OFPRRFC_STALE") throw fault;
    return undefined;
  }
}

/**
 * Asks for the role again that this session has; a switch without roles for an echo, by which it says that it answers.
 *
 * @param generation That with which it became MASTER; undefined: the switch has no roles.
 * @returns Whether it still has it: another controller may have become MASTER since, which nobody says to the one before.
 */
export async function isStillMaster(session: Session, generation: bigint | undefined): Promise<boolean> {
  if (generation === undefined) {
    await session.request({ type: "echo_request", xid: session.xids(), data: new Uint8Array(0) }, "the echo");
    return true;
  }
  const question = { type: "role_request", xid: session.xids(), role: "master", generation } as const;
  try {
    await session.request(question, "the answer about our role");
    return true;
  } catch (fault) {
    if (fault instanceof RequestRefused && fault.error.type === "error" && errorName(fault.error) === "OFPRRFC_STALE")
      return false;
    throw fault;
  }
}
