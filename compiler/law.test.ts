/**
 * Citations lead somewhere. Four pages say what the system means; every citation of them names a section in which the
 * citing folder has a part, and none is without a section. Nothing cites a page that this repository does not hold.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { suggest } from "./diagnostics/suggest.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The pages, by the names under which they are cited. */
const PAGES = {
  SEMANTICS: "compiler/semantics/README.md",
  NETWORK: "compiler/lowering/README.md",
  LANGUAGE: "grammar/README.md",
  ARCHITECTURE: "compiler/README.md",
} as const;

type Page = keyof typeof PAGES;

const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Every text file, except this one: its patterns and samples look like citations. */
const files = [".ci", "grammar", "compiler", "runtime", "policies", "examples"]
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((one) => join(folder, one)),
  )
  .concat(readdirSync(root).filter((name) => name.endsWith(".md")))
  .filter((path) => /\.(?:ts|js|md|fml|pane)$|^\.ci\//.test(path) && statSync(join(root, path)).isFile())
  .filter((path) => path !== "compiler/law.test.ts")
  .sort()
  .map((path) => ({ path, text: read(path) }));

/** The headings of a page, and of each the words before a colon or a parenthesis: both may be cited. */
function sectionsOf(path: string): ReadonlySet<string> {
  const text = read(path).replaceAll(/^```[\s\S]*?^```$/gm, "");
  const headings = [...text.matchAll(/^#{2,4} (.+)$/gm)].map(([, title]) => title!.replaceAll("`", "").trim());
  return new Set(headings.flatMap((title) => [title, title.replace(/(?::| \().*$/, "")]));
}

const sections = new Map(Object.entries(PAGES).map(([name, path]) => [name, sectionsOf(path)]));

/**
 * The folders that have a part in what a section says: a citation from any other folder means another section. The
 * reference evaluators, the diagnostics, tests and pages may cite every section. A section that is not listed here may
 * be cited from everywhere.
 */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  "Accepting a request": ["compiler/admission", "policies"],
  "allow / deny": ["compiler/admission", "compiler/lowering/pipeline", "policies"],
  "The network's verdict": ["compiler/explain", "compiler/impact"],
  reserve: ["compiler/admission", "compiler/certificates", "compiler/shares"],
  limit: [
    "compiler/admission",
    "compiler/impact",
    "compiler/certificates",
    "compiler/explain",
    "compiler/lowering/rates",
    "compiler/syntax",
  ],
  "waypoint / avoid": [
    "compiler/admission",
    "compiler/certificates",
    "compiler/explain",
    "compiler/lowering/steering",
    "compiler/paths",
  ],
  "What the network takes away": [
    "compiler/admission",
    "compiler/certificates",
    "compiler/lowering/steering",
    "compiler/model",
    "compiler/paths",
    "compiler/resolve",
  ],
  Policies: ["compiler/admission", "compiler/fml"],
  Certificates: ["compiler", "compiler/certificates", "compiler/explain", "compiler/shares/timeline"],
  Snapshots: ["compiler/admission"],
  Diff: ["compiler/plan", "runtime/controller"],
  "The pipeline": ["compiler/lowering/features", "compiler/lowering/pipeline"],
  Edges: ["compiler/lowering", "compiler/paths"],
  Fragments: [
    "compiler/admission",
    "compiler/explain",
    "compiler/impact",
    "compiler/lowering",
    "runtime/bench",
    "runtime/lab",
  ],
  Promises: [
    "compiler/admission",
    "compiler/certificates",
    "compiler/explain",
    "compiler/lowering/rates",
    "compiler/paths",
    "compiler/shares",
  ],
  Cookies: ["compiler/lowering", "compiler/plan", "compiler/table", "runtime/controller"],
  Timeouts: ["compiler/lowering", "compiler/plan", "runtime/controller"],
  Sending: ["compiler/plan", "runtime/controller", "runtime/serve/switches"],
};
const ANYTHING = /\.test\.ts$|\.md$|^compiler\/(?:semantics|diagnostics)\//;

function isPart(path: string, title: string): boolean {
  const folders = PARTS[title.replace(/ \(.*$/, "")];
  return folders === undefined || ANYTHING.test(path) || folders.some((folder) => path.startsWith(`${folder}/`));
}

/** A name of a page; between backticks it is only mentioned. */
const CITED = new RegExp(`(?<![\`\\w])(${Object.keys(PAGES).join("|")})(?![\`\\w])`, "g");
/** A title after it, also across the end of a comment's line: `SEMANTICS, "Files"`, `SEMANTICS ("Files")`. */
const FIRST = /^[,:]?[\s*/#(]*"([^"]+)"/;
const NEXT = /^(?:,|,? and|,? or)[\s*/#]*"([^"]+)"/;
/** What follows a constant that is called like a page. */
const CODE = /^\s*[=+]/;

const place = (path: string, text: string, at: number): string => `${path}:${text.slice(0, at).split("\n").length}`;
const joined = (title: string): string => title.replaceAll(/\s*\n[\s*/#]*/g, " ");

/** The citations in a text that lead nowhere, each with its place and what is wrong. */
function faultsOf(path: string, text: string): string[] {
  return [...text.matchAll(CITED)].flatMap((match) => {
    const page = match[1] as Page;
    const here = place(path, text, match.index);
    let rest = text.slice(match.index + page.length);
    if (CODE.test(rest)) return [];
    const titles: string[] = [];
    for (let found = FIRST.exec(rest); found !== null; found = NEXT.exec(rest)) {
      titles.push(joined(found[1]!));
      rest = rest.slice(found[0].length);
    }
    if (titles.length === 0) return [`${here}: ${page} is cited without a section`];
    const known = sections.get(page)!;
    return titles
      .filter((title) => !known.has(title) || !isPart(path, title))
      .map((title) => {
        if (known.has(title)) return `${here}: this folder has no part in ${page}, "${title}", says PARTS`;
        const meant = suggest(title, known);
        const help = meant === undefined ? `grep '^##' ${PAGES[page]}` : `perhaps "${meant}"`;
        return `${here}: ${page} has no section "${title}": ${help}`;
      });
  });
}

test("every citation names a section that exists", (t) => {
  t.deepEqual(
    files.flatMap(({ path, text }) => faultsOf(path, text)),
    [],
  );
  const cited = files.reduce((sum, { text }) => sum + [...text.matchAll(CITED)].length, 0);
  t.true(cited > 100, "the test finds citations");
});

test("a citation without a section, of an unknown section or from a folder without a part is a fault", (t) => {
  const faults = (text: string): readonly string[] => faultsOf("x.md", text);
  t.deepEqual(faults('(SEMANTICS, "Files") (SEMANTICS: "Shares" and "Accepting a request") LANGUAGE ("Lexical")'), []);
  t.deepEqual(
    faults(' * (SEMANTICS,\n * "waypoint /\n * avoid"; seed, Table 2). `NETWORK` alone. const NETWORK = ""'),
    [],
  );
  t.deepEqual(faults("// as SEMANTICS says"), ["x.md:1: SEMANTICS is cited without a section"]);
  t.deepEqual(faults('\n(NETWORK, "Nothing of the kind")').length, 1);
  t.regex(faultsOf("x.md", '\n(SEMANTICS, "Fils")')[0]!, /^x.md:2: .*perhaps "Files"$/);
  const wrong = faultsOf("compiler/shares/bandwidth.ts", '(SEMANTICS, "reserve"; NETWORK, "The pipeline")');
  t.is(wrong.length, 1);
  t.regex(wrong[0]!, /has no part in NETWORK, "The pipeline"/);
  const titles = new Set([...sections.values()].flatMap((some) => [...some]));
  t.deepEqual(
    Object.keys(PARTS).filter((title) => !titles.has(title)),
    [],
  );
  const folders = Object.values(PARTS).flat();
  t.deepEqual(
    folders.filter((folder) => !existsSync(join(root, folder))),
    [],
  );
});

test("a page's references to its own sections lead to one", (t) => {
  const wrong = Object.entries(PAGES).flatMap(([name, path]) =>
    [...read(path).matchAll(/[ ]\("([A-Z][^"]+)"\)/g)]
      .filter(([, title]) => !sections.get(name)!.has(title!))
      .map((match) => `${place(path, match.input, match.index)}: no section "${match[1]}"`),
  );
  t.deepEqual(wrong, []);
});

/** A path from the root or from the page's folder, between backticks; `x.test.ts` and the like stand for any file. */
const PATH =
  /`((?:\.ci|grammar|compiler|runtime|policies|examples)(?:\/[\w.-]*)+|(?!x\.|NAME\.|tour\/|index\.ts`)[\w./-]+\.(?:ts|js|md|fml|pane))`/g;
/** Names, and the file that holds them: `` `REASONS` of `x.ts` ``. */
const NAMES_OF = /((?:`\w+`(?:,? and |, )?)+) (?:of|in)\s`([\w./-]+\.(?:ts|fml))`/g;

test("every path that a page names exists", (t) => {
  const pages = files.filter(({ path }) => path.endsWith(".md") && path !== "CHANGELOG.md");
  const wrong = pages.flatMap(({ path: page, text }) =>
    [...text.replaceAll(/^```[\s\S]*?^```/gm, (code) => code.replaceAll(/[^\n]/g, " ")).matchAll(PATH)]
      .filter(([, one]) => ![dirname(page), "."].some((folder) => existsSync(join(root, folder, one!))))
      .map((match) => `${place(page, text, match.index)}: there is no ${match[1]}`),
  );
  t.deepEqual(wrong, []);
});

test("a file that CONTRIBUTING.md names holds the names beside it", (t) => {
  const text = read("CONTRIBUTING.md");
  const found = [...text.matchAll(NAMES_OF)].flatMap(([, list, path]) =>
    [...list!.matchAll(/\w+/g)].filter(([name]) => name !== "and").map(([name]) => ({ name, path: path! })),
  );
  t.true(found.length > 15, "the test finds names");
  t.deepEqual(
    found.filter(({ name, path }) => !new RegExp(`\\b${name}\\b`).test(read(path))),
    [],
  );
});

test("CONTRIBUTING.md gives a reason for every dependency, and every npm script that the pages name exists", (t) => {
  const manifest = JSON.parse(read("package.json")) as Readonly<Record<string, Readonly<Record<string, string>>>>;
  const rows = [...read("CONTRIBUTING.md").matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell!);
  const listed = new Set(rows.flatMap((cell) => cell.replace(" (override)", "").split(", ")));
  const needed = ["dependencies", "devDependencies", "overrides"].flatMap((kind) => Object.keys(manifest[kind] ?? {}));
  t.deepEqual(
    needed.filter((name) => !listed.has(name)),
    [],
    'no row in CONTRIBUTING.md, "Dependencies"',
  );
  const scripts = ["README.md", "CONTRIBUTING.md"].flatMap((page) =>
    [...read(page).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name!),
  );
  t.deepEqual(
    scripts.filter((name) => manifest["scripts"]?.[name] === undefined),
    [],
    "no script of package.json",
  );
});

test("nothing cites a page that is not in the repository", (t) => {
  const names = new Set(files.map(({ path }) => path.slice(path.lastIndexOf("/") + 1)));
  const isThere = (path: string, from: string): boolean =>
    existsSync(join(root, dirname(from), path)) ||
    existsSync(join(root, path)) ||
    (!path.includes("/") && names.has(path));
  const forms: readonly (readonly [form: RegExp, isFault: (found: string, from: string) => boolean])[] = [
    // A file name between quotation marks is one that a test makes.
    [/(?<!["\w./-])([\w./-]+\.md)\b/g, (found, from) => !isThere(found, from)],
    [/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g, (found, from) => from.endsWith(".md") && !isThere(found, from)],
    [/\b((?:CHECKING|LIVE|PROTOCOL|CLI|REDESIGN), ")/g, () => true],
    [/((?:\.\.\/)+shared\b|(?<![\w.])\/work\/)/g, () => true],
  ];
  const wrong = files.flatMap(({ path, text }) =>
    forms.flatMap(([form, isFault]) =>
      [...text.matchAll(form)]
        .filter(([, found]) => isFault(found!, path))
        .map((match) => `${place(path, text, match.index)}: ${match[1]} is not in the repository`),
    ),
  );
  t.deepEqual(wrong, []);
});
