/** What a state knows of the bridges that it has held: kept over every end of the server, and never in the way of one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { folder } from "../../cli/testing.ts";
import { factsOf } from "../../lab/lab.ts";
import { switchTest } from "../../lab/test.ts";
import { startProbe } from "../../lab/testing/probe.ts";
import { until } from "../../lab/until.ts";
import { LogError } from "../../log/log.ts";
import { must } from "../../process/command.ts";
import { ServeProcess } from "../testing/process.ts";
import { HeldBefore } from "./held-before.ts";

test("bridges are known again by their datapath ids, and what is no id of one is left aside", async (t) => {
  const state = mkdtempSync(join(tmpdir(), "glazier-state-"));
  t.teardown(() => rmSync(state, { recursive: true }));
  const path = join(state, "held.bridges");
  const told: string[] = [];
  const open = (): HeldBefore => new HeldBefore(state, (sentence) => void told.push(sentence));
  await must(["mkfifo", path]);
  t.throws(open, {
    instanceOf: LogError,
    message: `${path} cannot be used: it is a named pipe and no regular file`,
  });
  rmSync(path);
  t.false(open().has(1n));
  const first = open();
  for (const id of [1n, 0xffff_ffff_ffff_ffffn, 1n]) first.add(id);
  t.deepEqual(
    [0n, 1n, 2n, 0xffff_ffff_ffff_ffffn].map((id) => open().has(id)),
    [false, true, false, true],
  );
  // Half a line, of a disk that broke.
  writeFileSync(path, "0000000000000001\n00000000000");
  t.deepEqual([open().has(1n), open().has(0n)], [true, false]);
  // What cannot be written is said.
  mkdirSync(`${path}.new`);
  open().add(2n);
  t.is(told.length, 1);
  t.regex(told[0]!, /^after the next start a bridge counts as a new one: /);
});

switchTest("a server and a switch that start again together leave no entry of the switch's own", async (t, start) => {
  t.timeout(240_000);
  const lab = await start();
  const network = `default deny.
@a7 allow(srcHost=10.0.0.2, dstHost=10.0.0.4, transport=UDP, dstPort=7) on rootShare.
${factsOf(lab)}`;
  const cwd = folder(t, { "net.pane": network });
  const words = ["net.pane", "--switch", lab.mgmt, "--db", lab.db, "--state", "state", "--socket", join(cwd, "socket")];
  const serve = async (): Promise<{ readonly server: ServeProcess; readonly reasons: () => Promise<unknown> }> => {
    const server = new ServeProcess(t, [...words, "--http", "127.0.0.1:0"], cwd);
    await server.printed(/serving at/);
    const url = `http://127.0.0.1:${/^HTTP at port (\d+)$/m.exec(server.out)![1]!}/readyz`;
    return { server, reasons: async () => ((await (await fetch(url)).json()) as { reasons: unknown }).reasons };
  };
  await lab.ofctl("del-flows");
  let { server, reasons } = await serve();
  const isReady = (): Promise<boolean> => until(async () => JSON.stringify(await reasons()) === "[]");
  t.true(await isReady());
  // A switch of which nobody has asked that it be secure.
  await lab.vsctl(["set-fail-mode", "s1", "standalone"]);
  t.true(await isReady());
  const denied = await startProbe(t, lab, "eve", "bob", { port: 7 });
  for (const end of ["SIGKILL", "SIGTERM"] as const) {
    if (end === "SIGKILL") await server.kill();
    else {
      server.signal(end);
      await server.ended();
    }
    await lab.restart();
    ({ server, reasons } = await serve());
    t.true(await isReady(), `${end}: ${server.err}`);
    t.notRegex(server.err, /E9(58|94)/);
    const from = await denied.count();
    t.true(await until(async () => (await denied.count()).sent > from.sent + 100));
    t.is((await denied.count()).arrived, from.arrived, `${end}: what is denied`);
    t.notRegex(await lab.dump(), /^ *(?:cookie=0x0, )?priority=0 actions=NORMAL$/m);
  }
  // Another bridge, of which this state knows nothing, keeps what it has.
  await server.kill();
  await lab.restart();
  rmSync(join(cwd, "state/held.bridges"));
  ({ server, reasons } = await serve());
  const opened = [
    "1 of 1 switch: what is denied, led, limited or reserved may pass there as if it were not, by entries or settings of others or for want of ours",
  ];
  t.true(await until(async () => JSON.stringify(await reasons()) === JSON.stringify(opened)));
});
