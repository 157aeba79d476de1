/** What somebody meets who uses glazier for the first time, and makes mistakes: the word that is due, and no harm. */
import test from "ava";
import { factsOf, triangle } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { folder, glazier } from "./testing.ts";

test("init writes nothing beside another policy, because the files of a folder are one policy", async (t) => {
  const policy = "default deny. policy office { allow <= transport(tcp). }\n";
  const cwd = folder(t, {
    "net/office.fml": policy,
    "deep/a/b.pane": policy,
    "far/.old/c.pane": policy,
    "far/a.txt": "",
  });
  const before = await glazier(cwd, ["compile", "net"]);
  const words = "nothing was changed; `glazier init FOLDER` writes into a folder of its own";
  t.deepEqual(await glazier(cwd, ["init", "net"]), {
    exit: 3,
    out: "",
    err: `error: net holds a policy already: net/office.fml is there\n  ${words}\n`,
  });
  t.deepEqual(await glazier(cwd, ["compile", "net"]), before);
  t.is((await glazier(cwd, ["init", "deep"])).exit, 3);
  t.regex(
    (await glazier(cwd, ["init"])).err,
    /this folder holds a policy already: deep\/a\/b.pane and 1 more are there/,
  );
  t.is((await glazier(cwd, ["init", "far"])).exit, 0);
});

test("a policy with several switches names the option that chooses one, and that choice is taken", async (t) => {
  const cwd = folder(t, { "net.fml": "default allow. switch(s1, 1). switch(s2, 2). " });
  const compiled = await glazier(cwd, ["compile"]);
  t.is(compiled.err, "error: this policy has 2 switches: s1, s2\n  choose one: `--switch s1`\n");
  t.is((await glazier(cwd, ["compile", "--switch", "s1"])).exit, 0);
  // It is said before anything is decided, which may take long.
  const refused = folder(t, { "net.fml": "default allow. switch(s1, 1). switch(s2, 2). allow(dstPort=1) on nowhere." });
  t.deepEqual(await glazier(refused, ["compile"]), compiled);
  t.regex(
    (await glazier(refused, ["compile", "--timeline", "--switch", "s3"])).err,
    /^error: this policy has no switch `s3`/,
  );
  t.regex((await glazier(refused, ["compile", "--switch", "s1"])).err, /E704/);
  for (const command of ["apply", "plan"]) {
    const words = [command, ".", "--switch", "unix:nowhere.mgmt"];
    t.regex((await glazier(cwd, words)).err, /\n {2}choose one: `--as s1`\n/);
    t.regex((await glazier(cwd, [...words, "--as", "s1"])).err, /unix:nowhere.mgmt` cannot be reached/);
  }
});

test("--observe-share with a misspelt share names the share that is near", async (t) => {
  const cwd = folder(t, { "net.pane": "default deny. NewShare aliceAC for (*) [deny = True] on rootShare." });
  const { exit, err } = await glazier(cwd, ["compile", "--observe-share", "aliceac"]);
  t.deepEqual([exit, err], [2, "error: --observe-share: there is no share `aliceac`\n  did you mean `aliceAC`?\n"]);
});

switchTest(
  "an apply to one of several switches says where the policy is not in force yet, and following it brings it there",
  async (t, start) => {
    const lab = await start(triangle);
    const [alice, ...others] = lab.hosts;
    const far = others.find((host) => host.switch !== alice!.switch)!;
    const base = `default allow.\n${factsOf(lab)}`;
    const cwd = folder(t, {
      "old.fml": base,
      "new.fml": `${base}@no deny(srcHost=${far.name}, dstHost=${alice!.name}) on rootShare.\n`,
    });
    const apply = async (file: string, name: string): Promise<string> => {
      const { mgmt } = lab.switches.find((one) => one.name === name)!;
      const words = ["apply", file, "--switch", mgmt, "--as", name, "--take-over", "--target", "ovs-userspace"];
      const { exit, out, err } = await glazier(cwd, words, "", Date.now() / 1000);
      t.is(exit, 0, err);
      return out;
    };
    const advised = (out: string): readonly string[] => [...out.matchAll(/--as (\w+)/g)].map(([, name]) => name!);
    for (const { name } of lab.switches) await apply("old.fml", name);
    t.true(await lab.ping(far.name, alice!.name));
    const first = await apply("new.fml", alice!.switch);
    t.true(await lab.ping(far.name, alice!.name), "not in force yet");
    const rest = advised(first);
    t.deepEqual(
      rest,
      lab.switches.map(({ name }) => name).filter((name) => name !== alice!.switch),
    );
    for (const name of rest) await apply("new.fml", name);
    t.false(await lab.ping(far.name, alice!.name));
    for (const { name } of lab.switches) t.deepEqual(advised(await apply("new.fml", name)), [], "nothing to say");
  },
);

switchTest(
  "a socket of Open vSwitch that is not the bridge's own is answered with the one that is",
  async (t, start) => {
    const lab = await start();
    const cwd = folder(t, { "net.pane": "default allow.\n" });
    for (const wrong of [lab.mgmt.replace(/\.mgmt$/, ".snoop"), lab.mgmt.replace(/[^/]*$/, "db.sock")]) {
      const { exit, err } = await glazier(cwd, ["apply", "--switch", wrong, "--dry-run"]);
      t.is(exit, 3, wrong);
      t.regex(err, /E955[^]*= help: is it the socket of a switch\? that of a bridge of Open vSwitch is BRIDGE\.mgmt/);
    }
    t.is((await glazier(cwd, ["apply", "--switch", lab.mgmt, "--dry-run", "--take-over"])).exit, 0);
  },
);

switchTest("a switch's own socket is no database, and the help names the one that is", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, { "net.pane": "default allow.\n" });
  const words = ["apply", "--switch", lab.mgmt, "--take-over", "--dry-run", "--db"];
  const wrong = await glazier(cwd, [...words, lab.mgmt]);
  t.not(wrong.exit, 0);
  t.regex(wrong.err, /E961[^]*= help: is it the socket of the database\? that of Open vSwitch is db\.sock/);
  t.is((await glazier(cwd, [...words, lab.db])).exit, 0);
});

switchTest("entries of others that were taken over are said to be removed, and they are", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, { "net.pane": "default deny.\n" });
  const words = ["apply", "--switch", lab.mgmt, "--db", lab.db, "--target", "ovs-userspace", "--take-over"];
  const [one, other] = lab.hosts;
  await lab.ofctl("add-flow", ["priority=7,actions=NORMAL"]);
  t.true(await lab.ping(one!.name, other!.name));
  t.regex((await glazier(cwd, [...words, "--dry-run"])).out, /, 1 foreign entry removed/);
  t.regex((await glazier(cwd, words)).out, /, 1 foreign entry removed/);
  t.false(await lab.ping(one!.name, other!.name));
  t.notRegex((await glazier(cwd, words)).out, /foreign/);
});
