/** The declared relations compared with what `policies/pane.fml` derives and what `policies/README.md` lists. */
import test from "ava";
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "../syntax/parse.ts";
import { toDatalog } from "./rules.ts";
import { WORDS } from "./vocabulary-columns.ts";
import { RELATIONS, VOCABULARY, type RelationDeclaration, type RelationKind } from "./vocabulary.ts";

const declared = Object.entries(RELATIONS) as [string, RelationDeclaration][];
const text = readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8");
const rules = parse({ name: "pane.fml", text }).file.statements.flatMap((one) =>
  one.kind === "rule" ? toDatalog(one.rule).rules : [],
);

test("pane.fml derives exactly the relations that are declared as derived, with as many terms", (t) => {
  const derived = new Map(rules.map(({ head }) => [head.relation, head.terms.length]));
  // Rules of networks define `reject`, so it is not among the relations that they only ask.
  t.true(derived.delete("reject"));
  const wanted = declared
    .filter(([, { kind }]) => kind === "derived")
    .map(([name, { columns }]) => [name, columns.length]);
  t.deepEqual(
    Object.fromEntries(derived),
    Object.fromEntries(wanted),
    "rules of policies/pane.fml, and `derived(…)` in RELATIONS of compiler/fml/vocabulary.ts",
  );
});

test("every relation that pane.fml asks is declared, with as many terms", (t) => {
  const arities = new Map(declared.map(([name, { columns }]) => [name, columns.length]));
  const asked = rules.flatMap(({ body }) => body.map(({ atom }) => atom));
  const strange = asked.filter(
    ({ relation, terms }) => VOCABULARY.has(relation) && terms.length !== arities.get(relation),
  );
  t.deepEqual(strange, []);
  const unknown = new Set(asked.map(({ relation }) => relation).filter((name) => !VOCABULARY.has(name)));
  const builtIn = ["!=", "<", "<=", ">", ">=", "plus"];
  t.deepEqual(
    [...unknown].filter((name) => !builtIn.includes(name)),
    [],
    "asked by policies/pane.fml, and not declared in RELATIONS of compiler/fml/vocabulary.ts",
  );
});

const KINDS: Readonly<Record<RelationKind, true>> = {
  candidate: true,
  external: true,
  function: true,
  state: true,
  "in force": true,
  derived: true,
};

/** The relations of one kind as a table of the page. */
function table(kind: RelationKind): string {
  const rows = declared
    .filter(([, one]) => one.kind === kind)
    .map(([name, { columns, means }]) => `| \`${name}(${columns.map((one) => one.name).join(", ")})\` | ${means} |`);
  return ["| relation | meaning |", "|---|---|", ...rows].join("\n");
}

/** The words of each column that holds words. */
function words(): string {
  const held = new Map<string, string>();
  for (const { name, holds } of declared.flatMap(([, { columns }]) => columns)) {
    if (holds === undefined || !(holds in WORDS)) continue;
    const list = WORDS[holds as keyof typeof WORDS].map((word) => `\`"${word}"\``).join(", ");
    held.set(name, list);
  }
  return ["| column | words |", "|---|---|", ...[...held].map(([name, list]) => `| \`${name}\` | ${list} |`)].join(
    "\n",
  );
}

test("columns of one name hold the same words", (t) => {
  const kinds = new Map<string, string>();
  for (const { name, holds } of declared.flatMap(([, { columns }]) => columns)) {
    if (holds === undefined || !(holds in WORDS)) continue;
    t.is(kinds.get(name) ?? holds, holds, name);
    kinds.set(name, holds);
  }
  t.is(kinds.size, Object.keys(WORDS).length);
});

test("policies/README.md lists the relations (`UPDATE_GOLDEN=1` writes the tables anew)", (t) => {
  const path = new URL("../../policies/README.md", import.meta.url);
  const page = readFileSync(path, "utf8");
  const missing = new Set([...Object.keys(KINDS), "words"]);
  const written = page.replaceAll(/(<!-- relations: ([a-z ]+) -->\n)[^]*?(\n<!-- end -->)/g, (_, begin, name, end) => {
    missing.delete(name as string);
    return `${begin}${name === "words" ? words() : table(name as RelationKind)}${end}`;
  });
  t.deepEqual([...missing], [], "a table that has no place on the page");
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, written);
  else t.is(page, written, "run UPDATE_GOLDEN=1 npx ava compiler/fml/vocabulary.test.ts");
});
