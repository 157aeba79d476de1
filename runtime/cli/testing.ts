/** For tests only: a command line run inside a test, with everything it printed and its exit code. */
import { quietIo, type Outcome } from "./common/testing.ts";
import { main } from "./main.ts";

export { clock, folder, quietIo } from "./common/testing.ts";

/** Runs `glazier WORDS…` in a folder. */
export async function glazier(cwd: string, words: readonly string[], stdin = ""): Promise<Outcome> {
  const { io, read } = quietIo(cwd, stdin);
  const exit = await main(words, io);
  return { exit, ...read() };
}
