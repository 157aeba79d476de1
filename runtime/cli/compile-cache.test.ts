/** The folder of compiled code: made where only its user can write, or not used at all. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";

/** The module is plain JavaScript, so its type is declared here. */
const { compileCacheFolder } = (await import(new URL("compile-cache.js", import.meta.url).href)) as {
  compileCacheFolder: (env: Readonly<Record<string, string>>) => string | undefined;
};

const ME = process.getuid!();
const EVE = 54_321;
/** Skipped unless the tests run as root, because only root can give a folder to another user. */
const asRoot = ME === 0 ? test : test.skip;

function home(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), "glazier-home-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("the folder is made below the user's cache directory, and only the user enters it", (t) => {
  const folder = home(t);
  const cache = join(folder, ".cache/glazier/compiled");
  t.is(compileCacheFolder({ HOME: folder }), cache);
  t.is(statSync(cache).mode & 0o777, 0o700);
  t.is(compileCacheFolder({ HOME: folder }), cache, "the second call finds it");
  t.is(compileCacheFolder({ HOME: "/nowhere", XDG_CACHE_HOME: folder }), join(folder, "glazier/compiled"));
});

test("a folder that others may enter or exchange is not used", (t) => {
  const folder = home(t);
  const cache = compileCacheFolder({ HOME: folder })!;
  chmodSync(cache, 0o770);
  t.is(compileCacheFolder({ HOME: folder }), undefined, "others may write in it");
  chmodSync(cache, 0o700);
  chmodSync(join(folder, ".cache"), 0o777);
  t.is(compileCacheFolder({ HOME: folder }), undefined, "others may exchange the folder above it");
});

asRoot("another user's folder is not used, be it the home, the cache or behind a link", (t) => {
  const folder = home(t);
  const cache = compileCacheFolder({ HOME: folder })!;
  chownSync(cache, EVE, EVE);
  t.is(compileCacheFolder({ HOME: folder }), undefined);
  const hers = home(t);
  chownSync(hers, EVE, EVE);
  t.is(compileCacheFolder({ HOME: hers }), undefined, "sudo keeps HOME");
  t.false(existsSync(join(hers, ".cache")));
  const mine = home(t);
  symlinkSync(hers, join(mine, ".cache"));
  t.is(compileCacheFolder({ HOME: mine }), undefined);
});

test("a file in the folder's place, and a home that is not there, leave no cache", (t) => {
  const folder = home(t);
  t.is(compileCacheFolder({ HOME: join(folder, "none") }), undefined);
  t.deepEqual(readdirSync(folder), []);
  t.is(compileCacheFolder({ HOME: "/proc/self" }), undefined);
  t.is(compileCacheFolder({ XDG_CACHE_HOME: "relative", HOME: "relative" }), undefined);
});

test("a command leaves nothing in the temporary directory", (t) => {
  const folder = home(t);
  const temporary = join(folder, "temporary");
  mkdirSync(temporary);
  const env = { ...process.env, HOME: folder, TMPDIR: temporary, XDG_CACHE_HOME: "", NODE_COMPILE_CACHE: undefined };
  execFileSync(process.execPath, ["runtime/bin.js", "--version"], { env });
  t.deepEqual(readdirSync(temporary), []);
  t.true(readdirSync(join(folder, ".cache/glazier/compiled")).length > 0);
});
