/**
 * A switch tells what other programs change in its tables while we read and send (ONF EXT-187, the flow monitor of
 * OpenFlow 1.3; Open vSwitch has it). So a large table need not be read back whole to know that no other program wrote
 * (NETWORK, "Two writers"). What our own session sends is told as one short event, which says nothing of entries.
 */
import { ALL_TABLES, ANY, type MalformedFrame, type Message } from "../../openflow/index.ts";
import { RequestRefused, type Session } from "../../session/index.ts";

const ONF = 0x4f4e4600;
const FLOW_MONITOR = 1870;
/** Additions, deletions and modifications: neither what stands at the beginning nor details of what we send ourselves. */
const OTHERS_CHANGES = 0b1110;
/** Event "our own", which names no entry. */
const OWN = 3;
const DELETED = 1;
/** The type of a message of an experimenter. */
const EXPERIMENTER = 4;
/** Reasons of deletions up to this one are timeouts: idle 0, hard 1. */
const HARD_TIMEOUT = 1;

/** The changes of others that a switch has told a session. */
interface OthersChanges {
  changes: number;
  readonly watchers: Set<() => void>;
}

/** `undefined` where it tells none. */
const told = new WeakMap<Session, OthersChanges | undefined>();

async function listenTo(session: Session): Promise<OthersChanges | undefined> {
  if (!told.has(session)) {
    const others = (await begin(session)) ? { changes: 0, watchers: new Set<() => void>() } : undefined;
    told.set(session, others);
    if (others !== undefined)
      session.listen((message) => {
        if (!tellsChange(message)) return;
        others.changes++;
        for (const watcher of others.watchers) watcher();
      });
  }
  return told.get(session);
}

/** From now on: whether others have changed nothing, apart from entries whose time is over. False if that is not known. */
export async function aloneFromNow(session: Session): Promise<() => boolean> {
  const others = await listenTo(session);
  const before = others?.changes;
  return () => others !== undefined && others.changes === before;
}

/** Calls back at each change of others until the session ends, where the switch tells them. */
export async function onOthersChange(session: Session, changed: () => void): Promise<void> {
  (await listenTo(session))?.watchers.add(changed);
}

/** Asks for the changes of all tables; false if the switch has no such monitor. */
async function begin(session: Session): Promise<boolean> {
  const data = new Uint8Array(24);
  const fields = new DataView(data.buffer);
  fields.setUint32(0, session.xids());
  fields.setUint16(4, OTHERS_CHANGES);
  fields.setUint16(6, 4); // the length of the match, which is empty
  fields.setUint32(8, ANY);
  fields.setUint8(12, ALL_TABLES);
  fields.setUint16(16, 1); // an OXM match
  fields.setUint16(18, 4);
  try {
    const body = { kind: "experimenter", experimenter: ONF, experimenterType: FLOW_MONITOR, data } as const;
    await session.collect(body, () => undefined);
    return true;
  } catch (fault) {
    if (fault instanceof RequestRefused) return false;
    throw fault;
  }
}

/** Whether a message that answers no request may tell a change of others. What it cannot read counts as one. */
function tellsChange(message: Message | MalformedFrame): boolean {
  if (message.type === "malformed") return true;
  // A switch that has too much to tell pauses, and says so by a message of its own.
  if (message.type === "unknown") return message.code === EXPERIMENTER;
  if (message.type !== "multipart_reply" || message.part.body.kind !== "experimenter") return false;
  const { experimenter, experimenterType, data } = message.part.body;
  if (experimenter !== ONF || experimenterType !== FLOW_MONITOR) return false;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at + 8 <= data.length;) {
    const length = view.getUint16(at);
    const [event, reason] = [view.getUint16(at + 2), view.getUint16(at + 4)];
    const isOver = event === DELETED && reason <= HARD_TIMEOUT;
    if (length < 8 || (event !== OWN && !isOver)) return true;
    at += length;
  }
  return false;
}
