/** Ports that are not what a table takes them for: absent, closed, joined to a bond, or copied beside the table. With real frames. */
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Entry, OutputPort, Table } from "../../compiler/table/entry.ts";
import { exact, sortEntries } from "../../compiler/table/match.ts";
import { ethernet, ipv4, sendFrames, udp } from "../lab/frames.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { must } from "../process/command.ts";
import { serveOn } from "../serve/testing/on-switch.ts";
import { apply, type ApplyResult } from "./index.ts";

const entryOf = (inPort: number | undefined, port: OutputPort | undefined, priority = 1): Entry => ({
  table: 0,
  priority,
  match: inPort === undefined ? [] : [exact("in_port", inPort)],
  instructions: port === undefined ? [] : [{ kind: "apply", actions: [{ kind: "output", port }] }],
  cookie: cookieOf(`${inPort} ${port}`),
  hardTimeout: 0,
  idleTimeout: 0,
});
const table = (...entries: Entry[]): Table => ({ entries: sortEntries(entries) });
const closed = table(entryOf(undefined, undefined));

const words = (result: ApplyResult): readonly string[] =>
  result.diagnostics.map(({ code, message }) => `${code} ${message.replaceAll(/`unix:[^`]*`/g, "SWITCH")}`);

const broadcast = ethernet({ src: "00:00:00:00:00:03", dst: "ff:ff:ff:ff:ff:ff" }, 0x88b5);
const DATAGRAM = ethernet(
  { src: "00:00:00:00:00:03", dst: "00:00:00:00:00:04" },
  0x0800,
  ipv4("10.0.0.3", "10.0.0.4", 17, udp(7, 7)),
);
/** The host at a port of the lab's switch. */
const at = (lab: Lab, port: number): string => lab.hosts.find((one) => one.port === port)!.name;

switchTest(
  "ports that a table names and the switch lacks are said, and no longer once they are there",
  async (t, start) => {
    const lab = await start();
    const named = table(entryOf(1, 2), entryOf(3, 41, 2), entryOf(40, undefined, 3));
    const said = "W967 the switch SWITCH has no ports 40, 41, which its table names";
    t.deepEqual(words(await apply(lab.mgmt, named, { dryRun: true, takeOver: true })), [said]);
    t.deepEqual(words(await apply(lab.mgmt, named, { takeOver: true })), [said]);
    const [one] = lab.hosts;
    await lab.vsctl(["set", "interface", one!.portName, "ofport_request=41"]);
    t.deepEqual(
      words(await apply(lab.mgmt, named)).map((line) => line.slice(0, 4)),
      ["W967"],
      "the number that it had is nobody's now",
    );
  },
);

switchTest("a mirror copies what is denied, and that is said", async (t, start) => {
  const lab = await start();
  t.deepEqual(words(await apply(lab.mgmt, closed, { takeOver: true })), []);
  t.deepEqual(await lab.frame("eve", broadcast), []);
  const [port] = lab.hosts.filter(({ name }) => name === "bob").map(({ portName }) => portName);
  const mirror = ["--id=@m", "create", "mirror", "name=spy", "select_all=true", "output_port=@p"];
  const command = ["--", "--id=@p", "get", "port", port!, "--", ...mirror, "--", "set", "bridge", "s1", "mirrors=@m"];
  await lab.vsctl(command);
  t.deepEqual(words(await apply(lab.mgmt, closed)), [
    `W968 the bridge \`s1\` copies frames, or what they show, to \`${port}\` (mirror \`spy\`), also those that the policy denies`,
  ]);
  t.deepEqual(await lab.frame("eve", broadcast), ["bob"], "what the warning is about");
  await lab.vsctl(["clear", "bridge", "s1", "mirrors"]);
  t.deepEqual(words(await apply(lab.mgmt, closed)), []);
});

/** Prints the first datagram that comes to the collector's port, in hexadecimal. */
const COLLECTOR = `
import socket
got = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
got.bind(("127.0.0.1", 6343))
got.settimeout(60)
print(got.recv(65536).hex())
`;

switchTest("a collector of sFlow sees what is denied, and that is said", async (t, start) => {
  const lab = await start();
  t.deepEqual(words(await apply(lab.mgmt, closed, { takeOver: true })), []);
  const first = must(["ip", "netns", "exec", lab.namespace, "python3", "-c", COLLECTOR], { timeout: 90_000 });
  const rate = ["sampling=1", "polling=0", "agent=lo"];
  const row = ["--id=@s", "create", "sflow", 'targets="127.0.0.1:6343"', ...rate];
  await lab.vsctl(["--", ...row, "--", "set", "bridge", "s1", "sflow=@s"]);
  const said = await apply(lab.mgmt, closed);
  t.deepEqual(words(said), [
    "W968 the bridge `s1` copies frames, or what they show, to `127.0.0.1:6343` (sFlow), also those that the policy denies",
  ]);
  let sample: string | undefined;
  void first.then((text) => (sample = text));
  const isSeen = async (): Promise<boolean> => {
    t.deepEqual(await lab.frame("eve", broadcast), []);
    return sample !== undefined;
  };
  t.true(await until(isSeen));
  t.true(sample!.includes(Buffer.from(broadcast).toString("hex").slice(0, 28)), "what the warning is about");
  t.regex(said.diagnostics[0]!.help ?? "", /`ovs-vsctl clear bridge s1 sflow`/);
  await lab.vsctl(["clear", "bridge", "s1", "sflow"]);
  t.deepEqual(words(await apply(lab.mgmt, closed)), []);
});

switchTest("collectors of NetFlow and IPFIX hear of what is denied, and that is said", async (t, start) => {
  const lab = await start();
  t.deepEqual(words(await apply(lab.mgmt, closed, { takeOver: true })), []);
  for (const [column, kind, more] of [
    ["netflow", "NetFlow", ["active_timeout=1"]],
    ["ipfix", "IPFIX", ["sampling=1"]],
  ] as const) {
    const first = must(["ip", "netns", "exec", lab.namespace, "python3", "-c", COLLECTOR], { timeout: 90_000 });
    const row = ["--id=@s", "create", column, 'targets="127.0.0.1:6343"', ...more];
    await lab.vsctl(["--", ...row, "--", "set", "bridge", "s1", `${column}=@s`]);
    const said = await apply(lab.mgmt, closed);
    t.deepEqual(words(said), [
      `W968 the bridge \`s1\` copies frames, or what they show, to \`127.0.0.1:6343\` (${kind}), also those that the policy denies`,
    ]);
    let told: string | undefined;
    void first.then((text) => (told = text));
    const isTold = async (): Promise<boolean> => {
      t.deepEqual(await lab.frame("eve", DATAGRAM), []);
      return told !== undefined;
    };
    t.true(await until(isTold), `what the warning is about: ${kind}`);
    t.true((said.diagnostics[0]!.help ?? "").includes(`\`ovs-vsctl clear bridge s1 ${column}\``));
    await lab.vsctl(["clear", "bridge", "s1", column]);
    t.deepEqual(words(await apply(lab.mgmt, closed)), []);
  }
});

switchTest("a broadcast goes out at each port of a bond, and a table that joins ports says so", async (t, start) => {
  const lab = await start();
  const [one, other] = [1, 2].map((port) => at(lab, port)).sort();
  const bonded = ["--", "del-port", "s1-eth1", "--", "del-port", "s1-eth2", "--", "add-bond", "s1", "bond0", "s1-eth1"];
  const numbers = [1, 2].flatMap((n) => ["--", "set", "interface", `s1-eth${n}`, `ofport_request=${n}`]);
  await lab.vsctl([...bonded, "s1-eth2", ...numbers]);
  const sender = at(lab, 3);
  const flood = table(entryOf(undefined, "ALL"));
  const said = words(await apply(lab.mgmt, flood, { takeOver: true }));
  t.deepEqual(
    said.map((line) => line.slice(0, 46)),
    ["W969 the bridge `s1` joins ports 1, 2 to `bond"],
  );
  t.deepEqual([...(await lab.frame(sender, broadcast))].sort(), [one!, other!], "what the warning is about");
  t.deepEqual(words(await apply(lab.mgmt, table(entryOf(undefined, "NORMAL")))), []);
  t.is((await lab.frame(sender, broadcast)).length, 1, "the switch's own forwarding takes them as one");
});

switchTest("a server tells of a mirror when it comes, and when it is gone", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const { held, events } = serveOn(t, lab, { look: 600_000, apply: { database: lab.db } });
  t.true(await held());
  const warned = (): boolean =>
    events.some((event) => event.kind === "warned" && event.diagnostics.some(({ code }) => code === "W968"));
  const mirror = ["--id=@m", "create", "mirror", "name=spy", "select_all=true", "output_port=@p"];
  await lab.vsctl([
    "--",
    "--id=@p",
    "get",
    "port",
    "s1-eth1",
    "--",
    ...mirror,
    "--",
    "set",
    "bridge",
    "s1",
    "mirrors=@m",
  ]);
  t.true(await until(warned));
  await lab.vsctl(["clear", "bridge", "s1", "mirrors"]);
  t.true(await until(() => events.some((event) => event.kind === "over" && event.trouble === "warned")));
});

const modPort = (lab: Lab, how: string, version = "OpenFlow13"): Promise<string> =>
  must(["ovs-ofctl", "-O", version, "mod-port", lab.mgmt, "3", how]);

switchTest("ports that pass nothing whatever the table says are told, with what opens them", async (t, start) => {
  const lab = await start();
  const open = table(entryOf(undefined, "NORMAL"));
  t.deepEqual(words(await apply(lab.mgmt, open, { takeOver: true })), []);
  const from = ethernet({ src: "00:00:00:00:00:0b", dst: "ff:ff:ff:ff:ff:ff" }, 0x88b5);
  const heard = async (): Promise<number> => (await lab.counters(at(lab, 1))).received;
  /** Whether a broadcast of port 3 comes to port 1, and one of port 1 to port 3. */
  const passing = async (): Promise<readonly boolean[]> => {
    const before = await heard();
    await sendFrames(
      lab.hosts.find((one) => one.port === 3)!,
      [from],
    );
    // The switch counts no frame that it does not receive, so one of port 2 comes after it.
    await lab.frame(at(lab, 2), broadcast);
    return [(await heard()) === before + 2, (await lab.frame(at(lab, 1), broadcast)).includes(at(lab, 3))];
  };
  for (const [how, passes] of [
    ["no-receive", [false, true]],
    ["no-forward", [true, false]],
    ["down", [false, false]],
  ] as const) {
    await modPort(lab, how);
    t.deepEqual(await passing(), passes, how);
    const said = await apply(lab.mgmt, open, { database: lab.db });
    t.deepEqual(words(said), [
      `W987 the switch SWITCH loses what the policy allows at ports 3 (${how}), whatever its table says`,
    ]);
    const [, command] = /^`(.*)` ends it$/.exec(said.diagnostics[0]!.help!)!;
    await must(command!.split(" ").map((word) => (word === "s1" ? lab.mgmt : word)));
    t.true(await until(async () => (await passing()).every(Boolean)));
    t.deepEqual(words(await apply(lab.mgmt, open)), [], how);
  }
  await modPort(lab, "no-packet-in");
  await modPort(lab, "no-receive-stp", "OpenFlow10");
  t.deepEqual(words(await apply(lab.mgmt, open)), []);
  t.deepEqual(await passing(), [true, true]);
  await modPort(lab, "no-flood", "OpenFlow10");
  t.deepEqual(await passing(), [true, false]);
  t.deepEqual(words(await apply(lab.mgmt, open)), [], "OpenFlow 1.3 does not show it");
  await modPort(lab, "no-receive");
  await modPort(lab, "no-forward");
  const both = await apply(lab.mgmt, open);
  t.regex(both.diagnostics[0]!.message, /at ports 3 \(no-receive, no-forward\), /);
  t.regex(both.diagnostics[0]!.help!, /^`[^`]* receive`, `[^`]* forward` ends it$/);
});
