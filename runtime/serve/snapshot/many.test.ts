/**
 * Many requests over restarts of every kind, on a real switch: what was answered is listed the same each time, and a switch
 * that has it is sent nothing. Judged by the switch's own entries and by packets. `GLAZIER_STANDING=17000` is more than any
 * list or map of requests holds in one piece (16,384), and takes minutes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder } from "../../cli/testing.ts";
import { factsOf, type Lab } from "../../lab/lab.ts";
import { startProbe } from "../../lab/testing/probe.ts";
import { switchTest } from "../../lab/test.ts";
import { until } from "../../lab/until.ts";
import { holdingWords, ServeProcess, TextClient } from "../testing/process.ts";

const STANDING = Number(process.env["GLAZIER_STANDING"] ?? 1_500);
/** Sentences that are said before the first of them is answered: a connection has 32. */
const AT_ONCE = 32;
/** A port that no other request names. */
const NEVER = 65_000;

const denyOf = (port: number): string =>
  `deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=${port}) on s.`;
/** Half of them have a label, the others the names that the server gives. */
const sentenceOf = (port: number): string => (port % 2 === 0 ? `@p${port} ${denyOf(port)}` : denyOf(port));

/** The ports that the switch holds denies of. */
async function portsOn(lab: Lab): Promise<readonly number[]> {
  const held = (await lab.dump()).matchAll(/nw_src=10\.0\.0\.3,nw_dst=10\.0\.0\.4,tp_dst=(\d+) actions=drop/g);
  return Array.from(held, ([, port]) => Number(port)).toSorted((a, b) => a - b);
}

switchTest("many requests stand the same after each of several restarts", async (t, start) => {
  t.timeout(120_000 + 40 * STANDING);
  const lab = await start();
  const policy = `default allow.
NewShare s for (dstHost=10.0.0.4) [deny = True, requests <= 1000000, entries <= 1000000] on rootShare.
@never ${denyOf(NEVER)}
${factsOf(lab)}`;
  const cwd = folder(t, { "net.pane": policy });
  const socket = join(cwd, "socket");
  const words = holdingWords(lab, "net.pane", socket);
  let server = new ServeProcess(t, words, cwd);
  await server.printed(/serving at/);
  const { token } = server;
  await server.printed(/: \d+ added/);
  const never = await startProbe(t, lab, "eve", "bob", { port: NEVER });
  const always = await startProbe(t, lab, "alice", "bob", { port: NEVER + 1 });

  const ports = new Set<number>([NEVER]);
  let client = await TextClient.login(socket, "root", token);
  for (let from = 1; from <= STANDING; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, STANDING + 1 - from) }, (_, i) => from + i);
    const [first, ...more] = await Promise.all(some.map((port) => client.say(sentenceOf(port))));
    t.true(
      [first, ...more].every((reply) => reply?.startsWith("True")),
      first,
    );
    for (const port of some) ports.add(port);
  }
  let listed = (await client.say("ListRequests on s."))!;
  t.true(listed.startsWith(`${ports.size};\n`), listed.slice(0, 20));
  client.close();
  const isWhole = async (): Promise<boolean> =>
    (await portsOn(lab)).join() === [...ports].toSorted((a, b) => a - b).join();
  t.true(await until(isWhole, { interval: 1_000 }), "the switch has all of them");

  /** Starts again, and compares the switch; `says` is said before the tables are made. */
  const again = async (what: string, says: readonly (readonly [sentence: string, port: number])[] = []) => {
    server = new ServeProcess(t, words, cwd);
    await server.printed(/serving at/);
    client = await TextClient.login(socket, "root", token);
    t.is(await client.say("ListRequests on s."), listed, what);
    for (const [sentence, port] of says) {
      t.regex((await client.say(sentence))!, /^True/, what);
      if (!ports.delete(port)) ports.add(port);
    }
    if (says.length > 0) listed = (await client.say("ListRequests on s."))!;
    client.close();
  };
  /** A switch that has all of it is sent nothing. */
  const isUnchanged = async (what: string): Promise<void> => {
    await server.printed(/: \d+ added/);
    t.regex(server.out + server.err, /: 0 added, 0 replaced, 0 deleted, \d+ unchanged\n/, what);
  };

  server.signal("SIGTERM");
  t.is(await server.ended(), 0, server.err);
  await again("ended in peace");
  t.regex(server.out, / behind the snapshot of /);
  await isUnchanged("ended in peace");

  await server.kill();
  const others = [
    ["Cancel p2.", 2],
    [`@late ${denyOf(STANDING + 1)}`, STANDING + 1],
    [denyOf(STANDING + 2), STANDING + 2],
  ] as const;
  await again("killed; then something is said at once", others);
  await server.kill();
  await again("killed before the switch had it, perhaps");
  t.true(await until(isWhole, { interval: 1_000 }), "the switch has what was said last");

  await server.kill();
  const path = join(cwd, "state", "snapshot");
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 4));
  await again("without its snapshot, from all records");
  t.notRegex(server.out, /behind the snapshot/);
  await isUnchanged("without its snapshot, from all records");
  t.true(await isWhole());

  const [denied, allowed] = await Promise.all([never.end(), always.end()]);
  t.true(denied.sent > 100 && allowed.sent > 100);
  t.is(denied.arrived, 0, `of ${denied.sent} denied packets`);
  t.is(allowed.arrived, allowed.sent, "allowed packets arrive");
  await server.kill();
});
