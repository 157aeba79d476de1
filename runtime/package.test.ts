/**
 * What `npm pack` makes, installed as npm would: below node_modules, where Node strips no types. The packages that it
 * needs are those of the checkout.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import test, { type ExecutionContext } from "ava";
import * as library from "#compiler/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = join(root, "node_modules/.bin/tsc");
const BUILT = "runtime/client/built";

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

/** Runs a program in a folder; returns what it prints, and rejects if it fails. */
async function run([program, ...words]: readonly [string, ...string[]], cwd: string): Promise<string> {
  return (await promisify(execFile)(program, words, { cwd })).stdout;
}

function temporary(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), "glazier-package-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("the top level holds nothing but the listed files and folders", (t) => {
  const ours = ["package.json", "tsconfig.json", "grammar", "compiler", "runtime", "policies", "examples", "README.md"];
  const customary = ["package-lock.json", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"];
  const unversioned = ["node_modules", "coverage", "dist"];
  const known = new Set([...ours, ...customary, ...unversioned]);
  t.deepEqual(
    readdirSync(root).filter((name) => !name.startsWith(".") && !known.has(name)),
    [],
  );
});

test("the client that is shipped is made of its source", async (t) => {
  const out = temporary(t);
  const shape = ["--target", "es2022", "--lib", "es2024", "--module", "nodenext", "--types", "node", "--strict"];
  const how = ["--declaration", "--rewriteRelativeImportExtensions", "--verbatimModuleSyntax", "--skipLibCheck"];
  await run([tsc, join(root, "runtime/client/index.ts"), "--ignoreConfig", ...shape, ...how, "--outDir", out], root);
  const names = readdirSync(out).toSorted();
  t.deepEqual(names, ["certificate.d.ts", "certificate.js", "index.d.ts", "index.js", "sse.d.ts", "sse.js"]);
  for (const name of names) {
    // The declarations name each other as what they are beside.
    const made = `// Generated: \`UPDATE_GOLDEN=1 npx ava runtime/package.test.ts\`.\n${readFileSync(join(out, name), "utf8")}`;
    const text = made.replaceAll(/from "(\.\/\w+)\.ts"/g, 'from "$1.js"');
    const path = join(root, BUILT, name);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
    t.is(readFileSync(path, "utf8"), text, name);
  }
});

test("an installed package runs: the command, a log with its threads, the library and the client", async (t) => {
  const folder = temporary(t);
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
  const packed = await run(["npm", ...pack], root);
  const place = join(folder, "node_modules", "glazier");
  mkdirSync(place, { recursive: true });
  await run(["tar", "-xzf", packed.trim(), "-C", place, "--strip-components", "1"], folder);
  const files = readdirSync(place, { recursive: true, encoding: "utf8" });
  t.deepEqual(
    files.filter((path) => /\.test\.ts$|(^|\/)(testing|golden|bench)\//.test(path)),
    [],
  );
  for (const name of Object.keys(manifest.dependencies)) {
    const at = join(folder, "node_modules", name);
    mkdirSync(join(at, ".."), { recursive: true });
    symlinkSync(join(root, "node_modules", name), at);
  }
  const bin = join(place, "runtime", "bin.js");
  const glazier = (...words: string[]): Promise<string> => run([process.execPath, bin, ...words], folder);
  await glazier("init", "tour");
  t.regex(await glazier("check", "tour"), /^3 statements: 3 accepted/m);
  const served = `
    import { openSqliteLog } from "./node_modules/glazier/runtime/log/sqlite/sqlite-log.ts";
    const log = await openSqliteLog("state");
    console.log((await log.lead(new AbortController().signal)).term);
    await log.close();`;
  const hook = join(place, "runtime", "strip-types.js");
  const node = (script: string, ...flags: string[]): Promise<string> => {
    writeFileSync(join(folder, "script.mjs"), script);
    return run([process.execPath, ...flags, "script.mjs"], folder);
  };
  t.is(await node(served, "--import", hook), "1n\n");
  const names = (of: string): string => `console.log(Object.keys(await import(${JSON.stringify(of)})).join())`;
  t.is(await node(names("glazier")), `${Object.keys(library).join()}\n`);
  t.is(await node(names("glazier/client")), "GlazierClient,ServerRefusal\n");
  // Types as another project's compiler reads them, which takes no import that ends in .ts.
  writeFileSync(
    join(folder, "use.mts"),
    `import { GlazierClient, type ServerEvent } from "glazier/client";
export const net: GlazierClient = new GlazierClient({ url: "http://127.0.0.1:1", token: "t" });
export const seen = (event: ServerEvent): number => event.record;
`,
  );
  symlinkSync(join(root, "node_modules/@types"), join(folder, "node_modules/@types"));
  const strict = ["--ignoreConfig", "--noEmit", "--strict", "--module", "nodenext", "--types", "node"];
  t.is(await run([tsc, "use.mts", ...strict], folder), "");
});
