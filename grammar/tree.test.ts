/** The grammar is sound, and the shapes of its trees in `tree.ts` are those that it makes. */
import { readFileSync, writeFileSync } from "node:fs";
import test from "ava";
import { generateCstDts } from "./chevrotain.ts";
import { Grammar } from "./parser.ts";

const path = new URL("tree.ts", import.meta.url);

const header = `/**
 * The shapes of the concrete syntax tree, one per grammar rule. Generated from the grammar by \`tree.test.ts\`
 * (\`UPDATE_GOLDEN=1 npx ava grammar/tree.test.ts\`, then the formatter, write it anew); do not edit.
 */
/* oxlint-disable max-lines */
import type { CstNodeLocation, IToken } from "chevrotain";

type Some<T> = readonly [T, ...T[]];

/** The tree of one grammar rule; where it stands, and its parts by name. */
export interface Tree<Name extends string, Children> {
  readonly name: Name;
  readonly location: CstNodeLocation;
  readonly children: Readonly<Children>;
}
`;

/** Chevrotain's declarations as type aliases whose lists are never empty. */
function shapes(): string {
  const declarations = generateCstDts(new Grammar(true).getGAstProductions(), { includeVisitorInterface: false });
  const rules = declarations.matchAll(/CstNode extends CstNode \{\s+name: "(\w+)";.*?CstChildren = \{\n(.*?)\};/gs);
  return [...rules]
    .map(([, name, children]) => {
      const parts = children!.replaceAll(/: \(?([^;]*?)\)?\[\];/g, ": Some<$1>;").replaceAll("CstNode", "Tree");
      return `\nexport type ${name![0]!.toUpperCase()}${name!.slice(1)}Tree = Tree<"${name!}", {\n${parts}}>;\n`;
    })
    .join("");
}

test("the grammar passes Chevrotain's validation", (t) => {
  t.notThrows(() => new Grammar(true));
});

test("tree.ts agrees with the grammar", (t) => {
  const wanted = header + shapes();
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, wanted);
  const squeeze = (text: string): string => text.replaceAll(/[\s,]+/g, "");
  const isSame = squeeze(readFileSync(path, "utf8")) === squeeze(wanted);
  t.true(isSame, "run UPDATE_GOLDEN=1 npx ava grammar/tree.test.ts, then npm run format");
});
