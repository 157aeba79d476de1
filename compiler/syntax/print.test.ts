/** Canonical text: parse ∘ print = id on random trees, and the formatter leaves canonical text alone. */
import test from "ava";
import fc from "fast-check";
import { format } from "#grammar/printer.ts";
import { renderPretty } from "../diagnostics/render.ts";
import type { WrittenStatement } from "./ast.ts";
import { parse } from "./parse.ts";
import { printStatement, printWhole } from "./print.ts";
import { statements } from "./testing/arbitrary.ts";
import { bare } from "./testing/bare.ts";

const runs = { numRuns: 3_000, seed: 20_261_122 };

function reparse(text: string): WrittenStatement {
  const { file, diagnostics } = parse({ name: "printed", text });
  if (diagnostics.length > 0 || file.statements.length !== 1) {
    throw new Error(`${text}\n${diagnostics.map((one) => renderPretty(one)).join("")}`);
  }
  return file.statements[0]!;
}

test("parse ∘ print is the identity on trees", (t) => {
  fc.assert(
    fc.property(statements, (statement) => {
      const text = printWhole(statement);
      t.deepEqual(bare(reparse(text)), bare(statement), text);
    }),
    runs,
  );
});

test("canonical text is a fixed point of the printer and of the formatter", (t) => {
  fc.assert(
    fc.property(statements, (statement) => {
      const text = printWhole(statement);
      t.is(printWhole(reparse(text)), text);
      t.deepEqual(format(text, Number.POSITIVE_INFINITY), { text: `${text}\n` });
    }),
    runs,
  );
});

test("text that is folded and unfolded is the same text", (t) => {
  fc.assert(
    fc.property(fc.array(statements, { maxLength: 4 }), fc.integer({ min: 1, max: 120 }), (all, width) => {
      const text = all.map((one) => `${printWhole(one)}\n`).join("");
      const folded = format(text, width);
      if (!("text" in folded)) return void t.fail(text);
      t.deepEqual(format(folded.text, width), folded, "idempotent");
      t.deepEqual(format(folded.text, Number.POSITIVE_INFINITY), { text });
    }),
    { ...runs, numRuns: 500 },
  );
});

test("layout, comments, quoting and synonyms do not change a statement's identity", (t) => {
  const same = (...texts: string[]): void => {
    const printed = texts.map((text) => printStatement(reparse(text)));
    t.deepEqual(new Set(printed).size, 1, printed.join("\n"));
  };
  same(
    "deny(srcUser=Alice, dstPort={80,443}) on net0.",
    '@a Alice: deny ( user = "Alice" /* her */ ,\n dstPort={ 80, 0x1bb } ) strict on "net0" . // end',
  );
  same("limit(*) = 10Mb on x.", "ratelimit(*) = 10000kbit/s on x.");
  same("a(X) <= b(X), not c(X).", "a(X):-b(X)&!(c(X)).", "a(X) <= (b(X) and ~ c(X)).");
  same("allow(*) on x from +90min.", "allow((*)) on x from +1h30min.");
  same("allow(*) on x to 2026-12-01T09:00:00Z.", "allow(*) on x to @1796115600.");
  same(
    "NewShare s for (*) [reserve <= 10Mb allow = True] on p.",
    "NewShare s for (*) [reserve <= 0.01Gb, allow = True,] on p.",
  );
});
