/**
 * A bridge whose settings others change while a server without `--take-over` holds it. Frames say what passes: nothing that
 * is denied while the server calls itself ready, and where it does not, it says why.
 */
import type { ExecutionContext } from "ava";
import { factsOf, type Lab } from "../../lab/lab.ts";
import { switchTest } from "../../lab/test.ts";
import { startProbe } from "../../lab/testing/probe.ts";
import { until } from "../../lab/until.ts";
import { bobHears, serveOn, type Serving } from "../testing/on-switch.ts";
import type { HeldSwitch } from "./options.ts";

const DENY = "@x deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7) on rootShare.\n";
/** What a spoof guard and a default would deny at the place of the entry with which a bridge begins. */
const CLOSED = "@y deny(ethType=0x88b5) on rootShare.\n";
const OPENED =
  "1 of 1 switch: what is denied, led, limited or reserved may pass there as if it were not, by entries or settings of others or for want of ours";

/** A server that holds a bridge that is not secure and had no entries. It looks at it once in ten minutes. */
async function hold(t: ExecutionContext, lab: Lab, apply: Partial<HeldSwitch["apply"]> = {}): Promise<Serving> {
  await lab.vsctl(["set-fail-mode", "s1", "standalone"]);
  await lab.ofctl("del-flows");
  const more = { look: 600_000, apply: { database: lab.db, ...apply } };
  const serving = serveOn(t, lab, more, undefined, factsOf(lab) + DENY + CLOSED);
  t.true(await serving.held());
  t.deepEqual(serving.server.unready, []);
  return serving;
}

/** The codes of what is told of a kind from an event on. */
const codesOf = ({ events }: Serving, kind: string, from = 0): string =>
  events
    .slice(from)
    .flatMap((event) => (event.kind === kind && "diagnostics" in event ? event.diagnostics : []))
    .map(({ code }) => code)
    .join();

switchTest("a bridge that is not secure gets its whole table back after each restart", async (t, start) => {
  const lab = await start();
  const { server, events } = await hold(t, lab);
  const denied = await startProbe(t, lab, "eve", "bob", { port: 7 });
  for (let restarts = 0; restarts < 3; restarts++) {
    await lab.restart();
    t.true(await until(() => server.unready.length === 0, { interval: 1 }));
    const from = await denied.count();
    t.true(await until(async () => (await denied.count()).sent > from.sent + 100));
    t.is((await denied.count()).arrived, from.arrived, "nothing that is denied passes once the server is ready");
    t.notRegex(await lab.dump(), /^ *(?:cookie=0x0, )?priority=0 actions=NORMAL$/m);
  }
  t.false(events.some(({ kind }) => kind === "opened"));
});

switchTest("a fail_mode that others change leaves no entry of the switch's own in our place", async (t, start) => {
  const lab = await start();
  const { server } = await hold(t, lab);
  for (const mode of ["secure", "standalone"]) {
    await lab.vsctl(["set-fail-mode", "s1", mode]);
    t.true(await until(async () => (await lab.dump()).includes("tp_dst=7 ")));
    t.true(await until(() => server.unready.length === 0));
    t.false(await bobHears(lab, 7));
    t.true(await bobHears(lab, 8));
    t.notRegex(await lab.dump(), /^ *(?:cookie=0x0, )?priority=0 actions=NORMAL$/m);
  }
});

switchTest(
  "a bridge that gets a controller has its table after a restart, too, and counts as open",
  async (t, start) => {
    const lab = await start();
    const serving = await hold(t, lab);
    const { server, events } = serving;
    // Nobody is there: after a while the switch has a hidden entry that switches everything.
    await lab.vsctl(["set-controller", "s1", "tcp:127.0.0.1:6999"]);
    t.true(await until(() => server.unready.includes(OPENED)));
    t.is(codesOf(serving, "opened"), "E990");
    const before = events.length;
    await lab.restart();
    t.true(await until(async () => (await lab.dump()).includes("tp_dst=7 ")));
    t.true(await until(() => server.unready.includes(OPENED)));
    t.is(codesOf(serving, "refused", before), "");
    await lab.vsctl(["del-controller", "s1"]);
    t.true(await until(() => server.unready.length === 0));
    t.false(await bobHears(lab, 7));
  },
);

switchTest("in-band control that others switch on counts as open until it is off", async (t, start) => {
  const lab = await start();
  const serving = await hold(t, lab);
  const { server } = serving;
  const controller = ["set-fail-mode", "s1", "secure", "--", "set-controller", "s1", "tcp:127.0.0.1:6999"];
  await lab.vsctl([...controller, "--", "remove", "bridge", "s1", "other_config", "disable-in-band"]);
  t.true(await until(() => server.unready.includes(OPENED)));
  t.is(codesOf(serving, "opened"), "E991");
  // Both a first controller and a restart take the entries away.
  for (const isOver of [() => Promise.resolve(), () => lab.restart()]) {
    await isOver();
    t.true(await until(async () => (await lab.dump()).includes("tp_dst=7 ")));
    t.true(await until(() => server.unready.includes(OPENED)));
    t.false(await bobHears(lab, 7));
    t.true(await bobHears(lab, 8));
  }
  t.is(codesOf(serving, "refused"), "");
  await lab.vsctl(["set", "bridge", "s1", "other-config:disable-in-band=true"]);
  t.true(await until(() => server.unready.length === 0));
  t.true(await bobHears(lab, 8));
});

switchTest("a bridge that speaks no OpenFlow 1.3 any more is not ready, and is once it does", async (t, start) => {
  const lab = await start();
  const serving = await hold(t, lab);
  await lab.vsctl(["set", "bridge", "s1", "protocols=OpenFlow10,OpenFlow14"]);
  t.true(await until(() => codesOf(serving, "away").includes("E952")));
  t.deepEqual(serving.server.unready, ["1 of 1 switch: it is not reached"]);
  t.false(await bobHears(lab, 7), "it keeps its table");
  await lab.vsctl(["set", "bridge", "s1", "protocols=OpenFlow10,OpenFlow13"]);
  t.true(await until(() => serving.server.unready.length === 0));
});

switchTest("a bridge that is made anew gets the table; one with another datapath id does not", async (t, start) => {
  const lab = await start();
  const [{ name, dpid }] = lab.switches as [Lab["switches"][0]];
  const switches = new Map([[name, { name, dpid, span: undefined }]]);
  const serving = await hold(t, lab, { intended: { name, switches } as never });
  const { server } = serving;
  const make = (id: string): Promise<string> => {
    const ports = lab.switches[0]!.ports.flatMap((port) =>
      `-- add-port s1 ${port.name} -- set interface ${port.name} ofport_request=${port.number}`.split(" "),
    );
    const bridge = `add-br s1 -- set bridge s1 datapath_type=netdev other-config:datapath-id=${id}`.split(" ");
    return lab.vsctl([...bridge, ...ports]);
  };
  for (const id of [dpid, "00000000000000aa", dpid]) {
    await lab.vsctl(["del-br", "s1"]);
    t.true(await until(() => server.unready.length > 0));
    await make(id);
    if (id === dpid) {
      t.true(await until(() => server.unready.length === 0));
      t.false(await bobHears(lab, 7));
      t.true(await bobHears(lab, 8));
    } else {
      t.true(await until(() => codesOf(serving, "refused") === "E980"));
      t.deepEqual(server.unready, ["1 of 1 switch: it does not take the table"]);
    }
  }
  // Changed in place, what stands there stays.
  await lab.vsctl(["set", "bridge", "s1", "other-config:datapath-id=00000000000000aa"]);
  t.true(await until(() => codesOf(serving, "refused") === "E980,E980"));
  t.deepEqual(server.unready, ["1 of 1 switch: it does not take the table"]);
  t.false(await bobHears(lab, 7));
});

switchTest(
  "a table that gives up entries with an end for those of others counts as open until it does not",
  async (t, start) => {
    const lab = await start();
    const serving = await hold(t, lab);
    const { server, say } = serving;
    t.regex(
      await say("deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=9) on alice from now to +600s."),
      /^True/,
    );
    t.true(await until(async () => (await lab.dump()).includes("tp_dst=9 ")));
    const limited = ["--", "--id=@f", "create", "flow_table", "flow_limit=100", "overflow_policy=evict"];
    await lab.vsctl([...limited, "--", "set", "bridge", "s1", "flow_tables:1=@f"]);
    t.true(await until(() => server.unready.includes(OPENED)));
    t.is(codesOf(serving, "opened"), "E999");
    t.regex(
      await say("deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=10) on alice from now to +900s."),
      /^True\n accepted\n id: r2\n not alone in force on s1: /,
    );
    await lab.vsctl(["clear", "bridge", "s1", "flow_tables"]);
    t.true(await until(() => server.unready.length === 0));
    for (const port of [7, 9, 10]) t.false(await bobHears(lab, port), `${port}`);
    // Too full for all, it gives up one for another: the table fails, and what is denied passes all the while.
    const full = (await lab.dump()).split("\n").filter((line) => line.includes("table=1,")).length;
    const most = ["--", "--id=@f", "create", "flow_table", `flow_limit=${full - 1}`, "overflow_policy=evict"];
    await lab.vsctl([...most, "--", "set", "bridge", "s1", "flow_tables:1=@f"]);
    t.true(await until(() => codesOf(serving, "refused").includes("E959")));
    t.is(server.switches.opened, 1);
    t.true(server.unready.includes(OPENED));
    const [fault] = serving.events.flatMap((one) => (one.kind === "refused" ? one.diagnostics : []));
    t.regex(fault!.help!, /^the server applies again by itself: it reads what the switch holds/);
    await lab.vsctl(["clear", "bridge", "s1", "flow_tables"]);
    t.true(await until(() => server.unready.length === 0));
    t.is(server.switches.opened, 0);
    for (const port of [7, 9, 10]) t.false(await bobHears(lab, port), `${port}`);
  },
);

switchTest("a bridge that gives up entries with an end is not taken, even before one has an end", async (t, start) => {
  const lab = await start();
  const row = ["--id=@f", "create", "flow_table", "flow_limit=100", "overflow_policy=evict"];
  await lab.vsctl(["--", ...row, "--", "set", "bridge", "s1", "flow_tables:0=@f"]);
  await lab.ofctl("del-flows");
  const serving = serveOn(t, lab);
  const { server, events, held } = serving;
  t.true(await until(() => server.unready.includes("1 of 1 switch: it does not take the table")));
  t.is(codesOf(serving, "refused"), "E999");
  const [help] = events.flatMap((event) => (event.kind === "refused" ? [event.diagnostics[0]!.help] : []));
  t.is(help, "`ovs-vsctl clear bridge s1 flow_tables`: without it a table has no limit of this kind");
  await lab.vsctl(["clear", "bridge", "s1", "flow_tables"]);
  t.true(await held());
});
