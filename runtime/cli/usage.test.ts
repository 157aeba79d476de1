/** Wrong usage: targets that are none, planned commands, and folders in the place of files. */
import test from "ava";
import { folder, glazier } from "./testing.ts";

test("a word that is no target is wrong usage, before any file is read", async (t) => {
  const cwd = folder(t, {});
  for (const [name, words] of Object.entries({
    "--switch": ["apply", "--switch", "foo:bar"],
    "--db": ["apply", "--switch", "unix:/a", "--db", "tcp:b"],
  })) {
    const { exit, err } = await glazier(cwd, words);
    t.is(exit, 2);
    t.true(err.startsWith(`error: ${name}: \`${words.at(-1)}\` is not a switch: `), err);
    t.regex(err, /write unix:PATH(?:, tcp:HOST:PORT or tls:HOST:PORT| or tcp:HOST:PORT)/);
  }
  t.is((await glazier(cwd, ["plan", "--switch", "foo"])).exit, 2);
  const served = await glazier(cwd, ["serve", "--switch", "unix:/a", "--state", "s", "--socket", "k", "--run-filters"]);
  t.is(served.exit, 2);
  t.regex(
    served.err,
    /^error: --run-filters: only a table for `ovs-userspace` .*\n {2}say --target ovs-userspace, too\n$/,
  );
});

test("a planned command says that it is planned", async (t) => {
  const { exit, err } = await glazier(".", ["verify", "--switch", "unix:/a"]);
  t.is(exit, 2);
  t.is(err, "error: `verify` (checking) is planned, and not there yet\n  `glazier help` lists what is\n");
  t.regex((await glazier(".", ["help", "diff"])).err, /`diff` \(checking\) is planned, and not there yet/);
});

test("a folder in the place of a file is reported as one", async (t) => {
  const cwd = folder(t, {
    "data.csv/x": "",
    "extern.pane": 'default allow.\nextern g(user) from csv "data.csv".\n',
    "include.pane": 'default allow.\ninclude "data.csv".\n',
    "deep.pane": 'default allow.\ninclude "extern.pane/a.fml".\n',
  });
  const firstLine = async (name: string): Promise<string> => (await glazier(cwd, ["check", name])).err.split("\n")[0]!;
  t.is(await firstLine("extern.pane"), "error[E249]: `data.csv` cannot be read: it is a folder");
  t.is(await firstLine("include.pane"), "error[E249]: `data.csv` cannot be read: it is a folder");
  t.is(
    await firstLine("deep.pane"),
    "error[E249]: `extern.pane/a.fml` cannot be read: a part of the path is not a folder",
  );
});

test("a server's address that is none is told as one of a server, and of its own socket a path", async (t) => {
  const cwd = folder(t, { "net.pane": "default deny.\n" });
  const advice = async (...words: string[]): Promise<string> => (await glazier(cwd, words)).err.split("\n")[1]!.trim();
  const say = ["say", "ListShares.", "--as", "root", "--server"];
  t.is(await advice(...say, "glazier.sock"), "write `unix:glazier.sock`, the path of `serve`'s --socket");
  t.is(await advice(...say, "/run/glazier.sock"), "write `unix:/run/glazier.sock`");
  const serve = ["serve", "net.pane", "--switch", "unix:none", "--state", "state", "--socket"];
  t.is(await advice(...serve, "unix:glazier.sock"), "write `glazier.sock`");
  t.is((await glazier(cwd, [...serve, "unix:glazier.sock"])).exit, 2);
});

test("a server that does not answer is asked after", async (t) => {
  const { exit, err } = await glazier(folder(t, {}), ["say", "ListShares.", "--server", "unix:none", "--as", "root"]);
  t.is(exit, 3);
  t.regex(err, /^error: the server does not answer: .*\n {2}is `glazier serve` running, and listening there/);
});
