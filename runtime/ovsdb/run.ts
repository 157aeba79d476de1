/** Runs filter commands on this machine, where the user states that the switch runs here. */
import { execFile } from "node:child_process";

/** Milliseconds; `tc` answers at once. */
const PATIENCE = 10_000;

/** The error output of the command, or nothing. */
export function runHere([program = "", ...args]: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: PATIENCE }, (error, _, stderr) =>
      resolve(error === null ? undefined : stderr.trim() || error.message),
    );
  });
}
