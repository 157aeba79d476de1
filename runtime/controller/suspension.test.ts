/**
 * Changes in the world never block `apply` (SEMANTICS, "What the network takes away"), on real bridges. A cable breaks,
 * or a user logs in at a second host. Flows whose statements cannot be kept are dropped, and all other statements stay
 * in force.
 */
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import { decide, tablesAt } from "../../compiler/compile.ts";
import { readRules } from "../../compiler/admission/read-rules.ts";
import { factsOf, triangle, type Lab } from "../lab/lab.ts";
import { switchTest, trafficTest } from "../lab/test.ts";
import { steadily } from "../lab/until.ts";
import { must } from "../process/command.ts";
import { apply } from "./index.ts";

const text = readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8");
const { rules } = readRules({ name: "pane.fml", text });

/** Applies a policy to every switch; returns the codes of the diagnostics. */
async function enforce(t: ExecutionContext, lab: Lab, facts: string, policy: string): Promise<readonly string[]> {
  const now = Math.floor(Date.now() / 1000);
  const files = [
    { name: "net.fml", text: `default allow.\n${facts}` },
    { name: "policy.pane", text: policy },
  ];
  const decided = decide(files, { now, rules, load: () => undefined });
  t.true(decided.good, decided.diagnostics.map(({ message }) => message).join("; "));
  const lowered = tablesAt(decided, now, { target: "ovs-userspace" });
  for (const { name, mgmt } of lab.switches) {
    const table = lowered.tables.get(name);
    if (table === undefined) continue;
    const result = await apply(mgmt, table, { runFilter: lab.onSwitch });
    t.is(result.outcome, "applied", result.diagnostics.map(({ message }) => message).join("; "));
  }
  return [...decided.diagnostics, ...lowered.diagnostics].map(({ code }) => code);
}

switchTest(
  "with a broken cable the flows led over it are dropped, all others pass, and the cable's return restores them",
  async (t, start) => {
    const lab = await start(triangle);
    await lab.middlebox("ids");
    const policy = `
    @by waypoint(srcHost=alice, dstHost=bob) = ids on rootShare.
    @no deny(srcHost=eve, dstHost=bob) on rootShare.`;
    const toIds = lab.links.filter(({ from, to }) => from === "s2" || to === "s2");
    const cables = async (state: "up" | "down"): Promise<void> => {
      for (const { fromPortName } of toIds) await must(["ip", "-n", lab.namespace, "link", "set", fromPortName, state]);
    };
    const broken = factsOf({ ...lab, links: lab.links.filter((link) => !toIds.includes(link)) });
    const others = async (): Promise<void> => {
      t.true(await lab.ping("alice", "eve"), "other hosts");
      t.false(await lab.ping("eve", "bob"), "the deny is in force");
    };

    t.deepEqual(await enforce(t, lab, factsOf(lab), policy), []);
    t.true(await lab.ping("alice", "bob"));
    await others();

    await cables("down");
    t.deepEqual(await enforce(t, lab, broken, policy), ["W750"]);
    t.false(await lab.ping("alice", "bob"), "fails closed");
    await others();

    await cables("up");
    t.deepEqual(await enforce(t, lab, factsOf(lab), policy), []);
    t.true(await lab.ping("alice", "bob"), "comes back");
  },
);

trafficTest("after a second login the limit holds the total of both hosts, and apply works", async (t, start) => {
  const lab = await start(triangle);
  const login = (...hosts: readonly string[]): string =>
    `${factsOf(lab)} AddUser Eve. ${hosts.map((host) => `user_host("Eve", ${host}).`).join(" ")}`;
  const policy = `@slow limit(user="Eve") = 4Mb on rootShare.`;
  t.deepEqual(await enforce(t, lab, login("alice"), policy), []);
  t.deepEqual(await enforce(t, lab, login("alice", "ids"), policy), ["W841"]);
  const stream = { to: "bob", protocol: "udp", rate: 8e6, size: 1000 } as const;
  const streams = [
    { ...stream, from: "alice", port: 5001 },
    { ...stream, from: "ids", port: 5002 },
  ];
  const isHeld = ([alice = 0, ids = 0]: readonly number[]): boolean => alice > 1.4 && ids > 1.4 && alice + ids < 4.4;
  const measured = await steadily(() => lab.measure(streams, { seconds: 4, skip: 2 }), isHeld);
  t.log(`${measured.map((rate) => rate.toFixed(2)).join(" and ")} of 4 Mb`);
  t.true(isHeld(measured), measured.join(" + "));
});

switchTest(
  "a host that two facts put at two ports reaches nobody, all others pass, and it is back when one fact is gone",
  async (t, start) => {
    const lab = await start(triangle);
    await lab.middlebox("ids");
    const policy = `
    @by waypoint(srcHost=bob, dstHost=eve) = alice on rootShare.
    @no deny(srcHost=eve, dstHost=ids) on rootShare.`;
    const direct = `@no deny(srcHost=eve, dstHost=ids) on rootShare.`;
    const twice = `${factsOf(lab)} host_at("alice", "s2", 77).`;

    t.deepEqual(await enforce(t, lab, factsOf(lab), direct), []);
    t.true(await lab.ping("alice", "bob"));

    t.deepEqual(await enforce(t, lab, twice, policy), ["W268", "W750"]);
    t.false(await lab.ping("alice", "bob"), "its frames are dropped where they come in");
    t.false(await lab.ping("bob", "eve"), "led through a host of no known place");
    t.false(await lab.ping("eve", "ids"), "the deny is in force");

    t.deepEqual(await enforce(t, lab, twice, direct), ["W268"]);
    t.false(await lab.ping("alice", "bob"));
    t.true(await lab.ping("bob", "eve"), "all others pass");

    t.deepEqual(await enforce(t, lab, factsOf(lab), direct), []);
    t.true(await lab.ping("alice", "bob"), "comes back");
  },
);

switchTest(
  "after a logout and with an unplugged host apply goes on, and all other statements are in force",
  async (t, start) => {
    const lab = await start(triangle);
    const facts = (login: boolean): string =>
      `${factsOf(lab)} ${login ? `user_host("Eve", eve). host_at(box, s2, 77).` : ""}`;
    const policy = `
    @evil deny(user="Eve", dstHost=bob) on rootShare.
    @way waypoint(srcHost=bob, dstHost=ids, transport=TCP) = box on rootShare.
    @no deny(srcHost=alice, dstHost=ids) on rootShare.`;
    const first = await enforce(t, lab, facts(true), policy);
    t.false(
      first.some((code) => code.startsWith("E")),
      first.join(),
    );
    t.false(await lab.ping("eve", "bob"), "Eve is logged in");
    t.deepEqual(await enforce(t, lab, facts(false), policy), ["W265", "W266", "W750"]);
    t.true(await lab.ping("eve", "bob"), "whoever is at that host now is not Eve");
    t.false(await lab.ping("alice", "ids"), "the other deny is in force");
  },
);

switchTest(
  "a MAC or an address that facts give to two hosts at two ports is reported, and what the report says comes true",
  async (t, start) => {
    const lab = await start(triangle);
    const [alice, bob, eve] = ["alice", "bob", "eve"].map((name) => lab.hosts.find((host) => host.name === name)!);
    const facts = factsOf(lab);
    const oneMac = facts.replace(`host_mac(eve, ${eve!.mac})`, `host_mac(eve, ${alice!.mac})`);
    const oneAddress = facts.replace(`host_ip(eve, ${eve!.ip})`, `host_ip(eve, ${bob!.ip})`);
    t.deepEqual(await enforce(t, lab, facts, ""), []);
    t.true(await lab.ping("bob", "alice"));
    t.true(await lab.ping("bob", "eve"));

    t.deepEqual(await enforce(t, lab, oneMac, ""), ["W269"]);
    t.true(await lab.ping("bob", "alice"), "the port of one of them");
    t.false(await lab.ping("bob", "eve"), "and not that of the other");

    const deny = "@no deny(srcHost=alice, dstHost=eve) on rootShare.";
    t.deepEqual(await enforce(t, lab, oneAddress, deny), ["W269"]);
    t.false(await lab.ping("alice", "bob"), "what names one of them holds the flows of both");
    t.deepEqual(await enforce(t, lab, facts, deny), []);
    t.true(await lab.ping("alice", "bob"));
  },
);

/** Frames that came in at a port of a switch, all together or at one port. */
async function received(lab: Lab): Promise<number> {
  let sum = 0;
  for (const { name } of lab.switches)
    for (const [, count] of (await lab.ofctl("dump-ports", [], { switch: name })).matchAll(/rx pkts=(\d+)/g))
      sum += Number(count);
  return sum;
}

const withoutHost = (facts: string, name: string): string =>
  facts.replaceAll(new RegExp(`^host_.*\\(${name},.*$`, "gm"), "");

/** One broadcast frame of a host, and the frames that came in at any port while echoes took a second. */
async function broadcast(lab: Lab, from: string, to: string): Promise<number> {
  const before = await received(lab);
  await lab.run(from, ["ping", "-b", "-c", "1", "-W", "1", "10.0.0.255"]).catch(() => undefined);
  await lab.run(from, ["ping", "-c", "5", "-i", "0.2", lab.hosts.find(({ name }) => name === to)!.ip]);
  return (await received(lab)) - before;
}

switchTest(
  "of a port with two wires nothing is believed: no frame circles, flows go around or are dropped, all others pass",
  async (t, start) => {
    const lab = await start(triangle);
    // Of ids nothing is known: what is bound to no port would circle.
    const facts = withoutHost(factsOf(lab), "ids");
    const policy = "@no deny(srcHost=eve, dstHost=bob) on rootShare.";
    const others = async (): Promise<void> => {
      t.true(await lab.ping("eve", "ids"), "all others");
      t.false(await lab.ping("eve", "bob"), "the deny is in force");
    };
    // The true cable of s1:4 leads to s3:3.
    for (const [wrong, code] of [
      ["link(s1, 4, s2, 77, 1Gb).", "W272"],
      ["host_mac(tv, 02:00:00:00:00:77). host_at(tv, s1, 4).", "W273"],
    ] as const) {
      t.deepEqual(await enforce(t, lab, `${facts} ${wrong}`, policy), [code]);
      t.true(await lab.ping("alice", "bob"), "by the other way");
      await others();
      const frames = await broadcast(lab, "ids", "bob");
      t.true(frames < 120, `${frames} frames`);
    }
    t.deepEqual(await enforce(t, lab, `${facts} link(s1, 1, s2, 77, 1Gb).`, policy), ["W273"]);
    t.false(await lab.ping("alice", "bob"), "where alice stands, facts have a link, too");
    await others();
    t.deepEqual(await enforce(t, lab, facts, policy), []);
    t.true(await lab.ping("alice", "bob"), "it is back with the fact");
  },
);

switchTest("a switch that no fact names any more closes no circle, and all others pass", async (t, start) => {
  const lab = await start(triangle);
  const facts = withoutHost(factsOf(lab), "eve");
  const policy = "@no deny(srcHost=bob, dstHost=alice, transport=TCP) on rootShare.";
  t.deepEqual(await enforce(t, lab, facts, policy), []);
  t.true(await lab.ping("alice", "ids"));
  // What is at s2 now switches everything.
  await lab.ofctl("replace-flows", ["-"], { switch: "s2", input: "priority=0 actions=NORMAL\n" });
  t.deepEqual(await enforce(t, lab, facts.replace(/^switch\(s2.*$/m, ""), policy), ["W276"]);
  t.true(await lab.ping("alice", "bob"));
  t.false(await lab.tcp("bob", "alice", 80, { timeout: 1000 }), "the deny is in force");
  t.false(await lab.ping("ids", "bob"), "a host at the switch that is away");
  const frames = await broadcast(lab, "eve", "bob");
  t.true(frames < 150, `${frames} frames`);
});

switchTest("a cable that leads from a switch back to it lets nothing circle, and all others pass", async (t, start) => {
  const hosts = ["a", "b", "c", "x"].map((name, i) => ({ name, ip: `10.0.0.${i + 1}`, switch: i < 2 ? "s1" : "s2" }));
  const lab = await start({
    switches: ["s1", "s2"],
    hosts,
    links: [
      ["s1", "s2"],
      ["s1", "s1"],
    ],
  });
  t.deepEqual(await enforce(t, lab, withoutHost(factsOf(lab), "x"), "@no deny(srcHost=a, dstHost=c) on rootShare."), [
    "W274",
  ]);
  t.true(await lab.ping("a", "b"));
  t.true(await lab.ping("b", "c"));
  t.false(await lab.ping("a", "c"), "the deny is in force");
  const frames = await broadcast(lab, "x", "b");
  t.true(frames < 120, `${frames} frames`);
});

switchTest(
  "a datapath with two names and a flowgroup at a switch of no fact leave the network in force, and close no circle",
  async (t, start) => {
    const lab = await start(triangle);
    const facts = withoutHost(factsOf(lab), "eve");
    const dpid = /^switch\("?s2"?, ([^)]*)\)/m.exec(facts)![1]!;
    const policy = `
      @no deny(srcHost=bob, dstHost=alice, transport=TCP) on rootShare.
      @there deny(switch=s9, dstHost=alice) on rootShare.`;
    t.deepEqual(await enforce(t, lab, `${facts} switch(s9, 9).`, policy), []);
    t.true(await lab.ping("alice", "ids"));
    t.deepEqual(await enforce(t, lab, facts, policy), ["W276"]);
    t.true(await lab.ping("alice", "bob"));
    // What is behind the datapath now switches everything.
    await lab.ofctl("replace-flows", ["-"], { switch: "s2", input: "priority=0 actions=NORMAL\n" });
    t.deepEqual(await enforce(t, lab, `${facts} switch(s9, ${dpid}).`, policy), ["W280"]);
    t.true(await lab.ping("alice", "bob"));
    t.false(await lab.tcp("bob", "alice", 80, { timeout: 1000 }), "the deny is in force");
    t.false(await lab.ping("ids", "bob"), "a host at the switch that is in dispute");
    const frames = await broadcast(lab, "eve", "bob");
    t.true(frames < 150, `${frames} frames`);
  },
);
