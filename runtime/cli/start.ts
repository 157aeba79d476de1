/** Runs the command line in this process, with its streams, clock and exit code. */
import { constants } from "node:os";
import { exit, rim, type Io } from "./common/io.ts";
import { standardInput, systemReason } from "./common/read.ts";
import { main } from "./main.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

const io: Io = rim({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: standardInput,
  cwd: process.cwd(),
  includeRoots: [],
  env: process.env,
  terminal: { out: process.stdout.isTTY === true, err: process.stderr.isTTY === true },
  now: () => Date.now() / 1000,
  passed: () => performance.now(),
  asked: () =>
    new Promise((resolve) => {
      const end = (signal: string): void => {
        for (const one of SIGNALS) process.off(one, end);
        resolve(signal);
      };
      for (const one of SIGNALS) process.on(one, end);
    }),
  interrupted(say) {
    const ends = SIGNALS.map((signal) => {
      const end = (): void => {
        say(signal);
        // As a shell counts signals.
        process.exit(128 + constants.signals[signal]);
      };
      process.once(signal, end);
      return () => void process.off(signal, end);
    });
    return () => ends.forEach((end) => end());
  },
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
