/**
 * Each example is an end-to-end test: every file in its `expected/` begins with a command line and goes on with what
 * the command must print and its exit code. `UPDATE_GOLDEN=1 npx ava examples` writes them anew.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { rim } from "#runtime/cli/common/io.ts";
import { main } from "#runtime/cli/main.ts";

const root = fileURLToPath(new URL(".", import.meta.url));
/** The clock of all examples: 2026-12-01T09:00:00Z. */
const clock = 1_796_115_600;

/** Runs one command line in a folder; returns what a terminal shows, diagnostics after the answer. */
async function run(line: string, cwd: string): Promise<string> {
  let out = "";
  let err = "";
  const words = line.replace(/^\$ glazier /, "").match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  const exit = await main(
    words.map((word) => word.replace(/^(['"])(.*)\1$/, "$2")),
    rim({
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      stdin: async function* () {},
      includeRoots: [],
      cwd,
      env: { NO_COLOR: "1" },
      terminal: { out: false, err: false },
      now: () => clock,
    }),
  );
  return `${line}\n${out}${err === "" ? "" : `--- stderr\n${err}`}--- exit ${exit}\n`;
}

const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());

for (const { name } of folders) {
  const expected = join(root, name, "expected");
  for (const file of readdirSync(expected).sort()) {
    test(`${name}: ${file}`, async (t) => {
      const path = join(expected, file);
      const golden = readFileSync(path, "utf8");
      const line = golden.slice(0, golden.indexOf("\n"));
      t.true(line.startsWith("$ glazier "), "the first line of a golden file is its command");
      const found = await run(line, join(root, name));
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, found);
      else t.is(found, golden);
    });
  }
}
