/** The engine by example: what each kind of rule derives, and how transactions and attempts end. */
import test from "ava";
import { Engine, type Tuple } from "./index.ts";
import { readRules } from "./testing/read.ts";

function sorted(tuples: Iterable<Tuple>): string[] {
  return [...tuples].map((tuple) => JSON.stringify(tuple)).toSorted();
}

test("a join with negation follows its facts", (t) => {
  const engine = new Engine({
    rules: readRules("p(X, Z) <= e(X, Y), f(Y, Z), not g(Z, _)."),
    base: { e: 2, f: 2, g: 2 },
  });
  engine.transact({
    insert: [
      ["e", [1, 2]],
      ["f", [2, 3]],
      ["f", [2, 4]],
      ["g", [4, 9]],
      ["g", [4, 8]],
    ],
  });
  t.deepEqual(sorted(engine.query("p", [undefined, undefined])), ["[1,3]"]);
  t.deepEqual([...engine.transact({ retract: [["g", [4, 9]]] }).keys()], ["g"]);
  const diff = engine.transact({ retract: [["g", [4, 8]]] });
  t.deepEqual(diff.get("p"), { inserted: [[1, 4]], retracted: [] });
});

test("a retracted fact takes along what a recursive cycle derived from it", (t) => {
  const engine = new Engine({ rules: readRules("t(X, Y) <= e(X, Y). t(X, Z) <= t(X, Y), t(Y, Z).") });
  engine.transact({
    insert: [
      ["e", ["a", "b"]],
      ["e", ["b", "a"]],
      ["e", ["b", "c"]],
    ],
  });
  t.is(engine.query("t", ["a", undefined]).length, 3);
  const proof = engine.explain("t", ["a", "c"]);
  t.is(proof?.kind, "derived");
  const diff = engine.transact({ retract: [["e", ["b", "a"]]] });
  t.deepEqual(sorted(engine.query("t", [undefined, undefined])), ['["a","b"]', '["a","c"]', '["b","c"]']);
  t.is(diff.get("t")?.retracted.length, 3);
});

test("an attempt that is not committed leaves no trace", (t) => {
  const engine = new Engine({
    rules: readRules("reject(Q) <= candidate(Q), accepted(P), P != Q. n(count(P)) <= accepted(P)."),
  });
  engine.transact({ insert: [["accepted", ["r1"]]] });
  const before = engine.footprint;
  const { value, diff } = engine.attempt({ insert: [["candidate", ["r2"]]] }, (view) => ({
    commit: false,
    value: view.has("reject", ["r2"]),
  }));
  t.true(value);
  t.is(diff.size, 0);
  t.false(engine.has("candidate", ["r2"]));
  t.deepEqual(engine.footprint, before);
  const second = engine.attempt({ insert: [["candidate", ["r3"]]] }, () => ({
    commit: false,
    value: undefined,
    instead: { insert: [["accepted", ["r3"]]] },
  }));
  t.deepEqual(second.diff.get("n"), { inserted: [[2]], retracted: [[1]] });
});

test("a transaction in which a built-in throws is rolled back", (t) => {
  let failing = false;
  const engine = new Engine({
    rules: readRules("a(X) <= e(X). b(X, S) <= a(X), shout(X, S). c(sum(X)) <= a(X)."),
    builtins: {
      shout: {
        kind: "function",
        arity: 2,
        apply: (value) => {
          if (failing) throw new Error("no");
          return `${value}!`;
        },
      },
    },
  });
  engine.transact({
    insert: [
      ["e", [1]],
      ["e", [2]],
    ],
  });
  const before = engine.footprint;
  failing = true;
  t.throws(() => engine.transact({ insert: [["e", [3]]], retract: [["e", [1]]] }), { message: "no" });
  t.deepEqual(engine.footprint, before);
  t.deepEqual(sorted(engine.query("c", [undefined])), ["[3]"]);
  failing = false;
  t.throws(() => engine.transact({ insert: [["e", ["x"]]] }), { name: "AggregateError" });
  t.deepEqual(sorted(engine.query("b", [undefined, undefined])), ['[1,"1!"]', '[2,"2!"]']);
  engine.transact({ insert: [["e", [3]]], retract: [["e", [1]]] });
  t.deepEqual(sorted(engine.query("c", [undefined])), ["[5]"]);
});

test("why-not names the literal that does not hold", (t) => {
  const engine = new Engine({ rules: readRules("ok(U, S) <= user(U), share(S), speaks(U, S), not banned(U).") });
  engine.transact({
    insert: [
      ["user", ["alice"]],
      ["user", ["bob"]],
      ["share", ["s"]],
      ["speaks", ["bob", "s"]],
      ["banned", ["bob"]],
    ],
  });
  t.deepEqual(
    engine.whyNot("ok", ["alice", "s"]).map(({ literal }) => literal),
    [2],
  );
  const [missing] = engine.whyNot("ok", ["bob", "s"]);
  t.is(missing?.literal, 3);
  t.deepEqual(
    [...missing!.bindings],
    [
      ["U", "bob"],
      ["S", "s"],
    ],
  );
});

test("an external is asked by the side that is known, and not at all where nothing can join", (t) => {
  const asked: string[] = [];
  const pairs = [
    ["q", "a"],
    ["q", "b"],
    ["x", "b"],
  ] as const;
  const engine = new Engine({
    rules: readRules("blocks(Q, R) <= candidate(Q), overlaps(Q, R), accepted(R)."),
    externals: {
      overlaps: {
        arity: 2,
        patterns: ["bf", "fb"],
        enumerate: (pattern, [left, right]) => {
          asked.push(`${pattern} ${left ?? "_"} ${right ?? "_"}`);
          return pairs.filter(([q, r]) => q === left || r === right);
        },
      },
    },
  });
  engine.transact({ insert: [...Array(50).keys()].map((at) => ["accepted", [`r${at}`]] as const) });
  t.deepEqual(asked, []);
  engine.transact({ insert: [["candidate", ["q"]]] });
  t.deepEqual(asked.splice(0), ["bf q _"]);
  const diff = engine.transact({ insert: [["accepted", ["b"]]] });
  t.deepEqual(diff.get("blocks"), { inserted: [["q", "b"]], retracted: [] });
  // The one candidate is met before the index is asked for everything that overlaps `b`.
  t.is(asked.length, 1);
  t.deepEqual(engine.query("overlaps", [undefined, "b"]), [
    ["q", "b"],
    ["x", "b"],
  ]);
});

test("the proof of an aggregate names the facts that it folds", (t) => {
  const engine = new Engine({
    rules: readRules(
      "load(S, sum(N)) <= part(S, Q, N). most(S, max(N)) <= part(S, Q, N). high(S) <= load(S, N), N > 5.",
    ),
  });
  const parts: Tuple[] = [
    ["s", "a", 2],
    ["s", "b", 4],
    ["t", "c", 9],
  ];
  engine.transact({ insert: parts.map((tuple) => ["part", tuple]) });
  const leaves = (relation: string, tuple: Tuple): unknown => {
    const proof = engine.explain(relation, tuple);
    return proof?.kind === "derived" ? proof.premises.map((premise) => "tuple" in premise && premise.tuple) : undefined;
  };
  t.deepEqual(leaves("load", ["s", 6]), parts.slice(0, 2));
  t.deepEqual(leaves("most", ["s", 4]), [parts[1]]);
  const [missing] = engine.whyNot("load", ["u", undefined]);
  t.is(missing?.literal, 0);
  engine.transact({ retract: [["part", ["s", "b", 4]]] });
  t.false(engine.has("high", ["s"]));
  t.deepEqual(engine.query("most", ["s", undefined]), [["s", 2]]);
});

test("a sum may pass the exact integers on its way, whatever the order of the facts, and must not end there", (t) => {
  const most = Number.MAX_SAFE_INTEGER;
  for (const order of [
    [most, 1, -1],
    [1, most, -1],
    [-1, most, 1],
    [most, -most, most],
  ]) {
    const engine = new Engine({ rules: readRules("s(sum(N)) <= n(K, N).") });
    engine.transact({ insert: order.map((value, key) => ["n", [key, value]] as const) });
    t.deepEqual(engine.query("s", [undefined]), [[most]], order.join());
    t.throws(
      () =>
        engine.transact({
          insert: [
            ["n", [9, 5]],
            ["n", [8, 5]],
          ],
        }),
      { message: /leaves the exact integers/ },
    );
    t.deepEqual(engine.query("s", [undefined]), [[most]], "rolled back");
    engine.transact({
      insert: [
        ["n", [9, 5]],
        ["n", [8, -5]],
      ],
    });
    t.deepEqual(engine.query("s", [undefined]), [[most]]);
  }
});

test("what an aggregate misses is not sought in rules whose head says something else", (t) => {
  const engine = new Engine({
    rules: readRules("c(a, sum(N)) <= n(N). c(b, sum(N)) <= m(N). d(X, X, sum(N)) <= p(X, N)."),
  });
  engine.transact({
    insert: [
      ["n", [1]],
      ["p", ["u", 1]],
    ],
  });
  const rulesMissing = (relation: string, tuple: readonly (string | undefined)[]): number =>
    engine.whyNot(relation, tuple).length;
  t.is(rulesMissing("c", ["b", undefined]), 1);
  t.is(rulesMissing("d", ["u", "v", undefined]), 0);
});

test("a chain of 20,000 steps has a proof as deep", (t) => {
  const engine = new Engine({ rules: readRules("t(X) <= start(X). t(Y) <= t(X), e(X, Y).") });
  const length = 20_000;
  const insert = [...Array(length).keys()].map((at) => ["e", [at, at + 1]] as const);
  engine.transact({ insert: [...insert, ["start", [0]]] });
  let proof = engine.explain("t", [length]);
  let depth = 0;
  while (proof?.kind === "derived") {
    depth++;
    proof = proof.premises[0];
  }
  t.is(depth, length + 1);
  t.is(engine.transact({ retract: [["start", [0]]] }).get("t")?.retracted.length, length + 1);
});

test("a fact of no constants, of no relation or of another arity is refused and changes nothing", (t) => {
  const engine = new Engine({ rules: readRules("p(X) <= e(X, _).") });
  for (const tuple of [[1, 2.5], [1, NaN], [1], [1, 2, 3], [1, null as unknown as number]] as Tuple[]) {
    t.throws(() =>
      engine.transact({
        insert: [
          ["e", [1, 1]],
          ["e", tuple],
        ],
      }),
    );
  }
  t.throws(() => engine.transact({ insert: [["unheard", [1]]] }), { instanceOf: RangeError });
  t.deepEqual(engine.query("p", [undefined]), []);
  const nested = (): unknown => engine.attempt({}, () => ({ commit: true, value: engine.transact({}) }));
  t.throws(nested, { message: /a transaction is running/ });
});
