/** A server that cannot listen says who does, and takes away nothing that is not its own. */
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import test from "ava";
import { folder } from "../cli/testing.ts";
import { ServeProcess } from "./testing/process.ts";

const POLICY = { "net.pane": "default allow.\nAddUser Alice.\n" };

test("a socket at which another process listens is left to it, which is named", async (t) => {
  const cwd = folder(t, POLICY);
  const path = join(cwd, "held.sock");
  const other = createServer().listen(path);
  t.teardown(() => new Promise<void>((resolve) => other.close(() => resolve())));
  const serve = new ServeProcess(t, ["net.pane", "--switch", "unix:none", "--state", "s", "--socket", path], cwd);
  t.is(await serve.ended(), 3, serve.err);
  t.regex(serve.err, /(?:process \d+ \(.+\)|another process) listens at \S+held\.sock/);
  t.regex(serve.err, /name another path with --socket/);
  t.true(other.listening && existsSync(path));
});

test("a file that is no socket is left alone", async (t) => {
  const cwd = folder(t, POLICY);
  const path = join(cwd, "notes.txt");
  writeFileSync(path, "mine");
  const serve = new ServeProcess(t, ["net.pane", "--switch", "unix:none", "--state", "s", "--socket", path], cwd);
  t.is(await serve.ended(), 3, serve.err);
  t.regex(serve.err, /there is something at \S+notes\.txt that is no socket/);
  t.true(existsSync(path));
});
