/** Numbers for items that overlap: numbering all at once gives what numbering one after another gives. */
import test from "ava";
import fc from "fast-check";
import { cube, numbers } from "../../flowgroup/index.ts";
import { cubesOverlap } from "../../flowgroup/cubes.ts";
import { Layers, oneAbove, smallestFree, type Layered } from "./layers.ts";

interface Item extends Layered {
  readonly order: number;
}

const range = (from: number, length: number) => numbers("vlan", [from, from + length]);
const items = fc.array(fc.tuple(fc.nat(40), fc.nat(12), fc.nat(3)), { maxLength: 120 }).map((some) =>
  some.map(([from, length, dscp], order) => ({
    order,
    from,
    cubes: [cube({ vlan: range(from, length), ...(dscp > 0 && { dscp: numbers("dscp", dscp) }) })],
  })),
);
const compare = (a: Item, b: Item): number => a.order - b.order;

for (const [name, rule] of Object.entries({ smallestFree, oneAbove })) {
  test(`${name}: all at once, one by one and by the plain rule the numbers are the same`, (t) => {
    const law = fc.property(items, fc.nat(), (some, gone) => {
      const whole = some.map((one): Item => ({ ...one }));
      const single = some.map((one): Item => ({ ...one }));
      const [atOnce, oneByOne] = [new Layers<Item>({ compare, ...rule }), new Layers<Item>({ compare, ...rule })];
      for (const one of whole) atOnce.insert(one);
      atOnce.settle();
      // From the last to the first, so that each changes numbers of those after it.
      for (const one of single.toReversed()) {
        oneByOne.insert(one);
        oneByOne.settle();
      }
      const plain: number[] = [];
      for (const [i, one] of some.entries()) {
        const before = plain.filter((_, j) => j < i && cubesOverlap(some[j]!.cubes[0]!, one.cubes[0]!));
        plain.push(rule.number(before, one));
      }
      const layersOf = (all: readonly Item[]): readonly (number | undefined)[] => all.map(({ layer }) => layer);
      t.deepEqual(layersOf(whole), plain);
      t.deepEqual(layersOf(single), plain);
      if (some.length === 0) return;
      for (const [layers, all] of [
        [atOnce, whole],
        [oneByOne, single],
      ] as const) {
        layers.remove(all[gone % all.length]!);
        layers.settle();
      }
      t.deepEqual(layersOf(whole), layersOf(single));
    });
    fc.assert(law, { numRuns: 200 });
  });
}

test("where no number is left, the items after the first without one have none until there is room again", (t) => {
  const layers = new Layers<Item>({ compare, ...smallestFree }, 3);
  const all = Array.from({ length: 6 }, (_, order): Item => ({ order, cubes: [cube({ vlan: range(1, 10) })] }));
  for (const one of all) layers.insert(one);
  layers.settle();
  t.deepEqual(
    all.map(({ layer }) => layer),
    [1, 2, 3, undefined, undefined, undefined],
  );
  for (const one of all.slice(0, 3)) layers.remove(one);
  layers.settle();
  t.deepEqual(
    all.slice(3).map(({ layer }) => layer),
    [1, 2, 3],
  );
  layers.insert(all[0]!);
  layers.settle();
  t.deepEqual(
    all.slice(3).map(({ layer }) => layer),
    [2, 3, undefined],
  );
});
