/** The changes of verdicts that `plan` reports, compared with every packet of a small network. */
import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { readRules } from "../admission/read-rules.ts";
import { decide } from "../compile.ts";
import { cube, cubeHolds } from "../flowgroup/cubes.ts";
import { givesVerdict, type DerivedRule } from "../derived/rule.ts";
import { readFlowgroup } from "../lookup/flowgroup.ts";
import { verdictOfRules } from "../semantics/table-reference.ts";
import { directory, packets, rules } from "../semantics/arbitrary-rules.ts";
import { flowOf, possibleUsers, type Packet } from "../trace/packet.ts";
import { Deciders } from "./deciders.ts";
import { flipsOf } from "./flips.ts";
import { trafficChanges, type PolicyInForce } from "./impact.ts";

/** The packets that hide nothing of their flow: no fragments, and none that may be of several users. */
const whole = packets.filter(
  (packet) =>
    (packet.ip?.fragment ?? "no") === "no" &&
    !(packet.ports?.src === 0 && packet.ports.dst === 0) &&
    Object.keys(possibleUsers(packet, directory)).length === 0,
);
const verdicts = fc.constantFrom("allow" as const, "deny" as const);
const some = fc.array(rules, { maxLength: 3 });
/** The rules that stay, go and come, the default before and after, and what is sent. */
const CHANGED = [some, some, some, verdicts, verdicts, fc.array(whole, { minLength: 40, maxLength: 40 })] as const;

test("the reported changes hold exactly the packets whose verdict changes", (t) => {
  const seen = { changed: 0, same: 0 };
  const law = fc.property(...CHANGED, (kept, removed, added, was, is, sent) => {
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
  });
  fc.assert(law, { numRuns: 80 });
  t.true(seen.changed > 500 && seen.same > 500, JSON.stringify(seen));
});

/** A model that knows the users of the random rules. */
const model = (): Parameters<typeof readFlowgroup>[1] =>
  decide(
    [{ name: "p.pane", text: ["alice", "bob", "carol", "eve", "zoe"].map((user) => `AddUser ${user}.`).join(" ") }],
    {
      now: 0,
      load: () => undefined,
      rules: readRules({
        name: "pane.fml",
        text: readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8"),
      }).rules,
    },
  ).model;

test("each line of a plan is true as a sentence, where the default changes, too", (t) => {
  const known = model();
  const seen = { words: 0, listed: 0 };
  const law = fc.property(...CHANGED, (kept, removed, added, was, is, sent) => {
    const state = (own: readonly DerivedRule[], verdict: "allow" | "deny"): PolicyInForce => ({
      rules: [...kept, ...own].filter(givesVerdict),
      defaults: { verdict, fragments: "deny" },
      directory,
    });
    const [before, after] = [state(removed, was), state(added, is)];
    const verdict = ({ rules: all, defaults }: PolicyInForce, packet: Packet): "allow" | "deny" =>
      verdictOfRules(all, packet, directory, defaults);
    // Nothing decides where either default would be the verdict.
    const isOpen = ({ rules: all, defaults }: PolicyInForce, packet: Packet): boolean =>
      (["allow", "deny"] as const).every(
        (one) => verdictOfRules(all, packet, directory, { ...defaults, verdict: one }) === one,
      );
    for (const { flows, change, effect, fragments } of trafficChanges(before, after)) {
      if (fragments) continue;
      const set = flows.startsWith("(") ? readFlowgroup(flows, known) : undefined;
      if (set?.ok === false) throw new Error(`${flows}: ${JSON.stringify(set)}`);
      if (set === undefined) t.is(flows, "everything that no statement decides, neither before nor after");
      const then = change === "begins" ? effect : effect === "deny" ? "allow" : "deny";
      for (const packet of sent) {
        const isTold = set
          ? set.value.cubes.some((cube) => cubeHolds(cube, flowOf(packet, directory)))
          : isOpen(before, packet) && isOpen(after, packet);
        if (!isTold) continue;
        t.deepEqual([verdict(before, packet), verdict(after, packet)], [then === "deny" ? "allow" : "deny", then]);
        seen[set ? "listed" : "words"]++;
      }
    }
  });
  fc.assert(law, { numRuns: 60 });
  t.true(seen.words > 50 && seen.listed > 100, JSON.stringify(seen));
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
