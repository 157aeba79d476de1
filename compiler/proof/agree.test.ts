/** Z3 compared with the set algebra and with enumeration. */
import test from "ava";
import fc from "fast-check";
import {
  ALL,
  constraint,
  cube,
  wholeDifference,
  flowgroup,
  holds,
  names,
  NONE,
  numbers,
  overlaps,
  subset,
  type Field,
  type Flowgroup,
} from "../flowgroup/index.ts";
import { arbitraryFlowgroup, flowsOver } from "../flowgroup/testing.ts";
import { loadSolver } from "./index.ts";

const shapes: readonly (readonly Field[])[] = [
  ["user", "vlan", "switch"],
  ["ethType", "transport", "srcPort", "dstPort"],
  ["srcHost", "dstHost", "ethType"],
  ["ethType", "transport", "icmpType", "icmpCode"],
  ["dstUser", "dstAP", "srcEth"],
];

for (const fields of shapes) {
  test(`Z3, the algebra and enumeration agree over ${fields.join(", ")}`, async (t) => {
    const solver = await loadSolver();
    const flows = flowsOver(fields);
    fc.assert(
      fc.property(arbitraryFlowgroup(fields), arbitraryFlowgroup(fields), (a, b) => {
        const inside = solver.decideSubset(a, b);
        const expected = flows.every((flow) => !holds(a, flow) || holds(b, flow));
        t.is(inside.answer, expected ? "yes" : "no");
        t.is(subset(a, b), expected);
        if (inside.answer === "no") t.true(holds(a, inside.witness) && !holds(b, inside.witness));
        const common = solver.decideOverlap(a, b);
        const shared = flows.some((flow) => holds(a, flow) && holds(b, flow));
        t.is(common.answer, shared ? "yes" : "no");
        t.is(overlaps(a, b), shared);
        if (common.answer === "yes") t.true(holds(a, common.witness) && holds(b, common.witness));
      }),
      { numRuns: 40, seed: 5 },
    );
    solver.dispose();
  });
}

test("Z3 and the algebra agree on many fields at once", async (t) => {
  const solver = await loadSolver();
  const fields = [
    "user",
    "srcHost",
    "dstHost",
    "ethType",
    "transport",
    "srcPort",
    "dstPort",
    "vlan",
    "switch",
  ] as const;
  fc.assert(
    fc.property(arbitraryFlowgroup(fields, 8), arbitraryFlowgroup(fields, 8), (a, b) => {
      t.is(solver.subset(a, b), subset(a, b) === true ? "yes" : "no");
      t.is(solver.overlap(a, b), overlaps(a, b) ? "yes" : "no");
      const rest = wholeDifference(a, b);
      t.is(solver.overlap(rest, b), "no");
      t.is(solver.subset(rest, a), "yes");
      t.is(solver.subset(a, flowgroup([...rest.cubes, ...b.cubes])), "yes");
    }),
    { numRuns: 50, seed: 6 },
  );
  solver.dispose();
});

test("Z3 decides questions about no flow, all flows and names that no set mentions", async (t) => {
  const solver = await loadSolver();
  const alice = flowgroup([cube({ user: names("alice") })]);
  const others: Flowgroup = { cubes: [cube({ user: { kind: "name", absent: false, not: true, names: ["alice"] } })] };
  t.is(solver.subset(NONE, NONE), "yes");
  t.is(solver.subset(ALL, NONE), "no");
  t.is(solver.overlap(ALL, ALL), "yes");
  t.is(solver.overlap(alice, others), "no");
  t.is(
    solver.subset(ALL, flowgroup([...alice.cubes, ...others.cubes])),
    "yes",
    "every flow has a user, be it an unknown one",
  );
  const both = solver.decideOverlap(others, ALL);
  t.is(both.answer, "yes");
  if (both.answer === "yes") t.not(both.witness.user, "alice");
  solver.dispose();
});

test("a question that runs out of steps is undecided, and steps are the same on every machine", async (t) => {
  const solver = await loadSolver({ steps: 1_000 });
  const grid = Array.from({ length: 12_000 }, (_, i) =>
    cube({ srcEth: numbers("srcEth", [i * 77, i * 7_777 + 5]), dstEth: numbers("dstEth", [i * 33, i * 3_333 + 9]) }),
  );
  const answer = solver.subset(
    { cubes: grid },
    { cubes: grid.map((one) => cube({ srcEth: constraint(one, "srcEth")!, vlan: numbers("vlan", [1, 4_000]) })) },
  );
  t.is(answer, "undecided");
  solver.dispose();
});

test("all questions together may have a budget of steps, and after it they are undecided", async (t) => {
  const grid: Flowgroup = {
    cubes: Array.from({ length: 300 }, (_, i) =>
      cube({ srcEth: numbers("srcEth", [i * 77, i * 7_777 + 5]), dstEth: numbers("dstEth", [i * 33, i * 3_333 + 9]) }),
    ),
  };
  const other = {
    cubes: grid.cubes.map((one) => cube({ srcEth: constraint(one, "srcEth")!, vlan: numbers("vlan", 1) })),
  };
  const ask = async (total: number): Promise<readonly string[]> => {
    const solver = await loadSolver({ total });
    const answers = [1, 2, 3].map(() => solver.subset(grid, other));
    solver.dispose();
    return answers;
  };
  // One question costs some 150,000 steps, whatever machine it is asked on.
  t.deepEqual(await ask(400_000), ["no", "no", "undecided"]);
  t.deepEqual(await ask(400_000), ["no", "no", "undecided"]);
  t.deepEqual(await ask(800_000), ["no", "no", "no"]);
});

test("thousands of questions leave no memory behind", async (t) => {
  const solver = await loadSolver();
  const a = flowgroup([cube({ user: names("alice", "bob"), dstPort: numbers("dstPort", [10, 20]) })]);
  const ask = (times: number): number => {
    let most = 0;
    for (let i = 0; i < times; i++) {
      const b = flowgroup([cube({ user: names("alice"), dstPort: numbers("dstPort", [0, i]) })]);
      t.is(solver.overlap(a, b), i >= 10 ? "yes" : "no");
      if (i % 50 === 0) most = Math.max(most, solver.allocated());
    }
    return most;
  };
  const early = ask(400);
  const late = ask(1_600);
  t.true(late < early * 1.5, `${early} bytes after 400 questions, ${late} after 2,000`);
  solver.dispose();
});
