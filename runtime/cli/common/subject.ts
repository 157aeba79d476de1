/** `explain FILE @x`: words of a command line in which the files stand before what is asked → how to write it. */
import { readdir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { shellWord } from "#compiler/diagnostics/text.ts";
import { wrongUsage, type Io } from "./io.ts";

/** Throws a `Failure` where the first word is a file, and a later one is none but what the command asks about. */
export async function subjectFirst(command: string, words: readonly string[], io: Io): Promise<void> {
  const [first, ...others] = words;
  if (first === undefined || first === "-" || !(await isThere(first, io))) return;
  const isPolicyFile = /\.(?:pane|fml)$/.test(first);
  const isFolder = await holdsPolicy(first, io);
  if (others.length === 0 && (isPolicyFile || isFolder))
    throw wrongUsage(
      `\`${command}\` needs to know of what: ${first} is a ${isFolder ? "folder of policy files" : "file"}`,
      `what it is about stands before the files: \`glazier help ${command}\` shows examples`,
    );
  for (const word of others) {
    const isSubject = isPolicyFile || /^@|[(=\s]/.test(word);
    if (word === "-" || !isSubject || (await isThere(word, io))) continue;
    const rest = words.filter((one) => one !== word);
    throw wrongUsage(
      `what \`${command}\` is about stands before the files, and ${first} is a file`,
      `write \`glazier ${[command, word, ...rest].map(shellWord).join(" ")}\``,
    );
  }
}

/** Whether a folder has policy files in it. */
const holdsPolicy = (path: string, io: Io): Promise<boolean> =>
  readdir(resolve(io.cwd, path)).then(
    (names) => names.some((name) => /\.(?:pane|fml)$/.test(name)),
    () => false,
  );

const isThere = (path: string, io: Io): Promise<boolean> =>
  stat(resolve(io.cwd, path)).then(
    () => true,
    () => false,
  );
