/**
 * Random policies on five real bridges in a ring with a chord: users, routers and wires as waypoints, IPv6, ARP, shares,
 * guards, requests of all kinds, and hosts of which facts are missing. Frames are captured at every port, and judged by a
 * reading of the law that knows nothing of the compiler (`testing/bridge-judge.ts`). GLAZIER_RUNS sets the number of
 * policies, GLAZIER_SEED the number of the first.
 */
import { BRIDGES, bridges, compileBridges, enforceBridges, framesOf, judgedFrames } from "./testing/bridges.ts";
import { switchTest } from "../lab/test.ts";

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 100);
const SEED = Number(process.env["GLAZIER_SEED"] ?? 0);

switchTest(
  `${RUNS} random policies with users, shares, routers and gaps in their facts do on five bridges what the law says`,
  async (t, start) => {
    t.timeout(1_800_000);
    const world = await bridges(await start(BRIDGES));
    t.teardown(() => world.stop());
    const count: Record<string, number> = { frames: 0, policies: 0 };
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      const compiled = compileBridges(world, seed);
      // Budgets refuse some (E845), and nothing else may: entries that circle or decide at random are faults (E903, E905).
      if (typeof compiled === "string") {
        t.notRegex(compiled, /E90\d/, `policy ${seed}`);
        continue;
      }
      await enforceBridges(world, compiled);
      const frames = framesOf(world.machines, seed);
      const judged = await judgedFrames(world, compiled, frames);
      count["policies"]! += 1;
      count["frames"]! += frames.length;
      for (const { treated } of judged) count[treated] = (count[treated] ?? 0) + 1;
      const faults = judged.flatMap(({ frame, faults: found, seen }) =>
        found.map((fault) => `${JSON.stringify(frame)}: ${fault}, by ${seen.map(({ at }) => at).join(" ")}`),
      );
      t.deepEqual(faults.slice(0, 8), [], `policy ${seed}:\n${compiled.policy.text}${compiled.told.join("\n")}`);
    }
    t.log(count);
    for (const what of ["denied", "steered", "flooded", "plain", "lost", "policies"])
      t.true((count[what] ?? 0) >= Math.floor(RUNS / 10), `${what}: ${count[what]}`);
  },
);
