/**
 * Random policies on random networks: rings, trees, meshes and parallel links, with routers and wires, users, exceptions and gaps in
 * the facts. Frames go through tables that are looked up here, and the reading of the law that judges real bridges judges
 * them. GLAZIER_RUNS sets the number of policies, GLAZIER_SEED the number of the first.
 */
import test, { type ExecutionContext } from "ava";
import { compileBridges, framesOf, lookedUp } from "./testing/bridges.ts";
import { randomGround } from "./testing/random-ground.ts";

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 24);
const SEED = Number(process.env["GLAZIER_SEED"] ?? 0);

test(`${RUNS} random policies on random networks do what the law says, and none ends with an inner fault`, (t) => {
  t.timeout(1_800_000);
  let judged = 0;
  for (let seed = SEED; seed < SEED + RUNS; seed++) judged += judge(t, seed);
  t.log({ judged });
  t.true(judged > 20 * RUNS);
});

test("what routers forward goes on beside statements about what the routers send", (t) => {
  // An avoid names the MAC of the router, or its user; a deny names it, and the user of the sender.
  for (const seed of [2114, 2266, 40155, 60797]) t.true(judge(t, seed) > 0);
});

/** Judges the frames of a policy, and returns how many there are. */
function judge(t: ExecutionContext, seed: number): number {
  const ground = randomGround(seed);
  const compiled = compileBridges(ground, seed);
  if (typeof compiled === "string") {
    t.notRegex(compiled, /E9\d\d/, `policy ${seed}`);
    return 0;
  }
  const frames = framesOf(ground.machines, seed);
  const faults = lookedUp(ground, compiled, frames).flatMap(({ frame, faults: found, seen }) =>
    found.map((fault) => `${JSON.stringify(frame)}: ${fault}, by ${seen.map(({ at }) => at).join(" ")}`),
  );
  t.deepEqual(faults.slice(0, 8), [], `policy ${seed}:\n${compiled.policy.text}${compiled.told.join("\n")}`);
  return frames.length;
}
