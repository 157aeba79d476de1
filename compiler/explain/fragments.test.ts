/** `explain` decides which statements hold a packet that hides fields as the reference does (NETWORK, "Fragments"). */
import test from "ava";
import fc from "fast-check";
import { claims, directory, packets, rules } from "../semantics/arbitrary-rules.ts";
import { ruleHolds } from "../semantics/table-reference.ts";
import { flowOf, hiddenFields, possibleUsers } from "../trace/packet.ts";
import { holdsAmong, holdsHiding } from "./fragments.ts";

const kindOf = { admission: undefined, guard: "deny", limit: "limit", reserve: "reserve" } as const;

test("a statement holds a fragment, or a packet without ports, exactly where the reference does", (t) => {
  const seen = { held: 0, not: 0, hiding: 0, later6: 0 };
  fc.assert(
    fc.property(
      fc.oneof(rules, claims),
      packets,
      fc.constantFrom("allow" as const, "deny" as const),
      (rule, packet, fragments) => {
        const hidden = hiddenFields(packet);
        const kind = kindOf[rule.stage as keyof typeof kindOf] ?? (rule.effect as "allow" | "deny");
        const holds = holdsAmong(possibleUsers(packet, directory), holdsHiding(hidden, fragments));
        const found = holds(kind, rule.cube, flowOf(packet, directory));
        seen[found ? "held" : "not"]++;
        if (hidden.length > 0) seen.hiding++;
        if (hidden.includes("transport")) seen.later6++;
        return found === ruleHolds(rule, packet, directory, { verdict: "allow", fragments });
      },
    ),
    { numRuns: 5_000 },
  );
  for (const count of Object.values(seen)) t.true(count > 100, JSON.stringify(seen));
});
