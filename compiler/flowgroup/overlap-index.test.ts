/** The index of overlapping cubes compared with a scan. */
import test from "ava";
import fc from "fast-check";
import {
  cube,
  cubesOverlap,
  cubeSubset,
  EVERYTHING,
  names,
  nameSet,
  numbers,
  numberSet,
  OverlapIndex,
  type Cube,
} from "./index.ts";
import { arbitraryCube } from "./testing.ts";

const few = arbitraryCube(["user", "srcHost", "dstHost", "transport", "dstPort", "srcEth"]);

/** Cubes of short and long ranges all over a domain, so that tries are split, crossed and joined again. */
const wide = fc
  .tuple(
    fc.nat(65_535),
    fc.integer({ min: 0, max: 14 }),
    fc.nat(2 ** 32 - 1),
    fc.integer({ min: 0, max: 30 }),
    fc.nat(2),
  )
  .map(([port, portBits, address, bits, which]): Cube => {
    const v4 = [address, Math.min(2 ** 32 - 1, address + 2 ** bits - 1)];
    const srcHost = { kind: "ip", absent: false, v4, v6: [] } as const;
    const dstPort = numbers("dstPort", [port, Math.min(65_535, port + 2 ** portBits - 1)]);
    return which === 0 ? cube({ srcHost }) : which === 1 ? cube({ dstPort }) : cube({ srcHost, dstPort });
  });

const blocks = fc.tuple(fc.bigInt(0n, 2n ** 64n), fc.integer({ min: 0, max: 100 })).map(([high, bits]): Cube => {
  const low = high << 60n;
  return cube({ dstHost: { kind: "ip", absent: false, v4: [], v6: [low, low + 2n ** BigInt(bits)] } });
});

for (const [name, cubes, count] of [
  ["a handful of boundary values", few, 60],
  ["ranges of all sizes", wide, 150],
  ["IPv6 blocks", blocks, 80],
] as const) {
  test(`the index finds what a scan finds: ${name}`, (t) => {
    fc.assert(
      fc.property(
        fc.array(cubes, { minLength: count, maxLength: count, size: "max" }),
        fc.array(cubes, { minLength: 10, maxLength: 10 }),
        fc.array(fc.nat(count - 1), { maxLength: count }),
        (stored, questions, removed) => {
          const index = new OverlapIndex<number>();
          const there = new Map(stored.entries());
          for (const [i, one] of stored.entries()) index.insert(one, i);
          for (const i of removed) t.is(index.remove(stored[i]!, i), there.delete(i));
          t.is(index.size, there.size);
          for (const question of questions) {
            const scan = (holds: (one: Cube) => boolean): number[] =>
              [...there].filter(([, one]) => holds(one)).map(([i]) => i);
            t.deepEqual(
              index.overlapping(question),
              scan((one) => cubesOverlap(one, question)),
            );
            t.deepEqual(
              index.containing(question),
              scan((one) => cubeSubset(question, one)),
            );
            t.is(index.meets(question), index.overlapping(question).length > 0);
            t.deepEqual(index.overlappingWithin(count * 16, question), index.overlapping(question));
            t.deepEqual(index.someContaining(count * 16, question), index.containing(question));
          }
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  });
}

test("a bounded question looks at so many cubes and no more", (t) => {
  const index = new OverlapIndex<number>();
  for (let port = 0; port < 1_000; port++) index.insert(cube({ srcPort: numbers("srcPort", [0, 2_000 + port]) }), port);
  const question = cube({ srcPort: numbers("srcPort", [1_000, 1_001]) });
  let asked = 0;
  const meet = (one: Cube, other: Cube): boolean => {
    asked++;
    return cubesOverlap(one, other);
  };
  t.is(index.overlappingWithin(999, question, meet), undefined);
  t.is(asked, 999);
  t.is(index.overlappingWithin(1_000, question, meet)?.length, 1_000);
  t.is(index.someContaining(999, question).length, 999);
  asked = 0;
  t.true(index.meets(question, meet));
  t.is(asked, 1);
});

test("an item under several cubes is found once, and stays until its last cube is gone", (t) => {
  const index = new OverlapIndex<string>();
  const [a, b] = [cube({ user: names("alice") }), cube({ vlan: numbers("vlan", 7) })];
  index.insert(a, "item");
  index.insert(b, "item");
  t.deepEqual(index.overlapping(EVERYTHING), ["item"]);
  t.true(index.remove(a, "item"));
  t.false(index.remove(a, "item"));
  t.deepEqual(index.overlapping(EVERYTHING), ["item"]);
  t.true(index.remove(b, "item"));
  t.deepEqual(index.overlapping(EVERYTHING), []);
  t.is(index.size, 0);
});

test("answers come in the order of insertion, also after removals", (t) => {
  const index = new OverlapIndex<number>();
  for (let i = 0; i < 100; i++) index.insert(cube({ dstPort: numbers("dstPort", i) }), i);
  for (let i = 0; i < 100; i += 2) index.remove(cube({ dstPort: numbers("dstPort", i) }), i);
  for (let i = 98; i >= 0; i -= 2) index.insert(cube({ dstPort: numbers("dstPort", i) }), i);
  const question = cube({ dstPort: numbers("dstPort", [0, 9]) });
  t.deepEqual(index.overlapping(question), [1, 3, 5, 7, 9, 8, 6, 4, 2, 0]);
});

test("long lists of names and ranges, and negated names, are found too", (t) => {
  const index = new OverlapIndex<string>();
  const many = Array.from({ length: 1_000 }, (_, i) => `user${i}`);
  index.insert(cube({ user: nameSet(many)! }), "many users");
  index.insert(cube({ user: { kind: "name", absent: true, not: true, names: ["user5"] } }), "not user5");
  index.insert(
    cube({
      dstPort: numberSet(
        "dstPort",
        many.map((_, i) => i * 3),
      )!,
    }),
    "many ports",
  );
  t.deepEqual(index.overlapping(cube({ user: names("user5") })), ["many users", "many ports"]);
  t.deepEqual(index.overlapping(cube({ user: names("eve"), dstPort: numbers("dstPort", 6) })), [
    "not user5",
    "many ports",
  ]);
  t.deepEqual(index.overlapping(cube({ dstPort: numbers("dstPort", 7) })), ["many users", "not user5"]);
  t.deepEqual(index.containing(cube({ user: names("user6"), dstPort: numbers("dstPort", 9) })), [
    "many users",
    "not user5",
    "many ports",
  ]);
  t.deepEqual(index.containing(cube({ user: { kind: "name", absent: false, not: true, names: ["user5"] } })), [
    "not user5",
  ]);
});

test("a question by source and destination finds cubes that constrain only one of them", (t) => {
  const index = new OverlapIndex<string>();
  const host = (value: number) => ({ kind: "ip", absent: false, v4: [value, value], v6: [] }) as const;
  for (let i = 0; i < 2_000; i++) {
    index.insert(cube({ srcHost: host(i * 7) }), `from ${i}`);
    index.insert(cube({ dstHost: host(i * 7) }), `to ${i}`);
  }
  t.deepEqual(index.overlapping(cube({ srcHost: host(70), dstHost: host(700) })), ["from 10", "to 100"]);
});
