/**
 * The catalogue of codes is whole, unambiguous, well phrased, and written down in CATALOGUE.md. Every code is reported
 * somewhere, and provoked by a test. A step that is forgotten when a diagnostic is added fails the test that names it.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import test from "ava";
import { REASONS } from "../../certificates/reasons.ts";
import { CATALOGUE, codesOf, PHASES } from "./catalogue.ts";
import type { Code } from "../define.ts";

/** Codes that no test provokes, each with the reason. */
const UNPROVOKED: Readonly<Record<string, string>> = {
  E310: "the parser refuses the same text as E154; this one guards syntax that a program made",
  E735: "`resolve/` refuses the same text as E217; this one guards callers of `Admission`",
  E736: "`resolve/` refuses the same text as E219; this one guards callers of `Admission`",
  E819: "takes more nested reservations than OpenFlow has priorities: 65,535",
  E902: "takes two statements with the same hash of 48 bits",
  E970: "the set algebra and Z3 would have to differ: a fault of ours",
  W970: "takes a question that Z3 cannot answer in ten seconds",
};

const root = new URL("../../../", import.meta.url);
const files = ["grammar", "compiler", "runtime", "policies", "examples"].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.pathname.length)),
);
const isTest = (path: string): boolean => /\.test\.ts$|\/(expected|golden|traces|testing)\//.test(path);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const product = files
  .filter((path) => path.endsWith(".ts") && !isTest(path) && !path.startsWith("compiler/diagnostics/codes/"))
  .map(read);
/** Tests and golden outputs; not this file, the tables of advice and those of the renderer, which name codes without provoking them. */
const tests = files
  .filter(
    (path) =>
      isTest(path) && !/^compiler\/diagnostics\/(?:[^/]*|codes\/catalogue\.test\.ts|codes\/testing\/.*)$/.test(path),
  )
  .map(read);

const inCodes = (report: (phase: string, name: string, code: Code) => readonly string[]): readonly string[] =>
  Object.entries(PHASES).flatMap(([phase, all]) =>
    Object.entries(all).flatMap(([name, code]) => report(phase, name, code as Code)),
  );

test("every file of codes is in the catalogue", (t) => {
  const phases = readdirSync(new URL(".", import.meta.url))
    .filter((name) => name.endsWith(".ts") && !name.startsWith("catalogue.") && !name.endsWith(".test.ts"))
    .map((name) => name.slice(0, -3));
  t.deepEqual(phases.toSorted(), Object.keys(PHASES).toSorted());
});

test("no code is defined twice", (t) => {
  const all = Object.keys(PHASES).flatMap((phase) => codesOf(phase).map((one) => one.code));
  t.deepEqual(
    all.filter((code, i) => all.indexOf(code) !== i),
    [],
    "defined twice: take the next free number",
  );
  t.is(CATALOGUE.size, all.length);
});

test("README.md has a row for every file of codes, with its numbers", (t) => {
  const page = read("compiler/diagnostics/codes/README.md");
  for (const phase of Object.keys(PHASES)) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${phase}.ts\` |`));
    if (row === undefined) return void t.fail(`compiler/diagnostics/codes/README.md has no row for ${phase}.ts`);
    const ranges = row.split("|").at(-2)!.trim().split(", ").join("|").replaceAll("x", "\\d");
    const outside = codesOf(phase).filter(({ code }) => !new RegExp(`^(?:${ranges})$`).test(code.slice(1)));
    t.deepEqual(
      outside.map(({ code }) => code),
      [],
      `outside the numbers of ${phase}.ts (compiler/diagnostics/codes/README.md)`,
    );
  }
});

test("every code is reported somewhere", (t) => {
  const unreported = inCodes((phase, name, { code }) => {
    const use = new RegExp(`\\b${name}\\b`);
    const isReported = product.some((text) => text.includes(`codes/${phase}.ts"`) && use.test(text));
    return isReported ? [] : [`${code} is defined in codes/${phase}.ts as ${name}, and no file reports it`];
  });
  t.deepEqual(unreported, []);
});

/** A test or golden output shows a code by its number, by the reason of a certificate, or by its own words. */
function isProvoked({ code, template }: Code): boolean {
  const reasons = Object.entries(REASONS).flatMap(([reason, other]) => (other.code === code ? [reason] : []));
  const [longest] = template.split(/\{\w+\}/).toSorted((a, b) => b.length - a.length);
  // A reason of one word is one only in quotes or brackets.
  const forms = reasons.map((reason) => (reason.includes("-") ? `\\b${reason}\\b` : `["[]${reason}\\b`));
  const shown = new RegExp([`\\b${code}\\b`, ...forms].join("|"));
  return tests.some((text) => shown.test(text) || (longest!.length >= 12 && text.includes(longest!)));
}

test("every code is provoked by a test", (t) => {
  const unprovoked = inCodes((phase, name, code) =>
    isProvoked(code) || code.code in UNPROVOKED
      ? []
      : [`${code.code} (${name} of codes/${phase}.ts): add the smallest policy that provokes it to a test`],
  );
  t.deepEqual(unprovoked, []);
  const listed = Object.keys(UNPROVOKED).filter((code) => !CATALOGUE.has(code) || isProvoked(CATALOGUE.get(code)!));
  t.deepEqual(listed, [], "need not be listed as unprovoked");
});

test("sentences begin in lower case or with the user's words, end without a period and stay on one line", (t) => {
  for (const { code, template } of CATALOGUE.values()) {
    t.regex(template, /^[a-z`{(0-9]/, code);
    t.notRegex(template, /[.\n]$|\n/, code);
    t.is((template.match(/`/g)?.length ?? 0) % 2, 0, `${code}: backticks in pairs`);
  }
});

test("CATALOGUE.md lists the codes (`UPDATE_GOLDEN=1` writes it anew)", (t) => {
  const rows = Object.keys(PHASES).map((phase) => {
    const lines = codesOf(phase).map(({ code, template }) => `| ${code} | ${template.replaceAll("|", "\\|")} |`);
    return `## ${phase}\n| code | message |\n|---|---|\n${lines.join("\n")}\n`;
  });
  const page = `# Diagnostics\nE is an error, W a warning, N a note. What stands in braces is filled in.\n\n${rows.join("\n")}`;
  const path = new URL("../CATALOGUE.md", import.meta.url);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, page);
  t.is(readFileSync(path, "utf8"), page, "run UPDATE_GOLDEN=1 npx ava compiler/diagnostics/codes/catalogue.test.ts");
});
