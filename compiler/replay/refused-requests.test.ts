/** The indexes of refused requests answer as a walk over all of them does. */
import test from "ava";
import fc from "fast-check";
import { cube, flowgroup, numberSet, overlaps } from "../flowgroup/index.ts";
import type { RequestDemand } from "../model/model.ts";
import { overlap } from "../net/interval.ts";
import { RefusedRequests } from "./refused-requests.ts";

/** Whether one request could block another. */
function compete(a: RequestDemand, b: RequestDemand): boolean {
  if (!overlap(a.interval, b.interval)) return false;
  if (a.rate !== undefined && b.rate !== undefined) return true;
  return a.action !== b.action && overlaps(a.flows, b.flows);
}

const small = fc.integer({ min: 1, max: 3 });
const cubes = fc
  .record({ vlan: small, dscp: small, fields: fc.constantFrom("vlan", "dscp", "both", "none") })
  .map((one) =>
    cube({
      ...(one.fields !== "none" && one.fields !== "dscp" && { vlan: numberSet("vlan", [one.vlan])! }),
      ...(one.fields !== "none" && one.fields !== "vlan" && { dscp: numberSet("dscp", [one.dscp])! }),
    }),
  );
const intervals = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom(1, 2, 5, Infinity), fc.boolean());
const requests: fc.Arbitrary<RequestDemand> = fc
  .record({
    action: fc.constantFrom("allow", "deny", "limit", "reserve"),
    cubes: fc.array(cubes, { minLength: 1, maxLength: 2 }),
    times: intervals,
  })
  .map(
    ({ action, cubes: held, times: [start, length, isOpen] }) =>
      ({
        kind: "request",
        share: "s",
        action,
        flows: flowgroup(held),
        interval: { start: isOpen && length === Infinity ? -Infinity : start, end: start + length },
        ...((action === "limit" || action === "reserve") && { rate: 1 }),
      }) as RequestDemand,
  );

test("refused requests block what one of them competes with, and nothing else", (t) => {
  let blocked = 0;
  let free = 0;
  const law = fc.property(
    fc.array(requests, { maxLength: 40 }),
    fc.array(requests, { maxLength: 20 }),
    (refused, asked) => {
      const index = new RefusedRequests();
      for (const one of refused) index.add(one);
      for (const one of asked) {
        const should = refused.some((other) => compete(one, other));
        if (should) blocked++;
        else free++;
        t.is(index.blocks(one), should);
      }
    },
  );
  fc.assert(law, { numRuns: 300 });
  t.true(Math.min(blocked, free) > 100, `${blocked} and ${free}`);
});
