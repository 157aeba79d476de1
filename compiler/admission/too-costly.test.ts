/** A running network spends a bounded number of steps on one statement; what takes more is refused, and changes nothing. */
import test from "ava";
import { topology } from "../paths/index.ts";
import type { Verdict } from "../certificates/verdict.ts";
import { verdictText } from "../explain/certificate.ts";
import { Admission, STEPS_OF_STATEMENT } from "./admission.ts";
import { subscribe } from "./subscribe.ts";
import { Conversation, fc, gist, modelOf, NOW, RULES } from "./testing/networks.ts";
import { digestNow } from "./testing/snapshots.ts";
import { submitTogether } from "./transaction.ts";
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
  NewShare b for (*) [allow = True, deny = True, requests <= 5000] on rootShare.`;
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

/** So many addresses, from a block of their own, in one set. */
const addresses = (n: number, block: number): string =>
  `{${Array.from({ length: n }, (_, i) => `10.${block}.${i >> 7}.${(i & 127) * 2}`).join()}}`;
const ODD_PORTS = `{${Array.from({ length: 300 }, (_, i) => 2 * i + 1).join()}}`;
const WIDE = `NewShare a for (dstHost=10.0.0.2) [deny = True, entries <= 100000] on rootShare.`;

test("each value of a set counts: a statement of 1,000 is taken, one of 4,500 beside 300 is not", (t) => {
  const admission = bounded(STEPS_OF_STATEMENT);
  const deny = (sources: number, block: number, ports = "80"): string =>
    `deny(dstHost=10.0.0.2, srcHost=${addresses(sources, block)}, dstPort=${ports}) on a.`;
  t.deepEqual(say(admission, WIDE + deny(1_000, 1)), ["accepted", "accepted"]);
  const before = digestNow(admission);
  t.deepEqual(say(admission, deny(4_500, 2, ODD_PORTS) + deny(1_200, 3)), ["too-costly", "too-costly"]);
  t.is(digestNow(admission), before);
  t.deepEqual(say(admission, deny(600, 3) + deny(600, 4)), ["accepted", "accepted"]);
});

test("an allow beside seven denies of 4,500 × 300 values, which the files hold, is given up as long as it is looked at", (t) => {
  const admission = bounded(undefined);
  for (let block = 1; block <= 7; block++)
    say(
      admission,
      `${block === 1 ? WIDE : ""} deny(dstHost=10.0.0.2, srcHost=${addresses(4_500, block)}, dstPort=${ODD_PORTS}) on a.`,
    );
  t.is(admission.state.accepted.size, 7);
  admission.spendAtMost(STEPS_OF_STATEMENT);
  const before = digestNow(admission);
  const asked =
    "allow(dstHost=10.0.0.2) on rootShare. allow(dstHost=10.0.0.2) partial on rootShare. allow(*) on rootShare.";
  for (const gistOf of say(admission, asked)) t.true(["conflict", "too-costly"].includes(gistOf), gistOf);
  t.is(digestNow(admission), before);
  t.deepEqual(say(admission, "allow(dstHost=10.0.0.3) on rootShare."), ["accepted"]);
});

test("many cubes count, too: what they are compared with is counted where it is compared", (t) => {
  const admission = bounded(STEPS_OF_STATEMENT);
  const cubes = Array.from(
    { length: 800 },
    (_, i) => `(dstPort=${7 * i}-${7 * i + 30_000}, srcPort=${i}-${i + 20_000})`,
  );
  t.deepEqual(say(admission, `${SHARES} allow(${cubes.join(" or ")}) on a.`), ["accepted", "accepted", "too-costly"]);
});

test("all statements of a transaction have a budget together, and behind its end none is decided", (t) => {
  const admission = bounded(STEPS_OF_STATEMENT);
  say(admission, SHARES);
  const before = digestNow(admission);
  const together = (n: number): readonly Verdict[] =>
    submitTogether(
      admission,
      modelOf(Array.from({ length: n }, (_, i) => `deny(vlan=${i}) on b.`).join("\n")).statements,
      NOW,
    );
  const refused = together(1_600);
  t.is(refused.length, 1_600);
  t.deepEqual(Array.from(Map.groupBy(refused.map(gist), (one) => one).keys()), ["transaction", "too-costly"]);
  const at = refused.findIndex((one) => gist(one) === "too-costly");
  t.true(at > 250, String(at));
  t.deepEqual(
    refused.slice(at + 1).map(gist),
    Array.from({ length: 1_599 - at }, () => "transaction"),
  );
  t.is(digestNow(admission), before);
  t.true(together(250).every(({ kind }) => kind === "accepted"));
});

test("the sentence says the limit, and what to do", (t) => {
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
  t.regex(verdictText(verdict), /\[too-costly\]\n {2}say it in parts, one after the other/);
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
