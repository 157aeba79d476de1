/** What rules pass on is the same set, in fewer cubes. */
import test from "ava";
import { cube, flowgroup, equal, numbers } from "../../flowgroup/index.ts";
import type { Piece } from "../../certificates/verdict.ts";
import { PassedFlows } from "./passed-flows.ts";

const always = { start: 0, end: Infinity };
const ports = (low: number, high: number): Piece["flows"] =>
  flowgroup([cube({ dstPort: { kind: "number", absent: false, ranges: [low, high] }, vlan: numbers("vlan", 1) })]);

test("a thousand passes of overlapping ranges are cut out of later rules as fewer than forty cubes, of the same flows", (t) => {
  const passed = new PassedFlows();
  const all: Piece["flows"]["cubes"][number][] = [];
  for (let i = 0; i < 1_000; i++) {
    const flows = ports(i + 1, 30_000 + 7 * i);
    all.push(...flows.cubes);
    passed.add({ flows, interval: always });
    t.true(passed.pieces().flatMap((piece) => piece.flows.cubes).length < 40);
  }
  t.true(equal(flowgroup(passed.pieces().flatMap((piece) => piece.flows.cubes)), flowgroup(all)));
});

test("passes of different times stay apart", (t) => {
  const passed = new PassedFlows();
  for (let i = 0; i < 64; i++) passed.add({ flows: ports(1, 10 + i), interval: { start: i % 2, end: Infinity } });
  t.deepEqual(
    passed.pieces().map(({ interval, flows }) => [interval.start, flows.cubes.length]),
    [
      [0, 1],
      [1, 1],
    ],
  );
});
