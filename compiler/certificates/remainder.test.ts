/** What blockers leave of a request over time: pieces that are found from change to change, against each instant by itself. */
import test from "ava";
import fc from "fast-check";
import { cube, difference, equal, isEmpty, numbers, type Flowgroup } from "../flowgroup/index.ts";
import { isAllTaken, remainder } from "./remainder.ts";
import type { Piece } from "./verdict.ts";

const flowgroup = (from: number, to: number, source: number | undefined): Flowgroup => ({
  cubes: [
    cube({
      ethType: numbers("ethType", 0x0800),
      transport: numbers("transport", 6),
      dstPort: numbers("dstPort", [from, to]),
      ...(source !== undefined && { srcPort: numbers("srcPort", source) }),
    }),
  ],
});

const blocker = fc
  .record({
    from: fc.nat(30),
    size: fc.nat(6),
    source: fc.option(fc.nat(2), { nil: undefined }),
    start: fc.nat(60),
    length: fc.integer({ min: 1, max: 60 }),
  })
  .map(({ from, size, source, start, length }): Piece => ({
    flows: flowgroup(from, from + size, source),
    interval: { start, end: start + length },
  }));

test("beside many timed blockers, at each instant just that is left which none of those that stand holds", (t) => {
  const flows = flowgroup(0, 40, undefined);
  const interval = { start: 10, end: 90 };
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(blocker, { minLength: 40, maxLength: 90 }), (blockers) => {
        const pieces = remainder(flows, interval, blockers);
        if (pieces === "undecided") throw new Error("undecided");
        for (let at = interval.start; at < interval.end; at += 1) {
          const standing = ({ interval: { start, end } }: Piece): boolean => start <= at && at < end;
          const cubesOf = (some: readonly Piece[]): Flowgroup => ({ cubes: some.flatMap((one) => one.flows.cubes) });
          const right = difference(flows, cubesOf(blockers.filter(standing)));
          const found = cubesOf(pieces.filter(standing));
          const isSame =
            right !== "undecided" && (isEmpty(right) ? isEmpty(found) : equal({ cubes: found.cubes }, right) === true);
          if (!isSame) throw new Error(`at ${at}`);
        }
      }),
      { seed: 63, numRuns: 40 },
    ),
  );
});

test("blockers hold all flows all the time just where no piece is left of these", (t) => {
  let held = 0;
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.array(blocker, { minLength: 10, maxLength: 60 }),
        fc.nat(30),
        fc.nat(3),
        (blockers, from, size) => {
          const flows = flowgroup(from, from + size, 1);
          const interval = { start: 30, end: 40 };
          const left = remainder(flows, interval, blockers);
          const found = isAllTaken(flows, interval, blockers);
          if (found !== (left.length === 0)) throw new Error(`${found}`);
          if (found) held += 1;
        },
      ),
      { seed: 64, numRuns: 300 },
    ),
  );
  t.true(held > 50, String(held));
});

test("whether many that lie within each other hold all is found without taking each away from each", (t) => {
  const within = Array.from({ length: 256 }, (_, i): Piece => ({
    flows: flowgroup(0, 1_000 + i, undefined),
    interval: { start: 0, end: 1_000 - i },
  }));
  t.is(isAllTaken(flowgroup(0, 1_100, undefined), { start: 0, end: 900 }, within), true);
  t.is(isAllTaken(flowgroup(0, 1_101, undefined), { start: 0, end: 900 }, within), false);
});
