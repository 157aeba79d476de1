/** Every relation of the directory has a reader and a row of the language page: facts that nothing reads say nothing. */
import { readdirSync, readFileSync } from "node:fs";
import test from "ava";
import { DIRECTORY_SORTS } from "../fml/sorts.ts";

const page = readFileSync(new URL("../../grammar/README.md", import.meta.url), "utf8");
const section = page.split("\n## The directory and the network\n")[1]!.split("\n## ")[0]!;
const folders = ["../model/", "../paths/", "../resolve/"].map((path) => new URL(path, import.meta.url));
const product = folders
  .flatMap((folder) => readdirSync(folder).map((name) => new URL(name, folder)))
  .filter(({ pathname }) => pathname.endsWith(".ts") && !pathname.endsWith(".test.ts"))
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");

for (const name of DIRECTORY_SORTS.keys()) {
  test(`facts of \`${name}\` are read and documented`, (t) => {
    t.true(product.includes(`factsOf("${name}")`), `${name}: read its facts in compiler/model/directory.ts`);
    t.true(
      section.includes(`\`${name}(`),
      `${name}: grammar/README.md, "The directory and the network", has no row for it`,
    );
  });
}
