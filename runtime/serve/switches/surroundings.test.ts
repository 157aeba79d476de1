/**
 * A served switch whose surroundings change: ports come, go and change, with their queues and VLANs. The server looks at
 * its switch once in ten minutes here, so what it does it does because it was told.
 */
import { rmSync, symlinkSync } from "node:fs";
import type { ExecutionContext } from "ava";
import { factsOf, type Lab } from "../../lab/lab.ts";
import { switchTest } from "../../lab/test.ts";
import { until } from "../../lab/until.ts";
import type { Runner } from "../../controller/resource-step.ts";
import { bobHears, serveOn, type Serving } from "../testing/on-switch.ts";
import type { KeeperEvent } from "./events.ts";

const BANDWIDTH = "NewShare bw for (dstHost=10.0.0.4) [reserve <= 20Mb] on rootShare. Grant bw to Alice.\n";
const RESERVED = `@r reserve(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP) = 10Mb on rootShare.\n`;

function serve(t: ExecutionContext, lab: Lab, policy: string, runFilter: Runner | undefined = lab.onSwitch): Serving {
  const apply = { database: lab.db, runFilter };
  return serveOn(t, lab, { look: 600_000, apply }, undefined, policy, undefined, "ovs-userspace");
}

const reserving = (lab: Lab): string =>
  BANDWIDTH + RESERVED + factsOf(lab, { portRates: [2, 3].map((port) => ["s1", port, "100Mb"] as const) });

const told = (events: readonly KeeperEvent[], kind: KeeperEvent["kind"]): string =>
  events
    .flatMap((event) => (event.kind === kind && "diagnostics" in event ? event.diagnostics : []))
    .map(({ code }) => code)
    .join();

/** The queues of Bob's port, without that of everybody; undefined: it has none of ours. */
async function queues(lab: Lab): Promise<string | undefined> {
  const qos = (await lab.vsctl(["--if-exists", "get", "port", "s1-eth3", "qos"])).trim();
  if (!/^[0-9a-f-]{36}$/.test(qos)) return undefined;
  return (await lab.vsctl(["get", "qos", qos, "queues"])).trim();
}

const plug = (lab: Lab, number: number): Promise<string> =>
  lab.vsctl(["add-port", "s1", "s1-eth3", "--", "set", "interface", "s1-eth3", `ofport_request=${number}`]);

switchTest(
  "a port that comes back gets its queue again at once, and without it all else is in force",
  async (t, start) => {
    const lab = await start();
    await lab.ofctl("del-flows");
    const { say, held, events } = serve(t, lab, reserving(lab));
    t.true(await held());
    const first = await queues(lab);
    t.truthy(first);
    await lab.vsctl(["del-port", "s1", "s1-eth3"]);
    t.true(await until(() => told(events, "warned").includes("W965")));
    t.regex(await say("deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7) on alice."), /^True/);
    t.true(await until(async () => (await lab.dump()).includes("tp_dst=7 ")));
    await plug(lab, 3);
    t.true(await until(async () => (await queues(lab)) !== undefined));
    t.false(await bobHears(lab, 7));
    t.true(await bobHears(lab, 8));
    // Taken away and put back in one step, and cleared by another program.
    await lab.vsctl(["clear", "port", "s1-eth3", "qos"]);
    t.true(await until(async () => (await queues(lab)) !== undefined));
    // What changes while the queues are confirmed is told as that, and tried again.
    t.regex(told(events, "refused"), /^(?:E989)?$/);
  },
);

switchTest("a server has no queues in user space without their commands, and says so", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const portRates = [2, 3].map((port) => ["s1", port, "100Mb"] as const);
  const policy = BANDWIDTH + factsOf(lab, { portRates });
  const LESS = " nothing is reserved on s1: its datapath runs in user space, and has no queues of ours\n";
  const said = "reserve(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP) = 10Mb on bw.";
  const alone = serveOn(t, lab, { look: 600_000 }, undefined, policy, undefined, "ovs-userspace");
  t.true(await alone.held());
  t.is(await alone.say(said), `True\n admitted, not guaranteed\n id: r1\n${LESS}\n`);
  t.is(
    await alone.say("deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7) on alice."),
    "True\n accepted\n id: r2\n\n",
  );
  t.true(await until(() => told(alone.events, "warned").includes("W953")));
  t.is(await queues(lab), undefined);
  await alone.server.stop();
  let fails = false;
  const runner: Runner = (argv) => (fails && argv.includes("add") ? Promise.resolve("no") : lab.onSwitch(argv));
  const { held, say, events } = serve(t, lab, policy, runner);
  t.true(await held());
  t.false((await say(said)).includes(LESS));
  t.true(await until(async () => (await queues(lab)) !== undefined));
  // A command that fails takes the queues away, and keeps nothing else back.
  fails = true;
  await say("reserve(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=TCP) = 5Mb on bw.");
  t.true(await until(() => told(events, "warned").includes("E969")));
  t.true(await until(async () => (await queues(lab)) === undefined));
  t.true((await say("reserve(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=SCTP) = 5Mb on bw.")).includes(LESS));
  await say("deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7) on alice.");
  t.true(await until(async () => !(await bobHears(lab, 7))));
  t.true(await held());
  t.is(await queues(lab), undefined);
});

switchTest("a number that is another port's by now is told once", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const { held, events } = serve(t, lab, "switch(s1, 1). @p deny(inPort=1, transport=UDP) on rootShare.\n");
  t.true(await held());
  const swapped = [
    "set",
    "interface",
    "s1-eth1",
    "ofport_request=2",
    "--",
    "set",
    "interface",
    "s1-eth2",
    "ofport_request=1",
  ];
  await lab.vsctl(swapped);
  t.true(await until(() => told(events, "warned").includes("W966")));
  const news = events.flatMap((event) => (event.kind === "warned" ? event.diagnostics : []));
  t.deepEqual(
    news.map(({ message }) => message.replace(/`unix:[^`]*`/, "SWITCH")),
    ["port 1 of the switch SWITCH is `s1-eth2` by now, and was `s1-eth1` when a table that names it was sent last"],
  );
  t.false(await bobHears(lab, 7), "Eve is at port 1 now");
});

switchTest("queues that others put at a port keep no later change from the switch", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const { say, held, events } = serve(t, lab, reserving(lab));
  t.true(await held());
  await lab.bottleneck("s1-eth3", 5_000_000);
  const theirs = await lab.vsctl(["get", "port", "s1-eth3", "qos"]);
  t.true(await until(() => told(events, "warned").includes("E964")));
  const reply = await say("deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7) on alice.");
  t.is(reply, "True\n accepted\n id: r1\n\n");
  t.true(await until(async () => !(await bobHears(lab, 7))));
  t.is(await lab.vsctl(["get", "port", "s1-eth3", "qos"]), theirs);
  const more = "reserve(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=TCP) = 1Mb on bw.";
  t.is(
    await say(more),
    "True\n admitted, not guaranteed\n id: r2\n nothing is reserved on s1 at some ports: they cannot be shaped, have queues of others, or are not there\n\n",
  );
  await lab.bottleneck("s1-eth3", undefined);
  t.true(await until(async () => (await queues(lab)) !== undefined));
  t.true(await held());
  t.is(await say(more.replace("TCP", "SCTP")), "True\n accepted, guaranteed\n id: r3\n\n");
  t.deepEqual(told(events, "refused"), "");
});

switchTest("queues of ours that another program changes or destroys are put right at once", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const { held, events } = serve(t, lab, reserving(lab));
  t.true(await held());
  const qos = async (): Promise<string> => (await lab.vsctl(["get", "port", "s1-eth3", "qos"])).trim();
  const queue = async (): Promise<string> => /[1-9]\d*=([-0-9a-f]{36})/.exec((await queues(lab)) ?? "")?.[1] ?? "";
  /** What stands at Bob's port, without the names of rows. */
  const standing = async (): Promise<string> => {
    const [row, one] = [await qos(), await queue()];
    const words = ["get", "qos", row, "type", "other_config", "--", "get", "queue", one, "other_config"];
    // Rows may go between two questions.
    return lab.vsctl(words).catch(() => "none");
  };
  const first = await standing();
  t.regex(first, /^linux-htb\n\{\}\n\{min-rate="10000000"\}\n$/);
  const destroy = ["clear", "port", "s1-eth3", "qos", "--", "destroy", "qos"];
  for (const change of [
    ["set", "qos", await qos(), "type=linux-hfsc"],
    ["set", "qos", await qos(), "other_config:max-rate=7000000"],
    ["set", "queue", await queue(), "other_config:min-rate=5"],
    ["clear", "qos", await qos(), "queues"],
    [...destroy, await qos()],
  ]) {
    await lab.vsctl(["--", ...change]);
    t.true(await until(async () => (await standing()) === first), change.join(" "));
  }
  t.regex(told(events, "refused"), /^(?:E989,?)*$/);
});

switchTest(
  "a bridge whose fail_mode others change, and a meter that they delete, are put right at once",
  async (t, start) => {
    const lab = await start();
    await lab.ofctl("del-flows");
    const { say, held, events } = serve(t, lab, factsOf(lab));
    t.true(await held());
    t.regex(await say("deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7) on alice."), /^True/);
    t.regex(await say("limit(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=9) = 1Mb on alice."), /^True/);
    const isWhole = async (): Promise<boolean> => {
      const [entries, meters] = [await lab.dump(), await lab.ofctl("dump-meters")];
      return /tp_dst=7 /.test(entries) && /meter:/.test(entries) && /rate=1000 /.test(meters);
    };
    t.true(await until(isWhole));
    // Each empties the tables; a bridge that is not secure then has an entry of its own, which switches everything.
    for (const change of [
      () => lab.vsctl(["set-fail-mode", "s1", "standalone"]),
      () => lab.vsctl(["set-fail-mode", "s1", "secure"]),
      () => lab.ofctl("del-meters"),
    ]) {
      await change();
      t.true(await until(async () => (await isWhole()) && !(await bobHears(lab, 7))));
      t.true(await bobHears(lab, 8));
      t.notRegex(await lab.dump(), /cookie=0x0,/);
    }
    t.true(told(events, "warned").includes("W951"));
  },
);

switchTest("VLANs that come to a port are told at once, and keep no later deny from the switch", async (t, start) => {
  const lab = await start({ switches: ["s1", "s2"] });
  await lab.ofctl("del-flows");
  const { say, held, events } = serve(t, lab, factsOf(lab));
  t.true(await held());
  await lab.vsctl(["set", "port", "s1-eth1", "tag=10"]);
  t.true(await until(() => told(events, "opened").includes("E992")));
  const reply = await say("deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7) on alice.");
  t.regex(
    reply,
    /^True\n accepted\n id: r1\n not alone in force on s1: what is denied, led, limited or reserved may pass there as if it were not, by entries /,
  );
  t.true(await until(async () => !(await bobHears(lab, 7))));
  t.true(await bobHears(lab, 8));
  await lab.vsctl(["clear", "port", "s1-eth1", "tag"]);
  t.true(await until(() => events.some((event) => event.kind === "over" && event.trouble === "opened")));
});

switchTest("a database that is away keeps no later change from the switch", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const path = `${lab.directory}/other.sock`;
  symlinkSync(lab.db.slice("unix:".length), path);
  const apply = { database: `unix:${path}`, runFilter: lab.onSwitch };
  const more = { look: 600_000, apply };
  const { say, held, events } = serveOn(t, lab, more, undefined, reserving(lab), undefined, "ovs-userspace");
  t.true(await held());
  rmSync(path);
  t.regex(await say("deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7) on alice."), /^True/);
  t.true(await until(async () => (await lab.dump()).includes("tp_dst=7 ")));
  // A meter takes a reading of all that stands there.
  t.regex(await say("limit(srcHost=10.0.0.2, dstHost=10.0.0.4) = 5Mb on alice."), /^True/);
  t.true(await until(async () => (await lab.dump()).includes("meter:")));
  t.regex(await say("deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=8) on alice."), /^True/);
  t.true(await until(async () => (await lab.dump()).includes("tp_dst=8 ")));
  t.regex(told(events, "warned"), /E960/);
  t.is(
    await say("reserve(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=TCP) = 1Mb on bw."),
    "True\n admitted, not guaranteed\n id: r4\n nothing is reserved on s1: its database, which makes queues, is not reached or refuses them\n\n",
  );
  t.deepEqual(told(events, "refused"), "");
});
