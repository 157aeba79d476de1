/** The CSV and JSON readers: what was written comes back, positions point at it, and nothing makes them throw. */
import test from "ava";
import fc from "fast-check";
import { readCsv } from "../fml/data/csv.ts";
import { MOST_WORDS, reachOf, ReadBudget } from "#grammar/reach.ts";
import type { Source } from "../source.ts";
import { decide } from "../decide.ts";
import { parsePath, readJson, select, type Json } from "../fml/data/json.ts";

const source = (text: string) => ({ name: "data", text });

const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

test("a CSV cell is read back, whatever it holds and however lines end", (t) => {
  const row = fc.array(fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ", "é") }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 5 }),
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.boolean(),
      (rows, end, mark) => {
        const text = (mark ? "\uFEFF" : "") + rows.map((cells) => cells.map(quote).join(",")).join(end);
        const read = readCsv(source(text));
        t.deepEqual(read.malformed, []);
        t.deepEqual(
          read.rows.map((r) => r.cells.map((c) => c.text)),
          rows,
        );
        for (const { cells } of read.rows) {
          for (const { text: cell, span } of cells) t.is(text.slice(span.start, span.end), quote(cell));
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("a CSV fault is reported, and reading goes on", (t) => {
  const read = readCsv(source('a,b"c\n"x"y,1\n2,3\n"open'));
  t.deepEqual(
    read.malformed.map((m) => [m.reason, m.span.start]),
    [
      ["a quotation mark inside a cell that is not quoted", 3],
      ["text behind a quoted cell", 9],
      ["this quoted cell is never closed", 17],
    ],
  );
  t.deepEqual(
    read.rows.at(2)!.cells.map((c) => c.text),
    ["2", "3"],
  );
});

/** The value without its places. */
function plain(json: Json): unknown {
  if (json.kind === "array") return json.items.map(plain);
  if (json.kind === "object") return Object.fromEntries([...json.members].map(([name, value]) => [name, plain(value)]));
  return json.kind === "null" ? null : json.value;
}

test("the JSON reader reads what JSON.parse reads, and a value's span holds its own text", (t) => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 2), (text, indent) => {
      // A member named __proto__ is no member of a plain object.
      fc.pre(!text.includes("__proto__"));
      const written = JSON.stringify(JSON.parse(text), undefined, indent);
      const read = readJson(source(written));
      if ("reason" in read) return t.fail(read.reason);
      t.deepEqual(plain(read), JSON.parse(written));
      t.is(written.slice(read.span.start, read.span.end), written);
    }),
    { numRuns: 200 },
  );
});

test("the JSON reader refuses exactly what JSON.parse refuses", (t) => {
  const characters = fc.string({ unit: fc.constantFrom(...'{}[],:"\\01.e-+ntrue fals\n\t\u0001'.split("")) });
  fc.assert(
    fc.property(characters, (text) => {
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      t.is("reason" in readJson(source(text)), !valid, JSON.stringify(text));
    }),
    { numRuns: 2000 },
  );
});

test("the JSON reader names the place of the first fault", (t) => {
  for (const [text, reason, start] of [
    ['{"a": 1 "b": 2}', "`,` or `}` was expected", 8],
    ['["a', "this string is never closed", 1],
    ['{"a": 1, "a": 2}', 'the name "a" stands twice in one object', 9],
    ["[1] 2", "text behind the end of the document", 4],
    ["", "the document ends too early", 0],
    ["[".repeat(600), "nested more than 500 deep", 501],
  ] as const) {
    const read = readJson(source(text));
    t.true(
      "reason" in read && read.reason === reason && read.span.start === start,
      `${text}: ${JSON.stringify("reason" in read ? [read.reason, read.span.start] : read.kind)}`,
    );
  }
});

test("a path picks rows, and names each place where it leads nowhere", (t) => {
  const text = '{"p": [{"q r": [1, 2]}, {"q r": [3]}, {"x": 0}, 7]}';
  const document = readJson(source(text));
  if ("reason" in document) return t.fail(document.reason);
  const { found, malformed } = select(document, parsePath('$.p[*]["q r"][*]')!);
  t.deepEqual(found.map(plain), [1, 2, 3]);
  t.deepEqual(
    malformed.map((m) => `${text.slice(m.span.start, m.span.end)}: ${m.reason}`),
    ['{"x": 0}: "q r" is missing', '7: an object with "q r" was expected, not a number'],
  );
  for (const wrong of ["p", "$.", "$.a[", "$[a]", "$..a"]) t.is(parsePath(wrong), undefined, wrong);
});

/** Texts of all kinds that a policy reads, each with so many words, signs, cells or values. */
const READS: Readonly<Record<string, (n: number) => Readonly<Record<string, string>>>> = {
  words: (n) => ({ "main.pane": "a.".repeat(n / 2.04) }),
  "words of an included file": (n) => ({
    "main.pane": 'include "more.pane".',
    "more.pane": "a.".repeat(n / 2.04),
  }),
  "cells of two tables": (n) => ({
    "main.pane": 'extern r(text) from csv "a.csv". extern t(text) from csv "b.csv".',
    "a.csv": `x\n${"1\n".repeat(n / 2.08)}`,
    "b.csv": `x\n${"1\n".repeat(n / 2.08)}`,
  }),
  "values of two documents": (n) => ({
    "main.pane": 'extern r(text) from json "a.json". extern t(text) from json "b.json".',
    "a.json": `[${"1,".repeat(n / 2.08)}1]`,
    "b.json": `[${"2,".repeat(n / 2.08)}2]`,
  }),
  comments: (n) => ({ "main.pane": `// ${"x".repeat((n - 1_000) * 64)}` }),
};

/** What is wrong with a policy of these files: codes and places. */
function faultsOf(files: Readonly<Record<string, string>>): readonly string[] {
  const load = (name: string): Source | undefined =>
    files[name] === undefined ? undefined : { name, text: files[name] };
  const { diagnostics } = decide([load("main.pane")!], { now: 0, load, rules: [] });
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ code, span }) => `${code} ${span?.source.name}`);
}

for (const [what, files] of Object.entries(READS)) {
  test(`all files together hold ${MOST_WORDS} words, signs and cells, and more is refused where it begins: ${what}`, (t) => {
    t.deepEqual(faultsOf(files(MOST_WORDS)), []);
    const last = Object.keys(files(100_000)).at(-1)!;
    t.deepEqual(faultsOf(files(MOST_WORDS * 1.1)), [`E515 ${last}`]);
  });
}

test("what is read is counted word by word: at the bound all of it is read, and one more word is refused at its place", (t) => {
  const text = 'a-b("c d", 10.0.0.1). // e\n/* f */ g.';
  // a-b ( "c d" , 10.0.0.1 ) . g .
  t.is(reachOf(text).size, 9);
  t.is(reachOf(text, 9).stop, undefined);
  t.deepEqual(reachOf(text, 8).stop, { kind: "too much", at: text.length - 1 });
  t.deepEqual(reachOf(text, 7).stop, { kind: "too much", at: text.length - 2 });
  const faults = [readCsv(source("a,b\nc"), readingOf(2)).malformed[0], readJson(source("[0,1]"), readingOf(2))];
  t.deepEqual(
    faults.map((one) => one !== undefined && "isExcess" in one && [one.isExcess, one.span.start]),
    [
      [true, 4],
      [true, 3],
    ],
  );
});

/** What has so many words left. */
function readingOf(left: number): ReadBudget {
  const reading = new ReadBudget();
  reading.take(MOST_WORDS - left);
  return reading;
}
