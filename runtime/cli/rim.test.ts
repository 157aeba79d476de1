/**
 * The rim of the real command line. For every content of a file, path, stream or word the answer is a message with an
 * exit code. It is never a stack trace, and it never moves the cursor.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, openSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { folder } from "./testing.ts";

const bin = fileURLToPath(new URL("../bin.js", import.meta.url));

interface Options {
  readonly input?: string | Uint8Array;
  readonly out?: number;
  readonly err?: number;
  /** Without the right of root to read what others may not. */
  readonly isBound?: boolean;
}

interface Ran {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** As root, who may read every folder, without that right. Another user could not read a checkout that is root's alone. */
const BOUND = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"];
const IS_ROOT = process.getuid?.() === 0;

/** Runs the command line as a process of its own, and asserts that it prints no stack trace. */
function glazier(t: ExecutionContext, cwd: string, words: readonly string[], options: Options = {}): Ran {
  const { input, out = "pipe", err = "pipe", isBound = false } = options;
  const [program, ...args] = [...(isBound && IS_ROOT ? BOUND : []), process.execPath, bin, ...words];
  const ran = spawnSync(program!, args, {
    cwd,
    stdio: [input === undefined ? "ignore" : "pipe", out, err],
    input,
    encoding: "utf8",
    timeout: 60_000,
    env: { ...process.env, NO_COLOR: "1", XDG_CACHE_HOME: undefined },
  });
  const text = `${ran.stdout ?? ""}${ran.stderr ?? ""}`;
  t.is(ran.signal, null, `it hangs: glazier ${words.join(" ")}`);
  t.notRegex(text, /^\s+at .*\.[tj]s:\d+|node:internal/m, words.join(" "));
  t.notRegex(text, /[^\P{Cc}\t\n]|[\p{Cf}\p{Zl}\p{Zp}]/u, words.join(" "));
  return { exit: ran.status, out: ran.stdout ?? "", err: ran.stderr ?? "" };
}

const firstLine = (text: string): string => text.split("\n")[0]!;

test("a named pipe, a device, a socket and an endless file are no policy, as PATH, include and extern", (t) => {
  const cwd = folder(t, {
    "include.pane": 'default deny.\ninclude "pipe.fml".\n',
    "extern.pane": 'default deny.\nextern bad(ip) from csv "pipe.fml".\n',
    "json.pane": 'default deny.\nextern bad(ip) from json "zero.json".\n',
  });
  t.is(spawnSync("mkfifo", ["pipe.fml"], { cwd }).status, 0);
  symlinkSync("/dev/zero", join(cwd, "zero.json"));
  const asPath = glazier(t, cwd, ["check", "pipe.fml"]);
  t.deepEqual(
    [asPath.exit, asPath.err],
    [
      3,
      "error: cannot read pipe.fml: it is not a regular file\n  pipe its text in instead: a path of - is standard input\n",
    ],
  );
  t.is(
    firstLine(glazier(t, cwd, ["check", "/dev/zero"]).err),
    "error: cannot read /dev/zero: it is not a regular file",
  );
  t.is(firstLine(glazier(t, cwd, ["replay", "pipe.fml"]).err), "error: cannot read pipe.fml: it is not a regular file");
  t.is(firstLine(glazier(t, cwd, ["fmt", "/dev/zero"]).err), "error: cannot read /dev/zero: it is not a regular file");
  // A pipe that is found in a folder is refused too.
  t.is(firstLine(glazier(t, cwd, ["check", "."]).err), "error: cannot read pipe.fml: it is not a regular file");
  for (const file of ["include.pane", "extern.pane"]) {
    const { exit, err } = glazier(t, cwd, ["check", file]);
    t.is(exit, 1);
    t.is(firstLine(err), "error[E249]: `pipe.fml` cannot be read: it is not a regular file");
    // An include names no standard input.
    t.notRegex(err, /pipe its text in/);
    t.regex(err, new RegExp(`--> ${file}:2:\\d+`));
  }
  const zero = glazier(t, cwd, ["check", "json.pane", "--include-root", "/dev"]);
  t.is(firstLine(zero.err), "error[E249]: `zero.json` cannot be read: it is not a regular file");
});

test("standard input that is a folder or empty is no policy, which would let everything through", (t) => {
  const cwd = folder(t, { "a.pane": "default deny.\n" });
  const from = (place: string, command: string): readonly [number | null, string, string] => {
    const words = ["-c", `exec "$0" "$1" ${command} - < ${place}`, process.execPath, bin];
    const ran = spawnSync("sh", words, { cwd, encoding: "utf8", timeout: 60_000 });
    return [ran.status, ran.stdout, ran.stderr];
  };
  const isFolder = "error: cannot read standard input: it is a folder\n";
  for (const command of ["check", "compile", "fmt", "replay"])
    t.deepEqual(from(".", command), [3, "", isFolder], command);
  const isEmpty = "error: no policy on standard input: it is empty\n";
  for (const command of ["check", "compile", "plan"])
    t.deepEqual(from("/dev/null", command), [3, "", isEmpty], command);
  t.deepEqual(from("/dev/null", "fmt"), [0, "", ""]);
});

test("an empty path is not the current folder", (t) => {
  const cwd = folder(t, { "a.pane": "default deny.\n" });
  for (const words of [
    ["check", ""],
    ["plan", "a.pane", ""],
    ["fmt", ""],
    ["compile", ""],
  ])
    t.deepEqual(glazier(t, cwd, words), {
      exit: 2,
      out: "",
      err: "error: a path is empty\n  the current folder is written `.`\n",
    });
  t.is(glazier(t, cwd, ["init", ""]).exit, 2);
  t.is(
    firstLine(glazier(t, cwd, ["check", "a.pane", "--include-root", ""]).err),
    "error: --include-root needs a value: --include-root FOLDER",
  );
  t.is(
    firstLine(glazier(t, cwd, ["check", "a.pane", "--include-root", "misspelt"]).err),
    "error: --include-root: `misspelt` is no folder",
  );
});

test("a chain of 3,000 files that include each other is read", (t) => {
  const files: Record<string, string> = { "3000.fml": "default deny.\n" };
  for (let at = 0; at < 3000; at++) files[`${at}.fml`] = `include "${at + 1}.fml".\n`;
  const cwd = folder(t, files);
  t.deepEqual(glazier(t, cwd, ["check", "0.fml"]), { exit: 0, out: "0 statements: 0 accepted\n", err: "" });
});

test("a file larger than the bound is refused before it is read, and so is endless standard input", (t) => {
  const cwd = folder(t, { "include.pane": 'default deny.\ninclude "huge.fml".\n' });
  t.is(spawnSync("truncate", ["-s", "100G", "huge.fml"], { cwd }).status, 0);
  const { exit, err } = glazier(t, cwd, ["check", "huge.fml"]);
  t.deepEqual([exit, err], [3, "error: cannot read huge.fml: it is larger than 64 MiB\n"]);
  t.is(
    firstLine(glazier(t, cwd, ["check", "include.pane"]).err),
    "error[E249]: `huge.fml` cannot be read: it is larger than 64 MiB",
  );
  const endless = spawnSync("sh", ["-c", `exec "$0" "$1" check - < /dev/zero`, process.execPath, bin], {
    cwd,
    encoding: "utf8",
    timeout: 60_000,
  });
  t.deepEqual([endless.status, endless.stderr], [3, "error: cannot read standard input: it is larger than 64 MiB\n"]);
});

test("bytes that are no UTF-8 are refused on standard input and in files, never guessed at", (t) => {
  const bad = Buffer.concat([Buffer.from('default allow. AddUser "'), Buffer.of(0xc3, 0x28), Buffer.from('".\n')]);
  const cwd = folder(t, { "bad.pane": bad, "main.pane": 'default deny.\ninclude "bad.pane".\n' });
  t.deepEqual(glazier(t, cwd, ["check", "-"], { input: bad }), {
    exit: 3,
    out: "",
    err: "error: cannot read standard input: it is not UTF-8 text\n  save it as UTF-8, or with `iconv -f CODING -t UTF-8`\n",
  });
  t.is(
    glazier(t, cwd, ["check", "bad.pane"]).err,
    "error: cannot read bad.pane: it is not UTF-8 text\n  save it as UTF-8, or with `iconv -f CODING -t UTF-8`\n",
  );
  const { exit, err } = glazier(t, cwd, ["check", "main.pane"]);
  t.is(exit, 1);
  t.is(firstLine(err), "error[E249]: `bad.pane` cannot be read: it is not UTF-8 text");
  t.is(glazier(t, cwd, ["replay", "-"], { input: bad }).exit, 3);
});

test("a folder that cannot be read, and links in a circle, are named with the reason", (t) => {
  const cwd = folder(t, { "good/a.pane": "default deny.\n" });
  symlinkSync("round.pane", join(cwd, "round.pane"));
  t.is(
    firstLine(glazier(t, cwd, ["check", "round.pane"]).err),
    "error: cannot read round.pane: its symbolic links lead in a circle",
  );
  t.is(
    firstLine(glazier(t, cwd, ["check", "good/a.pane/b"]).err),
    "error: cannot read good/a.pane/b: a part of the path is not a folder",
  );
  mkdirSync(join(cwd, "shut"), { mode: 0 });
  const { exit, err } = glazier(t, cwd, ["check", "shut"], { isBound: true });
  t.deepEqual([exit, firstLine(err)], [3, "error: cannot read shut: access is denied"]);
});

test("an --include-root that is too long, or leads in a circle, is said with the reason", (t) => {
  const cwd = folder(t, { "a.pane": "default deny.\n" });
  symlinkSync("round", join(cwd, "round"));
  const told = (root: string): readonly [number | null, string] => {
    const { exit, err } = glazier(t, cwd, ["check", "a.pane", "--include-root", root]);
    return [exit, err];
  };
  t.deepEqual(told("round"), [3, "error: --include-root: cannot read round: its symbolic links lead in a circle\n"]);
  const long = "x".repeat(300);
  t.deepEqual(told(long), [3, `error: --include-root: cannot read ${long}: the path is too long\n`]);
});

test("a full disk or a reader that is gone causes no crash, and the loss is reported", (t) => {
  const cwd = folder(t, { "a.pane": "default deny.\n", "b.pane": "default     deny.\n" });
  const full = (): number => openSync("/dev/full", "w");
  const out = glazier(t, cwd, ["compile", "a.pane"], { out: full() });
  t.deepEqual([out.exit, out.err], [3, "error: the answer could not be written: no space is left on the disk\n"]);
  t.is(glazier(t, cwd, ["check", "a.pane", "--json"], { out: full() }).exit, 3);
  t.is(glazier(t, cwd, ["chekc"], { err: full() }).exit, 2);
  t.is(glazier(t, cwd, ["chekc"], { err: full(), out: full() }).exit, 2);
  const gone = spawnSync(
    "bash",
    ["-c", `"$0" "$1" compile a.pane | true; echo \${PIPESTATUS[0]}`, process.execPath, bin],
    {
      cwd,
      encoding: "utf8",
    },
  );
  t.deepEqual([gone.stdout, gone.stderr], ["0\n", ""]);
});

test("fmt leaves a file whole if the disk is full", (t) => {
  const text = "default     deny.\n" + "// a long comment\n".repeat(2000);
  const cwd = folder(t, { "b.pane": text });
  // A limit of 512 bytes for files acts like a full disk.
  const ran = spawnSync("bash", ["-c", `trap '' XFSZ; ulimit -f 1; "$0" "$1" fmt b.pane`, process.execPath, bin], {
    cwd,
    encoding: "utf8",
  });
  t.is(ran.status, 3);
  t.regex(ran.stderr, /^error: cannot write b\.pane: .*\n  it was left as it was\n$/);
  t.is(readFileSync(join(cwd, "b.pane"), "utf8"), text);
});

test("an include stays in the policy's folder unless --include-root allows more", (t) => {
  const cwd = folder(t, {
    "policy/main.pane": 'default deny.\ninclude "../secret/part.fml".\n',
    "policy/extern.pane": 'default deny.\nextern bad(ip) from csv "../secret/data.csv".\n',
    "policy/inside.pane": 'default deny.\ninclude "deep/part.fml".\ninclude "baseline.fml".\n',
    "policy/deep/part.fml": "host_ip(a, 10.0.0.1).\n",
    "secret/part.fml": "host_ip(b, 10.0.0.2).\n",
    "secret/data.csv": "ip\n10.0.0.9\n",
    "secret/own.pane": "default deny.\n",
  });
  symlinkSync("../secret/part.fml", join(cwd, "policy/link.fml.txt"));
  const outside = (path: string): string =>
    `error[E249]: \`${path}\` cannot be read: it lies outside the policy's folder`;
  for (const [file, path] of [
    ["policy/main.pane", "../secret/part.fml"],
    ["policy/extern.pane", "../secret/data.csv"],
  ] as const) {
    const { exit, err } = glazier(t, cwd, ["check", file]);
    t.deepEqual([exit, firstLine(err)], [1, outside(path)]);
    t.regex(err, /--include-root FOLDER/);
    // The advice helps when it is followed literally.
    t.is(glazier(t, cwd, ["check", file, "--include-root", "secret"]).exit, 0);
  }
  t.is(glazier(t, cwd, ["check", "policy/inside.pane"]).exit, 0);
  const { err } = glazier(t, cwd, ["check", "-"], { input: 'default deny.\ninclude "/etc/passwd".\n' });
  t.is(firstLine(err), outside("/etc/passwd"));
  // The output has nothing of the file that must not be read.
  t.notRegex(err, /root:/);
  // Symbolic links that lead out are refused too.
  const link = glazier(t, join(cwd, "policy"), ["check", "-"], { input: 'include "link.fml.txt".\ndefault deny.\n' });
  t.is(firstLine(link.err), outside("link.fml.txt"));
  symlinkSync("../../secret/part.fml", join(cwd, "policy/deep/link.fml"));
  const found = glazier(t, cwd, ["check", "policy/deep"]);
  t.deepEqual(
    [found.exit, firstLine(found.err)],
    [3, "error: cannot read policy/deep/link.fml: it leads out of the policy's folder"],
  );
  t.is(glazier(t, cwd, ["check", "policy/deep", "--include-root", "secret"]).exit, 0);
  // A policy on the command line may be a link that leads anywhere, because the user gave its path.
  t.is(glazier(t, cwd, ["check", "policy/deep/link.fml", "secret/own.pane"]).exit, 0);
  t.is(
    firstLine(glazier(t, cwd, ["check", "policy/inside.pane", "--include-root", "no"]).err),
    "error: --include-root: `no` is no folder",
  );
});
