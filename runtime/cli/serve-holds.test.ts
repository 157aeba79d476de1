/** One switch, and more than one that would write to it: servers of two states, and `apply` beside them. */
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { factsOf, type Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { holdingWords, ServeProcess } from "../serve/testing/process.ts";
import { becomeMaster, isStillMaster, reasonWords, sendMark } from "../controller/index.ts";
import { parseTarget, Session, type SwitchTarget } from "../session/index.ts";
import { folder } from "./testing.ts";

const PROGRAM = new URL("../bin.js", import.meta.url).pathname;

const policy = (lab: Lab, port: number): string =>
  `default allow.\ndeny(dstHost=10.0.0.4, transport=UDP, dstPort=${port}) on rootShare.\n${factsOf(lab)}`;

interface Writers {
  /** Starts the server of a state, which has a policy of its own. */
  readonly serve: (state: string, ...more: readonly string[]) => ServeProcess;
  /** Applies a third policy. */
  readonly apply: () => SpawnSyncReturns<string>;
  /** The policies of which the switch has entries. */
  readonly held: () => Promise<string>;
}

function writers(t: ExecutionContext, lab: Lab): Writers {
  const cwd = folder(t, { "a.pane": policy(lab, 1), "b.pane": policy(lab, 2), "c.pane": policy(lab, 3) });
  const rest = ["--switch", lab.mgmt, "--db", lab.db];
  return {
    serve: (state, ...more) =>
      new ServeProcess(
        t,
        [`${state}.pane`, ...rest, "--take-over", "--state", state, "--socket", join(cwd, `${state}.sock`), ...more],
        cwd,
      ),
    apply: () =>
      spawnSync(process.execPath, [PROGRAM, "apply", "c.pane", ...rest, "--take-over"], { cwd, encoding: "utf8" }),
    held: async () => {
      const dump = await lab.dump();
      return [1, 2, 3].filter((port) => new RegExp(`udp.*tp_dst=${port} `).test(dump)).join();
    },
  };
}

switchTest("apply beside a server is refused, and works once the server has ended", async (t, start) => {
  const lab = await start();
  const { serve, apply, held } = writers(t, lab);
  const server = serve("a");
  await server.printed(/: \d+ added/);
  const refused = apply();
  t.is(refused.status, 3, refused.stderr);
  t.regex(refused.stderr, /E984.*held by the server at `a socket of its machine, process \d+`/);
  t.regex(refused.stderr, /tell that server what is to change: .*; it lets go within \d+ s after it has ended/);
  t.is(await held(), "1");
  server.signal("SIGTERM");
  t.is(await server.ended(), 0, server.err);
  t.is(await held(), "1", "the switch keeps its table");
  t.notRegex(await lab.dump(), /priority=24995/);
  const applied = apply();
  t.is(applied.status, 0, applied.stderr);
  t.is(await held(), "3");
});

switchTest("of two servers one holds the switch, the other stands by, and takes it when asked to", async (t, start) => {
  const lab = await start();
  const { serve, held } = writers(t, lab);
  const a = serve("a");
  await a.printed(/: \d+ added/);
  let b = serve("b");
  await b.printed(/E984/);
  t.is(await held(), "1");
  t.notRegex(b.err, /added/);
  t.regex(
    b.err,
    /this server stands by, and takes the switch within \d+ s after it has ended; with --take it takes it at once/,
  );
  await b.kill();
  b = serve("b", "--take");
  await b.printed(/: \d+ added/);
  await a.printed(/E984/);
  t.is(await held(), "2");
  // The one from which it was taken does not take it back.
  t.is(a.err.match(/ added/g)!.length, 1);
  // A server that was killed is itself again at once, and without --take.
  await b.kill();
  b = serve("b");
  await b.printed(/: \d+ added/);
  t.notRegex(b.err, /E984/);
  t.is(await held(), "2");
  // One that ends leaves the switch to the one that stands by.
  b.signal("SIGTERM");
  t.is(await b.ended(), 0);
  t.true(await until(async () => (await held()) === "1"));
  await a.printed(/no other server holds it any more \(after \d+ times? in \d+ s\)/);
  t.is(a.err.match(/E984/g)!.length, 1, a.err);
});

switchTest("a server that was killed lets go by itself", async (t, start) => {
  const lab = await start();
  const { serve, apply, held } = writers(t, lab);
  const server = serve("a");
  await server.printed(/: \d+ added/);
  await server.kill();
  t.is(apply().status, 3);
  t.true(await until(async () => !(await lab.dump()).includes("priority=24995"), { patience: 120_000 }));
  t.is(apply().status, 0);
  t.is(await held(), "3");
});

switchTest("what facts say of a switch is kept: the rates of its ports, and its datapath", async (t, start) => {
  const lab = await start();
  const reserved = `default allow.\nreserve(dstHost=10.0.0.4) = 10Mb on rootShare.\n${factsOf(lab, { portRates: [["s1", 3, "20Mb"]] })}`;
  const cwd = folder(t, { "a.pane": reserved, "b.pane": reserved.replace("switch(s1, 1)", "switch(s1, 7)") });
  const serve = (state: string): ServeProcess =>
    new ServeProcess(
      t,
      [...holdingWords(lab, `${state}.pane`, `${state}.sock`, state), "--target", "ovs-userspace", "--run-filters"],
      cwd,
      [],
      lab.namespace,
    );
  const other = serve("b");
  await other.printed(/E980.*its datapath is 0000000000000001, and that of `s1` is 0000000000000007/);
  t.notRegex(other.err, /added/);
  await other.kill();
  const server = serve("a");
  await server.printed(/: \d+ added/);
  t.regex(await lab.vsctl(["get", "qos", "s1-eth3", "other_config"]), /max-rate="20000000"/);
  t.notRegex(server.err, /W95[34]/, "its commands have run");
  const shown = spawnSync("ip", ["netns", "exec", lab.namespace, "tc", ..."filter show dev s1-eth3".split(" ")]);
  t.regex(shown.stdout.toString(), /flowid 1:(?!1 )/);
  await lab.vsctl(["set", "bridge", "s1", "other-config:datapath-id=0000000000000007"]);
  await server.printed(/E980/);
});

switchTest("a session that another server has deposed can write nothing", async (t, start) => {
  const lab = await start();
  const { serve } = writers(t, lab);
  const target = parseTarget(lab.mgmt) as SwitchTarget;
  const old = await Session.connect(target);
  t.teardown(() => old.close());
  t.is(await becomeMaster(old, 5n << 32n), 5n << 32n);
  const mark = { id: 7n, process: 1 };
  t.is((await sendMark(old, mark)).outcome, "done");
  t.is((await sendMark(old, mark, true)).outcome, "done");
  const server = serve("a");
  await server.printed(/: \d+ added/);
  const sent = await sendMark(old, mark);
  t.is(
    sent.outcome === "refused" && reasonWords(sent.refused[0]!.error),
    "another controller is its master (OFPBRC_IS_SLAVE)",
  );
  t.notRegex(await lab.dump(), /metadata=0x7[^0-9a-f]/);
});

switchTest("a server notices within moments that another controller has become master", async (t, start) => {
  const lab = await start();
  const { serve, held } = writers(t, lab);
  const server = serve("a");
  await server.printed(/: \d+ added/);
  const other = await Session.connect(parseTarget(lab.mgmt) as SwitchTarget);
  t.teardown(() => other.close());
  await becomeMaster(other, 900n << 32n);
  // Where its marker is refused, which is renewed every ten seconds, it says other words.
  await server.printed(/E984.*held by the server at `another controller, which has become its master`/);
  await server.printed(/no other server holds it any more/);
  t.is(await held(), "1");
  t.false(await isStillMaster(other, 900n << 32n));
});
