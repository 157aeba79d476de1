/** Known faults of the prototype and of its peers. Each test shows that this product does not have one of them. */
import test from "ava";
import { parse } from "../syntax/parse.ts";
import { isIn } from "../semantics/points.ts";
import { certificateText } from "../explain/index.ts";
import { diagnosticOf } from "../certificates/diagnose.ts";
import { replay } from "../replay/replay.ts";
import { Conversation, NOW, RULES, compileFile, gist, modelOf } from "./testing/networks.ts";

const host = (last: number) => ({ family: 4, value: 0x0a000000 + last }) as const;
const web = { ethType: 0x0800, transport: 6, dstPort: 80 } as const;

/** What a table decides: the effect of the first active rule by the static key. */
function verdictFor(net: Conversation, flow: Parameters<typeof isIn>[1]): string | undefined {
  const key = (rule: { depth: number; effect: string }): number => 2 * rule.depth + Number(rule.effect === "deny");
  const rules = net.admission.derived.active(net.now).toSorted((a, b) => key(b) - key(a));
  return rules.find(({ cube }) => isIn({ cubes: [cube] }, flow))?.effect;
}

test("the prototype's fail-open table: both levels deny, and the flow stays denied", (t) => {
  const net = new Conversation();
  net.say(`
    NewShare n for (*) [allow = True, deny = True] on rootShare.
    deny(dstHost=10.0.0.1) partial on rootShare.
    deny(srcHost=10.0.0.2) partial on n.
    allow(transport=TCP, dstPort=80) partial on n.`);
  t.is(verdictFor(net, { ...web, srcHost: host(2), dstHost: host(1) }), "deny");
  t.is(verdictFor(net, { ...web, srcHost: host(3), dstHost: host(1) }), "allow", "the child overrides");
  t.is(verdictFor(net, { ...web, dstPort: 81, srcHost: host(3), dstHost: host(1) }), "deny");
});

test("the smaller fail-open case: an allow cut by its share's own deny leaves the root's deny in force", (t) => {
  const net = new Conversation();
  net.say(`
    NewShare c for (*) [allow = True, deny = True] on rootShare.
    deny(*) partial on rootShare.
    deny(dstHost=10.0.0.1) partial on c.`);
  t.is(gist(net.one("allow(dstHost=10.0.0.1) partial on c.")), "nothing-left");
  t.is(verdictFor(net, { ethType: 0x0800, dstHost: host(1) }), "deny");
});

test("strict looks at time: disjoint spans never conflict", (t) => {
  const net = new Conversation();
  net.say(`
    NewShare s for (*) [allow = True, deny = True] on rootShare.
    deny(dstPort=80) on s from +10s to +20s.`);
  t.is(gist(net.one("allow(dstPort=80) on rootShare to +10s.")), "accepted");
  t.is(gist(net.one("allow(dstPort=80) on rootShare from +19s.")), "conflict");
});

test("ancestry is a place in the tree, not a comparison of privileges", (t) => {
  const net = new Conversation();
  net.say(`
    NewShare rich for (*) [allow = True, deny = True] on rootShare.
    NewShare poor for (*) [allow = True] on rootShare.
    deny(dstPort=80) on rich.`);
  t.is(gist(net.one("allow(dstPort=80) on poor.")), "conflict", "a sibling with more privileges blocks all the same");
});

test("a second NewShare of a name is refused and changes nothing", (t) => {
  const net = new Conversation();
  net.say("NewShare s for (vlan=1) [allow = True] on rootShare.");
  t.is(gist(net.one("NewShare s for (*) [allow = True, deny = True] on rootShare.")), "share-exists");
  t.is(gist(net.one("allow(vlan=2) on s.")), "outside-share");
  t.is(gist(net.one("allow(vlan=1) on s.")), "accepted");
});

test("`user=` means that user, and a share for a user is no share for everybody", (t) => {
  const net = new Conversation();
  net.say(`
    AddUser Alice. AddUser Bob.
    NewShare own for (user=Alice) [allow = True, deny = True] on rootShare.
    Grant own to Alice.`);
  t.is(gist(net.one("Alice: deny(user=Bob) on own.")), "outside-share");
  t.is(gist(net.one("Alice: deny(*) on own.")), "outside-share");
  t.is(gist(net.one("Alice: deny(user=Alice, dstPort=80) on own.")), "accepted");
  t.is(verdictFor(net, { ...web, user: "Bob" }), undefined);
  t.is(verdictFor(net, { ...web, user: "Alice" }), "deny");
});

test("negative rates do not parse, so they cannot raise a bound", (t) => {
  for (const text of ["reserve(*) = -100Mb on net0.", "NewShare s for (*) [reserve <= -5Mb] on rootShare."]) {
    t.true(
      parse({ name: "t", text }).diagnostics.some(({ severity }) => severity === "error"),
      text,
    );
  }
  const old = parse({ name: "t", text: "reserve(*) = -100 on net0." }, { dialect: "prototype" });
  t.true(old.diagnostics.some(({ severity }) => severity === "error"));
});

test("contradicting and excessive bounds are verdicts, not crashes", (t) => {
  const net = new Conversation();
  // The parser refuses this at its column. A statement that is submitted in another way gets a verdict.
  const [sane] = modelOf("NewShare s for (*) [reserve <= 5Mb] on rootShare.").statements;
  const { demand } = sane!;
  if (demand.kind !== "NewShare") return t.fail();
  const privileges = { ...demand.privileges, reserveMin: 10_000_000 };
  t.is(gist(net.admission.submit({ ...sane!, demand: { ...demand, privileges } }, NOW)), "contradictory");
  net.say("NewShare p for (*) [reserve <= 5Mb, reserveTBCapacity = 10Mb, reserveTBFill = 1Mb] on rootShare.");
  const child = (privileges: string): string => gist(net.one(`NewShare q for (*) [${privileges}] on p.`));
  t.is(child("reserve <= 6Mb"), "too-permissive");
  t.is(
    child("reserve <= 5Mb, reserveTBFill = 2Mb, reserveTBCapacity = 1Mb"),
    "too-permissive",
    "the prototype forgot fill",
  );
  t.is(child("reserve <= 5Mb, reserveTBFill = 1Mb, reserveTBCapacity = 11Mb"), "too-permissive");
  t.is(child("allow = True"), "too-permissive");
  t.is(child("limit <= 1Mb"), "too-permissive");
  t.is(child("reserve <= 5Mb, reserveTBFill = 1Mb"), "accepted");
});

test("unknown shares and users are verdicts, not crashes", (t) => {
  const net = new Conversation();
  for (const text of ["GrantDefault nosuch.", "Grant nosuch to root.", "RemoveShare nosuch.", "allow(*) on nosuch."]) {
    t.is(gist(net.one(text)), "unknown-share", text);
  }
  t.is(gist(net.one("Grant rootShare to nobody.")), "unknown-user");
});

test("Merlin dropped a negation, a prefix length and all but the first of a set; here all three hold", (t) => {
  const net = new Conversation();
  net.say(`
    deny(srcHost!=10.0.0.1) on rootShare.
    allow(vlan={1, 2}, srcHost=10.0.0.1) on rootShare.
    deny(dstHost=10.1.0.0/16, srcHost=10.0.0.1) on rootShare.`);
  const from = (last: number) => ({ ethType: 0x0800, srcHost: host(last) }) as const;
  t.is(verdictFor(net, from(1)), undefined);
  t.is(verdictFor(net, from(2)), "deny");
  t.is(verdictFor(net, { ...from(1), vlan: 2 }), "allow");
  t.is(verdictFor(net, { ...from(1), dstHost: { family: 4, value: 0x0a01_ffff } }), "deny");
  t.is(verdictFor(net, { ...from(1), dstHost: { family: 4, value: 0x0a02_0000 } }), undefined);
});

test("a trace is its own test: a wrong expectation is an error at its line", (t) => {
  const text = [
    "True <- root : AddUser Alice.",
    "False <- root : AddUser Alice.",
    "True <- root : deny(dstPort=80) on rootShare from now to +5s.",
    "False <- root : allow(dstPort=80) on rootShare.",
    "Tick 5.",
    "True <- root : allow(dstPort=80) on rootShare.",
    "True <- Alice : allow(dstPort=81) on rootShare.",
  ].join("\n");
  const { steps, diagnostics } = replay({ name: "own.pane", text }, { rules: RULES });
  t.deepEqual(
    steps.map(({ asExpected }) => asExpected),
    [true, true, true, true, undefined, true, false],
  );
  t.deepEqual(
    diagnostics.map(({ code, span }) => [code, span && text.slice(0, span.start).split("\n").length]),
    [["E740", 7]],
  );
});

test("a file's declarations may stand in any order, and only root causes are reported", (t) => {
  const file = compileFile(`
    Alice: allow(vlan=1) on inner.
    Grant inner to Alice.
    NewShare inner for (vlan=1-5) [allow = True] on outer.
    NewShare outer for (vlan=1-9) [allow = True] on rootShare.
    AddUser Alice.`);
  t.deepEqual(file.diagnostics, []);
  t.true(file.outcomes.every(({ verdict }) => verdict.kind === "accepted"));

  const broken = compileFile(`
    NewShare inner for (vlan=1-5) [allow = True] on outer.
    NewShare outer for (vlan=1-9) [allow = True] on nowhere.
    AddUser Alice. Grant inner to Alice.
    Alice: allow(vlan=1) on inner.`);
  t.deepEqual(
    broken.diagnostics.map(({ code, message }) => [code, message]),
    [["E704", "there is no share `nowhere`"]],
  );
});

test("of the statements between begin and commit all are accepted or none", (t) => {
  const file = compileFile(`
    NewShare s for (vlan=1-9) [allow = True] on rootShare.
    @before allow(vlan=1) on s.
    begin.
      @one allow(vlan=2) on s.
      @two allow(vlan=12) on s.
    commit.`);
  t.deepEqual(
    file.outcomes.map(({ verdict }) => gist(verdict)),
    ["accepted", "accepted", "transaction", "outside-share"],
  );
  t.deepEqual(
    file.diagnostics.map(({ code }) => code),
    ["E701"],
  );
  t.deepEqual(
    file.admission.derived.active(NOW).map(({ statement }) => statement),
    ["before"],
  );
});

test("the same statements in another order of declarations put the same rules in force", (t) => {
  const lines = [
    "NewShare a for (*) [allow = True, deny = True] on rootShare.",
    "NewShare b for (vlan=1-9) [allow = True] on a.",
    "AddUser Alice.",
    "Grant b to Alice.",
  ];
  const requests = "Alice: allow(vlan=1) on b. deny(vlan=2) on a.";
  const rules = (order: readonly string[]) =>
    compileFile([...order, requests].join("\n")).admission.derived.active(NOW);
  const strip = (all: ReturnType<typeof rules>) =>
    all.map(({ statement, depth, cube }) => ({ statement, depth, cube }));
  t.deepEqual(strip(rules(lines.toReversed())), strip(rules(lines)));
});

test("a proposal is canonical: it is read and printed as the same text", (t) => {
  const net = new Conversation();
  net.say(`
    NewShare "10 north wing" for (user=Alice, dstHost=10.0.0.0/8) [allow = True, deny = True] on rootShare.
    deny(user=Alice, dstHost=10.1.0.0/16, transport=TCP, dstPort=22) on "10 north wing" to +1h.`);
  const verdict = net.one(`allow(user=Alice, dstHost=10.0.0.0/8) on rootShare.`);
  if (verdict.kind !== "rejected") return t.fail();
  t.true(verdict.certificate.nearest.length > 1);
  for (const text of verdict.certificate.nearest) t.is(modelOf(text).statements[0]!.text, text);
});

test("a conflict names its blockers, and a rejection for any other reason names none", (t) => {
  const net = new Conversation();
  net.say(`
    NewShare a for (*) [allow = True, deny = True] on rootShare.
    NewShare b for (dstPort=80) [deny = True] on rootShare.
    deny(dstPort={80, 81}) on a.`);
  const blockersOf = (text: string): readonly [code: string, blockers: number] => {
    const verdict = net.one(text);
    if (verdict.kind === "accepted") throw new Error("expected a rejection");
    return [verdict.certificate.code, verdict.certificate.blockers.length];
  };
  t.deepEqual(blockersOf("allow(dstPort=80) on rootShare."), ["conflict", 1]);
  t.deepEqual(blockersOf("allow(dstPort=80) partial on rootShare."), ["nothing-left", 1]);
  t.deepEqual(blockersOf("allow(dstPort=80) on b."), ["no-privilege", 0]);
  t.deepEqual(blockersOf("Eve: allow(dstPort=80) on a."), ["not-a-speaker", 0]);
  t.deepEqual(blockersOf("allow(dstPort=80) on nowhere."), ["unknown-share", 0]);
  t.deepEqual(blockersOf("allow(dstPort=80) on rootShare from +2s to +1s."), ["empty-time", 0]);
});

test("a trace's policy is admitted once the trace has made its share and granted it to its speaker", (t) => {
  const text = [
    "policy quiet on share net0 as Alice { deny <= dstPort in 80. }",
    "policy lost on share nowhere { deny <= dstPort in 81. }",
    "True <- root : AddUser Alice.",
    "True <- root : NewShare net0 for (*) [allow = True, deny = True] on rootShare.",
    "True <- root : Grant net0 to Alice.",
    "False <- Alice : allow(dstPort=80) on net0.",
    "True <- Alice : allow(dstPort=81) on net0.",
  ].join("\n");
  const { diagnostics } = replay({ name: "own.pane", text }, { rules: RULES });
  t.deepEqual(
    diagnostics.map(({ code, message }) => [code, message]),
    [["E704", "there is no share `nowhere`"]],
  );
});

test("queries of a trace are answered at its clock, and schedules only for speakers of the share", (t) => {
  const text = [
    "True <- root : AddUser Alice.",
    "True <- root : NewShare net0 for (*) [reserve <= 10Mb] on rootShare.",
    "True <- root : reserve(*) = 4Mb on net0 from +10s to +20s.",
    "Tick 10.",
    "True <- root : GetSchedule net0.",
    "False <- Alice : GetSchedule net0.",
    "False <- root : GetSchedule nowhere.",
    "True <- root : Available 8Mb for (dstPort=80) on net0 lasting 5s.",
    "True <- Alice : ListShares.",
  ].join("\n");
  const { steps, diagnostics } = replay({ name: "own.pane", text }, { rules: RULES });
  t.deepEqual(diagnostics, []);
  const rows = steps.flatMap(({ answer }) => (answer?.kind === "answer" ? [[...answer.answer.rows]] : []));
  t.deepEqual(rows[0], [
    [10, 20, 4_000_000, 6_000_000],
    [20, Infinity, 0, 10_000_000],
  ]);
  t.deepEqual(rows[1], [["no", 6_000_000, 20, 25, "share net0", undefined]]);
});

test("a proposal of thousands of characters is whole where it is answered, and named in a report", (t) => {
  const net = new Conversation();
  net.say("NewShare sub for (*) [deny = True] on rootShare.");
  const ports = Array.from({ length: 400 }, (_, i) => 1000 + 3 * i).join(", ");
  net.say(`deny(transport=TCP, dstPort={${ports}}) on sub.`);
  const verdict = net.one("allow(transport=TCP, dstPort=1000-9000) on rootShare.");
  if (verdict.kind !== "rejected") return t.fail();
  const { certificate } = verdict;
  t.true(certificate.nearest[0]!.length > 2000);
  t.is(gist(net.one(certificate.nearest[0]!)), "accepted");
  t.true(certificateText(certificate).includes(certificate.nearest[0]!));
  const { help } = diagnosticOf(certificate);
  t.regex(help!, /^would be accepted: a text of \d{4} characters, which `--json` has whole$/);
});
