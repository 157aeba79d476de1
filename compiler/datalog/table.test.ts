/** The chained hash table against a map, growing and shrinking. */
import test from "ava";
import fc from "fast-check";
import { HashTable } from "./table.ts";

class Node {
  readonly ids: readonly number[];
  chain: this | undefined = undefined;

  constructor(ids: readonly number[]) {
    this.ids = ids;
  }
}

const columns = [2, 0];

test("the table finds by its key columns what was added and not removed", (t) => {
  const wave = fc.record({
    keys: fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 120, size: "max" }),
    add: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(wave, { maxLength: 12 }), (waves) => {
      const table = new HashTable<Node>(columns);
      const model = new Map<string, Node>();
      for (const { keys, add } of waves) {
        for (const key of keys) {
          const known = model.get(key.join());
          t.is(table.find(key, [0, 1]), known);
          if (add && known === undefined) {
            const node = new Node([key[1], 99, key[0]]);
            table.add(node);
            model.set(key.join(), node);
          } else if (!add && known !== undefined) {
            table.remove(known);
            model.delete(key.join());
          }
        }
        if (!add) {
          // Nearly all of them, so that the table shrinks.
          for (const [key, node] of [...model].slice(3)) {
            table.remove(node);
            model.delete(key);
          }
        }
        t.is(table.size, model.size);
        for (const node of model.values()) t.is(table.find(node.ids, columns), node);
      }
    }),
    { numRuns: 50 },
  );
});
