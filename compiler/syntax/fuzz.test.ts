/** Every text gets an answer and no exception, with spans inside the file, and in linear time. */
import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { HEADS, KEYWORDS, lex } from "#grammar/tokens.ts";
import { format } from "#grammar/printer.ts";
import { renderPretty } from "../diagnostics/render.ts";
import { toSarif } from "../diagnostics/documents.ts";
import { parse, type ParsedText } from "./parse.ts";
import { printWhole } from "./print.ts";

const sink = readFileSync(new URL("../../grammar/kitchen-sink.pane", import.meta.url), "utf8");

/** Parses, renders and prints; throws where a law of parsing is broken. */
function survive(text: string): ParsedText {
  const result = parse({ name: "fuzz.pane", text });
  for (const one of result.diagnostics) {
    const { span } = one;
    if (span === undefined) throw new Error(`${one.code} points nowhere`);
    if (span.start < 0 || span.end > text.length || span.start > span.end) throw new Error(`${one.code}: bad span`);
    if (/undefined|NaN|\[object/.test(one.message) && !/undefined|NaN|\[object/.test(text))
      throw new Error(one.message);
    if (one.fix && (one.fix.span.start < 0 || one.fix.span.end > text.length)) throw new Error(`${one.code}: bad fix`);
    renderPretty(one, { colour: true });
  }
  toSarif(result.diagnostics);
  result.file.statements.forEach(printWhole);
  const formatted = format(text);
  if ("text" in formatted) format(formatted.text);
  return result;
}

const words = [
  [...Object.keys(HEADS), ...Object.keys(KEYWORDS)],
  ["Alice", "net0", "user", "dstPort", "X", "_", '"q"', "true", "2026-12-01T09:00:00Z", "00:11:22:33:44:55"],
  ["80", "0x1f", "10Mb", "2.5", "20min", "10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "1000-2000", "s1:3"],
  ["<=", ">=", "!=", "=", "<", ">", "<-", ":-", "..", ".", ".", ".", ",", ":", "*", "+", "-", "@", "|", "&", "^", "!"],
  ["~", "(", ")", "(", ")", "[", "]", "{", "}", "//c\n", "/*c*/", "/*", '"', "$", "\n"],
].flat();

test("random words are parsed, rendered and printed without an exception", (t) => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 60 }), fc.constantFrom("", " ", "\n"), (all, gap) => {
      survive(all.join(gap));
    }),
    { numRuns: 1_500, seed: 5 },
  );
  t.pass();
});

test("random characters are parsed, rendered and printed without an exception", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      survive(text);
    }),
    { numRuns: 1_000, seed: 6 },
  );
  t.pass();
});

test("damaged sentences are parsed, rendered and printed without an exception", (t) => {
  const damage = fc.record({
    at: fc.nat(sink.length),
    remove: fc.nat(6),
    insert: fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 })),
  });
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (all) => {
      let text = sink;
      for (const { at, remove, insert } of all) text = text.slice(0, at) + insert + text.slice(at + remove);
      survive(text);
    }),
    { numRuns: 80, seed: 7 },
  );
  t.pass();
});

test("prefixes of the kitchen sink are parsed, rendered and printed without an exception", (t) => {
  const { tokens } = lex(sink);
  for (let i = 0; i < tokens.length; i += 7) survive(sink.slice(0, tokens[i]!.startOffset));
  t.pass();
});

test("one fault costs at most one statement", (t) => {
  const { tokens } = lex(sink);
  const whole = parse({ name: "sink", text: sink });
  t.deepEqual(whole.diagnostics, []);
  const rules = (parsed: ParsedText): number =>
    parsed.file.statements.reduce((n, one) => n + (one.kind === "policy" ? one.rules.length : 0), 0);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: tokens.length - 1 }), (i) => {
      const token = tokens[i]!;
      if (["begin", "commit", "policy", "{", "}", ".", '"'].includes(token.image)) return;
      const text = `${sink.slice(0, token.startOffset)} ; ${sink.slice(token.startOffset)}`;
      const broken = survive(text);
      t.is(broken.diagnostics[0]?.code, "E103");
      t.is(broken.diagnostics.length, 1, text.slice(token.startOffset - 40, token.startOffset + 40));
      const lost = whole.file.statements.length - broken.file.statements.length;
      t.true(lost === 1 || (lost === 0 && rules(whole) - rules(broken) <= 1));
    }),
    { numRuns: 150, seed: 8 },
  );
});

test("deep nesting is a diagnostic, not an overflow of the stack", (t) => {
  const depth = 20_000;
  for (const [open, close] of [
    ["deny(", "*) on x."],
    ["a <= (", "b)."],
    ["a <= not ", "b."],
    ["deny(dstPort={", "80}) on x."],
  ] as const) {
    const inner = /[({]|not /.exec(open)![0];
    t.notThrows(() => survive(open + inner.repeat(depth) + close));
  }
  const long = Array.from({ length: depth }, () => "(web)").join(" or ");
  t.is(survive(`flowgroup all = ${long}.`).diagnostics[0]?.code, "E129");
  t.deepEqual(survive(`a <= ${Array.from({ length: depth }, () => "b").join(" or ")}.`).diagnostics, []);
});

test("E114: a statement of 100,000 signs is read, one of more is refused at its first word, and nothing behind it is read", (t) => {
  t.is(survive(`a ${"( ".repeat(100_000)}`).diagnostics[0]?.code, "E113");
  for (const [text, place] of [
    [`AddUser A. a ${"( ".repeat(100_001)}`, 11],
    [`AddUser A. policy p { deny <= a. deny <= ${"b, ".repeat(100_001)} c. } "`, 33],
    [`AddUser A. // ((( ...\n@l "((" allow(srcHost={${"10.0.0.1, ".repeat(100_001)}10.0.0.2}) on s. )`, 22],
  ] as const) {
    const { diagnostics, file } = survive(text);
    t.deepEqual(
      diagnostics.map(({ code, span }) => [code, span?.start]),
      [["E114", place]],
    );
    t.is(file.statements[0]?.kind, "command");
  }
  t.deepEqual(survive(`a(${"b, ".repeat(90_000)}b). `.repeat(2)).diagnostics, []);
});

test("E116: a text of 1,000 faults is read to its end, and one of more no further", (t) => {
  const of = (n: number): readonly string[] =>
    parse({ name: "p", text: `${". ".repeat(n)}AddUser Al.` }).diagnostics.map(({ code }) => code);
  t.deepEqual([of(1_000).length, of(1_000).includes("E116")], [1_000, false]);
  t.deepEqual([of(1_001).length, of(1_001).at(-1)], [1_001, "E116"]);
  t.is(of(100_000).length, 1_001);
  const formatted = format(". ".repeat(100_000));
  t.is("faults" in formatted && formatted.faults.length, 1_001);
});
