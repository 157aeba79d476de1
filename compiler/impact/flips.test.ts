/** The changes of verdicts that `plan` reports, compared with every packet of a small network. */
import test from "ava";
import fc from "fast-check";
import { cube, cubeHolds } from "../flowgroup/cubes.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { verdictOfRules } from "../semantics/table-reference.ts";
import { directory, packets, rules } from "../semantics/arbitrary-rules.ts";
import { flowOf, possibleUsers } from "../trace/packet.ts";
import { Deciders } from "./deciders.ts";
import { flipsOf } from "./flips.ts";

/** The packets that hide nothing of their flow: no fragments, and none that may be of several users. */
const whole = packets.filter(
  (packet) =>
    (packet.ip?.fragment ?? "no") === "no" &&
    !(packet.ports?.src === 0 && packet.ports.dst === 0) &&
    Object.keys(possibleUsers(packet, directory)).length === 0,
);
const verdicts = fc.constantFrom("allow" as const, "deny" as const);
const some = fc.array(rules, { maxLength: 3 });

test("the reported changes hold exactly the packets whose verdict changes", (t) => {
  const seen = { changed: 0, same: 0 };
  const law = fc.property(
    some,
    some,
    some,
    verdicts,
    verdicts,
    fc.array(whole, { minLength: 40, maxLength: 40 }),
    (kept, removed, added, was, is, sent) => {
      const before = [...kept, ...removed];
      const after = [...kept, ...added];
      const old = new Deciders(before, was);
      const flips = flipsOf({ old, next: new Deciders(after, is), removed, added }, { left: 1e6 });
      for (const packet of sent) {
        const verdict = (all: readonly DerivedRule[], one: "allow" | "deny") =>
          verdictOfRules(all, packet, directory, { verdict: one, fragments: "deny" });
        const changes = verdict(before, was) !== verdict(after, is);
        const told = flips.filter(({ cube }) => cubeHolds(cube, flowOf(packet, directory)));
        if (told.length > 0 !== changes)
          throw new Error(`${changes} expected: ${told.map(({ statement }) => statement).join()}`);
        t.true(new Set(told.map(({ statement }) => statement)).size < 2, "each flow is told of one statement");
        for (const { effect, change } of told)
          t.is(change === "begins" ? effect : effect === "deny" ? "allow" : "deny", verdict(after, is));
        seen[changes ? "changed" : "same"]++;
      }
    },
  );
  fc.assert(law, { numRuns: 80 });
  t.true(seen.changed > 500 && seen.same > 500, JSON.stringify(seen));
});

test("denies within each other that all end: the one that decided ends, in steps that grow as the denies do", (t) => {
  const spent = [200, 400].map((n) => {
    const removed = Array.from({ length: n }, (_, i): DerivedRule => {
      const ports = { kind: "number", absent: false, ranges: [i + 1, 60_000 - i] } as const;
      const rank = { depth: 0, level: 0, levels: 1, end: Infinity };
      return { statement: `d${1000 + i}`, stage: "admission", effect: "deny", ...rank, cube: cube({ srcPort: ports }) };
    });
    const budget = { left: 1_000_000 };
    const [old, next] = [new Deciders(removed, "allow"), new Deciders([], "allow")];
    const flips = flipsOf({ old, next, removed, added: [] }, budget);
    t.deepEqual(
      flips.map(({ change, statement, atMost }) => [change, statement, atMost]),
      [["ends", "d1000", undefined]],
    );
    return 1_000_000 - budget.left;
  });
  t.true(spent[1]! <= 2.5 * spent[0]! + 100, spent.join());
});

test("rules that are compared with very many others end the budget, and are reported whole", (t) => {
  // Each pair of them crosses, and none holds another.
  const removed = Array.from({ length: 300 }, (_, i): DerivedRule => {
    const ports = { kind: "number", absent: false, ranges: [i + 1, i + 30_000] } as const;
    const rank = { depth: 0, level: 0, levels: 1, end: Infinity };
    return { statement: `d${1000 + i}`, stage: "admission", effect: "deny", ...rank, cube: cube({ srcPort: ports }) };
  });
  const [old, next] = [new Deciders(removed, "allow"), new Deciders([], "allow")];
  const told = (left: number): number =>
    flipsOf({ old, next, removed, added: [] }, { left }).filter(({ atMost }) => atMost).length;
  t.is(told(1_000_000), 0);
  t.true(told(5_000) > 100);
});
