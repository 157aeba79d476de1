/** Requests in order of acceptance against a list that is sorted anew: with those that come back, leave, and take a place again. */
import test from "ava";
import fc from "fast-check";
import type { Accepted } from "./accepted.ts";
import { InOrder } from "./in-order.ts";

test("what stands is read in order of acceptance from either end, whatever left and came back", (t) => {
  const step = fc.record({ orders: fc.array(fc.nat(150), { maxLength: 80, size: "max" }), comes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
      const requests = new InOrder();
      const model = new Map<number, Accepted>();
      for (const { orders, comes } of steps) {
        for (const order of orders) {
          const known = model.get(order);
          if (comes && known === undefined) {
            const one = { order } as Accepted;
            requests.add(one);
            model.set(order, one);
          } else if (!comes && known !== undefined) {
            requests.delete(known);
            model.delete(order);
            // Another one of that place is not there, and a second time it leaves nothing.
            requests.delete(known);
            requests.delete({ order } as Accepted);
          }
        }
        const sorted = [...model.values()].toSorted((a, b) => a.order - b.order);
        t.deepEqual([...requests], sorted);
        t.deepEqual([...requests.latestFirst()], sorted.toReversed());
      }
    }),
    { numRuns: 100 },
  );
});
