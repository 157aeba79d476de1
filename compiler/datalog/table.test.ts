/** The chained hash table against a map, growing and shrinking. */
import test from "ava";
import fc from "fast-check";
import { HashTable } from "./table.ts";

class Node {
  readonly ids: readonly number[];
  hash = 0;
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

test("no entry that comes or goes moves more than a few others", (t) => {
  let moved = 0;
  class Counted {
    readonly ids: readonly number[];
    hash = 0;
    #chain: this | undefined = undefined;

    constructor(n: number) {
      this.ids = [n, 0, n];
    }

    get chain(): this | undefined {
      return this.#chain;
    }

    set chain(next: this | undefined) {
      moved++;
      this.#chain = next;
    }
  }
  const table = new HashTable<Counted>(columns);
  const all = Array.from({ length: 20_000 }, (_, n) => new Counted(n));
  let most = 0;
  const counted = (job: (one: Counted) => void): void => {
    for (const one of all) {
      moved = 0;
      job(one);
      most = Math.max(most, moved);
    }
  };
  counted((one) => table.add(one));
  counted((one) => table.remove(one));
  t.is(table.size, 0);
  t.true(most < 50, `${most} entries`);
});
