/** Requests that come and go by the thousand leave nothing behind: no facts, no constants, no bytes. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import test from "ava";
import { Engine } from "./index.ts";
import { readRules } from "./testing/read.ts";

const rules = readRules(`
  speaks(U, S) <= member(U, G), grant(G, S).
  in_group(U, G) <= member(U, G).
  in_group(U, G) <= in_group(U, H), subgroup(H, G).
  reject(Q, "speaker") <= candidate(Q, U, S), not speaks(U, S).
  reject(Q, P) <= candidate(Q, _, S), accepted(P, S), Q != P, shout(Q, _).
  load(S, count(P)) <= accepted(P, S).
  last(max(P)) <= accepted(P, _).
`);

function loaded(): Engine {
  const engine = new Engine({
    rules,
    builtins: { shout: { kind: "function", arity: 2, apply: (name) => `${name}!` } },
    base: { member: 2, grant: 2, subgroup: 2, candidate: 3, accepted: 2 },
  });
  engine.transact({
    insert: [
      ["member", ["alice", "staff"]],
      ["subgroup", ["staff", "all"]],
      ["grant", ["staff", "net"]],
      ["accepted", ["r", "net"]],
    ],
  });
  return engine;
}

test("30,000 requests, refused, accepted and cancelled, leave no memory behind", (t) => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const engine = loaded();
  let made = 0;
  const churn = (requests: number): number => {
    for (let at = 0; at < requests; at++) {
      const id = `request ${made++}`;
      const { value } = engine.attempt(
        { insert: [["candidate", [id, at % 2 === 0 ? "alice" : id, "net"]]] },
        (view) => ({
          commit: false,
          value: view.query("reject", [id, undefined]).length,
          instead: { insert: [["accepted", [id, "net"]]] },
        }),
      );
      engine.transact({ retract: [["accepted", [id, "net"]]] });
      if (value !== 1 + (at % 2)) t.fail();
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = churn(10_000);
  const footprint = engine.footprint;
  const after = churn(30_000);
  t.deepEqual(engine.footprint, footprint);
  t.true(after - before < 2_000_000, `${after - before} bytes more`);
});

test("questions about unknown facts add nothing to the engine", (t) => {
  const engine = loaded();
  const { footprint } = engine;
  for (let at = 0; at < 100; at++) {
    t.false(engine.has("accepted", [`x${at}`, "net"]));
    t.deepEqual(engine.query("accepted", [`x${at}`, undefined]), []);
    engine.whyNot("reject", [`x${at}`, undefined]);
    t.is(engine.explain("accepted", [`x${at}`, "net"]), undefined);
    engine.transact({ retract: [["accepted", [`x${at}`, "net"]]] });
  }
  t.deepEqual(engine.footprint, footprint);
});
