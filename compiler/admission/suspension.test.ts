/** A statement that only lacks facts is suspended and reported. A statement that is wrong in itself is refused. */
import { readFileSync } from "node:fs";
import test from "ava";
import { decide, tablesAt } from "../compile.ts";
import { verdictJson } from "../explain/index.ts";
import { toOvs } from "../table/text.ts";
import type { Decided } from "./decided.ts";
import { readRules } from "./read-rules.ts";
import { Conversation, NOW, gist, modelOf } from "./testing/networks.ts";

const pane = new URL("../../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });
const decided = (text: string): Decided =>
  decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules });

/** The codes and messages of the decision and of the tables. */
const reported = (text: string): readonly string[] => {
  const policy = decided(text);
  const lowered = policy.good ? tablesAt(policy, NOW, { target: "ovs" }).diagnostics : [];
  return [...policy.diagnostics, ...lowered].map(({ code, message }) => `${code} ${message}`);
};

const codes = (text: string): readonly string[] => reported(text).map((line) => line.slice(0, 4));

const host = (name: string, n: number, at: string): string =>
  `host_ip(${name}, 10.0.0.${n}). host_mac(${name}, 02:00:00:00:00:0${n}). host_at(${name}, ${at}).`;
const LINKS = ["link(s1, 10, s2, 10, 1Gb).", "link(s2, 11, s3, 11, 1Gb)."];
/** A line s1 - s2 - s3 with a host at each end and one in the middle. */
const network = (links = LINKS, b = host("b", 2, "s2, 1")): string => `default allow.
  switch(s1, 1). switch(s2, 2). switch(s3, 3). ${links.join(" ")}
  ${host("a", 1, "s1, 1")} ${b} ${host("c", 3, "s3, 1")}
  `;

const BY = "@by waypoint(srcHost=10.0.0.1, dstHost=10.0.0.2) = s3 on rootShare.";
const DENY = "@no deny(srcHost=10.0.0.3) on rootShare.";

test("a lost link refuses nothing: the waypoint without a path is suspended, with one warning", (t) => {
  t.deepEqual(codes(`${network()} ${BY} ${DENY}`), []);
  const lost = `${network(LINKS.slice(0, 1))} ${BY} ${DENY}`;
  t.deepEqual(reported(lost), [
    "W750 `by` is suspended, and some of its flows are dropped: there is no path from `a` at s1:1 to `b` at s2:1 that " +
      "passes `s3`: switches `s1` and `s3` are not connected: from `s1` one gets to `s1` and `s2`",
  ]);
  const { good, outcomes, diagnostics, model } = decided(lost);
  t.true(good && model.directory.links.length === 1);
  t.is(diagnostics[0]!.severity, "warning");
  t.is(diagnostics[0]!.help, "it holds again by itself once a `link` leads there");
  t.is(diagnostics[0]!.witness?.slice(0, 38), "srcHost=10.0.0.1, dstHost=10.0.0.2, et");
  const by = outcomes.find(({ statement }) => statement.label === "by")!;
  t.like(verdictJson(by.verdict), {
    verdict: "accepted",
    suspended: { code: "no-path", blockers: [], noWay: { from: "s1:1", to: "s2:1" } },
  });
  t.false(outcomes.some(({ statement, verdict }) => statement.label === "no" && "suspended" in verdict));
});

test("a statement that leads nowhere without the lost link also gets one warning", (t) => {
  const to = BY.replace("dstHost=10.0.0.2", "dstHost=10.0.0.3");
  t.deepEqual(codes(`${network(LINKS.slice(0, 1))} ${to}`), ["W750"]);
});

test("flows that are led over the only link of two switches have no path once it is lost", (t) => {
  const two = `default allow. switch(s1, 1). switch(s2, 2). ${host("a", 1, "s1, 1")} ${host("b", 2, "s2, 1")}
    @by waypoint(srcHost=10.0.0.1, dstHost=10.0.0.2) = s2 on rootShare.`;
  t.deepEqual(codes(`link(s1, 10, s2, 10, 1Gb). ${two}`), []);
  t.true(codes(two).includes("W750"));
});

test("an unplugged host suspends the waypoints through it, and no avoid", (t) => {
  const gone = network(LINKS, "host_ip(b, 10.0.0.2).");
  const through = "@ids waypoint(srcHost=10.0.0.1, dstHost=10.0.0.3) = b on rootShare.";
  t.deepEqual(codes(`${network()} ${through}`), []);
  t.deepEqual(reported(`${gone} ${through}`), [
    "W750 `ids` is suspended, and all of its flows are dropped: `b` stands nowhere in the network that is known",
  ]);
  t.deepEqual(codes(`${gone} @x avoid(srcHost=10.0.0.1, dstHost=10.0.0.3) = b on rootShare.`), []);
  const open = `${gone} @ids waypoint(dstHost=10.0.0.3) = b on rootShare.`;
  t.deepEqual(codes(open), ["W750", "W822"]);
  // A later statement gets a warning that names the missing fact.
  const beside = reported(`${gone} ${through} @late waypoint(srcHost=10.0.0.1, dstHost=10.0.0.3) = s2 on rootShare.`);
  t.regex(beside[1]!, /^W750 `late` .* it is not known where `b` stands$/);
});

const THROUGH = "@ids waypoint(srcHost=10.0.0.1, dstHost=10.0.0.3) = b on rootShare.";

test("a waypoint without a stated MAC is suspended, and holds once its help is followed", (t) => {
  const text = `${network(LINKS, "host_ip(b, 10.0.0.2). host_at(b, s2, 1).")} ${THROUGH}`;
  t.deepEqual(reported(text), [
    "W750 `ids` is suspended, and all of its flows are dropped: `b` can be no waypoint: no fact states its MAC, " +
      "and without it no switch could tell what it sends itself from what it gives back",
  ]);
  const [{ help } = {}] = decided(text).diagnostics;
  t.is(help, "state `host_mac(b, MAC)`; it holds again by itself then");
  const stated = /`(host_mac\(.*\))`/.exec(help!)![1]!.replace("MAC", "02:00:00:00:00:02");
  t.deepEqual(codes(`${text} ${stated}.`), []);
});

test("a waypoint beside another machine is suspended, and holds once it is plugged in elsewhere", (t) => {
  const beside = (at: string): string => `${network(LINKS, host("b", 2, at))} ${THROUGH} ${host("d", 4, "s2, 1")}`;
  t.deepEqual(reported(beside("s2, 1")), [
    "W750 `ids` is suspended, and all of its flows are dropped: `b` can be no waypoint: `d` stands at its port s2:1, " +
      "too, and no switch could tell what it gives back from what is sent there",
  ]);
  const [{ help } = {}] = decided(beside("s2, 1")).diagnostics;
  t.is(help, "plug it into a port of its own, and say so by `host_at(b, SWITCH, PORT)`; it holds again by itself then");
  t.deepEqual(codes(beside("s2, 2")), []);
});

test("a waypoint may have several names at its port, and an avoid needs no MAC", (t) => {
  const names = `${network()} ${THROUGH} host_mac(alias, 02:00:00:00:00:02). host_at(alias, s2, 1).`;
  t.deepEqual(codes(names), []);
  const bare = network(LINKS, "host_ip(b, 10.0.0.2). host_at(b, s2, 1).");
  t.deepEqual(codes(`${bare} @x avoid(srcHost=10.0.0.1, dstHost=10.0.0.3) = b on rootShare.`), []);
});

test("rules of policies are suspended as requests are", (t) => {
  const rule = "policy p { @by waypoint(s3) <= srcHost = 10.0.0.1, dstHost = 10.0.0.2. }";
  t.deepEqual(codes(`${network()} ${rule}`), []);
  t.deepEqual(codes(`${network(LINKS.slice(0, 1))} ${rule}`), ["W750"]);
});

test("a statement that no facts could make right is refused", (t) => {
  const refused = (text: string): readonly string[] => {
    const policy = decided(`${network()} ${text}`);
    t.false(policy.good, text);
    return policy.diagnostics.map(({ code }) => code);
  };
  // A host that is the destination keeps the packet, so no waypoint can follow it.
  t.deepEqual(refused("waypoint(srcHost=10.0.0.1, dstHost=10.0.0.3) = c, b on rootShare."), ["E749"]);
  // The statement itself names the switch where its flows enter, and avoids that switch.
  t.deepEqual(refused(`avoid(srcAP="s1:1", dstHost=10.0.0.3) = s1 on rootShare.`), ["E749"]);
  t.deepEqual(refused("waypoint(srcHost=10.0.0.1) = S3 on rootShare."), ["E222"]);
  t.deepEqual(refused(`${BY} @other avoid(srcHost=10.0.0.1) = s3 on rootShare.`), ["E707"]);
  // A network without switches has no paths to prescribe.
  const flat = decided(`default allow. host_ip(b, 10.0.0.2). waypoint(srcHost=10.0.0.1) = b on rootShare.`);
  t.deepEqual(
    flat.diagnostics.map(({ code }) => code),
    ["E748"],
  );
});

test("a blocker that the file cancels suspends nothing", (t) => {
  const text = `${network([...LINKS, "link(s1, 12, s3, 12, 1Gb)."])}
    @one avoid(srcHost=10.0.0.1, dstHost=10.0.0.3) = s2 on rootShare.
    @two waypoint(srcHost=10.0.0.1, dstHost=10.0.0.3) = b on rootShare.`;
  // The first warning is the verdict on `two`, the second is about the table and `one`.
  t.deepEqual(codes(text), ["W750", "W821"]);
  t.deepEqual(codes(`${text} Cancel one.`), []);
});

test("a statement to a running network is decided by the network as it is", (t) => {
  const net = new Conversation(NOW, modelOf(network(LINKS.slice(0, 1)), { trace: false }));
  t.is(gist(net.one(BY)), "no-path");
});

/** Eve at one host, or at two. */
const logins = (...hosts: readonly string[]): string =>
  `${network()} AddUser Eve. ${hosts.map((one) => `user_host("Eve", ${one}).`).join(" ")}`;

test("a second login refuses no limit: the switches where its flows enter divide it", (t) => {
  const limit = `@slow limit(user="Eve") = 3Mb on rootShare. ${DENY}`;
  t.deepEqual(codes(`${logins("a")} ${limit}`), []);
  const both = `${logins("a", "b")} ${limit}`;
  t.deepEqual(reported(both), [
    "W841 traffic of `slow` enters at 2 switches (`s1`, `s2`): of its 3Mb each keeps 1.5Mb",
  ]);
  const { tables } = tablesAt(decided(both), NOW, { target: "ovs" });
  const rates = [...tables].map(([name, { meters = [] }]) => [name, ...meters.map(({ rate }) => rate)]);
  t.deepEqual(rates, [["s1", 1.5e6], ["s2", 1.5e6], ["s3"]]);
});

test("a limit whose shares are too small for a meter drops its flows", (t) => {
  const text = `${logins("a", "b")} @slow limit(user="Eve") = 1kb on rootShare.`;
  t.deepEqual(codes(text), ["W842"]);
  const s1 = toOvs(tablesAt(decided(text), NOW, { target: "ovs" }).tables.get("s1")!);
  t.regex(s1, /priority=1,[^\n]*nw_src=10\.0\.0\.1 actions=drop\n/);
  t.notRegex(s1, /meter/);
});

test("a limit that begins later is divided too, and a limit without a source is refused", (t) => {
  const later = "@m limit(srcHost={10.0.0.1, 10.0.0.2}) = 1Mb on rootShare from @1900000000.";
  t.deepEqual(codes(`${network()} ${later}`), ["W841"]);
  t.deepEqual(codes(`${network()} limit(dstPort=80) = 1Mb on rootShare.`), ["E816"]);
  t.deepEqual(codes(`${network()} limit(srcHost=10.0.0.0/8) = 1Mb on rootShare.`), ["E816"]);
});

test("a reservation inside a divided limit is not guaranteed", (t) => {
  const promise = (...hosts: readonly string[]): unknown => {
    const text = `${logins(...hosts)} port_rate(s1, 1, 100Mb). port_rate(s2, 1, 100Mb). port_rate(s3, 1, 100Mb).
      @slow limit(user="Eve", dstHost=10.0.0.3) = 3Mb on rootShare.
      @call reserve(user="Eve", dstHost=10.0.0.3) = 2Mb on rootShare.`;
    const { verdict } = decided(text).outcomes.at(-1)!;
    return "promise" in verdict && verdict.promise;
  };
  t.is(promise("a"), "guaranteed");
  t.is(promise("a", "b"), "admitted, not guaranteed");
});
