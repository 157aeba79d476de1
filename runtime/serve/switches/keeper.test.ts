/** A real switch on which others write, too, or that is away: what a server goes on to do, and what it says of that. */
import test, { type ExecutionContext } from "ava";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { factsOf, type Lab } from "../../lab/lab.ts";
import { must } from "../../process/command.ts";
import { sendFrames } from "../../lab/frames.ts";
import { switchTest } from "../../lab/test.ts";
import { until } from "../../lab/until.ts";
import { parseTarget, type SwitchTarget } from "../../session/index.ts";
import type { KeeperEvent } from "./events.ts";
import { Keeper } from "./keeper.ts";
import { replyText } from "../reply.ts";
import { Server } from "../server.ts";
import type { HeldSwitch } from "./options.ts";
import { MemoryJournal, networkOf } from "../testing/server.ts";
import { Troubles } from "./troubles.ts";
import { Tokens } from "../tokens.ts";
import { bobHears, datagramOfEve, SHARES, serveOn, type Serving } from "../testing/on-switch.ts";

/** It looks at its switch five times a second. */
const serve = (t: ExecutionContext, lab: Lab, more: Partial<HeldSwitch> = {}): Serving =>
  serveOn(t, lab, { look: 200, ...more });

const kinds = (events: readonly KeeperEvent[]): readonly string[] => events.map(({ kind }) => kind);

switchTest("an entry of others that lets on what is denied keeps no later change from the switch", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const { say, held, events, server } = serve(t, lab);
  t.true(await held());
  t.regex(await say("@one deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7) on alice."), /^True/);
  t.true(await until(async () => !(await bobHears(lab, 7))));
  await lab.ofctl("add-flow", ["priority=65000,udp,tp_dst=7,actions=NORMAL"]);
  t.true(await until(() => server.switches.opened === 1));
  const reply = await say("@two deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=8) on alice.");
  t.is(reply, "True\n accepted\n id: two\n\n", "nothing stands over this one");
  t.true(await until(async () => !(await bobHears(lab, 8))), "what is asked later is in force");
  t.true(await bobHears(lab, 7), "the entry of others does what it says");
  t.true(await held());
  // Several readings later there was still one word of it, and ours is put back each time.
  for (let readings = 0; readings < 3; readings++) {
    const before = events.length;
    await lab.ofctl("del-flows", ["udp,tp_dst=8"]);
    t.true(await until(() => kinds(events).slice(before).includes("applied")));
  }
  t.is(kinds(events).filter((kind) => kind === "opened").length, 1);
  await lab.ofctl("del-flows", ["udp,tp_dst=7"]);
  t.true(await until(() => kinds(events).includes("over")));
  t.true(await until(async () => !(await bobHears(lab, 7))));
  t.is(server.switches.opened, 0);
  t.notRegex(await say("Cancel two."), /alone/);
});

switchTest("a change of which too much waited comes to the switch by reading it back", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const { say, held, events, network } = serve(t, lab, { look: 60_000 });
  t.true(await held());
  t.true(await bobHears(lab, 7));
  const { tables } = network;
  const take = tables.take.bind(tables);
  // As if 65,536 flow-mods had waited (`live.test.ts`), once.
  tables.take = (name, now) => {
    tables.take = take;
    take(name, now);
    return { stages: [], resources: false, tooMuch: true };
  };
  const before = events.length;
  t.regex(await say("deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7) on alice."), /^True/);
  t.true(await until(async () => !(await bobHears(lab, 7))));
  t.true(await held());
  t.deepEqual(kinds(events).slice(before), ["applied"]);
  t.regex(await say("deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=8) on alice."), /^True/);
  t.true(await until(async () => !(await bobHears(lab, 8))));
  t.deepEqual(kinds(events).slice(before), ["applied", "changed"]);
});

switchTest("a change that is sent without reading back leaves nothing cached of the table before", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const { say, held, events } = serve(t, lab, { look: 60_000 });
  t.true(await held());
  const control = `${lab.directory}/ovs-vswitchd.ctl`;
  const cached = async (): Promise<boolean> => {
    const flows = await must(["ovs-appctl", "-t", control, "dpctl/dump-flows"], {
      env: { OVS_RUNDIR: lab.directory },
    });
    return flows.includes("src=00:00:00:00:00:03,dst=00:00:00:00:00:04");
  };
  await sendFrames(
    lab.hosts.find(({ name }) => name === "eve")!,
    [datagramOfEve(7)],
  );
  t.true(await until(cached));
  t.regex(await say("deny(srcHost=10.0.0.9, dstHost=10.0.0.4, transport=TCP) on alice."), /^True/);
  t.true(await until(() => kinds(events).includes("changed")), kinds(events).join());
  t.false(await cached());
});

switchTest("an entry of others in the place of one of ours stays, and the rest is kept right", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  await lab.ofctl("add-flow", ["priority=0,actions=NORMAL"]);
  const { say, held, events } = serve(t, lab);
  // A new bridge has an entry that switches everything, where our default goes.
  t.true(await held());
  const codes = events.flatMap((one) => (one.kind === "opened" ? one.diagnostics.map(({ code }) => code) : []));
  t.is(codes[0], "E958");
  t.regex(await say("deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=8) on alice."), /^True/);
  t.true(await until(async () => !(await bobHears(lab, 8))));
  t.true(await bobHears(lab, 9));
  t.regex(await lab.dump(), /^ *(?:cookie=0x0, )?priority=0 actions=NORMAL$/m);
  t.is(kinds(events).filter((kind) => kind === "opened").length, 1);
});

switchTest("a switch whose keeper met a fault of ours does not count as held", async (t, start) => {
  const lab = await start();
  const since = Math.floor(Date.now() / 1000);
  const { tables } = networkOf(SHARES + factsOf(lab), since);
  const table = tables.tables(since).get(lab.switches[0]!.name)!;
  const keeper = new Keeper({
    target: parseTarget(lab.mgmt) as SwitchTarget,
    apply: { takeOver: true, database: lab.db },
    wanted: () => Promise.resolve({ table, statements: new Map(), since }),
    change: () => Promise.reject(new Error("injected")),
    clock: () => Date.now() / 1000,
    report: () => undefined,
  });
  const running = keeper.run();
  t.true(await until(() => keeper.isHeld));
  keeper.changed();
  await t.throwsAsync(running, { message: "injected" });
  t.false(keeper.isHeld);
});

test("what is accepted while no switch is reached says so, and the switch is told once", async (t) => {
  const events: string[] = [];
  const server = new Server({
    network: networkOf(`${SHARES}host(10.0.0.4, "00:00:00:00:00:04").\n`, Math.floor(Date.now() / 1000)),
    journal: new MemoryJournal(),
    tokens: new Tokens(),
    switches: [{ name: "", target: { kind: "unix", path: "/nowhere/s1.mgmt" }, apply: {} }],
    clock: () => Date.now(),
    report: (name, { kind }) => void events.push(`${name} ${kind}`),
    faulty: () => t.fail(),
  });
  const seen: string[] = [];
  server.watchSwitches((name, { kind }) => void seen.push(`${name} ${kind}`));
  server.start();
  t.teardown(() => server.stop());
  t.true(await until(() => events.length > 0));
  const said = await server.service.say({ text: "@one deny(dstHost=10.0.0.4) on alice.", by: "Alice", via: "unix" });
  t.is(replyText(said), "True\n accepted\n id: one\n not yet in force on the switch: it is not reached\n\n");
  t.deepEqual(events, ["unix:/nowhere/s1.mgmt away"]);
  t.deepEqual(seen, ["the switch away"], "clients read one name of it, in answers and in events");
});

test("a trouble is told when it begins and when it is over, with the number of times", (t) => {
  let now = 0;
  const troubles = new Troubles<"refused">(() => now);
  const fault = (message: string): readonly Diagnostic[] => [{ code: "E994", severity: "error", message, related: [] }];
  t.deepEqual(
    ["a", "a", "a", "b", "a"].map((message) => troubles.met("refused", fault(message))),
    [true, false, false, false, false],
  );
  now = 70_000;
  t.true(troubles.met("refused", fault("b")), "other words are told a minute later");
  t.deepEqual(troubles.over("refused"), { times: 6, seconds: 70 });
  t.is(troubles.over("refused"), undefined);
});

switchTest("a deny that another program takes away is back at once, where the switch tells of it", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const { say, held, events } = serve(t, lab, { look: 600_000 });
  t.true(await held());
  t.regex(await say("@one deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7) on alice."), /^True/);
  t.true(await held());
  await lab.ofctl("del-flows", ["udp,tp_dst=7"]);
  t.true(await until(async () => (await lab.dump()).includes("tp_dst=7 ")));
  t.false(await bobHears(lab, 7));
  await lab.ofctl("add-flow", ["priority=65000,udp,tp_dst=7,actions=NORMAL"]);
  t.true(await until(() => kinds(events).includes("opened")));
  await lab.ofctl("del-flows", ["udp,tp_dst=7"]);
  t.true(await until(() => kinds(events).includes("over")));
  t.true(await until(async () => !(await bobHears(lab, 7))));
});

switchTest(
  "what is said or begins is judged at once by the entries of others that were harmless before",
  async (t, start) => {
    const lab = await start();
    await lab.ofctl("del-flows");
    // How quickly the switch answers is in no answer here.
    const { say, held, events, server } = serve(t, lab, { look: 600_000, silent: 600_000 });
    t.true(await held());
    const deny = (name: string, port: number, when = ""): string =>
      `@${name} deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=${port}) on alice${when}.`;
    const opened = (): number => server.switches.opened;
    const ALONE =
      /\n not alone in force on s1: what is denied, led, limited or reserved may pass there as if it were not, by entries or settings of others/;
    // What Eve sends as Eve: the guard drops nothing of it.
    const theirs = "priority=65000,in_port=2,dl_src=00:00:00:00:00:03,udp,nw_src=10.0.0.3";
    await lab.ofctl("add-flow", [`${theirs},tp_dst=7,actions=NORMAL`]);
    t.true(await until(() => kinds(events).includes("warned")));
    t.notRegex(await say(deny("other", 8)), /alone/);
    t.is(opened(), 0);
    // Its own answer says so, and whoever asks whether the server is ready.
    t.regex(await say(deny("one", 7)), ALONE);
    t.is(opened(), 1);
    t.regex(server.unready.join("\n"), /what is denied, led, limited or reserved may pass there as if it were not/);
    const told = events.flatMap((one) => (one.kind === "opened" ? one.diagnostics : []));
    t.deepEqual(
      told.map(({ code }) => code),
      ["E994"],
    );
    t.regex(told[0]!.help!, /which `Alice:one` denies/);
    t.true(await held());
    t.true(await bobHears(lab, 7), "what is denied passes");
    t.notRegex(await say("Cancel one."), /alone/);
    t.is(opened(), 0);
    // What begins and ends by itself.
    const isOver = ({ kind, ...one }: KeeperEvent): boolean =>
      kind === "over" && "trouble" in one && one.trouble === "opened";
    const overs = (): number => events.filter(isOver).length;
    t.is(overs(), 1);
    // It takes what is limited past the limit, too.
    t.regex(await say(deny("slow", 7).replace("deny", "limit").replace(" on", " = 5Mb on")), ALONE);
    t.is(opened(), 1);
    t.notRegex(await say("Cancel slow."), /alone/);
    t.is(opened(), 0);
    t.is(overs(), 2);
    t.notRegex(await say(deny("later", 7, " from +1s to +5s")), /alone/);
    t.true(await until(() => overs() === 3), kinds(events).join());
    t.is(kinds(events).filter((kind) => kind === "opened").length, 3, "and it was told when it began");
    // An entry of others in the place that one of ours is to have is not overwritten.
    t.true(await held());
    const [, place] = /cookie=0x\w+, ((?:table=\d+, )?priority=\d+,udp,\S*tp_dst=8) /.exec(await lab.dump())!;
    t.notRegex(await say("Cancel other."), /alone/);
    t.true(await held());
    await lab.ofctl("del-flows", [theirs.slice("priority=65000,".length)]);
    t.true(await until(() => events.some((one) => one.kind === "over" && one.trouble === "warned")), "W950 is over");
    const before = events.length;
    await lab.ofctl("add-flow", [`${place!.replace(" ", "")},actions=NORMAL`]);
    t.true(await until(() => kinds(events).slice(before).includes("warned")), kinds(events).join());
    t.regex(await say(deny("other", 8)), ALONE);
    t.true(await held());
    t.true((await lab.dump()).includes(`${place} actions=NORMAL`), "it is as others left it");
    t.true(await bobHears(lab, 8), "what stands in the place passes");
  },
);

switchTest("what others say under an entry of others changes no byte of a speaker's answers", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const shares = `AddUser Eve. AddUser Two.
NewShare eve for (srcHost=10.0.0.3) [deny = True] on rootShare.
Grant eve to Eve.
NewShare two for (dstHost=10.0.0.4) [deny = True] on rootShare.
Grant two to Two.
`;
  // How quickly the switch answers is in no answer here.
  const slow = { look: 600_000, silent: 600_000 };
  const { say, held, events, server } = serveOn(t, lab, slow, undefined, shares + factsOf(lab));
  const sayAs = async (by: string, text: string): Promise<string> =>
    replyText(await server.service.say({ text, by, via: "unix" }));
  t.true(await held());
  await lab.ofctl("add-flow", ["priority=65000,in_port=2,dl_src=00:00:00:00:00:03,udp,nw_src=10.0.0.3,actions=NORMAL"]);
  t.true(await until(() => kinds(events).includes("warned")));
  const said = [
    "@one deny(dstPort=7, transport=TCP, dstHost=10.0.0.4) on alice.",
    "@rate limit(srcHost=10.0.0.2, dstHost=10.0.0.4) = 5Mb on alice.",
    "Cancel rate.",
    "begin. Cancel one. @one deny(dstPort=9, transport=TCP, dstHost=10.0.0.4) on alice. commit.",
    "Cancel one.",
    // An entry of others lets on some of this past its meter.
    "@slow limit(srcHost=10.0.0.3, dstHost=10.0.0.4) = 5Mb on alice.",
    "Cancel slow.",
    // Of these two an entry of others lets on some, whoever else denies them.
    "@two deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP) on alice.",
    "begin. @three deny(srcHost=10.0.0.2, dstHost=10.0.0.4) on alice. @four deny(transport=UDP, dstHost=10.0.0.4) on alice. commit.",
    "begin. Cancel two. Cancel three. Cancel four. commit.",
  ];
  const world = async (): Promise<readonly string[]> => {
    const heard: string[] = [];
    for (const text of said) heard.push(await say(text));
    return heard;
  };
  const silent = await world();
  t.deepEqual(
    silent.map((reply) => reply.startsWith("True") && /alone/.test(reply)),
    [false, false, false, false, false, true, false, true, true, false],
  );
  t.is(server.switches.opened, 0);
  t.regex(await sayAs("Eve", "@hers deny(srcHost=10.0.0.3, transport=UDP) on eve."), /alone/);
  t.regex(await sayAs("Two", "@all deny(dstHost=10.0.0.4, transport=UDP) on two."), /alone/);
  t.is(server.switches.opened, 1);
  t.deepEqual(await world(), silent);
  await sayAs("Two", "Cancel all.");
  t.deepEqual(await world(), silent);
  t.notRegex(await sayAs("Eve", "Cancel hers."), /alone/);
  t.is(server.switches.opened, 0);
});
