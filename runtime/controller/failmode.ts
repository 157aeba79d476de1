/**
 * What an Open vSwitch does when it has no controller: asked of its database (RFC 7047), which stands beside its
 * management sockets. OpenFlow itself cannot say. Where there is no such database there is no answer.
 */
import { connect } from "node:net";
import { dirname, join } from "node:path";

export interface FailMode {
  readonly bridge: string;
  readonly mode: "secure" | "standalone";
}

/** Milliseconds that the database has; it stands on the same machine. */
const PATIENCE = 2000;
/** Bytes of an answer about one bridge. */
const LIMIT = 2 ** 16;

/** The mode of the bridge with this datapath, for targets of the form `unix:PATH`. */
export async function readFailMode(target: string, datapath: bigint): Promise<FailMode | undefined> {
  if (!target.startsWith("unix:")) return undefined;
  const where = [["datapath_id", "==", datapath.toString(16).padStart(16, "0")]];
  const select = { op: "select", table: "Bridge", where, columns: ["name", "fail_mode"] };
  const request = { method: "transact", params: ["Open_vSwitch", select], id: 0 };
  const answer = await ask(join(dirname(target.slice("unix:".length)), "db.sock"), JSON.stringify(request));
  const row = (answer as Answer | undefined)?.result?.[0]?.rows?.[0];
  // An unset mode is an empty set, and means standalone.
  return row && { bridge: row.name, mode: row.fail_mode === "secure" ? "secure" : "standalone" };
}

interface Answer {
  readonly result?: readonly { readonly rows?: readonly { readonly name: string; readonly fail_mode: unknown }[] }[];
}

/** One question, one answer; nothing where there is no database, or none that answers. */
function ask(path: string, question: string): Promise<unknown> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ path });
    const done = (answer?: unknown): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PATIENCE, () => done()).setEncoding("utf8");
    socket.on("connect", () => socket.write(question));
    socket.on("error", () => done()).on("close", () => done());
    socket.on("data", (chunk: string) => {
      text += chunk;
      const answer = wholeJson(text);
      if (answer !== undefined || text.length > LIMIT) done(answer);
    });
  });
}

/** The value, if the text is all of it. */
function wholeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
