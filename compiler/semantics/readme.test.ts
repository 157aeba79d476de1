/** What the law says of today (SEMANTICS, "Which flows exist") is so: every share of its table refuses its request. */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "../admission/read-rules.ts";
import { decide } from "../decide.ts";

const page = readFileSync(new URL("README.md", import.meta.url), "utf8");
const read = readRules({
  name: "pane.fml",
  text: readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8"),
});

const codesOf = (text: string): readonly string[] => {
  const options = { now: 0, load: () => undefined, rules: read.rules };
  return decide([{ name: "page", text }], options).diagnostics.map(({ code }) => code);
};

test("the shares of the table still refuse flows that they hold", (t) => {
  const [, section] = page.split("\n## Which flows exist\n");
  const rows = [...section!.matchAll(/^\| `([^`]+)` \| `([^`]+)` \|/gm)];
  t.is(rows.length, 6);
  for (const [, share, request] of rows) {
    const text = `default deny.\nNewShare s for ${share} [allow = True] on rootShare.\n${request} on s.`;
    t.deepEqual(codesOf(text), ["E701"], text);
  }
});

test("types that no frame shows are still accepted", (t) => {
  for (const type of ["0x0100", "0x8100"])
    t.deepEqual(codesOf(`default deny. allow(ethType=${type}) on rootShare.`), []);
});
