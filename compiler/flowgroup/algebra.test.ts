/** The algebra of flowgroups compared with enumeration, and the cases that others got wrong. */
import test from "ava";
import fc from "fast-check";
import {
  ALL,
  canonical,
  compareCubes,
  constrainedFields,
  constraint,
  cube,
  cubeHolds,
  cubeKey,
  cubesOverlap,
  cubeSubset,
  wholeDifference,
  equal,
  flowgroup,
  holds,
  intersect,
  intersectCubes,
  isEmpty,
  names,
  NONE,
  numbers,
  overlaps,
  possible,
  setEqual,
  subset,
  union,
  witness,
  type Cube,
  type Field,
  type Flow,
  type Flowgroup,
} from "./index.ts";
import { arbitraryCube, arbitraryFlowgroup, flowsOver, pointsOver } from "./testing.ts";

/** Few enough fields that all flows can be enumerated, one of each kind among them. */
const shapes: readonly (readonly Field[])[] = [
  ["user", "vlan", "ethType"],
  ["srcHost", "dstHost", "ethType"],
  ["dstUser", "ethType", "transport"],
  ["ethType", "transport", "srcPort", "dstPort"],
  ["ethType", "transport", "icmpType", "icmpCode"],
  ["srcEth", "direction", "dscp", "ethType"],
];
const runs = { numRuns: 250, seed: 20121 };

const some = (of: Flowgroup, flows: readonly Flow[]): boolean[] => flows.map((flow) => holds(of, flow));

for (const fields of shapes) {
  const flows = flowsOver(fields);
  const pairs = fc.tuple(arbitraryFlowgroup(fields), arbitraryFlowgroup(fields));

  test(`operations agree with enumeration over ${fields.join(", ")}`, (t) => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const inA = some(a, flows);
        const inB = some(b, flows);
        t.deepEqual(
          some(union(a, b), flows),
          inA.map((x, i) => x || inB[i]!),
        );
        t.deepEqual(
          some(intersect(a, b), flows),
          inA.map((x, i) => x && inB[i]!),
        );
        t.deepEqual(
          some(wholeDifference(a, b), flows),
          inA.map((x, i) => x && !inB[i]!),
        );
        t.is(
          subset(a, b),
          inA.every((x, i) => !x || inB[i]!),
        );
        t.is(
          overlaps(a, b),
          inA.some((x, i) => x && inB[i]!),
        );
        t.is(
          equal(a, b),
          inA.every((x, i) => x === inB[i]!),
        );
        t.is(isEmpty(a), !inA.includes(true));
        if (JSON.stringify(canonical(a).cubes.map(cubeKey)) === JSON.stringify(canonical(b).cubes.map(cubeKey)))
          t.is(equal(a, b), true);
        const found = witness(wholeDifference(a, b));
        t.is(
          found === undefined,
          inA.every((x, i) => !x || inB[i]!),
        );
        t.true(found === undefined || (holds(a, found) && !holds(b, found)));
      }),
      runs,
    );
  });

  const points = pointsOver(fields.slice(0, 3));

  test(`cubes agree with enumeration over ${fields.slice(0, 3).join(", ")}`, (t) => {
    fc.assert(
      fc.property(arbitraryCube(fields.slice(0, 3)), arbitraryCube(fields.slice(0, 3)), (a, b) => {
        const inA = points.map((flow) => cubeHolds(a, flow));
        const inB = points.map((flow) => cubeHolds(b, flow));
        const both = intersectCubes(a, b);
        t.deepEqual(
          points.map((flow) => both !== undefined && cubeHolds(both, flow)),
          inA.map((x, i) => x && inB[i]!),
        );
        t.is(cubesOverlap(a, b), both !== undefined);
        t.is(
          cubeSubset(a, b),
          inA.every((x, i) => !x || inB[i]!),
        );
        t.is(
          cubeKey(a) === cubeKey(b),
          inA.every((x, i) => x === inB[i]!),
        );
        t.is(compareCubes(a, b) === 0, cubeKey(a) === cubeKey(b));
        t.is(compareCubes(a, b), -compareCubes(b, a) + 0);
      }),
      runs,
    );
  });

  test(`flowgroups that hold the same points have one canonical form over ${fields.slice(0, 3).join(", ")}`, (t) => {
    const raw = fc.array(arbitraryCube(fields.slice(0, 3)), { maxLength: 4 }).map(flowgroup);
    fc.assert(
      fc.property(raw, raw, (a, b) => {
        const [inA, inB] = [some(a, points), some(b, points)];
        t.is(
          JSON.stringify(canonical(a).cubes.map(cubeKey)) === JSON.stringify(canonical(b).cubes.map(cubeKey)),
          inA.every((x, i) => x === inB[i]!),
        );
      }),
      runs,
    );
  });

  test(`the order of cubes does not change a flowgroup over ${fields.join(", ")}`, (t) => {
    const shuffled = fc
      .array(arbitraryCube(fields), { maxLength: 6 })
      .chain((cubes) => fc.tuple(fc.constant(cubes), fc.shuffledSubarray(cubes, { minLength: cubes.length })));
    fc.assert(
      fc.property(shuffled, ([cubes, other]) => {
        t.deepEqual(flowgroup(cubes), flowgroup(other));
        t.deepEqual(canonical(flowgroup(cubes)), canonical(flowgroup(other)));
        t.is(equal(flowgroup(cubes), canonical(flowgroup(cubes))), true);
      }),
      runs,
    );
  });
}

test("the empty and the full flowgroup follow the laws of sets", (t) => {
  t.true(isEmpty(NONE));
  t.is(subset(NONE, NONE), true);
  t.is(subset(ALL, NONE), false);
  t.false(overlaps(ALL, NONE));
  t.is(equal(union(ALL, NONE), ALL), true);
  t.true(isEmpty(wholeDifference(ALL, ALL)));
  t.deepEqual(witness(ALL), {});
  t.is(witness(NONE), undefined);
});

test("a flow that lacks a field is held where the field is not constrained, and by what `except` leaves", (t) => {
  const web = flowgroup([cube({ dstPort: numbers("dstPort", 80) })]);
  const others = wholeDifference(ALL, web);
  t.false(holds(web, {}));
  t.true(holds(ALL, {}));
  t.true(holds(others, {}));
  t.is(equal(union(web, others), ALL), true);
});

test("cubes that differ in one field become one", (t) => {
  const ports = flowgroup(
    [443, 80, 81].map((port) => cube({ user: names("alice"), dstPort: numbers("dstPort", port) })),
  );
  t.is(ports.cubes.length, 1);
  t.true(setEqual(constraint(ports.cubes[0]!, "dstPort")!, numbers("dstPort", [80, 81], 443)));
});

test("two /9 cover their /8 only together (capirca's joint shadow)", (t) => {
  const block = (low: number, high: number): Flowgroup =>
    flowgroup([
      cube({ srcHost: { kind: "ip", absent: false, v4: [low, high], v6: [] }, dstPort: numbers("dstPort", 80) }),
    ]);
  const halves = { cubes: [...block(0x0a000000, 0x0a7fffff).cubes, ...block(0x0a800000, 0x0affffff).cubes] };
  const whole = block(0x0a000000, 0x0affffff);
  t.is(subset(whole, halves), true);
  t.is(subset(whole, { cubes: halves.cubes.slice(1) }), false);
});

test("cutting a port out of everything leaves only packets that can exist", (t) => {
  const port = flowgroup([
    cube({
      ethType: numbers("ethType", 0x0800, 0x86dd),
      transport: numbers("transport", 6, 17, 132),
      dstPort: numbers("dstPort", 80),
    }),
  ]);
  const left = wholeDifference(ALL, port);
  t.true(left.cubes.every(possible));
  t.deepEqual(
    left.cubes.map((piece) => constrainedFields(piece).length),
    [3, 2, 1],
  );
});

test("ten thousand names become one cube, from which one name can be taken", (t) => {
  const many = Array.from({ length: 10_000 }, (_, i) => `user${i}`);
  const users = flowgroup(many.map((name) => cube({ user: names(name) })));
  t.is(users.cubes.length, 1);
  const rest = wholeDifference(users, flowgroup([cube({ user: names("user77") })]));
  t.is(subset(rest, users), true);
  t.is(subset(users, rest), false);
  t.deepEqual(witness(wholeDifference(users, rest)), { user: "user77" });
});

test("a question beyond its budget is undecided, not guessed", (t) => {
  const grid = [0, 1].flatMap((x) =>
    [0, 1].map((y) => cube({ vlan: numbers("vlan", [x * 9, x * 9 + 8]), dscp: numbers("dscp", [y * 9, y * 9 + 8]) })),
  );
  const whole = { cubes: [cube({ vlan: numbers("vlan", [0, 17]), dscp: numbers("dscp", [0, 17]) })] };
  t.is(subset(whole, { cubes: grid }), true);
  t.is(subset(whole, { cubes: grid }, 1), "undecided");
  t.is(subset(whole, { cubes: grid.slice(1) }), false);
});

test("hundreds of cubes are compared through an index, with the same answers", (t) => {
  const cubes = Array.from({ length: 400 }, (_, i) =>
    cube({ vlan: numbers("vlan", [(i * 37) % 4_000, ((i * 37) % 4_000) + 5]), dscp: numbers("dscp", i % 64) }),
  );
  const all = flowgroup(cubes);
  const [first, ...others] = all.cubes as [Cube, ...Cube[]];
  const rest = { cubes: others };
  t.is(subset(all, { cubes: all.cubes.toReversed() }), true);
  t.is(subset(rest, all), true);
  t.is(subset(all, rest), false);
  t.true(overlaps(all, rest));
  t.false(overlaps(wholeDifference(all, rest), rest));
  t.is(equal(union(wholeDifference(all, rest), rest), all), true);
  t.is(equal(intersect(all, rest), rest), true);
  t.is(equal(union(rest, { cubes: [first] }), all), true);
});
