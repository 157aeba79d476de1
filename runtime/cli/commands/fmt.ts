/** `glazier fmt`: policy files → the same files in canonical text. */
import { chmod, chown, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { toJson } from "#compiler/diagnostics/render.ts";
import { count } from "#compiler/diagnostics/text.ts";
import type { Command } from "../common/command.ts";
import { readPolicies } from "../common/files.ts";
import { exit, Failure, wrongUsage, type Io } from "../common/io.ts";
import { systemReason } from "../common/read.ts";
import { printJson, reportDiagnostics } from "../common/output.ts";
import { append } from "#compiler/net/lists.ts";

export const fmt: Command = {
  name: "fmt",
  summary: "write policy files in canonical text",
  synopsis: ["fmt [PATH…] [--check]", "fmt - < FILE"],
  description: [
    "Rewrites each file in the one canonical form: what a statement says does not change, and comments stay. Formatting " +
      "a formatted file changes nothing.",
    "A file with a syntax error is left as it is, its errors are shown, and the exit code is 1. With - the text comes " +
      "from standard input and goes to standard output.",
  ],
  options: {
    check: { help: "change nothing; name the files that are not canonical, and exit with 1 if there are any" },
  },
  examples: [
    ["glazier fmt", "rewrites all policies below this folder"],
    ["glazier fmt --check policies/", "for continuous integration: says what is not formatted"],
    ["echo 'deny(srcPort=80)on   rootShare.' | glazier fmt -", "prints one statement in canonical text"],
  ],
  async run(args, io) {
    const { format } = await import("#grammar/printer.ts");
    const { faultDiagnostic } = await import("#compiler/syntax/faults.ts");
    const sources = await readPolicies(args.positionals, io);
    const check = args.flag("check");
    if (args.positionals.includes("-") && sources.length > 1) throw wrongUsage("- stands alone: `glazier fmt -`");
    const changed: string[] = [];
    const diagnostics: Diagnostic[] = [];
    let faulty = false;
    for (const source of sources) {
      const formatted = format(source.text);
      if ("faults" in formatted) {
        faulty = true;
        const found = formatted.faults.map((fault) => faultDiagnostic(source, fault));
        append(diagnostics, found);
        reportDiagnostics(found, io);
        continue;
      }
      const { text } = formatted;
      // On a terminal nothing may hide; for a file or a program the text stays what it is.
      if (source.name === "<stdin>" && !check && !args.json) (io.terminal.out ? io.out : io.raw.out)(text);
      else if (text !== source.text) {
        changed.push(source.name);
        if (!check && source.name !== "<stdin>") await write(source.name, text, io);
      }
    }
    const files = sources.map(({ name }) => name);
    const ok = !faulty && !(check && changed.length > 0);
    if (args.json) printJson(io, { ok, files, changed, diagnostics: diagnostics.map(toJson) });
    else {
      for (const name of changed) io.out(`${name}\n`);
      if (check && changed.length > 0)
        io.err(`${count(changed.length, "file is", "files are")} not canonical: \`glazier fmt\` mends that\n`);
    }
    return ok ? exit.good : exit.fault;
  },
};

/** Writes a new file beside the old one and moves it there: where the disk is full the old one stays. */
async function write(name: string, text: string, io: Io): Promise<void> {
  const path = await realpath(resolve(io.cwd, name));
  const draft = `${path}.${process.pid}.new`;
  try {
    const { mode, uid, gid } = await stat(path);
    await writeFile(draft, text, { flag: "wx", mode });
    await chmod(draft, mode);
    await chown(draft, uid, gid).catch(() => undefined);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw new Failure(exit.world, `cannot write ${name}: ${systemReason(error)}`, "it was left as it was");
  }
}
