/**
 * The set algebra: what one cube against another, a union against another, and the normal form cost; and what the
 * overlap index costs per insertion and per question among 1,000 to 100,000 cubes.
 */
import {
  cube,
  cubesOverlap,
  cubeSubset,
  difference,
  flowgroup,
  intersectCubes,
  names,
  numbers,
  OverlapIndex,
  subset,
  type Constraints,
  type Cube,
  type FieldSet,
  type Flowgroup,
} from "#compiler/flowgroup/index.ts";
import { measure } from "./measure.ts";
import { random } from "./random.ts";
import type { Report } from "./report.ts";

export const name = "flowgroup";

const below = random(2012);

function addresses(low: number, high: number): FieldSet {
  return { kind: "ip", absent: false, v4: [low, high], v6: [] };
}

/** A block of 10.0.0.0/8 of eight to thirty-two bits. */
function block(): FieldSet {
  const size = 2 ** below(25);
  const low = Math.floor((0x0a000000 + below(1 << 24)) / size) * size;
  return addresses(low, low + size - 1);
}

/** What lists of rules look like: blocks at both ends, a protocol, a port or a range of ports, sometimes a user. */
function ruleLike(): Cube {
  const constraints: { -readonly [F in keyof Constraints]: Constraints[F] } = { ethType: numbers("ethType", 0x0800) };
  if (below(10) < 7) constraints.srcHost = block();
  if (below(10) < 7) constraints.dstHost = block();
  if (below(10) < 7) {
    constraints.transport = numbers("transport", below(2) ? 6 : 17);
    const port = below(60_000);
    if (below(2)) constraints.dstPort = numbers("dstPort", below(2) ? [port, port + below(5_000)] : port);
  }
  if (below(4) === 0) constraints.user = names(`user${below(100)}`);
  return cube(constraints);
}

/** The part of a cube with some source ports: certainly inside it. */
function shrunk(of: Cube): Cube {
  return intersectCubes(of, cube({ srcPort: numbers("srcPort", [below(1_000), 2_000 + below(1_000)]) }))!;
}

/** Microseconds of processor time of one of `times` calls. */
async function each(times: number, job: (i: number) => unknown): Promise<number> {
  const { cpu } = await measure(() => {
    for (let i = 0; i < times; i++) job(i);
  });
  return (cpu * 1_000) / times;
}

/** Measures and reports. */
export async function run(report: Report): Promise<void> {
  await algebra(report);
  for (const n of [1_000, 10_000, 100_000]) await index(report, n);
  await halves(report);
}

async function algebra(report: Report): Promise<void> {
  const cubes = Array.from({ length: 1_024 }, ruleLike);
  const inside = cubes.map(shrunk);
  const unit = "µs";
  const pair = (i: number): readonly [Cube, Cube] => [cubes[i & 1_023]!, cubes[(i * 7 + 1) & 1_023]!];
  const row = (name: string, n: number, figure: number): void =>
    report({ case: name, n, figure, unit, bound: n === 1 ? 1 : 2 * n + 100 });
  row("cube ⊆ cube (random)", 1, await each(300_000, (i) => cubeSubset(...pair(i))));
  row("cube ⊆ cube (true)", 1, await each(300_000, (i) => cubeSubset(inside[i & 1_023]!, cubes[i & 1_023]!)));
  row("cubes overlap (random)", 1, await each(300_000, (i) => cubesOverlap(...pair(i))));
  for (const n of [10, 100]) {
    const unions = Array.from({ length: 64 }, (): Flowgroup => ({ cubes: Array.from({ length: n }, ruleLike) }));
    const smaller = unions.map((union): Flowgroup => ({ cubes: union.cubes.map(shrunk) }));
    row("union ⊆ union (true)", n, await each(2_000, (i) => subset(smaller[i & 63]!, unions[i & 63]!)));
    row("union ⊆ union (random)", n, await each(2_000, (i) => subset(smaller[i & 63]!, unions[(i + 1) & 63]!)));
    row("cube minus union", n, await each(500, (i) => difference({ cubes: [cubes[i & 1_023]!] }, unions[i & 63]!)));
    row("normal form of a union", n, await each(500, (i) => flowgroup(unions[i & 63]!.cubes)));
  }
}

/** Pairs of hosts and a port, all different. */
function hostPair(): Cube {
  const [from, to] = [0x0a000000 + below(1 << 24), 0x0a000000 + below(1 << 24)];
  return cube({
    srcHost: addresses(from, from),
    dstHost: addresses(to, to),
    ethType: numbers("ethType", 0x0800),
    transport: numbers("transport", 6),
    dstPort: numbers("dstPort", below(65_536)),
  });
}

async function index(report: Report, n: number): Promise<void> {
  const cubes = Array.from({ length: n }, hostPair);
  const index = new OverlapIndex<number>();
  const insert = await measure(() => cubes.forEach((one, i) => index.insert(one, i)), { runs: 1, warm: 0 });
  report({
    case: "index: insert a host pair",
    n,
    figure: (insert.cpu * 1_000) / n,
    unit: "µs",
    bound: 50,
    growth: 0.5,
  });
  const churn = await each(5_000, (i) => {
    index.remove(cubes[i % n]!, i % n);
    index.insert(cubes[i % n]!, i % n);
  });
  report({ case: "index: remove and insert", n, figure: churn, unit: "µs", bound: 50, growth: 0.5 });
  const ask = async (name: string, question: (i: number) => Cube): Promise<void> => {
    const questions = Array.from({ length: 1_000 }, (_, i) => question(i));
    const found = questions.reduce((sum, one) => sum + index.overlapping(one).length, 0) / questions.length;
    const figure = await each(1_000, (i) => index.overlapping(questions[i]!));
    report({
      case: `index: ${name} (finds ${found < 10 ? found.toFixed(1) : Math.round(found)})`,
      n,
      figure,
      unit: "µs",
      bound: 100,
    });
  };
  await ask("who overlaps a host pair", (i) => cubes[(i * 97) % n]!);
  await ask("who overlaps a /24 as source", (i) => {
    const low = 0x0a000000 + ((i * 7_919) % 65_536) * 256;
    return cube({ srcHost: addresses(low, low + 255) });
  });
  await ask("who overlaps ten ports on a /16", (i) => {
    const low = 0x0a000000 + (i % 256) * 65_536;
    return cube({ dstHost: addresses(low, low + 65_535), dstPort: numbers("dstPort", [i * 60, i * 60 + 9]) });
  });
  const contained = await each(1_000, (i) => index.containing(cubes[(i * 97) % n]!));
  report({ case: "index: who holds a host pair", n, figure: contained, unit: "µs", bound: 100 });
}

/** Half the items by source, half by destination: a question about both must not walk through either half. */
async function halves(report: Report): Promise<void> {
  const host = (i: number): FieldSet => addresses(0x0a000000 + i * 64, 0x0a000000 + i * 64);
  for (const n of [1_000, 10_000, 100_000]) {
    const index = new OverlapIndex<number>();
    for (let i = 0; i < n / 2; i++) {
      index.insert(cube({ srcHost: host(i) }), i);
      index.insert(cube({ dstHost: host(i) }), n + i);
    }
    const question = (i: number): Cube => cube({ srcHost: host(i % (n / 2)), dstHost: host((i * 7) % (n / 2)) });
    const figure = await each(5_000, (i) => index.overlapping(question(i)));
    report({
      case: "index: half by source, half by destination (finds 2)",
      n,
      figure,
      unit: "µs",
      bound: 50,
      growth: 0.5,
    });
  }
}
