/** Answers to queries about shares, requests and room. */
import test from "ava";
import { cube, numbers } from "../flowgroup/index.ts";
import { privilegeText } from "../certificates/text.ts";
import type { Query, StatedPrivileges } from "../model/model.ts";
import { printInstant } from "../net/index.ts";
import { Conversation, NOW, compileFile, gist, modelOf } from "../admission/testing/networks.ts";
import { answer, answerCells, answerJson, type Answer } from "./index.ts";

/** Alice has 10 Mb, of which eight are taken from nine to ten. */
function network(): Conversation {
  const net = new Conversation();
  net.say(`
    AddUser Alice. AddUser Bob.
    NewShare aliceBW for (user=Alice) [reserve <= 10Mb, limit <= 10Mb] on rootShare.
    NewShare slow for (user=Alice) [reserve <= 6Mb, reserveTBFill = 1Mb, reserveTBCapacity = 60Mb] on aliceBW.
    Grant aliceBW to Alice.
    @transfer Alice: reserve(user=Alice, dstPort=22) = 8Mb on aliceBW from now to +1h.`);
  return net;
}

function ask(net: Conversation, text: string): Answer {
  const { demand, speaker } = net.statements(text)[0]!;
  if (demand.kind !== "query") throw new Error(`expected a query: ${text}`);
  const found = answer(net.admission, demand.asks, net.now, speaker);
  if (found.kind !== "answer") throw new Error(`no answer: ${found.kind}`);
  return found.answer;
}

test("GetSchedule gives what is reserved and what is left, to the end of time", (t) => {
  const net = network();
  t.deepEqual(answerCells(ask(net, "GetSchedule aliceBW.")), [
    ["from", "to", "reserved", "available"],
    ["2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z", "8Mb", "2Mb"],
    ["2026-12-01T10:00:00Z", "forever", "0b", "10Mb"],
  ]);
  t.deepEqual(answerJson(ask(net, "GetSchedule rootShare.")).at(-1), {
    from: "2026-12-01T10:00:00Z",
    to: null,
    reserved: 0,
    available: null,
  });
  net.now += 30;
  t.is(gist(net.one("reserve(user=Alice) = 1Mb on slow from now to +10s.")), "accepted");
  t.deepEqual(answerCells(ask(net, "GetSchedule slow.")), [
    ["from", "to", "reserved", "available", "bucket"],
    ["2026-12-01T09:00:30Z", "2026-12-01T09:00:40Z", "1Mb", "1Mb", "30Mb"],
    ["2026-12-01T09:00:40Z", "2026-12-01T10:00:00Z", "0b", "2Mb", "30Mb"],
    ["2026-12-01T10:00:00Z", "forever", "0b", "6Mb", "60Mb"],
  ]);
});

test("a schedule may be read twice", (t) => {
  const { rows } = ask(network(), "GetSchedule aliceBW.");
  const first = [...rows];
  t.is(first.length, 2);
  t.deepEqual([...rows], first);
});

test("Available says whether or when a rate fits, how much fits now and what is short, and reserves nothing", (t) => {
  const net = network();
  const asked = ask(net, "Available 5Mb for (user=Alice) on aliceBW lasting 10min.");
  t.deepEqual(answerCells(asked), [
    ["available", "now", "from", "to", "short"],
    ["no", "2Mb", "2026-12-01T10:00:00Z", "2026-12-01T10:10:00Z", "share aliceBW"],
  ]);
  t.is([...net.admission.state.accepted].length, 1);
  const [fits] = answerJson(ask(net, "Available 2Mb for (user=Alice) on aliceBW."));
  t.like(fits, { available: "yes", now: 2_000_000, from: "2026-12-01T09:00:00Z", to: null, short: null });
  t.is(fits!["promise"], "admitted, not guaranteed");
  const [never] = answerJson(ask(net, "Available 11Mb for (user=Alice) on aliceBW."));
  t.like(never, { available: "no", now: 2_000_000, from: null, to: null });
  net.say("@cap limit(user=Alice) = 9Mb on aliceBW from +1h to +2h.");
  const [capped] = answerJson(ask(net, "Available 10Mb for (user=Alice) on aliceBW lasting 2h."));
  t.like(capped, { available: "no", from: "2026-12-01T11:00:00Z", to: "2026-12-01T13:00:00Z", short: "limit cap" });
});

test("Available gives the promise that the reservation would have beside all accepted requests", (t) => {
  const wired = `
    switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 20Mb). port_rate(s1, 1, 20Mb). port_rate(s2, 1, 20Mb).
    host_ip(a, 10.0.0.1). host_at(a, s1, 1). host_ip(b, 10.0.0.2). host_at(b, s2, 1).`;
  const net = new Conversation(NOW, modelOf(wired, { trace: false }));
  const asked = "(srcHost=10.0.0.1, dstHost=10.0.0.2)";
  const promise = (): unknown => answerJson(ask(net, `Available 5Mb for ${asked} on rootShare.`))[0]!["promise"];
  t.is(promise(), "guaranteed");
  net.say("@l limit(srcHost=10.0.0.1) = 10Mb on rootShare.");
  t.is(promise(), "admitted, not guaranteed", "others pass the limit too");
});

/** What Ekiga does: the first instant from which every stretch of the schedule leaves enough for so long. */
function earliest(schedule: Answer, rate: number, seconds: number): number | undefined {
  const stretches = [...schedule.rows] as readonly (readonly number[])[];
  return stretches
    .map(([from]) => from!)
    .find((from) => stretches.every(([a, b, , left]) => b! <= from || a! >= from + seconds || left! >= rate));
}

test("section 5, Ekiga: the schedule gives the earliest time for a video call, and for an audio call", (t) => {
  const net = network();
  const video = earliest(ask(net, "GetSchedule aliceBW."), 5_000_000, 600);
  const audio = earliest(ask(net, "GetSchedule aliceBW."), 1_000_000, 600);
  t.deepEqual([video, audio], [NOW + 3600, NOW]);
  for (const [what, at] of [
    ["5Mb", video!],
    ["1Mb", audio!],
  ] as const) {
    const [row] = answerJson(ask(net, `Available ${what} for (user=Alice, dstPort=5060) on aliceBW lasting 10min.`));
    t.is(row!["from"], printInstant(at));
    t.is(gist(net.one(`Alice: reserve(user=Alice) = ${what} on aliceBW from @${at} to @${at + 600}.`)), "accepted");
  }
});

test("what Available offers is accepted", (t) => {
  const net = network();
  for (const rate of [1, 3, 6, 10]) {
    const [row] = answerJson(ask(net, `Available ${rate}Mb for (user=Alice) on aliceBW lasting 90min.`));
    const transaction = net.admission.begin();
    const text = `reserve(user=Alice) = ${rate}Mb on aliceBW from ${String(row!["from"])} to ${String(row!["to"])}.`;
    t.is(gist(net.one(text)), "accepted", text);
    transaction.rollback();
  }
});

test("lists name shares, users and requests, and of a flowgroup those that have a flow in common", (t) => {
  const net = network();
  t.deepEqual(
    answerJson(ask(net, "ListUsers.")).map(({ user, speaks }) => [user, speaks]),
    [
      ["Alice", ["aliceBW"]],
      ["Bob", []],
      ["root", ["rootShare", "aliceBW", "slow"]],
    ],
  );
  const names = (text: string) => answerJson(ask(net, text)).map((row) => row["share"]);
  t.deepEqual(names("ListShares."), ["rootShare", "aliceBW", "slow"]);
  t.deepEqual(names("ListSharesByFlowGroup (user=Bob)."), ["rootShare"]);
  const [request] = answerJson(ask(net, "ListRequestsByFlowGroup (dstPort=22)."));
  t.like(request, {
    request: "transfer",
    kind: "reserve",
    share: "aliceBW",
    speaker: "Alice",
    rate: 8_000_000,
    from: "2026-12-01T09:00:00Z",
    to: "2026-12-01T10:00:00Z",
  });
  t.deepEqual(answerJson(ask(net, "ListRequestsByFlowGroup (dstPort=80).")), []);
  t.deepEqual(answerJson(ask(net, "ListRequests on slow.")), []);
});

test("a guard's rules are listed like those of other policies, but on no share, because they stand above all", (t) => {
  const { admission } = compileFile(`
    NewShare a for (*) [allow = True] on rootShare.
    policy em as guard { @e deny <= vlan = 1. @f deny <= vlan = 2. }
    policy p on share a { @open allow <= vlan in 1-2. }
    @x allow(vlan=1) on a.`);
  const listed = (query: Query): unknown[] => {
    const found = answer(admission, query, NOW, "root");
    if (found.kind !== "answer") throw new Error(found.kind);
    return answerJson(found.answer).map(({ request, kind, share }) => [request, kind, share]);
  };
  const e = ["em.e", "deny", null];
  const rest = [
    ["p.open", "allow", "a"],
    ["x", "allow", "a"],
  ];
  t.deepEqual(listed({ kind: "ListRequests" }), [e, ["em.f", "deny", null], ...rest]);
  t.deepEqual(listed({ kind: "ListRequests", share: "a" }), rest);
  const one = { cubes: [cube({ vlan: numbers("vlan", 1) })] };
  t.deepEqual(listed({ kind: "ListRequestsByFlowGroup", flows: one }), [e, ...rest]);
  const found = answer(admission, { kind: "ListRequests" }, NOW, "root");
  t.like(found.kind === "answer" && answerJson(found.answer)[0], {
    speaker: "root",
    flows: ["(vlan=1)"],
    from: "2026-12-01T09:00:00Z",
    to: null,
    text: "deny <= vlan = 1.",
  });
});

test("a query of an unknown share says so, and Explain is answered elsewhere", (t) => {
  const { admission } = network();
  const kind = (query: Query): unknown => answer(admission, query, NOW, "root");
  t.deepEqual(kind({ kind: "GetSchedule", share: "nowhere" }), { kind: "unknown", what: "share", name: "nowhere" });
  t.deepEqual(kind({ kind: "Explain", request: "transfer" }), { kind: "elsewhere", query: "Explain" });
});

test("in GetSchedule what a sibling has reserved of the parent's rate is not left", (t) => {
  const net = new Conversation();
  net.say(`
    NewShare p for (*) [reserve <= 10Mb] on rootShare.
    NewShare a for (*) [reserve <= 8Mb] on p.
    NewShare b for (*) [reserve <= 8Mb] on p.
    reserve(*) = 6Mb on a to +100s.
    reserve(*) = 4Mb on b to +200s.`);
  t.deepEqual(answerCells(ask(net, "GetSchedule b.")), [
    ["from", "to", "reserved", "available"],
    ["2026-12-01T09:00:00Z", "2026-12-01T09:01:40Z", "4Mb", "0b"],
    ["2026-12-01T09:01:40Z", "2026-12-01T09:03:20Z", "4Mb", "4Mb"],
    ["2026-12-01T09:03:20Z", "forever", "0b", "8Mb"],
  ]);
  t.like(answerJson(ask(net, "Available 1Mb for (*) on b lasting 50s."))[0], { available: "no", short: "share p" });
  t.is(gist(net.one("reserve(*) = 4Mb on b from +100s to +200s.")), "accepted");
});

test("Available says no without a promise where the reservation is rejected for another reason than room", (t) => {
  const net = network();
  net.say("NewShare silent for (user=Alice) [] on aliceBW.");
  const no = { available: "no", now: 0, from: null, to: null, promise: null };
  t.deepEqual(answerJson(ask(net, "Available 1Mb for (user=Alice) on silent."))[0], {
    ...no,
    short: "no privilege on share silent",
  });
  t.deepEqual(answerJson(ask(net, "Available 1Mb for (*) on aliceBW."))[0], { ...no, short: "outside share aliceBW" });
});

/** The fields of a share → the column of `ListShares` that shows each; undefined for those that are no user's concern. */
const SHOWN: Readonly<Record<string, string | undefined>> = {
  name: "share",
  parent: "parent",
  flows: "flows",
  speakers: "speakers",
  open: "speakers",
  stated: "privileges",
  privileges: "privileges",
  depth: undefined,
  statement: undefined,
  span: undefined,
  children: undefined,
  childIndex: undefined,
};

test("ListShares shows every attribute of a share", (t) => {
  const net = network();
  const fields = Object.keys(net.admission.state.tree.root);
  t.deepEqual(
    fields.toSorted(),
    Object.keys(SHOWN).toSorted(),
    "a column of `SHARE` shows it, or `SHOWN` says why not",
  );
  const columns = answerCells(ask(net, "ListShares."))[0]!;
  t.deepEqual(
    [...new Set(Object.values(SHOWN))].filter((one) => one && !columns.includes(one)),
    [],
  );
});

test("the text of privileges has every privilege", (t) => {
  const all: Required<StatedPrivileges> = {
    allow: true,
    deny: true,
    hint: true,
    query: true,
    reserveMax: 2e6,
    reserveMin: 1e6,
    fill: 3e6,
    capacity: 4e6,
    limitCap: 6e6,
    limitFloor: 5e6,
    waypoint: ["ids"],
    avoid: ["s1"],
    requests: 7,
    entries: 8,
  };
  const whole = privilegeText(all);
  for (const key of Object.keys(all)) t.not(privilegeText({ ...all, [key]: undefined }), whole, key);
});
