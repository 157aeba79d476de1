/**
 * The house rules as a test: one direction (grammar → compiler → runtime), a compiler that never touches the world,
 * one importer for each library that is kept at arm's length, and files that one can read in one go.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";

const root = fileURLToPath(new URL("..", import.meta.url));
const layers = ["grammar", "compiler", "runtime"] as const;
/** Libraries of tests: whatever imports one is a test or a helper of tests. */
const testLibraries = ["ava", "fast-check", "ip-address"];

interface Import {
  readonly specifier: string;
  /** Path from the root, for files of ours. */
  readonly file?: string;
  readonly typeOnly: boolean;
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
  readonly testing: boolean;
}

function resolveImport(specifier: string, from: string): string | undefined {
  if (specifier.startsWith("#")) return specifier.slice(1);
  return specifier.startsWith(".") ? normalize(join(dirname(from), specifier)) : undefined;
}

function importsOf(path: string, code: string): Import[] {
  const statements = /^\s*(import|export)\s+(type\s)?(?:[^;"']*?\sfrom\s+)?["']([^"']+)["']/gm;
  const dynamic = /\bimport\(\s*["']([^"']+)["']\s*\)/g;
  const found = [...code.matchAll(statements)].map((match) => [match[3]!, match[2] !== undefined] as const);
  found.push(...[...code.matchAll(dynamic)].map((match) => [match[1]!, false] as const));
  return found.map(([specifier, typeOnly]) => {
    const file = resolveImport(specifier, path);
    return { specifier, typeOnly, ...(file !== undefined && { file }) };
  });
}

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
  const imports = importsOf(path, code);
  const testing =
    /\.(test|bench)\.ts$/.test(path) || imports.some(({ specifier }) => testLibraries.includes(specifier));
  return { path, text, code, imports, testing };
}

const files = [...layers, "policies", "examples"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(ts|js)$/.test(path))
    .map((path) => read(join(folder, path))),
);
const product = files.filter((file) => !file.testing);
const byPath = new Map(files.map((file) => [file.path, file]));
const inLayer = (layer: string): SourceFile[] => product.filter((file) => file.path.startsWith(`${layer}/`));

/** Every import that breaks a rule, as `file imports specifier`. */
const breaches = (among: readonly SourceFile[], breaks: (one: Import, file: SourceFile) => boolean): string[] =>
  among.flatMap((file) =>
    file.imports.filter((one) => breaks(one, file)).map((one) => `${file.path} imports ${one.specifier}`),
  );

test("arrows run grammar → compiler → runtime and never back", (t) => {
  for (const [index, layer] of layers.entries()) {
    const above = layers.slice(index + 1);
    t.deepEqual(
      breaches(inLayer(layer), ({ file }) => above.some((other) => file?.startsWith(`${other}/`) === true)),
      [],
    );
  }
});

test("grammar imports chevrotain and nothing else", (t) => {
  t.deepEqual(
    breaches(inLayer("grammar"), ({ specifier, file }) => file === undefined && specifier !== "chevrotain"),
    [],
  );
});

test("compiler touches no file, socket, timer, process, clock or random number", (t) => {
  t.deepEqual(
    breaches(inLayer("compiler"), ({ specifier }) => specifier.startsWith("node:")),
    [],
  );
  const world =
    /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\b(?:crypto|performance|process|console)\.|\b(?:setTimeout|setInterval|setImmediate|fetch)\(/;
  t.deepEqual(
    inLayer("compiler").flatMap(({ path, code }) => {
      const found = world.exec(code);
      return found === null ? [] : [`${path}: ${found[0]}`];
    }),
    [],
  );
});

test("the OpenFlow codec is bytes to values and touches nothing either", (t) => {
  t.deepEqual(
    breaches(inLayer("runtime/openflow"), ({ specifier }) => specifier.startsWith("node:")),
    [],
  );
});

test("z3-solver, @datalogui/datalog and chevrotain have one home each", (t) => {
  const homes: Readonly<Record<string, string>> = {
    "z3-solver": "compiler/proof/",
    "@datalogui/datalog": "compiler/datalog/view.ts",
    chevrotain: "grammar/",
  };
  t.deepEqual(
    breaches(product, ({ specifier }, { path }) => !path.startsWith(homes[specifier] ?? "")),
    [],
  );
});

test("the product imports no test, no helper of tests and no development dependency", (t) => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  t.deepEqual(
    breaches(product, ({ specifier, file }) =>
      file === undefined
        ? !specifier.startsWith("node:") && !(specifier in manifest.dependencies)
        : byPath.get(file)?.testing === true,
    ),
    [],
  );
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
    t.regex(version, /^\d+\.\d+\.\d+$/, `${name} is pinned exactly`);
});

/** A path along which a file imports itself, types aside. */
function findCycle(): string[] | undefined {
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const { file, typeOnly } of byPath.get(path)?.imports ?? []) {
      const cycle = typeOnly || file === undefined ? undefined : walk(file, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const { path } of product) {
    const cycle = walk(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

test("no file imports itself through others", (t) => {
  t.is(findCycle()?.join(" → "), undefined);
});

test("every file says at its head what it turns into what, and is short", (t) => {
  const withoutHeader = product.filter(({ text }) => !/^(?:#!.*\n)?\/\*\*/.test(text)).map(({ path }) => path);
  t.deepEqual(withoutHeader, []);
  // What is generated says so at its head, and is not written to be read.
  const written = files.filter(({ text }) => !/^\/\*\*[^/]*\bgenerated\b/i.test(text));
  const long = written.filter(({ text }) => text.split("\n").length > 401).map(({ path }) => path);
  t.deepEqual(long, []);
});

test("the top level is what ARCHITECTURE says, plus the usual furniture", (t) => {
  const house = [
    "package.json",
    "tsconfig.json",
    "grammar",
    "compiler",
    "runtime",
    "policies",
    "examples",
    "README.md",
  ];
  const furniture = ["package-lock.json", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"];
  const unversioned = ["node_modules", "coverage", "dist"];
  const known = new Set([...house, ...furniture, ...unversioned]);
  t.deepEqual(
    readdirSync(root).filter((name) => !name.startsWith(".") && !known.has(name)),
    [],
  );
});
