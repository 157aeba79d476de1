/**
 * A command is whole (CONTRIBUTING, "How to add …"): its file is listed, its help teaches it, its JSON document is
 * described, and it loads its heavy modules only when it runs. What is missing is named, with the file to write it in.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import type { Command } from "./common/command.ts";
import { commands } from "./commands/index.ts";
import { planned } from "./main.ts";
import { folder, glazier } from "./testing.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here = "runtime/cli/commands";
const files = readdirSync(join(root, here)).filter((name) => name.endsWith(".ts") && !/^index\.|\.test\./.test(name));
const all = await Promise.all([...commands].map(async ([name, load]) => ({ name, command: await load() })));

test("every file in commands/ is a command that index.ts lists under its name", async (t) => {
  const listed = new Set<unknown>(all.map(({ command }) => command));
  for (const file of files) {
    const found = Object.values((await import(join(root, here, file))) as Record<string, unknown>);
    t.true(
      found.some((one) => listed.has(one)),
      `${here}/${file} exports no command that ${here}/index.ts lists: add a line there, or move what is shared to common/`,
    );
  }
  for (const { name, command } of all) {
    t.is(name, command.name, `${here}/index.ts lists \`${command.name}\` as \`${name}\``);
    t.false(planned.has(name), `\`${name}\` is there: take it out of \`planned\` in runtime/cli/main.ts`);
  }
});

/** The parts of the help that a command lacks. */
function missing({ name, summary, synopsis, description, options, examples }: Command): string[] {
  const calls = new RegExp(`\\bglazier ${name}\\b`);
  return [
    ...(summary === "" || /^[A-Z]|\.$/.test(summary)
      ? ["summary: one clause, in lower case and without a period"]
      : []),
    ...(synopsis.length === 0 ? ["synopsis: at least one line"] : []),
    ...synopsis
      .filter((line) => line.split(" ")[0] !== name)
      .map((line) => `synopsis: \`${line}\` begins with the name`),
    ...(description.length === 0 ? ["description: at least one paragraph"] : []),
    ...Object.entries(options).flatMap(([option, { help }]) => (help === "" ? [`options: help of --${option}`] : [])),
    ...(examples.length === 0 ? ["examples: at least one"] : []),
    ...examples
      .filter(([line]) => !calls.test(line))
      .map(([line]) => `examples: \`${line}\` calls \`glazier ${name}\``),
    ...examples.filter(([, what]) => what === "").map(([line]) => `examples: what \`${line}\` shows`),
  ];
}

test("every command has its help", (t) => {
  for (const { name, command } of all) t.deepEqual(missing(command), [], `${here}/${name}.ts lacks a part of its help`);
});

const readme = readFileSync(join(root, "runtime/cli/README.md"), "utf8");
/** Fields of every document, and of those about wrong usage and an unreadable world. */
const COMMON = ["ok", "diagnostics", "exit", "error"];

/** The rows of the README's table that describe a command's document. */
const rowsOf = (name: string): readonly string[] =>
  readme.split("\n").filter((line) => new RegExp(`^\\|[^|]*\`${name}[ \`]`).test(line));

const matchesIn = (rows: readonly string[], word: RegExp): readonly string[] =>
  rows.flatMap((row) => [...row.matchAll(word)].map((found) => found[1]!));

/** The fields that the README describes for a command: all words in backticks of its rows, and of rows they refer to. */
function describedFields(name: string): ReadonlySet<string> {
  const rows = rowsOf(name);
  const others = matchesIn(rows, /as in `(\w+)`/g).flatMap(rowsOf);
  return new Set(matchesIn([...rows, ...others], /`(\w+)`/g));
}

/** The words of the first `glazier` in an example: pipes, redirections and what stands before are the shell's. */
function wordsOf(line: string): readonly string[] {
  const call = /\bglazier ([^|<&]*)/.exec(line)![1]!;
  return [...call.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c!);
}

test("every command's JSON document is described in README.md, field by field", async (t) => {
  for (const { name, command } of all) {
    const fields = describedFields(name);
    t.true(
      rowsOf(name).length > 0,
      `runtime/cli/README.md, table of \`--json\`: no row describes the document of \`${name}\``,
    );
    for (const [line] of command.examples) {
      const cwd = folder(t, {});
      await glazier(cwd, ["init"]);
      const { out } = await glazier(cwd, [...wordsOf(line).filter((word) => word !== "--json"), "--json"]);
      const document = JSON.parse(out) as Record<string, unknown>;
      t.is(typeof document["ok"], "boolean", `\`${line}\`: the document says whether it went well (\`ok\`)`);
      for (const field of Object.keys(document))
        t.true(
          fields.has(field) || COMMON.includes(field),
          `runtime/cli/README.md: the row of \`${name}\` does not systemReason \`${field}\`, which \`${line}\` prints with --json`,
        );
    }
  }
});

/** What may be loaded to read a command line and to print its help: nothing that decides, lowers, proves or talks. */
const LIGHT =
  /^(grammar|runtime\/(cli|session\/failure-reason\.ts|process\/regular-file\.ts)|compiler\/(diagnostics|lookup|report|source\.ts|net\/lists\.ts))/;

/** The files that a file loads with it, each with the file that asks for it; types and dynamic imports aside. */
function loadedBy(file: string, by: string, found: Map<string, string>): ReadonlyMap<string, string> {
  if (found.has(file)) return found;
  found.set(file, by);
  const text = readFileSync(join(root, file), "utf8");
  for (const [, from] of text.matchAll(/^(?:import|export) (?!type\b)(?:[^"';]*? from )?"([^"]+)"/gm)) {
    if (from!.startsWith("#")) loadedBy(from!.slice(1), file, found);
    else if (from!.startsWith(".")) loadedBy(normalize(join(dirname(file), from!)), file, found);
  }
  return found;
}

test("a command loads its heavy modules inside `run`", (t) => {
  for (const file of ["start.ts", ...files.map((name) => `commands/${name}`)])
    for (const [loaded, by] of loadedBy(`runtime/cli/${file}`, "", new Map()))
      t.regex(loaded, LIGHT, `${by} imports ${loaded} at the top: import it inside \`run\``);
});
