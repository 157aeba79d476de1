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

test("what a command is about, written behind the files, is told its place, and following that works", async (t) => {
  const cwd = folder(t, {
    "net/a.pane": "default deny.\n@x allow(dstPort=80) on rootShare.\n",
    "b.pane": 'default deny.\n@"two words" allow(dstPort=81) on rootShare.\n',
  });
  for (const words of [
    ["explain", "net/a.pane", "@x"],
    ["explain", "net/a.pane", "x"],
    ["explain", "net", "@x"],
    ["explain", "net", "b.pane", "@two words"],
    ["explain", "b.pane", "(dstPort=81)"],
    ["trace", "net", "srcHost=10.0.0.1, dstHost=10.0.0.2, transport=TCP, dstPort=80"],
    ["query", "net/a.pane", "ListRequests."],
  ]) {
    const wrong = await glazier(cwd, words);
    t.is(wrong.exit, 2, words.join(" "));
    const [, written] = /stands before the files, and .* is a file\n {2}write `glazier (.*)`\n$/.exec(wrong.err) ?? [];
    t.truthy(written, wrong.err);
    const pasted = [...written!.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
    t.is((await glazier(cwd, pasted)).exit, 0, written);
  }
  const alone = await glazier(cwd, ["explain", "b.pane"]);
  t.deepEqual([alone.exit, alone.err.split("\n")[0]], [2, "error: `explain` needs to know of what: b.pane is a file"]);
  // A path that is wrong stays a path that is wrong.
  t.regex((await glazier(cwd, ["explain", "x", "net", "nte"])).err, /cannot read nte/);
});

test("numbers of `watch` and ids of `token` are told in words of the reader", async (t) => {
  const cwd = folder(t, {});
  const said = async (...words: string[]): Promise<string> => (await glazier(cwd, words)).err;
  const server = ["--server", "http://127.0.0.1:1"];
  const last = "write the number of the last line that was printed, or -1 to begin with the first record";
  t.is(await said("watch", ...server, "--after", "x"), `error: --after: x is no number of a record\n  ${last}\n`);
  t.is(await said("watch", ...server, "--after", "-5"), `error: --after: -5 is no number of a record\n  ${last}\n`);
  t.regex(await said("watch", ...server, "--after"), /needs a value: --after RECORD\n {2}RECORD: the last record/);
  t.regex(await said("watch", ...server, "--count", "0"), /0 is no number of lines\n {2}write a whole number/);
  t.regex(
    await said("token", "revoke", "Alice", "abc", ...server),
    /^error: abc is no id of a token: one has 12 characters\n {2}`glazier token list` shows them\n$/,
  );
});

test("a target that lacks its first word is told the whole, and serve asks for its database at once", async (t) => {
  const cwd = folder(t, { "net.pane": "default deny.\n" });
  const advice = async (...words: string[]): Promise<string> => (await glazier(cwd, words)).err.split("\n")[1]!.trim();
  const bridge = "a bridge of Open vSwitch on this machine is `unix:/var/run/openvswitch/br0.mgmt`";
  t.is(await advice("apply", "net.pane", "--switch", "br0"), bridge);
  t.is(await advice("apply", "net.pane", "--switch", "br0.mgmt"), bridge);
  t.is(await advice("apply", "net.pane", "--switch", "/run/br0.mgmt"), "write `unix:/run/br0.mgmt`");
  t.is(await advice("apply", "net.pane", "--switch", "s1:6653"), "write `tcp:s1:6653`, or `tls:s1:6653`");
  const serve = ["serve", "net.pane", "--switch", "unix:none", "--state", "state", "--socket", "s"];
  t.regex(await advice(...serve, "--db", "br0"), /^write unix:PATH .* mostly unix:.*db\.sock$/);
  const nowhere = await glazier(cwd, ["apply", "net.pane", "--switch", "unix:br7.mgmt"]);
  t.true(nowhere.err.includes(`= help: it looked at ${join(cwd, "br7.mgmt")}; `) || nowhere.err.includes("br7.mgmt; "));
  t.regex(nowhere.err, /\.mgmt/);
});

test("a folder that its file system refuses to make is told at once", async (t) => {
  const cwd = folder(t, { "net.pane": "default deny.\n" });
  const serve = ["serve", "net.pane", "--switch", "unix:none", "--state", "/proc/x/y", "--socket", "s"];
  const served = await glazier(cwd, serve);
  t.is(served.exit, 3);
  t.regex(served.err, /^error: the folder of the log cannot be made at \/proc\/x\/y: nothing can be made there\n/);
  const begun = await glazier(cwd, ["init", "/proc/x"]);
  t.is(begun.exit, 3);
  t.regex(begun.err, /^error: cannot make the folder \/proc\/x: /);
  t.is((await glazier(cwd, ["init", "some/where/else"])).exit, 0);
});
