/** The formatter: canonical text stays, formatting twice changes nothing, and no comment is lost wherever it stands. */
import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { format } from "./printer.ts";
import { grammar } from "./parser.ts";
import { HEADS, KEYWORDS, lex } from "./tokens.ts";
import { readUnits } from "./units.ts";

const sink = readFileSync(new URL("kitchen-sink.pane", import.meta.url), "utf8");

function formatted(text: string): string {
  const result = format(text);
  if (!("text" in result)) throw new Error(`${JSON.stringify(result.faults)}\n${text}`);
  return result.text;
}

/** The tokens of a text without what the formatter may change: synonyms and the commas between privileges. */
function essence(text: string): string {
  return lex(text)
    .tokens.map((token) => token.image)
    .filter((image) => image !== ",")
    .join(" ");
}

test("the kitchen sink is canonical", (t) => {
  t.is(formatted(sink), sink);
});

test("the kitchen sink uses every rule of the grammar and every word of the language", (t) => {
  const rules = new Set<string>();
  const visit = (tree: unknown): void => {
    if (typeof tree !== "object" || tree === null || !("children" in tree)) return;
    rules.add((tree as unknown as { name: string }).name);
    for (const children of Object.values(tree.children as Record<string, unknown[]>)) children.forEach(visit);
  };
  for (const unit of readUnits(sink)) if ("tree" in unit) visit(unit.tree);
  t.deepEqual(
    Object.keys(grammar().getGAstProductions()).filter((name) => !rules.has(name)),
    [],
    "rules of the grammar that grammar/kitchen-sink.pane does not use",
  );
  const used = new Set(lex(sink).tokens.map((token) => token.image));
  const synonyms = ["ratelimit"];
  t.deepEqual(
    [...Object.keys(HEADS), ...Object.keys(KEYWORDS)].filter((word) => !used.has(word) && !synonyms.includes(word)),
    [],
    "words of grammar/tokens.ts that grammar/kitchen-sink.pane does not use",
  );
});

test("every layout of the kitchen sink is formatted as the same lines", (t) => {
  const { tokens } = lex(sink);
  const gaps = fc.array(fc.constantFrom(" ", "\n", "\t", "  ", "\r\n"), { minLength: 1, maxLength: 2 });
  const plain = formatted(tokens.map((token) => token.image).join(" "));
  fc.assert(
    fc.property(fc.array(gaps, { minLength: tokens.length, maxLength: tokens.length }), (spaces) => {
      // The author decides on empty lines between statements, the formatter on all other space.
      const text = tokens.map((token, i) => token.image + (spaces[i]!.join("").includes("\n") ? "\n" : " ")).join("");
      t.is(formatted(text), plain);
    }),
    { numRuns: 20, seed: 3 },
  );
});

test("no comment is lost wherever it stands, and formatting twice changes nothing", (t) => {
  const { tokens } = lex(sink);
  const comment = fc.constantFrom("// line", "# hash", "/* block */", "/* two\n lines */", "/**/", "//");
  const place = fc.record({
    at: fc.integer({ min: 0, max: tokens.length }),
    comment,
    before: fc.constantFrom(" ", "\n", ""),
    after: fc.constantFrom(" ", "\n", "\n\n"),
  });
  fc.assert(
    fc.property(fc.array(place, { minLength: 1, maxLength: 40 }), (places) => {
      let text = "";
      for (let i = 0; i <= tokens.length; i++) {
        for (const one of places.filter(({ at }) => at === i)) {
          const line = !one.comment.startsWith("/*");
          text += `${one.before}${one.comment}${line ? "\n" : ""}${one.after}`;
        }
        if (i < tokens.length) text += `${tokens[i]!.image} `;
      }
      const once = formatted(text);
      const images = (of: string): string[] => lex(of).comments.map(({ image }) => image.trim());
      t.deepEqual(images(once), images(text));
      t.is(essence(once), essence(text));
      t.is(formatted(once), once);
    }),
    { numRuns: 150, seed: 4 },
  );
});

test("each synonym is written as its canonical word", (t) => {
  t.is(formatted("a(X):-b(X)&!c|~(d ^ e)and f ."), "a(X) <= b(X), not c or not (d, e), f.\n");
  t.is(formatted("ratelimit ( srcUser=x ) = 5Mb on y."), "limit(user=x) = 5Mb on y.\n");
  t.is(
    formatted("NewShare a for (*) [ratelimit<=5Mb allow=True,,] on b.".replace(",,", ",")),
    "NewShare a for (*) [limit <= 5Mb, allow = True] on b.\n",
  );
});

test("at most one empty line separates statements, and none stands directly inside a brace", (t) => {
  t.is(
    formatted("\n\n\nAddUser a.\n\n\n\nAddUser b.\npolicy p {\n\n  allow.\n\n\n  deny.\n\n}\n\n\n"),
    "AddUser a.\n\nAddUser b.\npolicy p {\n  allow.\n\n  deny.\n}\n",
  );
  t.is(formatted(""), "");
  t.is(formatted("// only this"), "// only this\n");
});

test("a comment has a line of its own where only blanks of any kind stand before it", (t) => {
  for (const blank of ["", " ", "\t ", "\u00A0", "\uFEFF", "\v"])
    for (const end of ["\n", "\r", "\r\n"])
      t.is(
        formatted(`deny(*)${end}${blank}// own${end}on s.`),
        formatted("deny(*)\n// own\non s."),
        JSON.stringify(blank),
      );
  t.not(formatted("deny(*) /* behind */\non s."), formatted("deny(*)\n/* behind */\non s."));
});

test("lines may end with CR, CRLF or LF, and comments stay where they stood", (t) => {
  const lines = [
    "AddUser A.",
    "// of B",
    "AddUser B. // behind",
    "",
    "",
    "/* of",
    "   C */",
    "AddUser C.",
    "policy p {",
    "  // inside",
    "  allow.",
    "}",
    "",
  ];
  const [lf, crlf, cr] = ["\n", "\r\n", "\r"].map((end) => formatted(lines.join(end)));
  t.is(crlf, lf);
  t.is(cr, lf);
  t.regex(lf!, /A\.\n\/\/ of B\nAddUser B\. \/\/ behind\n\n\/\* of/);
});

test("a text with faults is not formatted", (t) => {
  const result = format("AddUser a. AddUser .");
  t.true("faults" in result && result.faults.length === 1);
});
