/**
 * What users read: each file in `golden/` beside the diagnostics that it earns (`UPDATE_GOLDEN=1` writes them anew), and
 * every fix that is offered is applied: the fault must be gone.
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
  test(source.name, (t) => {
    const { file, diagnostics } = parse(source);
    const kept = file.statements.map((one) => `${printWhole(one)}\n`).join("");
    const shown = `${diagnostics.map((one) => renderPretty(one)).join("\n")}\nunderstood:\n${kept}`;
    const path = new URL(`${source.name}.txt`, folder);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, shown);
    t.is(shown, readFileSync(path, "utf8"));
  });

  test(`${source.name}: fixes mend what they promise to mend`, (t) => {
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

test("every code of the syntax is shown", (t) => {
  const seen = new Set(sources.flatMap((source) => parse(source).diagnostics.map((one) => one.code)));
  const elsewhere = ["E113", "E129"]; // too deep and too long: fuzz.test.ts
  t.deepEqual(
    codesOf("syntax")
      .map((one) => one.code)
      .filter((code) => !seen.has(code) && !elsewhere.includes(code)),
    [],
  );
});
