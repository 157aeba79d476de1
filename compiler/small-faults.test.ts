/**
 * Small inputs that once went wrong on switches, each with what is right. Most of them have tests with frames beside what
 * they are about; here stands that none of them is refused, accepted or compiled otherwise again.
 */
import { readFileSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import { readRules } from "./admission/read-rules.ts";
import { ambiguityFaults, circleFaults } from "./circles/network.ts";
import { decide, plans, tablesAt, type TableOptions } from "./compile.ts";
import { topology } from "./paths/index.ts";
import { tableTimeline } from "./report/timeline.ts";
import type { Entry, Table } from "./table/entry.ts";
import { toOvs } from "./table/text.ts";

const NOW = 1_764_579_600;
const pane = new URL("../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });
const decided = (text: string): ReturnType<typeof decide> =>
  decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules });

/** The codes of errors and warnings that `check` and `compile` give, and the tables. */
function made(
  text: string,
  options: TableOptions = { target: "ovs" },
): readonly [readonly string[], ReadonlyMap<string, Table>] {
  const policy = decided(text);
  const lowered = policy.good ? tablesAt(policy, NOW, options) : { tables: new Map<string, Table>(), diagnostics: [] };
  const found = [...policy.diagnostics, ...lowered.diagnostics].filter(({ severity }) => severity !== "note");
  return [found.map(({ code }) => code), lowered.tables];
}

const host = (name: string, n: number, at: string): string =>
  `host_ip(${name},10.0.0.${n}). host_mac(${name},02:00:00:00:00:0${n}). host_at(${name},${at}).\n`;
const LINE = `default allow.\nswitch(s1,"1"). switch(s2,"2"). link(s1,1,s2,1,1Gb).\n`;

/** No packet circles, and no two entries of one priority conflict: the answers of both proofs. */
function isSound(t: ExecutionContext, text: string): void {
  const { model, admission } = decided(text);
  for (const target of ["ovs", "of13", "ovs-userspace"] as const) {
    const [, tables] = made(text, { target });
    t.deepEqual(ambiguityFaults(tables), [], target);
    t.deepEqual(circleFaults(tables, topology(model.directory), admission.derived.active(NOW)), [], target);
  }
}

test("A-loop: what waypoints lead without a known end does not circle, on a line and on a ring", (t) => {
  const line = `${LINE}${host("a", 1, "s1,10")}${host("b", 2, "s1,11")}${host("w", 3, "s2,10")}${host("v", 4, "s1,12")}
@x waypoint(srcHost=a) = w, v on rootShare.`;
  t.deepEqual(made(line)[0], ["W821", "W831"]);
  isSound(t, line);
  const ring = `default allow. switch(s1,"1"). switch(s2,"2"). switch(s3,"3"). switch(s4,"4").
link(s1,1,s2,2,1Gb). link(s2,1,s3,2,1Gb). link(s3,1,s4,2,1Gb). link(s4,1,s1,2,1Gb).
${host("h1", 1, "s2,10")}${host("h2", 2, "s1,10")}
@x waypoint(srcHost=h1) = s4 on rootShare.`;
  t.deepEqual(made(ring)[0], ["W831"]);
  isSound(t, ring);
});

test("B-destination-is-inner-waypoint: the destination comes last, and a list that puts it earlier is refused", (t) => {
  const hosts = `${LINE}${host("a", 1, "s1,10")}${host("b", 2, "s2,11")}${host("c", 3, "s2,10")}`;
  const both = `${hosts}@x waypoint(srcHost=a) = c on rootShare.\n@y waypoint(srcHost=a, dstHost=c) = b on rootShare.`;
  const [codes, tables] = made(both);
  t.deepEqual(codes, []);
  isSound(t, both);
  // What comes from the link for c goes to b first, and to c only when it comes back from b.
  const s2 = toOvs({ entries: tables.get("s2")!.entries }).split("\n");
  const led = s2.filter((line) =>
    /nw_src=10\.0\.0\.1,nw_dst=10\.0\.0\.3|nw_dst=10\.0\.0\.3,.*nw_src=10\.0\.0\.1/.test(line),
  );
  t.true(
    led.some((line) => /in_port=1,.*actions=.*output:11/.test(line)),
    led.join("\n"),
  );
  t.false(
    led.some((line) => /in_port=1,.*actions=.*output:10/.test(line)),
    led.join("\n"),
  );
  t.deepEqual(made(`${hosts}@y waypoint(srcHost=a, dstHost=c) = c, b on rootShare.`)[0], ["E749"]);
});

test("C-label-decides: two waypoints fit or do not fit, whatever they are called", (t) => {
  const hosts = `${LINE}${host("a", 1, "s1,10")}${host("b", 2, "s2,11")}${host("u", 3, "s1,12")}${host("v", 4, "s2,12")}`;
  const named = (one: string): string => `${hosts}@${one} waypoint(srcHost=a,dstHost=b) = u on rootShare.
@y waypoint(srcHost=a,dstHost=b) = v on rootShare.`;
  t.deepEqual([made(named("z"))[0], made(named("x"))[0]], [[], []]);
  isSound(t, named("z"));
});

test("D-future-limit: at its start there is a table, since the limit is divided; one without sources is refused now", (t) => {
  const hosts = `${LINE}${host("a", 1, "s1,10")}${host("b", 2, "s2,10")}`;
  const limit = "@m limit(srcHost={a,b}) = 1Mb on rootShare from @1900000000.";
  t.deepEqual(made(hosts + limit)[0], ["W841"]);
  const timeline = tableTimeline(decided(hosts + limit), NOW, { target: "ovs" });
  t.true(timeline.ok && timeline.value.changes.length === 1 && timeline.value.changes[0]!.instant === 1_900_000_000);
  const then = tablesAt(decided(hosts + limit), 1_900_000_000, { target: "ovs" });
  t.deepEqual(
    [...then.tables.values()].map(({ meters = [] }) => meters.map(({ rate }) => rate)),
    [[5e5], [5e5]],
  );
  const open = decided(`${hosts}@m limit(dstPort=80, transport=TCP) = 1Mb on rootShare from @1900000000.`);
  const found = [...open.diagnostics, ...(open.good ? tablesAt(open, NOW, { target: "ovs" }).diagnostics : [])];
  const refused = found.find(({ code }) => code === "E816");
  t.regex(refused!.span!.source.text.slice(refused!.span!.start), /^@m limit/);
});

test("E-ambiguous: no two entries of one priority hold one packet and do different things", (t) => {
  const text = `${LINE}${host("a", 1, "s1,10")}${host("b", 2, "s1,11")}host_mac(m,02:00:00:00:00:03). host_at(m,s1,12).
@w waypoint(srcHost=a) = s2 on rootShare.`;
  t.deepEqual(made(text)[0], []);
  isSound(t, text);
});

test("cookie-collision: two labels of one hash have two cookies, and neither is that of one alone", (t) => {
  const [one, other] = ["@xvaxy deny(dstHost=10.0.0.2) on rootShare.", "@xartry deny(dstHost=10.0.0.3) on rootShare."];
  const cookies = (text: string): readonly bigint[] =>
    made(`default allow.\n${text}`)[1]
      .get("")!
      .entries.flatMap(({ priority, cookie }: Entry) => (priority > 0 ? [cookie] : []));
  const [alone, together] = [[...cookies(one), ...cookies(other)], cookies(one + other)];
  t.is(new Set(alone).size, 1, "they come to one cookie");
  t.is(new Set([...alone, ...together]).size, 3);
  t.deepEqual(made(`default allow.\n${one}${other}`)[0], ["W904"]);
});

test("types that no frame shows, an end beyond all time and a deny that a pass takes away are told where they stand", (t) => {
  const codes = (text: string): readonly string[] => made(`default allow.\n${text}`)[0];
  t.deepEqual(codes("@notag deny(ethType=0x8100) on rootShare."), ["E255"]);
  t.deepEqual(codes("@v deny(ethType=100) on rootShare."), ["E255"]);
  t.deepEqual(codes("@c deny(dstHost=10.0.0.4) on rootShare to +9007199254740991s."), ["E124"]);
  const beside = "{ @a pass <= dstPort = 80, transport(tcp). @b deny <= dstPort = 80, transport(tcp). }";
  t.deepEqual(codes(`policy p on share rootShare ${beside}`), ["W714"]);
  const ordered = "policy p ordered { @a allow <= srcHost in 10.0.0.0/8. @b deny <= srcHost in 10.1.0.0/16. }";
  t.deepEqual(codes(ordered), ["W716"]);
});

test("plan-spoof: no stage of the plan without bundles lets on what both tables deny", (t) => {
  const spoof = (name: string, n: number): string =>
    `default deny.\nswitch(s1, 1).\nhost_ip(${name}, 10.0.0.1).\nhost_mac(${name}, 00:00:00:00:00:0${n}).\nhost_at(${name}, s1, ${n}).\n`;
  const old = made(`${spoof("h3", 3)}allow(srcHost=10.0.0.1) on rootShare.`, { target: "of13" })[1];
  const next = made(spoof("h4", 4), { target: "of13" })[1];
  const { stages } = plans(old, next).get("s1")!;
  const stageOf = (is: (kind: string, entry: Entry) => boolean): number =>
    stages.findIndex((mods) => mods.some(({ kind, entry }) => is(kind, entry)));
  const gone = stageOf((kind, { table, instructions }) => kind === "delete" && table > 0 && instructions.length > 0);
  const comes = stageOf(
    (kind, { table, match, instructions }) =>
      kind === "add" && table === 0 && instructions.length > 0 && match.some(({ field }) => field === "in_port"),
  );
  t.true(gone >= 0 && comes > gone, `the old allow goes in stage ${gone}, the new source comes in stage ${comes}`);
});

const OFFICE = `include "baseline.fml".
default deny.
flowgroup staffnet  = (srcHost=192.168.10.0/24).
flowgroup guestnet  = (srcHost=192.168.30.0/24).
host_ip(printer1, 192.168.20.21).
host_ip(printer2, 192.168.20.22).
host_ip(nas, 192.168.20.10).
host_ip(vault, 192.168.20.11).
host_ip(pbx, 192.168.20.5).
host_ip(gateway, 192.168.20.1).
printer(printer1).
printer(printer2).
extern infected(host) from csv "quarantine.csv" (host) allow empty.
policy office on share rootShare {
  @staff-servers allow <= srcHost in 192.168.10.0/24, dstHost in 192.168.20.0/24.
  @servers-staff allow <= srcHost in 192.168.20.0/24, dstHost in 192.168.10.0/24.
  @staff-web allow <= srcHost in 192.168.10.0/24, transport(tcp), dstPort in {80, 443}.
  @web-staff allow <= dstHost in 192.168.10.0/24, transport(tcp), srcPort in {80, 443}.
  @guest-web allow <= srcHost in 192.168.30.0/24, transport(tcp), dstPort in {80, 443}.
  @web-guest allow <= dstHost in 192.168.30.0/24, transport(tcp), srcPort in {80, 443}.
  @guest-no-inside deny <= srcHost in 192.168.30.0/24, dstHost in 192.168.10.0/24.
  @guest-no-servers deny <= srcHost in 192.168.30.0/24, dstHost in 192.168.20.0/24.
  @guest-slow limit(20Mb) <= srcHost in 192.168.30.0/24.
  @printers allow <= srcHost in 192.168.10.0/24, dstHost(H), printer(H), transport(tcp), dstPort in {631, 9100}.
}
policy quarantine as guard {
  @out deny <= srcHost(H), infected(H).
  @in  deny <= dstHost(H), infected(H).
}
NewShare voip for (transport=UDP, dstPort=10000-20000) [reserve <= 10Mb] on rootShare.
AddUser Telco.
Grant voip to Telco.
@calls Telco: reserve(srcHost=pbx, transport=UDP, dstPort=10000-20000) = 5Mb on voip.
NewShare backup for (srcHost=nas, dstHost=vault) [limit <= 500Mb] on rootShare.
@nightly root: limit(srcHost=nas, dstHost=vault) = 200Mb on backup from 2026-12-01T22:00:00Z to 2026-12-02T05:00:00Z.`;

test("office: one quarantined host is a line for each rule of the guard, and a limit on denied flows is said to hold little", (t) => {
  const files: Readonly<Record<string, string>> = {
    // The name of the shipped file, wherever it was installed.
    "glazier:baseline.fml": readFileSync(new URL("../policies/baseline.fml", import.meta.url), "utf8"),
    "quarantine.csv": "host\n192.168.10.77\n",
  };
  const load = (path: string) => {
    const [name, text] = Object.entries(files).find(([known]) => known.endsWith(path)) ?? [];
    return name === undefined ? undefined : { name, text: text! };
  };
  const { diagnostics } = decide([{ name: "office.pane", text: OFFICE }], { now: NOW, load, rules });
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ["N277", "N277", "N702", "N702", "N754", "N718"],
  );
  t.regex(diagnostics[2]!.message, /denies flows of 8 requests, in whole or in part/);
});

/** Mistakes of beginners, and whether a fix is offered: where the sentence may mean two things there is none. */
const ALICE = `default allow. host_ip(pc, 10.0.0.2). user_host("Alice", pc).
NewShare bw for (user=Alice) [reserve <= 10Mb, limit <= 10Mb] on rootShare.
Grant bw to Alice.
`;
const MISTAKES: readonly (readonly [string, string | undefined])[] = [
  [`${ALICE}Alice: reserve(user=Alice) = 1MB on bw.`, "write `8Mb`"],
  [
    `${ALICE}Alice: reserve(user=Alice) = 5.5Mb on bw to +10min from now.`,
    "write `reserve(user=Alice) = 5.5Mb on bw from now to +10min`",
  ],
  [`${ALICE}NewShare b for (user=Alice) [reserve <= 20Mb] on bw.`, "ask for what would be accepted"],
  ["default allow. policy x { allow <= srcHost in 10.0.0.1/8. }", undefined],
  ["default allow. AddUser alice. policy x { allow <= srcUser(alice) }", "end the statement"],
  ["default allow. allow(srcHost=10.0.0.0/8, dstPort=80) on rootShare", "end the statement"],
  ["default allow. allow tcp from 10.0.0.0/8 to any port 80.", undefined],
  ["default allow. limit(srcHost=10.0.0.2) = 1Mb on rootShare from 22:00 to 05:00.", undefined],
  ["default allow. NewShar a for (dstHost=10.0.0.2) [deny = True] on rootShare.", "write `NewShare`"],
  ["default allow. NewShare a for (dsthost=10.0.0.2) [deny = True] on rootShare.", "write `dstHost`"],
  ["default allow. allow() on rootShare.", "write `(*)`"],
];

test("mistakes: a fix applied literally leaves no error, and none is offered where two things may be meant", (t) => {
  for (const [text, title] of MISTAKES) {
    const errors = decided(text).diagnostics.filter(({ severity }) => severity === "error");
    t.is(errors.length, 1, text);
    const { fix } = errors[0]!;
    t.is(fix?.title, title, text);
    if (fix === undefined) continue;
    const mended = text.slice(0, fix.span.start) + fix.text + text.slice(fix.span.end);
    const left = decided(mended).diagnostics.filter(({ severity }) => severity === "error");
    t.deepEqual(
      left.map(({ message }) => message),
      [],
      mended,
    );
  }
});
