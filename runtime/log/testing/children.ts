/** Writers as processes of their own (`child.ts`), and the judge of what they leave (`judge.py`). */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("./child.ts", import.meta.url));
const judge = fileURLToPath(new URL("./judge.py", import.meta.url));

/** What a test of the judge lacks on this machine. */
export const noPython: string | undefined =
  spawnSync("python3", ["--version"]).status === 0 ? undefined : "python3 is not installed";

export interface Child {
  readonly process: ChildProcess;
  /** All that it printed. */
  readonly lines: string[];
  /** Resolves when it has printed so many lines, or ended. */
  printed(count: number): Promise<void>;
  /** Resolves when it has ended and everything is read: what it printed on standard error. */
  readonly ended: Promise<string>;
}

/** Starts a writer, behind another program if `before` names one. */
export function startChild(args: readonly string[], before: readonly string[] = []): Child {
  const [command, ...rest] = [...before, process.execPath, program, ...args] as [string, ...string[]];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  let grown = Promise.withResolvers<void>();
  const wake = (): void => {
    grown.resolve();
    grown = Promise.withResolvers();
  };
  let over = false;
  let errors = "";
  child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
  createInterface(child.stdout).on("line", (line) => {
    lines.push(line);
    wake();
  });
  const ended = once(child, "close").then(() => {
    over = true;
    wake();
    return errors;
  });
  const printed = async (count: number): Promise<void> => {
    while (lines.length < count && !over) await grown.promise;
  };
  return { process: child, lines, printed, ended };
}

/** What the judge found: by number of records, the hash of the last of them. */
export function judged(folder: string): { readonly first: number; readonly hashes: ReadonlyMap<number, string> } {
  const { status, stdout, stderr } = spawnSync("python3", [judge, folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  const hashes = rows.filter(([at]) => /^\d+$/.test(at!)).map(([at, hash]) => [Number(at), hash!] as const);
  return { first: Number(rows[0]![1]), hashes: new Map(hashes) };
}
