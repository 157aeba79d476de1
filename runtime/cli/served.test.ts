/** `watch`, `query --server`, `token` and `audit` with a real server as a process, which is killed and comes back. */
import { readdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import test from "ava";
import { ServeProcess } from "../serve/testing/process.ts";
import { clock, folder, glazier, type Ran } from "./testing.ts";

const POLICY = "AddUser Alice. NewShare a for (dstHost=10.0.0.2) [deny = True] on rootShare. Grant a to Alice.\n";

test("tokens, questions, records as they come, and the audit of the log; altered, it is refused", async (t) => {
  const cwd = folder(t, { "net.pane": POLICY });
  const words = ["net.pane", "--state", "state", "--socket", join(cwd, "socket"), "--http", "127.0.0.1:0"];
  let server = new ServeProcess(t, words, cwd);
  await server.printed(/serving at/);
  const { token } = server;
  const url = (): string => `http://127.0.0.1:${/^HTTP at port (\d+)$/m.exec(server.out)![1]}`;
  const ask = (as: string, ...rest: string[]): Promise<Ran> =>
    glazier(cwd, [...rest, "--server", url()], "", clock, { GLAZIER_TOKEN: as });
  const alice = (await ask(token, "token", "new", "Alice")).out.trim();
  t.regex(alice, /^glz_/);
  t.regex((await ask(token, "token", "list")).out, /^Alice\t[0-9a-f]{12}$/m);
  t.like(await ask(alice, "token", "list"), { exit: 1, err: "error: only root may ask this\n" });
  t.is((await ask("glz_wrong", "token", "list")).exit, 3);

  const port = url().split(":").at(-1)!;
  const missed = async (...words: string[]): Promise<string> => (await glazier(cwd, words)).err;
  t.regex(
    await missed("say", "ListShares.", "--server", `unix:${join(cwd, "socket")}`, "--as", "root"),
    /\n {2}GLAZIER_TOKEN is not set: /,
  );
  t.regex(
    await missed("say", "ListShares.", "--server", `tcp:127.0.0.1:${port}`, "--as", "root"),
    /before it began\n {2}`say` speaks the text protocol: /,
  );
  const { err: plain } = await glazier(
    cwd,
    ["query", "ListShares.", "--server", `https://127.0.0.1:${port}`],
    "",
    clock,
    {
      GLAZIER_TOKEN: token,
    },
  );
  t.regex(
    plain,
    new RegExp(
      `^error: the server does not answer: it does not speak TLS\\n {2}write --server http://127\\.0\\.0\\.1:${port}, `,
    ),
  );

  const say = (text: string): Promise<Ran> =>
    glazier(cwd, ["say", text, "--server", `unix:${join(cwd, "socket")}`, "--as", "Alice"], "", clock, {
      GLAZIER_TOKEN: alice,
    });
  const watching = ask(alice, "watch", "--after", "-1", "--count", "2");
  t.is((await say("@one deny(dstHost=10.0.0.2) on a.")).exit, 0);
  t.is((await say("@two deny(dstHost=10.0.0.9) on a.")).exit, 1);
  const seen = (await watching).out.trimEnd().split("\n");
  t.deepEqual(
    seen.map((line) => line.split("\t").slice(2)),
    [
      ["say", "Alice", "accepted", "@one deny(dstHost=10.0.0.2) on a."],
      ["say", "Alice", "rejected", "@two deny(dstHost=10.0.0.9) on a."],
    ],
  );
  const [first] = seen[0]!.split("\t");
  const { out: later } = await ask(alice, "watch", "--after", first!, "--count", "1", "--json");
  t.like(JSON.parse(later), { ok: true, record: Number(first) + 1, accepted: false });

  t.regex((await ask(alice, "query", "ListRequests")).out, /\bone\b/);
  t.like(JSON.parse((await ask(alice, "query", "ListUsers.", "--json")).out), { ok: true, query: "ListUsers" });
  t.is((await ask(alice, "query", "deny(dstHost=10.0.0.2) on a.")).exit, 2, "a statement is not said");
  t.is((await ask(alice, "query", "GetSchedule none.")).exit, 1);
  t.is((await ask(alice, "query", "ListShares.", "net.pane")).exit, 2);

  const audited = await glazier(cwd, ["audit", "state"]);
  t.is(audited.exit, 0, audited.err);
  t.regex(audited.out, /\tsay\tAlice\tunix\taccepted\t@one deny.*\n.*\tsay\tAlice\tunix\trejected\t@two deny/);
  const [, head] = /hash ([0-9a-f]{64})$/m.exec(audited.out)!;
  await server.kill();
  t.is((await ask(alice, "token", "list")).exit, 3, "nobody listens");
  server = new ServeProcess(t, words, cwd);
  await server.printed(/serving at/);
  t.is((await ask(token, "token", "revoke", "Alice")).out, "1 taken away\n");
  t.is((await ask(token, "token", "revoke", "root")).exit, 1, "the last ones of root stay");
  const longer = await glazier(cwd, ["audit", "state", "--by", "Alice", "--head", head!, "--json"]);
  const { records, checked } = JSON.parse(longer.out) as { records: object[]; checked: number };
  t.is(records.length, 2);
  t.true(checked > 5);
  const none = await glazier(cwd, ["audit", "state", "--by", "nobody", "--json"]);
  t.is(none.err, "note: `nobody` said nothing that this log holds; who did: `Alice`\n");
  const meant = await glazier(cwd, ["audit", "state", "--by", "alice"]);
  t.is(meant.err, "note: `alice` said nothing that this log holds; did you mean `Alice`?\n");
  // What is printed record by record has the form of every other document.
  for (const { out } of [longer, none]) t.is(out, `${JSON.stringify(JSON.parse(out), null, 2)}\n`);
  t.is((await glazier(cwd, ["audit", "state", "--head", "0".repeat(63) + "1"])).exit, 1);
  await server.kill();

  const database = new DatabaseSync(join(cwd, "state", "log.db"));
  database.exec("UPDATE record SET bytes = CAST(replace(CAST(bytes AS TEXT), '@one', '@eno') AS BLOB)");
  database.close();
  const altered = await glazier(cwd, ["audit", "state"]);
  t.is(altered.exit, 1);
  t.is(altered.out, "");
  t.regex(altered.err, /the chain breaks at record/);
});

test("what is asked wrongly of a running server is told with what to do, and an empty answer is told, too", async (t) => {
  const cwd = folder(t, { "net.pane": POLICY });
  const ports = ["--http", "127.0.0.1:0", "--text", "127.0.0.1:0"];
  const server = new ServeProcess(t, ["net.pane", "--state", "state", "--socket", "socket", ...ports], cwd);
  await server.printed(/serving at/);
  const at = (what: string): string => new RegExp(`^${what} at port (\\d+)$`, "m").exec(server.out)![1]!;
  const [http, text] = [at("HTTP"), at("the text protocol")];
  const run = async (words: readonly string[], token = server.token): Promise<string> => {
    const { exit, out, err } = await glazier(cwd, words, "", clock, { GLAZIER_TOKEN: token });
    return `${exit} ${out}${err}`;
  };
  const ask = (...words: string[]): Promise<string> => run([...words, "--server", `http://127.0.0.1:${http}`]);
  const say = (words: string): Promise<string> => run(["say", words, "--server", "unix:socket", "--as", "root"]);
  for (const nothing of ["", "// a comment", "-"])
    t.is(await say(nothing), "0 note: nothing was said: there was no statement\n");
  for (const form of ["token", "token Alice Bob"]) t.regex(await say(form), /^1 False\n `token` names one user/);
  t.regex(await say("token alice"), /^1 False\n did you mean `Alice`\?\n there is no user `alice`/);
  t.regex(
    await ask("token", "new", "alice"),
    /^1 error: there is no user `alice`\n {2}did you mean `Alice`\? Else say `AddUser/,
  );
  t.regex(await ask("token", "revoke", "Alice"), /^1 error: `Alice` has no token\n {2}.*`glazier token list`/);
  t.is(await ask("query", "ListRequests"), "0 note: 0 items\n");
  t.regex(
    await ask("watch", "--after", "999"),
    /^1 error: the log has \d records, and none with number 999\n {2}without it only new/,
  );
  const wrong = await run(["token", "list", "--server", `http://127.0.0.1:${http}`], "glz_wrong");
  t.regex(wrong, /^3 error: there is no such token\n {2}GLAZIER_TOKEN in the environment has to be/);
  const other = await run(["watch", "--server", `http://127.0.0.1:${text}`]);
  t.regex(
    other,
    /^3 .*: it does not speak HTTP\n {2}is `glazier serve` running, and is that the address of its --http/,
  );
  const tls = await run(["say", "ListUsers", "--server", `tls:127.0.0.1:${text}`, "--as", "root"]);
  t.regex(tls, new RegExp(`^3 .*: it does not speak TLS\\n {2}write --server tcp:127\\.0\\.0\\.1:${text}, or start `));
  t.regex(await run(["audit", "none"]), /^3 error: there is no log in .*none\n {2}name the --state of `serve`/);
  const second = ["serve", "net.pane", "--state", "second", "--socket", "second.sock", "--http", `127.0.0.1:${http}`];
  t.regex(
    await run(second),
    /another process listens there\n {2}name an address of this machine and a port that is free/,
  );
});

test("the name of a folder of policy files alone is nothing that a command could be about", async (t) => {
  const cwd = folder(t, { "tour/net.pane": POLICY });
  for (const command of ["trace", "explain", "query"])
    t.regex((await glazier(cwd, [command, "tour"])).err, /needs to know of what: tour is a folder of policy files\n/);
});

test("a policy with errors starts nothing, makes no folder, and says what `check` says", async (t) => {
  for (const [fault, code] of [
    ["deny(dstHost=10.0.0.2) on a", /error\[E101\]/],
    ["deny(dstHost=10.0.0.9) on a.", /error\[E\d{3}\]/],
  ] as const) {
    const cwd = folder(t, { "net.pane": `default deny. ${POLICY}${fault}` });
    const checked = await glazier(cwd, ["check", "net.pane"]);
    const served = await glazier(cwd, ["serve", "net.pane", "--state", "state", "--socket", "socket"]);
    t.deepEqual([checked.exit, served.exit, served.out], [1, 1, ""]);
    t.regex(served.err, code);
    t.is(served.err, checked.err);
    t.deepEqual(readdirSync(cwd), ["net.pane"]);
  }
});
