/**
 * The map is true: every file it names is there and holds the names beside it, every folder and every export has its
 * line, and its example program prints what it says. `UPDATE_GOLDEN=1` rewrites what the program prints.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import test from "ava";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = join(root, "compiler/README.md");
const text = readFileSync(page, "utf8");
const named = new Set([...text.matchAll(/`([^`\s]+)`/g)].map(([, name]) => name!));

/** A file by its path from the root, with the names that follow it. */
const MENTION = /`((?:compiler|grammar|runtime|policies)\/[\w./-]+\.\w+)`((?:,?\s`[A-Za-z][\w.]*`)*)/g;

test("every file that the map names exists, and holds the names that follow it", (t) => {
  const wrong = [...text.matchAll(MENTION)].flatMap(([, path, following]) => {
    if (!existsSync(join(root, path!))) return [`there is no ${path}`];
    const code = readFileSync(join(root, path!), "utf8");
    const names = [...following!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    return names
      .filter((name) => !name.split(".").every((part) => new RegExp(`\\b${part}\\b`).test(code)))
      .map((name) => `${path} has no ${name}`);
  });
  t.deepEqual(wrong, []);
});

test("every folder of compiler/ has its line on the map", (t) => {
  const folders = readdirSync(join(root, "compiler"), { withFileTypes: true }).filter((one) => one.isDirectory());
  t.deepEqual(
    folders.map(({ name }) => `${name}/`).filter((name) => !named.has(name)),
    [],
  );
});

test("the map lists the folders in the order of imports", (t) => {
  const [, section] = text.split("\n## The folders\n");
  const order = [...section!.split("\n## ")[0]!.matchAll(/^\| (.+?) \|/gm)].flatMap(([, row]) =>
    [...row!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!.replace(/\/$/, "")),
  );
  const folderOf = (path: string): string => path.split("/")[0]!;
  const wrong = readdirSync(join(root, "compiler"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !/\.test\.ts$|testing/.test(path))
    .flatMap((path) =>
      [...readFileSync(join(root, "compiler", path), "utf8").matchAll(/from "(\.[^"]+)"/g)]
        .map(([, specifier]) => folderOf(join(dirname(path), specifier!)))
        .filter((folder) => folder !== ".." && order.indexOf(folder) > order.indexOf(folderOf(path)))
        .map((folder) => `${path} imports ${folder}, which stands below it`),
    );
  t.deepEqual(wrong, []);
});

test("every export of the library has its line on the map", (t) => {
  const index = readFileSync(join(root, "compiler/index.ts"), "utf8");
  const exported = [...index.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list]) =>
    list!.split(",").flatMap((one) => one.trim().replace(/^type /, "") || []),
  );
  t.true(exported.length > 20);
  t.deepEqual(
    exported.filter((name) => !named.has(name)),
    [],
  );
});

test("the example program prints what the page says", (t) => {
  const [whole, program, printed] = /^```ts\n([\s\S]*?)^```\n```text\n([\s\S]*?)^```$/m.exec(text)!;
  const place = mkdtempSync(join(tmpdir(), "glazier-test-"));
  t.teardown(() => rmSync(place, { recursive: true, force: true }));
  const file = join(place, "example.ts");
  writeFileSync(
    file,
    program!.replace('"glazier"', JSON.stringify(pathToFileURL(join(root, "compiler/index.ts")).href)),
  );
  const out = execFileSync(process.execPath, [file], { cwd: root, encoding: "utf8" }).replaceAll(/\n+/g, "\n");
  const fresh = whole.replace(/```text\n[\s\S]*```$/, () => `\`\`\`text\n${out}\`\`\``);
  if (process.env["UPDATE_GOLDEN"] === "1")
    writeFileSync(
      page,
      text.replace(whole, () => fresh),
    );
  t.is(process.env["UPDATE_GOLDEN"] === "1" ? out : printed, out);
});
