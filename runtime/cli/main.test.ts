/** The command line from outside: help, wrong words, exit codes, and what each command prints. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { command as run } from "../process/command.ts";
import { commands } from "./commands/index.ts";
import { folder, glazier } from "./testing.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const good = `default allow.
host_ip(alice_pc, 10.0.0.2). host_ip(eve_pc, 10.0.0.3).
AddUser Alice.
NewShare aliceAC for (dstHost=10.0.0.2) [deny = True] on rootShare.
Grant aliceAC to Alice.
@noEve Alice: deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC.
`;
const outside = `${good}Alice: deny(dstHost=10.0.0.4) on aliceAC.\n`;
const at = ["--at", "2026-12-01T09:00:00Z"];

test("every command has help with its options and with examples", async (t) => {
  for (const [name, load] of commands) {
    const command = await load();
    t.is(command.name, name);
    t.true(command.examples.length > 0);
    for (const [line] of command.examples) t.regex(line, /\bglazier /);
    const { exit, out, err } = await glazier(here, ["help", name]);
    t.deepEqual([exit, err], [0, ""]);
    for (const option of Object.keys(command.options)) t.true(out.includes(`--${option}`), `${name} --${option}`);
    t.is((await glazier(here, [name, "--help"])).out, out);
  }
});

test("the overview lists every command, and no command at all is wrong usage", async (t) => {
  const { exit, out } = await glazier(here, ["help"]);
  t.is(exit, 0);
  for (const name of commands.keys()) t.regex(out, new RegExp(`^  ${name} +\\S`, "m"));
  t.deepEqual(await glazier(here, []), { exit: 2, out, err: "" });
  t.deepEqual(await glazier(here, ["help", "help"]), { exit: 0, out, err: "" });
});

test("a misspelt word is refused with the nearest known one and exit code 2", async (t) => {
  t.deepEqual(await glazier(here, ["chekc"]), {
    exit: 2,
    out: "",
    err: "error: there is no command `chekc`\n  did you mean `check`?\n",
  });
  t.is(
    (await glazier(here, ["help", "complie"])).err,
    "error: there is no command `complie`\n  did you mean `compile`?\n",
  );
  t.is(
    (await glazier(here, ["check", "--prov"])).err,
    "error: --prov is not an option of `check`\n  did you mean `--prove`?\n",
  );
  const json = await glazier(here, ["check", "--prov", "--json"]);
  t.like(JSON.parse(json.out), { ok: false, exit: 2, error: { help: "did you mean `--prove`?" } });
});

test("check ends with 0 where all is accepted, 1 and a certificate otherwise, and 3 without a file", async (t) => {
  const cwd = folder(t, { "good.pane": good, "outside.pane": outside, "broken.pane": "alow(*) on rootShare.\n" });
  t.deepEqual(await glazier(cwd, ["check", "good.pane"]), {
    exit: 0,
    out: "4 statements: 4 accepted\n",
    err: "",
  });
  const rejected = await glazier(cwd, ["check", "outside.pane"]);
  t.is(rejected.exit, 1);
  t.regex(
    rejected.err,
    /^error\[E701\]: the flowgroup is not inside share `aliceAC`, which holds \(dstHost=10\.0\.0\.2\)\n +--> outside\.pane:7:1\n/,
  );
  t.regex(rejected.err, /witness: .*dstHost=10\.0\.0\.4/);
  const broken = await glazier(cwd, ["check", "broken.pane"]);
  t.is(broken.exit, 1);
  t.regex(broken.err, /broken\.pane:1:1/);
  t.is(broken.out, "nothing was decided\n");
  t.deepEqual(await glazier(cwd, ["check", "godo.pane"]), {
    exit: 3,
    out: "",
    err: "error: cannot read godo.pane: there is no such file or folder\n  did you mean `good.pane`?\n",
  });
});

test("check --json is one document with every verdict", async (t) => {
  const cwd = folder(t, { "outside.pane": outside });
  const { exit, out } = await glazier(cwd, ["check", "--json", ...at]);
  t.is(exit, 1);
  const document = JSON.parse(out);
  t.like(document, { ok: false, at: "2026-12-01T09:00:00Z" });
  t.deepEqual(
    document.statements.map((one: { verdict: string }) => one.verdict),
    ["accepted", "accepted", "accepted", "accepted", "rejected"],
  );
  t.like(document.statements[4].certificate, { code: "outside-share", chain: ["aliceAC", "rootShare"] });
  t.like(document.diagnostics[0], { code: "E701", place: { file: "outside.pane", line: 7, column: 1 } });
});

test("check --prove says that Z3 agrees", async (t) => {
  const cwd = folder(t, { "good.pane": good });
  const { exit, out } = await glazier(cwd, ["check", "--prove"]);
  t.is(exit, 0);
  t.regex(out, /(\d+) of \1 questions about sets decided alike by Z3\n$/);
});

test("fmt rewrites a file, fmt --check only names it, and a file with a syntax error stays as it is", async (t) => {
  const cwd = folder(t, { "a.pane": "AddUser   Alice . // who\n", "bad.pane": "AddUser .\n" });
  t.deepEqual(await glazier(cwd, ["fmt", "--check", "a.pane"]), {
    exit: 1,
    out: "a.pane\n",
    err: "1 file is not canonical: `glazier fmt` mends that\n",
  });
  t.deepEqual(await glazier(cwd, ["fmt", "a.pane"]), { exit: 0, out: "a.pane\n", err: "" });
  t.is(readFileSync(join(cwd, "a.pane"), "utf8"), "AddUser Alice. // who\n");
  t.deepEqual(await glazier(cwd, ["fmt", "a.pane"]), { exit: 0, out: "", err: "" });
  t.is((await glazier(cwd, ["fmt", "bad.pane"])).exit, 1);
  t.is(readFileSync(join(cwd, "bad.pane"), "utf8"), "AddUser .\n");
  t.deepEqual(await glazier(cwd, ["fmt", "-"], "AddUser  Bob.\n"), { exit: 0, out: "AddUser Bob.\n", err: "" });
});

test("init writes a canonical policy that is accepted and compiles, and overwrites no file", async (t) => {
  const cwd = folder(t, {});
  t.is((await glazier(cwd, ["init", "net"])).exit, 0);
  t.is((await glazier(cwd, ["fmt", "--check", "net"])).exit, 0);
  const checked = await glazier(cwd, ["check", "net"]);
  t.deepEqual([checked.exit, checked.err], [0, ""]);
  t.is((await glazier(cwd, ["compile", "net"])).exit, 0);
  t.deepEqual(await glazier(cwd, ["init", "net"]), {
    exit: 3,
    out: "",
    err: "error: net/policy.pane is there already\n  nothing was changed\n",
  });
});

test("the statement that the starting policy proposes to try is rejected with its reason", async (t) => {
  const cwd = folder(t, {});
  await glazier(cwd, ["init"]);
  const text = readFileSync(join(cwd, "policy.pane"), "utf8");
  const tried = text.replace(/^\/\/ (Alice: .*)$/m, "$1");
  t.not(tried, text);
  const { exit, err } = await glazier(cwd, ["check", "-"], tried);
  t.is(exit, 1);
  t.regex(err, /error\[E701\]: the flowgroup is not inside share `aliceAC`/);
  t.regex(err, /would be accepted: Alice: deny\(srcHost=10\.0\.0\.3, dstHost=10\.0\.0\.2\) on aliceAC\./);
});

test("compile prints the same bytes for the same --at, and no table where there is an error", async (t) => {
  const cwd = folder(t, { "good.pane": good, "outside.pane": outside });
  const first = await glazier(cwd, ["compile", "good.pane", ...at]);
  t.deepEqual(await glazier(cwd, ["compile", "good.pane", ...at]), first);
  t.is(first.exit, 0);
  t.regex(first.out, /^# 2 entries at 2026-12-01T09:00:00Z \(--at 2026-12-01T09:00:00Z\)\n/);
  t.regex(first.out, /nw_src=10\.0\.0\.3,nw_dst=10\.0\.0\.2 actions=drop\n/);
  const { exit, out } = await glazier(cwd, ["compile", "outside.pane"]);
  t.deepEqual([exit, out], [1, ""]);
  const json = JSON.parse((await glazier(cwd, ["compile", "good.pane", "--json", ...at])).out);
  t.is(json.switches[0].entries[0].statement, "noEve");
});

test("compile --at in wrong words says how to write it", async (t) => {
  const { exit, err } = await glazier(here, ["compile", "--at", "tomorrow"]);
  t.is(exit, 2);
  t.regex(err, /^error: --at tomorrow: /);
});

test("plan compares a policy with nothing, with another policy or with itself at another instant", async (t) => {
  const timed = good.replace("on aliceAC.\n", "on aliceAC from now to +5min.\n");
  const cwd = folder(t, { "old.pane": good.replace(/@noEve.*\n/, ""), "new.pane": good, "timed.pane": timed });
  t.regex(
    (await glazier(cwd, ["plan", "new.pane", ...at])).out,
    /^# 2 entries to add, none to replace, none to delete/,
  );
  const between = await glazier(cwd, ["plan", "old.pane", "new.pane", ...at]);
  t.is(between.exit, 0);
  t.regex(between.out, /^# 1 entry to add, none to replace, none to delete/);
  t.regex(between.out, /^ {2}\+ deny \(srcHost=10\.0\.0\.3, dstHost=10\.0\.0\.2\) {4}# noEve$/m);
  const later = await glazier(cwd, ["plan", "timed.pane", ...at, "--at", "2026-12-01T10:00:00Z"]);
  t.regex(later.out, /^ {2}- deny /m);
  t.is((await glazier(cwd, ["plan", "a", "b", "c"])).exit, 2);
});

test("compile and plan say when to apply again, as text and as JSON", async (t) => {
  const later = "@later deny(dstHost=10.0.0.2) on rootShare from 2026-12-01T09:30:00Z to 2026-12-01T10:00:00Z.\n";
  const cwd = folder(t, { "later.pane": good + later, "good.pane": good });
  const printed = "# until 2026-12-01T09:30:00Z the switch keeps to the policy by itself: apply again then\n";
  for (const command of ["compile", "plan"]) {
    const text = await glazier(cwd, [command, "later.pane", ...at]);
    t.deepEqual([text.exit, text.err], [0, ""]);
    t.true(text.out.includes(printed), text.out);
    t.is(JSON.parse((await glazier(cwd, [command, "later.pane", "--json", ...at])).out).again, "2026-12-01T09:30:00Z");
    t.false((await glazier(cwd, [command, "good.pane", ...at])).out.includes("apply again"));
    t.false("again" in JSON.parse((await glazier(cwd, [command, "good.pane", "--json", ...at])).out));
  }
});

test("compile --timeline has every change of the table, as `plan` between two instants has it", async (t) => {
  const span = "from 2026-12-01T09:05:00Z to 2026-12-01T10:00:00Z";
  const timed = good.replace("on aliceAC.\n", `on aliceAC ${span}.\n`);
  const other = "@all deny(dstHost=10.0.0.2) on rootShare from 2026-12-01T09:30:00Z.\n";
  const cwd = folder(t, { "timed.pane": timed + other, "good.pane": good });
  const { exit, out, err } = await glazier(cwd, ["compile", "timed.pane", "--timeline", ...at]);
  t.deepEqual([exit, err], [0, ""]);
  const [head, ...moments] = out.split("\n\n");
  t.is(head, "# the table changes 3 times after 2026-12-01T09:00:00Z (--at 2026-12-01T09:00:00Z)");
  t.regex(moments[0]!, /^# 2026-12-01T09:05:00Z 1 entry to add/);
  t.regex(moments[0]!, /^\+ .*nw_src=10\.0\.0\.3,nw_dst=10\.0\.0\.2 actions=drop {4}# noEve$/m);
  // The entry of `noEve` needed no timeout while `all` was still to take over; now it has one.
  t.notRegex(moments[0]!, /hard_timeout/);
  t.regex(
    moments[1]!,
    /^# 2026-12-01T09:30:00Z 1 entry to add, none to replace, none to delete, 1 timeout to renew\n~ .*hard_timeout=1800,.*# noEve\n\+ .*# all$/m,
  );
  const printed = JSON.parse((await glazier(cwd, ["compile", "timed.pane", "--timeline", "--json", ...at])).out);
  const gist = (switches: unknown): string =>
    JSON.stringify(switches, (key, value: unknown) => (key === "ovs" || key === "hardTimeout" ? undefined : value));
  let before = "2026-12-01T09:00:00Z";
  for (const change of printed.changes) {
    const two = ["--at", before, "--at", change.at];
    const planned = JSON.parse((await glazier(cwd, ["plan", "timed.pane", "--json", ...two])).out);
    t.is(gist(change.switches), gist(planned.switches), `${before} → ${change.at}`);
    before = change.at;
  }
  t.is(before, "2026-12-01T10:00:00Z");
  t.is(
    (await glazier(cwd, ["compile", "good.pane", "--timeline", ...at])).out,
    "# the table changes no more after 2026-12-01T09:00:00Z (--at 2026-12-01T09:00:00Z)\n",
  );
});

const paced = (rate: string): string => `default allow.
@x limit(srcHost=10.0.0.1) = ${rate} on rootShare.
@y reserve(srcHost=10.0.0.2) = ${rate} on rootShare.
`;
/** The lines of meters and queues, without their numbers. */
const pace = (out: string): readonly string[] =>
  out.split("\n").flatMap((line) => {
    const found = /^([-+~]) (meter|queue)=\d+,.*rate=(\d+)\b.* {4}# (\w+)$/.exec(line);
    return found === null ? [] : [found.slice(1).join(" ")];
  });

test("plan shows a changed rate, though no entry changes", async (t) => {
  const cwd = folder(t, { "old.pane": paced("5Mb"), "new.pane": paced("8Mb"), "none.pane": "default allow.\n" });
  const { exit, out } = await glazier(cwd, ["plan", "old.pane", "new.pane", ...at]);
  t.is(exit, 0);
  t.regex(out, /^# 1 meter to replace, 1 queue to replace \(/);
  t.deepEqual(pace(out), ["~ meter 8000 x", "~ queue 8000 y"]);
  t.regex(out, /^Traffic that changes, by 2 statements:\n {2}~ limit \(srcHost=10\.0\.0\.1\): 5Mb → 8Mb {4}# x$/m);
  const printed = JSON.parse((await glazier(cwd, ["plan", "old.pane", "new.pane", "--json", ...at])).out);
  t.like(printed.switches[0].meters[0], { change: "replace", rate: 8e6, statement: "x", was: { rate: 5e6 } });
  t.like(printed.switches[0].queues[0], { change: "replace", minimum: 8e6, statement: "y", was: { minimum: 5e6 } });
  t.like(printed.traffic[0], { change: "rate", statement: "x", rate: 8e6, was: 5e6 });
  const first = await glazier(cwd, ["plan", "new.pane", ...at]);
  t.regex(first.out, /^# \d+ entries to add, none to replace, none to delete, 1 meter to add, 1 queue to add \(/);
  const last = await glazier(cwd, ["plan", "new.pane", "none.pane", ...at]);
  t.deepEqual(pace(last.out), ["- meter 8000 x", "- queue 8000 y"]);
  t.regex((await glazier(cwd, ["plan", "new.pane", "new.pane", ...at])).out, /^# nothing to change \(/);
});

test("compile has meters and queues in the JSON, and in the timeline where they come and go", async (t) => {
  const span = "from 2026-12-01T09:05:00Z to 2026-12-01T10:00:00Z";
  const cwd = folder(t, {
    "paced.pane": paced("5Mb"),
    "timed.pane": paced("5Mb").replaceAll("on rootShare.", `on rootShare ${span}.`),
  });
  const [table] = JSON.parse((await glazier(cwd, ["compile", "paced.pane", "--json", ...at])).out).switches;
  t.like(table.meters[0], { rate: 5e6, burst: 5e6, statement: "x" });
  t.regex(table.entries.map(({ ovs }: { ovs: string }) => ovs).join(), new RegExp(`meter:${table.meters[0].meter}\\b`));
  t.like(table.queues[0], { minimum: 5e6, statement: "y" });
  const { out } = await glazier(cwd, ["compile", "timed.pane", "--timeline", ...at]);
  const [, ...moments] = out.split("\n\n");
  t.deepEqual(moments.map(pace), [
    ["+ meter 5000 x", "+ queue 5000 y"],
    ["- meter 5000 x", "- queue 5000 y"],
  ]);
  t.regex(moments[0]!, /^# 2026-12-01T09:05:00Z .*, 1 meter to add, 1 queue to add$/m);
  const printed = JSON.parse((await glazier(cwd, ["compile", "timed.pane", "--timeline", "--json", ...at])).out);
  t.deepEqual(
    printed.changes.map(
      ({ switches: [one] }: { switches: { meters: { change: string }[] }[] }) => one!.meters[0]!.change,
    ),
    ["add", "delete"],
  );
  const two = ["--at", "2026-12-01T09:05:00Z", "--at", "2026-12-01T10:00:00Z"];
  const [planned] = JSON.parse((await glazier(cwd, ["plan", "timed.pane", "--json", ...two])).out).switches;
  const [last] = printed.changes[1].switches;
  t.deepEqual([last.meters, last.queues], [planned.meters, planned.queues]);
});

test("in compile --timeline a new waypoint moves the queues of the flows that it steers", async (t) => {
  const steered = `default allow.
switch(s1, 1). switch(s2, 2). switch(s3, 3).
link(s1, 10, s2, 10, 1Gb). link(s1, 11, s3, 11, 1Gb). link(s2, 12, s3, 12, 1Gb).
host_ip(a, 10.0.0.1). host_mac(a, 00:00:00:00:00:0a). host_at(a, s1, 1).
host_ip(b, 10.0.0.2). host_mac(b, 00:00:00:00:00:0b). host_at(b, s2, 2).
@y reserve(srcHost=10.0.0.1, dstHost=10.0.0.2) = 5Mb on rootShare.
@w waypoint(srcHost=10.0.0.1, dstHost=10.0.0.2) = s3 on rootShare from 2026-12-01T09:05:00Z.
`;
  const cwd = folder(t, { "led.pane": steered });
  const { out } = await glazier(cwd, ["compile", "led.pane", "--timeline", ...at]);
  const queues = out.split("\n").flatMap((line) => /^[-+~] port=\d+/.exec(line) ?? []);
  t.deepEqual(queues, ["+ port=11", "- port=10", "+ port=12"]);
});

test("explain answers for a statement, a packet or a flowgroup, and refuses an unknown name", async (t) => {
  const cwd = folder(t, { "good.pane": good });
  t.regex((await glazier(cwd, ["explain", "@noEve"])).out, /deny on aliceAC → rootShare, by Alice/);
  t.regex((await glazier(cwd, ["explain", "srcHost=10.0.0.3, dstHost=10.0.0.2"])).out, /^denied by deny noEve/m);
  t.regex((await glazier(cwd, ["explain", "(dstHost=alice_pc)"])).out, /the default is allow\n$/);
  t.deepEqual(await glazier(cwd, ["explain", "noEvee"]), {
    exit: 2,
    out: "",
    err: "error: no statement is called `noEvee`\n  did you mean `@noEve`?\n",
  });
  t.is((await glazier(cwd, ["explain", "(dstHost=alice_cp)"])).exit, 2);
});

test("trace shows that policy and table agree on a packet, given as fields or as a line of tcpdump", async (t) => {
  const cwd = folder(t, { "good.pane": good });
  for (const words of [
    "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, dstPort=22",
    "IP 10.0.0.3.4 > 10.0.0.2.22: Flags [S]",
  ]) {
    const { exit, out } = await glazier(cwd, ["trace", words, "--json"]);
    t.is(exit, 0);
    t.like(JSON.parse(out), { ok: true, policy: { verdict: "deny", by: "noEve" }, table: { verdict: "deny" } });
  }
  const passed = await glazier(cwd, ["trace", "srcHost=10.0.0.4, dstHost=10.0.0.2, transport=ICMP"]);
  t.regex(passed.out, /^policy {3}allow: /m);
  t.regex(passed.out, /^table {4}allow$/m);
});

test("query prints rows, and refuses a text that is no query", async (t) => {
  const cwd = folder(t, { "good.pane": good });
  t.regex(
    (await glazier(cwd, ["query", "ListShares."])).out,
    /^aliceAC +rootShare +\(dstHost=10\.0\.0\.2\) +Alice, root +deny = True$/m,
  );
  const { rows } = JSON.parse((await glazier(cwd, ["query", "ListRequests on aliceAC.", "--json"])).out);
  t.like(rows[0], { request: "noEve", kind: "deny", speaker: "Alice" });
  t.is(
    (await glazier(cwd, ["query", "ListReqests."])).err,
    "error: that is not one query\n  did you mean `ListRequests`?\n",
  );
  t.is((await glazier(cwd, ["query", "ListRequests on alice."])).exit, 2);
});

test("replay ends with 1 where a verdict is not as the trace expects", async (t) => {
  const cwd = folder(t, {
    "good.pane": "True <- root : AddUser Alice.\nTick 60.\nFalse <- root : AddUser Alice.\n",
    "bad.pane": "False <- root : AddUser Alice.\n",
  });
  const ran = await glazier(cwd, ["replay", "good.pane"]);
  t.is(ran.exit, 0);
  t.regex(ran.out, /\n3 statements, 2 of 2 as expected\n$/);
  t.is((await glazier(cwd, ["replay", "bad.pane"])).exit, 1);
});

test("apply needs a switch that is there", async (t) => {
  const cwd = folder(t, { "good.pane": good });
  t.is((await glazier(cwd, ["apply"])).exit, 2);
  const { exit, out } = await glazier(cwd, ["apply", "--switch", `unix:${cwd}/no.sock`, "--json"]);
  t.is(exit, 3);
  t.like(JSON.parse(out), { ok: false, outcome: "failed", state: "unchanged" });
});

test("bin.js runs under this Node, and prints no colours into a pipe", async (t) => {
  const bin = fileURLToPath(new URL("../bin.js", import.meta.url));
  const { code, stdout } = await run([process.execPath, bin, "--version"]);
  t.is(code, 0);
  t.regex(stdout, /^glazier \d+\.\d+\.\d+\n$/);
  const cwd = folder(t, { "outside.pane": outside });
  const plain = await run([process.execPath, bin, "check", cwd], {
    env: { NO_COLOR: undefined, FORCE_COLOR: undefined },
  });
  t.is(plain.code, 1);
  t.false(plain.stderr.includes("\u001B"));
  const forced = await run([process.execPath, bin, "check", cwd], { env: { NO_COLOR: undefined, FORCE_COLOR: "1" } });
  t.true(forced.stderr.includes("\u001B"));
});

test("the sentence about Node names the versions that package.json does", (t) => {
  const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const { engines } = JSON.parse(read("package.json")) as { readonly engines: { readonly node: string } };
  const versions = engines.node.match(/[\d.]+/g)!;
  t.true(versions.length > 1);
  for (const page of ["runtime/bin.js", "README.md", "CONTRIBUTING.md"]) {
    const [sentence] = /Node 22 [^(;]*/.exec(read(page)) ?? [""];
    t.deepEqual(sentence.match(/\d\d\.\d+|\d\d(?= (?:or|and) later)/g), [...versions], page);
  }
});
