/** Runs the command line in this process, with its streams, clock and exit code. */
import { constants } from "node:os";
import { exit, type Io } from "./common/io.ts";
import { main } from "./main.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: async () => {
    let text = "";
    process.stdin.setEncoding("utf8");
    for await (const chunk of process.stdin) text += chunk as string;
    return text;
  },
  cwd: process.cwd(),
  env: process.env,
  terminal: { out: process.stdout.isTTY === true, err: process.stderr.isTTY === true },
  now: () => Date.now() / 1000,
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
};

/** Runs the command of this process's arguments. */
export async function start(): Promise<void> {
  // `glazier compile | head`: a reader that closes the pipe has read enough, which is no fault.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(exit.good);
  });
  process.exitCode = await main(process.argv.slice(2), io);
}
