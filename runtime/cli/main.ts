/** The dispatcher: the words of a command line → the command that runs, and its exit code. */
import { readFileSync } from "node:fs";
import { spellingHelp } from "#compiler/diagnostics/suggest.ts";
import { common, readArguments } from "./arguments.ts";
import type { Command } from "./common/command.ts";
import { commands } from "./commands/index.ts";
import { helpOf, overview } from "./help.ts";
import { exit, Failure, wrongUsage, type Exit, type Io } from "./common/io.ts";
import { paint } from "./common/terminal.ts";

/** The version of this package. */
export function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Planned command → the part of the plan that it belongs to. */
export const planned: ReadonlyMap<string, string> = new Map([
  ...["lint", "test", "diff", "verify", "import", "lsp"].map((name) => [name, "checking"] as const),
  ...["serve", "say", "watch", "who", "token", "audit", "undo"].map((name) => [name, "live mode"] as const),
]);

async function load(name: string): Promise<Command> {
  const found = commands.get(name);
  if (found !== undefined) return found();
  const purpose = planned.get(name);
  if (purpose !== undefined)
    throw wrongUsage(`\`${name}\` (${purpose}) is planned, and not there yet`, "`glazier help` lists what is");
  const hint = spellingHelp(name, [...commands.keys(), "help"]) ?? "`glazier help` lists the commands";
  throw wrongUsage(name.startsWith("-") ? `${name} is not an option` : `there is no command \`${name}\``, hint);
}

async function dispatch(words: readonly string[], io: Io): Promise<Exit> {
  const [name, ...rest] = words;
  if (name === "--version" || name === "-V" || name === "version") {
    io.out(`glazier ${version()}\n`);
    return exit.good;
  }
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    const subject = rest.find((word) => !word.startsWith("-"));
    io.out(subject === undefined ? await overview() : helpOf(await load(subject), common));
    // Without a command nothing was done: the list is printed, and the exit code says wrong usage.
    return name === undefined ? exit.usage : exit.good;
  }
  const command = await load(name);
  if (rest.some((word) => word === "--help" || word === "-h")) {
    io.out(helpOf(command, common));
    return exit.good;
  }
  return command.run(readArguments(command, rest), io);
}

/** Runs one command line and returns its exit code. */
export async function main(words: readonly string[], io: Io): Promise<Exit> {
  try {
    return await dispatch(words, io);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message, help } = error;
    const bad = paint("red", "error", io, "err");
    io.err(`${bad}: ${message}\n${help === undefined ? "" : `  ${help}\n`}`);
    if (words.includes("--json")) {
      const document = { ok: false, exit: error.exit, error: { message, ...(help !== undefined && { help }) } };
      io.out(`${JSON.stringify(document, null, 2)}\n`);
    }
    return error.exit;
  }
}
