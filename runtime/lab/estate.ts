/**
 * What a lab has on the machine, and its removal: namespaces `ID-…`, one directory, and the processes in those
 * namespaces. The ID names the process that owns the lab, so that a later process can distinguish a running lab from
 * one whose owner was killed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { searchPath } from "../process/command.ts";

const namespaces = "/run/netns";
const estates = join(tmpdir(), "glazier-lab");
const idPattern = /^glazier-[a-z0-9]+-(\d+)-(\d+)-\d+/;

/**
 * The start of a process in clock ticks since boot (proc(5), field 22). A later process of the same number has another.
 */
function birth(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

const list = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** The identifiers of the processes in one of these namespaces, without our own. */
function residents(names: readonly string[]): number[] {
  const homes = new Set<string>();
  for (const name of names) {
    try {
      homes.add(`net:[${statSync(join(namespaces, name)).ino}]`);
    } catch {
      // It was removed meanwhile and has no processes.
    }
  }
  return list("/proc").flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      return homes.has(readlinkSync(`/proc/${pid}/ns/net`)) ? [pid] : [];
    } catch {
      return [];
    }
  });
}

/**
 * Removes all of a lab. It is synchronous, as the `exit` event of a process is. Killing is enough, since the switch
 * keeps nothing outside its namespace and its directory. It may be called twice.
 */
export function remove(id: string): void {
  const names = list(namespaces).filter((name) => name.startsWith(`${id}-`));
  for (const pid of residents(names)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  const input = names.map((name) => `netns del ${name}\n`).join("");
  if (names.length > 0)
    spawnSync("ip", ["-force", "-batch", "-"], { input, env: { ...process.env, PATH: searchPath } });
  rmSync(join(estates, id), { recursive: true, force: true });
}

/** Removes the labs whose owner is gone. */
export function removeStale(): void {
  const ids = new Set<string>();
  for (const name of [...list(namespaces), ...list(estates)]) {
    const found = idPattern.exec(name);
    if (found && birth(Number(found[1])) !== found[2]) ids.add(found[0]);
  }
  for (const id of ids) remove(id);
}

const owned = new Set<string>();
let guarded = false;

function removeOwned(): void {
  for (const id of owned) remove(id);
  owned.clear();
}

/** Removes our labs when the process ends. A signal still ends the process as it would have, after the removal. */
function guard(): void {
  if (guarded) return;
  guarded = true;
  process.on("exit", removeOwned);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      removeOwned();
      process.kill(process.pid, signal);
    });
}

let count = 0;

/** Claims a new ID and makes its directory. The lab is removed at the latest when this process ends. */
export function claim(name: string): { readonly id: string; readonly directory: string } {
  guard();
  // Worker threads share a process number but not this counter. The thread that makes the directory has the ID.
  mkdirSync(estates, { recursive: true, mode: 0o755 });
  for (;;) {
    const id = `glazier-${name}-${process.pid}-${birth(process.pid)}-${count++}`;
    const directory = join(estates, id);
    try {
      mkdirSync(directory, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw error;
    }
    owned.add(id);
    return { id, directory };
  }
}

/** Removes a lab that this process claimed. A second call does nothing, as another thread may have the ID by then. */
export function release(id: string): void {
  if (owned.delete(id)) remove(id);
}
