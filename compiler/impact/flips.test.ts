/** The changes of verdicts that `plan` reports, compared with every packet of a small network. */
import test from "ava";
import fc from "fast-check";
import { cubeHolds } from "../flowgroup/cubes.ts";
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
        for (const { effect, change } of told)
          t.is(change === "begins" ? effect : effect === "deny" ? "allow" : "deny", verdict(after, is));
        seen[changes ? "changed" : "same"]++;
      }
    },
  );
  fc.assert(law, { numRuns: 80 });
  t.true(seen.changed > 500 && seen.same > 500, JSON.stringify(seen));
});
