/**
 * Small policies that once hung, were misread, or said nothing of what was wrong with them, each with what is right. Those
 * about switches stand in `small-faults.test.ts`.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "./admission/read-rules.ts";
import { decide, tablesAt } from "./compile.ts";
import { explainWords } from "./lookup/explain.ts";
import { replay } from "./replay/replay.ts";
import { policyChange, policyChangeJson, policyState } from "./report/policy-change.ts";

const NOW = 1_764_579_600;
const textOf = (name: string): string => readFileSync(new URL(`../policies/${name}`, import.meta.url), "utf8");
const { rules } = readRules({ name: "pane.fml", text: textOf("pane.fml") });
const decided = (text: string, files: Readonly<Record<string, string>> = {}): ReturnType<typeof decide> =>
  decide([{ name: "p.pane", text }], {
    now: NOW,
    load: (name) => (name in files ? { name: `glazier:${name}`, text: files[name]! } : undefined),
    rules,
  });
const codesOf = (text: string): readonly string[] =>
  decided(text).diagnostics.flatMap(({ code }) => (code === "N214" ? [] : [code]));

const TRACES = {
  "reserve-ended-crash": `True <- root: NewShare n0 for (transport=UDP) [reserve <= 50Mb] on rootShare.
Tick 2.
False <- root: reserve(*) = 5Mb on n0 from @1 to @2.`,
  "no-phantom-grant": `True <- root: NewShare s1 for (*) [allow = True, deny = True] on rootShare.
True <- root: NewShare s2 for (*) [allow = True, deny = True] on rootShare.
True <- root: deny(srcHost=10.0.0.1, dstHost=0.0.0.0/0) on s1.
False <- root: allow(srcHost=10.0.0.1) partial on s2.`,
  "ipv4-has-source-destination-transport": `True <- root: NewShare s1 for (srcHost=10.0.0.0/8, dstHost=0.0.0.0/0) [allow = True] on rootShare.
True <- root: allow(srcHost=10.0.0.1) on s1.
True <- root: NewShare s2 for (dstHost!=10.0.0.1) [allow = True] on rootShare.
True <- root: allow(srcHost=2001:db8::/32) on s2.
True <- root: NewShare s3 for (srcHost=10.0.0.0/8, transport!=TCP) [allow = True] on rootShare.
True <- root: allow(srcHost=10.0.0.1) except (transport=TCP) on s3.`,
};
for (const [name, text] of Object.entries(TRACES))
  test(`${name}: the verdicts that the trace expects`, (t) => {
    const { steps, diagnostics } = replay({ name, text }, { rules });
    t.deepEqual(
      diagnostics.filter(({ severity }) => severity === "error"),
      [],
    );
    const expected = text.split("\n").filter((line) => /^(?:True|False)/.test(line)).length;
    t.is(steps.filter(({ asExpected }) => asExpected === true).length, expected);
  });

test("predicate-doubling: written out it has too many conditions at any length, and the rule is named", (t) => {
  for (const n of [12, 24, 400]) {
    const steps = Array.from({ length: n }, (_, i) => `p${i + 1} <= p${i}, p${i}.`).join("\n");
    const text = `default allow.\np0 <= dstPort = 80, transport(tcp).\n${steps}\npolicy p on share rootShare { deny <= p${n}. }`;
    const [fault, ...others] = decided(text).diagnostics;
    t.deepEqual([fault!.code, others], ["E507", []], String(n));
    t.true(fault!.span !== undefined);
  }
});

test("join-of-three: only what is asked for is joined, and a longer one is refused", (t) => {
  const text = (n: number): string =>
    `default allow.\n${Array.from({ length: n }, (_, i) => `a(${i}).`).join(" ")}
b(X,Y,Z) <= a(X), a(Y), a(Z).
c(X) <= b(X,_,_).
policy p on share rootShare { deny <= dstPort(P), c(P), transport(tcp). }`;
  t.deepEqual(codesOf(text(20)), []);
  t.true(["", "E318"].includes(codesOf(text(400)).join()));
});

/** Sixteen boxes of five ranges. */
const BOXES = [
  "srcPort=0-32765, dstPort=0-32765, vlan=2046-4091, dstEth=55:55:55:55:55:54-d5:55:55:55:55:51, inPort=10922-43687",
  "dstPort=32766-65531, vlan=682-2727, srcEth=2a:aa:aa:aa:aa:aa-aa:aa:aa:aa:aa:a7, dstEth=2a:aa:aa:aa:aa:aa-aa:aa:aa:aa:aa:a7, inPort=32766-65531",
  "srcHost=85.85.85.84-213.85.85.81, dstHost=0.0.0.0-127.255.255.253, vlan=1364-3409, dstEth=7f:ff:ff:ff:ff:fe-ff:ff:ff:ff:ff:fb, inPort=32766-65531",
  "dstPort=10922-43687, vlan=1364-3409, dscp=0-29, srcEth=00:00:00:00:00:00-7f:ff:ff:ff:ff:fd, inPort=10922-43687",
  "srcPort=21844-54609, dstPort=32766-65531, dscp=30-59, dstEth=55:55:55:55:55:54-d5:55:55:55:55:51, inPort=32766-65531",
  "srcHost=42.170.170.170-170.170.170.167, srcPort=21844-54609, dstPort=0-32765, dscp=10-39, dstEth=55:55:55:55:55:54-d5:55:55:55:55:51",
  "srcHost=0.0.0.0-127.255.255.253, dstHost=85.85.85.84-213.85.85.81, dstPort=0-32765, vlan=2046-4091, dscp=10-39",
  "srcHost=0.0.0.0-127.255.255.253, dstPort=0-32765, vlan=2046-4091, srcEth=55:55:55:55:55:54-d5:55:55:55:55:51, inPort=21844-54609",
  "srcHost=0.0.0.0-127.255.255.253, srcPort=0-32765, dstPort=0-32765, srcEth=2a:aa:aa:aa:aa:aa-aa:aa:aa:aa:aa:a7, inPort=32766-65531",
  "srcHost=85.85.85.84-213.85.85.81, dstHost=85.85.85.84-213.85.85.81, vlan=1364-3409, dscp=10-39, inPort=32766-65531",
  "dstPort=0-32765, vlan=1364-3409, srcEth=7f:ff:ff:ff:ff:fe-ff:ff:ff:ff:ff:fb, dstEth=2a:aa:aa:aa:aa:aa-aa:aa:aa:aa:aa:a7, inPort=21844-54609",
  "srcPort=21844-54609, vlan=0-2045, srcEth=7f:ff:ff:ff:ff:fe-ff:ff:ff:ff:ff:fb, dstEth=55:55:55:55:55:54-d5:55:55:55:55:51, inPort=0-32765",
  "srcHost=127.255.255.254-255.255.255.251, srcPort=21844-54609, dscp=20-49, srcEth=55:55:55:55:55:54-d5:55:55:55:55:51, dstEth=7f:ff:ff:ff:ff:fe-ff:ff:ff:ff:ff:fb",
  "srcHost=85.85.85.84-213.85.85.81, srcPort=32766-65531, dscp=20-49, dstEth=55:55:55:55:55:54-d5:55:55:55:55:51, inPort=10922-43687",
  "srcPort=21844-54609, vlan=1364-3409, dscp=30-59, srcEth=00:00:00:00:00:00-7f:ff:ff:ff:ff:fd, dstEth=00:00:00:00:00:00-7f:ff:ff:ff:ff:fd",
  "dstHost=42.170.170.170-170.170.170.167, srcPort=21844-54609, vlan=682-2727, dstEth=7f:ff:ff:ff:ff:fe-ff:ff:ff:ff:ff:fb, inPort=0-32765",
];

test("hang-except: what is left of a flowgroup without sixteen boxes is over budget, and the flowgroup is named", (t) => {
  const all =
    "srcHost=0.0.0.0-255.255.255.255, dstHost=0.0.0.0-255.255.255.255, srcPort=0-65535, dstPort=0-65535, vlan=0-4095, dscp=0-63, srcEth=00:00:00:00:00:00-ff:ff:ff:ff:ff:ff, dstEth=00:00:00:00:00:00-ff:ff:ff:ff:ff:ff, inPort=0-65535";
  const text = `default deny.\nflowgroup f = (transport=TCP, ${all})${BOXES.map((one) => ` except (transport=TCP, ${one})`).join("")}.`;
  const [fault, ...others] = decided(text).diagnostics;
  t.deepEqual([fault!.code, others], ["E506", []]);
  t.is(fault!.span!.source.text.slice(fault!.span!.start, fault!.span!.start + 16), "(transport=TCP, ");
});

test("hang-explain: a question that sixteen boxes cut into too many pieces is answered so, with the statement", (t) => {
  const text = `default deny.\n${BOXES.map((one, i) => `@d${i} deny(transport=TCP, ${one}) on rootShare.`).join("\n")}`;
  const policy = decided(text);
  t.deepEqual(policy.diagnostics, []);
  const answer = explainWords("(transport=TCP)", policy, NOW);
  t.regex(answer.ok ? "" : answer.fault, /cut these flows into more than 3000 pieces: up to `d\d+` \(p\.pane:\d+:1\)/);
});

test("plan-default: all unlisted traffic changes with the default, and a packet shows it", (t) => {
  const state = (verdict: string): ReturnType<typeof policyState> => {
    const policy = decided(`default ${verdict}.\nAddUser Bob.\n@x deny(dstPort=22) on rootShare.`);
    return policyState(policy, tablesAt(policy, NOW, { target: "ovs" }), NOW);
  };
  const { traffic } = policyChangeJson(policyChange(state("allow"), state("deny"), [NOW])) as {
    readonly traffic: readonly object[];
  };
  t.is(traffic.length, 1);
  const [one] = traffic;
  const flows = "everything that no statement decides, neither before nor after";
  t.like(one, { change: "begins", statement: "default", effect: "deny", flows });
  // The packet that shows it is no packet of the statement that stands in both.
  t.regex((one as { readonly witness: string }).witness, /dstPort=(?!22\b)\d+/);
});

test("sum-anonymous and sum-order: each binding counts, and the order of facts does not", (t) => {
  const sums = "default deny.\nflow(s1, f1, 5). flow(s1, f2, 5). flow(s1, f3, 1).\nload(S, sum(R)) <= flow(S, _, R).\n";
  const held = (n: number): number =>
    decided(`${sums}policy p { deny <= load(s1, ${n}), dstPort = 80. }`).admission.derived.active(NOW).length;
  t.deepEqual([held(6), held(11)], [0, 1]);
  const facts = ["n(9007199254740991).", "n(1).", "n(-1)."];
  for (const order of [facts, facts.toReversed(), [facts[1]!, facts[0]!, facts[2]!]])
    t.deepEqual(
      codesOf(
        `default deny. ${order.join(" ")} s(sum(X)) <= n(X).
policy p on share rootShare { deny <= s(9007199254740991), dstPort = 1. }`,
      ),
      [],
    );
});

const OFFICE = `host_ip(alice_pc, 10.0.0.2).
host_ip(eve_pc, 10.0.0.3).
user_host("Alice", alice_pc).
NewShare aliceBW for (user=Alice) [reserve <= 10Mb, limit <= 10Mb] on rootShare.
Grant aliceBW to Alice.
`;

/** Mistakes of beginners: name, text, codes, and the fix where only one thing can be meant. */
const MISTAKES: readonly (readonly [string, string, string, string | undefined])[] = [
  ["m05", `${OFFICE}Alice: reserve(user=Alice) = 5 on aliceBW.`, "E130", undefined],
  ["m07", `${OFFICE}Alice: reserve(user=Alice) = 5 Mb on aliceBW.`, "E101", "write `5Mb`"],
  ["m10", `include "basline.fml".`, "E215", "write `baseline.fml`"],
  [
    "m11",
    `extern infected(host) from csv "quarantine2.csv" (host).
policy q as guard { deny <= srcHost(H), infected(H). }`,
    "E803",
    undefined,
  ],
  ["m13", `${OFFICE}Bob: reserve(user=Alice) = 5Mb on aliceBW.`, "E703", undefined],
  [
    "m16",
    `default deny.
host_ip(a, 10.0.0.2).
// c
NewShare s for (dstHost=a) [deny = True] on rootShare.
Grant s to Alice.
Alice: deny(dstHost=b) on s.`,
    "W265 E205",
    undefined,
  ],
  ["m19", `policy x { allow <= srcUser(Alice). }`, "E305", undefined],
  ["m23", `allow(srcHost=10.0.0.1, srcHost=10.0.0.2) on rootShare.`, "E121", undefined],
  ["m25", `allow(dstPort=70000) on rootShare.`, "E127", undefined],
  ["m26", `allow(srcHost=10.0.0.300) on rootShare.`, "E124", undefined],
  ["m28", `allow(port=80) on rootShare.`, "E120", undefined],
  ["m31", `allow(dstPort=http) on rootShare.`, "E220", "write `80`"],
  ["m32", `limit(srcHost=10.0.0.2) = 0Mb on rootShare.`, "E132", undefined],
  [
    "m34",
    `limit(srcHost=10.0.0.2) = 1Mb on rootShare from 2026-12-02T00:00:00Z to 2026-12-01T00:00:00Z.`,
    "E715",
    undefined,
  ],
  ["m37", `NewShare s for (dstHost=10.0.0.2) [deny = True].`, "E101", undefined],
  ["m38", `NewShare s for (dstHost=10.0.0.2) on rootShare.`, "E101", undefined],
  [
    "m40",
    `${OFFICE}@a Alice: reserve(user=Alice) = 5Mb on aliceBW.
@a Alice: reserve(user=Alice) = 5Mb on aliceBW.`,
    "E211",
    undefined,
  ],
  ["m41", `deny "srcHost=10.0.0.2" on rootShare.`, "E101", undefined],
  ["m43", `host_ip(alice, 10.0.0.2). host_ip(alice, 10.0.0.0/8). host_at(alice, s1, 3).`, "E230 E225", undefined],
  ["m44", `host-ip(alice, 10.0.0.2).`, "W258", "write `host_ip`"],
  ["m46", `host_ip(alice 10.0.0.2).`, "E101", "write a comma"],
  ["m47", `hostip(alice, 10.0.0.2). NewShare s for (dstHost=alice) [deny=True] on rootShare.`, "E205", undefined],
  ["m49", `ratelimit (user=Alice) = 5Mb on rootShare.`, "E204", undefined],
  [
    "m50",
    `NewShare s for (dstHost=10.0.0.2) [deny = True] on rootShare.
Grant s Alice.`,
    "E101",
    undefined,
  ],
  ["m52", `waypoint(srcHost=10.0.0.2) = ids on rootShare.`, "E222", undefined],
  [
    "m53",
    `policy x { @a deny <= dstHost = 10.0.0.2, dstPort(25). }
policy x { @b deny <= dstPort(26). }`,
    "E210",
    undefined,
  ],
  [
    "m55",
    `flowgroup office = (srcHost=10.0.0.0/8).
policy x { deny <= office, dstPort = 25. }
allow(office, dstPort=80) on rootShare.`,
    "E201",
    undefined,
  ],
  ["m56", `flowgroup office = srcHost=10.0.0.0/8.`, "E101", "write `flowgroup office = (srcHost=10.0.0.0/8)`"],
];

test("mistakes: each is answered, and a fix applied literally leaves no such error and adds none", (t) => {
  for (const [name, text, codes, title] of MISTAKES) {
    const { diagnostics } = decided(text);
    const told = diagnostics.filter(({ code }) => code !== "N214");
    t.is(told.map(({ code }) => code).join(" "), codes, name);
    t.true(
      told.every(({ span }) => span !== undefined),
      name,
    );
    const { fix } = told[0]!;
    t.is(fix?.title, title, name);
    if (fix === undefined) continue;
    const mended = text.slice(0, fix.span.start) + fix.text + text.slice(fix.span.end);
    const left = decided(mended, { "baseline.fml": textOf("baseline.fml") }).diagnostics;
    t.deepEqual(
      left.filter(({ severity }) => severity === "error").map(({ message }) => message),
      [],
      mended,
    );
  }
});

test("ten thousand shares below each other, and as many predicates in a circle, overflow no stack", (t) => {
  const depth = 10_000;
  const shares = Array.from(
    { length: depth },
    (_, at) => `NewShare s${at} for (*) [allow = True, deny = True] on ${at === 0 ? "rootShare" : `s${at - 1}`}.`,
  );
  const last = `s${depth - 1}`;
  t.deepEqual(codesOf(`${shares.join("\n")}\nallow(dstPort=1) on ${last}. deny(dstPort=1) on ${last}.`), ["E753"]);

  const circle = Array.from({ length: depth }, (_, at) => `p${at} <= p${(at + 1) % depth}, dstPort = 1.`);
  const { diagnostics } = decided(`${circle.join("\n")}\npolicy p on share rootShare { allow <= p0. }`);
  const found = diagnostics.filter(({ code }) => code === "E402");
  t.is(found.length, 1);
  t.true(found[0]!.message.length < 300, found[0]!.message);
});

test("a circle of a thousand relations through a negation is told shortened", (t) => {
  const chain = Array.from({ length: 1_000 }, (_, i) => `r${i}(X) <= r${(i + 1) % 1_000}(X).`).slice(1);
  const [fault] = decided(`default allow. base(a). ${chain.join(" ")} r0(X) <= base(X), not r1(X).`).diagnostics;
  t.is(fault!.code, "E401");
  t.regex(fault!.message, /^`r0` depends on its own negation: r0 → not r1 → .* → 9\d\d more → .* → r0$/);
});
