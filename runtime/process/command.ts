/**
 * Runs a program and waits for it, without a shell and without blocking the event loop. A blocked loop would answer no
 * echo request, and the switch would end the connection.
 */
import { spawn } from "node:child_process";

export interface CommandOutput {
  /** The exit code; 124 if the time ran out, 127 if the program could not be started. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Written to standard input, which is then closed. Absent: standard input is empty. */
  readonly input?: string;
  /** Milliseconds until the program is killed; 30,000 if absent. */
  readonly timeout?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** The path for programs. Debian has the switch's daemons in `sbin`, which the path of an ordinary shell may lack. */
export const searchPath: string = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

/** Runs `argv` to its end. A failing program is a result and not an exception. */
export async function command(argv: readonly string[], options: CommandOptions = {}): Promise<CommandOutput> {
  const { promise, resolve } = Promise.withResolvers<CommandOutput>();
  const child = spawn(argv[0]!, argv.slice(1), {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...options.env, PATH: searchPath },
  });
  let stdout = "";
  let stderr = "";
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    child.kill("SIGKILL");
  }, options.timeout ?? 30_000);
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  // A program that ends without reading its input breaks the pipe. Its exit code says more than EPIPE.
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  child.on("error", (error) => {
    clearTimeout(timer);
    resolve({ code: 127, stdout, stderr: `${argv[0]}: ${error.message}` });
  });
  child.on("close", (code) => {
    clearTimeout(timer);
    resolve({ code: expired ? 124 : (code ?? 128), stdout, stderr });
  });
  return promise;
}

/** Runs `argv` and returns what it printed. Throws with the program's error output if it fails. */
export async function must(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const output = await command(argv, options);
  if (output.code !== 0)
    throw new Error(`\`${argv.join(" ")}\` failed with ${output.code}: ${(output.stderr || output.stdout).trim()}`);
  return output.stdout;
}
