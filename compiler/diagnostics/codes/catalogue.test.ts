/** The catalogue of codes is whole, unambiguous, well phrased, and written down in CATALOGUE.md. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import test from "ava";
import { CATALOGUE, codesOf, PHASES } from "./catalogue.ts";

test("every file of codes is in the catalogue", (t) => {
  const files = readdirSync(new URL(".", import.meta.url))
    .filter((name) => name.endsWith(".ts") && !name.startsWith("catalogue."))
    .map((name) => name.slice(0, -3));
  t.deepEqual(files.toSorted(), Object.keys(PHASES).toSorted());
});

test("a code means one thing", (t) => {
  const all = Object.keys(PHASES).flatMap((phase) => codesOf(phase).map((one) => one.code));
  t.deepEqual(
    all.filter((code, i) => all.indexOf(code) !== i),
    [],
  );
  t.is(CATALOGUE.size, all.length);
});

test("sentences begin in lower case or with the user's words, end without a period and stay on one line", (t) => {
  for (const { code, template } of CATALOGUE.values()) {
    t.regex(template, /^[a-z`{(0-9]/, code);
    t.notRegex(template, /[.\n]$|\n/, code);
    t.is((template.match(/`/g)?.length ?? 0) % 2, 0, `${code}: backticks in pairs`);
  }
});

test("CATALOGUE.md lists the codes (`UPDATE_GOLDEN=1` writes it anew)", (t) => {
  const rows = Object.keys(PHASES).map((phase) => {
    const lines = codesOf(phase).map(({ code, template }) => `| ${code} | ${template.replaceAll("|", "\\|")} |`);
    return `## ${phase}\n| code | message |\n|---|---|\n${lines.join("\n")}\n`;
  });
  const page = `# Diagnostics\nE is an error, W a warning, N a note. What stands in braces is filled in.\n\n${rows.join("\n")}`;
  const path = new URL("../CATALOGUE.md", import.meta.url);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, page);
  t.is(readFileSync(path, "utf8"), page);
});
