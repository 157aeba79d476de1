/** The changes of fragments that `plan` reports, compared with every fragment of a small network. */
import test from "ava";
import fc from "fast-check";
import { cube, cubeHolds, withConstraint } from "../flowgroup/cubes.ts";
import { addresses, names, numbers } from "../flowgroup/sets.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { verdictOfRules } from "../semantics/table-reference.ts";
import { directory, packets, rules } from "../semantics/arbitrary-rules.ts";
import { trafficText } from "../report/impact.ts";
import { flowOf, possibleUsers } from "../trace/packet.ts";
import { Deciders } from "./deciders.ts";
import { flipsOf } from "./flips.ts";
import { trafficChanges, type PolicyInForce } from "./impact.ts";
import { fragmentRules, beyondFlows } from "./fragments.ts";

const fragments = packets.filter(({ ip }) => ip !== undefined && ip.fragment !== "no");
const bare = packets.filter(({ ip }) => ip === undefined);
const verdicts = fc.constantFrom("allow" as const, "deny" as const);
const BOTH: readonly [number, number] = [0, 1];
const directed = fc
  .tuple(rules, fc.constantFrom(0, BOTH, undefined, undefined))
  .map(([rule, direction]): DerivedRule =>
    direction === undefined
      ? rule
      : { ...rule, cube: withConstraint(rule.cube, "direction", numbers("direction", direction)) },
  );
const some = fc.array(directed, { maxLength: 3 });

test("every fragment whose verdict changes is listed, as one or with the flows that show what it shows, and no other is", (t) => {
  const seen = { changed: 0, same: 0, beyondFlows: 0, bare: 0 };
  const defaults = fc.record({ verdict: verdicts, fragments: verdicts });
  const law = fc.property(
    fc.tuple(some, some, some),
    fc.tuple(defaults, defaults),
    fc.array(fragments, { minLength: 40, maxLength: 40 }),
    fc.array(bare, { minLength: 10, maxLength: 10 }),
    ([kept, removed, added], [was, is], sent, without) => {
      const [before, after] = [
        [...kept, ...removed],
        [...kept, ...added],
      ];
      const flips = (old: readonly DerivedRule[], next: readonly DerivedRule[]) =>
        flipsOf(
          {
            old: new Deciders(old, was.verdict),
            next: new Deciders(next, is.verdict),
            removed: old,
            added: next,
          },
          { left: 1e6 },
        );
      const ofFlows = flips(before, after);
      const ofFragments = flips(fragmentRules(before, was.fragments), fragmentRules(after, is.fragments));
      const own = beyondFlows(ofFragments, ofFlows);
      for (const packet of without) {
        const flow = flowOf(packet, directory);
        if (own.some(({ cube }) => cubeHolds(cube, flow))) throw new Error(`no fragment: ${JSON.stringify(packet)}`);
        seen.bare++;
      }
      for (const packet of sent) {
        // A plan speaks of flows, which have one user.
        if (Object.keys(possibleUsers(packet, directory)).length > 0) continue;
        const flow = flowOf(packet, directory);
        const next = verdictOfRules(after, packet, directory, is);
        const changes = verdictOfRules(before, packet, directory, was) !== next;
        const reported = ofFragments.filter(({ cube }) => cubeHolds(cube, flow));
        if (reported.length > 0 !== changes)
          throw new Error(`${changes} expected of ${JSON.stringify(packet.ip?.fragment)}`);
        if (changes && !own.some(({ cube }) => cubeHolds(cube, flow))) {
          t.true(ofFlows.some(({ cube }) => cubeHolds(cube, flow)));
        } else if (changes) seen.beyondFlows++;
        seen[changes ? "changed" : "same"]++;
      }
    },
  );
  fc.assert(law, { numRuns: 150 });
  t.true(seen.changed > 500 && seen.same > 500 && seen.beyondFlows > 50, JSON.stringify(seen));
});

test("a plan says that a deny of a port begins to hold fragments, and nothing of those that its own flows show", (t) => {
  const rule = (statement: string, cube: DerivedRule["cube"]): DerivedRule => {
    return { statement, stage: "admission", effect: "deny", depth: 0, level: 0, levels: 1, end: Infinity, cube };
  };
  const here = { ethType: numbers("ethType", 0x0800), dstHost: addresses({ family: 4, value: 0x0a000009 }) };
  const state = (...all: readonly DerivedRule[]): PolicyInForce => {
    return { rules: all, defaults: { verdict: "allow", fragments: "deny" }, directory };
  };
  const web = cube({ ...here, transport: numbers("transport", 6), dstPort: numbers("dstPort", 80) });
  t.is(
    trafficText(trafficChanges(state(), state(rule("web", web)))),
    `  + deny (dstHost=10.0.0.9, transport=TCP, dstPort=80)    # web
  + deny fragments of (dstHost=10.0.0.9, transport=TCP)    # web
`,
  );
  const all = trafficText(trafficChanges(state(), state(rule("all", cube(here)))));
  t.is(all, "  + deny (dstHost=10.0.0.9)    # all\n");
});

test("another default changes nothing where a statement decides all, and no frame that is never sent in fragments", (t) => {
  const rule = (stage: DerivedRule["stage"], effect: DerivedRule["effect"], of: DerivedRule["cube"]): DerivedRule => {
    return { statement: "r", stage, effect, depth: 0, level: 0, levels: 1, end: Infinity, cube: of };
  };
  const told = (one: DerivedRule, next: "allow" | "deny"): string => {
    const [old, after] = [next === "allow" ? "deny" : "allow", next].map((verdict): PolicyInForce => {
      return { rules: [one], defaults: { verdict: verdict as "allow" | "deny", fragments: "deny" }, directory };
    });
    return trafficText(trafficChanges(old!, after!));
  };
  for (const next of ["allow", "deny"] as const)
    for (const effect of ["allow", "deny"] as const) t.is(told(rule("admission", effect, cube({})), next), "");
  t.is(
    told(rule("guard", "deny", cube({ user: names("alice") })), "allow"),
    "  + allow (*) except (user=alice), such as (user=unknown)    # default\n",
  );
});

test("what `default fragments` changes is said as far as statements name what fragments hide, and else nothing", (t) => {
  const rule = (of: DerivedRule["cube"], effect: DerivedRule["effect"] = "deny"): DerivedRule => {
    return { statement: "r", stage: "admission", effect, depth: 0, level: 0, levels: 1, end: Infinity, cube: of };
  };
  const state = (turned: "allow" | "deny", ...all: readonly DerivedRule[]): PolicyInForce => {
    return { rules: all, defaults: { verdict: "allow", fragments: turned }, directory };
  };
  const told = (...all: readonly DerivedRule[]): string =>
    trafficText(trafficChanges(state("deny", ...all), state("allow", ...all)));
  t.is(told(), "", "nothing names a port");
  t.is(told(rule(cube({ dstHost: addresses({ family: 4, value: 0x0a000009 }) }))), "");
  const web = cube({
    ethType: numbers("ethType", 0x0800),
    transport: numbers("transport", 6),
    dstPort: numbers("dstPort", 80),
  });
  t.is(
    told(rule(web)),
    `  - deny fragments of (ethType=IPv4, transport=TCP)    # r
  + allow at most fragments that hide what a statement names, such as its ports    # default fragments
`,
  );
});
