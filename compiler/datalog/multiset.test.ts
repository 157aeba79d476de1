/** The multiset against a sorted list. */
import test from "ava";
import fc from "fast-check";
import { compareConstants, type Constant } from "./index.ts";
import { Multiset } from "./multiset.ts";

const value = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom("a", "b", "B"));

test("the top is the least or the greatest element", (t) => {
  const step = fc.record({ value, add: fc.nat(4).map((roll) => roll > 1), look: fc.boolean() });
  const drain = fc.array(fc.record({ value, add: fc.constant(false), look: fc.boolean() }), {
    minLength: 60,
    maxLength: 60,
  });
  const steps = fc.array(
    fc.oneof({ weight: 20, arbitrary: step.map((one) => [one]) }, { weight: 1, arbitrary: drain }),
    {
      maxLength: 150,
      size: "max",
    },
  );
  fc.assert(
    fc.property(steps, fc.constantFrom(1 as const, -1 as const), (history, sign) => {
      const multiset = new Multiset(sign);
      const list: Constant[] = [];
      for (const { value: each, add, look } of history.flat()) {
        if (add) {
          multiset.add(each);
          list.push(each);
        } else if (list.length > 0) {
          // Half of the time the top itself, the hard case.
          const at = look ? list.indexOf(multiset.top()!) : list.length - 1;
          multiset.remove(list.splice(at, 1)[0]!);
        }
        if (look) t.is(multiset.top(), list.toSorted((left, right) => sign * compareConstants(left, right))[0]);
      }
    }),
    { numRuns: 100 },
  );
});
