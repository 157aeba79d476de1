/** A map in parts against a `Map`; and its parts, of keys as a network has them. */
import test from "ava";
import fc from "fast-check";
import { partOf, SteadyMap } from "./steady-map.ts";

const keys = fc.oneof(fc.nat(40), fc.nat(40).map(String), fc.bigInt(0n, 40n), fc.constantFrom("", "x".repeat(99)));

const named = (some: Iterable<string | number | bigint>): readonly string[] =>
  Array.from(some, (key) => `${typeof key} ${key}`).toSorted();

test("a map in parts answers as a map does", (t) => {
  const step = fc.record({ key: keys, comes: fc.boolean(), clears: fc.nat(60).map((one) => one === 0) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const map = new SteadyMap<string | number | bigint, number>();
      const model = new Map<string | number | bigint, number>();
      for (const [i, { key, comes, clears }] of steps.entries()) {
        t.is(map.get(key), model.get(key));
        t.is(map.has(key), model.has(key));
        if (clears) {
          map.clear();
          model.clear();
        } else if (comes) {
          map.set(key, i);
          model.set(key, i);
        } else t.is(map.delete(key), model.delete(key));
        t.is(map.size, model.size);
      }
      t.deepEqual(named(map.keys()), named(model.keys()));
    }),
  );
});

test("no part has far more than the others, of names, texts, matches, numbers and cookies", (t) => {
  const forms: readonly ((i: number) => string | number | bigint)[] = [
    (i) => `r${i}`,
    (i) => `deny(srcHost=10.100.${i >> 8}.${i & 255}, dstHost=10.201.0.0) on s.`,
    (i) => `Admission|eth_type=800,ipv4_src=${(0xa640000 + i).toString(16)},ipv4_dst=ac90000,`,
    (i) => i,
    (i) => (0x61a2n << 48n) | BigInt(i * 977),
  ];
  for (const form of forms) {
    const sizes = new Map<number, number>();
    for (let i = 0; i < 32_000; i++) sizes.set(partOf(form(i)), (sizes.get(partOf(form(i))) ?? 0) + 1);
    t.true(Math.max(...sizes.values()) < 1_500, `${form(7)}: ${Math.max(...sizes.values())}`);
  }
});
