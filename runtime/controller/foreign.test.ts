/**
 * Foreign entries beside ours on a real switch, with real frames: they must not undo a deny, a waypoint or a limit, and
 * otherwise they stay.
 */
import { RULES } from "../../compiler/admission/testing/networks.ts";
import { decide, tablesAt } from "../../compiler/compile.ts";
import { fromOvs } from "../../compiler/table/text.ts";
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { ethernet, ipv4, udp } from "../lab/frames.ts";
import { factsOf } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { apply, type ApplyOptions, type ApplyResult, type Failed } from "./index.ts";
import { proxy } from "./testing/proxy.ts";

function table(...lines: readonly string[]): Table {
  const read = fromOvs(lines.join("\n"));
  if ("errors" in read) throw new Error(JSON.stringify(read.errors));
  return { entries: read.entries.map((entry) => ({ ...entry, cookie: cookieOf(`${entry.priority}`) })) };
}

const words = (result: ApplyResult): readonly string[] =>
  result.diagnostics.map(({ code, message }) => `${code} ${message.replaceAll(/`unix:[^`]*`/g, "SWITCH")}`);

const frame = (last: number): Uint8Array =>
  ethernet(
    { src: "00:00:00:00:00:03", dst: "00:00:00:00:00:04" },
    0x0800,
    ipv4("10.0.0.3", `10.0.0.${last}`, 17, udp(7, 7)),
  );

switchTest("a foreign entry that passes denied packets is an error with a remedy", async (t, start) => {
  const lab = await start();
  const policy = table("priority=3,ip,nw_dst=10.0.0.44 actions=drop", "priority=0 actions=NORMAL");
  const statements = new Map([[cookieOf("3"), { name: "noBob" }]]);
  await lab.ofctl("add-flow", ["priority=7,udp,actions=NORMAL"]);
  const before = await lab.dump();
  const refused = await apply(lab.mgmt, policy, { statements });
  t.deepEqual(words(refused), [
    "E994 on the switch SWITCH an entry that is not ours may let on what the policy denies: table 0, priority 7, dl_type=0x800,nw_proto=17",
  ]);
  t.is(
    refused.diagnostics[0]?.help,
    "it holds dl_type=0x800,nw_proto=17,nw_dst=10.0.0.44, which `noBob` denies: with --take-over it goes; else let the policy allow what it is for",
  );
  t.is((refused as Failed).state, "unchanged");
  t.is(await lab.dump(), before);
  // By the foreign entry the frame does pass. The answer "applied" would have been wrong.
  await lab.ofctl("add-flow", ["priority=3,ip,nw_dst=10.0.0.44,actions=drop"]);
  t.deepEqual(await lab.frame("eve", frame(44)), ["alice", "bob"]);
  t.deepEqual(words(await apply(lab.mgmt, policy, { statements, takeOver: true })), []);
  t.deepEqual(await lab.frame("eve", frame(44)), []);
  t.deepEqual(await lab.frame("eve", frame(9)), ["alice", "bob"]);
  // Foreign entries that only drop, or that pass what the policy also allows, are reported and stay.
  await lab.ofctl("add-flow", ["priority=9,udp,nw_dst=10.0.0.9,actions=drop"]);
  await lab.ofctl("add-flow", ["priority=9,arp,actions=NORMAL"]);
  t.deepEqual(words(await apply(lab.mgmt, policy, { statements })), [
    "W950 the switch SWITCH holds 2 entries of others in our tables",
  ]);
  t.deepEqual(await lab.frame("eve", frame(9)), []);
});

switchTest("a foreign entry that makes entries counts by what these may let on", async (t, start) => {
  const lab = await start();
  const policy = table("priority=3,ip,nw_dst=10.0.0.44 actions=drop", "priority=0 actions=NORMAL");
  const statements = new Map([[cookieOf("3"), { name: "noBob" }]]);
  t.deepEqual(words(await apply(lab.mgmt, policy, { statements, takeOver: true })), []);
  const learner = (priority: number, into = 0): Promise<string> =>
    lab.ofctl("add-flow", [
      `priority=9,udp,nw_dst=10.0.0.9,actions=learn(table=${into},priority=${priority},NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),NORMAL`,
    ]);
  // What it makes stands below what denies, or where no packet comes.
  for (const [priority, into] of [
    [2, 0],
    [9, 7],
  ] as const) {
    await learner(priority, into);
    const harmless = words(await apply(lab.mgmt, policy, { statements }));
    t.deepEqual(harmless, ["W950 the switch SWITCH holds 1 entry of others in our tables"]);
  }
  await learner(4);
  const refused = await apply(lab.mgmt, policy, { statements });
  t.deepEqual(words(refused), [
    "E994 on the switch SWITCH an entry that is not ours may let on what the policy denies: table 0, priority 9, dl_type=0x800,nw_proto=17,nw_dst=10.0.0.9",
  ]);
  t.regex(
    refused.diagnostics[0]!.help ?? "",
    /^it learns entries that may hold dl_type=0x800,nw_dst=10\.0\.0\.44, which `noBob` denies: with --take-over it goes/,
  );
  // A frame that the policy allows, and what is denied passes.
  t.deepEqual(await lab.frame("eve", frame(44)), []);
  await lab.frame("eve", frame(9));
  t.not((await lab.ofctl("dump-flows", ["dl_src=00:00:00:00:00:03"])).match(/priority=4/), null);
  t.deepEqual(words(await apply(lab.mgmt, policy, { statements, takeOver: true })), []);
  await lab.frame("eve", frame(9));
  t.deepEqual(await lab.frame("eve", frame(44)), []);
});

switchTest("a foreign entry with conditions that we cannot read counts by what can be read of it", async (t, start) => {
  const lab = await start();
  const policy = table("priority=3,ip,nw_dst=10.0.0.44 actions=drop", "priority=0 actions=NORMAL");
  const statements = new Map([[cookieOf("3"), { name: "noBob" }]]);
  t.deepEqual(words(await apply(lab.mgmt, policy, { statements, takeOver: true })), []);
  t.deepEqual(await lab.frame("eve", frame(44)), []);
  for (const unreadable of ["nw_ttl=64", "tun_id=0", "nw_ecn=0", "reg3=0", "ct_mark=0"]) {
    const theirs = `priority=7,ip,nw_dst=10.0.0.44,${unreadable}`;
    await lab.ofctl("add-flow", [`${theirs},actions=NORMAL`]);
    // The frame passes by it. The answer "applied" would be wrong.
    t.deepEqual(await lab.frame("eve", frame(44)), ["alice", "bob"], unreadable);
    const refused = await apply(lab.mgmt, policy, { statements });
    t.deepEqual(
      words(refused),
      [
        "E994 on the switch SWITCH an entry that is not ours may let on what the policy denies: table 0, priority 7, dl_type=0x800,nw_dst=10.0.0.44",
      ],
      unreadable,
    );
    t.is(
      refused.diagnostics[0]?.help,
      "it has conditions that we cannot read, so it may hold dl_type=0x800,nw_dst=10.0.0.44, which `noBob` denies: with --take-over it goes; else let the policy allow what it is for",
    );
    t.deepEqual(words(await apply(lab.mgmt, policy, { statements, takeOver: true })), [], unreadable);
    t.deepEqual(await lab.frame("eve", frame(44)), [], unreadable);
  }
  // One that leads nowhere lets nothing on, and is not said to.
  await lab.ofctl("add-flow", ["priority=7,ip,nw_dst=10.0.0.44,actions=goto_table:2"]);
  t.deepEqual(await lab.frame("eve", frame(44)), []);
  t.deepEqual(words(await apply(lab.mgmt, policy, { statements })), [
    "E994 on the switch SWITCH an entry that is not ours may let on what the policy denies: table 0, priority 7, dl_type=0x800,nw_dst=10.0.0.44",
  ]);
  t.deepEqual(words(await apply(lab.mgmt, policy, { statements, takeOver: true })), []);
  // One that only drops, and one that passes what the policy allows, too, are reported and stay.
  await lab.ofctl("add-flow", ["priority=7,ip,nw_dst=10.0.0.44,nw_ttl=64,actions=drop"]);
  await lab.ofctl("add-flow", ["priority=7,ip,nw_dst=10.0.0.9,nw_ttl=64,actions=NORMAL"]);
  t.deepEqual(words(await apply(lab.mgmt, policy, { statements })), [
    "W950 the switch SWITCH holds 2 entries of others in our tables",
  ]);
  t.deepEqual(await lab.frame("eve", frame(9)), ["alice", "bob"]);
});

switchTest(
  "an entry of others that leads on to where ours drop the same stays, and one past a box or a limit is refused",
  async (t, start) => {
    const lab = await start();
    const policy = table(
      "table=0,priority=0 actions=goto_table:1",
      "table=1,priority=3,ip,nw_dst=10.0.0.44 actions=drop",
      "table=1,priority=0 actions=NORMAL",
    );
    t.deepEqual(words(await apply(lab.mgmt, policy)), []);
    await lab.ofctl("add-flow", ["priority=7,ip,nw_dst=10.0.0.44,actions=goto_table:1"]);
    t.deepEqual(await lab.frame("eve", frame(44)), []);
    t.deepEqual(await lab.frame("eve", frame(9)), ["alice", "bob"]);
    const told = words(await apply(lab.mgmt, policy));
    t.deepEqual(told, ["W950 the switch SWITCH holds 1 entry of others in our tables"]);
    // One that leads past a waypoint is refused: frames pass the box by.
    const facts = factsOf(lab);
    const [eve, bob] = ["eve", "bob"].map((name) => new RegExp(`host_at\\(${name}, \\w+, (\\d+)\\)`).exec(facts)![1]!);
    const led = compiled(`default allow.\n${facts}\n@w waypoint(srcHost=eve, dstHost=bob) = alice on rootShare.`);
    const { statements } = led;
    t.deepEqual(words(await apply(lab.mgmt, led.table, { statements, takeOver: true })), []);
    t.deepEqual(await lab.frame("eve", frame(4)), ["alice"]);
    const past = `in_port=${eve},ip,dl_src=00:00:00:00:00:03,nw_src=10.0.0.3,dl_dst=00:00:00:00:00:04,nw_dst=10.0.0.4`;
    await lab.ofctl("add-flow", [`priority=60000,${past},actions=output:${bob}`]);
    t.true(await until(async () => (await lab.frame("eve", frame(4))).join() === "bob"));
    const before = await lab.dump();
    const refused = await apply(lab.mgmt, led.table, { statements });
    t.regex(
      words(refused).join(),
      /^E994 [^,]* may let on what the policy leads by a way of its own: table 0, priority 60000, in_port=/,
    );
    t.regex(
      refused.diagnostics[0]!.help!,
      /, which `w` leads by a way of its own: with --take-over it goes; else have it/,
    );
    t.is((refused as Failed).state, "unchanged");
    t.is(await lab.dump(), before);
    t.deepEqual(words(await apply(lab.mgmt, led.table, { statements, takeOver: true })), []);
    t.deepEqual(await lab.frame("eve", frame(4)), ["alice"]);
    // What touches none of its flows, or only drops, stays.
    await lab.ofctl("add-flow", [`priority=60000,${past},tp_dst=9,udp,actions=drop`]);
    const others = `in_port=${bob},dl_src=00:00:00:00:00:04,dl_dst=ff:ff:ff:ff:ff:ff,arp,arp_op=1,arp_spa=10.0.0.4,arp_sha=00:00:00:00:00:04`;
    await lab.ofctl("add-flow", [`priority=60000,${others},actions=NORMAL`]);
    t.deepEqual(words(await apply(lab.mgmt, led.table, { statements })), [
      "W950 the switch SWITCH holds 2 entries of others in our tables",
    ]);
    // One that leads past a limit: its meter counts nothing.
    const limited = compiled("default allow.\n@l limit(dstHost=10.0.0.77) = 1Mb on rootShare.");
    const named = { statements: limited.statements };
    t.deepEqual(words(await apply(lab.mgmt, limited.table, { ...named, takeOver: true })), []);
    await lab.ofctl("add-flow", ["priority=65000,ip,nw_dst=10.0.0.77,actions=NORMAL"]);
    await lab.frame("eve", frame(77));
    t.regex(await lab.ofctl("dump-flows"), /n_packets=0,[^\n]*nw_dst=10\.0\.0\.77 actions=meter/);
    const unlimited = await apply(lab.mgmt, limited.table, named);
    t.regex(
      words(unlimited).join(),
      /^E994 .* what the policy limits: table 0, priority 65000, dl_type=0x800,nw_dst=10\.0\.0\.77$/,
    );
    t.deepEqual(words(await apply(lab.mgmt, limited.table, { ...named, takeOver: true })), []);
    await lab.frame("eve", frame(77));
    t.regex(await lab.ofctl("dump-flows"), /n_packets=1,[^\n]*nw_dst=10\.0\.0\.77 actions=meter/);
  },
);

const compiled = (
  text: string,
): { readonly table: Table; readonly statements: NonNullable<ApplyOptions["statements"]> } => {
  const { tables, cookies } = tablesAt(
    decide([{ name: "a.pane", text }], { now: 0, rules: RULES, load: () => undefined }),
    0,
    {
      target: "ovs",
    },
  );
  const statements = new Map([...cookies].map(([cookie, name]) => [cookie, { name }] as const));
  return { table: [...tables.values()][0]!, statements };
};

switchTest("the curtain overwrites no foreign entry", async (t, start) => {
  const lab = await start();
  const tagged = (tag: number): Table =>
    table(
      `table=0,priority=0 actions=write_metadata:0x${tag}/0x3,goto_table:1`,
      `table=1,priority=0,metadata=0x${tag}/0x3 actions=NORMAL`,
    );
  const { target } = await proxy(t, lab.mgmt, { bundles: false });
  const options = { database: lab.db };
  t.deepEqual(words(await apply(target, tagged(1), options)), []);
  const theirs = "priority=65535,actions=drop";
  await lab.ofctl("add-flow", [`cookie=0x5,${theirs}`]);
  const before = await lab.dump();
  const refused = await apply(target, tagged(2), options);
  t.deepEqual(words(refused), [
    "E995 on the switch SWITCH, which has no bundles, an entry that is not ours stands where all must be dropped meanwhile: table 0, priority 65535",
  ]);
  t.is((refused as Failed).state, "unchanged");
  t.is(await lab.dump(), before);
  // With bundles there is no curtain.
  t.deepEqual(words(await apply(lab.mgmt, tagged(2), options)), [
    "W950 the switch SWITCH holds 1 entry of others in our tables",
  ]);
  t.regex(await lab.dump(), /cookie=0x5, priority=65535 actions=drop/);
  // An entry that is taken over is removed when the curtain is, and not before.
  let opened = false;
  const slow = await proxy(t, lab.mgmt, {
    bundles: false,
    pause: async (message) => {
      if (message.type !== "barrier_request") return;
      const dump = await lab.dump();
      opened ||= !dump.includes("priority=65535") && dump.includes("metadata:0x2") && dump.includes("metadata=0x1");
    },
  });
  t.deepEqual(words(await apply(slow.target, tagged(1), { ...options, takeOver: true })), []);
  t.false(opened);
  t.notRegex(await lab.dump(), /priority=65535/);
});
