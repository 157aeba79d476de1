/** The changes of verdicts that `plan` reports, compared with every packet of a small network. */
import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { readRules } from "../admission/read-rules.ts";
import { decide } from "../compile.ts";
import { cubeHolds } from "../flowgroup/cubes.ts";
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
        for (const { effect, change } of told)
          t.is(change === "begins" ? effect : effect === "deny" ? "allow" : "deny", verdict(after, is));
        seen[changes ? "changed" : "same"]++;
      }
    },
  );
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
  const law = fc.property(
    some,
    some,
    some,
    verdicts,
    verdicts,
    fc.array(whole, { minLength: 40, maxLength: 40 }),
    (kept, removed, added, was, is, sent) => {
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
    },
  );
  fc.assert(law, { numRuns: 60 });
  t.true(seen.words > 50 && seen.listed > 100, JSON.stringify(seen));
});
