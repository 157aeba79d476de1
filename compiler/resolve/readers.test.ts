/** The CSV and JSON readers: what was written comes back, positions point at it, and nothing makes them throw. */
import test from "ava";
import fc from "fast-check";
import { MOST_CELLS, readCsv } from "../fml/data/csv.ts";
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

test("a data file holds a stated number of cells or values, and one more is refused at its place", (t) => {
  // 60 MB of cells took 4 GB: a bound in bytes does not hold them.
  const cells = readCsv(source(",".repeat(MOST_CELLS)));
  t.deepEqual(
    [cells.rows.length, cells.malformed.map(({ reason }) => reason)],
    [0, ["the file has more than 1,000,000 cells"]],
  );
  t.is(cells.malformed[0]!.span.start, MOST_CELLS);
  t.is(readCsv(source(",".repeat(MOST_CELLS - 1))).rows[0]!.cells.length, MOST_CELLS);

  const values = readJson(source(`[${"0,".repeat(MOST_CELLS - 1)}0]`));
  t.is("reason" in values && values.reason, "the document has more than 1,000,000 values");
  const most = readJson(source(`[${"0,".repeat(MOST_CELLS - 2)}0]`));
  t.is("items" in most && most.items.length, MOST_CELLS - 1);
});
