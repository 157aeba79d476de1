/** What goes into a model as a whole: traces, rules for admission, the directory, and independence of order. */
import test from "ava";
import { resolveText, showDiagnostics, showFacts, showPolicies, showStatements } from "./testing/show.ts";

test("in a trace the clock ticks, times stay as written, and any user may be named", (t) => {
  const text = `True <- root : allow(user=nobody) on rootShare from +10s.
    Tick 100s.
    False <- root : deny(dstPort=1) on rootShare from @500.
    ListShares.
    True <- root : allow(dstPort=2) on rootShare to +10s.`;
  const { model, diagnostics } = resolveText(text, {}, { trace: true });
  t.deepEqual(diagnostics, []);
  t.deepEqual(
    model.statements.map((s) => (s.demand.kind === "request" ? s.demand.interval : s.demand.kind)),
    [{ start: 1010, end: Infinity }, "Tick", { start: 500, end: Infinity }, "query", { start: 1100, end: 1110 }],
  );
  t.deepEqual(
    model.statements.map((s) => s.expected),
    [true, undefined, false, undefined, true],
  );
});

test("rules for `reject` and the relations that they use go to admission; views of policies do not", (t) => {
  const { model, diagnostics } = resolveText(`default deny.
    night(22). late(H) <= night(H). member(ann, staff). staff(U) <= member(U, staff).
    soon(Q, H) <= starts(Q, T), hour(T, H).
    reject(Q, "not at night") <= soon(Q, H), late(H).
    policy p { allow <= srcUser(U), staff(U). }`);
  t.deepEqual(diagnostics, []);
  t.deepEqual(
    model.rules.map((r) => r.head.relation),
    ["late", "soon", "reject"],
  );
  t.deepEqual(model.facts.get("night"), [[22]]);
  t.is(model.policies[0]!.rules[0]!.cubes.length, 1);
});

test("directory facts may be derived by rules", (t) => {
  const { model, diagnostics } = resolveText(
    `default deny.
    extern desk(host, ip, user) from csv "desks.csv".
    host_ip(H, A) <= desk(H, A, _).
    user_host(U, H) <= desk(H, _, U).
    allow(user=ann, srcHost=pc1) on rootShare.`,
    { "desks.csv": "host,ip,user\npc1,10.0.0.1,ann\npc2,10.0.0.2,bob\n" },
  );
  t.deepEqual(showDiagnostics(diagnostics), []);
  t.deepEqual(model.directory.userHosts, [
    { user: "ann", host: "pc1" },
    { user: "bob", host: "pc2" },
  ]);
  t.deepEqual([...model.directory.hosts.keys()], ["pc1", "pc2"]);
});

test("the order of facts and rules changes nothing", (t) => {
  const declarations = [
    "host_ip(a, 10.0.0.1).",
    "host_ip(b, 10.0.0.2).",
    "g(a).",
    "g(b).",
    "h(X) <= g(X), not k(X).",
    "k(b).",
    "flowgroup f = (srcHost=a, transport=TCP).",
  ];
  const rest = "\npolicy p { deny <= srcHost(A), g(A), dstHost(B), h(B). }\nallow(f) on rootShare.";
  const render = (lines: readonly string[]): string[][] => {
    const { model, diagnostics } = resolveText(`default deny.\n${lines.join("\n")}${rest}`);
    return [showDiagnostics(diagnostics), showFacts(model), showPolicies(model), showStatements(model)];
  };
  t.deepEqual(render(declarations.toReversed()), render(declarations));
});

test("a speaker does not become a user by speaking", (t) => {
  const { model } = resolveText(`default deny.
    AddUser Ann.
    GrantDefault rootShare.
    Anm: allow(dstPort=80) on rootShare.
    policy p as Ane { deny <= dstPort(81). }`);
  t.deepEqual(model.directory.users, ["Ann", "root", "unknown"]);
});
