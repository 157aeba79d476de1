/**
 * What users read: each file in `golden/` has its diagnostics beside it (`UPDATE_GOLDEN=1` writes them anew). Every fix
 * that is offered is applied, and the fault must be gone.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import test from "ava";
import { codesOf } from "../diagnostics/codes/catalogue.ts";
import { renderLine, renderPretty } from "../diagnostics/render.ts";
import { parse } from "./parse.ts";
import { printWhole } from "./print.ts";

const folder = new URL("golden/", import.meta.url);
const sources = readdirSync(folder)
  .filter((name) => !name.endsWith(".txt"))
  .toSorted()
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), "utf8") }));

for (const source of sources) {
  test(`${source.name} has the diagnostics of its golden file`, (t) => {
    const { file, diagnostics } = parse(source);
    const kept = file.statements.map((one) => `${printWhole(one)}\n`).join("");
    const shown = `${diagnostics.map((one) => renderPretty(one)).join("\n")}\nunderstood:\n${kept}`;
    const path = new URL(`${source.name}.txt`, folder);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, shown);
    t.is(shown, readFileSync(path, "utf8"));
  });

  test(`every fix of ${source.name} removes its fault`, (t) => {
    const { diagnostics } = parse(source);
    for (const { fix, code, span } of diagnostics) {
      if (fix === undefined) continue;
      const { start, end } = fix.span;
      const text = source.text.slice(0, start) + fix.text + source.text.slice(end);
      const after = parse({ name: source.name, text }).diagnostics;
      t.false(
        after.some((one) => one.code === code && one.span?.start === span?.start),
        `${code} at ${span?.start}: ${fix.title}\n${after.map(renderLine).join("\n")}`,
      );
    }
    t.pass();
  });
}

test("every code of the syntax is shown by a golden file", (t) => {
  const seen = new Set(sources.flatMap((source) => parse(source).diagnostics.map((one) => one.code)));
  const elsewhere = ["E113", "E129"]; // too deep and too long: fuzz.test.ts
  t.deepEqual(
    codesOf("syntax")
      .map((one) => one.code)
      .filter((code) => !seen.has(code) && !elsewhere.includes(code)),
    [],
  );
});
