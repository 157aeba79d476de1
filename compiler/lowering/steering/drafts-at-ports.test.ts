/** The drafts of flows, with a port added, are those of the flows with that port. */
import test from "ava";
import fc from "fast-check";
import type { DerivedRule } from "../../derived/rule.ts";
import { canonicalMatch, matchKey } from "../../table/match.ts";
import { cubes, twoSwitches } from "../../semantics/arbitrary-rules.ts";
import type { Draft } from "../encode/choose.ts";
import { UserIndex } from "../encode/user-index.ts";
import { DraftsAtPorts } from "./drafts-at-ports.ts";

const shown = (drafts: readonly Draft[]): string =>
  drafts
    .map(({ match, ...rest }) => `${matchKey(canonicalMatch(match))} ${JSON.stringify(rest)}`)
    .sort()
    .join();

test("drafts at a port are the same, whether the flows are drafted once or for each port", (t) => {
  const userIndex = new UserIndex(twoSwitches);
  let shared = 0;
  fc.assert(
    fc.property(
      cubes,
      fc.constantFrom("ovs" as const, "of13" as const),
      fc.constantFrom("apart" as const, "only" as const),
      fc.constantFrom("waypoint" as const, "avoid" as const),
      (cube, target, kind, effect) => {
        const rank = { depth: 0, level: 0, levels: 1, end: Infinity };
        const rule: DerivedRule = { ...rank, statement: "w", stage: effect, effect, nodes: ["s2"], cube };
        const region = { cube, members: [rule], fragments: kind, undirected: "apart", level: 1 } as const;
        const context = {
          directory: twoSwitches,
          defaults: { verdict: "allow", fragments: "deny" },
          target,
          now: 0,
        } as const;
        const drafts = new DraftsAtPorts(region, context, userIndex);
        for (const at of [1, 2, 9].flatMap((port) => ["s1", "s2"].map((name) => ({ switch: name, port })))) {
          const found = drafts.at(at, cube, "Forward");
          const each = drafts.atEach(at, cube, "Forward");
          if (found.drafts.length > 0) shared++;
          if (shown(found.drafts) !== shown(each.drafts) || found.refusal?.kind !== each.refusal?.kind) return false;
        }
        return true;
      },
    ),
    { numRuns: 200 },
  );
  t.true(shared > 200, `${shared} times`);
});
