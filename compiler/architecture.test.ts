/**
 * The house rules as a test: one direction (grammar → compiler → runtime, and folder by folder inside them), no file
 * that imports itself through others, a compiler that never touches the world, one importer for each library that is
 * kept at arm's length, and files and folders that one can read in one go.
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
  "compiler/syntax",
  "compiler/model",
  "compiler/paths",
  "compiler/shares/timeline",
  "compiler/shares",
  "compiler/fml",
  "compiler/fml/policy",
  "compiler/resolve",
  // Decisions.
  "compiler/derived",
  "compiler/certificates",
  "compiler/admission/state",
  "compiler/admission/policies",
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
  "compiler/circles",
  "compiler/compile.ts",
  // What reads all of it.
  "compiler/replay",
  "compiler/trace",
  "compiler/report",
  "compiler/index.ts",
  "compiler/semantics",
  // What talks to the world.
  "runtime/process",
  "runtime/openflow",
  "runtime/session",
  "runtime/ovsdb",
  "runtime/controller/writers",
  "runtime/controller",
  "runtime/lab",
  "runtime/cli/common",
  "runtime/cli/commands",
  "runtime/cli",
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

/** Engines that one reads as a whole: they may hold more files than a folder otherwise does. */
const large = ["compiler/datalog", "compiler/flowgroup"];
const mostFiles = 20;

/** Exported names that two files define, and why both must. The commands of the shell are called after what they run. */
const namesakes: Readonly<Record<string, readonly [why: string, ...files: string[]]>> = {
  Name: ["a token is called after what it holds", "compiler/syntax/ast.ts", "grammar/tokens.ts"],
  areJoined: ["the law's own answer", "compiler/semantics/path-reference.ts", "compiler/trace/paths.ts"],
  bears: ["the law's own answer", "compiler/semantics/drains.ts", "compiler/shares/timeline/chain.ts"],
  hasPath: ["the law's own answer", "compiler/semantics/path-reference.ts", "compiler/trace/paths.ts"],
};

/** Words that could mean anything: no type is called so but in the file beside it, and no file. */
const vague: Readonly<Record<string, string>> = { Plan: "compiler/plan/plan.ts" };
const vagueNames = ["Claim", "Led", "Ledger", "Place", "Plan", "Seat", "Standing", "Step", "Voice", "Wish"];
const vagueFiles = ["again", "holding", "same", "step", "surround", "watch", "words"];

/** Libraries of tests: whatever imports one is a test or a helper of tests. */
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

/** Everything a file names: imports, types among them, and the files that it starts as programs of their own. */
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
const roomOf = (path: string): string => (order.includes(path) ? path : dirname(path));

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

test("no folder imports one that stands below it", (t) => {
  const rank = new Map(order.map((room, index) => [room, index]));
  const back = product.flatMap(({ path, imports }) =>
    imports.flatMap(({ specifier, file }) => {
      if (file === undefined || !byPath.has(file)) return [];
      const [from, to] = [roomOf(path), roomOf(file)];
      return (rank.get(to) ?? 0) > (rank.get(from) ?? Infinity)
        ? [`${path} imports ${specifier}: ${from} stands above ${to}`]
        : [];
    }),
  );
  t.deepEqual(back, []);
});

test("every folder with product files has its place in the order, and every place is filled", (t) => {
  const rooms = new Set(layers.flatMap(inLayer).map(({ path }) => roomOf(path)));
  const unplaced = [...rooms].filter((room) => !order.includes(room));
  t.deepEqual(unplaced, [], "not in the order");
  const empty = order.filter((room) => !rooms.has(room));
  t.deepEqual(empty, [], "in the order, and not in the house");
  t.is(new Set(order).size, order.length, "each once");
});

test("what serves tests alone is imported by tests alone", (t) => {
  for (const [room, users] of Object.entries(forTests)) {
    const allowed = [room, ...users];
    const others = product.filter(({ path }) => !allowed.includes(roomOf(path)));
    t.deepEqual(
      breaches(others, ({ file }) => file?.startsWith(`${room}/`) === true),
      [],
    );
  }
});

/** The files that import each other, types included: each circle's files in order (Tarjan's algorithm). */
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

/** Every exported name of the product with the files that define it. */
function findDefinitions(): Map<string, string[]> {
  const defined = new Map<string, string[]>();
  const form =
    /^export (?:declare |abstract |async )*(?:(?:interface|type|class|const|let|function\*?) (\w+)|const \{([^}]*)\} =)/gm;
  for (const { path, code } of product) {
    if (dirname(path) === "runtime/cli/commands") continue;
    const names = [...code.matchAll(form)].flatMap(([, one, several]) => one ?? several!.match(/\w+(?=\s*(?:,|$))/g)!);
    for (const name of new Set(names)) defined.set(name, [...(defined.get(name) ?? []), path].sort());
  }
  return defined;
}

test("an exported name means one thing", (t) => {
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
  t.deepEqual(passedOn, [], "what a file passes on keeps its name");
});

test("words that could mean anything name nothing", (t) => {
  const defined = findDefinitions();
  const types = vagueNames.flatMap((name) => (defined.get(name) ?? []).map((path) => ({ name, path })));
  t.deepEqual(
    types.filter(({ name, path }) => vague[name] !== path),
    [],
  );
  const named = product.filter(({ path }) => vagueFiles.includes(basename(path, ".ts"))).map(({ path }) => path);
  t.deepEqual(named, []);
});

test("a folder holds what one can look over", (t) => {
  const count = new Map<string, number>();
  for (const { path } of layers.flatMap(inLayer)) count.set(dirname(path), (count.get(dirname(path)) ?? 0) + 1);
  const crowded = [...count].filter(([folder, files]) => files > mostFiles && !large.includes(folder));
  t.deepEqual(
    crowded.map(([folder, files]) => `${folder} has ${files} files, at most ${mostFiles} are wanted`),
    [],
  );
});

test("every file says at its head what it turns into what, and is short", (t) => {
  const withoutHeader = product.filter(({ text }) => !/^(?:#!.*\n)?\/\*\*/.test(text)).map(({ path }) => path);
  t.deepEqual(withoutHeader, []);
  // What is generated says so at its head, and is not written to be read.
  const written = files.filter(({ text }) => !/^\/\*\*[^/]*\bgenerated\b/i.test(text));
  const long = written.filter(({ text }) => text.split("\n").length > 401).map(({ path }) => path);
  t.deepEqual(long, []);
});

test("the top level is the house, plus the usual furniture", (t) => {
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
