/** Which files a path means, in which order, and why some of them cannot be read. */
import { realpathSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Source } from "#compiler/source.ts";
import { loader, readPolicies } from "./files.ts";
import { Failure } from "./io.ts";
import { OUTSIDE, readText } from "./read.ts";
import { folder, quietIo } from "../testing.ts";

const names = async (cwd: string, paths: readonly string[], stdin = ""): Promise<string[]> =>
  (await readPolicies(paths, quietIo(cwd, stdin).io)).map(({ name }) => name);

test("a folder means its policies in the order of their paths' bytes, without hidden ones", async (t) => {
  const cwd = folder(t, {
    "b.pane": "",
    "a/z.fml": "",
    "a/ä.pane": "",
    "Z.pane": "",
    "notes.md": "",
    ".hidden/x.pane": "",
    "node_modules/y.pane": "",
  });
  t.deepEqual(await names(cwd, []), ["Z.pane", "a/z.fml", "a/ä.pane", "b.pane"]);
  t.deepEqual(await names(cwd, ["a"]), ["a/z.fml", "a/ä.pane"]);
});

test("files are read in the order given, each once", async (t) => {
  const cwd = folder(t, { "a.pane": "", "b.pane": "", "c.txt": "" });
  t.deepEqual(await names(cwd, ["b.pane", "a.pane", "./b.pane", "c.txt"]), ["b.pane", "a.pane", "c.txt"]);
  t.deepEqual(await names(cwd, ["-"], "text"), ["<stdin>"]);
});

test("a file that cannot be read is named with the reason", async (t) => {
  const cwd = folder(t, { "a.pane": "", "bad.pane": Uint8Array.of(0x41, 0xff), "empty/readme.md": "" });
  const failure = async (path: string): Promise<string> => {
    const error = await t.throwsAsync(names(cwd, [path]), { instanceOf: Failure });
    return `${error.exit} ${error.message} | ${error.help}`;
  };
  t.is(await failure("b.pane"), "3 cannot read b.pane: there is no such file or folder | did you mean `a.pane`?");
  t.is(
    await failure("bad.pane"),
    "3 cannot read bad.pane: it is not UTF-8 text | save it as UTF-8, or with `iconv -f CODING -t UTF-8`",
  );
  t.is(
    await failure("empty"),
    "3 no policy in empty: it holds no file named *.pane or *.fml | `glazier init` writes one to start from",
  );
});

test("an include is relative to the file that names it, or is a shipped policy", (t) => {
  const cwd = folder(t, { "sub/main.pane": "", "sub/part.fml": "part", "sub/deep/csv.csv": "a,b" });
  const load = loader(quietIo(cwd).io, ["."]);
  const from = { name: "sub/main.pane", text: "" };
  t.deepEqual(load("part.fml", from), { name: "sub/part.fml", text: "part" });
  t.deepEqual(load("deep/csv.csv", from), { name: "sub/deep/csv.csv", text: "a,b" });
  t.is(load("missing.fml", from), undefined);
  const shipped = load("pane.fml", from) as Source;
  t.is(shipped.name, "glazier:pane.fml");
  // From inside a shipped policy only shipped policies can be named, wherever the command was started.
  t.is(load("part.fml", shipped), undefined);
  t.is(load("../package.json", shipped), undefined);
});

test("a link that is changed after its path was checked shows no file outside", (t) => {
  const cwd = folder(t, { "policy/in.fml": "inside(x).", "secret.fml": "secret(x)." });
  const link = join(cwd, "policy/link.fml");
  symlinkSync("in.fml", link);
  // The link is changed while the file that it led to is open: what counts is the open file, and nothing is read anew.
  let asked = "";
  const swap = (real: string): boolean => {
    asked = real;
    rmSync(link);
    symlinkSync("../secret.fml", link);
    return false;
  };
  t.is(readText(link, swap), "inside(x).");
  t.is(asked, join(realpathSync(cwd), "policy/in.fml"));
  // And a link that leads out by the time of its opening, although no check saw it so.
  const within = (real: string): boolean => !real.startsWith(join(realpathSync(cwd), "policy/"));
  t.is(readText(link, within), OUTSIDE);
});
