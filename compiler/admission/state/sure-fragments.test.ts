/** `default fragments allow.`: a deny holds the later IPv6 fragments each of whose datagrams it holds, in whatever cubes. */
import test from "ava";
import fc from "fast-check";
import { cube, cubeHolds, numbers, type Cube } from "../../flowgroup/index.ts";
import { numberSet, type NumberRange } from "../../flowgroup/sets.ts";
import type { Piece } from "../../certificates/verdict.ts";
import { holdsInstant, type Interval } from "../../net/interval.ts";
import { withSureFragments } from "./sure-fragments.ts";

/** Few ranges, so that some of them often hold all. */
const TRANSPORTS: readonly NumberRange[] = [
  [0, 5],
  [0, 6],
  [7, 255],
  [6, 255],
  [0, 43],
  [44, 255],
  [45, 255],
];
const PORTED = [6, 17, 132];
const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });
const span = (most: number): fc.Arbitrary<NumberRange> =>
  fc.tuple(fc.nat(most), fc.nat(most)).map(([a, b]): NumberRange => [Math.min(a, b), Math.max(a, b)]);
const cubes = fc
  .record({
    transport: fc.constantFrom(...TRANSPORTS),
    dscp: some(span(4)),
    vlan: some(span(3)),
    dstPort: fc.option(fc.constantFrom<NumberRange>([0, 99], [100, 65_535], [0, 65_535]), { nil: undefined, freq: 4 }),
  })
  .map(({ transport, dscp, vlan, dstPort }): Cube =>
    cube({
      ethType: numbers("ethType", 0x86dd),
      transport: numberSet("transport", dstPort ? [6] : [transport])!,
      ...(dscp && { dscp: numbers("dscp", dscp) }),
      ...(vlan && { vlan: numbers("vlan", vlan) }),
      ...(dstPort && { dstPort: numbers("dstPort", dstPort) }),
    }),
  );

/** Most stand all the time. */
const SPANS: readonly Interval[] = [
  ...Array.from({ length: 4 }, () => ({ start: 0, end: Infinity })),
  { start: 0, end: 1 },
  { start: 1, end: 2 },
  { start: 1, end: Infinity },
  { start: 0, end: 2 },
];
const pieces = fc
  .tuple(cubes, fc.constantFrom(...SPANS))
  .map(([one, interval]): Piece => ({ flows: { cubes: [one] }, interval }));

test("a deny in several cubes holds at each instant just the later fragments each of whose datagrams it holds then", (t) => {
  const seen = { held: 0, passed: 0, several: 0, timed: 0 };
  const law = fc.property(fc.array(pieces, { minLength: 3, maxLength: 8 }), (stated) => {
    const more = withSureFragments(stated, false).slice(stated.length);
    for (const instant of [0, 1, 2]) {
      const at = (some: readonly Piece[]): readonly Piece[] =>
        some.filter(({ interval }) => holdsInstant(interval, instant));
      const all = at(stated).flatMap(({ flows }) => flows.cubes);
      const added = at(more).flatMap(({ flows }) => flows.cubes);
      const spans = new Set(at(stated).map(({ interval }) => `${interval.start} ${interval.end}`));
      for (const dscp of [0, 1, 2, 3, 4])
        for (const vlan of [undefined, 0, 1, 2, 3]) {
          const shown = { ethType: 0x86dd, dscp, ...(vlan !== undefined && { vlan }) };
          const datagrams = Array.from({ length: 256 }, (_, transport) => transport).flatMap((transport) =>
            PORTED.includes(transport)
              ? [0, 99, 100, 65_535].map((dstPort) => ({ ...shown, transport, srcPort: 7, dstPort }))
              : [{ ...shown, transport }],
          );
          const sure = datagrams.every((flow) => all.some((one) => cubeHolds(one, flow)));
          const alone = all.some((one) => datagrams.every((flow) => cubeHolds(one, flow)));
          const later = added.some((one) => cubeHolds(one, { ...shown, transport: 44 }));
          seen[sure ? "held" : "passed"]++;
          if (sure && !alone) seen[spans.size > 1 ? "timed" : "several"]++;
          // Where one cube holds all of them, it stands for itself.
          if (!alone && later !== sure) throw new Error(JSON.stringify({ shown, sure, later, instant }));
        }
    }
  });
  fc.assert(law, { numRuns: 300 });
  t.true(seen.several > 30 && seen.timed > 30 && seen.held > 100 && seen.passed > 100, JSON.stringify(seen));
});
