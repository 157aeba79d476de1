/** Runs a command line inside a test with its own folder and clock → everything that it printed, and its exit code. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import { rim, type Io } from "./common/io.ts";
import { main } from "./main.ts";

/** 2026-12-01T09:00:00Z. */
export const clock = 1_796_115_600;

/** A temporary folder with these files, which is removed with the test. */
export function folder(t: ExecutionContext, files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = mkdtempSync(join(tmpdir(), "glazier-test-"));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

/** The output of a command, and its exit code. */
export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** An `Io` that keeps the output. */
export function quietIo(
  cwd: string,
  stdin: string | Uint8Array = "",
  now: number | (() => number) = clock,
  env: Io["env"] = {},
): { readonly io: Io; readonly read: () => Omit<Ran, "exit"> } {
  let out = "";
  let err = "";
  const io: Io = rim({
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    stdin: async function* () {
      yield Buffer.from(stdin);
    },
    includeRoots: [],
    cwd,
    env: { NO_COLOR: "1", ...env },
    terminal: { out: false, err: false },
    now: typeof now === "number" ? () => now : now,
  });
  return { io, read: () => ({ out, err }) };
}

/** Runs `glazier WORDS…` in a folder. */
export async function glazier(
  cwd: string,
  words: readonly string[],
  stdin: string | Uint8Array = "",
  now: number | (() => number) = clock,
  env: Io["env"] = {},
): Promise<Ran> {
  const { io, read } = quietIo(cwd, stdin, now, env);
  const exit = await main(words, io);
  return { exit, ...read() };
}
