/** `apply` on a real switch: from the text of a policy to what hosts can reach. */
import { MOVED_HOST } from "../../compiler/plan/testing/moving-hosts.ts";
import { withoutBundles } from "../session/testing/without-bundles.ts";
import { clock, folder, glazier } from "./testing.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";

const network = `default allow.
host_ip(alice_pc, 10.0.0.2). host_ip(eve_pc, 10.0.0.3). host_ip(bob_pc, 10.0.0.4).
AddUser Alice.
NewShare aliceAC for (dstHost=10.0.0.2) [deny = True] on rootShare.
Grant aliceAC to Alice.
`;
const eve = "@noEve Alice: deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC.\n";

switchTest("apply blocks Eve and no other host, and a second apply sends nothing", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, { "net.pane": network + eve });
  const first = await glazier(cwd, ["apply", "--switch", lab.mgmt]);
  t.is(first.exit, 0);
  t.regex(first.out, /: 2 added, 0 replaced, 0 deleted, 0 unchanged \(in one bundle, \d+ ms\)\n$/);
  t.true(await lab.ping("bob", "alice"));
  t.false(await lab.ping("eve", "alice", { timeout: 1_000 }));
  t.true(await lab.tcp("eve", "bob", 22));
  const second = await glazier(cwd, ["apply", "--switch", lab.mgmt]);
  t.regex(second.out, /: 0 added, 0 replaced, 0 deleted, 2 unchanged \(nothing to send, \d+ ms\)\n$/);
  const evicting = await glazier(cwd, ["apply", "--switch", lab.mgmt, "--evict"]);
  t.is(evicting.exit, 0);
  t.regex(evicting.out, / 2 unchanged .*\n# there are no live requests here: none was evicted\n$/);
  t.deepEqual(JSON.parse((await glazier(cwd, ["apply", "--switch", lab.mgmt, "--evict", "--json"])).out).evicted, []);
  // A deny of requests makes it track connections, and what is said of the switch in a note is printed, too.
  const tracking = folder(t, { "net.pane": network + eve.replace("srcHost", "direction=request, srcHost") });
  for (const verb of ["plan", "apply"])
    t.regex((await glazier(tracking, [verb, "--switch", lab.mgmt])).err, /^note\[N996\]: /m, verb);
  const limited = (rate: number): string =>
    folder(t, { "net.pane": `${network}@l limit(srcHost=eve_pc) = ${rate}Mb on rootShare.\n` });
  t.regex((await glazier(limited(5), ["apply", "--switch", lab.mgmt])).out, /, 1 meter added \(in one bundle,/);
  t.regex((await glazier(limited(4), ["apply", "--switch", lab.mgmt])).out, /, 1 meter changed \(no entry to send,/);
});

switchTest("plan --switch and --dry-run print the difference and change nothing", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, { "old.pane": network + eve, "new.pane": network });
  await glazier(cwd, ["apply", "old.pane", "--switch", lab.mgmt]);
  const before = await lab.dump();
  for (const words of [
    ["plan", "new.pane"],
    ["apply", "new.pane", "--dry-run"],
  ]) {
    const { exit, out } = await glazier(cwd, [...words, "--switch", lab.mgmt]);
    t.is(exit, 0);
    t.regex(out, /would have: 0 added, 0 replaced, 1 deleted, 1 unchanged\n- .*actions=drop/);
  }
  t.is(await lab.dump(), before);
});

switchTest("a moved end is planned and sent, and apply prints when to apply repeated", async (t, start) => {
  const lab = await start();
  const to = (time: string): string => network + eve.replace(".\n", ` from now to ${time}.\n`);
  const cwd = folder(t, { "short.pane": to("+10min"), "long.pane": to("+1h"), "far.pane": to("+20h") });
  const words = ["--switch", lab.mgmt];
  t.is((await glazier(cwd, ["apply", "short.pane", ...words])).exit, 0);
  const planned = await glazier(cwd, ["plan", "long.pane", ...words]);
  t.regex(
    planned.out,
    /would have: 0 added, 0 replaced, 0 deleted, 1 unchanged, 1 timeout renewed\n~ .*hard_timeout=3600,/,
  );
  t.regex(await lab.dump(), /hard_timeout=600,/);
  const printed = JSON.parse((await glazier(cwd, ["apply", "long.pane", "--json", ...words])).out);
  t.like(printed, { added: 0, replaced: 0, renewed: 1, deleted: 0, unchanged: 1 });
  t.regex(await lab.dump(), /hard_timeout=3600,/);
  // Twenty hours are more than a timeout can express.
  const far = await glazier(cwd, ["apply", "far.pane", ...words]);
  t.regex(
    far.out,
    /, 1 timeout renewed .*\n# until 2026-12-01T10:56:40Z the switch keeps to the policy by itself: apply again then\n$/,
  );
  t.notRegex(await lab.dump(), /hard_timeout/);
});

const timed = (label: string, host: number, words = ""): string =>
  `default allow.\n@${label} deny(dstHost=10.0.0.${host}${words}) on rootShare to +60s.\n`;

for (const [what, before, after] of [
  ["changed under its label", timed("x", 2), timed("x", 3)],
  ["with another label of the same cookie", timed("xvaxy", 2), timed("xartry", 3)],
  ["with another label of the same cookie, for the same flows", timed("xvaxy", 2), timed("xartry", 2)],
  ["with more conditions than before", timed("x", 2), timed("x", 2, ", srcHost=10.0.0.0/30")],
] as const) {
  switchTest(`a deny of 60 s ${what} has all of its 60 s`, async (t, start) => {
    const lab = await start();
    const cwd = folder(t, { "before.pane": before, "after.pane": after });
    const words = ["--switch", lab.mgmt];
    t.is((await glazier(cwd, ["apply", "before.pane", ...words])).exit, 0);
    t.regex(await lab.dump(), /hard_timeout=60,/);
    // Half of its time later, by the policy's clock: what stays has half of it left, and what is new all of it.
    const kept = await glazier(cwd, ["apply", "before.pane", ...words], "", clock + 31);
    t.regex(kept.out, /1 timeout renewed/);
    t.regex(await lab.dump(), /hard_timeout=29,/);
    t.is((await glazier(cwd, ["apply", "after.pane", ...words], "", clock + 31)).exit, 0);
    t.deepEqual((await lab.dump()).match(/hard_timeout=\d+/g), ["hard_timeout=60"]);
    // And back: what was taken away has begun anew, too.
    t.is((await glazier(cwd, ["apply", "before.pane", ...words], "", clock + 40)).exit, 0);
    t.deepEqual((await lab.dump()).match(/hard_timeout=\d+/g), ["hard_timeout=60"]);
  });
}

switchTest("two labels with one hash, applied one after the other, have counters of their own", async (t, start) => {
  const lab = await start();
  const one = "default allow.\n@xvaxy deny(dstHost=10.0.0.2) on rootShare.\n";
  const both = `${one}@xartry deny(dstHost=10.0.0.3) on rootShare.\n`;
  const cwd = folder(t, { "one.pane": one, "both.pane": both });
  t.is((await glazier(cwd, ["apply", "one.pane", "--switch", lab.mgmt])).exit, 0);
  const { exit, err } = await glazier(cwd, ["apply", "both.pane", "--switch", lab.mgmt]);
  t.is(exit, 0);
  t.regex(err, /warning\[W904\]/);
  t.false(await lab.ping("bob", "alice", { timeout: 300 }));
  const lines = (await lab.ofctl("dump-flows", ["ip"])).split("\n").filter((line) => line.includes("nw_dst="));
  const cookies = lines.map((line) => /cookie=(0x[0-9a-f]+)/.exec(line)?.[1]);
  t.deepEqual([cookies.length, new Set(cookies).size], [2, 2]);
  const packets = async (last: number): Promise<number> => {
    const cookie = cookies[lines.findIndex((line) => line.includes(`nw_dst=10.0.0.${last} `))];
    const dump = await lab.ofctl("dump-aggregate", [`cookie=${cookie}/-1`]);
    return Number(/packet_count=(\d+)/.exec(dump)?.[1]);
  };
  t.true(await until(async () => (await packets(2)) > 0));
  t.is(await packets(3), 0);
});

switchTest("foreign entries are reported and stay, unless taken over", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, { "net.pane": network });
  await lab.ofctl("add-flow", ["priority=77,tcp,tp_dst=77,actions=drop"]);
  const kept = await glazier(cwd, ["apply", "--switch", lab.mgmt]);
  t.is(kept.exit, 0);
  t.regex(kept.err, /W950/);
  t.regex(await lab.dump(), /tp_dst=77/);
  t.is((await glazier(cwd, ["apply", "--switch", lab.mgmt, "--take-over"])).exit, 0);
  t.notRegex(await lab.dump(), /tp_dst=77/);
});

switchTest("the entry that a new bridge comes with is reported, with the option that replaces it", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, { "net.pane": network });
  await lab.ofctl("add-flow", ["priority=0,actions=NORMAL"]);
  const kept = await glazier(cwd, ["apply", "--switch", lab.mgmt]);
  t.is(kept.exit, 3);
  t.regex(
    kept.err,
    /error\[E958\]: [^]*= help: a new bridge comes with an entry that switches everything: with --take-over /,
  );
  t.is((await glazier(cwd, ["apply", "--switch", lab.mgmt, "--take-over"])).exit, 0);
  // The token stands in the last table.
  const entries = (await lab.dump())
    .trim()
    .split("\n")
    .filter((line) => !line.includes("table=253"));
  t.is(entries.length, 1);
});

switchTest(
  "a switch with another datapath than the policy states is refused, and the help says which one it is",
  async (t, start) => {
    const lab = await start();
    const unlike = { wrong: "switch(s1, 7).", other: "switch(s1, 7). switch(s2, 1)." };
    const alike = { number: "switch(s1, 1).", text: 'switch(s1, "00:00:00:00:00:00:00:01").', none: "" };
    const all = Object.entries({ ...unlike, ...alike }).map(([name, facts]) => [`${name}.pane`, network + facts]);
    const cwd = folder(t, Object.fromEntries(all) as Record<string, string>);
    const words = ["--switch", lab.mgmt, "--take-over"];
    for (const command of ["apply", "plan"]) {
      const { exit, err } = await glazier(cwd, [command, "wrong.pane", ...words.slice(0, command === "plan" ? 2 : 3)]);
      t.is(exit, 3);
      t.regex(
        err,
        /E980\]: the switch `unix:.*` is not `s1`: its datapath is 0000000000000001, and that of `s1` is 0{15}7/,
      );
      t.regex(err, /wrong.pane:6:1/);
      t.regex(
        err,
        /= help: no switch of the policy has this datapath; if this is `s1`, say switch\(s1, "0000000000000001"\)/,
      );
    }
    const named = await glazier(cwd, ["apply", "other.pane", "--as", "s1", ...words]);
    t.is(named.exit, 3);
    t.regex(named.err, /= help: this is `s2`: --as s2/);
    t.is(await lab.dump(), "");
    t.is((await glazier(cwd, ["apply", "other.pane", "--as", "s2", ...words])).exit, 0);
    for (const name of Object.keys(alike))
      t.is((await glazier(cwd, ["apply", `${name}.pane`, ...words])).exit, 0, name);
  },
);

switchTest("a policy with an error reaches no switch", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, { "net.pane": `${network}Alice: deny(*) on aliceAC.\n` });
  t.is((await glazier(cwd, ["apply", "--switch", lab.mgmt])).exit, 1);
  t.is(await lab.dump(), "");
});

switchTest("ovs-ofctl takes what compile prints as it is", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, {});
  await glazier(cwd, ["init"]);
  const { exit, out } = await glazier(cwd, ["compile", "--validate"]);
  t.is(exit, 0);
  await lab.ofctl("add-flows", ["-"], { input: out });
  t.is(
    (await lab.dump()).trim().split("\n").length,
    out.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length,
  );
  t.true(await lab.ping("bob", "alice"));
  t.false(await lab.ping("eve", "alice", { timeout: 1_000 }));
});

switchTest("apply adds meters and queues, prints the filters, and removes all of it repeated", async (t, start) => {
  const lab = await start();
  const facts = `switch(s1, 1). host_at(bob_pc, s1, 3). port_rate(s1, 3, 20Mb).
NewShare net for (*) [reserve <= 20Mb, limit <= 20Mb] on rootShare.
Grant net to Alice.
`;
  const requests = `@slow Alice: limit(srcHost=10.0.0.3) = 2Mb on net.
@call Alice: reserve(srcHost=10.0.0.2, dstHost=10.0.0.4) = 15Mb on net.
`;
  const less = requests.slice(requests.indexOf("@call")).replace("15Mb", "5Mb");
  const cwd = folder(t, {
    "all.pane": network + facts + requests,
    "less.pane": network + facts + less,
    "none.pane": network + facts,
  });
  const words = ["--switch", lab.mgmt, "--target", "ovs-userspace"];
  const printed = (out: string): readonly string[] =>
    out.split("\n").filter((line) => /^[-+~] .*(meter|queue)=/.test(line));
  const planned = await glazier(cwd, ["plan", "all.pane", ...words]);
  t.regex(planned.out, /, 1 meter added, 1 queue added$/m);
  const [meter, queue] = printed(planned.out).filter((line) => !line.includes("table="));
  t.regex(meter!, /^\+ meter=\d+,kbps,burst,stats,band=type=drop,rate=2000,burst_size=2000 {4}# slow$/);
  t.regex(queue!, /^\+ port=3,queue=\d+,min-rate=15000 {4}# call$/);
  const dry = JSON.parse((await glazier(cwd, ["apply", "all.pane", ...words, "--dry-run", "--json"])).out);
  t.like(dry.plan.meters, [{ change: "add", rate: 2e6, burst: 2e6, statement: "slow" }]);
  t.like(dry.plan.queues, [{ change: "add", port: 3, minimum: 15e6, statement: "call" }]);
  t.is(await lab.vsctl(["list", "queue"]), "", "nothing was changed");
  const first = await glazier(cwd, ["apply", "all.pane", ...words]);
  t.is(first.exit, 0, first.err);
  t.regex(first.out, /, 1 meter added, 1 queue added \(in one bundle/);
  t.regex(first.err, /W954.*work once 16 commands have set filters and short queues/);
  t.regex(first.err, /tc filter add dev s1-eth3 parent 1: protocol ip prio 47101/);
  t.regex(await lab.ofctl("dump-meters"), /rate=2000\b/);
  t.regex(await lab.vsctl(["list", "queue"]), /min-rate="15000000"/);
  const repeated = await glazier(cwd, ["apply", "all.pane", ...words, "--db", lab.db, "--json"]);
  const none = { added: 0, changed: 0, removed: 0 };
  t.like(JSON.parse(repeated.out), { ok: true, added: 0, replaced: 0, deleted: 0, meters: none, queues: none });
  const fewer = await glazier(cwd, ["plan", "less.pane", ...words]);
  t.regex(fewer.out, /^~ port=3,queue=\d+,min-rate=5000 {4}# call$/m);
  t.regex(fewer.out, /^- meter=\d+,kbps,burst,stats,band=type=drop,rate=2000,burst_size=2000$/m);
  const changed = JSON.parse((await glazier(cwd, ["plan", "less.pane", ...words, "--json"])).out);
  t.like(changed.plan.queues[0], { change: "replace", minimum: 5e6, was: { minimum: 15e6, statement: "call" } });
  const last = await glazier(cwd, ["apply", "none.pane", ...words]);
  t.regex(last.out, /, 1 meter removed, 1 queue removed \(in one bundle/);
  t.notRegex(await lab.ofctl("dump-meters"), /meter=/);
  t.is(await lab.vsctl(["list", "queue"]), "");
  const nowhere = await glazier(cwd, ["apply", "all.pane", ...words, "--db", "unix:/nowhere/db.sock"]);
  t.is(nowhere.exit, 3);
  t.regex(nowhere.err, /E960\]: .*cannot be reached: there is no such socket/);
});

switchTest("one share is observed: it is counted, and what root denies behind it stays denied", async (t, start) => {
  const lab = await start();
  const policy = `${network}NewShare s for (srcHost=10.0.0.3) [deny = True] on rootShare.
@root deny(srcHost=10.0.0.3, dstHost=10.0.0.4) on rootShare.
@trial deny(srcHost=10.0.0.3) on s.
`;
  const cwd = folder(t, { "net.pane": policy });
  const words = ["apply", "--switch", lab.mgmt, "--observe-share", "s"];
  const trial = await glazier(cwd, words);
  t.is(trial.exit, 0, trial.err);
  t.regex(trial.out, /^# TRIAL RUN \(--observe-share\): what s would decide/);
  t.regex(trial.err, /warning\[W843\]: trial run of `s`/);
  t.true(await lab.ping("eve", "alice"), "what s denies passes");
  t.false(await lab.ping("eve", "bob", { timeout: 1_000 }), "what root denies does not");
  const observed = (await lab.ofctl("dump-flows"))
    .split("\n")
    .find((line) => /table=0,.*nw_src=10\.0\.0\.3/.test(line));
  t.regex(observed ?? "", /n_packets=[1-9].*actions=goto_table:1/);
  t.deepEqual(JSON.parse((await glazier(cwd, [...words, "--json"])).out).observe, ["s"]);
  // Enforced, Eve reaches nobody.
  t.is((await glazier(cwd, words.slice(0, -2))).exit, 0);
  t.false(await lab.ping("eve", "alice", { timeout: 1_000 }));
  t.is((await glazier(cwd, ["compile", "--observe-share", "t"])).exit, 2);
  t.is((await glazier(cwd, ["compile", "--observe", "--observe-share", "s"])).exit, 2);
});

switchTest("a trial run says so, lets through what a share denies, and drops what a guard denies", async (t, start) => {
  const lab = await start();
  const guard = "policy stop as guard { @stop deny <= srcHost(10.0.0.3), dstHost(10.0.0.4). }\n";
  const cwd = folder(t, { "net.pane": network + eve + guard });
  const words = ["apply", "--switch", lab.mgmt, "--observe"];
  const trial = await glazier(cwd, words);
  t.is(trial.exit, 0);
  t.regex(trial.out, /^# TRIAL RUN \(--observe\): /);
  t.regex(trial.err, /warning\[W833\]: trial run/);
  t.true(await lab.ping("eve", "alice"), "a share's deny is observed");
  t.false(await lab.ping("eve", "bob", { timeout: 1_000 }), "a guard's is not");
  const printed = JSON.parse((await glazier(cwd, [...words, "--json"])).out);
  t.is(printed.observe, true);
  t.true(printed.diagnostics.some(({ code }: { code: string }) => code === "W833"));
  const compiled = await glazier(cwd, ["compile", "--observe"]);
  t.regex(compiled.out, /^# TRIAL RUN \(--observe\): /);
  t.is(JSON.parse((await glazier(cwd, ["compile", "--observe", "--json"])).out).observe, true);
  t.regex((await glazier(cwd, ["compile", "--observe", "--timeline"])).out, /^# TRIAL RUN/);
  t.regex((await glazier(cwd, ["help", "apply"])).out, /\[--observe \|/);
  // Without it the policy is enforced.
  t.notRegex((await glazier(cwd, words.slice(0, -1))).out, /TRIAL/);
  t.false(await lab.ping("eve", "alice", { timeout: 1_000 }));
});

switchTest("an apply stage by stage says what stopped meanwhile", async (t, start) => {
  const lab = await start();
  const target = await withoutBundles(t, lab.mgmt, () => Promise.resolve());
  const cwd = folder(t, { "old.pane": MOVED_HOST.old, "next.pane": MOVED_HOST.next });
  t.is((await glazier(cwd, ["apply", "--switch", lab.mgmt, "--take-over", "old.pane"])).exit, 0);
  const sent = await glazier(cwd, ["apply", "--switch", target, "next.pane"]);
  t.is(sent.exit, 0, sent.err);
  t.regex(sent.out, /\(stage by stage, some traffic that stays allowed may have stopped meanwhile, /);
});
