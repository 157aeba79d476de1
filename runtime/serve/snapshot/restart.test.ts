/** A server as a process: asked to end it leaves a snapshot, which the next one starts from; damaged, it is told and done without. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { folder } from "../../cli/testing.ts";
import { ServeProcess, TextClient } from "../testing/process.ts";

const POLICY = "AddUser Alice. NewShare s for (*) [deny = True, requests <= 100000, entries <= 100000] on rootShare.\n";
const SAID = 1_100;

test("ended, started, killed, damaged: each time the same network", async (t) => {
  t.timeout(240_000);
  const cwd = folder(t, { "net.pane": POLICY });
  const socket = join(cwd, "socket");
  const words = ["net.pane", "--state", "state", "--socket", socket];
  const first = new ServeProcess(t, words, cwd);
  await first.printed(/serving at .*: 0 records read\n/);
  await first.printed(/no switch holds what is answered here: name them with --switch or --listen\n/);
  const { token } = first;
  const client = await TextClient.login(socket, "root", token);
  // No statement waits for the answer to another, so that many are one batch.
  for (let from = 0; from < SAID; from += 10) {
    const denies = Array.from(
      { length: 10 },
      (_, i) => `@p${from + i} deny(dstPort=${1 + from + i}, transport=TCP) on s.`,
    );
    const [reply] = await Promise.all([client.say(denies.join("\n")), ...denies.slice(1).map(() => client.say(""))]);
    t.regex(reply!, /^True/);
  }
  t.regex((await client.say("token Alice."))!, /glz_/);
  client.close();
  first.signal("SIGTERM");
  t.is(await first.ended(), 0, first.err);
  const path = join(cwd, "state", "snapshot");
  t.true(existsSync(path));

  const list = async (server: ServeProcess): Promise<string> => {
    await server.printed(/serving at/);
    const reader = await TextClient.login(socket, "root", token);
    const all = await reader.say("ListRequests on s.");
    reader.close();
    await server.kill();
    return all!;
  };
  const back = new ServeProcess(t, words, cwd);
  const listed = await list(back);
  t.true(listed.startsWith(`${SAID};\n`), listed.slice(0, 40));
  t.regex(back.out, /: 1 record read behind the snapshot of 1103\n/);
  t.is(back.err, "warning: no switch holds what is answered here: name them with --switch or --listen\n");

  // Killed while it reads, and while it makes its tables: what was answered meanwhile stands.
  for (const i of [1, 2]) {
    const early = new ServeProcess(t, words, cwd);
    await early.kill();
    const making = new ServeProcess(t, words, cwd);
    await making.printed(/serving at/);
    const speaker = await TextClient.login(socket, "root", token);
    t.regex((await speaker.say(`@k${i} deny(dstPort=${60_000 + i}, transport=TCP) on s.`))!, /^True/);
    if (i > 1) t.regex((await speaker.say(`Cancel k${i - 1}.`))!, /^True/);
    await making.kill();
    speaker.close();
  }
  const kept = new ServeProcess(t, words, cwd);
  const later = await list(kept);
  t.true(later.startsWith(`${SAID + 1};\n`) && later.includes("\n k2\t"), later.slice(0, 40));

  const bytes = readFileSync(path);
  writeFileSync(path, bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 4));
  const slow = new ServeProcess(t, words, cwd);
  t.is(await list(slow), later);
  t.regex(slow.out, /: 1107 records read\n/);
  t.regex(
    slow.err,
    /^warning: \S+\/snapshot is not used: it is cut off or damaged: [^\n]*\nwarning: no switch holds [^\n]*\n$/,
  );
});

test("the same policy under another path goes on with the log; the same texts in another order do not", async (t) => {
  t.timeout(240_000);
  const [one, two] = [`AddUser Alice.\n`, "NewShare s for (*) [deny = True] on rootShare.\n"];
  const cwd = folder(t, { "a.pane": one, "b.pane": two, "elsewhere/x.pane": one, "elsewhere/y.pane": two });
  const record = async (...paths: readonly string[]): Promise<string> => {
    const server = new ServeProcess(t, [...paths, "--state", "state", "--socket", "socket"], cwd);
    await server.printed(/serving at/);
    await server.kill();
    return server.out;
  };
  t.regex(await record("a.pane", "b.pane"), /: 0 records read\n/);
  t.regex(await record("elsewhere/x.pane", "elsewhere/y.pane"), /: 2 records read\n/);
  t.regex(await record("elsewhere"), /: 2 records read\n/);
  // Each further start reads what the one before wrote: a changed policy is recorded.
  t.regex(await record("b.pane", "a.pane"), /: 2 records read\n/);
  t.regex(await record("b.pane", "a.pane"), /: 3 records read\n/);
});
