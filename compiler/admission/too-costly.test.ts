/** A running network spends a bounded number of steps on one statement; what takes more is refused, and changes nothing. */
import test from "ava";
import { topology } from "../paths/index.ts";
import { Admission, STEPS_OF_STATEMENT } from "./admission.ts";
import { subscribe } from "./subscribe.ts";
import { Conversation, fc, gist, modelOf, NOW, RULES } from "./testing/networks.ts";
import { digestNow } from "./testing/snapshots.ts";
import { life } from "../semantics/testing/stories.ts";

/** A network with a budget for each statement. */
function bounded(steps: number | undefined, text = ""): Admission {
  const model = modelOf(text);
  const { facts, arities, rules: own, directory } = model;
  return new Admission({
    rules: RULES,
    own,
    facts,
    arities,
    users: directory.users,
    topology: topology(directory),
    now: NOW,
    steps,
  });
}

/** Says statements to a network; gives the gist of each verdict. */
function say(admission: Admission, text: string): readonly string[] {
  return modelOf(text).statements.map((statement) => gist(admission.submit(statement, NOW)));
}

const SHARES = `NewShare a for (*) [allow = True, deny = True, requests <= 5000, entries <= 5000] on rootShare.
  NewShare b for (*) [allow = True, deny = True] on rootShare.`;
const allows = (n: number): string =>
  Array.from({ length: n }, (_, i) => `allow(dstPort=${i}, transport=TCP) on a.`).join("\n");

test("a statement with thousands of others in its way is given up, and nothing has changed", (t) => {
  const admission = bounded(STEPS_OF_STATEMENT);
  say(admission, SHARES + allows(2_000));
  t.is(admission.state.accepted.size, 2_000);
  const before = digestNow(admission);
  t.deepEqual(say(admission, "deny(*) on b. deny(*) partial on b."), ["too-costly", "too-costly"]);
  t.is(digestNow(admission), before);
  t.deepEqual(say(admission, "deny(dstPort=1-9, transport=TCP) on b. deny(dstPort=1-9, transport=TCP) partial on b."), [
    "conflict",
    "nothing-left",
  ]);
  t.deepEqual(say(admission, "deny(dstPort=3000, transport=TCP) on b. Cancel x."), ["accepted", "unknown-request"]);
  const free = bounded(undefined);
  say(free, SHARES + allows(2_000));
  t.deepEqual(say(free, "deny(*) on b."), ["conflict"]);
});

test("a rule of the network that joins everything is given up too", (t) => {
  const big = Array.from({ length: 100 }, (_, i) => `big(n${i}).`).join(" ");
  const own = `${big} reject(Q, "never") <= request(Q, _, _, _), big(A), big(B), big(C), A < B, B < C, C < A.`;
  t.deepEqual(say(bounded(STEPS_OF_STATEMENT, own), `${SHARES} deny(*) on b.`), ["accepted", "accepted", "too-costly"]);
  t.deepEqual(say(bounded(undefined, own), `${SHARES} deny(*) on b.`), ["accepted", "accepted", "accepted"]);
});

test("a reservation with thousands of others in its reach is given up, one beside few is not", (t) => {
  const admission = bounded(STEPS_OF_STATEMENT);
  const held = "[reserve <= 1Mb, reserveTBFill = 1Mb, reserveTBCapacity = 1b, requests <= 5000, entries <= 20000]";
  const reserves = Array.from(
    { length: 2_000 },
    (_, i) => `reserve(dstPort=${i}) = 100b on a from +${i}s to +${i + 4000}s.`,
  );
  say(admission, `NewShare a for (*) ${held} on rootShare. ${reserves.join(" ")}`);
  t.is(admission.state.accepted.size, 2_000);
  t.deepEqual(
    say(
      admission,
      "reserve(dstPort=1) = 1Mb on a from +1000s to +3000s. reserve(dstPort=1) = 1Mb on a from +5990s to +5999s.",
    ),
    ["too-costly", "share-short"],
  );
});

test("a sum of the network that overflows when a request is entered refuses it, and leaves the state as it was", (t) => {
  const own = `weight(9007199254740991). total(sum(W)) <= accepted(_Q, _, _, _), weight(W).
    reject(Q, "never") <= request(Q, _, _, _), total(N), N < 0.`;
  for (const follows of [false, true]) {
    const admission = bounded(STEPS_OF_STATEMENT, own);
    const rules = new Set<string>();
    if (follows)
      subscribe(admission, ({ added, removed }) => {
        for (const { statement } of removed) rules.delete(statement);
        for (const { statement } of added) rules.add(statement);
      });
    t.deepEqual(say(admission, `${SHARES} @x deny(vlan=1) on a.`), ["accepted", "accepted", "accepted"]);
    const before = digestNow(admission);
    t.deepEqual(say(admission, "@y deny(vlan=2) on a. @z deny(vlan=3) on b to +10s."), ["own-rule", "own-rule"]);
    t.is(digestNow(admission), before);
    if (follows) t.deepEqual([...rules], ["x"]);
    t.deepEqual(say(admission, "Cancel x. @y deny(vlan=2) on a."), ["accepted", "accepted"]);
    if (follows) t.deepEqual([...rules], ["y"]);
    t.deepEqual(
      admission.derived.active(NOW).map(({ statement }) => statement),
      ["y"],
    );
  }
});

test("the sentence says the limit", (t) => {
  const admission = bounded(10);
  const verdict = admission.submit(
    modelOf("AddUser Alice. NewShare s for (*) [] on rootShare. deny(*) on s.").statements[1]!,
    NOW,
  );
  t.like(verdict, {
    kind: "rejected",
    certificate: {
      code: "too-costly",
      nearest: [],
      reason: "to decide this takes more than the 10 steps that a running network spends on one statement",
    },
  });
});

test("ordinary lives stay far below", (t) => {
  fc.assert(
    fc.property(life, ([[first, rest]]) => {
      const free = new Conversation();
      const own = bounded(STEPS_OF_STATEMENT);
      for (const text of [first, ...rest]) t.deepEqual(say(own, text), free.say(text).map(gist), text);
    }),
    { numRuns: 50, seed: 7 },
  );
});
