/**
 * `npm test`: type check, typed lint, format check and every test, as one run that ends with `N passed, N failed`.
 * Each of the three checks counts as one test. `npm test -- FILE…` runs only those test files, without the checks.
 */
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// The package's own tools and Node come before those that the caller's shell would find.
const path = `${join(root, "node_modules", ".bin")}${delimiter}${process.env["PATH"] ?? ""}`;
// Each test file is a process of its own and loads much of the compiler: a cache of what Node compiled spares most of that.
const compiled = join(root, "node_modules", ".cache", "compiled");
const env = { NODE_COMPILE_CACHE: compiled, ...process.env, PATH: path, NO_COLOR: "1" };
const checks: readonly (readonly [string, readonly string[]])[] = [
  ["type check", ["npm", "run", "--silent", "check"]],
  ["lint", ["npm", "run", "--silent", "lint"]],
  ["format", ["npm", "run", "--silent", "format:check"]],
];

const failures: string[] = [];
const skipped: string[] = [];
let passed = 0;

// When a time limit ends the run from outside, its tools end too, and the tests that passed are still counted.
process.on("SIGTERM", () => failures.push("the time limit"));

/** Starts a program with its output as lines; the promise is its exit code, or the signal that ended it. */
function start(argv: readonly string[], line: (text: string) => void): Promise<number | NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<number | NodeJS.Signals>();
  const child = spawn(argv[0]!, argv.slice(1), { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", line);
  child.on("error", (error) => {
    line(error.message);
    resolve(127);
  });
  child.on("close", (code, signal) => resolve(signal ?? code ?? 1));
  return promise;
}

async function check(title: string, argv: readonly string[]): Promise<void> {
  const lines: string[] = [];
  const code = await start(argv, (text) => lines.push(text));
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${title}`);
  if (code === 0) passed += 1;
  else {
    failures.push(title);
    console.log(lines.map((text) => `       ${text}`).join("\n"));
  }
}

/** Reads AVA's TAP: only what failed is shown, with its explanation, as it happens. */
async function tests(files: readonly string[]): Promise<void> {
  const before = failures.length;
  let explaining = false;
  let ended = false;
  const latest: string[] = [];
  const code = await start(["ava", "--tap", ...files], (text) => {
    if (latest.push(text) > 60) latest.shift();
    const result = /^(not )?ok \d+ - (.*)$/.exec(text);
    const total = /^# fail (\d+)$/.exec(text);
    if (total !== null) ended = Number(total[1]) === failures.length - before;
    if (result === null) {
      if (explaining && !text.startsWith("# ") && !/^1\.\.\d+$/.test(text)) console.log(text);
      return;
    }
    const [, failed, title] = result as unknown as [string, string | undefined, string];
    explaining = failed !== undefined;
    if (explaining) {
      failures.push(title);
      console.log(`FAILED ${title}`);
    } else if (title.endsWith(" # SKIP")) skipped.push(title.slice(0, -" # SKIP".length));
    else passed += 1;
  });
  // A run that ends without AVA's count of failures, or with another count than ours, did not run everything.
  if (code !== 0 && (failures.length === before || !ended)) {
    failures.push(`the test run itself (${typeof code === "number" ? `exit code ${code}` : code})`);
    console.log(`FAILED the test run itself; its last lines:\n${latest.map((text) => `       ${text}`).join("\n")}`);
  }
}

const files = process.argv.slice(2);
if (files.length === 0) for (const [title, argv] of checks) await check(title, argv);
await tests(files);
if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.map((title) => `  ${title}`).join("\n")}`);
if (failures.length > 0) console.log(`\nFailed:\n${failures.map((title) => `  ${title}`).join("\n")}`);
console.log(`\n${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
