/**
 * Random policies on random networks: rings, trees and parallel links, with routers and wires, users, exceptions and gaps in
 * the facts. Frames go through tables that are looked up here, and the reading of the law that judges real bridges judges
 * them. GLAZIER_RUNS sets the number of policies, GLAZIER_SEED the number of the first.
 */
import test from "ava";
import { compileBridges, framesOf, lookedUp } from "./testing/bridges.ts";
import { randomGround } from "./testing/random-ground.ts";

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 25);
const SEED = Number(process.env["GLAZIER_SEED"] ?? 0);

test(`${RUNS} random policies on random networks do what the law says, and none ends with an inner fault`, (t) => {
  t.timeout(1_800_000);
  let judged = 0;
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const ground = randomGround(seed);
    const compiled = compileBridges(ground, seed);
    if (typeof compiled === "string") {
      t.notRegex(compiled, /E9\d\d/, `policy ${seed}`);
      continue;
    }
    const hasRouter = ground.machines.some(({ box }, i) => box === "router" && compiled.law.isBox(i));
    // A router of ours sends on also what is for nobody, which no router does.
    const frames = framesOf(ground.machines, seed).filter(({ to }) => !hasRouter || to !== "unknown");
    judged += frames.length;
    const faults = lookedUp(ground, compiled, frames).flatMap(({ frame, faults: found, seen }) =>
      found.map((fault) => `${JSON.stringify(frame)}: ${fault}, by ${seen.map(({ at }) => at).join(" ")}`),
    );
    t.deepEqual(faults.slice(0, 8), [], `policy ${seed}:\n${compiled.policy.text}${compiled.told.join("\n")}`);
  }
  t.log({ judged });
  t.true(judged > 20 * RUNS);
});
