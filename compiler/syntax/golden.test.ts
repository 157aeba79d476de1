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
      const told = `${code} at ${span?.start}: ${fix.title}\n${after.map(renderLine).join("\n")}`;
      t.false(
        after.some((one) => one.code === code && one.span?.start === span?.start),
        told,
      );
      t.true(after.length < diagnostics.length, told);
    }
    t.pass();
  });
}

test("the faults of a text are told from its beginning to its end", (t) => {
  const texts = [
    ...sources.map(({ text }) => text),
    "begin. AddUser A B.\nallow(dstPort=70000) on rootShare.\n",
    "policy p { allow <= dstPort(x y).\nAddUser A B.\n",
    "Grant to a.\nreserve(dstPort=99999, srcHost=10.0.0.300) = 5 on s from 5 to 6MB.\n",
    "True <- @a root: p(1).",
  ];
  for (const text of texts) {
    const starts = parse({ name: "x.pane", text }).diagnostics.map(({ span }) => span?.start ?? -1);
    t.deepEqual(
      starts,
      starts.toSorted((a, b) => a - b),
      text.slice(0, 80),
    );
  }
});

test("a full stop is offered only where both sides of it parse", (t) => {
  const offers = (text: string): boolean => {
    const { diagnostics } = parse({ name: "x.pane", text });
    const fix = diagnostics.find((one) => one.fix?.text === ".")?.fix;
    if (fix !== undefined) {
      const mended = text.slice(0, fix.span.start) + fix.text + text.slice(fix.span.end);
      t.deepEqual(parse({ name: "x.pane", text: mended }).diagnostics.map(renderLine), [], mended);
    }
    t.true(diagnostics.length > 0, text);
    return fix !== undefined;
  };
  for (const text of [
    "allow(dstPort=80) on rootShare",
    "AddUser Alice AddUser Bob.",
    "begin. AddUser Alice commit.",
    "policy x { allow <= srcUser(alice) }",
    "policy x { allow <= srcUser(alice)\n@b deny <= dstPort(80). }",
    "p(a) q(b).",
    'p(a) "q"(b).',
    'deny(*) on rootShare\n@a "Alice": deny(*) on rootShare.',
  ])
    t.true(offers(text), text);
  for (const text of [
    "allow tcp from 10.0.0.0/8 to any port 80.",
    "reserve(*) = 5Mb on rootShare to +10min from now.",
    "limit(srcHost=10.0.0.2) = 1Mb on rootShare from 22:00 to 05:00.",
    "AddUser Alice Smith Jones.",
    "AddUser Alice Smith.",
    "p(a) Grant s.",
    "deny(*) on rootShare in the evening.",
  ])
    t.false(offers(text), text);
});

test("every code of the syntax is shown by a golden file", (t) => {
  const seen = new Set(sources.flatMap((source) => parse(source).diagnostics.map((one) => one.code)));
  const elsewhere = ["E113", "E114", "E116", "E129"]; // too deep and too long: fuzz.test.ts
  t.deepEqual(
    codesOf("syntax")
      .map((one) => one.code)
      .filter((code) => !seen.has(code) && !elsewhere.includes(code)),
    [],
  );
});
