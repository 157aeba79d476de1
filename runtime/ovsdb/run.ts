/** Runs filter commands on this machine, if the user states that the switch runs here. */
import { execFile } from "node:child_process";

/** In milliseconds; `tc` answers at once. */
const PATIENCE = 10_000;

/** Runs a command; resolves with its error output, or `undefined` if it succeeded. */
export function runHere([program = "", ...args]: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: PATIENCE }, (error, _, stderr) =>
      resolve(error === null ? undefined : stderr.trim() || error.message),
    );
  });
}
