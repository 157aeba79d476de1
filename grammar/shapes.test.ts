/** A tree that is made again from a plan is the one that the parser makes. */
import { readdirSync, readFileSync } from "node:fs";
import test from "ava";
import type { CstNode, IToken } from "chevrotain";
import { grammar, type EntryRule } from "./parser.ts";
import { Shapes } from "./shapes.ts";
import { lex } from "./tokens.ts";
import { readUnits } from "./units.ts";

const sink = readFileSync(new URL("kitchen-sink.pane", import.meta.url), "utf8");
const examples = new URL("../examples/", import.meta.url);
const TEXTS = [
  sink,
  ...readdirSync(examples, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(pane|fml)$/.test(path))
    .map((path) => readFileSync(new URL(path, examples), "utf8")),
];

function parsed(rule: EntryRule, tokens: IToken[]): CstNode {
  const parser = grammar();
  parser.input = tokens;
  return parser[rule]();
}

/** Places and names alone: trees of the parser have no prototype. */
const plain = (tree: unknown): unknown =>
  JSON.parse(JSON.stringify(tree, (key, one) => (key === "tokenType" ? undefined : one)));

test("each statement, and each rule, has the same tree from the parser and from the plan of its shape", (t) => {
  const shapes = new Shapes();
  let planned = 0;
  for (const text of TEXTS)
    for (const unit of readUnits(text)) {
      if (unit.kind === "fault" || unit.kind === "policyEnd") continue;
      const tokens = [...unit.tokens];
      const first = shapes.tree(unit.kind, tokens, () => parsed(unit.kind, tokens));
      const again = shapes.tree(unit.kind, tokens, () => undefined);
      if (again === undefined) t.true(tokens.length > 64);
      else {
        t.deepEqual(plain(again), plain(parsed(unit.kind, tokens)));
        planned++;
      }
      t.deepEqual(plain(first), plain(parsed(unit.kind, tokens)));
    }
  t.true(planned > 200, `${planned}`);
});

test("words, numbers and places of one statement do not come into another of its shape", (t) => {
  const texts = ["deny(srcHost=10.0.0.1) on s.", "deny( dstHost = 10.20.30.40 )\n on another."];
  for (const unit of texts.flatMap((text) => [...readUnits(text)])) {
    if (unit.kind === "statement") t.deepEqual(plain(unit.tree), plain(parsed("statement", [...unit.tokens])));
    else t.fail(unit.kind);
  }
});

test("what is no statement is none again, and has the same fault each time", (t) => {
  const text = "deny(srcHost=) on s.";
  const [first, again] = [1, 2].map(() => [...readUnits(text, lex(text))]);
  t.is(first![0]!.kind, "fault");
  t.deepEqual(first, again);
});

test("however many shapes are said, each has its tree", (t) => {
  for (let n = 1; n < 600; n++) {
    const text = `NewShare s for (*) [${"deny = True, ".repeat(n % 10)}allow = True] on a. p(${Array.from({ length: (n % 55) + 1 }, (_, i) => i).join(" + ")}).`;
    for (const unit of readUnits(text))
      if (unit.kind === "statement") t.deepEqual(plain(unit.tree), plain(parsed("statement", [...unit.tokens])));
  }
});
