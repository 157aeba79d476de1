/** The dispatcher: the words of a command line → the command that runs, and its exit code. */
import { readFileSync } from "node:fs";
import { printable } from "#compiler/diagnostics/text.ts";
import { spellingHelp } from "#compiler/diagnostics/suggest.ts";
import { common, readArguments } from "./arguments.ts";
import type { Command } from "./common/command.ts";
import { commands } from "./commands/index.ts";
import { helpOf, overview } from "./help.ts";
import { exit, Failure, wrongUsage, type Exit, type Io } from "./common/io.ts";
import { printJson } from "./common/output.ts";
import { paint } from "./common/terminal.ts";

/** The version of this package. */
export function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Planned command → the part of the plan that it belongs to. */
export const planned: ReadonlyMap<string, string> = new Map([
  ...["lint", "test", "diff", "verify", "import", "lsp"].map((name) => [name, "checking"] as const),
  ...["who", "undo"].map((name) => [name, "live mode"] as const),
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
    io.out(subject === undefined || subject === "help" ? await overview() : helpOf(await load(subject), common));
    // Without a command nothing was done: the list is printed, and the exit code says wrong usage.
    return name === undefined ? exit.usage : exit.good;
  }
  const command = await load(name);
  if (rest.some((word) => word === "--help" || word === "-h")) {
    io.out(helpOf(command, common));
    return exit.good;
  }
  const args = readArguments(command, rest);
  return command.run(args, { ...io, includeRoots: args.values("include-root") });
}

/** Runs one command line and returns its exit code. */
export async function main(words: readonly string[], io: Io): Promise<Exit> {
  try {
    return await dispatch(words, io);
  } catch (error) {
    const { exit: code, message, help } = error instanceof Failure ? error : ourFault(error, io);
    const bad = paint("red", "error", io, "err");
    io.raw.err(`${bad}: ${printable(message)}\n${help === undefined ? "" : `  ${printable(help)}\n`}`);
    if (words.includes("--json"))
      printJson(io, { ok: false, exit: code, error: { message, ...(help !== undefined && { help }) } });
    return code;
  }
}

/** What was not foreseen, in words: the stack is for those who look for the fault. */
function ourFault(error: unknown, { env, err }: Io): Failure {
  if (env["GLAZIER_DEBUG"] !== undefined && error instanceof Error) err(`${error.stack ?? ""}\n`);
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Failure(
    exit.internal,
    `glazier failed, and not by your fault: ${message}`,
    "please report it with the files at hand; GLAZIER_DEBUG=1 shows where",
  );
}
