/** A stream is cut into the statements that a file of the same text has. */
import test from "ava";
import { parse } from "#compiler/syntax/parse.ts";
import { Sentences } from "./sentences.ts";

/** Statements of all kinds of ends: behind some of them nothing separates the next one. */
const TEXTS = [
  "ListUsers.ListUsers.",
  "deny(dstPort=1) on now.@q2 deny(dstPort=2) on now.Cancel q2.",
  'AddUser Bo."A b": deny(dstHost=10.0.0.1) on s.ListShares.',
  "AddUser 名.AddUser 前.AddUser 𠀀.ListUsers.",
  "begin.AddUser A.AddUser B.commit.ListUsers.",
  "reserve(dstHost=10.0.0.1-10.0.0.9) = 1.5Mb on s to +5min.Cancel x.",
  "deny(*) on s.// c\nListUsers.#d\nListShares./* e. f */ListUsers.",
  "policy p { deny <= dstPort=1.allow <= dstPort=2. }ListUsers.",
  "f(a)._g(b).ListUsers.",
];

test("a stop ends a statement where it does so in a file, with a blank behind it and without", (t) => {
  for (const text of TEXTS) {
    const { file, diagnostics } = parse({ name: "x", text });
    t.deepEqual(diagnostics, [], text);
    const expected = file.statements.length;
    t.is(new Sentences().push(`${text}\n`).length, expected, text);
    const stream = new Sentences();
    const each = Array.from(`${text}\n`).flatMap((sign) => stream.push(sign));
    t.is(each.length, expected, `${text}, sign by sign`);
    for (const one of each) t.is(parse({ name: "x", text: one }).file.statements.length, 1, one);
  }
});
