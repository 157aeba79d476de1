/**
 * A server that is killed at any point loses nothing that it answered and puts nothing in force that it rejected. Judged
 * by packets, by the switch's own entries, and by the log as Python reads it.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { folder } from "../cli/testing.ts";
import { factsOf } from "../lab/lab.ts";
import { startProbe } from "../lab/testing/probe.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { holdingWords, ServeProcess, TextClient } from "./testing/process.ts";

const KILLS = Number(process.env["GLAZIER_KILLS"] ?? 50);

/** A generator of small numbers that is the same in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

const READ_LOG = `
import json, sqlite3, sys
rows = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True).execute("SELECT bytes FROM record ORDER BY n")
for (data,) in rows:
    one = json.loads(data)
    if one["kind"] == "say" and one["accepted"]: print(one["text"])
`;

switchTest("kill -9 at random points", async (t, start) => {
  t.timeout(60_000 + 60_000 * KILLS);
  const lab = await start();
  const ports = new Set<number>();
  const network = `default allow.
NewShare s for (dstHost=10.0.0.4) [deny = True, allow = True, requests <= 10000] on rootShare.
@never deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7777) on s.
${factsOf(lab)}`;
  const cwd = folder(t, { "net.pane": network });
  const socket = join(cwd, "socket");
  const words = holdingWords(lab, "net.pane", socket);
  const pick = random(Number(process.env["GLAZIER_SEED"] ?? 7));
  let server = new ServeProcess(t, words, cwd);
  await server.printed(/serving at/);
  const { token } = server;
  await server.printed(/: \d+ added/);

  const never = await startProbe(t, lab, "eve", "bob", { port: 7777 });
  const always = await startProbe(t, lab, "alice", "bob", { port: 7778 });

  let answered = 0;
  for (let kills = 0; kills < KILLS; kills++) {
    const client = await TextClient.login(socket, "root", token);
    // The kill comes with the sentence behind so many answers, and so many milliseconds after it.
    const last = pick(12);
    const wait = pick(8);
    let unknown: number | undefined;
    for (let said = 0; said <= last; said++) {
      const port = 1_000 + pick(2_000);
      const isThere = ports.has(port);
      const deny = `deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=${port}) on s`;
      const reply = client.say(isThere ? `Cancel p${port}.` : `@p${port} ${deny}.`);
      if (said === last) {
        await Promise.race([reply, pause(wait)]);
        await server.kill();
      }
      const answer = await reply;
      if (answer === undefined) unknown = port;
      else {
        t.regex(answer, /^True\n/);
        answered++;
        if (isThere) ports.delete(port);
        else ports.add(port);
      }
    }
    client.close();
    server = new ServeProcess(t, words, cwd);
    await server.printed(/serving at/);
    const reader = await TextClient.login(socket, "root", token);
    const listed = [...(await reader.say("ListRequests on s."))!.matchAll(/^ p(\d+)\t/gm)].map(([, port]) =>
      Number(port),
    );
    reader.close();
    // What was not answered is in force, whole, or it is not.
    if (unknown !== undefined && listed.includes(unknown)) ports.add(unknown);
    else if (unknown !== undefined) ports.delete(unknown);
    t.deepEqual(new Set(listed), ports, `after kill ${kills}`);
  }
  const entries = async (): Promise<readonly number[]> =>
    [...(await lab.dump()).matchAll(/nw_src=10\.0\.0\.3,nw_dst=10\.0\.0\.4,tp_dst=(\d+) actions=drop/g)]
      .map(([, port]) => Number(port))
      .filter((port) => port !== 7777)
      .toSorted((a, b) => a - b);
  const wanted = [...ports].toSorted((a, b) => a - b);
  t.true(
    await until(async () => (await entries()).join() === wanted.join()),
    `${(await entries()).join()} / ${wanted.join()}`,
  );
  const [denied, allowed] = await Promise.all([never.end(), always.end()]);
  t.true(denied.sent > 100 && allowed.sent > 100);
  t.is(denied.arrived, 0, `of ${denied.sent} denied packets`);
  // A switch keeps its entries without a server: not one allowed packet is lost.
  t.is(allowed.arrived, allowed.sent, "allowed packets arrive");
  await server.kill();
  const told = new Set<string>();
  const log = execFileSync("python3", ["-c", READ_LOG, join(cwd, "state", "log.db")], { encoding: "utf8" });
  for (const line of log.split("\n")) {
    const [, added] = /^@p(\d+) /.exec(line) ?? [];
    const [, gone] = /^Cancel p(\d+)\./.exec(line) ?? [];
    if (added !== undefined) told.add(added);
    if (gone !== undefined) told.delete(gone);
  }
  t.deepEqual(
    [...told].map(Number).toSorted((a, b) => a - b),
    wanted,
    "the log says the same",
  );
  t.log(`${answered} answers, ${KILLS} kills, ${denied.sent} denied and ${allowed.sent} allowed packets`);
});
