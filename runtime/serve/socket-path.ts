/** The place of a socket of this machine, before a server listens there. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { basename } from "node:path";

/** A server cannot listen where it is to. */
export class NoListening extends Error {
  readonly help: string;
  constructor(message: string, help: string) {
    super(message);
    this.help = help;
  }
}

export const ELSEWHERE = "name another path with --socket, in a folder that is there and that this user may write to";

/**
 * Takes away a socket without a listener, as a server that was killed leaves it.
 *
 * @throws {NoListening} Another process listens there, or it is no socket: nothing is taken away then.
 */
export async function clearSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new NoListening(`there is something at ${path} that is no socket`, ELSEWHERE);
  if (await answers(path)) {
    const pid = listenerOf(path);
    const who = pid === undefined ? "another process" : `process ${pid} (${nameOf(pid)})`;
    throw new NoListening(
      `${who} listens at ${path}`,
      "name another path with --socket; or end that process first, if it is a server that is not wanted any more",
    );
  }
  rmSync(path, { force: true });
}

/** Whether a process listens at a socket. One that this user may not ask counts as listened at. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
      .once("connect", () => {
        socket.destroy();
        resolve(true);
      })
      .once("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "ECONNREFUSED" && code !== "ENOENT"));
  });
}

/** The process that listens at a socket, where the system tells (Linux, of one's own processes). */
function listenerOf(path: string): string | undefined {
  try {
    const line = readFileSync("/proc/net/unix", "utf8")
      .split("\n")
      .find((one) => one.endsWith(` ${path}`));
    const inode = line?.trim().split(/\s+/)[6];
    if (inode === undefined) return undefined;
    return readdirSync("/proc").find((pid) => /^\d+$/.test(pid) && holds(pid, `socket:[${inode}]`));
  } catch {
    return undefined;
  }
}

function holds(pid: string, socket: string): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => readlinkSync(`${folder}/${fd}`) === socket);
  } catch {
    return false;
  }
}

function nameOf(pid: string): string {
  try {
    // A program of Node is called after its main thread, as are all others of Node.
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return (
      words
        .slice(0, 3)
        .map((word) => basename(word))
        .join(" ")
        .trim() || "its name is not known"
    );
  } catch {
    return "it has ended";
  }
}
