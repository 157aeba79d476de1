/** Runs the command line in this process, with its streams, clock and exit code. */
import { exit, rim, type Io } from "./common/io.ts";
import { systemReason } from "./common/read.ts";
import { main } from "./main.ts";

const io: Io = rim({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: () => process.stdin,
  cwd: process.cwd(),
  includeRoots: [],
  env: process.env,
  terminal: { out: process.stdout.isTTY === true, err: process.stderr.isTTY === true },
  now: () => Date.now() / 1000,
});

/** A full disk, a broken pipe: what could not be written decides the exit code, and is said once where it can be. */
function watch(): void {
  let lost = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // `glazier compile | head`: a reader that closes the pipe has read enough, which is no fault.
    if (lost || error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") return;
    lost = true;
    io.err(`error: the answer could not be written: ${systemReason(error)}\n`);
    process.exitCode = exit.world;
    process.on("exit", () => (process.exitCode = exit.world));
  });
  // There is no place left to say that this one is gone; the exit code says how it went.
  process.stderr.on("error", () => undefined);
}

/** Runs the command of this process's arguments. */
export async function start(): Promise<void> {
  watch();
  process.exitCode = await main(process.argv.slice(2), io);
}
