/** The checks of a bridge before it is changed, on a real switch and with real frames. */
import test from "ava";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Entry, Instruction, OutputPort, Queue, Table } from "../../compiler/table/entry.ts";
import { exact, sortEntries } from "../../compiler/table/match.ts";
import { ethernet, ipv4, sendFrames } from "../lab/frames.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { NO_SETTINGS, type Bridge } from "../ovsdb/index.ts";
import { parseTarget, Session, type SwitchTarget } from "../session/index.ts";
import { bridgeOf } from "./bridge-checks.ts";
import { apply, type ApplyResult, type Failed } from "./index.ts";
import { FakeSwitch } from "./testing/switch.ts";

const send = (port: OutputPort): readonly Instruction[] => [{ kind: "apply", actions: [{ kind: "output", port }] }];
const entryOf = (statement: string, instructions: readonly Instruction[], priority = 0): Entry => ({
  table: 0,
  priority,
  match: [],
  instructions,
  cookie: cookieOf(statement),
  hardTimeout: 0,
  idleTimeout: 0,
});
const table = (...entries: Entry[]): Table => ({ entries: sortEntries(entries) });
const closed = table(entryOf("deny everything", []));

const words = (result: ApplyResult): readonly string[] =>
  result.diagnostics.map(({ code, message }) => `${code} ${message.replaceAll(/`unix:[^`]*`/g, "SWITCH")}`);

/** Runs the commands that a refusal advises, to the letter and in their order. */
async function follow(lab: Lab, result: ApplyResult): Promise<void> {
  const helps = result.diagnostics.map(({ help = "" }) => help).join("\n");
  for (const [, command] of helps.matchAll(/`ovs-vsctl ([^`]*)`/g)) await lab.vsctl(command!.split(" "));
}

const [eve, bob] = ["00:00:00:00:00:03", "00:00:00:00:00:04"];
/** The first segment of a connection, from 10.0.0.3 or another address. */
const syn = (port: number, src = "10.0.0.3"): Uint8Array => {
  const tcp = [0x30, 0x39, port >> 8, port & 255, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 4, 0, 0, 0, 0, 0];
  return ethernet({ src: eve, dst: bob }, 0x0800, ipv4(src, "10.0.0.4", 6, tcp));
};

/** Whether frames of a host reach another host in the end. Hidden entries have no counters to wait for. */
async function arrives(lab: Lab, from: string, frame: Uint8Array, to: string): Promise<boolean> {
  const sender = lab.hosts.find(({ name }) => name === from)!;
  const before = (await lab.counters(to)).received;
  return until(
    async () => {
      await sendFrames(sender, [frame]);
      return (await lab.counters(to)).received > before;
    },
    { interval: 200 },
  );
}

switchTest("a standalone bridge whose controller is away is refused, or made secure first", async (t, start) => {
  const lab = await start();
  const frame = syn(22);
  await lab.vsctl(
    [
      "--",
      "--id=@c",
      "create",
      "controller",
      'target="tcp:192.0.2.1:1"',
      "connection_mode=out-of-band",
      "inactivity_probe=1000",
      "--",
      "set",
      "bridge",
      "s1",
      "controller=@c",
      "fail_mode=standalone",
    ].flatMap((word) => word),
  );
  // The controller does not answer. After a while Open vSwitch switches everything, above the entry that denies it.
  await lab.ofctl("add-flow", ["priority=65535,actions=drop"]);
  t.true(await arrives(lab, "eve", frame, "bob"), "what the refusal is about");
  await lab.ofctl("del-flows");

  const refused = await apply(lab.mgmt, closed);
  t.deepEqual(words(refused), [
    "E990 the bridge `s1` has a controller and no fail_mode=secure: while `tcp:192.0.2.1:1` is away, it switches everything",
  ]);
  t.is((refused as Failed).state, "unchanged");
  t.regex(refused.diagnostics[0]!.help ?? "", /^apply with --secure, .*set alone, it empties the tables$/);
  t.is((await apply(lab.mgmt, closed, { dryRun: true })).outcome, "failed", "and it is said before");

  const done = await apply(lab.mgmt, closed, { secure: true });
  t.deepEqual([done.outcome, ...words(done)], ["applied"]);
  t.deepEqual(await lab.frame("eve", frame), []);
  t.regex(await lab.dump(), /actions=drop/);
});

switchTest("entries that let everybody reach a controller are refused with what ends them", async (t, start) => {
  const lab = await start();
  await lab.vsctl(["remove", "bridge", "s1", "other-config", "disable-in-band"]);
  const others = async (): Promise<string> =>
    (await lab.trace("in_port=2,tcp,nw_src=10.0.0.3,nw_dst=10.0.0.4,tp_dst=22")).actions;
  for (const [what, peer] of [
    ["a controller", ["set-controller", "s1", "tcp:10.0.0.4:6653"]],
    ["a manager", ["set-manager", "tcp:10.0.0.4:6653"]],
  ] as const) {
    await lab.vsctl(peer);
    // A bridge that gets its first controller loses its entries at that moment.
    await lab.ofctl("add-flow", ["priority=7,actions=drop"]);
    const before = await lab.dump();
    t.true(await arrives(lab, "eve", syn(6653), "bob"), `${what}: anyone reaches its address, though all is denied`);
    t.is(await others(), "drop");
    const refused = await apply(lab.mgmt, closed);
    t.deepEqual(words(refused), [
      "E991 hidden entries of the bridge `s1` let everybody reach the address of `tcp:10.0.0.4:6653`, and speak from it",
    ]);
    t.is((refused as Failed).state, "unchanged");
    await follow(lab, refused);
    t.is(await lab.dump(), before, "what is advised leaves the entries as they are");
    t.deepEqual(words(await apply(lab.mgmt, closed, { takeOver: true })), []);
    t.deepEqual(await lab.frame("eve", syn(6653)), []);
    await lab.vsctl(["del-controller", "s1", "--", "del-manager"]);
    await lab.vsctl(["remove", "bridge", "s1", "other-config", "disable-in-band"]);
  }
  for (const harmless of [
    ["set-controller", "s1", "unix:nowhere"],
    ["set-controller", "s1", "ptcp:6653"],
    ["set-controller", "s1", "tcp:10.0.0.4:6653", "--", "set", "controller", "s1", "connection_mode=out-of-band"],
  ]) {
    await lab.vsctl(harmless);
    t.deepEqual(words(await apply(lab.mgmt, closed)), [], harmless.join(" "));
  }
});

switchTest("with both faults the advice works in its order, and the bridge is never left empty", async (t, start) => {
  const lab = await start();
  await lab.vsctl(["remove", "bridge", "s1", "other-config", "disable-in-band"]);
  await lab.vsctl(["set-fail-mode", "s1", "standalone", "--", "set-controller", "s1", "tcp:10.0.0.4:6653"]);
  const refused = await apply(lab.mgmt, closed, { takeOver: true });
  t.deepEqual(
    refused.diagnostics.map(({ code }) => code),
    ["E991", "E990"],
  );
  await follow(lab, refused);
  const done = await apply(lab.mgmt, closed, { takeOver: true, secure: true });
  t.deepEqual([done.outcome, ...words(done)], ["applied"]);
  t.regex(await lab.dump(), /actions=drop/);
  t.deepEqual(await lab.frame("eve", syn(6653)), []);
});

switchTest("ports with VLANs are not joined by a table that names ports", async (t, start) => {
  const lab = await start();
  await lab.vsctl(["set", "port", "s1-eth2", "tag=10", "--", "set", "port", "s1-eth3", "tag=20"]);
  const normal = table(entryOf("allow", send("NORMAL")));
  t.deepEqual(words(await apply(lab.mgmt, normal)), []);
  t.deepEqual(await lab.frame("eve", syn(22)), ["alice"], "bob is held apart by the switch's own forwarding");
  await lab.ofctl("add-flow", ["priority=9,actions=ALL"]);
  t.deepEqual(await lab.frame("eve", syn(22)), ["alice", "bob"], "what the refusal is about");
  await lab.ofctl("del-flows", ["cookie=0/-1"]);
  for (const port of ["ALL", "FLOOD", 3] as const) {
    const refused = await apply(lab.mgmt, table(entryOf("allow", send(port))));
    t.deepEqual(words(refused), [
      "E992 the bridge `s1` holds ports apart (s1-eth2: tag=10, s1-eth3: tag=20), and a table that sends by port numbers joins them",
    ]);
    t.is((refused as Failed).state, "unchanged");
    // A waypoint of one switch asks for such entries, too.
    t.regex(refused.diagnostics[0]!.help!, /without `link` facts, waypoints and avoids/);
  }
  for (const setting of ["trunks=10", "vlan_mode=native-untagged", "protected=true"]) {
    await lab.vsctl(["clear", "port", "s1-eth2", "tag", "--", "clear", "port", "s1-eth3", "tag"]);
    await lab.vsctl(["set", "port", "s1-eth3", setting]);
    t.true(words(await apply(lab.mgmt, table(entryOf("allow", send("ALL")))))[0]?.includes(`(s1-eth3: ${setting})`));
    await lab.vsctl([
      "clear",
      "port",
      "s1-eth3",
      "trunks",
      "vlan_mode",
      "--",
      "set",
      "port",
      "s1-eth3",
      "protected=false",
    ]);
  }
  t.deepEqual(words(await apply(lab.mgmt, table(entryOf("allow", send("ALL"))))), []);
});

switchTest("two bridges of one datapath id keep their queues apart", async (t, start) => {
  const lab = await start({ switches: ["s1", "s2"], links: [["s1", "s2"]] });
  await lab.vsctl(["set", "bridge", "s2", "other-config:datapath-id=0000000000000001"]);
  const [one, two] = lab.switches;
  const reserve = (statement: string, port: number): Table => {
    const queue: Queue = { queue: 1, port, minimum: 1_000_000, statement };
    const actions = [
      { kind: "set_field", field: "ip_dscp", value: 1n },
      { kind: "set_queue", queue: 1 },
      { kind: "output", port: "NORMAL" },
    ] as const;
    const held = { ...entryOf(statement, [{ kind: "apply", actions }]), match: [exact("eth_type", 0x800)] };
    return { entries: [held], queues: [queue] };
  };
  const shaped = async (): Promise<readonly string[]> => {
    const text = await lab.vsctl(["--format=csv", "--no-headings", "--columns=name,qos", "list", "port"]);
    return text
      .split("\n")
      .flatMap((line) => /^([^,]*),[0-9a-f]/.exec(line)?.[1] ?? [])
      .toSorted();
  };
  t.is((await apply(one!.mgmt, reserve("first", 1))).outcome, "applied");
  t.deepEqual(await shaped(), ["s1-eth1"]);
  t.is((await apply(two!.mgmt, reserve("second", 1))).outcome, "applied");
  t.deepEqual(await shaped(), ["s1-eth1", "s2-eth1"]);
  t.is((await apply(two!.mgmt, closed)).outcome, "applied");
  t.deepEqual(await shaped(), ["s1-eth1"], "what one bridge gives up is its own");
  t.is((await apply(one!.mgmt, closed)).outcome, "applied");
  t.deepEqual(await shaped(), []);
});

test("bridges that cannot be distinguished are named, and nothing is sent", async (t) => {
  const session = await Session.connect(parseTarget(await new FakeSwitch().start(t)) as SwitchTarget);
  t.teardown(() => session.close());
  const bridge: Bridge = {
    uuid: "1",
    name: "s1",
    datapath: "0000000000000001",
    failMode: "secure",
    userspace: false,
    cachesFlows: true,
    allUserspace: true,
    inUserspace: 1,
    ids: {},
    ports: [],
    stray: [],
    strayQueues: [],
    idle: [],
    controllers: [],
    managers: [],
    inBandDisabled: true,
    forwardsReserved: false,
    mirrors: [],
    bonds: [],
    apart: [],
    settings: NO_SETTINGS,
    interfaces: new Map(),
  };
  t.deepEqual(await bridgeOf([bridge], session), { bridge, refused: [] });
  const { bridge: found, refused } = await bridgeOf([bridge, { ...bridge, name: "s2" }], session);
  t.is(found, undefined);
  t.regex(
    refused[0]!.message,
    /^the bridges `s1`, `s2` have one datapath id, [0-9a-f]{16}, and nothing shows which of them /,
  );
  t.is(refused[0]!.code, "E993");
});

const open = table(entryOf("allow everything", send("NORMAL")));

switchTest(
  "a bridge that forwards frames to reserved groups by itself is warned of, where it does",
  async (t, start) => {
    const lab = await start();
    const frame = ethernet({ src: eve, dst: "01:80:c2:00:00:00" }, 0x88b5);
    t.deepEqual(words(await apply(lab.mgmt, open)), []);
    t.deepEqual(await lab.frame("eve", frame), []);
    await lab.vsctl(["set", "bridge", "s1", "other-config:forward-bpdu=true"]);
    t.deepEqual(words(await apply(lab.mgmt, open)), [
      "W996 the bridge `s1` forwards frames to reserved groups (forward-bpdu), where the policy allows them",
    ]);
    t.deepEqual(await lab.frame("eve", frame), ["alice", "bob"], "what the warning is about");
    t.deepEqual(words(await apply(lab.mgmt, closed)), [], "nothing is forwarded by this table");
    t.deepEqual(await lab.frame("eve", frame), []);
  },
);

switchTest("where no database is reached it is said what was not checked", async (t, start) => {
  const lab = await start();
  const elsewhere = mkdtempSync(join(tmpdir(), "glazier-socket-"));
  t.teardown(() => rmSync(elsewhere, { recursive: true }));
  const socket = join(elsewhere, "s1.mgmt");
  symlinkSync(lab.mgmt.slice("unix:".length), socket);
  const said = [
    "N997 the database of the switch SWITCH was not reached, so it was not checked whether the bridge adds entries of its own, holds ports apart or forwards reserved groups",
  ];
  for (const options of [{ dryRun: true }, {}]) {
    const result = await apply(`unix:${socket}`, open, options);
    t.deepEqual([result.outcome, ...words(result)], [options.dryRun ? "planned" : "applied", ...said]);
    t.is(result.diagnostics[0]!.severity, "note");
  }
  t.deepEqual(words(await apply(`unix:${socket}`, open, { database: lab.db })), [], "as its help advises");
});
