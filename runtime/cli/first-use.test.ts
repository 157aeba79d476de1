/** What a newcomer gets wrong on the command line, and that the message is true and says how to go on. */
import { join } from "node:path";
import test from "ava";
import { folder, glazier } from "./testing.ts";

test("what init says to run next is one word to the shell", async (t) => {
  const cwd = folder(t, {});
  t.regex((await glazier(cwd, ["init", "my net"])).out, /^ {2}glazier check 'my net' /m);
  t.regex((await glazier(cwd, ["init", "o'net"])).out, /^ {2}glazier check 'o'\\''net' /m);
  t.regex((await glazier(cwd, ["init", "net"])).out, /^ {2}glazier check net /m);
});

test("text of two bytes a sign is said to be that, with its mark and without", async (t) => {
  const little = Buffer.from("default deny.\n", "utf16le");
  const cwd = folder(t, {
    "mark.pane": Buffer.concat([Buffer.from([0xff, 0xfe]), little]),
    "little.pane": little,
    "big.pane": Buffer.from(little).swap16(),
  });
  for (const [name, coding] of [
    ["mark", "UTF-16"],
    ["little", "UTF-16LE"],
    ["big", "UTF-16BE"],
  ])
    t.is(
      (await glazier(cwd, ["check", `${name}.pane`])).err,
      `error: cannot read ${name}.pane: it is UTF-16 text\n  save it as UTF-8, or with \`iconv -f ${coding} -t UTF-8\`\n`,
    );
});

test("a plan against a switch takes one policy, and leaves none out in silence", async (t) => {
  const cwd = folder(t, { "a.pane": "default deny.\n", "b.pane": "default deny.\n" });
  const { exit, err } = await glazier(cwd, ["plan", "a.pane", "b.pane", "--switch", "unix:none"]);
  t.is(exit, 2);
  t.regex(err, /one policy is given\n {2}leave out a\.pane\n$/);
});

test("serve tells all that it needs at once, and a folder that cannot be made is no fault of ours", async (t) => {
  const cwd = folder(t, { "net.pane": "default deny.\n" });
  const serve = ["serve", "net.pane", "--switch", "unix:none"];
  t.regex((await glazier(cwd, serve)).err, /^error: `serve` needs --state DIR and --socket PATH\n/);
  for (const state of ["net.pane", "net.pane/x"]) {
    const { exit, err } = await glazier(cwd, [...serve, "--state", state, "--socket", "s"]);
    t.is(exit, 3, err);
    t.regex(err, /^error: the folder of the log cannot be made at .*: (?:there is|a part of the path is) a file/);
  }
  const { exit, err } = await glazier(cwd, [...serve, "--state", "state", "--socket", "none/s"]);
  t.is(exit, 3);
  t.true(
    err.includes(`no socket can be made at ${join(cwd, "none/s")}: there is no folder ${join(cwd, "none")}\n`),
    err,
  );
});

test("an address of the wrong protocol is told which one is meant", async (t) => {
  const cwd = folder(t, {});
  t.regex(
    (await glazier(cwd, ["say", "ListShares.", "--server", "http://127.0.0.1:1", "--as", "root"])).err,
    /is an address of HTTP, and `say` speaks the text protocol\n {2}write unix:PATH of `serve`'s --socket/,
  );
  for (const command of [["query", "ListShares."], ["watch"], ["token", "list"]])
    t.regex(
      (await glazier(cwd, [...command, "--server", "unix:s"])).err,
      /is no address of HTTP\n {2}write http:.*`say` alone/,
    );
  t.regex(
    (await glazier(cwd, ["serve", ".", "--listen", "6653", "--state", "s", "--socket", "t"])).err,
    /^error: --listen: `6653` is no address to listen at\n {2}write tcp:HOST:PORT/,
  );
});
