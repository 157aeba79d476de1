/**
 * Every declared relation is alive: facts of it exist, and a rule asks it. A relation that `policies/pane.fml` does not
 * ask is there for a network's own rules, and such a rule asks it here.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { toDatalog } from "../fml/rules.ts";
import { RELATIONS, type RelationDeclaration } from "../fml/vocabulary.ts";
import { topology } from "../paths/index.ts";
import { parse } from "../syntax/parse.ts";
import { Admission } from "./admission.ts";
import { submitAll } from "./submit.ts";
import { Conversation, gist, modelOf, NOW, RULES } from "./testing/networks.ts";

const declared = Object.entries(RELATIONS) as [string, RelationDeclaration][];

/** For each relation that no shipped rule asks: a rule that does, a request that it refuses, and one that it lets pass. */
const FOR_NETWORKS: Readonly<Record<string, readonly [body: string, refused: string, accepted: string]>> = {
  parent: [`parent(S, "rootShare")`, "allow(vlan=1) on lab.", "allow(vlan=1) on rootShare."],
  everybody: ["everybody(S)", "allow(vlan=1) on lab.", "allow(vlan=1) on rootShare."],
  inside: [`inside(Q, "lab")`, "allow(vlan=1) on rootShare.", "allow(vlan=7) on rootShare."],
  hour: ["starts(Q, T), hour(T, 9)", "allow(vlan=1) on rootShare.", "allow(vlan=1) on rootShare from +1h."],
  weekday: ["starts(Q, T), weekday(T, 2)", "allow(vlan=1) on rootShare.", "allow(vlan=1) on rootShare from +1d."],
};

test("every relation is asked by a rule", (t) => {
  const text = readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8");
  const rules = parse({ name: "pane.fml", text }).file.statements.flatMap((one) =>
    one.kind === "rule" ? toDatalog(one.rule).rules : [],
  );
  const asked = new Set(rules.flatMap(({ body }) => body.map(({ atom }) => atom.relation)));
  const unasked = declared.filter(([name, { kind }]) => kind !== "derived" && !asked.has(name)).map(([name]) => name);
  t.deepEqual(
    unasked.filter((name) => !(name in FOR_NETWORKS)),
    [],
    "ask it in policies/pane.fml, or in FOR_NETWORKS of compiler/admission/relations.test.ts",
  );
  t.deepEqual(
    Object.keys(FOR_NETWORKS).filter((name) => !unasked.includes(name)),
    [],
    "asked by policies/pane.fml: FOR_NETWORKS need not hold it",
  );
});

for (const [name, [body, refused, accepted]] of Object.entries(FOR_NETWORKS)) {
  test(`a network's own rule may ask ${name}`, (t) => {
    const shares = "NewShare lab for (vlan=1-5) [allow = True] on rootShare. GrantDefault lab.";
    const standing = "@standing allow(vlan=3) on lab.";
    const rule = `${shares} reject(Q, "no") <= request(Q, _, _, S), share(S), ${body}.`;
    const net = new Conversation(NOW, modelOf(rule));
    net.say(shares + standing);
    t.is(gist(net.one(refused)), "own-rule");
    t.is(gist(net.one(accepted)), "accepted");
  });
}

/** Statements and policies that bring about a fact of every relation that is stored. */
const EVERYTHING = `
switch(s1, 1). switch(s2, 2). link(s1, 1, s2, 1, 100b). host_ip(h, 10.0.0.1). host_at(h, s1, 2).
AddUser Alice. AddUser Bob.
NewShare lab for (*) [allow = True, deny = True, reserve <= 9b, limit <= 9b, waypoint = {s1}] on rootShare.
NewShare desk for (*) [allow = True, waypoint = {s1}] on lab.
NewShare gone for (*) [] on rootShare.
Grant lab to Alice. GrantDefault desk. Revoke lab from Alice. RemoveUser Bob.
allow(vlan=1) on lab. deny(vlan=1) partial on desk. allow(vlan=3) on lab. deny(vlan=3) partial on rootShare.
limit(vlan=5) = 5b on lab.
@x allow(vlan=4) on lab. Cancel x. RemoveShare gone cascade.
GetSchedule lab. ListRequests on lab.
policy fast on share lab { @hand pass <= vlan = 9. @no deny <= vlan = 8. }
policy stop as guard { @worm deny <= vlan = 7. }`;

test("every relation that is declared as stored has facts", (t) => {
  const model = modelOf(EVERYTHING);
  const seen = new Set<string>();
  const admission = new Admission({
    rules: RULES,
    users: model.directory.users,
    topology: topology(model.directory),
    now: NOW,
    watch: (_, facts) => facts.forEach(([relation]) => seen.add(relation)),
  });
  submitAll(admission, model);
  admission.derived.active(NOW);
  const isStored = (name: string, arity: number): boolean =>
    admission.engine.query(name, Array.from({ length: arity })).length > 0;
  const lacking = declared
    .filter(([name, { kind, columns }]) => {
      if (kind === "candidate") return !seen.has(name);
      return (kind === "state" || kind === "in force") && !isStored(name, columns.length);
    })
    .map(([name, { kind }]) => `${name} (${kind})`);
  t.deepEqual(
    lacking,
    [],
    "insert its facts in compiler/admission/state/facts.ts or state-changes.ts, and bring one about in EVERYTHING of " +
      "compiler/admission/relations.test.ts",
  );
});

test("the removal of a share removes every stored fact of it", (t) => {
  const net = new Conversation(NOW, modelOf(EVERYTHING));
  net.say(EVERYTHING);
  const held = (): readonly string[] =>
    declared
      .filter(([, { kind }]) => kind === "state")
      .filter(([name, { columns }]) =>
        net.admission.engine
          .query(name, Array.from({ length: columns.length }))
          .some((tuple) => columns.some((one, at) => one.holds === "share" && tuple[at] === "desk")),
      )
      .map(([name]) => name);
  t.true(held().length > 4, "the test finds facts of a share");
  t.is(gist(net.one("RemoveShare lab cascade.")), "accepted");
  t.deepEqual(held(), [], "take it away in `dissolve` of compiler/admission/state/state-changes.ts");
});
