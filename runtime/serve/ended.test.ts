/**
 * What the datapath of a real switch has cached does not outlive the ends of entries, by frames that are counted where
 * they come out. Nobody sends anything when an entry ends by itself, so the cache is as it was.
 */
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import { readRules } from "#compiler/admission/read-rules.ts";
import { decide, tablesAt } from "#compiler/compile.ts";
import type { Table } from "#compiler/table/entry.ts";
import { apply, type Applied } from "../controller/index.ts";
import { ethernet, sendFrames, tcp4, TCP_FLAGS } from "../lab/frames.ts";
import { counters } from "../lab/host.ts";
import { factsOf, type Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { must } from "../process/command.ts";
import { parseTarget, type SwitchTarget } from "../session/index.ts";
import { RunningNetwork } from "./network.ts";
import { Server } from "./server.ts";
import { MemoryJournal, networkOf } from "./testing/server.ts";
import { Tokens } from "./tokens.ts";

const url = new URL("../../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(url, "utf8") });

const alice = "inPort=1, dstEth=00:00:00:00:00:03, ethType=IPv4, transport=TCP";
/** Long after a test. The order of ends is that in which a test has the entries go. */
const HOUR = 3_600;

/**
 * Segments of Alice to Eve: first port 9999 alone is denied, after one end nothing, after two all, and after three all
 * but port 9999. What was cached of port 22 while it was told apart from 9999 lies inside what is cached later of all.
 */
const policyAt = (now: number): string => `default allow. switch(s1, 1).
@udp deny(ethType=IPv4, transport=UDP) on rootShare.
@closed deny(${alice}) on rootShare.
NewShare web for (${alice}) [allow = True, deny = True] on rootShare.
@web allow(${alice}, dstPort=9999) on web.
NewShare night for (${alice}) [allow = True, deny = True] on web.
@third deny(${alice}) on night to @${now + 3 * HOUR}.
NewShare day for (${alice}) [allow = True, deny = True] on night.
@second allow(${alice}) on day to @${now + 2 * HOUR}.
NewShare one for (${alice}) [deny = True] on day.
@first deny(${alice}, dstPort=9999) on one to @${now + HOUR}.
`;

function tableOf(now: number): Table {
  const decided = decide([{ name: "net.pane", text: policyAt(0) }], { now, rules, load: () => undefined });
  return tablesAt(decided, now, { target: "ovs" }).tables.values().next().value!;
}

const hostOf = (lab: Lab, name: string): Lab["hosts"][number] => lab.hosts.find((host) => host.name === name)!;

/** The segments that Eve gets of those that Alice sends to these ports of hers. One to Bob comes last, and arrives. */
async function heardByEve(lab: Lab, ports: readonly number[]): Promise<number> {
  const [from, eve, bob] = [hostOf(lab, "alice"), hostOf(lab, "eve"), hostOf(lab, "bob")];
  // No host has this address, so none answers.
  const to = (mac: string, port: number): Uint8Array =>
    ethernet({ src: from.mac, dst: mac }, 0x0800, tcp4(from.ip, "10.9.9.9", [5, port], TCP_FLAGS.syn));
  const before = await Promise.all([counters(eve), counters(bob)]);
  await sendFrames(from, [...ports.map((port) => to(eve.mac, port)), to(bob.mac, 22)]);
  if (!(await until(async () => (await counters(bob)).received > before[1].received)))
    throw new Error("Bob got nothing");
  return (await counters(eve)).received - before[0].received;
}

/** Waits until the switch has looked at all that is cached since this was called. */
async function revalidated(lab: Lab): Promise<void> {
  const control = `${lab.directory}/ovs-vswitchd.ctl`;
  // A round that had begun before may have passed a flow already.
  for (let rounds = 0; rounds < 2; rounds++)
    await must(["ovs-appctl", "-t", control, "revalidator/wait"], { env: { OVS_RUNDIR: lab.directory } });
}

const entriesOf = async (lab: Lab): Promise<readonly string[]> =>
  (await lab.dump()).split("\n").filter((line) => /hard_timeout=\d{4}/.test(line));

/** Has the entries that end next end now: the same entries with a second left. */
async function endNext(lab: Lab): Promise<void> {
  const left = await entriesOf(lab);
  const secondsOf = (line: string): number => Number(/hard_timeout=(\d+)/.exec(line)![1]);
  const soonest = Math.min(...left.map(secondsOf));
  const next = left.filter((line) => secondsOf(line) < soonest + HOUR / 2);
  for (const line of next) await lab.ofctl("add-flow", [line.replace(/hard_timeout=\d+/, "hard_timeout=1").trim()]);
  if (!(await until(async () => !/hard_timeout=1,/.test(await lab.dump()), { patience: 60_000 })))
    throw new Error("the entries are still there");
}

/** No cached flow goes because it is idle, and the switch knows where each host is, so it floods nothing. */
async function prepared(lab: Lab): Promise<void> {
  await lab.vsctl(["set", "Open_vSwitch", ".", "other_config:max-idle=100000", "other_config:max-revalidator=100"]);
  for (const host of lab.hosts.slice(1)) {
    const hello = tcp4(host.ip, "10.9.9.9", [5, 5], TCP_FLAGS.rst);
    await sendFrames(host, [ethernet({ src: host.mac, dst: "00:00:00:00:00:02" }, 0x0800, hello)]);
  }
  await revalidated(lab);
}

/** Lets three ends pass while Alice sends. Returns how many of ten segments to port 22 arrive, which is denied by then. */
async function passesAfter(t: ExecutionContext, lab: Lab, end: () => Promise<void>): Promise<number> {
  await prepared(lab);
  t.is(await heardByEve(lab, []), 0);
  t.is(await heardByEve(lab, [22, 22, 9999]), 2);
  await end();
  await revalidated(lab);
  t.is(await heardByEve(lab, [40_000, 40_000, 22, 9999]), 4);
  await end();
  await revalidated(lab);
  t.is(await heardByEve(lab, [22, 40_000, 9999]), 0);
  await end();
  await revalidated(lab);
  t.is(await heardByEve(lab, [9999]), 1);
  return heardByEve(lab, Array<number>(10).fill(22));
}

const codes = ({ diagnostics }: Applied): readonly string[] => diagnostics.map(({ code }) => code);

// Where the first figure is 0 the switch has been mended, and nothing need be said.
switchTest("what ended by itself passes on by the cache, as W991 says; the next apply ends that", async (t, start) => {
  const lab = await start();
  const result = (await apply(lab.mgmt, tableOf(0))) as Applied;
  t.deepEqual(codes(result), ["W991"]);
  t.regex(result.diagnostics[0]!.help!, /`ovs-vsctl set Open_vSwitch \. other_config:flow-limit=0`/);
  t.is(await passesAfter(t, lab, () => endNext(lab)), 10);
  const again = (await apply(lab.mgmt, tableOf(3 * HOUR))) as Applied;
  t.deepEqual([again.method, codes(again)], ["nothing", []]);
  t.is(await heardByEve(lab, Array<number>(10).fill(22)), 0);
});

switchTest("with the setting that W991 names nothing outlasts an end, and nothing is warned of", async (t, start) => {
  const lab = await start();
  await lab.vsctl(["set", "Open_vSwitch", ".", "other_config:flow-limit=0"]);
  t.deepEqual(codes((await apply(lab.mgmt, tableOf(0))) as Applied), []);
  t.is(await passesAfter(t, lab, () => endNext(lab)), 0);
});

switchTest("a server ends entries at their time, and what is cached of them", async (t, start) => {
  const lab = await start();
  const now = Math.floor(Date.now() / 1000);
  let later = 0;
  const server = new Server({
    network: networkOf(policyAt(now), now),
    journal: new MemoryJournal(),
    tokens: new Tokens(),
    switches: [{ name: "s1", target: parseTarget(lab.mgmt) as SwitchTarget, apply: { database: lab.db } }],
    clock: () => Date.now() + later * 1000,
    report: (_, event) => {
      if (event.kind === "applied") t.deepEqual(codes(event.result), []);
    },
    faulty: (faults) => t.fail(faults.map(({ message }) => message).join()),
  });
  server.start();
  t.teardown(() => server.stop());
  t.true(await until(() => server.isHeld));
  const passed = await passesAfter(t, lab, async () => {
    const before = (await entriesOf(lab)).length;
    later += HOUR;
    t.true(await until(async () => (await entriesOf(lab)).length < before && server.isHeld));
  });
  t.is(passed, 0);
  await server.stop();
  await staysLed(t, lab);
});

/** What begins and has no table takes no steering from the switch: what root leads through Bob goes there before and after. */
async function staysLed(t: ExecutionContext, lab: Lab): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const flows = ["transport=UDP", "dscp=1", "vlan=10", "srcHost=alice", "dstHost=eve", "ethType=IPv4"];
  const text = `default allow. @ops waypoint(srcHost=alice, dstHost=eve) = bob on rootShare. ${factsOf(lab)}
${flows.map((one) => `waypoint(${one}) = s1 on rootShare from @${now + HOUR}.`).join("\n")}`;
  const decided = decide([{ name: "net.pane", text }], { now, rules, load: () => undefined });
  t.true(decided.good, decided.diagnostics.map(({ message }) => message).join());
  let later = 0;
  const told = new Set<string>();
  const server = new Server({
    // Few combinations have tables, so that these cost little.
    network: new RunningNetwork(decided, { target: "ovs", limit: 8 }),
    journal: new MemoryJournal(),
    tokens: new Tokens(),
    switches: [{ name: "s1", target: parseTarget(lab.mgmt) as SwitchTarget, apply: { database: lab.db } }],
    clock: () => Date.now() + later * 1000,
    report: () => undefined,
    faulty: (faults) => faults.forEach(({ code }) => told.add(code)),
  });
  t.teardown(() => server.stop());
  server.start();
  t.true(await until(() => server.isHeld));
  const [alice, bob, eve] = ["alice", "bob", "eve"].map((name) => hostOf(lab, name));
  const frame = ethernet({ src: alice!.mac, dst: eve!.mac }, 0x0800, tcp4(alice!.ip, eve!.ip, [5, 80], TCP_FLAGS.syn));
  const gets = async (): Promise<readonly boolean[]> => {
    const heard = await lab.frame("alice", frame);
    return [bob!, eve!].map(({ name }) => heard.includes(name));
  };
  t.deepEqual(await gets(), [true, false]);
  const before = await lab.dump();
  later = HOUR;
  t.true(await until(async () => told.size > 0 && (await lab.dump()) !== before && server.isHeld));
  t.deepEqual(await gets(), [true, false]);
  t.deepEqual([...told], ["E846", "W849"]);
}
