/** Formatting a source: canonical text, or the diagnostics that parsing gives. */
import test from "ava";
import { formatSource } from "./format.ts";
import { parse } from "./parse.ts";

test("a source without faults is formatted", (t) => {
  t.deepEqual(formatSource({ name: "a.pane", text: "AddUser   Alice ." }), { text: "AddUser Alice.\n" });
});

test("a source with faults gets the diagnostics of the parser", (t) => {
  const source = { name: "a.pane", text: "AddUser Alice\nAddUser Bob.\nAlow(*) on x." };
  t.deepEqual(formatSource(source), { diagnostics: parse(source).diagnostics });
});
