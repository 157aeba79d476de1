/** The reference of the language names every word of it: as reserved, in the section that explains it, in the grammar. */
import { readFileSync } from "node:fs";
import test from "ava";
import { HEADS, KEYWORDS } from "./tokens.ts";

const page = readFileSync(new URL("README.md", import.meta.url), "utf8");

/** The text of each section of the page, by its title. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.split("\n")[0]!, text]),
);
const isIn = (text: string, word: string): boolean => new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(text);
/** What is written as code. */
const codeOf = (text: string): string =>
  [...text.matchAll(/^```[\s\S]*?^```|`[^`\n]+`/gm)].map(([code]) => code).join("\n");

const words = [...Object.keys(HEADS), ...Object.keys(KEYWORDS)];
const missing = (list: readonly string[], what: string, holds: (word: string) => boolean): readonly string[] =>
  list.filter((word) => !holds(word)).map((word) => `\`${word}\`: write it into grammar/README.md, ${what}`);

test("the page lists every reserved word, and no other word as reserved", (t) => {
  const list = sections
    .get("Lexical")!
    .split("\n")
    .filter((line) => line.startsWith(">"))
    .join(" ");
  t.deepEqual(
    missing(Object.keys(HEADS), 'the list of reserved words in "Lexical"', (word) => isIn(list, word)),
    [],
  );
  const listed = list.split(/[>·\s]+/).filter((word) => word !== "");
  t.deepEqual(
    listed.filter((word) => !Object.hasOwn(HEADS, word)),
    [],
    'listed in grammar/README.md, "Lexical", and no head of grammar/tokens.ts',
  );
});

test("every word has a section that explains it", (t) => {
  const explaining = [...sections].filter(
    ([title]) => title !== "Lexical" && title !== "Grammar" && title !== "This folder",
  );
  const code = explaining.map(([, text]) => codeOf(text)).join("\n");
  t.deepEqual(
    missing(words, "the section on what it belongs to", (word) => isIn(code, word)),
    [],
  );
});

test("every word stands in the page's section Grammar", (t) => {
  const grammar = sections.get("Grammar")!;
  t.deepEqual(
    missing(words, '"Grammar"', (word) => grammar.includes(`"${word}"`)),
    [],
  );
});
