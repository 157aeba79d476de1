/**
 * A switch that is killed at any point comes back with the table that is in force, and what is denied arrives at no
 * moment: neither while the switch is empty nor while it is filled. What is answered meanwhile is in force afterwards.
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { folder } from "../../cli/testing.ts";
import { factsOf } from "../../lab/lab.ts";
import { startProbe } from "../../lab/testing/probe.ts";
import { switchTest } from "../../lab/test.ts";
import { until } from "../../lab/until.ts";
import { ServeProcess, TextClient } from "../testing/process.ts";

const KILLS = 10;

switchTest("kill -9 of the switch, ten times", async (t, start) => {
  t.timeout(600_000);
  const lab = await start();
  const network = `default allow.
NewShare s for (dstHost=10.0.0.4) [deny = True, allow = True, requests <= 10000] on rootShare.
@never deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7777) on s.
${factsOf(lab)}`;
  const cwd = folder(t, { "net.pane": network });
  const socket = join(cwd, "socket");
  const words = ["net.pane", "--switch", lab.mgmt, "--db", lab.db, "--take-over", "--state", "state"];
  const server = new ServeProcess(t, [...words, "--socket", socket], cwd);
  await server.printed(/: \d+ added/);
  const client = await TextClient.login(socket, "root", server.token);
  const denies = async (): Promise<string> =>
    [...(await lab.dump()).matchAll(/nw_src=10\.0\.0\.3,nw_dst=10\.0\.0\.4,tp_dst=(\d+) actions=drop/g)]
      .map(([, port]) => Number(port))
      .toSorted((a, b) => a - b)
      .join();
  const never = await startProbe(t, lab, "eve", "bob", { port: 7777 });
  const always = await startProbe(t, lab, "alice", "bob", { port: 7778 });
  const ports = new Set([7777]);
  for (let kills = 0; kills < KILLS; kills++) {
    // The switch goes down and comes up while statements are decided, one after the other.
    const back = pause(17 * kills).then(() => lab.restart());
    let isBack = false;
    void back.then(() => (isBack = true));
    for (let said = 0; said < 8 || (!isBack && said < 200); said++) {
      const port = 1_000 + 200 * kills + said;
      t.regex(
        (await client.say(
          `@p${port} deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=${port}) on s.`,
        )) ?? "",
        /^True\n accepted\n id: p\d+/,
      );
      ports.add(port);
    }
    for (const port of [...ports].filter((one) => one !== 7777 && one % 3 === kills % 3)) {
      t.regex((await client.say(`Cancel p${port}.`)) ?? "", /^True/);
      ports.delete(port);
    }
    await back;
    const wanted = [...ports].toSorted((a, b) => a - b).join();
    t.true(await until(async () => (await denies()) === wanted, { patience: 60_000 }), `after kill ${kills}`);
    // What is allowed passes again.
    const before = await always.count();
    t.true(await until(async () => (await always.count()).arrived > before.arrived + 10), `after kill ${kills}`);
  }
  const [denied, allowed] = await Promise.all([never.end(), always.end()]);
  t.is(denied.arrived, 0, `of ${denied.sent} denied packets`);
  t.true(denied.sent > 100 && allowed.arrived > 100);
  t.notRegex(server.err, /fault of glazier/);
  t.log(`${KILLS} kills, ${denied.sent} denied and ${allowed.arrived} of ${allowed.sent} allowed packets`);
});
