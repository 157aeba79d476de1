/**
 * The rules of the code base as a test. Imports go one way (grammar → compiler → runtime, and folder by folder inside them), and
 * no file imports itself through others. The compiler never touches the world. Some libraries have one importer each. What is read is small.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";

const root = fileURLToPath(new URL("..", import.meta.url));
const layers = ["grammar", "compiler", "runtime"] as const;

/**
 * Every folder with product files, lowest first: a folder may import only what stands above it in this list, types
 * included. A file in the root of `compiler/` or `runtime/` is an entry of its own. A new folder gets its line here.
 */
const order = [
  "grammar",
  // Values, sets and engines that know nothing of policies.
  "compiler/source.ts",
  "compiler/net",
  "compiler/diagnostics",
  "compiler/diagnostics/codes",
  "compiler/flowgroup",
  "compiler/datalog",
  "compiler/proof",
  // A flow table as a value, and what turns one into another.
  "compiler/table",
  "compiler/plan",
  // Text → syntax → model.
  "compiler/syntax/habits",
  "compiler/syntax",
  "compiler/model",
  "compiler/paths",
  "compiler/shares/timeline",
  "compiler/shares",
  "compiler/fml/data",
  "compiler/fml",
  "compiler/fml/policy",
  "compiler/resolve/plain",
  "compiler/resolve",
  // Decisions.
  "compiler/derived",
  "compiler/certificates",
  "compiler/admission/state",
  "compiler/admission/policies",
  "compiler/admission/snapshot",
  "compiler/admission/notes",
  "compiler/admission",
  "compiler/decide.ts",
  "compiler/explain",
  "compiler/queries",
  "compiler/lookup",
  // Decisions → tables.
  "compiler/lowering/pipeline",
  "compiler/lowering/encode",
  "compiler/lowering/contributions",
  "compiler/lowering/rates",
  "compiler/lowering/spoof",
  "compiler/lowering/steering",
  "compiler/lowering/features",
  "compiler/lowering",
  "compiler/observe.ts",
  "compiler/circles",
  "compiler/trial-tables.ts",
  "compiler/compile.ts",
  "compiler/live.ts",
  // What reads all of it.
  "compiler/replay",
  "compiler/trace",
  "compiler/impact",
  "compiler/report",
  "compiler/index.ts",
  "compiler/semantics",
  // What talks to the world.
  "runtime/strip-types.js",
  "runtime/process",
  "runtime/openflow",
  "runtime/session",
  "runtime/ovsdb",
  "runtime/controller/writers",
  "runtime/controller/bridge",
  "runtime/controller",
  "runtime/log",
  "runtime/log/sqlite",
  "runtime/serve/listening",
  "runtime/serve/certificates",
  "runtime/serve/names",
  "runtime/serve/snapshot",
  "runtime/serve/switches",
  "runtime/serve",
  "runtime/serve/http",
  "runtime/client",
  "runtime/lab",
  "runtime/cli/common",
  "runtime/cli/commands",
  "runtime/cli",
  "runtime/library.js",
  "runtime/bin.js",
  "runtime/demo",
  "runtime/bench",
];

/** Only tests import these: the law's reference evaluators, and a network of our own to measure on. */
const forTests: Readonly<Record<string, readonly string[]>> = {
  "compiler/semantics": [],
  "runtime/lab": ["runtime/demo", "runtime/bench"],
};

/** An index whose facts know their place in it: one idea in three files, which import each other's types. */
const circle = ["compiler/datalog/fact-index.ts", "compiler/datalog/fact.ts", "compiler/datalog/relation.ts"];
/** Engines that are read as a whole, and may hold more files than other folders. */
const [large, mostFiles] = [["compiler/datalog", "compiler/flowgroup"], 20];

/** Exported names that two files define, and why. Commands are not compared: each is named after what it runs. */
const namesakes: Readonly<Record<string, readonly [why: string, ...files: string[]]>> = {
  Name: ["a token is called after what it holds", "compiler/syntax/ast.ts", "grammar/tokens.ts"],
  areJoined: ["the law's own answer", "compiler/semantics/path-reference.ts", "compiler/trace/paths.ts"],
  bears: ["the law's own answer", "compiler/semantics/drains.ts", "compiler/shares/timeline/chain.ts"],
  hasPath: ["the law's own answer", "compiler/semantics/path-reference.ts", "compiler/trace/paths.ts"],
};

/** Names that could mean anything. No type has one, except in the file beside it, and no file has one. */
const vague: Readonly<Record<string, string>> = { Plan: "compiler/plan/plan.ts" };
const vagueNames = ["Claim", "Led", "Ledger", "Place", "Plan", "Seat", "Standing", "Step", "Voice", "Wish"];
const vagueFiles = ["again", "holding", "same", "step", "surround", "watch", "words"];
/** Libraries of tests: a file that imports one is a test or a helper of tests. */
const testLibraries = ["ava", "fast-check", "ip-address"];

interface Import {
  readonly specifier: string;
  /** Path from the root, for files of ours. */
  readonly file?: string;
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

/** Every file or library that a file names: its imports, types included, and the files that it starts as programs. */
function importsOf(path: string, code: string): Import[] {
  const forms = [
    /^\s*(?:import|export)\s+(?:type\s)?(?:[^;"']*?\sfrom\s+)?["']([^"']+)["']/gm,
    /\bimport\(\s*["']([^"']+)["']\s*\)/g,
    /\bnew URL\(\s*["']([^"']+\.[jt]s)["'],\s*import\.meta\.url\s*\)/g,
  ];
  const relative = (specifier: string, form: RegExp): string =>
    form === forms[2] && !specifier.startsWith(".") ? `./${specifier}` : specifier;
  return forms.flatMap((form) =>
    [...code.matchAll(form)].map((match) => {
      const specifier = relative(match[1]!, form);
      const file = resolveImport(specifier, path);
      return { specifier, ...(file !== undefined && { file }) };
    }),
  );
}

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
  const imports = importsOf(path, code);
  const testing =
    /\.(test|bench)\.ts$/.test(path) ||
    path.includes("/testing/") ||
    imports.some(({ specifier }) => testLibraries.includes(specifier));
  return { path, text, code, imports, testing };
}

/** The entry of `order` that a file belongs to: itself, or its folder. */
const entryOf = (path: string): string => (order.includes(path) ? path : dirname(path));

const files = [...layers, "policies", "examples"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(ts|js)$/.test(path) && !path.includes("/built/"))
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

test("no layer imports one above it: grammar → compiler → runtime", (t) => {
  for (const [index, layer] of layers.entries()) {
    const above = layers.slice(index + 1);
    t.deepEqual(
      breaches(inLayer(layer), ({ file }) => above.some((other) => file?.startsWith(`${other}/`) === true)),
      [],
    );
  }
});

test("grammar imports chevrotain and nothing else, but what requires it", (t) => {
  t.deepEqual(
    breaches(inLayer("grammar"), ({ specifier, file }) => file === undefined && specifier !== "chevrotain"),
    ["grammar/chevrotain.ts imports node:module"],
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

test("the OpenFlow codec is pure: it imports no module of Node", (t) => {
  t.deepEqual(
    breaches(inLayer("runtime/openflow"), ({ specifier }) => specifier.startsWith("node:")),
    [],
  );
});

test("libraries of one part are imported from one place each", (t) => {
  const homes: Readonly<Record<string, string>> = {
    "z3-solver": "compiler/proof/",
    "@datalogui/datalog": "compiler/datalog/view.ts",
    chevrotain: "grammar/",
    ...Object.fromEntries(["fastify", "zod", "pino", "prom-client"].map((name) => [name, "runtime/serve/http/"])),
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

test("no folder imports one that stands below it", (t) => {
  const rank = new Map(order.map((entry, index) => [entry, index]));
  const back = product.flatMap(({ path, imports }) =>
    imports.flatMap(({ specifier, file }) => {
      if (file === undefined || !byPath.has(file)) return [];
      const [from, to] = [entryOf(path), entryOf(file)];
      return (rank.get(to) ?? 0) > (rank.get(from) ?? Infinity)
        ? [`${path} imports ${specifier}: ${from} stands above ${to}`]
        : [];
    }),
  );
  t.deepEqual(back, []);
});

test("the order names every folder with product files once, and no other", (t) => {
  const entries = new Set(layers.flatMap(inLayer).map(({ path }) => entryOf(path)));
  const unplaced = [...entries].filter((entry) => !order.includes(entry));
  t.deepEqual(unplaced, [], "not in the order");
  const there = order.filter((entry) => entries.has(entry));
  t.deepEqual(there, [...new Set(order)], "each once, and each with product files");
});

test("only tests import the reference evaluators, and only tests, demo and benches the lab", (t) => {
  for (const [entry, users] of Object.entries(forTests)) {
    const allowed = [entry, ...users];
    const others = product.filter(({ path }) => !allowed.includes(entryOf(path)));
    t.deepEqual(
      breaches(others, ({ file }) => file?.startsWith(`${entry}/`) === true),
      [],
    );
  }
});

/** Circles of files that import each other, types included; the files of each are sorted (Tarjan's algorithm). */
function findCircles(): string[][] {
  const [index, low] = [new Map<string, number>(), new Map<string, number>()];
  const [stack, circles]: [string[], string[][]] = [[], []];
  const walk = (path: string): void => {
    index.set(path, index.size);
    low.set(path, index.get(path)!);
    stack.push(path);
    for (const { file } of byPath.get(path)!.imports) {
      if (file === undefined || byPath.get(file)?.testing !== false) continue;
      if (!index.has(file)) {
        walk(file);
        low.set(path, Math.min(low.get(path)!, low.get(file)!));
      } else if (stack.includes(file)) low.set(path, Math.min(low.get(path)!, index.get(file)!));
    }
    if (low.get(path) !== index.get(path)) return;
    const circle = stack.splice(stack.indexOf(path));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const { path } of product) if (!index.has(path)) walk(path);
  return circles;
}

test("no file imports itself through others, types included", (t) => {
  t.deepEqual(findCircles(), [circle]);
});

test("a command loads what a live server needs only when it runs: `check` starts as quickly as before", (t) => {
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path) || !byPath.has(path)) return;
    loaded.add(path);
    const atOnce = /^\s*(?:import|export)\s+(?!type\s)(?:[^;"']*?\sfrom\s+)?["']([^"']+)["']/gm;
    for (const [, specifier] of byPath.get(path)!.code.matchAll(atOnce)) load(resolveImport(specifier!, path) ?? "");
  };
  load("runtime/cli/start.ts");
  for (const { path } of product) if (path.startsWith("runtime/cli/commands/")) load(path);
  t.true(loaded.has("runtime/cli/common/read.ts"), "the walk finds what is loaded");
  t.deepEqual(
    [...loaded].filter((path) => path.startsWith("runtime/log/")),
    [],
  );
});

/** Every exported name of the product with the files that define it. */
function findDefinitions(): Map<string, string[]> {
  const defined = new Map<string, string[]>();
  const form =
    /^export (?:declare |abstract |async )*(?:(?:interface|type|class|const|let|function\*?) (\w+)|const \{([^}]*)\} =)/gm;
  for (const { path, code } of product) {
    // The library's names are those of `compiler/index.ts`.
    if (dirname(path) === "runtime/cli/commands" || path === "runtime/library.js") continue;
    const names = [...code.matchAll(form)].flatMap(([, one, several]) => one ?? several!.match(/\w+(?=\s*(?:,|$))/g)!);
    for (const name of new Set(names)) defined.set(name, [...(defined.get(name) ?? []), path].sort());
  }
  return defined;
}

test("no two product files define the same exported name", (t) => {
  const defined = findDefinitions();
  const twice = [...defined].filter(([name, paths]) => paths.length > 1 && !(name in namesakes));
  t.deepEqual(
    twice.map(([name, paths]) => `${name} is defined by ${paths.join(" and by ")}: give one its exact name`),
    [],
  );
  for (const [name, [why, ...paths]] of Object.entries(namesakes)) t.deepEqual(defined.get(name), paths, why);
  const passedOn = product.flatMap(({ path, code }) =>
    [...code.matchAll(/^export (?:type )?\{[^}]*?(\w+ as \w+)/gm)].map(([, one]) => `${path} exports ${one}`),
  );
  t.deepEqual(passedOn, [], "a re-export keeps its name");
});

test("no type and no file has a vague name", (t) => {
  const defined = findDefinitions();
  const types = vagueNames.flatMap((name) => (defined.get(name) ?? []).map((path) => ({ name, path })));
  t.deepEqual(
    types.filter(({ name, path }) => vague[name] !== path),
    [],
  );
  const named = product.filter(({ path }) => vagueFiles.includes(basename(path, ".ts"))).map(({ path }) => path);
  t.deepEqual(named, []);
});

test("a folder holds at most twenty product files", (t) => {
  const count = new Map<string, number>();
  for (const { path } of layers.flatMap(inLayer)) count.set(dirname(path), (count.get(dirname(path)) ?? 0) + 1);
  const crowded = [...count].filter(([folder, files]) => files > mostFiles && !large.includes(folder));
  t.deepEqual(
    crowded.map(([folder, files]) => `${folder} has ${files} files, at most ${mostFiles} are wanted`),
    [],
  );
});

test("every product file has a header comment, and every file at most 400 lines", (t) => {
  const withoutHeader = product.filter(({ text }) => !/^(?:#!.*\n)?\/\*\*/.test(text)).map(({ path }) => path);
  t.deepEqual(withoutHeader, []);
  // A generated file says so in its header. It may be longer, because it is not written to be read.
  const written = files.filter(({ text }) => !/^\/\*\*[^/]*\bgenerated\b/i.test(text));
  const long = written.filter(({ text }) => text.split("\n").length > 401).map(({ path }) => path);
  t.deepEqual(long, []);
});
